package io.stele.tools.bench;

/**
 * Finds the marks of the guest's script among the lines of the console and takes their times. Lines of the guest's kernel may stand in
 * front of a mark.
 */
final class Marks {
    /** The first line of user space. */
    static final String STARTED = "stele: /init is running";
    private static final String BEGIN = "bench-begin ";
    private static final String END = "bench-end ";
    private static final String TOOK = "bench-took ";
    private static final String OUTPUT = "bench-output ";
    private static final String SAYS = "bench-says ";
    static final String DONE = "bench-done";

    private final Run run;
    private final long startNanos;
    private String current;
    private long operations;
    private long began;
    private String said = "";
    private boolean done;

    Marks(Run run, long startNanos) {
        this.run = run;
        this.startNanos = startNanos;
    }

    /** Takes a line of the console. @param nanos when it was complete */
    void line(String line, long nanos) {
        if (line.contains(STARTED)) {
            run.figures.put(Run.BOOT, new Run.Figure(nanos - startNanos, 1, "", ""));
        } else if (line.contains(BEGIN)) {
            String[] words = words(line, BEGIN);
            current = words[0];
            operations = words.length > 1 ? number(words[1]) : 1;
            began = nanos;
        } else if (line.contains(END)) {
            end(words(line, END), nanos);
        } else if (line.contains(TOOK)) {
            took(words(line, TOOK));
        } else if (line.contains(OUTPUT)) {
            String[] words = words(line, OUTPUT);
            Run.Figure figure = run.figures.get(words[0]);
            if (figure != null && words.length > 2) {
                run.figures.put(words[0], new Run.Figure(figure.nanos(), figure.operations(), words[1], words[2]));
            }
        } else if (line.contains(SAYS)) {
            said = line.substring(line.indexOf(SAYS) + SAYS.length()).strip();
            if (run.failure != null && !run.failure.contains(": ")) {
                run.failure += ": " + said;
            }
        } else if (line.contains(DONE)) {
            done = true;
        }
    }

    private void end(String[] words, long nanos) {
        if (!words[0].equals(current) || words.length < 2) {
            return;
        }
        if (words[1].equals("0")) {
            run.figures.put(current, new Run.Figure(nanos - began, operations, "", ""));
        } else if (run.failure == null) {
            run.failure = current + " ended with status " + words[1];
        }
        current = null;
    }

    /** A program's own account of its time, without its start. */
    private void took(String[] words) {
        Run.Figure figure = run.figures.get(words[0]);
        if (figure != null && words.length > 1) {
            run.figures.put(words[0], new Run.Figure(number(words[1]), figure.operations(), figure.output(), figure.rounded()));
        }
    }

    private static String[] words(String line, String mark) {
        return line.substring(line.indexOf(mark) + mark.length()).strip().split("\\s+");
    }

    private static long number(String text) {
        try {
            return Math.max(1, Long.parseLong(text));
        } catch (NumberFormatException e) {
            return 1;
        }
    }

    /** What is measured now; null between the figures. */
    String current() {
        return current;
    }

    /** Whether the script came to its end. */
    boolean isDone() {
        return done;
    }
}
