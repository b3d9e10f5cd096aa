package io.stele.tools.bench;

import io.stele.tools.report.UserException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** Runs jobs in processes, one after the other, and reads their consoles. Whatever a process does, it has ended afterwards. */
final class Runner {
    private static final int NANO_DIGITS = 9;
    private static final int LINE_BYTES = 4096;
    private static final long LOG_BYTES = 8 << 20;
    private static final long END_SECONDS = 10;

    private final Path logs;
    private final long limitNanos;
    private volatile Process current;
    private volatile boolean stopped;

    /** @param logs folder for consoles; null: they are not kept */
    Runner(Path logs, long limitNanos) {
        this.logs = logs;
        this.limitNanos = limitNanos;
    }

    /** Ends the process that runs, and all later ones at once; by any thread. */
    void stop() {
        stopped = true;
        kill(current);
    }

    boolean isStopped() {
        return stopped;
    }

    Run run(Target target, Job job, int round) {
        Run run = new Run(job.workload(), target.name(), round);
        String log = job.workload() + "-" + target.name() + "-" + round;
        try {
            Surroundings surroundings = Surroundings.make(job);
            try {
                HostLoad load = HostLoad.start(Path.of("/proc"));
                run(run, target, job, log);
                run.foreignLoad = load.foreign();
            } finally {
                surroundings.close();
            }
        } catch (IOException | UserException e) {
            run.failure = e.getMessage();
        }
        return run;
    }

    private void run(Run run, Target target, Job job, String log) throws IOException {
        Path errors = logs == null ? Files.createTempFile("stele-bench", ".errors") : logs.resolve(log + ".errors");
        try (OutputStream console = logs == null ? OutputStream.nullOutputStream()
            : new BufferedOutputStream(Files.newOutputStream(logs.resolve(log + ".console")))) {
            long started = System.nanoTime();
            Process process = new ProcessBuilder(target.command(job)).redirectInput(Path.of("/dev/null").toFile())
                .redirectError(errors.toFile()).start();
            current = process;
            if (stopped) {
                kill(process);
            }
            Marks marks = new Marks(run, started);
            Limit limit = new Limit(process, started + limitNanos);
            limit.start();
            String lastLine = "";
            try {
                lastLine = read(process.getInputStream(), marks, console);
            } catch (IOException e) {
                // Java closes the stream of a process that it kills.
                if (!limit.hit && !stopped) {
                    throw e;
                }
            }
            end(process);
            limit.interrupt();
            if (limit.hit) {
                run.failure = (marks.current() == null ? run.workload : marks.current()) + " did not end within "
                    + BigDecimal.valueOf(limitNanos, NANO_DIGITS).stripTrailingZeros().toPlainString() + " s (--time-limit)";
            } else if (run.failure == null && !marks.isDone()) {
                String lastError = lastLine(Files.readString(errors, StandardCharsets.ISO_8859_1));
                run.failure = target.name() + " ended" + (marks.current() == null ? "" : " during " + marks.current()) + " with status "
                    + process.exitValue() + (lastError.isEmpty() ? lastLine.isEmpty() ? "" : "; its last line: " + lastLine : ": " + lastError);
            }
        } finally {
            current = null;
            if (logs == null) {
                Files.deleteIfExists(errors);
            }
        }
    }

    /** Reads the console to its end. @return the last line */
    private static String read(InputStream in, Marks marks, OutputStream log) throws IOException {
        byte[] buffer = new byte[1 << 16];
        byte[] line = new byte[LINE_BYTES];
        int length = 0;
        long logged = 0;
        String last = "";
        for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
            long now = System.nanoTime();
            if (logged < LOG_BYTES) {
                log.write(buffer, 0, count);
                logged += count;
            }
            for (int i = 0; i < count; i++) {
                if (buffer[i] == '\n' || length == LINE_BYTES) {
                    last = take(line, length, marks, now, last);
                    length = 0;
                } else {
                    line[length++] = buffer[i];
                }
            }
        }
        return take(line, length, marks, System.nanoTime(), last);
    }

    /** @return the line, or the one before if it is empty */
    private static String take(byte[] line, int length, Marks marks, long nanos, String before) {
        String text = new String(line, 0, length, StandardCharsets.ISO_8859_1).strip();
        marks.line(text, nanos);
        return text.isEmpty() ? before : text;
    }

    /** What a program said went wrong: its last message; Stele's has a hint behind it, and perhaps counters. */
    private static String lastLine(String text) {
        String last = "";
        for (String line : text.split("\n")) {
            boolean message = line.startsWith("stele: ") && !line.contains("STELE_DEBUG");
            if (message || !text.contains("stele: ") && !line.isBlank()) {
                last = line.strip();
            }
        }
        return last;
    }

    private static void end(Process process) {
        try {
            if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
                kill(process);
                process.waitFor();
            }
        } catch (InterruptedException e) {
            kill(process);
            Thread.currentThread().interrupt();
        }
    }

    private static void kill(Process process) {
        if (process != null) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    /** Ends a process that takes too long. */
    private static final class Limit extends Thread {
        private final Process process;
        private final long deadline;
        private volatile boolean hit;

        Limit(Process process, long deadline) {
            super("time limit");
            setDaemon(true);
            this.process = process;
            this.deadline = deadline;
        }

        @Override
        public void run() {
            try {
                long millis = Math.max(1, (deadline - System.nanoTime()) / 1_000_000);
                if (!process.waitFor(millis, TimeUnit.MILLISECONDS)) {
                    hit = true;
                    kill(process);
                }
            } catch (InterruptedException e) {
                // The process has ended in time.
            }
        }
    }
}
