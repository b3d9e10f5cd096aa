package io.stele.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.tools.guest.GuestCache;
import io.stele.tools.report.UserException;
import java.io.BufferedReader;
import io.stele.tools.share.FileServer;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The virtio devices against Linux's own drivers, in the default guest. One boot for each test. */
@Timeout(300)
class DevicesInGuestTest {
    private static final Path MAKE_FILE_SYSTEM = Path.of("/usr/sbin/mke2fs");
    private static final Path CHECK_FILE_SYSTEM = Path.of("/usr/sbin/e2fsck");
    private static Path busybox;

    @TempDir
    private Path folder;

    @BeforeAll
    static void needsTheGuest() {
        Assumptions.assumeTrue(Files.isWritable(Path.of("/dev/kvm")), "needs /dev/kvm");
        try {
            GuestCache.ofUser().guestWithModules(what -> { });
        } catch (UserException e) {
            Assumptions.abort("needs the default guest: " + e.getMessage());
        }
        busybox = GuestCache.ofUser().guestFolder().resolve("busybox");
    }

    private static boolean isInstalled(String program) {
        return Files.isExecutable(Path.of("/usr/bin", program)) || Files.isExecutable(Path.of("/usr/sbin", program));
    }

    private record Result(int status, String output, String error) {
    }

    private Result run(List<String> command) throws IOException, InterruptedException {
        File out = folder.resolve("out").toFile();
        File err = folder.resolve("err").toFile();
        Process process = new ProcessBuilder(command).redirectInput(new File("/dev/null")).redirectOutput(out).redirectError(err).start();
        try {
            int status = process.waitFor();
            return new Result(status, Files.readString(out.toPath()), Files.readString(err.toPath()));
        } finally {
            process.destroyForcibly();
        }
    }

    private Result stele(String... arguments) throws IOException, InterruptedException {
        return run(command(arguments));
    }

