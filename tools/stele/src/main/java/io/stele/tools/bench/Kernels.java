package io.stele.tools.bench;

import java.util.List;

/** Loops that compilers and libraries turn into vector code, in one program of our own. */
final class Kernels {
    private Kernels() {
    }

    static Suite suite() {
        Workload kernels = new Workload("kernels").about("vector loops and the C library's string functions").source("kernels", "-O3");
        figure(kernels, "image-filter", 1000);
        figure(kernels, "motion-search", 20_000);
        figure(kernels, "transform", 1_500_000);
        figure(kernels, "fft", 4000);
        figure(kernels, "gemm-f32", 100);
        figure(kernels, "gemm-f64", 100);
        figure(kernels, "saxpy", 50_000);
        figure(kernels, "strings", 5000);
        figure(kernels, "crc32", 20_000);
        figure(kernels, "base64", 10_000);
        return new Suite("neon", "vector code: image filter, codec, FFT, matrices, strings, CRC, base64", List.of(kernels));
    }

    private static void figure(Workload kernels, String name, long count) {
        kernels.figure(name, count, "./kernels " + name + " " + count, "cat");
    }
}
