package io.stele.tools.command;

import io.stele.codegen.listing.ListingRows;
import io.stele.codegen.listing.TextRows;
import io.stele.tools.dump.HtmlRows;
import io.stele.tools.dump.JsonRows;
import io.stele.tools.machine.GuestMachine;
import io.stele.tools.machine.Recording;
import io.stele.tools.report.ExitCode;
import io.stele.tools.report.Progress;
import io.stele.tools.report.UserException;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What {@code boot} and {@code run} show of a run when it has ended: generated code, its hottest blocks, a profile. */
final class Observation {
    private static final int MOST_BLOCKS = 1000;

    private final Path code;
    private final int hottest;
    private final String place;
    private final boolean passes;
    private final Path profile;
    private final Path events;
    private final boolean counters;
    private final List<Path> symbols = new ArrayList<>();

    private Observation(Arguments options) {
        code = options.outputFile("--dump-code");
        hottest = hottest(options.text("--dump-hot"));
        place = place(options.text("--dump-at"), hottest);
        passes = options.isSet("--passes");
        profile = options.outputFile("--profile");
        events = options.outputFile("--events");
        counters = options.counters() != Counters.NONE;
        for (String text : options.texts("--symbols")) {
            Path path = Path.of(text);
            if (!Files.isReadable(path)) {
                throw new UserException("--symbols: " + (Files.exists(path) ? "no permission to read " : "there is no ") + text);
            }
            symbols.add(path);
        }
        if (passes && code == null && hottest == 0 && place == null) {
            throw new UserException(ExitCode.USAGE, "--passes says what to list of generated code: with --dump-hot, --dump-at or --dump-code, please");
        }
        if (hottest == 0 && place == null && isPage()) {
            throw new UserException(ExitCode.USAGE, "--dump-code: " + code + " would have all code of the run; --dump-hot N or --dump-at PLACE say which");
        }
    }

    static Observation of(Arguments options) {
        return new Observation(options);
    }

    static void addOptions(List<Option> options) {
        options.add(new Option("--dump-code", "FILE",
            "At the end, write the generated code: guest instruction, IR and x86 side by side. With one of the next two also as NAME.html or NAME.json."));
        options.add(new Option("--dump-hot", "N", "At the end, list the N blocks that took most time, to --dump-code's file or standard error."));
        options.add(new Option("--dump-at", "PLACE", "The same for a function of the guest's kernel or of a program of --symbols (FUNCTION or PROGRAM:FUNCTION), or the block at an address (0x...)."));
        options.add(new Option("--passes", null, "In these lists, also the IR of each block before and after each pass."));
        options.add(new Option("--profile", "FILE", "At the end, write where the guest spent its time, as folded stacks for flame graphs."));
        options.add(new Option("--events", "FILE", "At the end, write requests, page faults, translations and VM exits as a flight recording of the JVM (.jfr)."));
        options.add(new Option("--symbols", "PATH", "For --profile and --dump-at: a program or library of the guest with its symbols, or a folder of them.", true));
    }

    private static int hottest(String text) {
        if (text == null) {
            return 0;
        }
        try {
            int count = Integer.parseInt(text);
            if (count > 0 && count <= MOST_BLOCKS) {
                return count;
            }
        } catch (NumberFormatException e) {
            // Reported below.
        }
        throw new UserException(ExitCode.USAGE, "--dump-hot: '" + text + "' is not a number from 1 to " + MOST_BLOCKS);
    }

    private static String place(String text, int hottest) {
        if (text == null) {
            return null;
        }
        if (hottest > 0) {
            throw new UserException(ExitCode.USAGE, "--dump-at and --dump-hot: one of them, please");
        }
        if (text.startsWith("0x")) {
            try {
                Long.parseUnsignedLong(text.substring(2), 16);
            } catch (NumberFormatException e) {
                throw new UserException(ExitCode.USAGE, "--dump-at: '" + text + "' is not an address in hexadecimal");
            }
        }
        return text;
    }

    private boolean isPage() {
        return code != null && (code.toString().endsWith(".html") || code.toString().endsWith(".json"));
    }

    /** What the machine has to keep for it. */
    Recording recording() {
        return new Recording(code != null || hottest > 0 || place != null, passes, profile != null || hottest > 0, events != null, counters);
    }

    /** Also takes the programs of a folder, where it is the guest's root. */
    void rootFolder(Path folder) {
        symbols.add(folder);
    }

    /** Writes what was asked for. @param machine has ended */
    void conclude(GuestMachine machine) throws IOException {
        if (profile != null) {
            write("the profile", "--profile", profile, () -> writeText(profile, out -> machine.writeProfile(symbols, out)));
        }
        if (events != null) {
            write("the events", "--events", events, () -> machine.writeEvents(events));
        }
        if (code != null) {
            write("the generated code", "--dump-code", code, () -> writeText(code, out -> writeCode(machine, out)));
        } else if (hottest > 0 || place != null) {
            StringBuilder text = new StringBuilder();
            list(machine, new TextRows(text));
            System.err.print(text);
        }
    }

    @FunctionalInterface
    private interface Writing {
        void run() throws IOException;
    }

    @FunctionalInterface
    private interface Text {
        void writeTo(Writer out) throws IOException;
    }

    private static void write(String what, String option, Path file, Writing writing) {
        Progress.toStandardError().step("writing " + what + " to " + file);
        try {
            writing.run();
        } catch (IOException e) {
            throw new UserException(option + ": cannot write " + file + ": " + e.getMessage());
        }
    }

    private static void writeText(Path file, Text text) throws IOException {
        try (Writer out = Files.newBufferedWriter(file, StandardCharsets.UTF_8)) {
            text.writeTo(out);
        }
    }

    private void writeCode(GuestMachine machine, Writer out) throws IOException {
        if (code.toString().endsWith(".html")) {
            HtmlRows rows = new HtmlRows();
            list(machine, rows);
            out.write(rows.text());
        } else if (code.toString().endsWith(".json")) {
            JsonRows rows = new JsonRows();
            list(machine, rows);
            out.write(rows.text());
        } else {
            list(machine, new TextRows(out));
        }
    }

    private void list(GuestMachine machine, ListingRows rows) throws IOException {
        if (hottest > 0) {
            machine.dumpHot(hottest, rows);
        } else if (place != null) {
            machine.dumpPlace(place, symbols, rows);
        } else {
            machine.dumpCode(rows);
        }
    }
}
