package io.stele.runtime.code;

import io.stele.codegen.BlockTranslator;
import io.stele.codegen.CodeCensus;
import io.stele.codegen.CompiledBlock;
import io.stele.codegen.CpuArea;
import io.stele.codegen.HostFeatures;
import io.stele.codegen.Stubs;
import io.stele.codegen.listing.ListingWriter;
import io.stele.codegen.listing.PassListing;
import io.stele.guest.GuestIsa;
import io.stele.memory.RawMemory;
import io.stele.runtime.common.GuestError;
import io.stele.runtime.common.MachineLock;
import io.stele.runtime.common.RuntimeListener;
import io.stele.runtime.common.Statistics;
import io.stele.runtime.common.Tiers;
import io.stele.runtime.common.VmLayout;
import io.stele.runtime.memory.AccessThunks;
import io.stele.runtime.memory.RegionMap;
import io.stele.runtime.vcpu.Mailbox;
import io.stele.runtime.vcpu.RuntimeStubs;
import io.stele.runtime.vcpu.TrapFrame;
import io.stele.runtime.vcpu.VirtualCpu;
import io.stele.runtime.vcpu.VirtualCpus;
import io.stele.x86.Relocations;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongUnaryOperator;

/**
 * Translated code: makes it, finds it, links it, forgets it.
 *
 * <p>When there is no room for more, the code of pages is dropped that have not been entered for the longest time.
 */
public final class CodeCache implements AutoCloseable {
    private static final int MIN_NEW_BLOCKS = 64;
    /** Each time that such a part of the room was filled, pages become older. */
    private static final int PERIODS = 8;
    /** So many corrected region checks are as good a reason to write a file as a new block. */
    private static final int PATCHES_PER_BLOCK = 4;
    /** And a cluster, which takes milliseconds to make, is as good a reason as so many new blocks. */
    private static final int BLOCKS_PER_CLUSTER = 64;

    /** The most that a piece of code takes, with what is skipped in front of it. */
    private static final int MOST_ROOM = BlockTranslator.MAX_CODE_BYTES + CodeSpace.LINE;

    private final long host;
    private final GuestIsa isa;
    private final RegionMap regions;
    private final VirtualCpus cpus;
    private final Statistics statistics;
    private final CodePages pages;
    private final Stubs stubs;
    private final HostFeatures features;
    private final LongUnaryOperator ram;
    private final MachineLock lock;
    private final Consumer<String> log;
    /** What nobody translates with at present. */
    private final ArrayDeque<Translation> idle = new ArrayDeque<>();
    private final ContextTags contexts;
    private final CodeSpace space = new CodeSpace();
    /** Bytes of code, and pages, when pages were aged last. */
    private long bytesWhenAged;
    private int pagesWhenAged;
    /** How often pages were aged in this run: those that it has not used are older than that. */
    private int periods;
    private int generation;
    private boolean far = true;
    private final CodeBlocks blocks = new CodeBlocks();
    private final PageProbes probes;
    private final CodeFinder finder;
    private final CodeLinks links;
    private final CodeSites sites;
    private final StoredCode stored;
    private final Tiers tiers = Tiers.chosen();
    private final Clusters clusters;
    /** Null unless somebody wants to know. */
    private RuntimeListener listener;
    /** Null unless translations are recorded. */
    private RecordedCode listings;
    /** Null unless instructions are counted. */
    private CodeCensus census;

    /** @param lock of the machine: all methods are for the thread that has it */
    public CodeCache(long host, GuestIsa isa, LongUnaryOperator ram, RegionMap regions, VirtualCpus cpus, MachineLock lock, Statistics statistics,
            Consumer<String> log) {
        this.host = host;
        this.isa = isa;
        this.ram = ram;
        this.regions = regions;
        this.lock = lock;
        this.log = log;
        this.statistics = statistics;
        this.cpus = cpus;
        RuntimeStubs runtimeStubs = cpus.all()[0].stubs();
        stubs = runtimeStubs.forCode();
        pages = new CodePages(host, (int) runtimeStubs.noCode(), this::forget);
        probes = new PageProbes(host, cpus, pages, statistics);
        features = hostFeatures().within(cpus.all()[0].xcr0());
        clusters = new Clusters(host, isa, features, pages, blocks, probes, new PresentRegions(lock, regions, isa, ram), statistics, lock);
        finder = new CodeFinder(host, isa, cpus, pages, probes, putFetchAbort(), statistics);
        links = new CodeLinks(host, pages, blocks, space);
        sites = new CodeSites(host, pages, blocks, space, new AccessThunks(host, runtimeStubs), cpus, statistics);
        stored = new StoredCode(host, regions, pages, blocks);
        contexts = new ContextTags(isa, cpus, this::contextsForgotten);
    }

