package io.stele.tools.bench;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * One start of a machine, ready to run.
 *
 * @param figures what it measures
 * @param initrd null for a program without one
 * @param append kernel command line
 * @param nativeRoot folder with the same programs for the host; null if there are none
 * @param attachments devices that the machine has
 * @param surroundings the folder of {@link Surroundings}
 */
record Job(String workload, List<String> figures, Path kernel, Path initrd, String append, int memoryMib, Path nativeRoot,
    Set<Attachment> attachments, Path surroundings) {
}
