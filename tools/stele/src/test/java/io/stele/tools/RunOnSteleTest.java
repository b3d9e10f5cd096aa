package io.stele.tools;

import io.stele.kvm.HostReport;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;

/** The whole program, end to end, on /dev/kvm. */
class RunOnSteleTest extends GuestSessionTests {
    RunOnSteleTest() {
        super("stele");
    }

    @BeforeEach
    void needsKvm() {
        HostReport.Access access = HostReport.probe().access();
        Assumptions.assumeTrue(access == HostReport.Access.OK, "needs /dev/kvm, which is " + access);
    }
}
