package io.stele.tools.command;

/**
 * An option of a command.
 *
 * @param name with its dashes
 * @param label what its value is called in the help; null if it has none
 * @param description for the help
 * @param repeatable whether it may be given several times
 */
public record Option(String name, String label, String description, boolean repeatable) {
    /** An option that is given once at most. */
    public Option(String name, String label, String description) {
        this(name, label, description, false);
    }
}
