package io.stele.arm64.oracle;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.stream.Stream;

/** One encoding row of the description, read from its source so that tests can make words that match it. */
public final class Pattern {
    private static final java.util.regex.Pattern ROW = java.util.regex.Pattern.compile("instruction\\s+(\\w+)\\s+\"([^\"]*)\"");

    public final String name;
    /** Path of the file in the description. */
    public final String file;
    private final int value;
    private final List<Field> fields = new ArrayList<>();

    private record Field(String name, int lsb, int width) {}

    private Pattern(String file, String name, String text) {
        this.file = file;
        this.name = name;
        int bits = 0;
        int fixed = 0;
        for (String part : text.trim().split("\\s+")) {
            int colon = part.indexOf(':');
            if (colon < 0) {
                for (int i = 0; i < part.length(); i++) {
                    fixed = fixed << 1 | part.charAt(i) - '0';
                }
                bits += part.length();
            } else {
                int width = Integer.parseInt(part.substring(colon + 1));
                fixed = width == 32 ? 0 : fixed << width;
                bits += width;
                fields.add(new Field(part.substring(0, colon), 32 - bits, width));
            }
        }
        if (bits != 32) {
            throw new IllegalStateException("pattern of " + name + " has " + bits + " bits");
        }
        value = fixed;
    }

    /** All rows of the description, in the order of the files' names. The property {@code isa.sources} says where it is. */
    public static List<Pattern> all() {
        Path root = Path.of(System.getProperty("isa.sources", "src/main/isa"));
        List<Pattern> patterns = new ArrayList<>();
        try (Stream<Path> files = Files.walk(root)) {
            for (Path file : files.filter(f -> f.toString().endsWith(".isa")).sorted().toList()) {
                Matcher rows = ROW.matcher(Files.readString(file).replaceAll("//[^\n]*", ""));
                while (rows.find()) {
                    patterns.add(new Pattern(root.relativize(file).toString(), rows.group(1), rows.group(2)));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return patterns;
    }

    /** A word of the row: every field random, or one of its extreme values. */
    public int sample(SplittableRandom random) {
        int word = value;
        for (Field field : fields) {
            int max = field.width == 32 ? -1 : (1 << field.width) - 1;
            int v = switch (random.nextInt(8)) {
                case 0 -> 0;
                case 1 -> max;
                case 2 -> field.width == 1 ? random.nextInt(2) : random.nextBoolean() ? 1 : max - 1;
                case 3 -> max >>> 1;
                default -> random.nextInt();
            };
            word |= (v & max) << field.lsb;
        }
        return word;
    }

    /** The value of a field in a word; 0 if the row has no such field. */
    public int field(String name, int word) {
        for (Field field : fields) {
            if (field.name.equals(name)) {
                return word >>> field.lsb & (1 << field.width) - 1;
            }
        }
        return 0;
    }

    /** Bits of a field. */
    public int width(String name) {
        for (Field field : fields) {
            if (field.name.equals(name)) {
                return field.width;
            }
        }
        throw new IllegalArgumentException(this.name + " has no field " + name);
    }

    public boolean hasField(String name) {
        for (Field field : fields) {
            if (field.name.equals(name)) {
                return true;
            }
        }
        return false;
    }

    /** {@code word} with a field replaced. */
    public int with(String name, int value, int word) {
        for (Field field : fields) {
            if (field.name.equals(name)) {
                int mask = (1 << field.width) - 1 << field.lsb;
                return word & ~mask | value << field.lsb & mask;
            }
        }
        throw new IllegalArgumentException(this.name + " has no field " + name);
    }
}
