package io.stele.tools.command;

import io.stele.arm64.system.CpuFeatures;
import io.stele.kvm.libc.Terminal;
import io.stele.platform.boot.BootFile;
import io.stele.platform.pl011.BatchingConsole;
import io.stele.tools.console.EscapeFilter;
import io.stele.tools.console.RunFilter;
import io.stele.tools.console.StdinPump;
import io.stele.tools.guest.GuestCache;
import io.stele.tools.guest.GuestImage;
import io.stele.tools.guest.RunEnvironment;
import io.stele.tools.machine.Backend;
import io.stele.tools.machine.MachineConfig;
import io.stele.tools.machine.Outcome;
import io.stele.tools.report.ExitCode;
import io.stele.tools.report.Progress;
import io.stele.tools.report.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@code stele run}. */
public final class RunCommand implements Command {
    /** Only messages of a dying kernel reach the console. */
    private static final String APPEND = "console=ttyAMA0 loglevel=1 panic=-1";
    private static final int STANDARD_OUTPUT = 1;
    private static final int STANDARD_ERROR = 2;

    private final Backend backend;

    /** @param backend makes the machines */
    public RunCommand(Backend backend) {
        this.backend = backend;
    }

    @Override
    public String name() {
        return "run";
    }

    @Override
    public String description() {
        return "Runs one command in the default guest, on a disk's system or in a folder, with standard input, output and error connected.";
    }

    @Override
    public String[] footer() {
        return new String[] {
            "",
            "Exit codes: the command's status (128 plus the number for a signal, 126 and 127 as in a shell); 2 wrong usage;",
            "123 the guest panicked; 124 --timeout; 125 Stele failed; 129, 130, 143 ended by SIGHUP, SIGINT (or Ctrl-A X), SIGTERM;",
            "141 standard output was closed."};
    }

    @Override
    public List<Option> options() {
        List<Option> options = new ArrayList<>();
        Devices.addOptions(options);
        options.add(new Option("--rootfs", "DIR", "Run the command in this folder of the host as root file system: any unpacked arm64 root."));
        options.add(new Option("--ephemeral", null, "With --rootfs: the folder is not changed."));
        options.add(new Option("--workdir", "DIR", "The command's working directory. Default: /root."));
        Arguments.addMachineOptions(options);
        return options;
    }

    @Override
    public String wordsLabel() {
        return "CMD";
    }

    @Override
    public String wordsDescription() {
        return "The command and its arguments, best behind \"--\". The default guest's programs are those of busybox.";
    }

    @Override
    public int failureCode() {
        return ExitCode.RUN_ERROR;
    }

    @Override
    public int run(Arguments options) throws IOException {
        List<String> command = options.words();
        Observation observation = Observation.of(options);
        int cpus = options.cpus();
        long memory = options.memory();
        CpuFeatures features = options.features();
        long timeout = options.timeout();
        boolean keyboard = Session.inputIsTerminal();
        boolean separateErrors = !(Terminal.isTerminal(STANDARD_OUTPUT) && Terminal.isTerminal(STANDARD_ERROR));
        int size = Session.terminalSize();
        String word = GuestImage.newWord();
        try (Devices devices = Devices.open(options)) {
            RunEnvironment environment = devices.environment(options);
            if (options.isSet("--rootfs")) {
                observation.rootFolder(Path.of(options.text("--rootfs")));
            }
            GuestCache cache = GuestCache.ofUser();
            GuestImage guest = environment.needsModules() ? cache.guestWithModules(Progress.toStandardError())
                : cache.guest(Progress.toStandardError());
            byte[] initramfs = guest.commandInitramfs(word,
                new GuestImage.Connection(keyboard, inputIsNull(), separateErrors, BootCommand.terminalType(), size >>> 16, size & 0xffff),
                environment, command);
            try (Session session = new Session(backend, null, options.isSet("--stats"))) {
                Parts parts = new Parts(session, keyboard);
                session.startTimeout(timeout);
                Outcome outcome = session.run(
                    watch -> new MachineConfig(cpus, memory, features, guest.kernel(), BootFile.of("initrd", initramfs), APPEND, null, watch, session.input(),
                        GuestCache.ofUser().translationFolder(), observation.recording(), devices.list()),
                    new RunFilter(word, parts), observation::conclude, ExitCode.RUN_ERROR);
                return end(outcome, session, parts, options);
            }
        } catch (UserException e) {
            throw e.exitCode() == ExitCode.ERROR ? new UserException(ExitCode.RUN_ERROR, e.getMessage()) : e;
        }
    }

    private static int end(Outcome outcome, Session session, Parts parts, Arguments options) {
        StopReason reason = session.stopReason();
        String panic = session.panicMessage();
        session.close();
        if (parts.status >= 0) {
            return parts.status;
        }
        if (reason == StopReason.QUIT || reason == StopReason.SIGNAL) {
            return ExitCode.INTERRUPTED;
        }
        if (reason == StopReason.TIMEOUT) {
            throw new UserException(ExitCode.TIMEOUT, "stopped after " + options.text("--timeout") + " (--timeout)");
        }
        if (reason == StopReason.OUTPUT_CLOSED) {
            throw new UserException(ExitCode.OUTPUT_CLOSED, "standard output was closed");
        }
        if (panic != null) {
            throw new UserException(ExitCode.RUN_PANIC, "the guest's kernel panicked: " + panic);
        }
        throw new UserException(ExitCode.RUN_ERROR,
            "the guest " + (outcome == Outcome.RESET ? "rebooted" : "powered off") + " before the command had ended");
    }

    /** Whether standard input is /dev/null. */
    private static boolean inputIsNull() {
        try {
            return Files.isSameFile(Path.of("/proc/self/fd/0"), Path.of("/dev/null"));
        } catch (IOException e) {
            // No standard input at all.
            return true;
        }
    }

    /** Hands the parts of the guest's output to where they belong. */
    private static final class Parts implements RunFilter.Listener {
        private final Session session;
        private final BatchingConsole errors;
        private final boolean keyboard;
        private volatile int status = -1;

        Parts(Session session, boolean keyboard) {
            this.session = session;
            errors = session.errors();
            this.keyboard = keyboard;
            if (keyboard) {
                session.makeTerminalRaw();
                StdinPump.keys(Session.standardInput(), session.input(), new EscapeFilter(session::command)).start();
            }
        }

        @Override
        public void begun() {
            if (!keyboard) {
                StdinPump.quoted(Session.standardInput(), session.input()).start();
            }
        }

        @Override
        public void output(byte value) {
            session.output().put(value);
        }

        @Override
        public void error(byte value) {
            errors.put(value);
        }

        @Override
        public void ended(int newStatus) {
            status = newStatus;
            session.stop(StopReason.COMMAND_ENDED);
        }
    }
}
