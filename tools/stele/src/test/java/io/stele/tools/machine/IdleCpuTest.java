package io.stele.tools.machine;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Interrupts that a thread of the host raises just as a CPU falls asleep, or has: each must wake it. A byte is sent only when the one before has come
 * back, so one that gets lost ends the conversation.
 */
@Timeout(200)
class IdleCpuTest {
    private static final int ROUNDS = Integer.getInteger("idle.rounds", 3_000);
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(90);

    @TempDir
    Path directory;

    /** The host's end of the line. */
    private static final class Line implements ConsoleSource {
        private volatile Runnable listener;
        private volatile int offered = -1;

        @Override
        public int read() {
            int value = offered;
            offered = -1;
            return value;
        }

        @Override
        public void onAvailable(Runnable newListener) {
            listener = newListener;
        }

        void offer(int value) {
            offered = value;
            listener.run();
        }
    }

    private final Line line = new Line();
    private volatile int received;
    private volatile String failure;

    private void talk() {
        SplittableRandom random = new SplittableRandom(7);
        for (int round = 0; round < ROUNDS; round++) {
            // From at once, to when the CPU's thread and the service thread have gone to sleep.
            long pause = switch (round & 3) {
                case 0 -> 0;
                case 1 -> random.nextInt(20_000);
                case 2 -> random.nextInt(100_000);
                default -> random.nextInt(1_000_000);
            };
            for (long end = System.nanoTime() + pause; System.nanoTime() < end;) {
                if (pause > 200_000) {
                    LockSupport.parkNanos(pause);
                }
                Thread.onSpinWait();
            }
            int sent = 'a' + round % 16;
            line.offer(sent);
            long started = System.nanoTime();
            while (received != sent) {
                if (System.nanoTime() - started > PATIENCE_NANOS) {
                    failure = "byte " + round + " did not come back";
                    break;
                }
                LockSupport.parkNanos(1_000);
            }
            if (failure != null) {
                break;
            }
        }
        line.offer('q');
    }

    @ParameterizedTest
    @CsvSource({"1", "2", "3"})
    void everyByteWakesTheCpuThatWaitsForIt(int cpus) throws IOException, InterruptedException {
        GuestProgram program = new GuestProgram(directory, "echo", "CPUS=" + cpus).cpus(cpus);
        program.input(line, value -> received = value);
        program.whenReady(() -> Thread.ofPlatform().daemon().start(this::talk));
        program.onStele(Outcome.POWER_OFF, TimeUnit.SECONDS.toMillis(150));
        assertEquals(null, failure);
    }
}
