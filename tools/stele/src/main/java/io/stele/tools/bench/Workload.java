package io.stele.tools.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * What one start of a machine measures: programs, their inputs, and a script that runs them between marks.
 *
 * <p>The script is for busybox' shell, in the folder {@code /bench} with the inputs and the compiled sources. It calls
 * {@code bench NAME OPERATIONS COMMAND FILTER ROUNDING} for each figure; the filter takes what differs from run to run out of the output,
 * which must then be the same on all systems that run the same program. The rounding takes out what differs between processors, such as
 * the last digits of numbers; what is left must be the same natively, too.
 */
final class Workload {
    private static final int DEFAULT_MEMORY_MIB = 1024;

    private final String name;
    private String standsFor = "";
    private String about = "";
    private final List<String> packages = new ArrayList<>();
    private final List<String> nativePackages = new ArrayList<>();
    private final List<String> sources = new ArrayList<>();
    private final List<String> compilerOptions = new ArrayList<>();
    private final List<String> libraries = new ArrayList<>();
    private final Map<String, Supplier<byte[]>> inputs = new LinkedHashMap<>();
    private String prepare = "";
    private String script = "";
    private final List<String> figures = new ArrayList<>();
    private int memoryMib = DEFAULT_MEMORY_MIB;
    private final Set<Attachment> attachments = EnumSet.noneOf(Attachment.class);
    private boolean isNative = true;
    private String natively = "";
    private Path folder;
    private String assembly;
    private String symbol;

    Workload(String name) {
        this.name = name;
    }

    /** Which program of SPEC CPU2006, or which case, it stands for. */
    Workload standsFor(String program) {
        standsFor = program;
        return this;
    }

    /** What it is and does, in a few words. */
    Workload about(String words) {
        about = words;
        return this;
    }

    /** Debian packages that it needs, on arm64 and, unless {@link #nativePackages} says otherwise, natively. */
    Workload packages(String... names) {
        packages.addAll(List.of(names));
        nativePackages.addAll(List.of(names));
        return this;
    }

    /** Debian packages of the host's architecture that do the same. */
    Workload nativePackages(String... names) {
        nativePackages.clear();
        nativePackages.addAll(List.of(names));
        return this;
    }

    /** A program in C of our own, compiled with {@code -O2 -static}: the resource {@code NAME.c} becomes {@code /bench/NAME}. */
    Workload source(String program, String... options) {
        sources.add(program);
        compilerOptions.addAll(List.of(options));
        return this;
    }

    /** Shared libraries of the packages, by their file names, that the sources are linked with; they are not static, then. */
    Workload libraries(String... files) {
        libraries.addAll(List.of(files));
        return this;
    }

    /** A file in {@code /bench}. @param contents the same bytes at each call */
    Workload input(String file, Supplier<byte[]> contents) {
        inputs.put(file, contents);
        return this;
    }

    /** A folder of the user with programs for arm64, whose contents are put into {@code /bench}. */
    Workload folder(Path path) {
        folder = path;
        return notNatively("its programs are for arm64");
    }

    /** Shell commands that run before the measurement. */
    Workload prepare(String commands) {
        prepare += commands.strip() + "\n";
        return this;
    }

    /** Measures one command under the workload's own name. */
    Workload command(String command) {
        return command(command, "cat");
    }

    Workload command(String command, String filter) {
        return command(command, filter, "cat");
    }

    /** @param rounding takes away what the host's own processor computes differently */
    Workload command(String command, String filter, String rounding) {
        return figure(name, 1, command, filter, rounding);
    }

    /** Measures a command. @param operations how many operations it counts as; @param filter of the output that is compared */
    Workload figure(String figure, long operations, String command, String filter) {
        return figure(figure, operations, command, filter, "cat");
    }

    private Workload figure(String figure, long operations, String command, String filter, String rounding) {
        figures.add(figure);
        script += "bench " + figure + " " + operations + " " + quote(command.strip()) + " " + quote(filter) + " " + quote(rounding) + "\n";
        return this;
    }

    /** Measures the start itself: until user space writes its first line. */
    Workload start() {
        figures.add(Run.BOOT);
        return notNatively("the host starts no kernel for it");
    }

    /**
     * A program without an operating system instead of a kernel: the resource {@code NAME.S}. It marks the figures itself.
     *
     * @param definition {@code SYMBOL=number} for the assembler
     */
    Workload bareMetal(String program, String definition, String... measured) {
        assembly = program;
        symbol = definition;
        figures.addAll(List.of(measured));
        return notNatively("it needs a machine of its own");
    }

    Workload memory(int mib) {
        memoryMib = mib;
        return this;
    }

    /** A device that the machine has. Natively the script finds {@link Surroundings} in the folder {@code /surroundings}. */
    Workload attach(Attachment attachment) {
        attachments.add(attachment);
        return this;
    }

    /** The host does something else than the machines. @param words what that is */
    Workload natively(String words) {
        natively = words;
        return this;
    }

    private Workload notNatively(String reason) {
        isNative = false;
        natively = "not measured: " + reason;
        return this;
    }

    private static String quote(String word) {
        return "'" + word.replace("'", "'\\''") + "'";
    }

    String name() {
        return name;
    }

    String standsFor() {
        return standsFor;
    }

    String about() {
        return about;
    }

    List<String> packages() {
        return packages;
    }

    List<String> nativePackages() {
        return nativePackages;
    }

    List<String> sources() {
        return sources;
    }

    /** Further options for the compiler, behind the source. */
    List<String> compilerOptions() {
        return compilerOptions;
    }

    /** Shared libraries that the sources are linked with; empty if they are static. */
    List<String> libraries() {
        return libraries;
    }

    Map<String, Supplier<byte[]>> inputs() {
        return inputs;
    }

    /** The folder with its files; null if it has none. */
    Path folder() {
        return folder;
    }

    /** The program that runs without an operating system; null if there is one. */
    String assembly() {
        return assembly;
    }

    /** What the assembler is told. */
    String symbol() {
        return symbol;
    }

    /** What is measured, in order. */
    List<String> figures() {
        return figures;
    }

    /** Whether the host can do it, too. */
    boolean isNative() {
        return isNative;
    }

    /** What the host does instead, or why it does not; empty if it does the same. */
    String natively() {
        return natively;
    }

    Set<Attachment> attachments() {
        return attachments;
    }

    int memoryMib() {
        return memoryMib;
    }

    /** The shell script with all that is between the start of user space and its end. */
    String script() {
        return prepare + script;
    }
}
