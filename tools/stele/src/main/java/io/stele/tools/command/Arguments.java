package io.stele.tools.command;

import io.stele.arm64.system.CpuFeatures;
import io.stele.runtime.common.VmLayout;
import io.stele.tools.report.ExitCode;
import io.stele.tools.report.UserException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What a command was given: the values of its options, checked when they are asked for, and the words behind them. */
public final class Arguments {
    private static final long DEFAULT_MEMORY = 1L << 30;
    private static final long LEAST_MEMORY = 64L << 20;
    private static final long MOST_MEMORY = 255L << 30;

    private final Map<String, List<String>> values = new HashMap<>();
    private final List<String> words = new ArrayList<>();

    /** Records an option. @param value an empty text for an option that has none */
    public void set(String name, String value) {
        values.computeIfAbsent(name, key -> new ArrayList<>()).add(value);
    }

    /** Records a word behind the options. */
    public void add(String word) {
        words.add(word);
    }

    /**
     * Reads a command line that is complete and correct.
     *
     * @param from index of the first argument behind the command's name
     * @return null if there is anything to explain to the user: {@code --help}, something missing, unknown or given twice
     */
    public static Arguments read(Command command, String[] line, int from) {
        Arguments arguments = new Arguments();
        int at = from;
        while (at < line.length && (command.optionsAnywhere() || line[at].startsWith("--") && line[at].length() > 2
            || find(command, line[at]) != null)) {
            String word = line[at++];
            if (!word.startsWith("-")) {
                arguments.add(word);
                continue;
            }
            int equals = word.indexOf('=');
            Option option = find(command, equals < 0 ? word : word.substring(0, equals));
            boolean takesNext = option != null && option.label() != null && equals < 0;
            if (option == null || arguments.isSet(option.name()) && !option.repeatable() || option.label() == null && equals >= 0
                || takesNext && at == line.length) {
                return null;
            }
            arguments.set(option.name(), takesNext ? line[at++] : equals < 0 ? "" : word.substring(equals + 1));
        }
        if (command.wordsLabel() == null || command.optionsAnywhere()) {
            return at == line.length ? arguments : null;
        }
        if (at < line.length && line[at].equals("--")) {
            at++;
        } else if (at < line.length && line[at].startsWith("-")) {
            return null;
        }
        for (; at < line.length; at++) {
            arguments.add(line[at]);
        }
        return arguments.words.isEmpty() ? null : arguments;
    }

    private static Option find(Command command, String name) {
        for (Option option : command.options()) {
            if (option.name().equals(name) || name.equals(option.shortName())) {
                return option;
            }
        }
        return null;
    }

    /** The options that {@code boot} and {@code run} share. */
    static void addMachineOptions(List<Option> options) {
        options.add(new Option("--memory", "SIZE", "Guest RAM: MiB, or with a unit (512M, 2G). Default: 1G."));
        options.add(new Option("--cpus", "NUMBER", "How many CPUs the guest has, 1 to " + VmLayout.MAX_CPUS + ". Default: 1."));
        options.add(new Option("--cpu", "LIST", "The CPU's features: default or max, then +FEATURE or -FEATURE, separated by commas."));
        options.add(new Option("--timeout", "TIME",
            "Stop after this time: seconds, or with a unit (30, 1.5, 2m). The exit code is then 124."));
        options.add(new Option("--stats", null, "At the end, print counters to standard error."));
        options.add(new Option("--stats-format", "NAME", "text (default) or json. Implies --stats."));
        Observation.addOptions(options);
    }

    public String text(String name) {
        List<String> all = values.get(name);
        return all == null ? null : all.getLast();
    }

    /** All values of a repeatable option, in the order of the command line. */
    List<String> texts(String name) {
        return values.getOrDefault(name, List.of());
    }

    public boolean isSet(String name) {
        return values.containsKey(name);
    }

    List<String> words() {
        return words;
    }

    /** A file that is there, can be read and is not empty; null if the option was not given. */
    public Path inputFile(String name) {
        String text = text(name);
        if (text == null) {
            return null;
        }
        Path file = Path.of(text);
        String problem = null;
        if (!Files.exists(file)) {
            problem = "there is no file ";
        } else if (Files.isDirectory(file)) {
            problem = "not a file but a folder: ";
        } else if (!Files.isReadable(file)) {
            problem = "no permission to read ";
        } else if (Files.isRegularFile(file) && file.toFile().length() == 0) {
            problem = "empty file: ";
        }
        if (problem != null) {
            throw new UserException(name + ": " + problem + text);
        }
        return file;
    }

    /** A file to be written; null if the option was not given. */
    public Path outputFile(String name) {
        String text = text(name);
        if (text == null) {
            return null;
        }
        Path file = Path.of(text);
        Path parent = file.toAbsolutePath().getParent();
        if (Files.isDirectory(file) || parent == null || !Files.isDirectory(parent)
            || !(Files.exists(file) ? Files.isWritable(file) : Files.isWritable(parent))) {
            throw new UserException(name + ": cannot write " + text);
        }
        return file;
    }

    /** {@code --cpus}. */
    int cpus() {
        String text = text("--cpus");
        if (text == null) {
            return 1;
        }
        try {
            int number = Integer.parseInt(text.strip());
            if (number >= 1 && number <= VmLayout.MAX_CPUS) {
                return number;
            }
        } catch (NumberFormatException e) {
            // Reported below.
        }
        throw new UserException(ExitCode.USAGE, "--cpus: '" + text + "' is not a number from 1 to " + VmLayout.MAX_CPUS);
    }

    /** {@code --memory} in bytes: whole pages. */
    long memory() {
        String text = text("--memory");
        if (text == null) {
            return DEFAULT_MEMORY;
        }
        long bytes;
        try {
            bytes = Sizes.memory(text);
        } catch (IllegalArgumentException e) {
            throw new UserException(ExitCode.USAGE, "--memory: " + e.getMessage());
        }
        if (bytes < LEAST_MEMORY || bytes > MOST_MEMORY) {
            throw new UserException(ExitCode.USAGE, "--memory: " + text + " is outside of what the machine can have (64M to 255G)");
        }
        return bytes & -4096L;
    }

    /** {@code --cpu}. */
    CpuFeatures features() {
        String text = text("--cpu");
        try {
            return text == null ? CpuFeatures.DEFAULT : CpuFeatures.parse(text);
        } catch (IllegalArgumentException e) {
            throw new UserException(ExitCode.USAGE, "--cpu: " + e.getMessage());
        }
    }

    /** Which counters are printed. */
    Counters counters() {
        String format = text("--stats-format");
        if (format == null) {
            return isSet("--stats") ? Counters.TEXT : Counters.NONE;
        }
        return switch (format) {
            case "text" -> Counters.TEXT;
            case "json" -> Counters.JSON;
            default -> throw new UserException(ExitCode.USAGE, "--stats-format: '" + format + "' is none of text, json");
        };
    }

    /** {@code --timeout} in nanoseconds; 0 without it. */
    long timeout() {
        String text = text("--timeout");
        try {
            return text == null ? 0 : Sizes.duration(text);
        } catch (IllegalArgumentException e) {
            throw new UserException(ExitCode.USAGE, "--timeout: " + e.getMessage());
        }
    }
}
