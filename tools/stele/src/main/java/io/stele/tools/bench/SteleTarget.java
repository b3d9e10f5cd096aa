package io.stele.tools.bench;

import io.stele.kvm.KvmSystem;
import io.stele.kvm.libc.LibcException;
import io.stele.tools.report.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** This program, in a process of its own. */
final class SteleTarget implements Target {
    private static final String MAIN = "io.stele.tools.Main";

    private final List<String> self;
    private final String version;

    /** @param self program and arguments up to the command's name */
    SteleTarget(List<String> self, String version) {
        this.self = self;
        this.version = version;
    }

    /** Started as this process was. @throws UserException if that cannot be found out, or there is no KVM for it */
    static SteleTarget ofThisProcess(String version) {
        try {
            KvmSystem.requireAccess();
        } catch (LibcException e) {
            throw new UserException(e.getMessage() + "; --systems qemu,native does without Stele");
        }
        List<String> words = new ArrayList<>();
        try {
            for (String word : Files.readString(Path.of("/proc/self/cmdline")).split("\0")) {
                words.add(word);
                if (word.equals(MAIN)) {
                    return new SteleTarget(words, version);
                }
            }
        } catch (IOException e) {
            throw new UserException("cannot find out how Stele was started: " + e.getMessage());
        }
        throw new UserException("cannot find out how Stele was started: " + MAIN + " is not in its command line");
    }

    @Override
    public String name() {
        return "stele";
    }

    @Override
    public String description() {
        return version;
    }

    private static List<String> arguments(Job job) {
        List<String> words = new ArrayList<>(List.of("boot", "--kernel", job.kernel().toString()));
        if (job.initrd() != null) {
            words.addAll(List.of("--initrd", job.initrd().toString()));
        }
        Path place = job.surroundings();
        if (job.attachments().contains(Attachment.DISK)) {
            words.addAll(List.of("--disk", Surroundings.disk(place).toString()));
        }
        words.addAll(List.of("--net", job.attachments().contains(Attachment.NETWORK) ? "user" : "none"));
        if (job.attachments().contains(Attachment.SHARE)) {
            words.addAll(List.of("--share", Surroundings.share(place) + ":" + Surroundings.TAG));
        }
        words.addAll(List.of("--append", job.append(), "--memory", job.memoryMib() + "M", "--stats"));
        return words;
    }

    @Override
    public List<String> command(Job job) {
        List<String> words = new ArrayList<>(self);
        words.addAll(arguments(job));
        return words;
    }

    @Override
    public String reproduction(Job job) {
        return "./stele " + Shell.join(arguments(job));
    }
}
