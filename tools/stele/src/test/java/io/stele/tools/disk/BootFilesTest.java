package io.stele.tools.disk;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BootFilesTest {
    private static final Pattern BITMAP = Pattern.compile("(?:Block|Inode) bitmap at (\\d+)");
    private static final int BLOCK_BYTES = 4096;

    @TempDir
    Path folder;

    private String run(String... command) throws Exception {
        Process process = new ProcessBuilder(List.of(command)).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        return output;
    }

    private Path image() throws Exception {
        Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/sbin/mke2fs")) && Files.isExecutable(Path.of("/usr/sbin/debugfs")), "needs e2fsprogs");
        Path boot = Files.createDirectories(folder.resolve("root/boot"));
        Files.writeString(boot.resolve("vmlinuz-6.1.0-9-arm64"), "old kernel");
        Files.writeString(boot.resolve("initrd.img-6.1.0-9-arm64"), "old initramfs");
        Files.writeString(boot.resolve("vmlinuz-6.1.0-10-arm64"), "new kernel");
        Files.writeString(boot.resolve("initrd.img-6.1.0-10-arm64"), "new initramfs");
        Path image = folder.resolve("image");
        run("/usr/sbin/mke2fs", "-q", "-F", "-t", "ext4", "-b", Integer.toString(BLOCK_BYTES), "-d", folder.resolve("root").toString(), image.toString(),
            "32M");
        return image;
    }

    private void assertNewest(Path image) throws Exception {
        BootFiles files = BootFiles.of(image, folder.resolve("cache"));
        assertEquals("new kernel", Files.readString(files.kernel()));
        assertEquals("new initramfs", Files.readString(files.initrd()));
        assertEquals("/dev/vda", files.root());
    }

    @Test
    void theNewestKernelIsTaken() throws Exception {
        assertNewest(image());
    }

    /** As after a power cut, when what is in the journal is not yet in its place. */
    @Test
    void bitmapsThatAreHalfWrittenAreNoObstacle() throws Exception {
        Path image = image();
        Matcher bitmaps = BITMAP.matcher(run("/usr/sbin/dumpe2fs", image.toString()));
        int count = 0;
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            while (bitmaps.find()) {
                file.seek(Long.parseLong(bitmaps.group(1)) * BLOCK_BYTES);
                file.writeInt(0x5a5a_5a5a);
                count++;
            }
        }
        assertTrue(count >= 2);
        assertNewest(image);
    }
}
