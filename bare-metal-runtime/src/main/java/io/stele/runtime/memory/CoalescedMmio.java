package io.stele.runtime.memory;

import io.stele.codegen.AccessSite;
import io.stele.codegen.CpuArea;
import io.stele.guest.GuestBus;
import io.stele.memory.RawMemory;
import io.stele.runtime.common.VmLayout;
import io.stele.runtime.vcpu.Mailbox;
import io.stele.runtime.vcpu.VirtualCpu;
import io.stele.x86.Assembler;
import io.stele.x86.Cond;
import io.stele.x86.Mem;
import io.stele.x86.Op;
import io.stele.x86.Reg;

/**
 * Device accesses that need no request, as KVM's coalesced MMIO: stores to one register whose device says that they may come late
 * ({@link GuestBus#isPostable}) wait in a ring of the machine until Java looks, and loads of one register that stays as it is
 * ({@link GuestBus#isSteady}) find its value in the CPU area. Access thunks do both. A console that writes character by character asks the
 * UART whether there is room, and stores the next one.
 *
 * <p>The ring is emptied before any request is served, and when devices act, so the device sees the stores in order with all else that the
 * guest tells it; a CPU that makes no request is looked after by the {@link io.stele.runtime.tier.Sampler}. What a CPU knows of registers is
 * forgotten with its thunks' tables, and when a device says that they have changed. With the lock of the machine, but for the ring's VM side.
 */
public final class CoalescedMmio {
    /** Longs: addresses in slots of the register that may be stored to, and of the one with a value at hand, or -1; VM address of the ring. */
    private static final int POSTED = WindowThunk.END;
    private static final int STEADY = POSTED + 8;
    private static final int STEADY_VALUE = POSTED + 16;
    private static final int RING_ADDRESS = POSTED + 24;

    /** In the first CPU's area: longs, how many entries were ever taken and given back, then the entries {int value, int bytes; 0: not there}. */
    private static final int RING = Mailbox.LIST + Mailbox.LIST_CAPACITY * Mailbox.LIST_ENTRY_BYTES + 63 & -64;
    private static final int GIVEN = 64;
    private static final int ENTRIES_AT = 128;
    private static final int ENTRIES = 512;
    private static final int MAX_BYTES = 4;

    private final GuestBus bus;
    private final VirtualCpu[] cpus;
    private final long ring;
    /** Physical address of the register that the ring is for; -1 before the first. */
    private long target = -1;
    private long given;

    public CoalescedMmio(GuestBus bus, VirtualCpu[] cpus) {
        this.bus = bus;
        this.cpus = cpus;
        ring = cpus[0].area() + RING;
    }

    /** Before the vCPUs run. */
    public void initialise() {
        for (VirtualCpu cpu : cpus) {
            RawMemory.putLong(cpu.area() + RING_ADDRESS, VmLayout.cpuArea(0) + RING);
            forget(cpu.area());
        }
    }

    /** Whether there are stores that wait; by any thread. */
    public boolean isWaiting() {
        return RawMemory.getLongVolatile(ring) != RawMemory.getLongVolatile(ring + GIVEN);
    }

    /** Carries out the stores that wait. */
    public void drain() {
        while (isWaiting()) {
            long entry = ring + ENTRIES_AT + (given & ENTRIES - 1) * 8;
            int bytes = RawMemory.getIntAcquire(entry + 4);
            if (bytes == 0) {
                // A CPU is about to.
                return;
            }
            int value = RawMemory.getInt(entry);
            RawMemory.putInt(entry + 4, 0);
            RawMemory.putLongVolatile(ring + GIVEN, ++given);
            bus.writeDevice(target, bytes, value & 0xffff_ffffL);
        }
    }

    /**
     * The CPU is about to access a device register through a thunk, and may be spared the next request.
     *
     * @param hostVa its address in a slot
     */
    public void admit(long area, boolean store, long hostVa, long physical, int bytes) {
        if (bytes > MAX_BYTES) {
            return;
        }
        if (store && (target == physical || target == -1) && bus.isPostable(physical)) {
            target = physical;
            RawMemory.putLong(area + POSTED, hostVa);
        } else if (!store && bus.isSteady(physical)) {
            RawMemory.putLong(area + STEADY_VALUE, bus.readDevice(physical, MAX_BYTES));
            RawMemory.putLong(area + STEADY, hostVa);
        }
    }

    /** A device's registers have changed by themselves, or may not be posted to any more. */
    public void registersChanged() {
        for (VirtualCpu cpu : cpus) {
            forget(cpu.area());
        }
    }

    /** @return true if there was something that a thunk could find */
    static boolean forget(long area) {
        boolean found = (RawMemory.getLong(area + POSTED) & RawMemory.getLong(area + STEADY)) != -1;
        RawMemory.putLong(area + POSTED, -1);
        RawMemory.putLong(area + STEADY, -1);
        return found;
    }

    private static long area(int offset) {
        return Mem.at(Reg.RBP, offset - CpuArea.BASE_BIAS);
    }

    /** Whether a thunk for an access looks here. */
    static boolean takes(int access) {
        return !AccessSite.isVector(access) && AccessSite.size(access) <= MAX_BYTES;
    }

    /** In a thunk, with the address in rdx: goes to {@code hit} if the register is known. */
    static void emitCheck(Assembler asm, boolean load, int hit) {
        asm.rm(Op.CMP, 64, Reg.RDX, area(load ? STEADY : POSTED));
        asm.jcc(Cond.E, hit);
    }

    /** Where the value of a load is. */
    static long steadyValue() {
        return area(STEADY_VALUE);
    }

    /**
     * Puts ecx in the ring; goes to {@code full} if there may be no room for all CPUs. Uses rdx and rsi.
     *
     * @param bytes of the store
     */
    static void emitPost(Assembler asm, int bytes, int full) {
        asm.rm(Op.MOV, 64, Reg.RSI, area(RING_ADDRESS));
        asm.rm(Op.MOV, 64, Reg.RDX, Mem.at(Reg.RSI));
        asm.rm(Op.SUB, 64, Reg.RDX, Mem.at(Reg.RSI, GIVEN));
        asm.ri(Op.CMP, 64, Reg.RDX, ENTRIES - VmLayout.MAX_CPUS);
        asm.jcc(Cond.A, full);
        asm.ri(Op.MOV, 32, Reg.RDX, 1);
        asm.lock().mr(Op.XADD, 64, Mem.at(Reg.RSI), Reg.RDX);
        asm.ri(Op.AND, 32, Reg.RDX, ENTRIES - 1);
        asm.mr(Op.MOV, 32, Mem.at(Reg.RSI, Reg.RDX, 8, ENTRIES_AT), Reg.RCX);
        asm.mi(Op.MOV, 32, Mem.at(Reg.RSI, Reg.RDX, 8, ENTRIES_AT + 4), bytes);
    }
}
