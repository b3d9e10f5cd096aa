package io.stele.tools.bench;

import io.stele.tools.guest.CpioWriter;
import io.stele.tools.guest.RunEnvironment;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Suites that measure virtio devices: what takes longest is the host's part, and what a request costs on its way there and back. Natively
 * the same programs ask the host's kernel for what the devices get from it.
 */
final class Devices {
    private static final int MEMORY_MIB = 1024;
    private static final int FOLDERS = 20;
    private static final int FILES_IN_FOLDER = 15;
    private static final int LARGEST_FILE = 8192;
    private static final int SEED = 7;
    /** Fields of fio's terse output, version 3: the run time of reads and of writes. */
    private static final int READ_TIME = 9;
    private static final int WRITE_TIME = 50;

    private Devices() {
    }

    /** Figures of fio: time for one request, on its own account and without its start. */
    static Suite disk() {
        Workload disk = new Workload("disk").about("fio on a raw file in the host's page cache; time for one request").packages("fio")
            .memory(MEMORY_MIB).attach(Attachment.DISK).natively("the same file itself, through the host's page cache, one request after the other")
            .prepare("""
                if [ "${1:-}" = native ]; then
                    export DISK=/surroundings/disk HOW='--direct=0 --invalidate=0'
                else
                    until [ -b /dev/vda ]; do usleep 10000; done
                    export DISK=/dev/vda HOW=
                fi
                cat >measure <<'END'
                #!/bin/busybox sh
                # FIELD OPTIONS: which field of the terse output has the run time in milliseconds.
                field=$1
                shift
                fio --name=bench --filename=$DISK --minimal --terse-version=3 "$@" $HOW >terse || exit 1
                cut -d ';' -f 5 terse | grep -qx 0 && echo "$(cut -d ';' -f $field terse)000000" >took
                END
                chmod +x measure
                """);
        fio(disk, "write-1m", 256, WRITE_TIME + " --rw=write --bs=1M --size=256M --direct=1 --ioengine=libaio --iodepth=4");
        fio(disk, "read-1m", 512, READ_TIME + " --rw=read --bs=1M --size=256M --loops=2 --direct=1 --ioengine=libaio --iodepth=4");
        fio(disk, "read-4k", 5000, READ_TIME + " --rw=randread --bs=4k --size=256M --number_ios=5000 --direct=1 --ioengine=psync");
        fio(disk, "read-4k-32", 10_000, READ_TIME + " --rw=randread --bs=4k --size=256M --number_ios=10000 --direct=1 --ioengine=libaio --iodepth=32");
        fio(disk, "write-4k", 5000, WRITE_TIME + " --rw=randwrite --bs=4k --size=256M --number_ios=5000 --direct=1 --ioengine=psync");
        fio(disk, "write-4k-32", 10_000, WRITE_TIME + " --rw=randwrite --bs=4k --size=256M --number_ios=10000 --direct=1 --ioengine=libaio --iodepth=32");
        fio(disk, "write-4k-fsync", 1000, WRITE_TIME + " --rw=write --bs=4k --size=256M --number_ios=1000 --fdatasync=1 --ioengine=psync");
        fio(disk, "random-4k-fsync", 1000, WRITE_TIME + " --rw=randwrite --bs=4k --size=256M --number_ios=1000 --fdatasync=1 --ioengine=psync");
        return new Suite("disk", "fio: sequential and random reads and writes, with and without fsync", List.of(disk));
    }

    private static void fio(Workload disk, String figure, long requests, String options) {
        disk.figure(figure, requests, "./measure " + options, "cat");
    }

    static Suite network() {
        Workload network = new Workload("net").about("iperf3 between guest and host through passt; time for one MiB").packages("iperf3")
            .memory(MEMORY_MIB).attach(Attachment.NETWORK).natively("from the host to itself, without passt and a network card").prepare("""
                cat >/bench/dhcp <<'END'
                #!/bin/busybox sh
                [ "$1" = bound ] || exit 0
                export PATH=/stele/bin
                ifconfig $interface $ip netmask $subnet ${mtu:+mtu $mtu}
                route add default gw ${router%% *}
                echo ${router%% *} >/bench/gateway
                END
                chmod +x /bench/dhcp
                if [ "${1:-}" = native ]; then
                    echo 127.0.0.1 >/bench/gateway
                else
                    ifconfig lo up
                    until ifconfig eth0 up 2>/dev/null; do usleep 10000; done
                    udhcpc -q -n -t 20 -O mtu -i eth0 -s /bench/dhcp >/dev/null 2>&1
                fi
                """);
        iperf(network, "send", "");
        iperf(network, "receive", "--reverse");
        return new Suite("net", "iperf3 both ways, through passt", List.of(network));
    }

    private static void iperf(Workload network, String figure, String option) {
        network.figure(figure, 512, "iperf3 --client $(cat gateway) --port $port --bytes 512M " + option, "true");
    }

    static Suite share() {
        Workload share = new Workload("share").about("9p: a folder of the host").packages("git").memory(MEMORY_MIB).attach(Attachment.SHARE)
            .natively("the folder itself").input("tree", Devices::tree).prepare("""
                if [ "${1:-}" = native ]; then
                    cd /surroundings/share
                else
                    mkdir -p /share
                    mount -t 9p -o %s,access=user,uname=root,cache=mmap %s /share
                    cd /share
                fi
                printf '[safe]\ndirectory = *\n[user]\nname = bench\nemail = bench\n' >/bench/gitconfig
                export GIT_CONFIG_GLOBAL=/bench/gitconfig
                """.formatted(RunEnvironment.SHARE_OPTIONS, Surroundings.TAG));
        share.figure("unpack", FOLDERS * FILES_IN_FOLDER, "cpio -i </bench/tree", "cat");
        share.figure("find", FOLDERS * FILES_IN_FOLDER, "find . -type f -size +0 | wc -l", "cat");
        share.figure("tar", FOLDERS * FILES_IN_FOLDER, "tar -c f* | wc -c", "cat");
        share.figure("git-add", FOLDERS * FILES_IN_FOLDER, "git init -q . && git add f* && git commit -q -m tree", "cat");
        share.figure("git-status", FOLDERS * FILES_IN_FOLDER, "git status --short", "cat");
        share.figure("write", 64, "dd if=/dev/zero of=large bs=1M count=64 conv=fsync", "true");
        share.figure("read", 64, "dd if=large of=/dev/null bs=1M", "true");
        return new Suite("share", "find, tar, git status, large files in a folder of the host", List.of(share));
    }

    /** Three hundred small files in twenty folders. */
    private static byte[] tree() {
        SplittableRandom random = new SplittableRandom(SEED);
        CpioWriter archive = new CpioWriter(FOLDERS * FILES_IN_FOLDER * LARGEST_FILE);
        for (int folder = 0; folder < FOLDERS; folder++) {
            archive.directory("f" + folder, 0755);
            for (int file = 0; file < FILES_IN_FOLDER; file++) {
                byte[] content = new byte[random.nextInt(1, LARGEST_FILE)];
                random.nextBytes(content);
                archive.file("f" + folder + "/" + file, 0644, content);
            }
        }
        return archive.finish();
    }
}
