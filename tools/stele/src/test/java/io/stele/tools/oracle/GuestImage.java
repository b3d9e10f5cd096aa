package io.stele.tools.oracle;

import io.stele.arm64.Arm64Isa;
import io.stele.arm64.generated.GuestState;
import io.stele.arm64.oracle.CpuImage;
import io.stele.arm64.oracle.Executor;
import io.stele.arm64.oracle.QemuExecutor;
import io.stele.arm64.state.CpuState;
import io.stele.arm64.state.Pstate;
import io.stele.arm64.state.SystemControl;
import io.stele.guest.GuestBus;
import io.stele.memory.RawMemory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The physical memory of a machine that runs a {@link Batch}: monitor, page tables, code slots, records. The lower half of the address space
 * has what the harness of qemu-aarch64 has, at the same addresses, and more views of the memory block; the upper half is RAM for EL1.
 */
final class GuestImage implements GuestBus {
    static final long RAM = 0x4000_0000L;
    static final long RAM_BYTES = 512L << 20;
    /** RAM in the upper half: virtual address = this + physical address. */
    static final long LINEAR = 0xffff_0000_0000_0000L;
    static final int PAGE = 4096;

    static final long MONITOR = RAM;
    private static final long MONITOR_LIMIT = MONITOR + 0x800;
    private static final long MONITOR_FLOATS = MONITOR + 0x808;
    private static final long MONITOR_ENTRY = MONITOR + 0x810;
    private static final long EXITS = RAM + 0x8_0000;
    static final long MEMORY = RAM + 0x9_0000;
    /** In front of the memory block where the two are mapped side by side. */
    private static final long NEIGHBOUR = RAM + 0xa_0000;
    private static final long TABLES = RAM + 0x10_0000;
    private static final long CODE = RAM + 0x20_0000;
    private static final long RECORDS = RAM + 0x200_0000;

    /**
     * Virtual addresses of the page with the memory block in other regions, behind another page that can be accessed. Some are the first or
     * last page of a region, or begin another region than the page in front of them.
     */
    static final long[] ALIASES = {
        0x0100_3000_1000L, 0x4000_7fff_f000L, 0x7f12_3456_7000L, 0xff00_0001_0000L, 0x0300_0000_1000L, 0x04ff_ffff_f000L, 0x0600_0000_0000L,
    };

    static final int STATUS = 256;
    static final int FLOAT = 264;
    static final int CALL = 280;
    static final int FAULT = 288;
    static final int RETURN = 296;

    private static final int SVC = 0xd400_0001;
    private static final long VALID_TABLE = 3;
    private static final long VALID_PAGE = 3;
    private static final long VALID_BLOCK = 1;
    private static final long ACCESSED_SHAREABLE = 7 << 8;
    private static final long USER = 1 << 6;
    private static final long READ_ONLY = 1 << 7;
    private static final long NOT_GLOBAL = 1 << 11;
    private static final long NEVER_EXECUTE = 3L << 53;
    private static final long USER_NEVER_EXECUTES = 1L << 54;
    private static final long CODE_PAGE = USER | READ_ONLY | NOT_GLOBAL;
    private static final long DATA_PAGE = USER | NOT_GLOBAL | NEVER_EXECUTE;
    private static final long GIGABYTE = 1L << 30;

    private static final long WRITE_BACK = 0xff;
    /** 48-bit addresses in both halves, 4 KiB granule, inner shareable write-back walks, 40-bit physical addresses, TBI0. */
    private static final long TCR = 16 | 0x3500 | 16L << 16 | 0x3500L << 16 | 2L << 30 | 2L << 32 | 1L << 37;

    private final long host;
    private final Batch batch;
    private long nextTable = TABLES;
    private final long lowRoot = table();
    private final long highRoot = table();

    /** @param host host address of {@link #RAM_BYTES} of zeroed memory */
    GuestImage(long host, byte[] monitor, Batch batch) {
        this.host = host;
        this.batch = batch;
        RawMemory.copy(monitor, 0, at(MONITOR), monitor.length);
        RawMemory.putInt(at(EXITS), SVC);
        RawMemory.putInt(at(EXITS) + 4, SVC | 1 << 5);
        RawMemory.copy(batch.code(), 0, at(CODE), batch.code().length);
        map(QemuExecutor.HARNESS_BASE, EXITS, CODE_PAGE);
        for (int at = 0; at < batch.code().length; at += PAGE) {
            map(Executor.CODE_BASE + at, CODE + at, CODE_PAGE);
        }
        map(CpuImage.MEMORY_BASE, MEMORY, DATA_PAGE);
        for (long alias : ALIASES) {
            map(alias, MEMORY, DATA_PAGE);
            map(alias - PAGE, NEIGHBOUR, DATA_PAGE);
        }
        long gigabytes = next(highRoot, LINEAR, 0);
        RawMemory.putLong(entry(gigabytes, LINEAR + RAM, 1), RAM & -GIGABYTE | VALID_BLOCK | ACCESSED_SHAREABLE | USER_NEVER_EXECUTES);
        long end = RECORDS + (long) CpuImage.BYTES * batch.size();
        if (end > RAM + RAM_BYTES || CODE + batch.code().length > RECORDS || nextTable > CODE) {
            throw new IllegalArgumentException("too many cases: " + batch.size());
        }
        RawMemory.putLong(at(MONITOR_LIMIT), LINEAR + end);
        RawMemory.putLong(at(MONITOR_FLOATS), batch.setting().floats() ? 1 : 0);
        writeRecords();
    }

