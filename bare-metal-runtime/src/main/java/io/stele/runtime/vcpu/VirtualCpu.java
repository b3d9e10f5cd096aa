package io.stele.runtime.vcpu;

import io.stele.codegen.ConstantTables;
import io.stele.codegen.CpuArea;
import io.stele.codegen.Stubs;
import io.stele.guest.Walk;
import io.stele.kvm.KvmException;
import io.stele.kvm.UserModeState;
import io.stele.kvm.Vcpu;
import io.stele.kvm.VirtualMachine;
import io.stele.memory.RawMemory;
import io.stele.runtime.common.GuestError;
import io.stele.runtime.common.RuntimeListener;
import io.stele.runtime.common.Statistics;
import io.stele.runtime.common.VmLayout;
import io.stele.runtime.util.Joining;
import java.util.concurrent.locks.LockSupport;

/**
 * One vCPU: its block of memory, its mailbox, and the thread that is inside KVM_RUN. When VM code exits to user space, the thread serves the
 * request itself, unless another one has claimed it.
 */
public final class VirtualCpu {
    /** Who serves what VM code asks. */
    public interface Server {
        /** Serves the request that the calling thread has claimed. Called on the vCPU's thread. */
        void serve(VirtualCpu cpu);

        /** The calling thread is that of a vCPU that waits, and may serve others as long as it {@link VirtualCpu#isIdle}. */
        void idle(VirtualCpu cpu);

        /** The vCPU's thread has ended by an error, which {@link VirtualCpu#failure} tells. */
        void failed();
    }

    public static final long UNKNOWN_ADDRESS = MemoryOperand.UNKNOWN;
    private static final int MXCSR_DEFAULT = 0x1f80;
    private static final long XCR0_AVX = 1 << 2;
    /** Exits whose time is taken at the start. */
    private static final int MEASURED_EXITS = 8;
    /** Looks at the mailbox after a command, and how long a pause is when more are needed. */
    private static final int SPINS = 10_000;
    private static final long COMMAND_NANOS = 100_000;

    private final int index;
    private final long host;
    private final long area;
    private final Mailbox mailbox;
    private final PreparedFill fill;
    private final PageLookup lookup;
    private final RuntimeStubs stubs;
    private final Vcpu vcpu;
    private final long tscKhz;
    private final Statistics statistics;
    /** Null unless somebody wants to know. */
    private RuntimeListener listener;
    private final Thread thread;
    private Server server;
    private volatile SchedulerDelay delay = SchedulerDelay.NONE;
    /** Exits that cost less than this are not worth a core that polls, or other effort. */
    static final long CHEAP_EXIT_NANOS = 5_000;

    private volatile long exitNanos;
    private volatile boolean parked;
    private boolean givesWay;
    private volatile Thread commander;
    private volatile boolean stopping;
    private volatile Throwable failure;

    /** What depends on the guest's context registers has to be computed again before the guest goes on. */
    public boolean contextDirty = true;
    /** The last data abort that the guest got: pc, host address (0: none), kind of access. */
    public long abortPc;
    public long abortAddress;
    public int abortAccess;
    /** Number of the shootdown up to which this vCPU's TLB has been flushed as a whole. */
    public long flushedAt;
    public final Walk walk = new Walk();

