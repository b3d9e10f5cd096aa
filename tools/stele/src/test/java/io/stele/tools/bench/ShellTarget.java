package io.stele.tools.bench;

import java.util.List;

/** A target that is a shell script instead of a machine. */
record ShellTarget(String name, String script) implements Target {
    @Override
    public String description() {
        return "a script";
    }

    @Override
    public List<String> command(Job job) {
        return List.of("sh", "-c", script);
    }

    /** A script with the marks of a start that measures one figure. */
    static String good(String figure, double seconds, String output) {
        return "echo 'stele: /init is running'; echo 'bench-begin " + figure + " 10'; sleep " + seconds + "; echo '[ 1.0] x: bench-end " + figure
            + " 0'; echo 'bench-output " + figure + " " + output + " " + output + "'; echo bench-done";
    }
}
