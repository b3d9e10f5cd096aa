package io.stele.tools.bench;

import java.util.List;

/**
 * Workloads that belong together.
 *
 * @param name on the command line
 * @param about one line
 */
record Suite(String name, String about, List<Workload> workloads) {
}
