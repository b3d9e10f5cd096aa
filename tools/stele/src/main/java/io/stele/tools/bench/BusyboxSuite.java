package io.stele.tools.bench;

import java.util.List;

/** Programs of busybox: small, the same on every Debian, nothing to fetch. */
final class BusyboxSuite {
    private static final int TEXT_BYTES = 4 << 20;

    private BusyboxSuite() {
    }

    static Suite suite() {
        Workload all = new Workload("busybox").about("checksums, compression, awk, shell, sort")
            .input("text", () -> Inputs.text(TEXT_BYTES));
        figure(all, "sha256sum", "dd if=/dev/zero bs=64k count=1536 2>/dev/null | sha256sum");
        figure(all, "md5sum", "dd if=/dev/zero bs=64k count=3072 2>/dev/null | md5sum");
        figure(all, "gzip", "cat text text text | gzip");
        figure(all, "bzip2", "bzip2 -c text");
        figure(all, "awk", "awk 'BEGIN { for (i = 0; i < 500000; i++) { s += i * 3 % 7; t = (t + s) % 1000003 } print s }'");
        figure(all, "awk-strings", "awk '{ n[$3] += length($0); gsub(/e/, \"E\") } END { for (k in n) t += n[k]; print t }' text");
        figure(all, "sh-loop", "i=0; while [ $i -lt 400000 ]; do i=$((i + 1)); done");
        figure(all, "sort", "sort text");
        return new Suite("busybox", "small programs of busybox; nothing to fetch", List.of(all));
    }

    private static void figure(Workload all, String name, String command) {
        all.figure(name, 1, command, "cat");
    }
}
