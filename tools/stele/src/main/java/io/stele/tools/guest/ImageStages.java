package io.stele.tools.guest;

import java.util.ArrayList;
import java.util.List;

/** The scripts and package lists by which a Debian disk image is made: the first stage on the host, the second one in the guest. */
public final class ImageStages {
    /** Lines of the second stage's output that begin so tell what it does. */
    public static final String STEP = "stele-step: ";
    /** The line that begins so has its exit status. */
    public static final String STATUS = "stele-status: ";
    /** Label of the root file system. */
    public static final String LABEL = "stele-root";

    /** What a system needs to boot with systemd to a login and to reach a network; the essential packages come in addition. */
    static final List<String> PACKAGES = List.of("apt", "ca-certificates", "dbus", "debian-archive-keyring", "e2fsprogs", "initramfs-tools",
        "iproute2", "iputils-ping", "kmod", "less", "libpam-systemd", "linux-image-arm64", "login", "netbase", "passwd", "systemd-resolved",
        "systemd-sysv", "systemd-timesyncd", "udev", "zstd");

    private static final String INIT = """
        #!/bin/busybox sh
        B=/bin/busybox
        $B mount -t devtmpfs dev /dev
        $B mount -t proc proc /proc
        $B mount -t sysfs sys /sys
        $B --install -s /bin
        export PATH=/bin
        MODULES
        mkdir /mnt
        # Until the image is complete, a power cut only means to start again.
        mount -t ext4 -o noatime,nobarrier /dev/vda /mnt || { echo 'STATUSno root file system'; poweroff -f; }
        cp /stele/second-stage /stele/user-data /mnt/
        mount -t proc proc /mnt/proc
        mount -t sysfs sys /mnt/sys
        mount -t devtmpfs dev /mnt/dev
        mount -t tmpfs run /mnt/run
        chroot /mnt /bin/sh /second-stage </dev/null 2>&1
        status=$?
        rm -f /mnt/second-stage /mnt/user-data
        umount /mnt/proc /mnt/sys /mnt/dev /mnt/run
        umount /mnt || status='the file system is in use'
        sync
        echo "STATUS$status"
        poweroff -f
        """;

    private static final String SECOND_STAGE = """
        set -e
        export DEBIAN_FRONTEND=noninteractive DEBCONF_NONINTERACTIVE_SEEN=true LC_ALL=C LANG=C HOME=/root
        export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
        cd /var/cache/apt/archives
        echo 'STEPinstalling the base'
        dpkg='dpkg --force-depends --force-unsafe-io --force-confold'
        $dpkg --install base-passwd_*.deb base-files_*.deb
        echo 'STEPunpacking packages'
        $dpkg --unpack *.deb
        echo 'STEPconfiguring packages'
        # The initramfs is made once, at the end.
        INITRD=No dpkg --force-unsafe-io --configure --pending
        echo 'STEPmaking the initramfs'
        # With the modules of all machines there are it would take five times as long to make, and longer to unpack at each boot.
        echo MODULES=dep >/etc/initramfs-tools/conf.d/stele
        printf '%s\\n' virtio_mmio virtio_pci virtio_blk virtio_scsi virtio_net virtio_console nvme sd_mod ext4 >>/etc/initramfs-tools/modules
        update-initramfs -c -k all
        echo 'STEPsettings'
        rm -f *.deb /tmp/mmdebstrap.*
        # What is essential changes from release to release.
        command -v agetty >/dev/null
        command -v login >/dev/null
        passwd -d root >/dev/null
        echo debian >/etc/hostname
        echo '127.0.1.1 debian' >>/etc/hosts
        echo 'LABEL=LABEL / ext4 defaults,x-systemd.growfs 0 1' >/etc/fstab
        printf '[Match]\\nType=ether\\n\\n[Network]\\nDHCP=yes\\n\\n[DHCPv4]\\nUseMTU=yes\\n' >/etc/systemd/network/80-stele.network
        systemctl enable systemd-networkd
        ln -sf ../run/systemd/resolve/stub-resolv.conf /etc/resolv.conf
        : >/etc/machine-id
        if [ -s /user-data ]; then
            echo 'STEPrunning the script of --user-data'
            chmod 755 /user-data
            /user-data
        fi
        """;

    private ImageStages() {
    }

    /**
     * The first stage: unpacks packages, without running anything of them, into a file system.
     *
     * @param packages in addition to those that a system needs
     * @param cache has packages of earlier images, and gets those of this one
     * @param size of the file system, as mke2fs takes it
     */
    public static List<String> firstStage(String suite, List<String> packages, PackageCache cache, String image, String size) {
        List<String> all = new ArrayList<>(List.of("?essential"));
        all.addAll(PACKAGES);
        all.addAll(packages);
        List<String> command = new ArrayList<>(List.of("mmdebstrap", "--format=null", "--architectures=arm64", "--variant=extract",
            "--skip=cleanup/apt,chroot/mount"));
        command.addAll(cache.options(all));
        command.add("--extract-hook=mke2fs -q -F -t ext4 -L " + LABEL + " -d \"$1\" " + GuestScripts.shellQuote(image) + " " + size);
        command.addAll(List.of(suite, "/dev/null"));
        return command;
    }

    /** The initramfs that runs the second stage on the first disk. @param userData a script to run at the end; empty if there is none */
    static CpioWriter addSecondStage(CpioWriter archive, String loadModules, byte[] userData) {
        return archive
            .directory("stele", 0755)
            .file("stele/second-stage", 0644, SECOND_STAGE.replace("LABEL=LABEL", "LABEL=" + LABEL).replace("STEP", STEP))
            .file("stele/user-data", 0644, userData)
            .file("init", 0755, INIT.replace("MODULES\n", loadModules).replace("STATUS", STATUS));
    }
}
