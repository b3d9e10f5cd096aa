package io.stele.runtime.common;

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
    public long pageFaults;
    public long pagesMapped;
    public long largePagesMapped;
    public long guestAborts;
    public long emulatedAccesses;
    public long regionMisses;
    public long accessTraps;
    public long regionPatches;
    public long shootdowns;
    public long entriesShotDown;
    public long blocks;
    public long blocksAhead;
    public long blocksShortened;
    public long guestInstructions;
    public long codeBytes;
    public long translationNanos;
    public long clusters;
    public long clusterInstructions;
    public long clusterNanos;
    public long codeFlushes;
    public long codePagesChanged;
    public long codePagesRevived;
    public long codePagesAnnounced;
    public long blocksLoaded;
    public final LongAdder servedByVcpu = new LongAdder();
    public long servedByPolling;
    public long pollingPeriods;
    public long samples;
    /** How often one vCPU has waited for others, and for how long in all. */
    public long rendezvous;
    public long rendezvousNanos;
    /** How long the lock was held by the vCPUs' own threads: in all, longest; and how long they have waited for it. */
    public long lockHeldNanos;
    public long lockHeldLongestNanos;
    public long lockWaitedNanos;
    public long samplesOfClusters;

    /** Several lines, one counter or ratio each, for {@code --stats}. */
    public String report() {
        StringBuilder out = new StringBuilder(1024);
        line(out, "VM exits", exits.sum());
        line(out, "requests", servedByVcpu.sum() + servedByPolling);
        line(out, "served by the vCPU's thread", servedByVcpu.sum());
        line(out, "served by polling", servedByPolling);
        line(out, "periods of polling", pollingPeriods);
        line(out, "lock held by vCPUs us", lockHeldNanos / 1000);
        line(out, "longest us", lockHeldLongestNanos / 1000);
        line(out, "lock waited for us", lockWaitedNanos / 1000);
        line(out, "waits for other vCPUs", rendezvous);
        line(out, "their time us", rendezvousNanos / 1000);
        line(out, "mailbox: link", leaveLink);
        line(out, "mailbox: miss", leaveMiss);
        line(out, "mailbox: interrupt", leaveInterrupt);
        line(out, "mailbox: interpret", leaveInterpret);
        line(out, "mailbox: guest call", leaveGuest);
        line(out, "mailbox: page fault", pageFaults);
        line(out, "mailbox: region miss", regionMisses);
        line(out, "mailbox: access thunks", accessTraps);
        line(out, "samples", samples);
        line(out, "samples: into clusters", samplesOfClusters);
        line(out, "waits for interrupt", waits);
        line(out, "guest aborts", guestAborts);
        line(out, "emulated accesses", emulatedAccesses);
        line(out, "pages mapped (4 KiB)", pagesMapped);
        line(out, "pages mapped (2 MiB)", largePagesMapped);
        line(out, "region sites patched", regionPatches);
        line(out, "shootdowns", shootdowns);
        line(out, "entries shot down", entriesShotDown);
        line(out, "blocks of earlier runs", blocksLoaded);
        line(out, "blocks translated", blocks);
        line(out, "of these ahead of need", blocksAhead);
        line(out, "blocks shortened", blocksShortened);
        line(out, "instructions translated", guestInstructions);
        line(out, "code cache bytes used", codeBytes);
        line(out, "code cache flushes", codeFlushes);
        line(out, "code pages changed", codePagesChanged);
        line(out, "code pages known before", codePagesRevived);
        line(out, "code pages announced", codePagesAnnounced);
        line(out, "translation time us", translationNanos / 1000);
        line(out, "clusters", clusters);
        line(out, "instructions in clusters", clusterInstructions);
        line(out, "clusters: time us", clusterNanos / 1000);
        return out.toString();
    }

    private static void line(StringBuilder out, String name, long value) {
        out.append(name);
        for (int i = name.length(); i < 28; i++) {
            out.append(' ');
        }
        out.append(value).append('\n');
    }
}
