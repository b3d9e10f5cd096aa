package io.stele.tools.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** All runs so far. By any thread. */
final class Results {
    private final List<Run> runs = new ArrayList<>();

    synchronized void add(Run run) {
        runs.add(run);
    }

    synchronized List<Run> all() {
        return List.copyOf(runs);
    }

    private Stream<Run> of(String workload, String target) {
        return all().stream().filter(run -> run.workload.equals(workload) && run.target.equals(target));
    }

    private Stream<Run.Figure> figures(String workload, String target, String figure) {
        return of(workload, target).map(run -> run.figures.get(figure)).filter(found -> found != null);
    }

    Summary summary(String workload, String target, String figure) {
        return Summary.of(figures(workload, target, figure).map(Run.Figure::nanos).toList());
    }

    long operations(String workload, String figure) {
        return all().stream().filter(run -> run.workload.equals(workload)).map(run -> run.figures.get(figure)).filter(found -> found != null)
            .mapToLong(Run.Figure::operations).findFirst().orElse(1);
    }

    /** The different outputs that a target gave. @param rounded whether to look at them as far as they do not depend on the processor */
    List<String> outputs(String workload, String target, String figure, boolean rounded) {
        return figures(workload, target, figure).map(rounded ? Run.Figure::rounded : Run.Figure::output).filter(output -> !output.isEmpty())
            .distinct().sorted().toList();
    }

    /** The different ways in which a target failed. */
    List<String> failures(String workload, String target) {
        return of(workload, target).map(run -> run.failure).filter(failure -> failure != null).distinct().toList();
    }

    boolean disturbed(String workload, String target) {
        return of(workload, target).anyMatch(Run::disturbed);
    }
}
