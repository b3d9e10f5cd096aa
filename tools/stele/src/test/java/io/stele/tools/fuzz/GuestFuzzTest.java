package io.stele.tools.fuzz;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import io.stele.arm64.oracle.Pattern;
import io.stele.tools.ProcessMemory;
import io.stele.tools.machine.GuestMachine;
import io.stele.tools.machine.GuestProgram;
import io.stele.tools.machine.MachineConfig;
import io.stele.tools.machine.Outcome;
import io.stele.tools.machine.VirtBackend;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Guests that execute anything, at EL0 and EL1, with and without MMU. A guest may end the machine by PSCI only; whatever else it does, the
 * machine stops when it is asked to, and nothing is left behind.
 */
class GuestFuzzTest {
    private static final int CHUNKS = 128;
    private static final int FILE_OFFSET = 0x1_0000;
    /** A guest that is stuck, as most are that got at the system registers, is given up. */
    private static final long MILLIS = 1500;
    private static final long STOP_MILLIS = 20_000;
    private static final long HEAP_BYTES = 192L << 20;
    private static final long RESIDENT_GROWTH_BYTES = 300L << 20;

    @TempDir
    Path folder;

    @Test
    void garbageEndsNoMachine() throws IOException, InterruptedException {
        List<Pattern> rows = Pattern.all();
        byte[][] monitors = {monitor(0), monitor(1)};
        FuzzBudget budget = new FuzzBudget();
        long residentAtFirst = 0;
        int ended = 0;
        while (budget.more()) {
            boolean mmu = (budget.seed() & 1) != 0;
            Path image = folder.resolve("garbage.img");
            byte[] chunks = new GarbageChunks(rows, budget.seed(), mmu).make(CHUNKS);
            try (OutputStream out = Files.newOutputStream(image, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING)) {
                out.write(monitors[mmu ? 1 : 0]);
                out.write(chunks);
            }
            if (run(image, budget) != Outcome.STOPPED) {
                ended++;
            }
            if (budget.cases() == 8) {
                residentAtFirst = ProcessMemory.resident();
            }
        }
        long heap = ProcessMemory.heap();
        assertTrue(heap < HEAP_BYTES, "the Java heap grew to " + (heap >> 20) + " MiB");
        if (residentAtFirst != 0) {
            long growth = ProcessMemory.resident() - residentAtFirst;
            assertTrue(growth < RESIDENT_GROWTH_BYTES, "the process grew by " + (growth >> 20) + " MiB in " + budget.cases() + " cases");
        }
        System.out.println(budget.cases() + " garbage guests, " + ended + " of them came to their end");
    }

    /** The assembled monitor, padded up to where chunks begin, and with their end filled in. */
    private byte[] monitor(int mmu) throws IOException, InterruptedException {
        Path program = folder.resolve("monitor" + mmu);
        Files.createDirectories(program);
        byte[] text = Files.readAllBytes(new GuestProgram(program, GuestFuzzTest.class, "garbage", "MMU=" + mmu).image());
        byte[] padded = Arrays.copyOf(text, FILE_OFFSET);
        ByteBuffer.wrap(padded).order(ByteOrder.LITTLE_ENDIAN).putLong(72, 0x4009_0000L + CHUNKS * 512L);
        return padded;
    }

    private static Outcome run(Path image, FuzzBudget budget) throws InterruptedException {
        MachineConfig config = GuestProgram.config(image);
        AtomicReference<Throwable> failure = new AtomicReference<>();
        AtomicReference<Outcome> outcome = new AtomicReference<>();
        try (GuestMachine machine = new VirtBackend().create(config)) {
            Thread runner = Thread.ofPlatform().daemon().start(() -> {
                try {
                    outcome.set(machine.run());
                } catch (Throwable e) {
                    failure.set(e);
                }
            });
            runner.join(MILLIS);
            machine.requestStop();
            runner.join(STOP_MILLIS);
            if (runner.isAlive()) {
                fail("the machine does not stop; " + budget.reproduce("guests"));
            }
        }
        if (failure.get() != null) {
            throw new AssertionError(failure.get().getMessage() + "; " + budget.reproduce("guests"), failure.get());
        }
        return outcome.get();
    }
}
