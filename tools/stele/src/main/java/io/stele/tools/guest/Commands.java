package io.stele.tools.guest;

import io.stele.tools.report.UserException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs programs of the host to their end. */
public final class Commands {
    private Commands() {
    }

    /** What a program left. @param status its exit status; @param output standard output and standard error, mixed */
    public record Result(int status, String output) {
    }

    /**
     * Runs a program in the C locale.
     *
     * @throws UserException if the program is missing
     */
    public static Result run(Path folder, List<String> command) throws IOException {
        Process process = start(new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true));
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Result(waitFor(process), output);
    }

    /** Runs one program and feeds its output to another, whose output goes to a file. @return whether both succeeded */
    public static boolean pipeToFile(List<String> first, List<String> second, Path file) throws IOException {
        List<ProcessBuilder> builders = new ArrayList<>();
        builders.add(new ProcessBuilder(first).redirectError(ProcessBuilder.Redirect.DISCARD));
        builders.add(new ProcessBuilder(second).redirectError(ProcessBuilder.Redirect.DISCARD).redirectOutput(file.toFile()));
        boolean good = true;
        for (Process process : ProcessBuilder.startPipeline(builders)) {
            good &= waitFor(process) == 0;
        }
        return good;
    }

    /** Runs one program and feeds its output to another one, whose own output is dropped. @return whether both succeeded */
    public static boolean pipe(List<String> first, List<String> second) throws IOException {
        return pipeToFile(first, second, Path.of("/dev/null"));
    }

    private static Process start(ProcessBuilder builder) throws IOException {
        builder.environment().put("LC_ALL", "C");
        builder.environment().remove("APT_CONFIG");
        try {
            return builder.start();
        } catch (IOException e) {
            throw new UserException("cannot run " + builder.command().get(0)
                + "; the default guest is fetched with the tools of Debian or Ubuntu. Elsewhere give --kernel and --initrd");
        }
    }

    private static int waitFor(Process process) throws IOException {
        try {
            return process.waitFor();
        } catch (InterruptedException e) {
            process.destroy();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
