package io.stele.isac;

import io.stele.isac.diagnostics.CompileError;
import io.stele.isac.opt.Optimizer;
import io.stele.isac.parse.SourceFile;
import io.stele.isac.print.JavaFile;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Command line of the compiler. Without {@code --out} the description is only checked. */
public final class Main {
    private static final String USAGE = "usage: isac [-O1..-O4] [--coverage FILE] [--package NAME --out DIRECTORY] DIRECTORY";

    private int level = Optimizer.MAX_LEVEL;
    private Path out;
    private Path coverage;
    private Path in;
    private String base;

    private Main() {}

    /** Exits with 1 after errors in the description, with 2 after a wrong command line. */
    public static void main(String[] args) throws IOException {
        int status = run(args, System.out, System.err);
        if (status != 0) {
            System.exit(status);
        }
    }

    /** For build tools that run the compiler in their own process: throws when there are errors. */
    public static final class Build {
        private Build() {}

        public static void main(String[] args) throws IOException {
            if (run(args, System.out, System.err) != 0) {
                throw new IllegalStateException("the description has errors");
            }
        }
    }

    static int run(String[] args, PrintStream output, PrintStream errors) throws IOException {
        Main main = new Main();
        if (!main.options(args)) {
            errors.println(USAGE);
            return 2;
        }
        return main.compile(output, errors);
    }

    private boolean options(String[] args) {
        for (int i = 0; i < args.length; i++) {
            switch (args[i]) {
                case "-O1", "-O2", "-O3", "-O4" -> level = args[i].charAt(2) - '0';
                case "--out", "--coverage", "--package" -> {
                    if (i + 1 == args.length) {
                        return false;
                    }
                    option(args[i], args[i + 1]);
                    i++;
                }
                default -> {
                    if (args[i].startsWith("-") || in != null) {
                        return false;
                    }
                    in = Path.of(args[i]);
                }
            }
        }
        return in != null && (out == null || base != null);
    }

    private void option(String name, String value) {
        switch (name) {
            case "--out" -> out = Path.of(value);
            case "--coverage" -> coverage = Path.of(value);
            default -> base = value;
        }
    }

    private int compile(PrintStream output, PrintStream errors) throws IOException {
        if (!Files.isDirectory(in)) {
            errors.println("isac: " + in + " is not a directory");
            return 2;
        }
        List<SourceFile> sources = sources(in);
        Stamp stamp = out == null ? null : new Stamp(out, sources, level + " " + base + " " + coverage);
        if (stamp != null && stamp.isCurrent()) {
            return 0;
        }
        IsaCompiler.Result result = IsaCompiler.compile(sources, level, base);
        for (CompileError error : result.errors()) {
            errors.println(error);
        }
        if (!result.errors().isEmpty()) {
            errors.println(result.errors().size() + (result.errors().size() == 1 ? " error" : " errors"));
            return 1;
        }
        if (out != null) {
            write(result.files());
            if (coverage != null) {
                replace(coverage, result.coverage());
            }
            stamp.write();
        } else {
            output.println(result.instructions() + (result.instructions() == 1 ? " instruction" : " instructions") + ", no errors");
        }
        return 0;
    }

    /** All descriptions below a directory, by path. */
    static List<SourceFile> sources(Path directory) throws IOException {
        List<Path> paths;
        try (Stream<Path> all = Files.walk(directory)) {
            paths = all.filter(p -> p.toString().endsWith(".isa")).sorted().toList();
        }
        List<SourceFile> result = new ArrayList<>();
        for (Path p : paths) {
            result.add(new SourceFile(p.toString(), unit(directory.relativize(p)), Files.readString(p)));
        }
        return result;
    }

    /** {@code memory/load-store.isa} becomes {@code MemoryLoadStore}. */
    private static String unit(Path relative) {
        String path = relative.toString();
        StringBuilder name = new StringBuilder();
        boolean start = true;
        for (char ch : path.substring(0, path.length() - ".isa".length()).toCharArray()) {
            if (!Character.isLetterOrDigit(ch)) {
                start = true;
            } else {
                name.append(start ? Character.toUpperCase(ch) : ch);
                start = false;
            }
        }
        return name.toString();
    }

    private void write(List<JavaFile> files) throws IOException {
        Path directory = out.resolve(base.replace('.', '/') + "/generated");
        Files.createDirectories(directory);
        Set<Path> written = new HashSet<>();
        for (JavaFile file : files) {
            Path path = directory.resolve(file.name() + ".java");
            written.add(path);
            replace(path, file.text());
        }
        List<Path> old;
        try (Stream<Path> all = Files.list(directory)) {
            old = all.filter(p -> !written.contains(p)).toList();
        }
        for (Path p : old) {
            Files.delete(p);
        }
    }

    /** Writes only what differs, so that later build steps see no change where there is none. */
    private static void replace(Path path, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (path.getParent() != null) {
            Files.createDirectories(path.getParent());
        }
        if (!Files.exists(path) || !java.util.Arrays.equals(Files.readAllBytes(path), bytes)) {
            Files.write(path, bytes);
        }
    }
}
