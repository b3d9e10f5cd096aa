package io.stele.tools.bench;

import java.util.Arrays;
import java.util.Collection;

/** Several measurements of one thing, in nanoseconds. */
record Summary(int count, double median, double least, double most) {
    static final Summary NOTHING = new Summary(0, Double.NaN, Double.NaN, Double.NaN);

    static Summary of(Collection<Long> nanos) {
        if (nanos.isEmpty()) {
            return NOTHING;
        }
        long[] sorted = nanos.stream().mapToLong(Long::longValue).toArray();
        Arrays.sort(sorted);
        int middle = sorted.length / 2;
        double median = sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + (double) sorted[middle]) / 2;
        return new Summary(sorted.length, median, sorted[0], sorted[sorted.length - 1]);
    }

    boolean isEmpty() {
        return count == 0;
    }

    /** From least to most, as a part of the median. */
    double spread() {
        return (most - least) / median;
    }

    /** Of those values that are numbers above zero; NaN if there are none. */
    static double geometricMean(double... values) {
        double sum = 0;
        int count = 0;
        for (double value : values) {
            if (value > 0 && !Double.isInfinite(value)) {
                sum += Math.log(value);
                count++;
            }
        }
        return count == 0 ? Double.NaN : Math.exp(sum / count);
    }
}
