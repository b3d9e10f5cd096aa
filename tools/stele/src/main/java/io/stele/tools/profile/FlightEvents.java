package io.stele.tools.profile;

import io.stele.runtime.common.RuntimeListener;
import java.io.IOException;
import java.nio.file.Path;
import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.MemoryAddress;
import jdk.jfr.Name;
import jdk.jfr.Recording;
import jdk.jfr.StackTrace;

/** What the runtime does, as events of a flight recording of the JVM. */
public final class FlightEvents implements RuntimeListener, AutoCloseable {
    @Name("stele.Request")
    @Label("Request")
    @Category("Stele")
    @StackTrace(false)
    static final class Request extends Event {
        @Label("CPU")
        int cpu;
        @Label("Kind")
        String kind;
        @Label("Address")
        @MemoryAddress
        long address;
    }

    @Name("stele.PageFault")
    @Label("Page fault")
    @Category("Stele")
    @StackTrace(false)
    static final class PageFault extends Event {
        @Label("CPU")
        int cpu;
        @Label("Address in the VM")
        @MemoryAddress
        long address;
    }

    @Name("stele.Translation")
    @Label("Translation")
    @Category("Stele")
    @StackTrace(false)
    static final class Translation extends Event {
        @Label("Guest address")
        @MemoryAddress
        long address;
        @Label("Guest instructions")
        int instructions;
        @Label("Bytes of code")
        int bytes;
        @Label("Second tier")
        boolean cluster;
    }

    @Name("stele.Exit")
    @Label("VM exit")
    @Category("Stele")
    @StackTrace(false)
    static final class Exit extends Event {
        @Label("CPU")
        int cpu;
    }

    private final Recording recording = new Recording();
    private final ThreadLocal<Begun> begun = ThreadLocal.withInitial(Begun::new);

    /** On one thread. */
    private static final class Begun {
        private Request request;
        private PageFault fault;
        private Translation translation;
    }

    /** Starts a recording of these events alone. */
    public FlightEvents() {
        recording.setName("stele");
        recording.enable(Request.class);
        recording.enable(PageFault.class);
        recording.enable(Translation.class);
        recording.enable(Exit.class);
        recording.start();
    }

    @Override
    public void requestStarts() {
        Begun now = begun.get();
        now.request = new Request();
        now.request.begin();
        now.fault = new PageFault();
        now.fault.begin();
    }

    @Override
    public void requestEnds(int cpu, String kind, long address) {
        Request request = begun.get().request;
        PageFault fault = begun.get().fault;
        if (kind.equals("page fault")) {
            fault.cpu = cpu;
            fault.address = address;
            fault.commit();
        } else {
            request.cpu = cpu;
            request.kind = kind;
            request.address = address;
            request.commit();
        }
    }

    @Override
    public void translationStarts() {
        Begun now = begun.get();
        now.translation = new Translation();
        now.translation.begin();
    }

    @Override
    public void translationEnds(long address, int instructions, int bytes, boolean cluster) {
        Translation translation = begun.get().translation;
        translation.address = address;
        translation.instructions = instructions;
        translation.bytes = bytes;
        translation.cluster = cluster;
        translation.commit();
    }

    @Override
    public void exited(int cpu) {
        Exit exit = new Exit();
        exit.cpu = cpu;
        exit.commit();
    }

    /** Ends the recording and writes it. */
    public void write(Path file) throws IOException {
        recording.stop();
        recording.dump(file);
    }

    @Override
    public void close() {
        recording.close();
    }
}
