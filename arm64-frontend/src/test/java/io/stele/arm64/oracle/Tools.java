package io.stele.arm64.oracle;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/** External programs that serve as oracles. */
public final class Tools {
    private Tools() {}

    /** Skips the test unless the programs are in the PATH. */
    public static void require(String... names) {
        for (String name : names) {
            Assumptions.assumeTrue(find(name), () -> "this test needs " + name + ", which is not installed");
        }
    }

    private static boolean find(String name) {
        for (String directory : System.getenv("PATH").split(":")) {
            if (Files.isExecutable(Path.of(directory, name))) {
                return true;
            }
        }
        return false;
    }

    /** Runs a program in a directory; its standard output goes to the file {@code output} there. */
    public static void run(Path directory, String output, List<String> command) throws IOException, InterruptedException {
        Path errors = directory.resolve("errors.txt");
        Process process = new ProcessBuilder(command).directory(directory.toFile())
            .redirectOutput(directory.resolve(output).toFile()).redirectError(errors.toFile()).start();
        int status = process.waitFor();
        if (status != 0) {
            throw new IOException(command + " ended with status " + status + ": " + Files.readString(errors));
        }
    }
}
