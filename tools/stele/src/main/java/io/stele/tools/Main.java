package io.stele.tools;

import io.stele.kvm.libc.Libc;
import io.stele.kvm.libc.LibcException;
import io.stele.tools.bench.BenchCommand;
import io.stele.tools.command.Arguments;
import io.stele.tools.command.BootCommand;
import io.stele.tools.command.Command;
import io.stele.tools.command.DoctorCommand;
import io.stele.tools.command.DumpCommand;
import io.stele.tools.command.FetchCommand;
import io.stele.tools.command.ImageCommand;
import io.stele.tools.command.RunCommand;
import io.stele.tools.guest.GuestCache;
import io.stele.tools.machine.Backend;
import io.stele.tools.machine.MachineException;
import io.stele.tools.machine.VirtBackend;
import io.stele.tools.report.ExitCode;
import io.stele.tools.report.UserException;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;

/**
 * The {@code stele} command. A correct command line is read without picocli: its classes have an old format that the JVM cannot keep in the
 * ahead-of-time cache, and loading them takes longer than all the rest of the JVM's start. They are needed for help and for explaining
 * mistakes.
 */
public final class Main {
    static final String VERSION = "stele 0.1.0";

    private final List<Command> commands;
    private final PrintWriter out;
    private final PrintWriter err;

    /** @param backend makes the machines; @param out for help; @param err for messages */
    public Main(Backend backend, PrintWriter out, PrintWriter err) {
        commands = List.of(new BootCommand(backend), new RunCommand(backend), new ImageCommand(backend), new FetchCommand(),
            new DoctorCommand(), new DumpCommand(backend), new BenchCommand(VERSION, GuestCache.ofUser()));
        this.out = out;
        this.err = err;
    }

    /** Runs the command. @return its exit code */
    public int execute(String... line) {
        if (line.length > 0) {
            for (Command command : commands) {
                if (command.name().equals(line[0])) {
                    Arguments arguments = Arguments.read(command, line, 1);
                    if (arguments != null) {
                        return execute(command, arguments);
                    }
                }
            }
        }
        return new Usage(commands, this::execute, out, err).execute(line.length == 0 ? new String[] {"--help"} : line);
    }

    private int execute(Command command, Arguments arguments) {
        try {
            return command.run(arguments);
        } catch (UserException e) {
            return failure(e, true, e.exitCode() == ExitCode.ERROR ? command.failureCode() : e.exitCode());
        } catch (MachineException | LibcException | IOException e) {
            return failure(e, true, command.failureCode());
        } catch (RuntimeException | Error e) {
            return failure(e, false, command.failureCode());
        }
    }

    private int failure(Throwable e, boolean expected, int code) {
        err.println(expected ? "stele: " + e.getMessage() : "stele: internal error: " + e);
        if (System.getenv("STELE_DEBUG") != null) {
            e.printStackTrace(err);
        } else if (!expected) {
            err.println("stele: STELE_DEBUG=1 in the environment shows where");
        }
        err.flush();
        return code;
    }

    /** Without arguments, shows the usage. */
    public static void main(String[] line) {
        // The JVM generates classes for the first call, which takes as long as all that comes before it. If it fails, so does the next one.
        Thread.ofPlatform().daemon().name("first call").uncaughtExceptionHandler((thread, failure) -> { }).start(Libc::getpid);
        System.exit(new Main(new VirtBackend(), new PrintWriter(System.out, true), new PrintWriter(System.err, true)).execute(line));
    }
}
