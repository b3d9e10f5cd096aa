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
import io.stele.tools.machine.Translations;
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

    private static final String VARIABLES = ".efivars";

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
            new Option("--firmware", null,
                "Start Debian's UEFI firmware, which boots from a disk or the network. Its variables are kept beside the first disk."),
            new Option("--append", "TEXT", "The whole kernel command line. Default: " + DEFAULT_APPEND + "."),
            new Option("--dtb", "FILE", "Device tree to use instead of the built-in one."),
            new Option("--dump-dtb", "FILE", "Write the device tree and do not boot."),
            new Option("--console", "WHERE",
                "Where the guest's serial port, ttyAMA0, is connected: stdio (default), file:PATH (output only), none; or hvc: hvc0 is"
                    + " connected to stdio, faster and with the terminal's size; the serial port is shown until the guest writes to hvc0.")));
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
        try (Devices devices = Devices.open(options); FileOutputStream file = console.open();
            Session session = new Session(backend, file, options.counters())) {
            ConsoleSink serial = connect(console, session, devices);
            MachineConfig config = configuration(options, console, observation.recording(), devices.list());
            try {
                if (dumpDtb != null) {
                    Files.write(dumpDtb, backend.deviceTree(config));
                    return ExitCode.OK;
                }
                return boot(config, serial, session, timeout, observation, options);
            } finally {
                if (config.initrd() != null) {
                    config.initrd().close();
                }
            }
        }
    }

    private static int boot(MachineConfig config, ConsoleSink serial, Session session, long timeout, Observation observation, Arguments options)
        throws IOException {
        session.startTimeout(timeout);
        Outcome outcome;
        do {
            outcome = session.run(watch -> withConsole(config, watch, session), serial, observation::conclude,
                ExitCode.ERROR);
        } while (outcome == Outcome.RESET && session.panicMessage() == null);
        return end(outcome, session, options);
    }

    /** Connects the console. @return who gets what the guest writes to the serial port */
    private static ConsoleSink connect(Console console, Session session, Devices devices) {
        switch (console.kind) {
            case STDIO -> {
                if (Session.inputIsTerminal()) {
                    session.makeTerminalRaw();
                    StdinPump.keys(session.standardInput(), session.input(), new EscapeFilter(session::command)).start();
                } else {
                    StdinPump.plain(session.standardInput(), session.input()).start();
                }
            }
            case HVC -> {
                TerminalDevice terminal = new TerminalDevice(session);
                devices.add(terminal.device());
                return terminal.serial();
            }
            case NONE -> {
                return value -> { };
            }
            default -> { }
        }
        return session.output();
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
            case TIMEOUT -> throw session.timeIsOver(options);
            case OUTPUT_CLOSED -> throw new UserException(ExitCode.OUTPUT_CLOSED, "standard output was closed");
            case QUIT -> {
                System.err.println();
                yield ExitCode.OK;
            }
            default -> ExitCode.OK;
        };
    }

    private static MachineConfig withConsole(MachineConfig config, ConsoleSink output, Session session) {
        return new MachineConfig(config.cpus(), config.memoryBytes(), config.features(), config.kernel(), config.variables(),
            config.initrd(), config.append(), config.dtb(), output, session.input(), config.translations(), config.recording(),
            config.devices());
    }

    private MachineConfig configuration(Arguments options, Console console, Recording recording, List<VirtioDevice> devices)
        throws IOException {
        long memory = options.memory();
        CpuFeatures features = options.features();
        Path kernel = options.inputFile("--kernel");
        Path initrd = options.inputFile("--initrd");
        Path dtb = options.inputFile("--dtb");
        List<String> disks = options.texts("--disk");
        if (options.isSet("--firmware")) {
            for (String name : List.of("--kernel", "--initrd", "--append", "--dtb")) {
                if (options.isSet(name)) {
                    throw new UserException(ExitCode.USAGE, name + " is not for --firmware, which finds a boot loader on the disk");
                }
            }
            backend.checkHost();
            GuestCache cache = GuestCache.ofUser();
            return new MachineConfig(options.cpus(), memory, features, cache.firmware(Progress.toStandardError()), variables(disks), null, "",
                null, null, null, translations(cache, disks, null), recording, devices);
        }
        if (kernel == null && initrd == null && !disks.isEmpty()) {
            return fromDisk(options, DiskFile.parse(disks.getFirst()), dtb, recording, devices);
        }
        String append = options.text("--append");
        BootFile initrdFile = initrd == null ? null : open(initrd);
        if (kernel == null) {
            backend.checkHost();
            boolean hvc = console.kind == Console.Kind.HVC;
            GuestImage guest = hvc ? GuestCache.ofUser().guestWithModules(Progress.toStandardError())
                : GuestCache.ofUser().guest(Progress.toStandardError());
            kernel = guest.kernel();
            if (initrdFile == null) {
                int size = Session.terminalSize();
                initrdFile = BootFile.of("initrd", hvc ? guest.terminalShellInitramfs(terminalType(), size >>> 16, size & 0xffff)
                    : guest.serialShellInitramfs(terminalType(), size >>> 16, size & 0xffff));
            }
        }
        return new MachineConfig(options.cpus(), memory, features, kernel, null, initrdFile, append == null ? DEFAULT_APPEND : append, dtb, null, null,
            translations(GuestCache.ofUser(), disks, initrd), recording, devices);
    }

    private static Translations translations(GuestCache cache, List<String> disks, Path initrd) {
        return new Translations(cache.translationFolder(), disks.isEmpty() ? initrd : Path.of(DiskFile.parse(disks.getFirst()).path()));
    }

    /** The file of the firmware's variables: beside the first disk that is written to, else a temporary one. */
    private static Path variables(List<String> disks) throws IOException {
        DiskFile disk = disks.isEmpty() ? null : DiskFile.parse(disks.getFirst());
        if (disk != null && !disk.readOnly() && !disk.snapshot() && Files.isRegularFile(Path.of(disk.path()))) {
            return Path.of(disk.path() + VARIABLES);
        }
        Path temporary = Files.createTempFile("stele", VARIABLES);
        temporary.toFile().deleteOnExit();
        return temporary;
    }

    private static MachineConfig fromDisk(Arguments options, DiskFile disk, Path dtb, Recording recording, List<VirtioDevice> devices)
        throws IOException {
        GuestCache cache = GuestCache.ofUser();
        BootFiles files = BootFiles.of(Path.of(disk.path()), cache.imageFolder());
        String append = options.isSet("--append") ? options.text("--append")
            : DEFAULT_APPEND + " root=" + files.root() + (disk.readOnly() ? " ro" : " rw");
        return new MachineConfig(options.cpus(), options.memory(), options.features(), files.kernel(), null,
            files.initrd() == null ? null : open(files.initrd()), append, dtb, null, null,
            new Translations(cache.translationFolder(), Path.of(disk.path())), recording, devices);
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
        enum Kind { STDIO, HVC, FILE, NONE }

        static Console parse(String text) {
            if (text == null || text.equals("stdio")) {
                return new Console(Kind.STDIO, null);
            }
            if (text.equals("none")) {
                return new Console(Kind.NONE, null);
            }
            if (text.equals("hvc")) {
                return new Console(Kind.HVC, null);
            }
            if (text.startsWith("file:") && text.length() > "file:".length()) {
                return new Console(Kind.FILE, text.substring("file:".length()));
            }
            throw new UserException(ExitCode.USAGE, "--console: '" + text + "' is none of stdio, hvc, file:PATH, none");
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