    /** VM address of the code that takes aborts of fetches, or 0. */
    private long putFetchAbort() {
        BlockTranslator translator = new BlockTranslator(isa, features, log);
        if (!isa.fetchAbort(translator.builder())) {
            return 0;
        }
        CompiledBlock block = new CompiledBlock();
        translator.compiler().compile(translator.builder(), VmLayout.ISA_STUBS, stubs, null, block);
        if (block.length > VmLayout.ISA_STUBS_BYTES) {
            throw new IllegalStateException("the code of an abort takes " + block.length + " bytes");
        }
        RawMemory.copy(translator.compiler().code(), 0, host + VmLayout.ISA_STUBS, block.length);
        return VmLayout.ISA_STUBS;
    }

    private void forget(int page) {
        links.forget(page);
        blocks.forget(page);
    }

    /** What code may use of the processor that this runs on, if the VM's XCR0 has it. @throws GuestError if it cannot be found out */
    public static HostFeatures hostFeatures() {
        String flags = "";
        try (BufferedReader in = Files.newBufferedReader(Path.of("/proc/cpuinfo"))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (line.startsWith("flags")) {
                    flags = line.substring(line.indexOf(':') + 1);
                    break;
                }
            }
        } catch (IOException e) {
            throw new GuestError("cannot read /proc/cpuinfo: " + e.getMessage());
        }
        return HostFeatures.fromFlags(flags);
    }

    /** Counts what becomes of guest instructions; before anything is translated. */
    public CodeCensus takeCensus() {
        census = new CodeCensus(isa);
        return census;
    }

    /** Has somebody told of each translation. */
    public void listen(RuntimeListener to) {
        listener = to;
    }

    /** How vCPUs find code. */
    public CodeFinder finder() {
        return finder;
    }

    /** The links between blocks. */
    public CodeLinks links() {
        return links;
    }

    /** The places that trap. */
    public CodeSites sites() {
        return sites;
    }

    // Listings.

    /**
     * What {@link #listings} needs of each translation is kept; before anything is translated.
     *
     * @param passes operations before and after each pass are listed, too
     */
    public void recordListings(boolean passes) {
        clusters.listing();
        listings = new RecordedCode(new ListingWriter(isa, stubs), passes ? new PassListing(isa, features) : null);
    }

    /** All that was translated since {@link #recordListings}, as it was before anything was patched; what was translated again stands there again. */
    public RecordedCode listings() {
        if (listings == null) {
            throw new IllegalStateException("translations were not recorded");
        }
        return listings;
    }

    /** The contexts that code was made for. */
    public ContextTags contexts() {
        return contexts;
    }

    // Other vCPUs.

    /**
     * Stops the vCPUs that are not being served and makes their states precise: afterwards none of them has a K in a register, will go on within
     * generated code, or waits for a link.
     */
    public void quiesce() {
        cpus.stopOthers();
        for (VirtualCpu cpu : cpus.all()) {
            if (cpu != cpus.served() && cpu.mailbox().isOpen()) {
                settle(cpu);
            }
        }
    }

    private void settle(VirtualCpu cpu) {
        long area = cpu.area();
        boolean link = cpu.mailbox().kind() == Mailbox.KIND_LEAVE && RawMemory.getInt(area + CpuArea.LEAVE_REASON) == Stubs.REASON_LINK;
        if (cpu.mailbox().kind() == Mailbox.KIND_TRAP && !TrapFrame.isError(RawMemory.getInt(area + TrapFrame.VECTOR))) {
            long trapped = RawMemory.getLong(area + TrapFrame.RIP);
            int thunk = sites.thunks().find(trapped);
            sites.restore(thunk >= 0 ? sites.thunks().site(thunk) : trapped, area);
        } else if (!link) {
            return;
        }
        cpu.askForCode();
    }

    private void contextsForgotten() {
        quiesce();
        finder.forgetLookups();
        for (VirtualCpu cpu : cpus.all()) {
            cpu.contextDirty |= cpu != cpus.served();
        }
        finder.forgetEverything();
    }

    // Translation.

    /**
     * VM address of the code of the instruction at {@code pc}, translated now if need be. Meanwhile others may have the lock, and may change
     * everything; the vCPU's request must be one for the code of its pc.
     *
     * @param physicalPage guest physical address of its page
     * @param contents host address of the page
     * @return 0 if others have had the lock, or there was no room left: what the parameters say may hold no longer
     */
    public long enter(VirtualCpu cpu, long pc, long physicalPage, long contents, int mode, int tag) {
        if (space.used() - bytesWhenAged >= VmLayout.CODE_BYTES / PERIODS
                || pages.used() - pagesWhenAged >= VmLayout.ENTRY_TABLE_COUNT / PERIODS) {
            finder.forgetAll();
            agePages();
        }
        int page = pages.enter(physicalPage, mode, contents);
        if (page < 0 || !hasRoom()) {
            makeRoom();
            page = pages.enter(physicalPage, mode, contents);
        }
        statistics.codePagesChanged = pages.changed();
        statistics.codePagesRevived = pages.revived();
        int offset = (int) (pc & 4095);
        long address = pages.entry(page, offset);
        if (address == 0) {
            boolean alone = translate(cpu, pc, page, contents);
            address = pages.entry(page, offset);
            if (!alone || address == 0) {
                return 0;
            }
            if (tiers == Tiers.ALL && hasRoom() && cluster(cpu, pc, tag, page)) {
                address = pages.entry(page, offset);
            }
        }
        finder.tell(cpu, pc, tag, page, mode);
        return address;
    }

    private boolean hasRoom() {
        return space.has(MOST_ROOM) && !blocks.full();
    }

    /** VM address of room for a piece of code; {@link #hasRoom} is true. */
    private long takeRoom(int bytes, int alignment) {
        if (!space.fits(bytes + alignment)) {
            space.moveTo(MOST_ROOM);
        }
        space.align(alignment);
        long address = space.next();
        space.take(bytes);
        return address;
    }

    /** Makes the block at a pc and those that follow it. @return true if nobody else has had the lock meanwhile */
    private boolean translate(VirtualCpu cpu, long pc, int page, long contents) {
        Translation translation = idle.isEmpty() ? newTranslation() : idle.pop();
        translation.translator().builder().reachFar(far);
        translation.begin(cpu, pc, page, contents, listings == null ? Integer.MAX_VALUE : 1, listener);
        boolean alone = true;
        while (translation.goesOn() && translation.isValid()) {
            alone &= lock.without(translation);
            install(translation);
        }
        idle.push(translation);
        return alone;
    }

    private Translation newTranslation() {
        BlockTranslator translator = new BlockTranslator(isa, features, log);
        translator.listing(listings != null);
        translator.countFor(census);
        return new Translation(translator, new PresentRegions(lock, regions, isa, ram), pages, stubs);
    }

    /** Puts in place what was made, unless others have put it there meanwhile, or the page is another one. */
    private void install(Translation translation) {
        long started = System.nanoTime();
        for (int n = 0; n < translation.count() && translation.isValid() && hasRoom(); n++) {
            if (pages.entry(translation.page(), translation.block(n).startOffset) == 0) {
                install(translation, n);
            }
        }
        translation.count(statistics);
        statistics.codeBytes = space.used();
        statistics.translationNanos += System.nanoTime() - started;
    }

    private void install(Translation translation, int n) {
        CompiledBlock block = translation.block(n);
        int page = translation.page();
        int offset = block.startOffset;
        long address = takeRoom(block.length, CodeSpace.ALIGNMENT);
        translation.put(n, host + address, address);
        if (listings != null) {
            listings.add(translation.translator().builder(), block, null, translation.code(), address, translation.pageAddress(),
                pages.physical(page) + offset, pages.mode(page), translation.bytes());
        }
        blocks.add(block, address, page, offset);
        pages.setEntry(page, offset, address);
        links.linkExits(block, page, address);
        links.linkWaiting(page, offset, address);
        statistics.blocks++;
        statistics.blocksAhead += translation.isAhead(n) ? 1 : 0;
        statistics.guestInstructions += block.instructions;
        statistics.codeBytesTranslated += block.length;
    }

    // The second tier.

    /** Counts a sample, and makes a cluster where there are enough of them. @param from VM address in the code that took it */
    public void sample(VirtualCpu cpu, long pc, int tag, long from) {
        long table = probes.findInSet(cpu, pc, tag);
        if (table != 0) {
            int page = CodePages.ofTable(table);
            int offset = (int) (pc & 4095);
            if (clusters.isHot(page, offset, from) && hasRoom()) {
                cluster(cpu, pc, tag, page);
            }
        }
    }

    /** Changes whenever a cluster was made, or it is in doubt whether one serves: more samples are wanted soon. */
    public long clusterNews() {
        return statistics.clusters + clusters.doubted();
    }

    private boolean cluster(VirtualCpu cpu, long pc, int tag, int page) {
        long started = System.nanoTime();
        if (listener != null) {
            listener.translationStarts();
        }
        CompiledBlock block = new CompiledBlock();
        boolean made = clusters.translate(cpu, pc, tag, page, tiers == Tiers.ALL, far, stubs, block) && hasRoom();
        if (made) {
            long address = takeRoom(block.length, CodeSpace.LINE);
            Relocations.apply(clusters.code(), 0, block.relocations, address);
            RawMemory.copy(clusters.code(), 0, host + address, block.length);
            if (listings != null) {
                clusters.record(block, address, pc & -4096L, page, listings);
            }
            for (int i = 0; i < block.entries.length; i += 2) {
                links.relink(clusters.pageOf(block.entries[i]), block.entries[i] & 4095, address + block.entries[i + 1]);
            }
            blocks.add(block, address, page, (int) (pc & 4095));
            links.linkExits(block, page, address);
            statistics.clusters++;
            statistics.clusterInstructions += block.instructions;
            statistics.codeBytes = space.used();
        }
        statistics.clusterNanos += System.nanoTime() - started;
        if (listener != null) {
            listener.translationEnds(pc, made ? block.instructions : 0, made ? block.length : 0, true);
        }
        return made;
    }

    /** Changes whenever everything was dropped, and with it all places to be linked. */
    public int generation() {
        return generation;
    }

    /** Whether code relies on the unmapped space around the slots of regions, which those of granules do not have. */
    public boolean reachesFar() {
        return far;
    }

    /** Drops all code, and from now on makes such that relies on less. Of the vCPU that is served the state must be precise. */
    public void reachNear() {
        far = false;
        flush();
    }

    private void flush() {
        quiesce();
        statistics.codeFlushes++;
        generation++;
        finder.forgetEverything();
        pages.clear();
        links.clear();
        clusters.clear();
        sites.thunks().clear();
        blocks.clear();
        space.clear();
        bytesWhenAged = 0;
        pagesWhenAged = 0;
    }

    /** Drops what has not been used for the longest time, or everything if that is not enough. */
    private void makeRoom() {
        quiesce();
        generation++;
        finder.forgetEverything();
        retain(ages -> ages.newest(VmLayout.CODE_BYTES / 2, VmLayout.ENTRY_TABLE_COUNT / 2));
        agePages();
        statistics.codeEvictions++;
        if (isCrowded()) {
            flush();
        }
    }

    /** All pages become older, and those that are used from now on young again. */
    private void agePages() {
        periods++;
        pages.age();
        bytesWhenAged = space.used();
        pagesWhenAged = pages.used();
    }

    /** Drops the code of all other pages. The vCPUs do not use it, and find none. */
    private void retain(Function<PageAges, BitSet> choice) {
        sites.thunks().unpatchAll();
        sites.thunks().clear();
        clusters.clear();
        BitSet kept = choice.apply(new PageAges(pages.ages(), blocks));
        pages.retain(kept);
        blocks.retain(kept);
        space.leaveTo(blocks);
        statistics.codeBytes = space.used();
    }

    // Translations of earlier runs.

    /** What code uses of the processor. */
    public HostFeatures features() {
        return features;
    }

    /** Whether {@link #save} makes sense: enough was made or corrected. */
    public boolean isWorthSaving() {
        long work = blocks.made() + statistics.clusters * BLOCKS_PER_CLUSTER + statistics.regionPatches / PATCHES_PER_BLOCK;
        return regions.hot(0).hasRoom() && regions.hot(1).hasRoom() && work > Math.max(MIN_NEW_BLOCKS, blocks.loadedCount() / 128);
    }

    private boolean isCrowded() {
        return space.used() >= VmLayout.CODE_BYTES / 4 * 3 || pages.used() >= VmLayout.ENTRY_TABLE_COUNT / 4 * 3 || blocks.crowded();
    }

    /**
     * Writes translations. The vCPUs have ended.
     *
     * @param used only those that this run has used; otherwise all, but those used last if there are so many that later runs could add few
     */
    public void save(StoreWriter out, boolean used) {
        boolean crowded = isCrowded();
        retain(ages -> used ? ages.below(periods + 1) : crowded ? ages.newest(VmLayout.CODE_BYTES / 2, VmLayout.ENTRY_TABLE_COUNT / 2) : ages.all());
        pages.age();
        stored.write(out);
    }

    /** Takes up what {@link #save} wrote, before anything is translated. Pages are compared byte by byte before their translations are used. */
    public void load(StoreReader in) {
        stored.read(in);
        space.leaveTo(blocks);
        bytesWhenAged = space.used();
        pagesWhenAged = pages.used();
        statistics.blocksLoaded = blocks.loadedCount();
        statistics.codeBytes = space.used();
    }

    @Override
    public void close() {
        idle.forEach(Translation::close);
        clusters.close();
        pages.close();
        blocks.close();
    }
}
