package io.stele.platform.boot;

import java.io.FileInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Random bytes for the guest's seeds, straight from the host kernel: {@link java.security.SecureRandom} costs tens of
 * milliseconds to start.
 */
public final class Entropy {
    private Entropy() {}

    public static byte[] bytes(int count) {
        try (FileInputStream in = new FileInputStream("/dev/urandom")) {
            return in.readNBytes(count);
        } catch (IOException e) {
            throw new UncheckedIOException("no random numbers from the host", e);
        }
    }
}
