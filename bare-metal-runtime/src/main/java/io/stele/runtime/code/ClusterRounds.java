package io.stele.runtime.code;

import io.stele.runtime.util.LongIntMap;

/**
 * Where loops that have a cluster go round, by samples: in it, or outside because control leaves it at checks that fail. Such a cluster is to
 * be made again, with the more caution the more often that was so. Clusters are named by numbers that the caller chooses.
 */
final class ClusterRounds {
    /** Rounds outside, of all that were sampled at least a quarter, after which a cluster is made again for the first time. */
    static final int LEFT = 16;
    /** After this part of them it is in doubt. */
    private static final int DOUBT_SHIFT = 2;
    private static final int MOST_CAUTION = 8;

    private final LongIntMap stayed = new LongIntMap(1 << 8);
    private final LongIntMap left = new LongIntMap(1 << 8);
    private final LongIntMap caution = new LongIntMap(1 << 8);
    private long doubted;

    private static int add(LongIntMap counts, long cluster) {
        int count = Math.max(0, counts.get(cluster)) + 1;
        counts.put(cluster, count);
        return count;
    }

    /** A loop goes round in a cluster. */
    void stays(long cluster) {
        add(stayed, cluster);
    }

    /** A loop of a cluster goes round outside of it. If this is true, the cluster should be made again, by another name. */
    boolean leaves(long cluster, long again) {
        int level = caution(cluster);
        int count = add(left, cluster);
        if (count == LEFT << level >> DOUBT_SHIFT && level < MOST_CAUTION) {
            doubted++;
        }
        if (count < LEFT << level || count < stayed.get(cluster) / 4 || level == MOST_CAUTION) {
            return false;
        }
        caution.put(again, level + 1);
        return true;
    }

    /** How many clusters have been in doubt so far, each time that they were made: a few samples more will show whether they serve. */
    long doubted() {
        return doubted;
    }

    /** How often the cluster that is to be made by a name did not serve. */
    int caution(long cluster) {
        return Math.max(0, caution.get(cluster));
    }

    /** The cluster is made again. */
    void startAnew(long cluster) {
        stayed.put(cluster, 0);
        left.put(cluster, 0);
    }

    void clear() {
        stayed.clear();
        left.clear();
        caution.clear();
    }
}