    private List<String> command(String... arguments) {
        List<String> command = new ArrayList<>(List.of(ProcessHandle.current().info().command().orElse("java"), "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"), GuestSessionTests.Program.class.getName(),
            "stele", folder.toString()));
        command.addAll(List.of(arguments));
        return command;
    }

    /** A folder that will do as a root file system. */
    private Path root() throws IOException {
        Path root = folder.resolve("root");
        Path bin = Files.createDirectories(root.resolve("bin"));
        Files.createDirectories(root.resolve("usr"));
        Files.createDirectories(root.resolve("root"));
        Files.copy(busybox, bin.resolve("busybox"));
        assertTrue(bin.resolve("busybox").toFile().setExecutable(true));
        for (String name : List.of("sh", "dd", "sync", "md5sum", "cat", "ls", "cp", "rm", "dmesg", "mkdir", "ln", "stat", "readlink", "chown", "mv")) {
            Files.createSymbolicLink(bin.resolve(name), Path.of("busybox"));
        }
        return root;
    }

    private Path image(Path root) throws IOException, InterruptedException {
        Path image = folder.resolve("disk.img");
        Result made = run(List.of(MAKE_FILE_SYSTEM.toString(), "-q", "-F", "-t", "ext4", "-d", root.toString(), image.toString(), "64M"));
        assertEquals(0, made.status, made.error);
        return image;
    }

    private static byte[] randomBytes(int length) {
        byte[] bytes = new byte[length];
        new SplittableRandom(11).nextBytes(bytes);
        return bytes;
    }

    private static String digest(byte[] bytes) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(bytes));
    }

    @Test
    void aDiskIsReadAndWrittenAndItsFileSystemIsClean() throws Exception {
        Assumptions.assumeTrue(Files.isExecutable(MAKE_FILE_SYSTEM), "needs e2fsprogs");
        Path root = root();
        byte[] bytes = randomBytes(5_000_001);
        Files.write(root.resolve("data"), bytes);
        Path image = image(root);
        Result result = stele("run", "--disk", image.toString(), "--net", "none", "--", "sh", "-c",
            "md5sum /data && cp /data /copy && dd if=/dev/zero of=/zero bs=4k count=2000 conv=fsync 2>/dev/null && rm /data && ls /");
        assertEquals("", result.error);
        assertEquals(0, result.status);
        assertTrue(result.output.startsWith(digest(bytes)), result.output);
        Result check = run(List.of(CHECK_FILE_SYSTEM.toString(), "-f", "-n", image.toString()));
        assertEquals(0, check.status, check.output);
        Path copy = folder.resolve("copy");
        run(List.of("/usr/sbin/debugfs", "-R", "dump /copy " + copy, image.toString()));
        assertEquals(digest(bytes), digest(Files.readAllBytes(copy)));
        assertTrue(run(List.of("/usr/sbin/debugfs", "-R", "stat /data", image.toString())).error.contains("not found"));
    }

    @Test
    void entropyIsReadAndTheWatchdogResetsTheMachine() throws Exception {
        Assumptions.assumeTrue(Files.isExecutable(MAKE_FILE_SYSTEM), "needs e2fsprogs");
        Path root = root();
        Path modules = Files.createDirectory(root.resolve("modules"));
        for (String name : List.of("virtio-rng.ko", "sp805_wdt.ko")) {
            Files.copy(GuestCache.ofUser().guestFolder().resolve("modules").resolve(name), modules.resolve(name));
        }
        Result result = stele("run", "--disk", image(root).toString(), "--net", "none", "--", "sh", "-c",
            "B=/bin/busybox; $B insmod /modules/virtio-rng.ko; $B head -c 64 /dev/hwrng | $B wc -c; $B insmod /modules/sp805_wdt.ko;"
                + " $B watchdog -F -T 2 -t 1000 /dev/watchdog");
        assertEquals("64\n", result.output, result.error);
        assertEquals("stele: the guest rebooted before the command had ended\n", result.error);
        assertEquals(125, result.status);
    }

    @Test
    void aSnapshotLeavesTheImageAlone() throws Exception {
        Assumptions.assumeTrue(Files.isExecutable(MAKE_FILE_SYSTEM), "needs e2fsprogs");
        Path image = image(root());
        byte[] before = Files.readAllBytes(image);
        Result result = stele("run", "--disk", image + ",snapshot", "--net", "none", "--", "sh", "-c",
            "dd if=/dev/zero of=/zero bs=4k count=2000 conv=fsync 2>/dev/null; md5sum /zero");
        assertEquals(0, result.status, result.error);
        assertTrue(result.output.startsWith(digest(new byte[4096 * 2000])), result.output);
        assertEquals(digest(before), digest(Files.readAllBytes(image)));
    }

    @Test
    void aShareIsReadAndWrittenAndNotLeft() throws Exception {
        Assumptions.assumeTrue(isInstalled("diod") && isInstalled("bwrap"), "needs diod and bubblewrap");
        Path shared = Files.createDirectory(folder.resolve("shared"));
        byte[] bytes = randomBytes(3_000_001);
        Files.write(shared.resolve("data"), bytes);
        Files.writeString(folder.resolve("secret"), "top secret");
        Files.createSymbolicLink(shared.resolve("out"), folder.resolve("secret"));
        Files.createSymbolicLink(shared.resolve("up"), Path.of("../secret"));
        Result result = stele("run", "--share", shared + ":work", "--", "sh", "-c",
            "cd /work && md5sum data && cp data copy && mkdir d && echo hello >d/f && ln -s d/f link && cat link"
                + " && cat out up; ls /work/../; exec 3>u && rm u && echo gone >&3 && sync");
        assertEquals(0, result.status, result.error + result.output);
        assertTrue(result.output.startsWith(digest(bytes)), result.output);
        assertTrue(result.output.contains("hello"), result.output);
        assertFalse(result.output.contains("top secret"), result.output);
        assertEquals(digest(bytes), digest(Files.readAllBytes(shared.resolve("copy"))));
        assertEquals("hello\n", Files.readString(shared.resolve("d/f"), StandardCharsets.UTF_8));
        assertFalse(Files.exists(shared.resolve("u")));
    }

    /** By a server that goes by paths. */
    @Test
    void filesOfAShareThatAreOpenOutliveTheirNames() throws Exception {
        Assumptions.assumeTrue(isInstalled("diod") && isInstalled("bwrap"), "needs diod and bubblewrap");
        Path shared = Files.createDirectory(folder.resolve("shared"));
        Files.writeString(shared.resolve("old"), "old\n");
        Files.writeString(shared.resolve("new"), "new file\n");
        Files.writeString(Files.createDirectories(shared.resolve("d/e")).resolve("f"), "below\n");
        Files.writeString(shared.resolve(".stele-removed-999999999-1-0"), "left by a program that was killed");
        Result result = stele("run", "--share", shared + ":work", "--", "sh", "-c", """
            look() {
                stat -L -c '%s %h %a' /proc/self/fd/$1 && truncate -s 3 /proc/self/fd/$1 && chmod 604 /proc/self/fd/$1
                stat -L -c '%s %h %a' /proc/self/fd/$1
                cat <&$1
                echo
            }
            cd /work
            exec 3<>gone
            echo gone >&3
            rm gone
            look 3
            exec 4<>old 5<>new
            mv new old
            look 4
            look 5
            exec 6<>d/e/f
            mv d g
            look 6
            rm g/e/f && rmdir g/e g && look 6
            exec 3>&- 4>&- 5>&- 6>&-
            ls -A
            exec 7<>last
            rm last
            ls -A | wc -l
            """);
        String hidden = "3 0 604\n";
        assertEquals("5 0 644\n" + hidden + "\n" + "4 0 644\n" + hidden + "old\n" + "9 1 644\n3 1 604\nnew\n" + "6 1 644\n3 1 604\nbel\n" + "3 0 604\n"
            + hidden + "\n" + "old\n2\n", result.output, result.error);
        assertEquals(0, result.status);
        try (var names = Files.list(shared)) {
            assertEquals(List.of("old"), names.map(file -> file.getFileName().toString()).toList());
        }
    }

    /** Reads and writes of a MiB, which the guest's kernel hands over as messages that the server does not take. */
    @Test
    void largeReadsAndWritesOfAShareAreWhole() throws Exception {
        Assumptions.assumeTrue(isInstalled("diod") && isInstalled("bwrap"), "needs diod and bubblewrap");
        Path shared = Files.createDirectory(folder.resolve("shared"));
        byte[] bytes = randomBytes(7_654_321);
        Files.write(shared.resolve("data"), bytes);
        Result result = stele("run", "--share", shared + ":work", "--", "sh", "-c",
            "cd /work && dd if=data bs=1M 2>/dev/null | md5sum && dd if=data of=copy bs=1M conv=fsync 2>/dev/null && dd if=data bs=1M 2>/dev/null >>copy"
                + " && dd if=data of=copy bs=1000000 skip=2 seek=3 count=2 conv=notrunc 2>/dev/null && dd if=copy bs=1M 2>/dev/null | md5sum");
        assertEquals(0, result.status, result.error + result.output);
        byte[] expected = new byte[2 * bytes.length];
        System.arraycopy(bytes, 0, expected, 0, bytes.length);
        System.arraycopy(bytes, 0, expected, bytes.length, bytes.length);
        System.arraycopy(bytes, 2_000_000, expected, 3_000_000, 2_000_000);
        assertEquals(digest(bytes) + "  -\n" + digest(expected) + "  -\n", result.output);
        assertEquals(digest(expected), digest(Files.readAllBytes(shared.resolve("copy"))));
    }

    @Test
    void aFolderIsARootFileSystemAndEphemeralLeavesItAlone() throws Exception {
        Assumptions.assumeTrue(isInstalled("diod") && isInstalled("bwrap"), "needs diod and bubblewrap");
        Path root = root();
        Result result = stele("run", "--rootfs", root.toString(), "--ephemeral", "--net", "none", "--workdir", "/usr", "--", "sh", "-c",
            "readlink /proc/self/cwd; echo changed >/new; cat /new");
        assertEquals("/usr\nchanged\n", result.output, result.error);
        assertEquals(0, result.status);
        assertFalse(Files.exists(root.resolve("new")));
        Files.writeString(Files.createDirectories(root.resolve("tmp")).resolve("old"), "old\n");
        Result kept = stele("run", "--rootfs", root.toString(), "--net", "none", "--", "sh", "-c",
            "cat /tmp/old; echo temporary >/tmp/file; exec 5<>/tmp/gone; rm /tmp/gone; echo text >&5; stat -L -c %s /proc/self/fd/5;"
                + " echo kept >/new; chown 5:8 /new && stat -c %u:%g /new;"
                + " mkdir -p /a/b; echo below >/a/b/c; ls -R /a >/dev/null; mv /a /d; cat /d/b/c;"
                // Of two names of an open file, the one that is named is removed or renamed.
                + " echo one >/one; exec 6</one; ln /one /two; rm /two; cat /one; ln /one /two; mv /two /three; ls /one /three");
        assertEquals("old\n5\n" + (FileServer.Owners.ofRoot().areKept() ? "5:8\n" : "") + "below\none\n/one\n/three\n", kept.output, kept.error);
        assertEquals("one\n", Files.readString(root.resolve("one")));
        assertEquals("one\n", Files.readString(root.resolve("three")));
        assertFalse(Files.exists(root.resolve("two")));
        assertEquals("kept\n", Files.readString(root.resolve("new")));
        assertFalse(Files.exists(root.resolve("tmp/file")));
    }

    /** All of it while the guest runs, which goes on, and sees errors where it looks. */
    @Test
    void whatBreaksOnTheHostIsAnErrorInTheGuestAndOneLine() throws Exception {
        for (String program : List.of("qemu-nbd", "qemu-img", "diod", "bwrap", "passt")) {
            Assumptions.assumeTrue(isInstalled(program), "needs " + program);
        }
        Path small = Files.createDirectory(folder.resolve("small"));
        Assumptions.assumeTrue(run(List.of("mount", "-t", "tmpfs", "-o", "size=1m", "none", small.toString())).status == 0, "needs to mount");
        try {
            Path full = sparse(small.resolve("full"));
            Path cut = sparse(folder.resolve("cut"));
            Path served = folder.resolve("served");
            assertEquals(0, run(List.of("qemu-img", "create", "-q", "-f", "qcow2", served.toString(), "16M")).status);
            Path deleted = Files.createDirectory(folder.resolve("deleted"));
            Path killed = Files.createDirectory(folder.resolve("killed"));
            Process process = new ProcessBuilder(command("run", "--disk", image(root()).toString(), "--disk", cut.toString(), "--disk",
                served.toString(), "--disk", full.toString(), "--share", deleted + ":deleted", "--share", killed + ":killed", "--net", "user", "--",
                "sh", "-c", """
                    echo ready
                    read line
                    dd if=/dev/vdb of=/dev/null bs=4k skip=2048 count=1 2>/dev/null || echo cut
                    dd if=/dev/vdb of=/dev/null bs=4k skip=2049 count=1 2>/dev/null || echo cut
                    dd if=/dev/vdc of=/dev/null bs=4k count=1 2>/dev/null || echo served
                    dd if=/dev/zero of=/dev/vdd bs=64k count=64 conv=fsync 2>/dev/null || echo full
                    echo >/deleted/file || echo deleted
                    ls /killed || echo killed
                    cat /sys/class/net/eth0/carrier
                    echo still here >/file && sync && cat /file
                    """)).redirectError(folder.resolve("err").toFile()).start();
            try {
                BufferedReader output = process.inputReader();
                assertEquals("ready", output.readLine(), Files.readString(folder.resolve("err")));
                try (FileChannel channel = FileChannel.open(cut, StandardOpenOption.WRITE)) {
                    channel.truncate(4096);
                }
                Files.delete(deleted);
                process.descendants().filter(child -> child.info().command().orElse("").matches(".*/(qemu-nbd|passt[^/]*)"))
                    .forEach(ProcessHandle::destroyForcibly);
                process.descendants().filter(child -> child.info().command().orElse("").endsWith("/diod"))
                    .max(Comparator.comparing(ProcessHandle::pid)).orElseThrow().destroyForcibly();
                process.outputWriter().write("go on\n");
                process.outputWriter().flush();
                assertEquals(List.of("cut", "cut", "served", "full", "deleted", "killed", "0", "still here"), output.lines().toList());
                assertEquals(0, process.waitFor());
            } finally {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
            List<String> said = Files.readAllLines(folder.resolve("err")).stream().filter(line -> line.startsWith("stele: ")).sorted().toList();
            assertEquals(5, said.size(), said.toString());
            for (String what : List.of("cut: ", "served: ", "full: ", "share killed: ", "network: ")) {
                assertEquals(1, said.stream().filter(line -> line.contains(what) && line.contains("the guest")).count(), said.toString());
            }
        } finally {
            run(List.of("umount", small.toString()));
        }
    }

    private static Path sparse(Path file) throws IOException {
        try (RandomAccessFile sized = new RandomAccessFile(file.toFile(), "rw")) {
            sized.setLength(16 << 20);
        }
        return file;
    }

    @Test
    void aConnectionToAForwardedPortReachesTheGuest() throws Exception {
        Assumptions.assumeTrue(isInstalled("passt"), "needs passt");
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        Process process = new ProcessBuilder(command("run", "--forward", port + ":7000", "--", "sh", "-c",
            "echo ready; echo from the guest | nc -l -p 7000")).redirectError(folder.resolve("err").toFile()).start();
        try {
            BufferedReader output = process.inputReader();
            assertEquals("ready", output.readLine(), Files.readString(folder.resolve("err")));
            String answer = null;
            while (answer == null && process.isAlive()) {
                answer = answer(port, "from the host\n");
            }
            assertEquals("from the guest", answer);
            assertEquals("from the host", output.readLine());
            assertEquals(0, process.waitFor());
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    /** What a port of this host answers; null if nobody listens behind it yet. */
    private static String answer(int port, String text) throws InterruptedException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
            socket.shutdownOutput();
            return new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII)).readLine();
        } catch (IOException e) {
            Thread.sleep(100);
            return null;
        }
    }

    @Test
    void aTapInterfaceCarriesTrafficBothWays() throws Exception {
        String name = "stele" + ProcessHandle.current().pid() % 100_000;
        Assumptions.assumeTrue(isInstalled("ip") && run(List.of("ip", "tuntap", "add", "dev", name, "mode", "tap")).status == 0,
            "no permission to make a tap interface");
        try {
            assertEquals(0, run(List.of("ip", "address", "add", "10.213.7.1/24", "dev", name)).status);
            assertEquals(0, run(List.of("ip", "link", "set", name, "up")).status);
            byte[] bytes = randomBytes(3_000_001);
            ServerSocket server = new ServerSocket(0, 1, InetAddress.getByName("10.213.7.1"));
            Thread.ofPlatform().daemon().start(() -> answer(server, bytes));
            Result result = stele("run", "--net", "tap,ifname=" + name, "--", "sh", "-c", "ifconfig eth0 10.213.7.2 netmask 255.255.255.0 up;"
                + " ping -q -c 3 -s 1400 10.213.7.1 | grep -c ' 3 packets received'; wget -q -O - http://10.213.7.1:" + server.getLocalPort()
                + "/ | md5sum");
            server.close();
            assertEquals("1\n" + digest(bytes) + "  -\n", result.output, result.error);
            assertEquals(0, result.status);
        } finally {
            run(List.of("ip", "tuntap", "del", "dev", name, "mode", "tap"));
        }
    }

    /** Answers an HTTP request. */
    private static void answer(ServerSocket server, byte[] content) {
        try (Socket peer = server.accept()) {
            BufferedReader request = new BufferedReader(new InputStreamReader(peer.getInputStream(), StandardCharsets.US_ASCII));
            while (!request.readLine().isEmpty()) {
                // A line of the header.
            }
            peer.getOutputStream().write(("HTTP/1.0 200 OK\r\nContent-Length: " + content.length + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
            peer.getOutputStream().write(content);
        } catch (IOException e) {
            // What the guest got is looked at.
        }
    }

    @Test
    void aFileThatMayOnlyBeReadIsADiskToReadOnly() throws Exception {
        Path place = Files.createDirectory(folder.resolve("place"));
        Assumptions.assumeTrue(run(List.of("mount", "-t", "tmpfs", "none", place.toString())).status == 0, "needs to mount");
        try {
            Path image = sparse(place.resolve("image"));
            assertEquals(0, run(List.of("mount", "-o", "remount,ro", place.toString())).status);
            Result refused = stele("run", "--disk", image.toString(), "--net", "none", "--", "true");
            assertEquals("stele: --disk: " + image + ": read-only file system (for a disk that is only read: " + image + ",readonly)\n", refused.error);
            assertEquals(125, refused.status);
        } finally {
            run(List.of("umount", place.toString()));
        }
    }

    /** The terminal of this program is a pseudo-terminal of script(1), which changes its size while the command runs. */
    @Test
    void theTerminalHasTheSizeOfThisOne() throws Exception {
        Assumptions.assumeTrue(isInstalled("script"), "needs script(1)");
        StringBuilder line = new StringBuilder("tty; stty rows 33 cols 77;");
        for (String word : command("run", "--", "sh", "-c",
            "tty; stty size; until [ \"$(stty size)\" = '41 99' ]; do sleep 0.1; done; echo ready; read line; echo got $line")) {
            line.append(" '").append(word.replace("'", "'\\''")).append('\'');
        }
        Process process = new ProcessBuilder("script", "-qec", line.toString(), "/dev/null").redirectErrorStream(true).start();
        try {
            StringBuilder output = new StringBuilder();
            for (int value = process.getInputStream().read(); value >= 0; value = process.getInputStream().read()) {
                output.append((char) value);
                if (output.toString().endsWith("33 77\r\n")) {
                    String terminal = output.substring(0, output.indexOf("\r"));
                    assertEquals(0, run(List.of("stty", "-F", terminal, "rows", "41", "cols", "99")).status);
                } else if (output.toString().endsWith("ready\r\n")) {
                    process.getOutputStream().write("typed\r".getBytes(StandardCharsets.US_ASCII));
                    process.getOutputStream().flush();
                }
            }
            String text = output.substring(output.indexOf("\n") + 1).replace("\r", "");
            assertTrue(text.startsWith("/dev/hvc0\n33 77\nready\n") && text.endsWith("got typed\n"), text);
            assertEquals(0, process.waitFor());
        } finally {
            process.destroyForcibly();
        }
    }
}
