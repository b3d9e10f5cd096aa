package io.stele.kvm;

import io.stele.kvm.libc.Errno;
import io.stele.kvm.libc.Libc;
import io.stele.kvm.libc.Threads;
import io.stele.kvm.linux.Kvm;
import io.stele.kvm.linux.kvm_dtable;
import io.stele.kvm.linux.kvm_run;
import io.stele.kvm.linux.kvm_segment;
import io.stele.kvm.linux.kvm_sregs;
import io.stele.kvm.linux.kvm_xcr;
import io.stele.kvm.linux.kvm_xcrs;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A virtual CPU. One platform thread (not a virtual one) runs it and uses its accessors; {@link #kick} and {@link #setImmediateExit} are for
 * any thread.
 */
public final class Vcpu implements AutoCloseable {
    /** {@link #run} was interrupted by {@link #kick} (or by a signal to the thread). */
    public static final int EXIT_INTERRUPTED = -1;
    /** An {@code in} or {@code out}: {@link #ioPort} and so on tell more. */
    public static final int EXIT_IO = Kvm.KVM_EXIT_IO;
    /** A HLT at CPL 0. */
    public static final int EXIT_HLT = Kvm.KVM_EXIT_HLT;
    /** An access to guest-physical space without memory: {@link #mmioAddress} and so on tell more. */
    public static final int EXIT_MMIO = Kvm.KVM_EXIT_MMIO;
    /** A triple fault. */
    public static final int EXIT_SHUTDOWN = Kvm.KVM_EXIT_SHUTDOWN;
    /** The processor refused the state. */
    public static final int EXIT_FAIL_ENTRY = Kvm.KVM_EXIT_FAIL_ENTRY;
    /** KVM could not go on, for example because of an instruction that it cannot emulate. */
    public static final int EXIT_INTERNAL_ERROR = Kvm.KVM_EXIT_INTERNAL_ERROR;

    // Values of the registers that make 64-bit user mode with SSE, AVX and FS/GS base instructions.
    private static final long CR0 = 0x8005_0033L;
    private static final long CR4_PAE = 1L << 5;
    private static final long CR4_OSFXSR = 1L << 9;
    private static final long CR4_OSXMMEXCPT = 1L << 10;
    private static final long CR4_FSGSBASE = 1L << 16;
    private static final long CR4_OSXSAVE = 1L << 18;
    private static final long EFER_SCE_LME_LMA_NXE = 0xd01;

    private static final long[] XCR0_CHOICES = {0xe7, 7, 3};

    private static final VarHandle RUNNING;

    static {
        try {
            RUNNING = MethodHandles.lookup().findVarHandle(Vcpu.class, "running", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final KvmSystem system;
    private final int fd;
    private final long runAddress;
    private final long runBytes;
    private final MemorySegment run;
    private final MemorySegment io;
    private final MemorySegment mmio;
    private final Libc.Ioctl ioctl = new Libc.Ioctl();

    /** The thread in {@link #run}, as the kernel numbers it; written by that thread only. */
    private volatile int tid;
    private Thread runner;
    /** Whether the thread may be inside KVM_RUN. */
    @SuppressWarnings("unused")
    private boolean running;
    private long xcr0;
    private boolean closed;

    @SuppressWarnings("restricted")
    private Vcpu(KvmSystem system, int fd, long runAddress, long runBytes) {
        this.system = system;
        this.fd = fd;
        this.runAddress = runAddress;
        this.runBytes = runBytes;
        this.run = MemorySegment.ofAddress(runAddress).reinterpret(runBytes);
        this.io = kvm_run.io(run);
        this.mmio = kvm_run.mmio(run);
    }

    static Vcpu of(KvmSystem system, int fd) {
        long bytes;
        long address;
        try {
            bytes = system.vcpuMmapSize();
            address = Libc.check("mmap of kvm_run", Libc.mmap(bytes, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_SHARED, fd, 0));
            Threads.prepareKick();
        } catch (RuntimeException e) {
            Libc.close(fd);
            throw e;
        }
        return new Vcpu(system, fd, address, bytes);
    }

    /**
     * Sets CPUID, XCR0, the control and segment registers and the general registers, so that the next {@link #run} starts at
     * {@code state.rip} in 64-bit mode at CPL 3 (general registers that the state does not name are 0). CPUID is all that KVM supports.
     */
    public void enterUserMode(UserModeState state) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment cpuid = system.supportedCpuid(arena);
            request("KVM_SET_CPUID2", Kvm.KVM_SET_CPUID2, cpuid.address());
            setSpecialRegisters(state, arena);
            setXcr0(arena);
        }
        Registers registers = new Registers();
        registers.rip(state.rip);
        registers.rflags(state.rflags);
        registers.set(4, state.rsp);
        registers.set(5, state.rbp);
        setRegs(registers);
    }

    private void setSpecialRegisters(UserModeState state, Arena arena) {
        MemorySegment sregs = kvm_sregs.allocate(arena);
        request("KVM_GET_SREGS", Kvm.KVM_GET_SREGS, sregs.address());
        // Types (SDM Vol. 3A, 3.4.5.1 and 3.5): 11 = code, readable, accessed; 3 = data, writable, accessed; 11 (system) = busy 64-bit TSS.
        segment(kvm_sregs.cs(sregs), UserModeState.CODE_SELECTOR, 11, false, true);
        segment(kvm_sregs.ss(sregs), UserModeState.DATA_SELECTOR, 3, true, false);
        segment(kvm_sregs.ds(sregs), UserModeState.DATA_SELECTOR, 3, true, false);
        segment(kvm_sregs.es(sregs), UserModeState.DATA_SELECTOR, 3, true, false);
        segment(kvm_sregs.fs(sregs), UserModeState.DATA_SELECTOR, 3, true, false);
        segment(kvm_sregs.gs(sregs), UserModeState.DATA_SELECTOR, 3, true, false);
        MemorySegment tr = kvm_sregs.tr(sregs);
        kvm_segment.base(tr, state.tssBase);
        kvm_segment.limit(tr, state.tssLimit);
        kvm_segment.selector(tr, (short) state.tssSelector);
        kvm_segment.type(tr, (byte) 11);
        kvm_segment.present(tr, (byte) 1);
        kvm_segment.s(tr, (byte) 0);
        kvm_dtable.base(kvm_sregs.gdt(sregs), state.gdtBase);
        kvm_dtable.limit(kvm_sregs.gdt(sregs), (short) state.gdtLimit);
        kvm_dtable.base(kvm_sregs.idt(sregs), state.idtBase);
        kvm_dtable.limit(kvm_sregs.idt(sregs), (short) state.idtLimit);
        kvm_sregs.cr0(sregs, CR0);
        kvm_sregs.cr3(sregs, state.cr3);
        kvm_sregs.cr4(sregs, CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_FSGSBASE | CR4_OSXSAVE);
        kvm_sregs.efer(sregs, EFER_SCE_LME_LMA_NXE);
        request("KVM_SET_SREGS", Kvm.KVM_SET_SREGS, sregs.address());
    }

    private static void segment(MemorySegment segment, int selector, int type, boolean db, boolean l) {
        segment.fill((byte) 0);
        kvm_segment.limit(segment, -1);
        kvm_segment.selector(segment, (short) selector);
        kvm_segment.type(segment, (byte) type);
        kvm_segment.present(segment, (byte) 1);
        kvm_segment.dpl(segment, (byte) 3);
        kvm_segment.db(segment, (byte) (db ? 1 : 0));
        kvm_segment.s(segment, (byte) 1);
        kvm_segment.l(segment, (byte) (l ? 1 : 0));
        kvm_segment.g(segment, (byte) 1);
    }

    /** Turns on AVX-512, else AVX, else SSE state. What KVM refuses is not usable in the VM; what it takes must still be tried by running. */
    private void setXcr0(Arena arena) {
        MemorySegment xcrs = kvm_xcrs.allocate(arena);
        kvm_xcrs.nr_xcrs(xcrs, 1);
        MemorySegment entry = kvm_xcrs.xcrs(xcrs, 0);
        int result = 0;
        for (long choice : XCR0_CHOICES) {
            kvm_xcr.value(entry, choice);
            result = ioctl.call(fd, Kvm.KVM_SET_XCRS, xcrs.address());
            if (result >= 0) {
                xcr0 = choice;
                return;
            }
        }
        throw new KvmException("KVM_SET_XCRS", -result);
    }

    /** XCR0 as set by {@link #enterUserMode}: 0xe7 with AVX-512 state, 7 with AVX state, 3 with SSE state only. */
    public long xcr0() {
        return xcr0;
    }

    /**
     * KVM_RUN. Always by the same thread.
     *
     * @return an exit reason: one of the {@code EXIT_*} constants here, or another {@code KVM_EXIT_*} number
     */
    public int run() {
        if (runner == null) {
            runner = Thread.currentThread();
            tid = Libc.gettid();
        }
        // A kick that comes before this store sees no running vCPU, but has set immediate_exit, which KVM_RUN reads after it. One that comes
        // later sends its signal. So one of the two always ends this run.
        RUNNING.setVolatile(this, true);
        VarHandle.fullFence();
        int result = ioctl.call(fd, Kvm.KVM_RUN, 0);
        RUNNING.setVolatile(this, false);
        if (result >= 0) {
            return kvm_run.exit_reason(run);
        }
        if (result == -Errno.EINTR || result == -Errno.EAGAIN) {
            kvm_run.immediate_exit(run, (byte) 0);
            VarHandle.fullFence();
            return EXIT_INTERRUPTED;
        }
        throw new KvmException("KVM_RUN", -result);
    }

    /**
     * Makes the {@link #run} that is going on, or else the next one, return; by any thread. If that run is just ending by itself, the
     * next one returns at once with {@link #EXIT_INTERRUPTED}. What the kick is for must be stored (volatile) before the call; the vCPU thread
     * finds it when it looks after any return of {@code run}. Kicks that come close together may count as one. No effect after {@link #close}.
     */
    public synchronized void kick() {
        if (closed) {
            return;
        }
        kvm_run.immediate_exit(run, (byte) 1);
        VarHandle.fullFence();
        if ((boolean) RUNNING.getVolatile(this)) {
            Threads.interrupt(tid);
        }
    }

    /** Sets or clears {@code kvm_run.immediate_exit}: while set, {@link #run} completes a pending exit and returns without entering the VM. */
    public synchronized void setImmediateExit(boolean value) {
        if (!closed) {
            kvm_run.immediate_exit(run, (byte) (value ? 1 : 0));
            VarHandle.fullFence();
        }
    }

    /** After {@link #EXIT_IO}: the port. */
    public int ioPort() {
        return kvm_run.io.port(io) & 0xffff;
    }

    /** After {@link #EXIT_IO}: {@code out} rather than {@code in}. */
    public boolean ioIsWrite() {
        return kvm_run.io.direction(io) == Kvm.KVM_EXIT_IO_OUT;
    }

    /** After {@link #EXIT_IO}: bytes, 1, 2 or 4. */
    public int ioSize() {
        return kvm_run.io.size(io);
    }

    /** After {@link #EXIT_IO}: the value written. */
    public int ioValue() {
        long offset = kvm_run.io.data_offset(io);
        return switch (ioSize()) {
            case 1 -> run.get(Kvm.C_CHAR, offset) & 0xff;
            case 2 -> run.get(Kvm.C_SHORT, offset) & 0xffff;
            default -> run.get(Kvm.C_INT, offset);
        };
    }

    /** After {@link #EXIT_IO} of an {@code in}: the value that it reads. */
    public void setIoValue(int value) {
        long offset = kvm_run.io.data_offset(io);
        switch (ioSize()) {
            case 1 -> run.set(Kvm.C_CHAR, offset, (byte) value);
            case 2 -> run.set(Kvm.C_SHORT, offset, (short) value);
            default -> run.set(Kvm.C_INT, offset, value);
        }
    }

    /** After {@link #EXIT_MMIO}: the guest-physical address. */
    public long mmioAddress() {
        return kvm_run.mmio.phys_addr(mmio);
    }

    /** After {@link #EXIT_MMIO}: a store rather than a load. */
    public boolean mmioIsWrite() {
        return kvm_run.mmio.is_write(mmio) != 0;
    }

    /** After {@link #EXIT_MMIO}: bytes. */
    public int mmioSize() {
        return kvm_run.mmio.len(mmio);
    }

    /** The last exit in words, for messages about a vCPU that went wrong. */
    public String describeExit() {
        int reason = kvm_run.exit_reason(run);
        String name = Kvm.exitReasonName(reason);
        return switch (reason) {
            case Kvm.KVM_EXIT_IO -> name + ' ' + (ioIsWrite() ? "out" : "in") + " port 0x" + Integer.toHexString(ioPort());
            case Kvm.KVM_EXIT_MMIO -> name + ' ' + (mmioIsWrite() ? "write" : "read") + " of " + mmioSize() + " bytes at 0x"
                + Long.toHexString(mmioAddress());
            case Kvm.KVM_EXIT_FAIL_ENTRY -> name + " reason 0x"
                + Long.toHexString(kvm_run.fail_entry.hardware_entry_failure_reason(kvm_run.fail_entry(run)));
            case Kvm.KVM_EXIT_INTERNAL_ERROR -> name + " suberror " + kvm_run.internal.suberror(kvm_run.internal(run));
            default -> name;
        };
    }

    /** KVM_GET_TSC_KHZ: frequency of the time stamp counter as the VM sees it, kHz. */
    public long tscKhz() {
        return KvmException.check("KVM_GET_TSC_KHZ", ioctl.call(fd, Kvm.KVM_GET_TSC_KHZ, 0));
    }

    /** KVM_GET_REGS; microseconds. */
    public void getRegs(Registers registers) {
        request("KVM_GET_REGS", Kvm.KVM_GET_REGS, registers.segment.address());
    }

    /** KVM_SET_REGS; microseconds. */
    public void setRegs(Registers registers) {
        request("KVM_SET_REGS", Kvm.KVM_SET_REGS, registers.segment.address());
    }

    /** KVM_GET_SREGS into a {@link kvm_sregs}. */
    public void getSregs(MemorySegment sregs) {
        request("KVM_GET_SREGS", Kvm.KVM_GET_SREGS, sregs.address());
    }

    private void request(String name, int request, long argument) {
        KvmException.check(name, ioctl.call(fd, request, argument));
    }

    /** Releases the vCPU, which must not be running. {@link VirtualMachine#close} does it, too. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            Libc.munmap(runAddress, runBytes);
            Libc.close(fd);
        }
    }
}
