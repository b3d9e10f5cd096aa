package io.stele.tools.report;

/** Tells the user, one line each, what takes its time. */
@FunctionalInterface
public interface Progress {
    void step(String what);

    /** Lines on standard error. */
    static Progress toStandardError() {
        return what -> System.err.println("stele: " + what);
    }
}
