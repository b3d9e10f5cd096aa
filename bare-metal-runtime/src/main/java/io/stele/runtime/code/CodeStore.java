package io.stele.runtime.code;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;

/**
 * A file with the translations of earlier runs of a guest, or of those of another guest as long as there is none. It is only a copy of what
 * can be made again: what is damaged, or was made by another build or for another processor, is ignored and later replaced, and what cannot
 * be written is not.
 */
public final class CodeStore {
    private final Path file;
    private final Path other;
    private final String build;
    private final CompletableFuture<ByteBuffer> whole;
    private boolean borrowed;

    /**
     * Begins to check the file, beside what the caller does.
     *
     * @param file in a folder that is made when it is needed
     * @param other read instead if there is nothing in the file that this run can use; or null
     * @param build names the program's build; translations depend on it, on the processor, and on the guest's code
     */
    public CodeStore(Path file, Path other, String build) {
        this.file = file;
        this.other = other;
        this.build = build;
        whole = CompletableFuture.supplyAsync(() -> StoreFile.whole(file));
    }

    public void load(CodeCache code) {
        if (!storeFile(file, code).read(whole.join(), code::load)) {
            borrowed = other != null && storeFile(other, code).read(code::load);
        }
    }

    /** Replaces the file. Of what was read from the other one it gets only what the run has used. */
    public void save(CodeCache code) {
        storeFile(file, code).write(out -> code.save(out, borrowed));
    }

    private StoreFile storeFile(Path path, CodeCache code) {
        return new StoreFile(path, build + ' ' + code.features());
    }
}
