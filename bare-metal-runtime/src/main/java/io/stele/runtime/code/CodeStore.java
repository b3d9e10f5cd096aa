package io.stele.runtime.code;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;

/**
 * A file with the translations of earlier runs. It is only a copy of what can be made again: what is damaged, or was made by another build or
 * for another processor, is ignored and later replaced, and what cannot be written is not.
 */
public final class CodeStore {
    private final Path file;
    private final String build;
    private final CompletableFuture<ByteBuffer> whole;

    /**
     * Begins to check the file, beside what the caller does.
     *
     * @param file in a folder that is made when it is needed
     * @param build names the program's build; translations depend on it, on the processor, and on the guest's code
     */
    public CodeStore(Path file, String build) {
        this.file = file;
        this.build = build;
        whole = CompletableFuture.supplyAsync(() -> StoreFile.whole(file));
    }

    public void load(CodeCache code) {
        storeFile(code).read(whole.join(), code::load);
    }

    public void save(CodeCache code) {
        storeFile(code).write(code::save);
    }

    /** Removes the file: what the next runs need is collected anew. */
    public void remove(CodeCache code) {
        storeFile(code).remove();
    }

    private StoreFile storeFile(CodeCache code) {
        return new StoreFile(file, build + ' ' + code.features());
    }
}
