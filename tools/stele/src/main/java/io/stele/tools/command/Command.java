package io.stele.tools.command;

import java.io.IOException;
import java.util.List;

/** One of the things that {@code stele} does. */
public interface Command {
    /** Its name on the command line. */
    String name();

    /** For the help: what it does. */
    String description();

    /** For the help: the lines at the end. */
    String[] footer();

    /** All but {@code --help}. */
    List<Option> options();

    /**
     * What the words behind the options are called, at least one of which must be there; null if there are none. The first ends the
     * options.
     */
    default String wordsLabel() {
        return null;
    }

    /** Whether options may also stand behind and between those words. */
    default boolean optionsAnywhere() {
        return false;
    }

    /** For the help: what those words are. */
    default String wordsDescription() {
        return "";
    }

    /** The exit code when something goes wrong that has none of its own. */
    int failureCode();

    /**
     * Does it.
     *
     * @return the exit code
     * @throws io.stele.tools.report.UserException with what to tell the user, and the exit code
     */
    int run(Arguments arguments) throws IOException;
}
