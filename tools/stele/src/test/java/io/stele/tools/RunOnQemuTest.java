package io.stele.tools;

import java.nio.file.Files;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;

/** The commands and the guest's scripts, tried on an independent machine. */
class RunOnQemuTest extends GuestSessionTests {
    RunOnQemuTest() {
        super("qemu");
    }

    @BeforeEach
    void needsQemu() {
        Assumptions.assumeTrue(Files.isExecutable(QemuBackend.QEMU), "needs qemu-system-aarch64");
    }
}
