package io.stele.tools.command;

import io.stele.arm64.system.CpuFeatures;
import io.stele.platform.boot.BootException;
import io.stele.platform.boot.BootFile;
import io.stele.platform.pl011.ConsoleSink;
import io.stele.platform.virtio.VirtioDevice;
import io.stele.tools.console.EscapeFilter;
import io.stele.tools.console.StdinPump;
import io.stele.tools.disk.BootFiles;
import io.stele.tools.disk.DiskFile;
import io.stele.tools.guest.GuestCache;
import io.stele.tools.guest.GuestImage;
import io.stele.tools.machine.Backend;
import io.stele.tools.machine.MachineConfig;
import io.stele.tools.machine.Outcome;
import io.stele.tools.machine.Recording;
import io.stele.tools.report.ExitCode;
import io.stele.tools.report.Progress;
import io.stele.tools.report.UserException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** {@code stele boot}. */
public final class BootCommand implements Command {
    /** The default guest's command line. {@code panic=-1} turns a panic into a reset, which ends the command. */
    static final String DEFAULT_APPEND = "console=ttyAMA0 panic=-1";

    private final Backend backend;

    /** @param backend makes the machines */
    public BootCommand(Backend backend) {
        this.backend = backend;
    }

    @Override
    public String name() {
        return "boot";
    }

    @Override
    public String description() {
        return "Boots an arm64 Linux, with its console on this terminal. Without --kernel: Debian's arm64 kernel and a busybox shell.";
    }

    @Override
    public String[] footer() {
        return new String[] {
            "",
            "If standard input is no terminal, its bytes are the serial port's; what comes before the guest listens is lost.",
            "Keys on the console: Ctrl-A X quits, Ctrl-A H helps, Ctrl-A Ctrl-A sends a Ctrl-A.",
            "",
            "Exit codes: 0 the guest powered off, or Ctrl-A X; 1 error; 2 wrong usage; 3 the guest panicked; 124 --timeout;",
            "129, 130, 143 ended by SIGHUP, SIGINT, SIGTERM; 141 standard output was closed. A reboot starts the machine again."};
    }

    @Override
    public List<Option> options() {
        List<Option> options = new ArrayList<>(List.of(
            new Option("--kernel", "FILE", 
                "Kernel: arm64 Image, gzip'd Image, EFI zboot, ELF or flat binary. Default: the first disk's; without disks Debian's."),
            new Option("--initrd", "FILE", "Initial RAM disk. Default: the first disk's; without disks busybox with a shell; none with --kernel."),
            new Option("--append", "TEXT", "The whole kernel command line. Default: " + DEFAULT_APPEND + "."),
            new Option("--dtb", "FILE", "Device tree to use instead of the built-in one."),
            new Option("--dump-dtb", "FILE", "Write the device tree and do not boot."),
            new Option("--console", "WHERE",
                "stdio (default), file:PATH (output only), or none: where the guest's serial port is connected.")));
        Devices.addOptions(options);
        Arguments.addMachineOptions(options);
        return options;
    }

    @Override
    public int failureCode() {
        return ExitCode.ERROR;
    }

    @Override
    public int run(Arguments options) throws IOException {
        Observation observation = Observation.of(options);
        Path dumpDtb = options.outputFile("--dump-dtb");
        long timeout = options.timeout();
        Console console = Console.parse(options.text("--console"));
        try (Devices devices = Devices.open(options)) {
            MachineConfig config = configuration(options, observation.recording(), devices.list());
            try {
                if (dumpDtb != null) {
                    Files.write(dumpDtb, backend.deviceTree(config));
                    return ExitCode.OK;
                }
                return boot(config, console, timeout, observation, options);
            } finally {
                if (config.initrd() != null) {
                    config.initrd().close();
                }
            }
        }
    }

    private int boot(MachineConfig config, Console console, long timeout, Observation observation, Arguments options) throws IOException {
        try (FileOutputStream file = console.open(); Session session = new Session(backend, file, options.isSet("--stats"))) {
            connectInput(session, console);
            session.startTimeout(timeout);
            ConsoleSink sink = console.kind == Console.Kind.NONE ? value -> { } : session.output();
            Outcome outcome;
            do {
                outcome = session.run(watch -> withConsole(config, watch, session), sink, observation::conclude,
                    ExitCode.ERROR);
            } while (outcome == Outcome.RESET && session.panicMessage() == null);
            return end(outcome, session, options);
        }
    }

