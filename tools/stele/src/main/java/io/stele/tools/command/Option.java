package io.stele.tools.command;

/**
 * An option of a command.
 *
 * @param name with its dashes
 * @param label what its value is called in the help; null if it has none
 * @param description for the help
 */
public record Option(String name, String label, String description) {
}
