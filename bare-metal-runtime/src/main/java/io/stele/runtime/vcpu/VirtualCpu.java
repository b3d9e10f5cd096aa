package io.stele.runtime.vcpu;

import io.stele.codegen.ConstantTables;
import io.stele.codegen.CpuArea;
import io.stele.guest.Walk;
import io.stele.kvm.KvmException;
import io.stele.kvm.UserModeState;
import io.stele.kvm.Vcpu;
import io.stele.kvm.VirtualMachine;
import io.stele.memory.RawMemory;
import io.stele.runtime.common.GuestError;
import io.stele.runtime.common.Statistics;
import io.stele.runtime.common.VmLayout;
import java.util.concurrent.locks.LockSupport;

/** One vCPU: its block of memory, its mailbox, and the thread that is inside KVM_RUN. */
public final class VirtualCpu {
    private static final int MXCSR_DEFAULT = 0x1f80;
    private static final long XCR0_AVX = 1 << 2;

    private final int index;
    private final long area;
    private final Mailbox mailbox;
    private final RuntimeStubs stubs;
    private final Vcpu vcpu;
    private final Patience patience;
    private final Statistics statistics;
    private final Thread thread;
    private volatile boolean parked;
    private volatile boolean stopping;
    private volatile String failure;

    /** Waits for an interrupt; only the service thread looks at it. */
    public boolean waiting;
    /** The last data abort that the guest got: pc, host address (0: none), kind of access. */
    public long abortPc;
    public long abortAddress;
    public int abortAccess;
    public final Walk walk = new Walk();

    public VirtualCpu(VirtualMachine machine, long host, int index, long pageTableRoot, Patience patience, Statistics statistics) {
        this.index = index;
        this.patience = patience;
        this.statistics = statistics;
        area = host + VmLayout.cpuArea(index);
        mailbox = new Mailbox(area);
        stubs = new RuntimeStubs(host, index);
        mailbox.setSpins(patience.vmSpins());
        ControlBlock.write(host, index, stubs);
        RawMemory.putInt(area + CpuArea.MXCSR, MXCSR_DEFAULT);
        ConstantTables.write(area);
        RawMemory.putLong(area + CpuArea.MONITOR_ADDRESS, -1);
        vcpu = machine.createVcpu(index);
        UserModeState state = new UserModeState();
        long control = VmLayout.control(index);
        state.cr3 = pageTableRoot;
        state.gdtBase = control + VmLayout.GDT;
        state.gdtLimit = VmLayout.GDT_BYTES - 1;
        state.idtBase = control + VmLayout.IDT;
        state.idtLimit = VmLayout.IDT_BYTES - 1;
        state.tssBase = control + VmLayout.TSS;
        state.tssLimit = VmLayout.TSS_BYTES - 1;
        state.tssSelector = VmLayout.TSS_SELECTOR;
        state.rip = stubs.start();
        state.rsp = VmLayout.cpuArea(index) + CpuArea.STACK_TOP;
        state.rbp = VmLayout.cpuArea(index) + CpuArea.BASE_BIAS;
        enter(state);
        thread = new Thread(this::execute, "vcpu" + index);
        thread.setDaemon(true);
    }

    /** Without AVX nothing in the VM would work, not even the trap handlers. */
    private void enter(UserModeState state) {
        try {
            vcpu.enterUserMode(state);
        } catch (KvmException e) {
            throw new GuestError("this host's KVM refuses what Stele needs (" + e.getMessage() + "); stele doctor shows what is missing");
        }
        if ((vcpu.xcr0() & XCR0_AVX) == 0) {
            throw new GuestError("this host's KVM gives virtual machines no AVX; stele doctor shows what is missing");
        }
    }

    public int index() {
        return index;
    }

    /** Host address of the CPU area; the guest ISA's state block is its beginning. */
    public long area() {
        return area;
    }

    public Mailbox mailbox() {
        return mailbox;
    }

    public RuntimeStubs stubs() {
        return stubs;
    }

    public long tscKhz() {
        return vcpu.tscKhz();
    }

    public void start() {
        thread.start();
    }

    /** Why the vCPU thread gave up, or null. */
    public String failure() {
        return failure;
    }

    private void execute() {
        try {
            while (!stopping) {
                int reason = vcpu.run();
                if (reason == Vcpu.EXIT_INTERRUPTED) {
                    continue;
                }
                statistics.exits++;
                if (reason != Vcpu.EXIT_IO || vcpu.ioPort() != Mailbox.EXIT_PORT) {
                    failure = "the virtual machine stopped: " + vcpu.describeExit();
                    return;
                }
                awaitAnswer();
            }
        } catch (RuntimeException e) {
            failure = e.getMessage();
        }
    }

    private void awaitAnswer() {
        parked = true;
        while (mailbox.requested() && !stopping) {
            LockSupport.park(this);
        }
        parked = false;
    }

    /** Answers the request; the VM code goes on. */
    public void answer(int command) {
        mailbox.answer(command);
        if (parked) {
            LockSupport.unpark(thread);
        }
    }

    /** Has VM code execute a command while its request stays unanswered. */
    public void command(int command) {
        answer(command);
        awaitRequest();
    }

    /** Spins until VM code asks for something. */
    public void awaitRequest() {
        int spins = 0;
        while (!mailbox.requested()) {
            if (failure != null) {
                throw new GuestError(failure);
            }
            if (++spins < patience.javaSpins()) {
                Thread.onSpinWait();
            } else {
                spins = 0;
                Thread.yield();
            }
        }
    }

    /** Ends the vCPU thread and releases the vCPU. */
    public void close() {
        stopping = true;
        vcpu.kick();
        LockSupport.unpark(thread);
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        vcpu.close();
    }
}
