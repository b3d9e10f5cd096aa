package io.stele.toy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.guest.GuestBus;
import io.stele.isac.IsaCompiler;
import io.stele.isac.parse.SourceFile;
import io.stele.isac.print.JavaFile;
import io.stele.kvm.KvmSystem;
import io.stele.memory.RawMemory;
import io.stele.runtime.Hypervisor;
import io.stele.runtime.RamBus;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringWriter;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Another guest instruction set through the whole chain: {@code toy.isa}, the description compiler, {@code javac}, the code generator, and a KVM
 * virtual machine that executes the result.
 */
class SecondIsaTest {
    private static final long RAM = 0x4000_0000L;
    private static final long RAM_BYTES = 16 << 20;
    private static final int CODE = 0x1000;
    private static final int DATA = 0x8000;
    private static final long SECOND = 1_000_000_000L;

    private static final int SET = 0x01 << 24;
    private static final int ADD = 0x02 << 24;
    private static final int LOOP = 0x03 << 24;
    private static final int PUT = 0x04 << 24;
    private static final int GET = 0x05 << 24;
    private static final int DEC = 0x06 << 24;
    private static final int HALT = 0xff << 24;

    @TempDir
    Path directory;

    private static int set(int d, int value) {
        return SET | d << 20 | value;
    }

    private static int of(int op, int d, int a, int b) {
        return op | d << 20 | a << 17 | b << 14;
    }

    /** r1 = address of the data; r2 = 100000 + 99999 + ... + 1, stored, loaded and doubled. */
    private static final int[] PROGRAM = {
        set(3, 0x80000), of(ADD, 1, 3, 3), of(ADD, 1, 1, 1), of(ADD, 1, 1, 1), of(ADD, 1, 1, 1), of(ADD, 1, 1, 1), of(ADD, 1, 1, 1),
        of(ADD, 1, 1, 1), of(ADD, 1, 1, 1), of(ADD, 1, 1, 1), of(ADD, 1, 1, 1), of(ADD, 1, 1, 1), set(3, DATA), of(ADD, 1, 1, 3),
        set(4, 100_000), set(2, 0), of(ADD, 2, 2, 4), of(DEC, 4, 0, 0), LOOP | 4 << 20 | 2, of(PUT, 2, 1, 0), of(GET, 5, 1, 0), of(ADD, 6, 5, 5), HALT | 77,
    };

    @Test
    void runsInTheVirtualMachineAsTheInterpreterSays() throws IOException, ReflectiveOperationException {
        Assumptions.assumeTrue(Files.isReadable(Path.of(KvmSystem.DEVICE)), KvmSystem.DEVICE + " is not there");
        try (URLClassLoader generated = compile(); Hypervisor hypervisor = new Hypervisor(1, RAM, RAM_BYTES)) {
            GuestBus bus = new RamBus(RAM, RAM_BYTES, hypervisor.ramAddress());
            ToyIsa isa = new ToyIsa(generated, bus, hypervisor::stop);
            assertEquals("add r2, r2, r4", isa.disassemble(of(ADD, 2, 2, 4), 0));
            hypervisor.attach(isa, bus, line -> { });
            long state = hypervisor.state(0);
            start(hypervisor.ramAddress(), state, isa);
            long end = System.nanoTime() + 60 * SECOND;
            hypervisor.run(() -> {
                assertTrue(System.nanoTime() - end < 0, () -> "the program does not end: " + isa.describe(state));
                return hypervisor.counterNow() + 1_000_000;
            });
            long sum = 100_000L * 100_001 / 2;
            assertEquals(77, isa.haltCode);
            assertEquals(0, isa.interpreted);
            assertEquals(sum, RawMemory.getLong(hypervisor.ramAddress() + DATA));
            assertEquals(2 * sum, register(state, 6));
            long[] registers = new long[8];
            for (int n = 0; n < 8; n++) {
                registers[n] = register(state, n);
            }
            start(hypervisor.ramAddress(), state, isa);
            isa.haltCode = -1;
            while (isa.haltCode < 0) {
                isa.step(state);
            }
            for (int n = 0; n < 8; n++) {
                assertEquals(registers[n], register(state, n), "r" + n);
            }
        }
    }

    private static long register(long state, int n) {
        return RawMemory.getLong(state + 8 * n);
    }

    private static void start(long ram, long state, ToyIsa isa) {
        for (int i = 0; i < PROGRAM.length; i++) {
            RawMemory.putInt(ram + CODE + 4 * i, PROGRAM[i]);
        }
        for (int n = 0; n < 8; n++) {
            RawMemory.putLong(state + 8 * n, 0);
        }
        RawMemory.putLong(ram + DATA, 0);
        RawMemory.putLong(state + isa.pcOffset(), RAM + CODE);
    }

    private URLClassLoader compile() throws IOException {
        String text;
        try (InputStream in = SecondIsaTest.class.getResourceAsStream("/toy/toy.isa")) {
            text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        IsaCompiler.Result result = IsaCompiler.compile(List.of(new SourceFile("toy.isa", "Toy", text)), 4, "io.stele.toy");
        assertEquals(List.of(), result.errors());
        assertEquals(7, result.instructions());
        List<JavaFileObject> sources = new ArrayList<>();
        for (JavaFile file : result.files()) {
            sources.add(new SimpleJavaFileObject(URI.create("string:///io/stele/toy/generated/" + file.name() + ".java"), JavaFileObject.Kind.SOURCE) {
                @Override
                public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                    return file.text();
                }
            });
        }
        JavaCompiler javac = ToolProvider.getSystemJavaCompiler();
        StringWriter messages = new StringWriter();
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        assertTrue(javac.getTask(messages, null, null, List.of("-proc:none", "-d", directory.toString(), "-cp", classPath), null, sources).call(),
            messages::toString);
        return new URLClassLoader(new URL[] {directory.toUri().toURL()}, SecondIsaTest.class.getClassLoader());
    }
}
