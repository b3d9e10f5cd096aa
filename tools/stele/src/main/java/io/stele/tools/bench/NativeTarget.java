package io.stele.tools.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The host itself: the same programs for its own processor, in a root folder of their own. */
final class NativeTarget implements Target {
    /** Mounts are seen by this process alone; for a user who is not root, in a user namespace. */
    private static final List<String> ROOT = List.of("unshare", "--mount");
    private static final List<String> USER = List.of("unshare", "--mount", "--user", "--map-root-user");
    private static final String SCRIPT = "mount --rbind /dev \"$0/dev\" && mount --rbind /proc \"$0/proc\"";
    private static final String START = " && exec chroot \"$0\" /init native \"$1\"";
    /** Where in the root folder the script finds what the machines' devices are connected with. */
    static final String SURROUNDINGS = "surroundings";

    private final boolean root;

    /** @param root whether this process may do everything */
    NativeTarget(boolean root) {
        this.root = root;
    }

    @Override
    public String name() {
        return "native";
    }

    @Override
    public String description() {
        return "the host itself";
    }

    @Override
    public boolean canRun(Job job) {
        return job.nativeRoot() != null;
    }

    @Override
    public List<String> command(Job job) {
        Path folder = job.nativeRoot();
        List<String> words = new ArrayList<>(root ? ROOT : USER);
        String mounts = job.attachments().isEmpty() ? SCRIPT : SCRIPT + " && mount --bind \"$2\" \"$0/" + SURROUNDINGS + "\"";
        words.addAll(List.of("sh", "-c", mounts + START, folder.toString(), job.append()));
        if (!job.attachments().isEmpty()) {
            words.add(job.surroundings().toString());
        }
        return words;
    }
}
