package io.stele.tools.guest;

import java.util.ArrayList;
import java.util.List;

/**
 * Where {@code stele run} runs its command: in the default guest, on a disk's system, or in a folder of the host, with shares and a
 * network.
 *
 * @param root what is the root file system
 * @param ephemeral changes of the root file system are forgotten
 * @param shares tags of the folders to be mounted at /TAG
 * @param network there is a network card to be configured by DHCP
 * @param folder the command's working directory; null for the user's home
 * @param user who runs the command: a name or a number, with a group behind a colon or without; null for root
 * @param variables NAME=VALUE, for the command's environment
 */
public record RunEnvironment(Root root, boolean ephemeral, List<String> shares, boolean network, String folder, String user,
    List<String> variables) {
    /** The tag of the share that is the root file system. */
    public static final String ROOT_TAG = "stele-root";
    /** How the guest mounts a share, but for who may use it and what is kept of it. */
    public static final String SHARE_OPTIONS = "trans=virtio,version=9p2000.L,aname=/share,msize=524288";
    private static final String NEW_ROOT = "/newroot";

    /** Kinds of root file systems. */
    public enum Root {
        /** The initramfs. */
        DEFAULT_GUEST,
        /** That of the first disk. */
        DISK,
        /** The share {@link #ROOT_TAG}. */
        SHARE
    }

    /** The groups of kernel modules that are needed. */
    List<List<String>> modules() {
        List<List<String>> groups = new ArrayList<>(List.of(KernelModules.CONSOLE));
        if (root == Root.DISK) {
            groups.add(KernelModules.DISK);
        }
        if (root == Root.SHARE || !shares.isEmpty()) {
            groups.add(KernelModules.SHARE);
        }
        if (network) {
            groups.add(KernelModules.NETWORK);
        }
        return groups;
    }

    /**
     * The lines of /init that mount everything, for busybox' shell.
     */
    String setUp() {
        StringBuilder script = new StringBuilder();
        String base = root == Root.DEFAULT_GUEST ? "" : NEW_ROOT;
        if (root != Root.DEFAULT_GUEST) {
            script.append("mkdir -p ").append(NEW_ROOT).append(" /lower\n");
            String target = root == Root.SHARE && ephemeral ? "/lower" : NEW_ROOT;
            script.append(root == Root.DISK ? diskMount() : shareMount(ROOT_TAG, target));
            if (root == Root.SHARE && ephemeral) {
                script.append("mkdir /over\nmount -t tmpfs over /over\nmkdir /over/upper /over/work\n"
                    + "mount -t overlay -o lowerdir=/lower,upperdir=/over/upper,workdir=/over/work root /newroot\n");
            }
            script.append("for m in dev proc sys run tmp; do [ -d /newroot/$m ] || mkdir /newroot/$m; done\n"
                + "mount -t devtmpfs dev /newroot/dev\nmkdir -p /newroot/dev/pts\nmount -t devpts pts /newroot/dev/pts\n"
                + "mkdir -p /newroot/dev/shm\nmount -t tmpfs shm /newroot/dev/shm\n"
                + "ln -sf /proc/self/fd /newroot/dev/fd\nln -sf fd/0 /newroot/dev/stdin\nln -sf fd/1 /newroot/dev/stdout\n"
                + "ln -sf fd/2 /newroot/dev/stderr\n"
                + "mount -t proc proc /newroot/proc\nmount -t sysfs sys /newroot/sys\nmount -t tmpfs run /newroot/run\n");
            if (root == Root.SHARE && !ephemeral) {
                // Programs remove temporary files while they have them open, and the share's server does not find those any more.
                script.append("mkdir /over\nmount -t tmpfs over /over\nmkdir -m 1777 /over/upper\nmkdir /over/work\n"
                    + "mount -t overlay -o lowerdir=/newroot/tmp,upperdir=/over/upper,workdir=/over/work tmp /newroot/tmp\n");
            }
        }
        for (String tag : shares) {
            String target = GuestScripts.shellQuote(base + "/" + tag);
            script.append("mkdir -p ").append(target).append('\n').append(shareMount(tag, base + "/" + tag));
        }
        // Programs talk to themselves over it, with or without a network.
        script.append("ifconfig lo up\n");
        if (network) {
            script.append("ifconfig eth0 up\nudhcpc -q -n -t 5 -i eth0 -s /stele/dhcp >/dev/null 2>&1\n");
            script.append(root == Root.DEFAULT_GUEST ? "cp /stele/resolv.conf /etc/resolv.conf 2>/dev/null\n" : """
                if [ -L /newroot/etc/resolv.conf ]; then
                    mkdir -p /newroot/run/systemd/resolve
                    cp /stele/resolv.conf /newroot/run/systemd/resolve/stub-resolv.conf
                    cp /stele/resolv.conf /newroot/run/systemd/resolve/resolv.conf
                elif [ -f /stele/resolv.conf ] && mkdir -p /newroot/etc && { [ -f /newroot/etc/resolv.conf ] || touch /newroot/etc/resolv.conf; }; then
                    mount --bind /stele/resolv.conf /newroot/etc/resolv.conf
                fi
                """);
        }
        return script.toString();
    }

    private static String diskMount() {
        return "for d in /dev/vda /dev/vda[0-9]*; do mount -t ext4 $d /newroot 2>/dev/null && [ -d /newroot/usr ] && break;"
            + " umount /newroot 2>/dev/null; done\n"
            + "[ -d /newroot/usr ] || { fail 'there is no ext4 file system with a /usr on the disk'; }\n";
    }

    /**
     * Of a root file system the kernel keeps what it has read, and what is written until later, as of a disk: it is the guest's alone while
     * the guest runs. Others are looked at anew each time, and written at once, as the host works with them, too.
     */
    private static String shareMount(String tag, String target) {
        return "mount -t 9p -o " + SHARE_OPTIONS + ",access=user,uname=root,cache=" + (tag.equals(ROOT_TAG) ? "loose " : "mmap ")
            + GuestScripts.shellQuote(tag) + " " + GuestScripts.shellQuote(target)
            + " || fail " + GuestScripts.shellQuote("the guest cannot mount the share " + tag) + "\n";
    }

    /** What udhcpc runs when it has got an address. */
    static String dhcpScript() {
        return """
            #!/bin/busybox sh
            [ "$1" = bound ] || exit 0
            export PATH=/bin
            ifconfig $interface $ip netmask $subnet ${mtu:+mtu $mtu}
            [ -z "$router" ] || route add default gw ${router%% *}
            : >/stele/resolv.conf
            for s in $dns; do echo "nameserver $s" >>/stele/resolv.conf; done
            """;
    }

    /** A script that leaves its process number in a file and becomes the command. */
    String command(List<String> words) {
        boolean ownRoot = root == Root.DEFAULT_GUEST;
        String base = ownRoot ? "" : NEW_ROOT;
        StringBuilder script = new StringBuilder("echo $$ >/stele/pid\n");
        if (!ownRoot) {
            script.append("export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n");
        }
        if (user != null) {
            script.append(identity(base));
        }
        for (String variable : variables) {
            script.append("export ").append(GuestScripts.shellQuote(variable)).append('\n');
        }
        script.append("shell=/bin/sh\n");
        if (!ownRoot || user != null) {
            script.append("mkdir -p BASE/run/stele\ncp /bin/busybox BASE/run/stele/\n[ -x BASE/bin/sh ] || shell='/run/stele/busybox sh'\n"
                .replace("BASE", base));
        }
        script.append("exec");
        if (!ownRoot) {
            script.append(" /bin/busybox chroot ").append(NEW_ROOT);
        }
        if (user != null) {
            script.append(" /run/stele/busybox start-stop-daemon -S -q -n none -c $uid:$gid -a ${shell%% *} -- ${shell#\"${shell%% *}\"}");
        } else {
            script.append(" $shell");
        }
        String enter = folder == null ? "cd \"$HOME\" 2>/dev/null || cd /" : "cd \"$0\" || exit 126";
        script.append(" -c '").append(enter).append("; exec \"$@\"' ").append(folder == null ? "sh" : GuestScripts.shellQuote(folder));
        return script.append(GuestScripts.quoted(words)).append('\n').toString();
    }

    /** The lines that set uid, gid and HOME for {@link #user}. */
    private String identity(String base) {
        int colon = user.indexOf(':');
        String name = colon < 0 ? user : user.substring(0, colon);
        String group = colon < 0 ? "" : user.substring(colon + 1);
        return """
            uid=NAME gid=GROUP
            entry=$(awk -F: -v n="$uid" '$1 == n || $3 == n { print $3 ":" $4 ":" $6; exit }' BASE/etc/passwd 2>/dev/null)
            if [ -n "$entry" ]; then
                uid=${entry%%:*} entry=${entry#*:}
                export HOME=${entry#*:}
                gid=${gid:-${entry%%:*}}
            else
                export HOME=/
                gid=${gid:-0}
            fi
            g=$(awk -F: -v n="$gid" '$1 == n { print $3; exit }' BASE/etc/group 2>/dev/null)
            gid=${g:-$gid}
            case $uid$gid in
                *[!0-9]*) echo "stele: there is no user or group" USER >&2; exit 126 ;;
            esac
            if [ -z "$entry" ]; then
                # start-stop-daemon takes only users that have an entry.
                cat BASE/etc/passwd >/stele/passwd 2>/dev/null
                echo "user$uid:x:$uid:$gid::/:/bin/sh" >>/stele/passwd
                [ -f BASE/etc/passwd ] || { mkdir -p BASE/etc && touch BASE/etc/passwd; }
                mount --bind /stele/passwd BASE/etc/passwd
            fi
            """.replace("BASE", base).replace("NAME", GuestScripts.shellQuote(name)).replace("GROUP", GuestScripts.shellQuote(group))
            .replace("USER", GuestScripts.shellQuote(user));
    }

    /** The lines that make everything durable at the end. */
    String tearDown() {
        if (root == Root.DISK) {
            return "sync\numount -r /newroot/* 2>/dev/null\nmount -o remount,ro /newroot 2>/dev/null\n";
        }
        return root == Root.SHARE || !shares.isEmpty() ? "sync\n" : "";
    }
}
