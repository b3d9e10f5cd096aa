package io.stele.runtime;

import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.stele.guest.Walk;
import io.stele.kvm.KvmSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes wrong while a request is served, on whichever thread, ends the machine and is told to its owner. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HypervisorFailureTest {
    private static final long RAM = 0x4000_0000L;

    /** Fails at the first fetch. */
    private static final class FailingIsa extends FakeIsa {
        private final Throwable failure;

        private FailingIsa(Throwable failure) {
            this.failure = failure;
        }

        @Override
        public void walk(long state, int view, long va, int access, Walk result) {
            if (failure instanceof Error error) {
                throw error;
            }
            throw (RuntimeException) failure;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"error", "exception"})
    void whatAThreadThrowsComesOutOfRun(String kind) {
        Assumptions.assumeTrue(Files.isReadable(Path.of(KvmSystem.DEVICE)), KvmSystem.DEVICE + " is not there");
        Throwable failure = kind.equals("error") ? new StackOverflowError() : new IllegalStateException();
        try (Hypervisor hypervisor = new Hypervisor(1, RAM, 64L << 20)) {
            hypervisor.attach(new FailingIsa(failure), new RamBus(0, 0, 0), line -> { });
            assertSame(failure, assertThrows(failure.getClass(), () -> hypervisor.run(() -> Long.MAX_VALUE)));
        }
    }
}
