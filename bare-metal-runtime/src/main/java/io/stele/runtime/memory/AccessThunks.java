package io.stele.runtime.memory;

import io.stele.codegen.AccessSite;
import io.stele.codegen.CompiledBlock;
import io.stele.memory.RawMemory;
import io.stele.runtime.common.VmLayout;
import io.stele.runtime.util.LongIntMap;
import io.stele.runtime.vcpu.RuntimeStubs;
import io.stele.x86.Assembler;
import java.util.Arrays;

/**
 * Out-of-line code for loads and stores that keep faulting. The access is replaced by a jump to a thunk: a {@link WindowThunk} where nothing is to
 * be mapped, a {@link PresenceThunk} where often nothing is mapped yet.
 */
public final class AccessThunks {
    /** An upper bound of a thunk's size. */
    public static final int MAX_BYTES = 384;

    private static final int JMP = 0xe9;

    private final long host;
    private final Assembler asm = new Assembler();
    private final WindowThunk window;
    private final PresenceThunk presence;
    private final PresenceSites sites;
    /** Thunks by the address that their traps come from. */
    private final LongIntMap byTrap = new LongIntMap(64);
    /** The latest thunk of each site. */
    private final LongIntMap bySite = new LongIntMap(64);
    private int count;
    private long[] start = new long[64];
    private long[] site = new long[64];
    private long[] original = new long[64];
    private int[] misses = new int[64];
    /** Number among {@link PresenceSites}; -1: a window thunk. */
    private int[] check = new int[64];

    public AccessThunks(long host, RuntimeStubs stubs) {
        this.host = host;
        window = new WindowThunk(asm, stubs.accessTrap());
        presence = new PresenceThunk(asm, stubs);
        sites = new PresenceSites(host);
    }

    /** Number of the thunk that trapped, by the address that its trap came from; -1: it was no thunk. */
    public int find(long trapped) {
        return byTrap.get(trapped);
    }

    /** VM address of the access that the thunk stands for. */
    public long site(int thunk) {
        return site[thunk];
    }

    public long start(int thunk) {
        return start[thunk];
    }

    /** True for a {@link PresenceThunk}. */
    public boolean checksPresence(int thunk) {
        return check[thunk] >= 0;
    }

    /** Counts traps that did not need the thunk. */
    public int miss(int thunk) {
        return ++misses[thunk];
    }

    /** A presence thunk has spared a fault. */
    public void spared(int thunk) {
        sites.spared(check[thunk]);
    }

    /** Counts faults of a plain access; true if it is to check from now on. */
    public boolean faulted(long address) {
        return sites.faulted(address) && (sites.hasRoom() || known(address, true) >= 0);
    }

    /** The thunk of one kind that was made for a site, or -1. */
    private int known(long address, boolean checked) {
        int thunk = bySite.get(address);
        return thunk >= 0 && checksPresence(thunk) == checked ? thunk : -1;
    }

    /**
     * Replaces an access by a jump to a thunk.
     *
     * @param address VM address of the access
     * @param checked the kind of thunk
     * @param at VM address for the thunk
     * @return bytes used
     */
    public int patch(long address, boolean checked, CompiledBlock block, int number, long blockStart, long at) {
        int thunk = known(address, checked);
        int bytes = 0;
        if (thunk < 0) {
            thunk = add(address, at, checked);
            bytes = emit(thunk, block, number, blockStart + block.siteEnd(number));
        }
        misses[thunk] = 0;
        if (checked) {
            sites.begin(check[thunk]);
        }
        RawMemory.putByte(host + address, (byte) JMP);
        RawMemory.putInt(host + address + 1, (int) (start[thunk] - (address + AccessSite.MIN_BYTES)));
        return bytes;
    }

    private int add(long address, long at, boolean checked) {
        if (count == start.length) {
            start = Arrays.copyOf(start, count * 2);
            site = Arrays.copyOf(site, count * 2);
            original = Arrays.copyOf(original, count * 2);
            misses = Arrays.copyOf(misses, count * 2);
            check = Arrays.copyOf(check, count * 2);
        }
        int other = bySite.get(address);
        if (other >= 0) {
            unpatch(other);
        }
        int thunk = count++;
        bySite.put(address, thunk);
        start[thunk] = at;
        site[thunk] = address;
        original[thunk] = RawMemory.getLong(host + address);
        check[thunk] = checked ? sites.add(address) : -1;
        return thunk;
    }

    /** @param next VM address behind the access @return bytes */
    private int emit(int thunk, CompiledBlock block, int number, long next) {
        long at = start[thunk];
        asm.reset(at);
        if (checksPresence(thunk)) {
            int access = presence.emit(block.siteAccess(number), block.siteDisplacement(number), host + site[thunk], (int) (next - site[thunk]), next,
                VmLayout.presenceWords(check[thunk]));
            byTrap.put(at + access, thunk);
        } else {
            window.emit(block.siteAccess(number), block.siteDisplacement(number), block.siteImmediate(number), next);
        }
        RawMemory.copy(asm.code().array(), 0, host + at, asm.position());
        byTrap.put(at + asm.position(), thunk);
        return asm.position();
    }

    /** Puts the access back. */
    public void unpatch(int thunk) {
        RawMemory.putInt(host + site[thunk], (int) original[thunk]);
        RawMemory.putByte(host + site[thunk] + 4, (byte) (original[thunk] >>> 32));
        if (checksPresence(thunk)) {
            sites.end(check[thunk]);
        }
    }

    /** Puts all accesses back. */
    public void unpatchAll() {
        for (int thunk = 0; thunk < count; thunk++) {
            unpatch(thunk);
        }
    }

    /** A thunk that checks in vain since the last call, or -1; what is found is to be put back. */
    public int useless() {
        long address = sites.useless();
        return address == 0 ? -1 : bySite.get(address);
    }

    /** All code was dropped. */
    public void clear() {
        byTrap.clear();
        bySite.clear();
        sites.clear();
        count = 0;
    }
}
