package io.stele.isac.parse;

/**
 * One description.
 *
 * @param name as it appears in messages
 * @param unit name of the Java classes made from its instructions, from the file's base name
 */
public record SourceFile(String name, String unit, String text) {}
