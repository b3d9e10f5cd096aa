package io.stele.runtime.common;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** Counters of one machine. Written by the thread that serves (exits, servedByVcpu: by the vCPUs' threads), read by anyone. */
public final class Statistics {
    /** All zero. */
    public Statistics() {}

    /** Returns of KVM_RUN to user space. */
    public final LongAdder exits = new LongAdder();
    public long leaveLink;
    public long leaveMiss;
    public long leaveInterrupt;
    public long leaveInterpret;
    public long leaveGuest;
    public long waits;
    public long pauses;
    public long pageFaults;
    public long pagesMapped;
    public long largePagesMapped;
    public long guestAborts;
    public long fetchAbortsInVm;
    public long emulatedAccesses;
    public long regionMisses;
    public long accessTraps;
    public long absentPages;
    /** Accesses that check whether their page is present, and those of which that was taken back. */
    public long checksOfPresence;
    public long checksInVain;
    public long regionPatches;
    public long shootdowns;
    public long entriesShotDown;
    public long blocks;
    public long blocksAhead;
    public long blocksShortened;
    public long guestInstructions;
    public long codeBytes;
    public long translationNanos;
    /** Parts of the translation's time: from guest code to IR, from IR to code. */
    public long decodingNanos;
    public long encodingNanos;
    public long codeBytesTranslated;
    public long clusters;
    public long clustersOverPages;
    public long clusterInstructions;
    public long clusterNanos;
    public long codeFlushes;
    /** How often the code of pages that had not been entered for the longest time was dropped. */
    public long codeEvictions;
    public long codePagesChanged;
    public long codePagesRevived;
    public long codePagesAnnounced;
    /** Pages whose code VM code has found by their physical addresses. */
    public long codePagesFoundInVm;
    public long blocksLoaded;
    public final LongAdder servedByVcpu = new LongAdder();
    public long servedByPolling;
    public long pollingPeriods;
    public long samples;
    /** How often one vCPU has waited for others, and for how long in all. */
    public long rendezvous;
    public long rendezvousNanos;
    /** How long the lock was held: in all, longest; how often and how long threads have waited for it. */
    public long lockHeldNanos;
    public long lockHeldLongestNanos;
    public long lockWaits;
    public long lockWaitedNanos;
    public long samplesOfClusters;
    /** Returns from aborts at which VM code has filled pages. */
    public long fillsInVm;
    /** Invalidations of a page that VM code has carried out. */
    public long invalidationsInVm;

    /** All counters, in groups: name of the group, name of the counter, value. */
    public Map<String, Map<String, Long>> groups() {
        Map<String, Map<String, Long>> groups = new LinkedHashMap<>();
        Map<String, Long> group;
        group = group(groups, "requests to Java");
        group.put("VM exits", exits.sum());
        group.put("requests", servedByVcpu.sum() + servedByPolling);
        group.put("served by the vCPU's thread", servedByVcpu.sum());
        group.put("served by polling", servedByPolling);
        group.put("periods of polling", pollingPeriods);
        group.put("lock held us", lockHeldNanos / 1000);
        group.put("longest us", lockHeldLongestNanos / 1000);
        group.put("waits for the lock", lockWaits);
        group.put("lock waited for us", lockWaitedNanos / 1000);
        group.put("waits for other vCPUs", rendezvous);
        group.put("their time us", rendezvousNanos / 1000);
        group = group(groups, "what they were for");
        group.put("mailbox: link", leaveLink);
        group.put("mailbox: miss", leaveMiss);
        group.put("mailbox: interrupt", leaveInterrupt);
        group.put("mailbox: interpret", leaveInterpret);
        group.put("mailbox: guest call", leaveGuest);
        group.put("mailbox: page fault", pageFaults);
        group.put("mailbox: region miss", regionMisses);
        group.put("mailbox: absent pages", absentPages);
        group.put("mailbox: access thunks", accessTraps);
        group = group(groups, "guest");
        group.put("samples", samples);
        group.put("samples: into clusters", samplesOfClusters);
        group.put("waits for interrupt", waits);
        group.put("pauses for other CPUs", pauses);
        group.put("guest aborts", guestAborts);
        group.put("fetch aborts by VM code", fetchAbortsInVm);
        group.put("emulated accesses", emulatedAccesses);
        group = group(groups, "memory");
        group.put("pages mapped (4 KiB)", pagesMapped);
        group.put("pages mapped (2 MiB)", largePagesMapped);
        group.put("accesses that check first", checksOfPresence);
        group.put("of these in vain", checksInVain);
        group.put("fills by VM code", fillsInVm);
        group.put("invalidations by VM code", invalidationsInVm);
        group.put("region sites patched", regionPatches);
        group.put("shootdowns", shootdowns);
        group.put("entries shot down", entriesShotDown);
        group = group(groups, "translation");
        group.put("blocks of earlier runs", blocksLoaded);
        group.put("blocks translated", blocks);
        group.put("of these ahead of need", blocksAhead);
        group.put("blocks shortened", blocksShortened);
        group.put("instructions translated", guestInstructions);
        group.put("x86 bytes translated", codeBytesTranslated);
        group.put("decoding and IR us", decodingNanos / 1000);
        group.put("registers and encoding us", encodingNanos / 1000);
        group.put("translation time us", translationNanos / 1000);
        group.put("clusters", clusters);
        group.put("clusters over several pages", clustersOverPages);
        group.put("instructions in clusters", clusterInstructions);
        group.put("clusters: time us", clusterNanos / 1000);
        group = group(groups, "code cache");
        group.put("code cache bytes used", codeBytes);
        group.put("code cache flushes", codeFlushes);
        group.put("code cache evictions", codeEvictions);
        group.put("code pages changed", codePagesChanged);
        group.put("code pages known before", codePagesRevived);
        group.put("code pages announced", codePagesAnnounced);
        group.put("code pages found in VM", codePagesFoundInVm);
        return groups;
    }

    private static Map<String, Long> group(Map<String, Map<String, Long>> groups, String name) {
        Map<String, Long> group = new LinkedHashMap<>();
        groups.put(name, group);
        return group;
    }

    /** The groups with a headline each, one counter a line, and what is to be known of them at a glance; for {@code --stats}. */
    public String report() {
        StringBuilder out = new StringBuilder(2048);
        for (Map.Entry<String, Map<String, Long>> group : groups().entrySet()) {
            out.append(group.getKey()).append('\n');
            for (Map.Entry<String, Long> counter : group.getValue().entrySet()) {
                line(out, counter.getKey(), counter.getValue());
            }
        }
        if (guestInstructions > 0) {
            out.append("  ").append(codeBytesTranslated * 10 / guestInstructions / 10.0).append(" bytes of x86 code and ")
                .append(translationNanos / guestInstructions).append(" ns for each guest instruction translated\n");
        }
        return out.toString();
    }

    private static void line(StringBuilder out, String name, long value) {
        out.append("  ").append(name);
        for (int i = name.length(); i < 28; i++) {
            out.append(' ');
        }
        out.append(value).append('\n');
    }
}