    /**
     * @param host host address of guest physical address 0
     * @param pageTableRoot guest physical address
     * @param stubs what all vCPUs run
     */
    public VirtualCpu(VirtualMachine machine, long host, int index, long pageTableRoot, RuntimeStubs stubs, Statistics statistics) {
        this.index = index;
        this.host = host;
        this.statistics = statistics;
        area = host + VmLayout.cpuArea(index);
        mailbox = new Mailbox(area);
        fill = new PreparedFill(area);
        lookup = new PageLookup(area, this::hasEnded);
        this.stubs = stubs;
        ControlBlock.write(host, index, stubs);
        RawMemory.putLong(area + Mailbox.PAGE_SETS, VmLayout.pageSets(index));
        RawMemory.putInt(area + CpuArea.MXCSR, MXCSR_DEFAULT);
        ConstantTables.write(area);
        RawMemory.putLong(area + CpuArea.MONITOR_ADDRESS, -1);
        RawMemory.putInt(area + CpuArea.INTERRUPT_PENDING, CpuArea.NOTHING_PENDING);
        if (index == 0) {
            mailbox.turnOn();
        } else {
            mailbox.turnOff();
        }
        vcpu = machine.createVcpu(index);
        tscKhz = vcpu.tscKhz();
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

    /** The extended state that the VM has. */
    public long xcr0() {
        return vcpu.xcr0();
    }

    /** Host address of the CPU area; the guest ISA's state block is its beginning. */
    public long area() {
        return area;
    }

    public Mailbox mailbox() {
        return mailbox;
    }

    /** How VM code finds pages by itself. */
    public PageLookup lookup() {
        return lookup;
    }

    /** What is done when the guest returns from the handler of an abort. */
    public PreparedFill fill() {
        return fill;
    }

    public RuntimeStubs stubs() {
        return stubs;
    }

    public long tscKhz() {
        return tscKhz;
    }

    /** @param requests who serves them */
    public void start(Server requests) {
        server = requests;
        thread.start();
    }

    /** What ended the vCPU's thread, or null. */
    public Throwable failure() {
        return failure;
    }

    /** True where exits, and with them page faults, cost many microseconds: on hosts without virtualisation hardware. */
    public boolean exitsAreDear() {
        return exitNanos > CHEAP_EXIT_NANOS;
    }

    /** How long one exit to user space and the way back take, in nanoseconds; 0 before the first request. */
    public long exitNanos() {
        return exitNanos;
    }

    /** Frequency of the counter that {@link Mailbox#setPatience} counts by: ticks in so many nanoseconds. */
    public int ticks(long nanos) {
        return (int) (nanos * tscKhz / 1_000_000);
    }

    /** How long the vCPU's thread has been kept waiting for a core. */
    public SchedulerDelay delay() {
        return delay;
    }

    private void execute() {
        try {
            delay = SchedulerDelay.ofThisThread();
            if (index == 0) {
                measureExit();
            }
            while (!stopping) {
                int state = mailbox.state();
                if (state == Mailbox.NONE) {
                    enter();
                } else if (state == Mailbox.ASKED) {
                    if (mailbox.claim()) {
                        statistics.servedByVcpu.increment();
                        server.serve(this);
                        if (givesWay) {
                            givesWay = false;
                            Thread.yield();
                        }
                    }
                } else {
                    if (state == Mailbox.WAITING) {
                        server.idle(this);
                    }
                    park(state);
                }
            }
        } catch (VirtualCpus.Ended e) {
            server.failed();
        } catch (Throwable e) {
            failure = e;
            server.failed();
        } finally {
            delay.close();
        }
    }

    /** The first request is left open so long: each further entry into the VM exits at once. */
    private void measureExit() {
        long shortest = Long.MAX_VALUE;
        for (int i = 0; i < MEASURED_EXITS; i++) {
            long started = System.nanoTime();
            enter();
            shortest = Math.min(shortest, System.nanoTime() - started);
        }
        exitNanos = shortest;
    }

    /** Has somebody told of each exit; before the vCPU runs. */
    public void listen(RuntimeListener to) {
        listener = to;
    }

    /** Runs VM code until it exits. */
    private void enter() {
        int reason = vcpu.run();
        if (reason == Vcpu.EXIT_INTERRUPTED) {
            return;
        }
        statistics.exits.increment();
        if (listener != null) {
            listener.exited(index);
        }
        if (reason != Vcpu.EXIT_IO || vcpu.ioPort() != Mailbox.EXIT_PORT) {
            throw new GuestError("the virtual machine stopped: " + vcpu.describeExit());
        }
    }

    /** The guest waits for an interrupt, and the vCPU is not about to end. */
    public boolean isIdle() {
        return mailbox.state() == Mailbox.WAITING && !stopping;
    }

    /** Waits until the mailbox is in another state. */
    private void park(int state) {
        parked = true;
        if (state == Mailbox.DONE) {
            LockSupport.unpark(commander);
        }
        while (mailbox.state() == state && !stopping) {
            LockSupport.park(this);
        }
        parked = false;
    }

    private void unpark() {
        if (parked) {
            LockSupport.unpark(thread);
        }
    }

    /** By the thread that serves the request: VM code goes on. */
    public void answer(int command) {
        if (contextDirty && command == Mailbox.COMMAND_RESUME) {
            // Another vCPU has made it so; the code that goes on comes back as soon as it can.
            VirtualCpus.call(this);
        }
        mailbox.answer(command);
        unpark();
    }

    /** By the thread that serves the request: before the vCPU goes on, others may have its core, if its own thread serves it. */
    public void giveWay() {
        if (Thread.currentThread() == thread) {
            givesWay = true;
        }
    }

    /** By the thread that serves the request: stays as it is until {@link #turnOn}. */
    public void turnOff() {
        mailbox.turnOff();
    }

    /** Starts a vCPU that is off: a request of KIND_START; with the lock. */
    public void turnOn() {
        mailbox.turnOn();
        unpark();
    }

    /** The vCPU's thread has ended, or is about to. */
    boolean hasEnded() {
        return stopping || failure != null;
    }

    /** With the lock: turns the request of the vCPU into one for the code of its pc. Its state is precise. */
    public void askForCode() {
        RawMemory.putInt(area + Mailbox.KIND, Mailbox.KIND_LEAVE);
        RawMemory.putInt(area + CpuArea.LEAVE_REASON, Stubs.REASON_MISS);
    }

    /** By the thread that serves the request: leaves it, as one for the code of the pc, to whoever claims it next. */
    public void leaveOpen() {
        askForCode();
        mailbox.leaveOpen();
        unpark();
    }

    /** Has the guest go on if it waits for an interrupt or an event; false if it does not. By any thread. */
    public boolean endWait() {
        if (!mailbox.endWait()) {
            return false;
        }
        unpark();
        return true;
    }

    /**
     * In a page fault: the address, or the first one of an access of which a part may have faulted; {@link #UNKNOWN_ADDRESS} if the
     * instruction does not tell.
     */
    public long accessedAddress() {
        long rip = RawMemory.getLong(area + TrapFrame.RIP);
        if (rip < VmLayout.STUBS || rip >= VmLayout.CODE + VmLayout.CODE_BYTES) {
            return UNKNOWN_ADDRESS;
        }
        boolean write = (RawMemory.getLong(area + TrapFrame.ERROR) & TrapFrame.ERROR_WRITE) != 0;
        return MemoryOperand.address(host + rip, area + CpuArea.TRAP_FRAME, write);
    }

    /** By the thread that serves a page fault: the address that faulted, as the processor says. Takes longer. */
    public long faultAddress() {
        command(Mailbox.COMMAND_FAULT_ADDRESS);
        return RawMemory.getLong(area + TrapFrame.CR2);
    }

    /** By the thread that serves the request: has VM code execute a command, while the request stays unanswered. */
    public void command(int command) {
        if (Thread.currentThread() == thread) {
            RawMemory.putInt(area + Mailbox.LIST_EXIT, 1);
            mailbox.answer(command);
            while (mailbox.state() != Mailbox.DONE) {
                enter();
            }
            RawMemory.putInt(area + Mailbox.LIST_EXIT, 0);
            return;
        }
        commander = Thread.currentThread();
        answer(command);
        int spins = 0;
        while (mailbox.state() != Mailbox.DONE) {
            if (failure != null) {
                throw new GuestError("the vCPU has ended");
            }
            if (++spins < SPINS) {
                Thread.onSpinWait();
            } else {
                LockSupport.parkNanos(this, COMMAND_NANOS);
            }
        }
    }

    /** Has the vCPU's thread end; does not wait for that. */
    public void beginHalt() {
        stopping = true;
        vcpu.kick();
        LockSupport.unpark(thread);
    }

    /** Has the vCPU's thread end, and waits for that. Not for the vCPU's own thread. */
    public void halt() {
        beginHalt();
        Joining.await(thread);
    }

    /** Ends the vCPU's thread and releases the vCPU. */
    public void close() {
        halt();
        vcpu.close();
    }
}
