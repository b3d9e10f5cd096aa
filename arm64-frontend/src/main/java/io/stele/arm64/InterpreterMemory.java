package io.stele.arm64;

import io.stele.arm64.generated.GuestState;
import io.stele.arm64.mmu.Stage1Walker;
import io.stele.arm64.state.CpuState;
import io.stele.arm64.state.Syndrome;
import io.stele.arm64.state.SystemControl;
import io.stele.arm64.system.DebugRegisters;
import io.stele.arm64.system.Exceptions;
import io.stele.guest.GuestBus;
import io.stele.guest.GuestIsa;
import io.stele.guest.RuntimeHooks;
import io.stele.guest.Walk;
import io.stele.ir.EvaluatorMemory;
import io.stele.ir.Vec;
import io.stele.memory.RawMemory;

/**
 * Guest memory as the interpreter of one CPU sees it: walks the guest's tables at every access, reaches RAM and devices, raises alignment
 * faults and aborts. A fault takes the guest exception and throws {@link GuestAbort}.
 */
final class InterpreterMemory implements EvaluatorMemory {
    private static final int PAGE_BYTES = 4096;
    /** "Unsupported exclusive or atomic access". */
    private static final int FSC_UNSUPPORTED_ATOMIC = 0x35;

    private final Stage1Walker walker;
    private final GuestBus bus;
    private final Exceptions exceptions;
    private final DebugRegisters debug;
    private final RuntimeHooks hooks;
    private final Walk walk = new Walk();

    private long state;
    /** The instruction word; decides about WnR. */
    private int word;
    /** What the address of a larger access must be a multiple of where alignment is checked. */
    private int elementBytes;
    /** Result of {@link #translate}: host address, or 0 when {@link #physical} belongs to a device. */
    private long host;
    private long physical;
    private boolean device;

    InterpreterMemory(Stage1Walker walker, GuestBus bus, Exceptions exceptions, DebugRegisters debug, RuntimeHooks hooks) {
        this.walker = walker;
        this.bus = bus;
        this.exceptions = exceptions;
        this.debug = debug;
        this.hooks = hooks;
    }

    /** The CPU and instruction that the following accesses are made for. */
    void begin(long cpuState, int instructionWord) {
        state = cpuState;
        word = instructionWord;
        elementBytes = InstructionClass.elementBytes(instructionWord);
    }

    @Override
    public long load(int size, long va, int view) {
        if (straddles(size, va)) {
            return loadStraddling(size, va, view);
        }
        translate(size, va, view, Walk.READ);
        return host != 0 ? RawMemory.get(size, host) : readDevice(size, va);
    }

    @Override
    public void store(int size, long va, long value, int view) {
        if (straddles(size, va)) {
            storeStraddling(size, va, new Vec(value, 0), view);
            return;
        }
        translate(size, va, view, Walk.WRITE);
        if (host != 0) {
            RawMemory.put(size, host, value);
        } else {
            writeDevice(size, va, value);
        }
    }

    @Override
    public Vec loadVec(int size, long va, int view) {
        if (size == 1 || size == 2 || size == 4 || size == 8) {
            return new Vec(load(size, va, view), 0);
        }
        if (size == 16 && !straddles(size, va)) {
            translate(size, va, view, Walk.READ);
            if (host != 0) {
                return new Vec(RawMemory.getLong(host), RawMemory.getLong(host + 8));
            }
            long low = readDevice(8, va);
            physical += 8;
            return new Vec(low, readDevice(8, va + 8));
        }
        if (straddles(size, va)) {
            checkWhole(size, va, view, Walk.READ);
        } else {
            translate(size, va, view, Walk.READ);
        }
        Vec result = Vec.ZERO;
        for (int i = 0; i < size; i++) {
            result = result.withLane(8, i, load(1, va + i, view));
        }
        return result;
    }

    @Override
    public void storeVec(int size, long va, Vec value, int view) {
        if (size == 1 || size == 2 || size == 4 || size == 8) {
            store(size, va, value.lo(), view);
            return;
        }
        if (straddles(size, va)) {
            storeStraddling(size, va, value, view);
            return;
        }
        translate(size, va, view, Walk.WRITE);
        if (host != 0) {
            if (size == 16) {
                RawMemory.putLong(host, value.lo());
                RawMemory.putLong(host + 8, value.hi());
                return;
            }
            for (int i = 0; i < size; i++) {
                RawMemory.putByte(host + i, (byte) value.lane(8, i));
            }
            return;
        }
        int step = size == 16 ? 8 : 1;
        for (int i = 0; i < size; i += step) {
            writeDevice(step, va + i, value.lane(8 * step, i / step));
            physical += step;
        }
    }

