package io.stele.tools.bench;

import java.util.stream.Collectors;

/** The script that a bench machine starts with; the same one runs natively in a root folder. */
final class BenchScripts {
    /**
     * Kernel command line: what both Stele and QEMU get, so that neither pays for mitigations that the other one's CPU does not ask for.
     */
    static final String APPEND = "console=ttyAMA0 panic=-1 mitigations=off nokaslr";
    /** On the kernel command line: the figures to measure, all without it. */
    static final String ONLY = "bench=";
    /** On the kernel command line: the port of the host's server for network workloads. */
    static final String PORT = "bench-port=";

    private BenchScripts() {
    }

    private static String modules(Workload workload) {
        return workload.attachments().stream().flatMap(attachment -> attachment.modules().stream()).distinct().collect(Collectors.joining(" "));
    }

    /** {@code /init}. The first argument is "native" and the second one the command line when it runs on the host. */
    static String init(Workload workload) {
        return """
            #!/bin/busybox sh
            echo '%s'
            b=/bin/busybox
            if [ "${1:-}" = native ]; then
                line=$2
            else
                for fs in devtmpfs:/dev proc:/proc sysfs:/sys tmpfs:/tmp; do
                    $b mount -t ${fs%%:*} none ${fs#*:}
                done
                read -r line </proc/cmdline
            fi
            only=
            for word in $line; do
                case $word in
                    %s*) only=$(echo "${word#*=}" | $b tr , ' ') ;;
                    %s*) export port=${word#*=} ;;
                esac
            done
            $b --install -s /stele/bin
            libraries=
            for folder in /usr/lib/*-linux-gnu; do
                libraries=$libraries$folder/blas:$folder/lapack:
            done
            for module in %s; do
                [ ! -f /modules/$module.ko ] || $b insmod /modules/$module.ko
            done
            export PATH=/usr/bin:/usr/games:/stele/bin HOME=/root LC_ALL=C "LD_LIBRARY_PATH=${libraries%%:}"

            sum() {
                sha256sum | cut -c 1-16
            }

            # bench FIGURE OPERATIONS COMMAND FILTER ROUNDING
            bench() {
                case " ${only:-$1} " in *" $1 "*) ;; *) return ;; esac
                rm -f /bench/took
                echo "bench-begin $1 $2"
                sh -c "$3" </dev/null >/bench/output 2>/bench/errors
                status=$?
                echo "bench-end $1 $status"
                if [ $status = 0 ]; then
                    [ ! -f /bench/took ] || echo "bench-took $1 $(cat /bench/took)"
                    sh -c "$4" </bench/output >/bench/filtered
                    echo "bench-output $1 $(sum </bench/filtered) $(sh -c "$5" </bench/filtered | sum)"
                else
                    echo "bench-says $(cat /bench/errors /bench/output | grep -v '^ *$' | tail -n 1 | cut -c 1-200)"
                fi
            }

            cd /bench
            %s
            echo '%s'
            [ "${1:-}" = native ] || poweroff -f
            """.formatted(Marks.STARTED, ONLY, PORT, modules(workload), workload.script().strip(), Marks.DONE);
    }
}
