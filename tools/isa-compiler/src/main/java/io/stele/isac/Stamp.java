package io.stele.isac;

import io.stele.isac.parse.SourceFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/** Remembers beside the output what it was made from: the description, the options and the compiler itself. */
final class Stamp {
    private final Path file;
    private final String content;

    Stamp(Path out, List<SourceFile> sources, String options) throws IOException {
        file = out.resolve(".isac-stamp");
        MessageDigest digest = sha256();
        digest.update(options.getBytes(StandardCharsets.UTF_8));
        for (SourceFile source : sources) {
            digest.update((source.name().length() + source.name() + source.text().length()).getBytes(StandardCharsets.UTF_8));
            digest.update(source.text().getBytes(StandardCharsets.UTF_8));
        }
        addCompiler(digest);
        content = HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void addCompiler(MessageDigest digest) throws IOException {
        CodeSource source = Stamp.class.getProtectionDomain().getCodeSource();
        Path place = Path.of(java.net.URI.create(source.getLocation().toString()));
        List<Path> files;
        try (Stream<Path> all = Files.walk(place)) {
            files = all.filter(Files::isRegularFile).sorted().toList();
        }
        byte[] buffer = new byte[1 << 16];
        for (Path p : files) {
            try (InputStream in = Files.newInputStream(p)) {
                for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                    digest.update(buffer, 0, n);
                }
            }
        }
    }

    boolean isCurrent() throws IOException {
        return Files.exists(file) && Files.readString(file).equals(content);
    }

    void write() throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }
}
