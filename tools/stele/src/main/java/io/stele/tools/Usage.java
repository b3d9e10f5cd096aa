package io.stele.tools;

import io.stele.tools.command.Arguments;
import io.stele.tools.command.Command;
import io.stele.tools.command.Option;
import io.stele.tools.report.ExitCode;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;
import picocli.CommandLine;

/** The command line in picocli's hands: help, and what is wrong with an argument. */
final class Usage {
    private final CommandLine commandLine;

    /** @param executor runs a command whose arguments are right after all */
    Usage(List<Command> commands, Executor executor, PrintWriter out, PrintWriter err) {
        CommandSpec root = CommandSpec.create().name("stele").version(Main.VERSION);
        root.usageMessage()
            .description("Boots unmodified arm64 Linux on x86-64, by dynamic binary translation inside a KVM virtual machine.")
            .footer("", "stele COMMAND --help tells more.");
        root.addOption(help());
        root.addOption(OptionSpec.builder("--version").versionHelp(true).description("Show the version.").build());
        for (Command command : commands) {
            root.addSubcommand(command.name(), spec(command, executor));
        }
        commandLine = new CommandLine(root)
            .setColorScheme(CommandLine.Help.defaultColorScheme(Ansi.OFF))
            .setUsageHelpWidth(120)
            .setParameterExceptionHandler(Usage::complain)
            .setOut(out)
            .setErr(err);
    }

    /** Runs a command. */
    @FunctionalInterface
    interface Executor {
        int execute(Command command, Arguments arguments);
    }

    int execute(String... line) {
        return commandLine.execute(line);
    }

    private static OptionSpec help() {
        return OptionSpec.builder("-h", "--help").usageHelp(true).description("Show this help.").build();
    }

    private static CommandSpec spec(Command command, Executor executor) {
        CommandSpec[] self = new CommandSpec[1];
        Callable<Integer> action = () -> executor.execute(command, arguments(command, self[0].commandLine().getParseResult()));
        CommandSpec spec = CommandSpec.wrapWithoutInspection(action).name(command.name());
        self[0] = spec;
        spec.usageMessage().description(command.description()).footer(command.footer()).sortOptions(false);
        for (Option option : command.options()) {
            spec.addOption(option.repeatable()
                ? OptionSpec.builder(option.names()).type(List.class).auxiliaryTypes(String.class).arity("1").paramLabel(option.label())
                    .description(option.description()).build()
                : option.label() == null
                ? OptionSpec.builder(option.names()).type(boolean.class).description(option.description()).build()
                : OptionSpec.builder(option.names()).type(String.class).paramLabel(option.label()).description(option.description()).build());
        }
        spec.addOption(help());
        if (command.wordsLabel() != null) {
            spec.parser().stopAtPositional(!command.optionsAnywhere());
            spec.addPositional(PositionalParamSpec.builder().index("0..*").arity("1..*").required(true).type(List.class)
                .auxiliaryTypes(String.class).paramLabel(command.wordsLabel()).description(command.wordsDescription()).build());
        }
        return spec;
    }

    private static Arguments arguments(Command command, ParseResult result) {
        Arguments arguments = new Arguments();
        for (Option option : command.options()) {
            if (option.repeatable()) {
                for (String value : result.matchedOptionValue(option.name(), List.<String>of())) {
                    arguments.set(option.name(), value);
                }
            } else if (result.hasMatchedOption(option.name())) {
                arguments.set(option.name(), option.label() == null ? "" : result.matchedOptionValue(option.name(), ""));
            }
        }
        if (command.wordsLabel() != null) {
            for (String word : result.matchedPositionalValue(0, List.<String>of())) {
                arguments.add(word);
            }
        }
        return arguments;
    }

    private static int complain(ParameterException e, String[] line) {
        CommandLine command = e.getCommandLine();
        List<String> suggestions = e instanceof UnmatchedArgumentException unmatched ? unmatched.getSuggestions() : List.of();
        String hint = suggestions.isEmpty() ? "try '" + command.getCommandSpec().qualifiedName() + " --help'"
            : "did you mean " + suggestions.getFirst() + "?";
        PrintWriter err = command.getErr();
        err.println("stele: " + problem(e) + "; " + hint);
        err.flush();
        return ExitCode.USAGE;
    }

    private static String problem(ParameterException e) {
        CommandLine command = e.getCommandLine();
        List<String> unmatched = command.getUnmatchedArguments();
        if (!unmatched.isEmpty()) {
            String word = unmatched.getFirst();
            String kind = word.startsWith("-") ? "option" : command.getSubcommands().isEmpty() ? "argument" : "command";
            return "unknown " + kind + " '" + word + "'";
        }
        String message = e.getMessage();
        return Character.toLowerCase(message.charAt(0)) + message.substring(1);
    }
}
