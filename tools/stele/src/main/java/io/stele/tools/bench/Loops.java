package io.stele.tools.bench;

import java.util.List;

/** Loops that show how near generated code is to what a compiler makes for the host, in one program of our own. */
final class Loops {
    private Loops() {
    }

    static Suite suite() {
        Workload loops = new Workload("loops").about("integer loops in the nearest cache, and calls").source("loops");
        figure(loops, "arcs", 4_000_000);
        figure(loops, "viterbi", 1_000_000);
        figure(loops, "board", 20_000_000);
        figure(loops, "calls", 120_000_000);
        return new Suite("loops", "integer loops like mcf's, hmmer's and sjeng's, and calls; to be compared with native ones", List.of(loops));
    }

    private static void figure(Workload loops, String name, long count) {
        loops.figure(name, count, "./loops " + name + " " + count, "cat");
    }
}
