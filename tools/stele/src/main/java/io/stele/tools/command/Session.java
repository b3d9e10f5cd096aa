package io.stele.tools.command;

import io.stele.kvm.libc.Signals;
import io.stele.kvm.libc.Terminal;
import io.stele.platform.pl011.BatchingConsole;
import io.stele.platform.pl011.ConsoleSink;
import io.stele.tools.console.ConsoleQueue;
import io.stele.tools.console.EscapeFilter;
import io.stele.tools.console.PanicWatch;
import io.stele.tools.machine.Backend;
import io.stele.tools.machine.GuestMachine;
import io.stele.tools.machine.MachineConfig;
import io.stele.tools.machine.Outcome;
import io.stele.tools.report.ExitCode;
import io.stele.tools.report.UserException;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * One guest from start to end, with all that belongs to the host's side of it: the terminal's mode, the threads that carry input and
 * output, time-out, panic, and the ways out. Whatever happens, a signal included, the terminal is put back.
 */
final class Session implements AutoCloseable {
    private static final int STANDARD_INPUT = 0;
    private static final int QUEUE_BYTES = 1 << 16;
    private static final long PANIC_SILENCE_NANOS = 1_000_000_000;
    private static final long WATCH_MILLIS = 250;
    private static final long STOP_PATIENCE_MILLIS = 5000;
    private static final long SIGNAL_PATIENCE_MILLIS = 1000;
    /** How long a key is pressed. */
    private static final long BUTTON_MILLIS = 100;
    private static final long BUTTON_PAUSE_MILLIS = 3000;
    /** Behind the longest that systemd gives a service, 90 s by default. */
    private static final long SHUTDOWN_PATIENCE_MILLIS = 100_000;
    private static final long FLUSH_PATIENCE_MILLIS = 1000;

    private final Backend backend;
    private final ConsoleQueue input = new ConsoleQueue(QUEUE_BYTES);
    private final ReadableByteChannel standardInput = new FileInputStream(FileDescriptor.in).getChannel();
    private final BatchingConsole output;
    private final Counters counters;
    private final Thread hook = new Thread(this::onShutdown);
    private BatchingConsole errors;
    private PanicWatch panicWatch;
    private Terminal terminal;
    private GuestMachine machine;
    private StopReason stopReason;
    private String statistics = "";
    private String whereabouts = "";
    private int exitCodeIfStuck;
    private volatile boolean machineEnded;
    /** The machine has ended, and what it leaves is being taken from it and stored: counters, listings, translations. */
    private boolean finishing;
    private volatile boolean closed;
    private volatile Predicate<String> signalTarget;
    private volatile BiConsumer<Integer, Integer> sizeTarget;
    private int lastSize;

