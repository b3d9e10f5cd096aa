package io.stele.runtime;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * A file with the translations of earlier runs. It is only a copy of what can be made again: what cannot be read, or was made by another build
 * or for another processor, is ignored, and what cannot be written is not.
 *
 * @param file in a folder that is made when it is needed
 * @param build names the program's build; translations depend on it, on the processor, and on the guest's code
 */
public record CodeStore(Path file, String build) {
    private static final long MAGIC = 0x3145_444f_4345_5453L;

    void load(CodeCache code) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
            StoreReader in = new StoreReader(bytes);
            if (in.getLong() == MAGIC && in.getLong() == channel.size() && sameIdentity(in, identity(code))) {
                code.load(in);
            }
        } catch (IOException | BufferUnderflowException e) {
            // No file, or none of ours.
        }
    }

    private byte[] identity(CodeCache code) {
        return (build + ' ' + code.features()).getBytes(StandardCharsets.UTF_8);
    }

    private static boolean sameIdentity(StoreReader in, byte[] expected) {
        if (in.getInt() != expected.length) {
            return false;
        }
        byte[] found = new byte[expected.length];
        in.getBuffer(found.length).get(found);
        return Arrays.equals(expected, found);
    }

    void save(CodeCache code) {
        Path part = null;
        try {
            Files.createDirectories(file.getParent());
            part = Files.createTempFile(file.getParent(), "code", ".part");
            try (FileChannel channel = FileChannel.open(part, StandardOpenOption.WRITE)) {
                byte[] name = identity(code);
                StoreWriter out = new StoreWriter(channel);
                out.putLong(MAGIC);
                out.putLong(0);
                out.putInt(name.length);
                out.room(name.length).put(name);
                code.save(out);
                out.flush();
                channel.position(Long.BYTES);
                out.putLong(channel.size());
                out.flush();
            }
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException | UncheckedIOException e) {
            discard(part);
        }
    }

    private static void discard(Path part) {
        try {
            if (part != null) {
                Files.deleteIfExists(part);
            }
        } catch (IOException e) {
            // The disk has other problems.
        }
    }
}
