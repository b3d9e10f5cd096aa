package io.stele.tools;

import io.stele.arm64.oracle.Tools;
import org.junit.jupiter.api.BeforeEach;

/** The commands and the guest's scripts, tried on an independent machine. */
class RunOnQemuTest extends GuestSessionTests {
    RunOnQemuTest() {
        super("qemu");
    }

    @BeforeEach
    void needsQemu() {
        Tools.require(QemuBackend.QEMU);
    }
}