    /** DC ZVA: {@code bytes} zero bytes at an address that is a multiple of it. Not for device memory. */
    void zero(long va, int bytes, int view) {
        translate(1, va, view, Walk.WRITE);
        if (device || host == 0) {
            throw fault(va, Syndrome.FSC_ALIGNMENT, true);
        }
        watch(bytes, va, view, true);
        RawMemory.fill(host, bytes, (byte) 0);
    }

    @Override
    public void requireAligned(int size, long va, int view, boolean write) {
        if ((va & size - 1) != 0) {
            throw fault(va, Syndrome.FSC_ALIGNMENT, write && !InstructionClass.readsFirst(word));
        }
    }

    @Override
    public long atomicAddress(int size, long va, int view, boolean write) {
        boolean readsFirst = InstructionClass.readsFirst(word);
        requireAligned(size, va, view, write);
        if (!write || readsFirst) {
            translate(size, va, view, Walk.READ);
        }
        if (write) {
            translate(size, va, view, Walk.WRITE);
        }
        if (device || host == 0) {
            throw fault(va, FSC_UNSUPPORTED_ATOMIC, write && !readsFirst);
        }
        if (size > Long.BYTES) {
            // Java has no atomic access of 16 bytes.
            hooks.stopOthers();
        }
        return host;
    }

    private static boolean straddles(int size, long va) {
        return (va & PAGE_BYTES - 1) + size > PAGE_BYTES;
    }

    /** Translates an access that stays in one page; leaves {@link #host}, {@link #physical} and {@link #device}. */
    private void translate(int size, long va, int view, int access) {
        boolean privileged = view == GuestIsa.PRIVILEGED;
        boolean write = access == Walk.WRITE;
        boolean aligned = (va & Math.min(size, elementBytes) - 1) == 0;
        if (!aligned && (CpuState.get(state, GuestState.SCTLR_EL1_OFFSET) & SystemControl.A) != 0) {
            throw fault(va, Syndrome.FSC_ALIGNMENT, write);
        }
        walker.walk(state, privileged, privileged && Stage1Walker.panActive(state), va, access, walk);
        if (!walk.ok) {
            throw fault(va, (int) walk.fault, write);
        }
        if (walk.device && !aligned) {
            throw fault(va, Syndrome.FSC_ALIGNMENT, write);
        }
        watch(size, va, view, write);
        physical = walk.physical;
        device = walk.device;
        host = bus.ramAddress(physical);
    }

    /** Takes the Watchpoint exception of an access that is allowed. */
    private void watch(int size, long va, int view, boolean write) {
        if (!debug.watching()) {
            return;
        }
        long address = debug.watchpoint(state, va, size, write, view == GuestIsa.UNPRIVILEGED);
        if (address != DebugRegisters.NO_MATCH) {
            exceptions.watchpoint(state, write, address);
            throw GuestAbort.TAKEN;
        }
    }

    private long loadStraddling(int size, long va, int view) {
        checkWhole(size, va, view, Walk.READ);
        long value = 0;
        for (int i = 0; i < size; i++) {
            value |= load(1, va + i, view) << 8 * i;
        }
        return value;
    }

    private void storeStraddling(int size, long va, Vec value, int view) {
        checkWhole(size, va, view, Walk.WRITE);
        for (int i = 0; i < size; i++) {
            store(1, va + i, value.lane(8, i), view);
        }
    }

    /** Raises what an access across a page boundary raises before any byte is moved. */
    private void checkWhole(int size, long va, int view, int access) {
        translate(size, va, view, access);
        boolean firstDevice = device;
        translate(1, (va | PAGE_BYTES - 1) + 1, view, access);
        if (firstDevice || device) {
            throw fault(va, Syndrome.FSC_ALIGNMENT, access == Walk.WRITE);
        }
    }

    private long readDevice(int size, long va) {
        try {
            return bus.readDevice(physical, size);
        } catch (GuestBus.BusFault e) {
            throw fault(va, Syndrome.FSC_EXTERNAL, false);
        }
    }

    private void writeDevice(int size, long va, long value) {
        try {
            bus.writeDevice(physical, size, value);
        } catch (GuestBus.BusFault e) {
            throw fault(va, Syndrome.FSC_EXTERNAL, true);
        }
    }

    private GuestAbort fault(long va, int status, boolean write) {
        exceptions.dataAbort(state, status | (write ? Syndrome.WNR : 0), va);
        return GuestAbort.TAKEN;
    }
}
