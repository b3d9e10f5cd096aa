package io.stele.runtime.code;

import io.stele.codegen.CpuArea;
import io.stele.guest.EntryPattern;
import io.stele.guest.GuestIsa;
import io.stele.guest.Walk;
import io.stele.memory.RawMemory;
import io.stele.runtime.common.Statistics;
import io.stele.runtime.common.VmLayout;
import io.stele.runtime.vcpu.VirtualCpu;
import io.stele.runtime.vcpu.VirtualCpus;

/** How vCPUs find the code of pages by themselves, and how that is taken back. For the thread that has the lock. */
public final class CodeFinder {
    /** Of larger ranges it is not found out whether a vCPU knows a page of them. */
    private static final int FILTERED_PAGES = 64;

    private final long host;
    private final GuestIsa isa;
    private final VirtualCpus cpus;
    private final CodePages pages;
    private final PageProbes probes;
    private final Statistics statistics;
    /** VM address of {@link GuestIsa#fetchAbort}, or 0. */
    private final long fetchAbort;

    CodeFinder(long host, GuestIsa isa, VirtualCpus cpus, CodePages pages, PageProbes probes, long fetchAbort, Statistics statistics) {
        this.host = host;
        this.isa = isa;
        this.cpus = cpus;
        this.pages = pages;
        this.probes = probes;
        this.fetchAbort = fetchAbort;
        this.statistics = statistics;
    }

    /** VM address of the code for a pc whose page VM code would find, or 0. */
    public long probe(VirtualCpu cpu, long pc, int tag) {
        long table = probes.find(cpu, pc, tag);
        if (table == 0) {
            return 0;
        }
        int code = RawMemory.getInt(host + table + (pc & 4095) * GuestIsa.ENTRY_SCALE);
        return code == pages.missEntry() ? 0 : code;
    }

    /** Guest physical address of the code that a vCPU finds for a pc, or -1. */
    long physical(VirtualCpu cpu, long pc, int tag) {
        long table = probes.find(cpu, pc, tag);
        return table == 0 ? -1 : pages.physical(CodePages.ofTable(table)) | pc & 4095;
    }

    /** Lets VM code find the code of the page of {@code pc}, which may be entered as it is. */
    void tell(VirtualCpu cpu, long pc, int tag, int page, int mode) {
        probes.add(cpu, pc, tag, pages.table(page));
        told(pc, page, mode);
    }

    /**
     * Lets VM code find the code that is known for the page of {@code pc}, if any is.
     *
     * @param physicalPage guest physical address of the page
     * @param contents its host address
     */
    public void announce(VirtualCpu cpu, long pc, long physicalPage, long contents, int mode, int tag) {
        int page = pages.findAhead(physicalPage, mode, contents);
        if (page >= 0) {
            probes.addToSet(cpu, pc, tag, pages.table(page));
            told(pc, page, mode);
            statistics.codePagesAnnounced++;
        }
    }

    /** What the kernel executes it executes in all spaces, so that hardly any of its pages are looked for. */
    private void told(long pc, int page, int mode) {
        pages.probed(page, pc & -4096L);
        if (isa.dataView(mode) == GuestIsa.UNPRIVILEGED) {
            pages.makeKnown(page);
        }
    }

    /**
     * Lets VM code find pages near that of {@code pc} by itself, where code of them is known and may be entered as it is.
     *
     * @param walk the translation of the page of {@code pc}, of whose entry nothing else has to be known
     * @param pattern of entries for ordinary memory
     * @param mode of its code
     */
    public void lookUpNear(VirtualCpu cpu, long pc, int tag, Walk walk, EntryPattern pattern, int mode) {
        cpu.lookup().tell(pc, tag, VmLayout.RAM_WINDOW + walk.entry, walk.entryAttributes, pattern, mode, fetchAbort);
    }

    /** VM code finds no page by itself any more that nobody has found yet. */
    public void forgetLookups() {
        for (VirtualCpu cpu : cpus.all()) {
            cpu.lookup().forget();
        }
        probes.settle();
    }

    /** True if VM code may find a page by itself. */
    public boolean isLookedUp(long va) {
        for (VirtualCpu cpu : cpus.all()) {
            if (cpu.lookup().covers(va)) {
                return true;
            }
        }
        return false;
    }

    /** Whether a vCPU may execute code of an address range. */
    public boolean mayExecute(VirtualCpu cpu, long va, long bytes) {
        return bytes >>> 12 > FILTERED_PAGES || probes.mayKnow(cpu, va, bytes);
    }

    /** The vCPUs do not find the pages of an address range any more ({@code bytes < 0}: any page). */
    public void forget(long va, long bytes) {
        if (bytes < 0 || bytes >>> 12 >= CpuArea.PROBE_ENTRIES) {
            forgetAll();
            return;
        }
        for (long page = va & -4096L; page < va + bytes; page += 4096) {
            probes.removePage(page);
        }
    }

    /** The vCPUs find no page any more but what they are told of from now on. */
    void forgetAll() {
        for (int i = 0; i < pages.count(); i++) {
            pages.unprobed(i);
        }
        probes.clear();
    }

    /** The same for vCPUs that do not go on with what they have found before. */
    void forgetEverything() {
        forgetAll();
        probes.forgetFilters();
    }

    private void forget(int page) {
        if (!pages.isProbed(page)) {
            return;
        }
        if (pages.isProbedOften(page)) {
            forgetAll();
            return;
        }
        probes.removeTable(pages.onlyProbe(page), pages.table(page));
        pages.unprobed(page);
    }

    /**
     * Software says that bytes changed: their pages are compared before they are entered again. Other vCPUs leave what they execute of them
     * soon.
     */
    public void modified(long physical, int bytes) {
        boolean probed = false;
        for (long page = physical & -4096L; page < physical + bytes; page += 4096) {
            for (int i = pages.firstOf(page); i >= 0; i = pages.nextOf(i)) {
                pages.suspect(i);
            }
        }
        probes.settle();
        for (long page = physical & -4096L; page < physical + bytes; page += 4096) {
            for (int i = pages.firstOf(page); i >= 0; i = pages.nextOf(i)) {
                probed |= pages.isProbed(i);
                forget(i);
            }
        }
        if (probed) {
            visitOthers();
        }
    }

    /** Software says that anything may have changed. */
    public void allModified() {
        pages.suspectAll();
        forgetAll();
        visitOthers();
    }

    private void visitOthers() {
        for (VirtualCpu cpu : cpus.all()) {
            if (cpu != cpus.served()) {
                VirtualCpus.visit(cpu);
            }
        }
    }

    /** True if there are translations that the bytes of a page may be entered at. */
    public boolean hasCode(long physical) {
        return pages.firstOf(physical & -4096L) >= 0;
    }
}
