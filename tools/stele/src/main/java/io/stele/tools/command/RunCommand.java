package io.stele.tools.command;

import io.stele.arm64.system.CpuFeatures;
import io.stele.platform.boot.BootFile;
import io.stele.tools.disk.DiskFile;
import io.stele.tools.guest.GuestCache;
import io.stele.tools.guest.GuestImage;
import io.stele.tools.machine.Backend;
import io.stele.tools.machine.MachineConfig;
import io.stele.tools.machine.Outcome;
import io.stele.tools.machine.Translations;
import io.stele.tools.report.ExitCode;
import io.stele.tools.report.Progress;
import io.stele.tools.report.UserException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@code stele run}. */
public final class RunCommand implements Command {
    /** Only messages of a dying kernel reach the console. */
    private static final String APPEND = "console=ttyAMA0 loglevel=1 panic=-1";

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
        options.add(new Option("--workdir", "DIR", "The command's working directory. Default: its user's home.").or("-w"));
        options.add(new Option("--env", "NAME=VALUE", "A variable of the command's environment; several.", true).or("-e"));
        options.add(new Option("--user", "NAME[:GROUP]", "Who runs the command: names or numbers of the guest. Default: root.").or("-u"));
        options.add(new Option("--tty", null, "Give the command a terminal, though the standard streams are none.").or("-t"));
        options.add(new Option("--interactive", null, "For the habit: standard input is always connected.").or("-i"));
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
        checkVariables(options.texts("--env"));
        try (Devices devices = Devices.open(options); Session session = new Session(backend, null, options.counters())) {
            if (options.isSet("--rootfs")) {
                observation.rootFolder(Path.of(options.text("--rootfs")));
            }
            backend.checkHost();
            GuestImage guest = GuestCache.ofUser().guestWithModules(Progress.toStandardError());
            RunConsole console = new RunConsole(session, options.isSet("--tty"));
            devices.add(console.device());
            byte[] initramfs = guest.commandInitramfs(console.streams(), devices.environment(options), command);
            session.startTimeout(timeout);
            Outcome outcome = session.run(
                watch -> new MachineConfig(cpus, memory, features, guest.kernel(), null, BootFile.of("initrd", initramfs), APPEND, null,
                    watch, NoInput.INSTANCE, translations(options), observation.recording(), devices.list()),
                value -> { }, machine -> {
                    if (session.stopReason() == null) {
                        console.drain();
                    }
                    observation.conclude(machine);
                }, ExitCode.RUN_ERROR);
            return end(outcome, session, console, options);
        }
    }

    private static Translations translations(Arguments options) {
        List<String> disks = options.texts("--disk");
        Path medium = options.isSet("--rootfs") ? Path.of(options.text("--rootfs"))
            : disks.isEmpty() ? null : Path.of(DiskFile.parse(disks.getFirst()).path());
        return new Translations(GuestCache.ofUser().translationFolder(), medium);
    }

    private static void checkVariables(List<String> variables) {
        for (String variable : variables) {
            if (!variable.matches("(?s)[A-Za-z_][A-Za-z0-9_]*=.*")) {
                throw new UserException(ExitCode.USAGE, "--env: '" + variable + "' is not NAME=VALUE");
            }
        }
    }

    private static int end(Outcome outcome, Session session, RunConsole console, Arguments options) {
        StopReason reason = session.stopReason();
        String panic = session.panicMessage();
        session.close();
        if (console.status() >= 0) {
            return console.status();
        }
        if (console.failure() != null) {
            throw new UserException(ExitCode.RUN_ERROR, console.failure());
        }
        if (reason == StopReason.QUIT || reason == StopReason.SIGNAL) {
            return ExitCode.INTERRUPTED;
        }
        if (reason == StopReason.TIMEOUT) {
            throw session.timeIsOver(options);
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
}
