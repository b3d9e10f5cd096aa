package io.stele.runtime.code;

import io.stele.codegen.AccessSite;
import io.stele.codegen.CompiledBlock;
import io.stele.codegen.CpuArea;
import io.stele.memory.RawMemory;
import io.stele.runtime.common.Statistics;
import io.stele.runtime.memory.AccessThunks;
import io.stele.runtime.vcpu.VirtualCpus;

/** What is known of places in generated code that trap: the guest state there, the access, the region check. */
public final class CodeSites {
    private final long host;
    private final CodePages pages;
    private final CodeBlocks blocks;
    private final CodeSpace space;
    private final AccessThunks thunks;
    private final VirtualCpus cpus;
    private final Statistics statistics;
    private final RegionSite regionSite = new RegionSite();

    CodeSites(long host, CodePages pages, CodeBlocks blocks, CodeSpace space, AccessThunks thunks, VirtualCpus cpus, Statistics statistics) {
        this.host = host;
        this.pages = pages;
        this.blocks = blocks;
        this.space = space;
        this.thunks = thunks;
        this.cpus = cpus;
        this.statistics = statistics;
    }

    /** The thunks that accesses are diverted to. */
    public AccessThunks thunks() {
        return thunks;
    }

    /** What code a host address belongs to, for messages. */
    public String describe(long address) {
        int block = blocks.find(address);
        if (block < 0 || address >= space.top()) {
            return "outside of generated code";
        }
        return "block at guest physical 0x" + Long.toHexString(pages.physical(blocks.page(block)) + blocks.offset(block)) + " + "
                + (address - blocks.start(block));
    }

    /** Writes the guest state as it was before the instruction that trapped at a host address into the state block. */
    public void restore(long address, long area) {
        int block = blocks.find(address);
        CompiledBlock meta = blocks.description(block);
        int site = meta.findSite((int) (address - blocks.start(block)));
        long pageAddress = RawMemory.getLong(area + CpuArea.TRAP_FRAME + 14 * 8);
        meta.restoreState(site, area + CpuArea.TRAP_FRAME, area, pageAddress);
    }

    /** True if a host address, where code trapped, is in a cluster. */
    public boolean isCluster(long address) {
        int block = blocks.find(address);
        return block >= 0 && blocks.isCluster(block);
    }

    /** Before the code that trapped at a host address goes on: the K that it keeps in registers are brought up to date. */
    public void refreshRegions(long address, long area) {
        int block = blocks.find(address);
        if (block >= 0 && blocks.isCluster(block)) {
            blocks.description(block).refreshRegions(area + CpuArea.TRAP_FRAME, area);
        }
    }

    /** Counts a fault of the access at a host address that a check of the page's presence could have spared; in the end it gets one. */
    public void faulted(long address) {
        if (isPlain(address) && thunks.faulted(address)) {
            divert(address, true);
            statistics.checksOfPresence++;
        }
    }

    /** Puts back the accesses whose checks of presence are in vain. */
    public void reviewThunks() {
        for (int thunk = thunks.useless(); thunk >= 0; thunk = thunks.useless()) {
            cpus.stopOthers();
            thunks.unpatch(thunk);
            statistics.checksInVain++;
        }
    }

    /**
     * Replaces the access at a host address, which faulted, by a jump to a thunk.
     *
     * @param checked the kind of thunk: one that checks whether its page is present
     */
    public void divert(long address, boolean checked) {
        if (!space.fits(AccessThunks.MAX_BYTES)) {
            return;
        }
        int block = blocks.find(address);
        CompiledBlock meta = blocks.description(block);
        int site = meta.findSite((int) (address - blocks.start(block)));
        if (meta.siteEnd(site) != 0) {
            cpus.stopOthers();
            space.take(thunks.patch(address, checked, meta, site, blocks.start(block), space.next()));
        }
    }

    /** The address in a slot that the plain access at a host address is about to use, or 0 if it is not a plain access. */
    public long accessAddress(long address, long area) {
        int block = blocks.find(address);
        CompiledBlock meta = blocks.description(block);
        int site = meta.findSite((int) (address - blocks.start(block)));
        int access = meta.siteAccess(site);
        if (access == 0) {
            return 0;
        }
        long base = register(area, AccessSite.base(access)) << AccessSite.shift(access);
        return base + register(area, AccessSite.k(access)) + meta.siteDisplacement(site);
    }

    private boolean isPlain(long address) {
        return access(address) != 0;
    }

    /** {@link #accessK} can tell it. */
    public boolean knowsK(long address) {
        return AccessSite.ownK(access(address)) >= 0;
    }

    /** The K that the plain access at a host address is about to use. */
    public long accessK(long address, long area) {
        return register(area, AccessSite.ownK(access(address)));
    }

    public boolean isStore(long address) {
        return !AccessSite.isLoad(access(address));
    }

    /** Bytes of the plain access at a host address. */
    public int accessBytes(long address) {
        return AccessSite.size(access(address));
    }

    /** The plain access at a host address, as {@link AccessSite} has it. */
    private int access(long address) {
        int block = blocks.find(address);
        CompiledBlock meta = blocks.description(block);
        return meta.siteAccess(meta.findSite((int) (address - blocks.start(block))));
    }

    private static long register(long area, int register) {
        return RawMemory.getLong(area + CpuArea.TRAP_FRAME + register * 8L);
    }

    /** The region check that called the miss stub, by its return address. Valid until the next call. */
    public RegionSite regionSite(long returnAddress) {
        int block = blocks.find(returnAddress);
        CompiledBlock meta = blocks.description(block);
        int region = meta.findRegion((int) (returnAddress - blocks.start(block)));
        long code = host + blocks.start(block);
        regionSite.set(blocks.start(block) + meta.regionStart(region), meta.regionView(region), meta.regionBase(region),
                code + meta.regionIdentityOffset(region), code + meta.regionDisplacementOffset(region), meta.countRegionMiss(region));
        return regionSite;
    }
}