    /**
     * @param output where the guest's console, or its command's output, goes; null for standard output
     * @param counters of the last machine that are printed to standard error at the end
     */
    Session(Backend backend, FileOutputStream output, Counters counters) {
        this.backend = backend;
        this.counters = counters;
        this.output = new BatchingConsole(output == null ? new FileOutputStream(FileDescriptor.out) : output,
            cause -> stop(StopReason.OUTPUT_CLOSED));
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** Standard input, without buffering, until the session ends. */
    ReadableByteChannel standardInput() {
        return standardInput;
    }

    static boolean inputIsTerminal() {
        return Terminal.isTerminal(STANDARD_INPUT);
    }

    /** Rows in the upper, columns in the lower 16 bits; 0 if standard input is no terminal. */
    static int terminalSize() {
        return inputIsTerminal() ? Terminal.size(STANDARD_INPUT) : 0;
    }

    /** Where the guest's bytes go, in batches. */
    BatchingConsole output() {
        return output;
    }

    /** Where bytes for standard error go, in batches. To be asked for before the machine runs. */
    BatchingConsole errors() {
        if (errors == null) {
            errors = new BatchingConsole(new FileOutputStream(FileDescriptor.err), cause -> { });
        }
        return errors;
    }

    ConsoleQueue input() {
        return input;
    }

    /** Puts the terminal at standard input into raw mode. */
    void makeTerminalRaw() {
        terminal = Terminal.makeRaw(STANDARD_INPUT);
    }

    /**
     * What becomes of a signal to this program, in the place of the guest's power button.
     *
     * @param target takes the signal's name without SIG and says whether the guest will end of it
     */
    void onSignal(Predicate<String> target) {
        signalTarget = target;
    }

    /** Has a terminal follow the size of this program's. @param target takes rows and columns, at once and after each change */
    void followSize(BiConsumer<Integer, Integer> target) {
        sizeTarget = target;
        updateSize();
    }

    private void updateSize() {
        int size = terminalSize();
        if (sizeTarget != null && size != 0 && size != lastSize) {
            lastSize = size;
            sizeTarget.accept(size >>> 16, size & 0xffff);
        }
    }

    /** Carries out what the keys behind Ctrl-A ask for. */
    void command(EscapeFilter.Command command) {
        switch (command) {
            case QUIT -> stop(StopReason.QUIT);
            case HELP -> print("\n" + EscapeFilter.HELP_TEXT);
        }
    }

    private void print(String text) {
        for (int i = 0; i < text.length(); i++) {
            output.put((byte) text.charAt(i));
        }
    }

    /** Ends the guest after a time. @param nanos how long; 0: never */
    void startTimeout(long nanos) {
        if (nanos > 0) {
            Thread.ofPlatform().daemon().name("timeout").start(() -> {
                sleep(nanos / 1_000_000);
                stop(StopReason.TIMEOUT);
            });
        }
    }

    /** Ends the guest, by any thread; the first reason counts. */
    void stop(StopReason reason) {
        synchronized (this) {
            if (stopReason != null) {
                return;
            }
            stopReason = reason;
            if (machine != null) {
                machine.requestStop();
            }
        }
        Thread.ofPlatform().daemon().name("stop").start(this::endStuckMachine);
    }

    /** A machine that does not obey must not keep the user's terminal. */
    private void endStuckMachine() {
        sleep(STOP_PATIENCE_MILLIS);
        if (!machineEnded) {
            restoreTerminal();
            System.err.println("stele: the machine did not stop; giving up");
            Runtime.getRuntime().halt(stopReason() == StopReason.TIMEOUT ? ExitCode.TIMEOUT : exitCodeIfStuck);
        }
    }

    /** Why the host ended the guest; null if it did not. */
    synchronized StopReason stopReason() {
        return stopReason;
    }

    /** What becomes of {@link StopReason#TIMEOUT}: where the guest was says what it waited for. */
    UserException timeIsOver(Arguments options) {
        return new UserException(ExitCode.TIMEOUT, "stopped after " + options.text("--timeout") + " (--timeout): " + whereabouts);
    }

    /** What the guest's kernel said when it panicked; null if it did not. */
    String panicMessage() {
        return panicWatch != null && panicWatch.panicked() ? panicWatch.message() : null;
    }

    /**
     * Runs one machine to its end. After {@link Outcome#RESET} the caller may run the next one.
     *
     * @param configuration makes the configuration for the sink of the serial port
     * @param sink who gets the serial port's bytes
     * @param atEnd called with the machine after it ran
     */
    Outcome run(Function<ConsoleSink, MachineConfig> configuration, ConsoleSink sink, AtEnd atEnd, int exitCodeOnStop) throws IOException {
        PanicWatch watch = new PanicWatch(sink);
        panicWatch = watch;
        exitCodeIfStuck = exitCodeOnStop;
        machineEnded = false;
        try (GuestMachine made = backend.create(configuration.apply(watch))) {
            synchronized (this) {
                if (stopReason != null) {
                    return Outcome.STOPPED;
                }
                machine = made;
            }
            Thread watcher = Thread.ofPlatform().daemon().name("watch").start(() -> watch(watch));
            try {
                return made.run();
            } finally {
                watcher.interrupt();
                finishing(true);
                statistics = counters.of(made);
                if (stopReason() == StopReason.TIMEOUT) {
                    whereabouts = made.whereabouts();
                }
                atEnd.accept(made);
            }
        } finally {
            finishing(false);
        }
    }

    private synchronized void finishing(boolean begins) {
        machine = null;
        machineEnded = true;
        finishing = begins;
        notifyAll();
    }

    /** Takes what it wants from a machine that has ended. */
    @FunctionalInterface
    interface AtEnd {
        void accept(GuestMachine machine) throws IOException;
    }

    private void watch(PanicWatch watch) {
        while (sleep(WATCH_MILLIS) && !closed) {
            updateSize();
            if (watch.isOver(PANIC_SILENCE_NANOS)) {
                stop(StopReason.PANIC);
                return;
            }
        }
    }

    private static boolean sleep(long millis) {
        try {
            Thread.sleep(millis);
            return true;
        } catch (InterruptedException e) {
            return false;
        }
    }

    private synchronized void restoreTerminal() {
        if (terminal != null) {
            terminal.close();
        }
    }

    /** After a signal. A machine that stops at once leaves what was asked for. */
    private void onShutdown() {
        restoreTerminal();
        shutDown();
        stop(StopReason.SIGNAL);
        awaitEnd();
        closed = true;
        conclude(FLUSH_PATIENCE_MILLIS);
        System.err.println((terminal == null ? "" : "\n") + "stele: ended by a signal");
    }

    /**
     * Lets a command that gets signals, or a system that listens to its power button, end in order. A second signal then ends this program at
     * once.
     */
    private void shutDown() {
        GuestMachine running;
        synchronized (this) {
            running = stopReason == null ? machine : null;
        }
        if (running == null) {
            return;
        }
        boolean button = signalTarget == null;
        String signal = Signals.causeOfShutdown();
        if (button ? !running.powerButton(true) : !signalTarget.test(signal)) {
            return;
        }
        Signals.restoreDefaults();
        System.err.println(button ? "stele: pressed the guest's power button; a second signal stops it at once"
            : "stele: passed SIG" + signal + " to the command; a second signal stops the guest at once");
        try {
            awaitShutDown(running, button);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** @param button it is pressed, again and again: a kernel that has just loaded its driver has nobody yet who listens */
    private synchronized void awaitShutDown(GuestMachine running, boolean button) throws InterruptedException {
        long end = System.nanoTime() + SHUTDOWN_PATIENCE_MILLIS * 1_000_000;
        boolean pressed = button;
        long left = SHUTDOWN_PATIENCE_MILLIS;
        while (machine == running && left > 0) {
            wait(Math.min(left, pressed ? BUTTON_MILLIS : button ? BUTTON_PAUSE_MILLIS : left));
            if (button && machine == running) {
                pressed = !pressed;
                running.powerButton(pressed);
            }
            left = (end - System.nanoTime()) / 1_000_000;
        }
    }

    private synchronized void awaitEnd() {
        try {
            if (machine != null) {
                wait(SIGNAL_PATIENCE_MILLIS);
            }
            while (finishing) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void conclude(long patienceMillis) {
        flush(output, patienceMillis);
        if (errors != null) {
            flush(errors, patienceMillis);
        }
        System.err.print(statistics);
        closeInput();
    }

    /** Ends the thread that waits in standard input: the JVM waits for it for 0.3 s before it ends. The terminal has been restored. */
    private void closeInput() {
        try {
            standardInput.close();
        } catch (IOException e) {
            // Nobody reads it any more.
        }
    }

    /**
     * Waits until all output is written.
     *
     * @param patienceMillis how long at most, as a reader may have stopped reading for good; 0: for ever
     */
    private static void flush(BatchingConsole console, long patienceMillis) {
        Thread flusher = Thread.ofPlatform().daemon().name("console flush").start(() -> {
            try {
                console.close();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        try {
            flusher.join(patienceMillis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        // What the guest wrote is not to be lost, but a guest that was stopped by force may have been stopped because nobody reads.
        StopReason reason = stopReason();
        closed = true;
        restoreTerminal();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The hook is at work, and does the rest.
            return;
        }
        conclude(reason == null || reason == StopReason.COMMAND_ENDED ? 0 : FLUSH_PATIENCE_MILLIS);
    }
}
