package io.stele.tools.bench;

import io.stele.tools.report.ExitCode;
import io.stele.tools.report.UserException;
import java.util.ArrayList;
import java.util.List;

/** The suites by name. */
final class Suites {
    private Suites() {
    }

    static List<Suite> all() {
        return List.of(SpecOpen.suite(), Kernels.suite(), Loops.suite(), OperatingSystem.suite(), SimBench.suite(), BusyboxSuite.suite(), boot(),
            Devices.disk(), Devices.network(), Devices.share());
    }

    private static Suite boot() {
        return new Suite("boot", "from the command to the first line of user space", List.of(
            new Workload("boot").about("Debian's kernel and a busybox").start()));
    }

    /** @throws UserException if there is no such suite */
    static Suite named(String name) {
        List<String> names = new ArrayList<>();
        for (Suite suite : all()) {
            if (suite.name().equals(name)) {
                return suite;
            }
            names.add(suite.name());
        }
        names.add(Spec2006.NAME);
        throw new UserException(ExitCode.USAGE, "--suite: '" + name + "' is none of " + String.join(", ", names));
    }

    /**
     * The workloads of a suite that have the named ones or measure the named figures.
     *
     * @param only names of workloads and figures; empty: all
     * @throws UserException if a name is unknown
     */
    static List<Workload> select(Suite suite, List<String> only) {
        List<String> unknown = new ArrayList<>(only);
        List<Workload> selected = new ArrayList<>();
        for (Workload workload : suite.workloads()) {
            boolean wanted = only.isEmpty() || only.contains(workload.name());
            for (String figure : workload.figures()) {
                wanted |= only.contains(figure);
                unknown.remove(figure);
            }
            unknown.remove(workload.name());
            if (wanted) {
                selected.add(workload);
            }
        }
        if (!unknown.isEmpty()) {
            throw new UserException(ExitCode.USAGE, "--only: the suite " + suite.name() + " has no '" + unknown.getFirst() + "'; --list shows all");
        }
        return selected;
    }

    /** The kernel command line, with the figures that are wanted if those are not all of the workload's, and the server's port. */
    static String append(Workload workload, List<String> only) {
        List<String> figures = new ArrayList<>(workload.figures());
        if (!only.isEmpty() && !only.contains(workload.name())) {
            figures.retainAll(only);
        }
        return BenchScripts.APPEND + (figures.size() == workload.figures().size() ? "" : " " + BenchScripts.ONLY + String.join(",", figures))
            + (workload.attachments().contains(Attachment.NETWORK) ? " " + BenchScripts.PORT + Surroundings.port() : "");
    }
}
