package io.stele.tools.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.stele.tools.guest.Commands;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A root folder with the host's shell, and scripts in it. */
@Timeout(60)
class NativeTargetTest {
    private static final Pattern LIBRARY = Pattern.compile("(/\\S+) \\(0x");

    @TempDir
    Path folder;

    private Run run(Set<Attachment> attachments, String script) throws IOException {
        boolean root = "root".equals(System.getProperty("user.name"));
        Assumptions.assumeTrue(Commands.run(folder, root ? List.of("unshare", "--mount", "true")
            : List.of("unshare", "--mount", "--user", "--map-root-user", "true")).status() == 0, "needs unshare");
        Path tree = folder.resolve("root");
        for (String name : List.of("dev", "proc", NativeTarget.SURROUNDINGS)) {
            Files.createDirectories(tree.resolve(name));
        }
        copy(Path.of("/bin/sh"), tree);
        Matcher library = LIBRARY.matcher(Commands.run(folder, List.of("ldd", "/bin/sh")).output());
        while (library.find()) {
            copy(Path.of(library.group(1)), tree);
        }
        Path init = tree.resolve("init");
        Files.writeString(init, "#!/bin/sh\nset -e\n" + script + "\necho bench-done\n");
        init.toFile().setExecutable(true);
        Job job = new Job("work", List.of("work"), Path.of("/kernel"), null, "a line", 64, tree, attachments, folder.resolve("surroundings"));
        return new Runner(folder, TimeUnit.SECONDS.toNanos(50)).run(new NativeTarget(root), job, 1);
    }

    private static void copy(Path file, Path tree) throws IOException {
        Path copy = tree.resolve(file.toString().substring(1));
        Files.createDirectories(copy.getParent());
        Files.copy(file, copy);
    }

    @Test
    void theScriptGetsTheCommandLineAndSeesTheRootAlone() throws IOException {
        assertNull(run(Set.of(), "[ \"$1 $2\" = 'native a line' ]; [ -e /init ]; [ ! -e /usr/bin/env ]; [ -e /proc/self ]; [ -c /dev/null ]").failure);
        assertFalse(Files.exists(folder.resolve("surroundings")));
    }

    @Test
    void theScriptFindsWhatTheMachinesDevicesAreConnectedWith() throws IOException {
        assertNull(run(Set.of(Attachment.DISK, Attachment.SHARE),
            "[ -f /surroundings/disk ]; echo text >/surroundings/share/file; read word </surroundings/share/file; [ $word = text ]").failure);
        assertFalse(Files.exists(folder.resolve("surroundings")));
        try (var left = Files.list(folder.resolve("root").resolve(NativeTarget.SURROUNDINGS))) {
            assertEquals(0, left.count());
        }
    }
}
