package io.stele.tools.command;

/**
 * An option of a command.
 *
 * @param name with its dashes
 * @param label what its value is called in the help; null if it has none
 * @param description for the help
 * @param repeatable whether it may be given several times
 * @param shortName with its dash; null if it has none
 */
public record Option(String name, String label, String description, boolean repeatable, String shortName) {
    /** An option that is given once at most. */
    public Option(String name, String label, String description) {
        this(name, label, description, false);
    }

    public Option(String name, String label, String description, boolean repeatable) {
        this(name, label, description, repeatable, null);
    }

    /** The same option with a short name. */
    public Option or(String other) {
        return new Option(name, label, description, repeatable, other);
    }

    /** All names that it has, the short one first. */
    public String[] names() {
        return shortName == null ? new String[] {name} : new String[] {shortName, name};
    }
}
