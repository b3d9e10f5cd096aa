package io.stele.tools.bench;

import io.stele.tools.report.UserException;
import io.stele.tools.guest.Commands;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Compiles the programs that come as resources of this package. */
final class Compiler {
    private static final List<String> OPTIONS = List.of("-O2", "-std=gnu11", "-fno-math-errno");

    private final String program;
    private final String dpkg;
    private final String triplet;

    private Compiler(String program, String dpkg, String triplet) {
        this.program = program;
        this.dpkg = dpkg;
        this.triplet = triplet;
    }

    static Compiler arm64() {
        return new Compiler("aarch64-linux-gnu-gcc", "gcc-aarch64-linux-gnu and libc6-dev-arm64-cross", "aarch64-linux-gnu");
    }

    static Compiler host() {
        return new Compiler("gcc", "gcc and libc6-dev", "x86_64-linux-gnu");
    }

    /** The text of a program in C. */
    static byte[] source(String name) throws IOException {
        return resource(name + ".c");
    }

    /** The text of a program without an operating system, in assembly. */
    static byte[] assembly(String name) throws IOException {
        return resource(name + ".S");
    }

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = Compiler.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IOException("there is no program " + name);
            }
            return in.readAllBytes();
        }
    }

    /** Assembles a program without an operating system into a flat file {@code NAME.img}. @throws UserException if that does not work */
    static void assemble(String name, String symbol, Path folder) throws IOException {
        Files.write(folder.resolve(name + ".S"), assembly(name));
        for (List<String> command : List.of(List.of("aarch64-linux-gnu-as", "--defsym", symbol, "-o", name + ".o", name + ".S"),
            List.of("aarch64-linux-gnu-ld", "-Ttext=0", "-o", name + ".elf", name + ".o"),
            List.of("aarch64-linux-gnu-objcopy", "-O", "binary", "-j", ".text", name + ".elf", name + ".img"))) {
            if (!isThere(command.getFirst())) {
                throw new UserException(command.getFirst() + " is missing (package binutils-aarch64-linux-gnu; dev/install-bench-deps)");
            }
            Commands.Result result = Commands.run(folder, command);
            if (result.status() != 0) {
                throw new UserException(command.getFirst() + " fails: " + result.output().lines().findFirst().orElse(""));
            }
        }
    }

    private boolean isThere() {
        return isThere(program);
    }

    private static boolean isThere(String program) {
        for (String folder : System.getenv().getOrDefault("PATH", "").split(":")) {
            if (Files.isExecutable(Path.of(folder, program))) {
                return true;
            }
        }
        return false;
    }

    /** What makes its programs differ from those of others. */
    String identity() throws IOException {
        return isThere() ? Commands.run(Path.of("/"), List.of(program, "--version")).output().split("\n")[0] : "no " + program;
    }

    /**
     * Compiles a program.
     *
     * @param libraries shared ones, by their file names, in the root folder's {@code usr/lib}; none for a static program
     * @param folder in the root folder, where the program goes
     * @throws UserException if that does not work
     */
    void compile(String name, List<String> options, List<String> libraries, Path folder) throws IOException {
        if (!isThere()) {
            throw new UserException(program + " is missing (packages " + dpkg + "; dev/install-bench-deps)");
        }
        Path source = folder.resolve(name + ".c");
        Files.write(source, source(name));
        List<String> command = new ArrayList<>(List.of(program));
        command.addAll(OPTIONS);
        command.addAll(List.of("-o", name, source.getFileName().toString()));
        command.addAll(options);
        if (libraries.isEmpty()) {
            command.add("-static");
        } else {
            command.addAll(List.of("-L../usr/lib/" + triplet, "-Wl,--no-as-needed"));
            libraries.forEach(library -> command.add("-l:" + library));
        }
        command.add("-lm");
        Commands.Result result = Commands.run(folder, command);
        if (result.status() != 0) {
            throw new UserException(program + " cannot compile " + name + ".c: " + result.output().lines().filter(line -> line.contains("rror"))
                .findFirst().orElse("status " + result.status()));
        }
        Files.delete(source);
    }
}
