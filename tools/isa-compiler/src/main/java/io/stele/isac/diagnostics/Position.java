package io.stele.isac.diagnostics;

/** A place in a description: file name, line and column, both counted from 1. */
public record Position(String file, int line, int column) {
    @Override
    public String toString() {
        return file + ":" + line + ":" + column;
    }
}