    private void connectInput(Session session, Console console) {
        if (console.kind != Console.Kind.STDIO) {
            return;
        }
        if (Session.inputIsTerminal()) {
            session.makeTerminalRaw();
            StdinPump.keys(Session.standardInput(), session.input(), new EscapeFilter(session::command)).start();
        } else {
            StdinPump.plain(Session.standardInput(), session.input()).start();
        }
    }

    private static int end(Outcome outcome, Session session, Arguments options) {
        String panic = session.panicMessage();
        StopReason reason = session.stopReason();
        session.close();
        if (panic != null && (outcome == Outcome.RESET || reason == StopReason.PANIC)) {
            throw new UserException(ExitCode.PANIC, "the guest's kernel panicked: " + panic);
        }
        if (outcome != Outcome.STOPPED || reason == null) {
            return ExitCode.OK;
        }
        return switch (reason) {
            case TIMEOUT -> throw new UserException(ExitCode.TIMEOUT, "stopped after " + options.text("--timeout") + " (--timeout)");
            case OUTPUT_CLOSED -> throw new UserException(ExitCode.OUTPUT_CLOSED, "standard output was closed");
            case QUIT -> {
                System.err.println();
                yield ExitCode.OK;
            }
            default -> ExitCode.OK;
        };
    }

    private static MachineConfig withConsole(MachineConfig config, ConsoleSink output, Session session) {
        return new MachineConfig(config.cpus(), config.memoryBytes(), config.features(), config.kernel(), config.initrd(), config.append(), config.dtb(), output, session.input(),
            config.translations(), config.recording(), config.devices());
    }

    private static MachineConfig configuration(Arguments options, Recording recording, List<VirtioDevice> devices) throws IOException {
        long memory = options.memory();
        CpuFeatures features = options.features();
        Path kernel = options.inputFile("--kernel");
        Path initrd = options.inputFile("--initrd");
        Path dtb = options.inputFile("--dtb");
        List<String> disks = options.texts("--disk");
        if (kernel == null && initrd == null && !disks.isEmpty()) {
            return fromDisk(options, DiskFile.parse(disks.getFirst()), dtb, recording, devices);
        }
        String append = options.text("--append");
        BootFile initrdFile = initrd == null ? null : open(initrd);
        if (kernel == null) {
            GuestImage guest = GuestCache.ofUser().guest(Progress.toStandardError());
            kernel = guest.kernel();
            if (initrdFile == null) {
                int size = Session.terminalSize();
                initrdFile = BootFile.of("initrd", guest.shellInitramfs(terminalType(), size >>> 16, size & 0xffff));
            }
        }
        return new MachineConfig(options.cpus(), memory, features, kernel, initrdFile, append == null ? DEFAULT_APPEND : append, dtb, null, null,
            GuestCache.ofUser().translationFolder(), recording, devices);
    }

    private static MachineConfig fromDisk(Arguments options, DiskFile disk, Path dtb, Recording recording, List<VirtioDevice> devices)
        throws IOException {
        GuestCache cache = GuestCache.ofUser();
        BootFiles files = BootFiles.of(Path.of(disk.path()), cache.imageFolder());
        String append = options.isSet("--append") ? options.text("--append")
            : DEFAULT_APPEND + " root=" + files.root() + (disk.readOnly() ? " ro" : " rw");
        return new MachineConfig(options.cpus(), options.memory(), options.features(), files.kernel(), files.initrd() == null ? null : open(files.initrd()), append, dtb, null, null,
            cache.translationFolder(), recording, devices);
    }

    static String terminalType() {
        String term = System.getenv("TERM");
        return term == null || term.isEmpty() ? "vt100" : term;
    }

    private static BootFile open(Path initrd) {
        try {
            return BootFile.open("initrd", initrd);
        } catch (BootException e) {
            throw new UserException(e.getMessage());
        }
    }

    /** Where the serial port is connected. */
    private record Console(Kind kind, String path) {
        enum Kind { STDIO, FILE, NONE }

        static Console parse(String text) {
            if (text == null || text.equals("stdio")) {
                return new Console(Kind.STDIO, null);
            }
            if (text.equals("none")) {
                return new Console(Kind.NONE, null);
            }
            if (text.startsWith("file:") && text.length() > "file:".length()) {
                return new Console(Kind.FILE, text.substring("file:".length()));
            }
            throw new UserException(ExitCode.USAGE, "--console: '" + text + "' is none of stdio, file:PATH, none");
        }

        /** The file, or null for standard output. */
        FileOutputStream open() {
            try {
                return kind == Kind.FILE ? new FileOutputStream(path) : null;
            } catch (IOException e) {
                throw new UserException("--console: cannot write " + e.getMessage());
            }
        }
    }
}
