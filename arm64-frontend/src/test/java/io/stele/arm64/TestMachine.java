package io.stele.arm64;

import io.stele.arm64.generated.GuestState;
import io.stele.arm64.state.CpuState;
import io.stele.arm64.state.Pstate;
import io.stele.arm64.system.FirmwareCalls;
import io.stele.arm64.system.SystemRegisterDevice;
import io.stele.codegen.CpuArea;
import io.stele.guest.GuestBus;
import io.stele.guest.RuntimeHooks;
import io.stele.memory.RawMemory;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongPredicate;

/** RAM, one CPU area, and recorders for everything that the front end tells its surroundings. */
public final class TestMachine implements GuestBus, RuntimeHooks, SystemRegisterDevice, FirmwareCalls, AutoCloseable {
    public static final long RAM = 0x4000_0000L;
    public static final long DEVICE = 0x0900_0000L;
    /** Device-owned system register that the tests use: CNTV_CTL_EL0. */
    public static final int CNTV_CTL_EL0 = 3 << 14 | 3 << 11 | 14 << 7 | 3 << 3 | 1;

    public final long state;
    public final List<String> log = new ArrayList<>();
    public int contextChanges;
    public int invalidations;
    public LongPredicate invalidatedSpaces;
    public long invalidatedVa;
    public long invalidatedBytes;
    public long codePhysical;
    public int codeBytes;
    public int allCode;
    public long deviceRegister;
    public long deviceValue;
    public long counter;
    public int endedWaits;
    public boolean waiting;
    public long eventAt;
    public int firmwareOutcome = FirmwareCalls.CONTINUE;
    public boolean firmwareSecure;

    private final Arena arena = Arena.ofConfined();
    private final long ram;
    private final long ramBytes;

    public TestMachine(long ramBytes) {
        this.ramBytes = ramBytes;
        ram = arena.allocate(ramBytes, 4096).address();
        state = arena.allocate(CpuArea.BYTES, 4096).address();
        CpuState.set(state, GuestState.PSTATE_OFFSET, Pstate.EL1H | Pstate.DAIF);
    }

    public long host(long physical) {
        return ram + physical - RAM;
    }

    public void put(long physical, long value) {
        RawMemory.putLong(host(physical), value);
    }

    public long get(int offset) {
        return CpuState.get(state, offset);
    }

    public void set(int offset, long value) {
        CpuState.set(state, offset, value);
    }

    /** Makes the CPU execute at EL0. */
    public void enterEl0() {
        CpuState.setPstate(state, 0);
    }

    @Override
    public long ramAddress(long physical) {
        return physical >= RAM && physical < RAM + ramBytes ? ram + physical - RAM : 0;
    }

    @Override
    public long readDevice(long physical, int size) {
        if (physical >>> 12 != DEVICE >>> 12) {
            throw new BusFault(physical);
        }
        return deviceValue;
    }

    @Override
    public void writeDevice(long physical, int size, long value) {
        if (physical >>> 12 != DEVICE >>> 12) {
            throw new BusFault(physical);
        }
        deviceValue = value;
    }

    @Override
    public void invalidateTranslations(LongPredicate spaces, long va, long bytes) {
        invalidations++;
        invalidatedSpaces = spaces;
        invalidatedVa = va;
        invalidatedBytes = bytes;
    }

    @Override
    public void contextChanged(long cpuState) {
        contextChanges++;
    }

    @Override
    public void codeModified(long physical, int bytes) {
        codePhysical = physical;
        codeBytes = bytes;
    }

    @Override
    public void allCodeModified() {
        allCode++;
    }

    @Override
    public long counter(long cpuState) {
        return counter;
    }

    @Override
    public boolean endWait(long cpuState) {
        endedWaits++;
        return waiting;
    }

    @Override
    public void waitForEvent(int cpu, long at) {
        eventAt = at;
    }

    @Override
    public boolean handles(int encoding) {
        return encoding == CNTV_CTL_EL0 || encoding == (3 << 14 | 3 << 11 | 14 << 7 | 2);
    }

    @Override
    public long read(int cpu, int encoding) {
        return deviceRegister;
    }

    @Override
    public void write(int cpu, int encoding, long value) {
        deviceRegister = value;
    }

    @Override
    public int call(int cpu, boolean secure, FirmwareCalls.Registers registers) {
        firmwareSecure = secure;
        registers.x0 = registers.x0 + registers.x3;
        return firmwareOutcome;
    }

    @Override
    public void close() {
        arena.close();
    }
}
