package io.stele.runtime.code;

import io.stele.codegen.RegionGuess;
import io.stele.guest.GuestIsa;
import io.stele.guest.Walk;
import io.stele.memory.RawMemory;
import io.stele.runtime.common.MachineLock;
import io.stele.runtime.memory.RegionMap;
import io.stele.runtime.vcpu.VirtualCpu;
import java.util.function.LongUnaryOperator;

/**
 * Guesses where accesses and jumps go by the register values and the memory of a vCPU: code is translated when it is about to run. One instance
 * belongs to one thread, which needs no lock: what others change meanwhile makes guesses worse, no more.
 */
final class PresentRegions implements RegionGuess {
    private final MachineLock lock;
    private final RegionMap regions;
    private final GuestIsa isa;
    private final LongUnaryOperator ram;
    private long area;
    private long page;
    private final Walk walk = new Walk();
    /** Last answer per view, for bases that nothing is known about. */
    private final int[] last = new int[2];

    /** @param ram host address of a guest physical address, or 0 when it is not RAM */
    PresentRegions(MachineLock lock, RegionMap regions, GuestIsa isa, LongUnaryOperator ram) {
        this.lock = lock;
        this.regions = regions;
        this.isa = isa;
        this.ram = ram;
    }

    /** From now on the values are those of a vCPU, which is in a request. @param pageAddress guest virtual address of the page of its code */
    void of(VirtualCpu cpu, long pageAddress) {
        area = cpu.area();
        page = pageAddress;
    }

    @Override
    public int slot(int view, int baseStateOffset, int pageOffset) {
        int slot = baseStateOffset < 0 ? -1 : slot(view, register(baseStateOffset));
        if (slot < 0) {
            return last[view];
        }
        last[view] = slot;
        return slot;
    }

    @Override
    public int nearSlot(int view, long distance, int pageOffset) {
        int slot = slot(view, page + distance);
        return slot < 0 ? last[view] : slot;
    }

    /** The 64 bits at an aligned guest virtual address, or 0 if that is not RAM that can be read. */
    long memory(int view, long va) {
        isa.walk(area, view, va, Walk.READ, walk);
        long contents = walk.ok && !walk.device && (va & Long.BYTES - 1) == 0 ? ram.applyAsLong(walk.physical) : 0;
        return contents == 0 ? 0 : RawMemory.getLong(contents);
    }

    /** Value of a guest register, by its offset in the state. */
    long register(int stateOffset) {
        return RawMemory.getLong(area + stateOffset);
    }

    /** K slot of the region of a guest virtual address; -1 if it cannot be read, or none is left. */
    int slot(int view, long address) {
        long va = regions.untagged(area, address);
        int slot = regions.hot(view).index(RegionMap.regionOf(va));
        if (slot < 0) {
            isa.walk(area, view, va, Walk.READ, walk);
            slot = walk.ok ? add(view, RegionMap.regionOf(va)) : -1;
        }
        return slot;
    }

    private int add(int view, int region) {
        lock.lock();
        try {
            return regions.hot(view).indexOrAdd(region);
        } finally {
            lock.unlock();
        }
    }
}
