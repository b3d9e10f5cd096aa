package io.stele.runtime.code;

import java.nio.file.Path;

/**
 * A file with the translations of earlier runs. It is only a copy of what can be made again: what is damaged, or was made by another build or
 * for another processor, is ignored and later replaced, and what cannot be written is not.
 *
 * @param file in a folder that is made when it is needed
 * @param build names the program's build; translations depend on it, on the processor, and on the guest's code
 */
public record CodeStore(Path file, String build) {
    public void load(CodeCache code) {
        storeFile(code).read(code::load);
    }

    public void save(CodeCache code) {
        storeFile(code).write(code::save);
    }

    private StoreFile storeFile(CodeCache code) {
        return new StoreFile(file, build + ' ' + code.features());
    }
}