    private void writeRecords() {
        byte[] bytes = new byte[CpuImage.BYTES];
        for (int i = 0; i < batch.size(); i++) {
            CpuImage state = batch.states()[i];
            state.write(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
            RawMemory.copy(bytes, 0, at(record(i)), bytes.length);
            long mode = batch.setting().privileged() ? Pstate.EL1T : Pstate.EL0T;
            RawMemory.putLong(at(record(i)) + CALL, (long) state.nzcv() << 28 | Pstate.DAIF | mode);
            RawMemory.putLong(at(record(i)) + RETURN, batch.entries()[i]);
        }
    }

    Batch batch() {
        return batch;
    }

    Results results() {
        Results results = Results.allocate(batch.size());
        byte[] bytes = new byte[CpuImage.BYTES];
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < batch.size(); i++) {
            RawMemory.copy(at(record(i)), bytes, 0, bytes.length);
            CpuImage state = results.states()[i];
            state.read(buffer, 0);
            results.spsr()[i] = buffer.getLong(STATUS);
            results.esr()[i] = buffer.getLong(CALL);
            results.far()[i] = buffer.getLong(FAULT);
            results.elr()[i] = buffer.getLong(RETURN);
            state.outcome(results.outcome(i));
        }
        RawMemory.copy(at(MEMORY), results.pages(), 0, PAGE);
        RawMemory.copy(at(NEIGHBOUR), results.pages(), PAGE, PAGE);
        return results;
    }

    /** Physical address of a record. */
    static long record(int i) {
        return RECORDS + (long) CpuImage.BYTES * i;
    }

    /** The number of the record at a virtual address. */
    static int recordNumber(long va) {
        return (int) ((va - LINEAR - RECORDS) / CpuImage.BYTES);
    }

    /** Host address of a physical address in RAM. */
    long at(long physical) {
        return host + physical - RAM;
    }

    /** Puts a CPU in front of the first record. */
    void start(Arm64Isa isa, long state) {
        Batch.Setting setting = batch.setting();
        isa.reset(state, 0, LINEAR + MONITOR_ENTRY, 0);
        CpuState.set(state, GuestState.SP_OFFSET, LINEAR + record(0));
        CpuState.set(state, GuestState.VBAR_EL1_OFFSET, LINEAR + MONITOR);
        CpuState.set(state, GuestState.MAIR_EL1_OFFSET, WRITE_BACK);
        CpuState.set(state, GuestState.TCR_EL1_OFFSET, TCR);
        CpuState.set(state, GuestState.TTBR0_EL1_OFFSET, lowRoot);
        CpuState.set(state, GuestState.TTBR1_EL1_OFFSET, highRoot);
        // Without SPAN, as Linux has it, generated code switches between EL0 and the monitor by itself. Cases at EL1 access what EL0 may access.
        long pan = setting.privileged() ? SystemControl.SPAN : 0;
        CpuState.set(state, GuestState.SCTLR_EL1_OFFSET, SystemControl.SCTLR_RES1 | pan | SystemControl.M
            | SystemControl.C | SystemControl.I | setting.control());
        CpuState.set(state, GuestState.CPACR_EL1_OFFSET, (long) setting.floatingPoint() << 20);
        isa.restored(state);
    }

    private long table() {
        long result = nextTable;
        nextTable += PAGE;
        return result;
    }

    private void map(long va, long physical, long attributes) {
        long table = lowRoot;
        for (int level = 0; level < 3; level++) {
            table = next(table, va, level);
        }
        RawMemory.putLong(entry(table, va, 3), physical | VALID_PAGE | ACCESSED_SHAREABLE | attributes);
    }

    private long next(long table, long va, int level) {
        long entry = entry(table, va, level);
        if (RawMemory.getLong(entry) == 0) {
            RawMemory.putLong(entry, table() | VALID_TABLE);
        }
        return RawMemory.getLong(entry) & -PAGE;
    }

    private long entry(long table, long va, int level) {
        return at(table) + (va >>> 39 - 9 * level & 511) * 8;
    }

    @Override
    public long ramAddress(long physical) {
        return physical >= RAM && physical < RAM + RAM_BYTES ? at(physical) : 0;
    }

    @Override
    public long readDevice(long physical, int size) {
        throw new BusFault(physical);
    }

    @Override
    public void writeDevice(long physical, int size, long value) {
        throw new BusFault(physical);
    }
}
