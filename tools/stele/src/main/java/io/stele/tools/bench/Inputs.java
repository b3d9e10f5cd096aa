package io.stele.tools.bench;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;

/** Inputs of the workloads. Each call gives the same bytes. */
final class Inputs {
    private static final String CONSONANTS = "bcdfghklmnprstvw";
    private static final String VOWELS = "aeiou";
    private static final String AMINO_ACIDS = "ACDEFGHIKLMNPQRSTVWY";
    private static final int WORDS = 4000;

    private Inputs() {
    }

    /** A file of this package. */
    static byte[] resource(String name) {
        try (InputStream in = Inputs.class.getResourceAsStream(name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] bytes(CharSequence text) {
        return text.toString().getBytes(StandardCharsets.US_ASCII);
    }

    /** Lines of invented words, frequent and rare ones as in a language. */
    static byte[] text(int size) {
        SplittableRandom random = new SplittableRandom(1);
        String[] words = words(random);
        StringBuilder text = new StringBuilder(size + 100);
        int column = 0;
        while (text.length() < size) {
            // The product of two numbers prefers small ones.
            String word = words[random.nextInt(1 + random.nextInt(1 + random.nextInt(WORDS)))];
            text.append(word);
            column += word.length() + 1;
            boolean ends = random.nextInt(12) == 0;
            text.append(ends ? "." : random.nextInt(15) == 0 ? "," : "").append(column > 70 ? '\n' : ' ');
            column = column > 70 ? 0 : column;
        }
        text.setLength(size - 1);
        return bytes(text.append('\n'));
    }

    private static String[] words(SplittableRandom random) {
        String[] words = new String[WORDS];
        for (int i = 0; i < WORDS; i++) {
            StringBuilder word = new StringBuilder();
            int syllables = 1 + random.nextInt(1 + Math.min(4, i / 40 + 1));
            for (int s = 0; s < syllables; s++) {
                word.append(CONSONANTS.charAt(random.nextInt(CONSONANTS.length()))).append(VOWELS.charAt(random.nextInt(VOWELS.length())));
                if (random.nextInt(3) == 0) {
                    word.append(CONSONANTS.charAt(random.nextInt(CONSONANTS.length())));
                }
            }
            words[i] = word.toString();
        }
        return words;
    }

    /** A preprocessed C program: structures, switches, loops, and arithmetic, in functions that call each other. */
    static byte[] cProgram(int functions) {
        SplittableRandom random = new SplittableRandom(2);
        StringBuilder text = new StringBuilder(functions * 1500);
        text.append("struct node { struct node *next, *other; long key; int count, kind; double weight; unsigned char name[24]; };\n");
        text.append("extern void *make(unsigned long); extern int report(const char *, ...);\n");
        for (int f = 0; f < functions; f++) {
            text.append("static int table").append(f).append("[] = {");
            for (int i = 0; i < 16; i++) {
                text.append(random.nextInt(1000)).append(", ");
            }
            text.append("};\nlong f").append(f).append("(struct node *n, long a, int b, double d)\n{\n    long r = ").append(random.nextInt(100))
                .append(";\n    int i, j;\n");
            int statements = 6 + random.nextInt(10);
            for (int s = 0; s < statements; s++) {
                statement(text, random, f, 1);
            }
            text.append("    return r + (long) d;\n}\n");
        }
        return bytes(text);
    }

    private static void statement(StringBuilder text, SplittableRandom random, int f, int depth) {
        String pad = "    ".repeat(depth);
        switch (depth > 3 ? random.nextInt(4) : random.nextInt(9)) {
            case 0 -> text.append(pad).append("r ").append("+-^|".charAt(random.nextInt(4))).append("= ").append(expression(random, 3)).append(";\n");
            case 1 -> text.append(pad).append("table").append(f).append("[(").append(expression(random, 2)).append(") & 15] += b;\n");
            case 2 -> text.append(pad).append("if (n) { n->count += b; d = d * n->weight + ").append(random.nextInt(9)).append(".5; }\n");
            case 3 -> text.append(pad).append("a = ").append(expression(random, 4)).append(";\n");
            case 4 -> {
                text.append(pad).append("if (").append(expression(random, 2)).append(" > ").append(random.nextInt(500)).append(") {\n");
                statement(text, random, f, depth + 1);
                text.append(pad).append("} else {\n");
                statement(text, random, f, depth + 1);
                text.append(pad).append("}\n");
            }
            case 5 -> {
                String index = depth % 2 == 0 ? "j" : "i";
                text.append(pad).append("for (").append(index).append(" = 0; ").append(index).append(" < (b & ").append(7 + random.nextInt(60))
                    .append("); ").append(index).append("++) {\n");
                statement(text, random, f, depth + 1);
                statement(text, random, f, depth + 1);
                text.append(pad).append("    r += table").append(f).append('[').append(index).append(" & 15];\n").append(pad).append("}\n");
            }
            case 6 -> {
                text.append(pad).append("while (n && n->key != a) {\n").append(pad).append("    n = n->key < a ? n->next : n->other;\n");
                statement(text, random, f, depth + 1);
                text.append(pad).append("}\n");
            }
            case 7 -> {
                text.append(pad).append("switch (b % 7) {\n");
                for (int c = 0; c < 6; c++) {
                    text.append(pad).append("case ").append(c).append(":\n");
                    statement(text, random, f, depth + 1);
                    text.append(pad).append("    break;\n");
                }
                text.append(pad).append("}\n");
            }
            default -> {
                if (f > 0) {
                    text.append(pad).append("r += f").append(random.nextInt(f)).append("(n, a + ").append(random.nextInt(50)).append(", b - 1, d);\n");
                } else {
                    text.append(pad).append("report(\"%d\", b);\n");
                }
            }
        }
    }

    private static String expression(SplittableRandom random, int depth) {
        if (depth == 0) {
            return switch (random.nextInt(4)) {
                case 0 -> "a";
                case 1 -> "b";
                case 2 -> "r";
                default -> Integer.toString(1 + random.nextInt(300));
            };
        }
        String operator = new String[] {"+", "-", "*", "&", "^", ">> 3 |", "<< 2 ^", "% 17 +"}[random.nextInt(8)];
        return "(" + expression(random, depth - 1) + " " + operator + " " + expression(random, random.nextInt(depth)) + ")";
    }

    /** A catalogue in XML. */
    static byte[] xml(int items) {
        SplittableRandom random = new SplittableRandom(3);
        String[] words = words(random);
        StringBuilder text = new StringBuilder(items * 300).append("<?xml version=\"1.0\"?>\n<catalogue>\n");
        for (int i = 0; i < items; i++) {
            text.append("  <item id=\"i").append(i).append("\" kind=\"").append(words[random.nextInt(20)]).append("\">\n    <name>")
                .append(words[random.nextInt(WORDS)]).append(' ').append(words[random.nextInt(WORDS)]).append("</name>\n    <price>")
                .append(random.nextInt(10000)).append("</price>\n");
            for (int p = random.nextInt(5); p >= 0; p--) {
                text.append("    <part ref=\"i").append(random.nextInt(items)).append("\" count=\"").append(random.nextInt(20)).append("\">")
                    .append(words[random.nextInt(WORDS)]).append("</part>\n");
            }
            text.append("  </item>\n");
        }
        return bytes(text.append("</catalogue>\n"));
    }

    /** Raw video in YUV4MPEG2: textures that move over each other, with noise. */
    static byte[] video(int width, int height, int frames) {
        SplittableRandom random = new SplittableRandom(4);
        ByteArrayOutputStream out = new ByteArrayOutputStream(frames * (width * height * 3 / 2 + 6) + 100);
        out.writeBytes(bytes("YUV4MPEG2 W" + width + " H" + height + " F25:1 Ip A1:1 C420jpeg\n"));
        byte[] texture = new byte[1 << 16];
        for (int i = 0; i < texture.length; i++) {
            int x = i & 255;
            int y = i >> 8;
            texture[i] = (byte) (128 + 50 * Math.sin(x * 0.11) * Math.cos(y * 0.07) + 30 * Math.sin((x + y) * 0.31) + random.nextInt(8));
        }
        for (int f = 0; f < frames; f++) {
            out.writeBytes(bytes("FRAME\n"));
            byte[] frame = new byte[width * height * 3 / 2];
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++) {
                    boolean front = Math.abs(x - width / 2 - 60 * Math.sin(f * 0.1)) < 50 && Math.abs(y - height / 2) < 40;
                    int u = front ? x * 2 + f * 5 : x + f * 2;
                    int v = front ? y * 2 - f * 3 : y + f;
                    frame[y * width + x] = (byte) (texture[(v & 255) << 8 | u & 255] + random.nextInt(3));
                }
            }
            for (int i = width * height; i < frame.length; i++) {
                frame[i] = (byte) (128 + (i >> 3 & 15) - (f & 7));
            }
            out.writeBytes(frame);
        }
        return out.toByteArray();
    }

    /** Commands for GNU Go, which plays both sides. */
    static byte[] gtp(int moves) {
        StringBuilder text = new StringBuilder("boardsize 19\nclear_board\n");
        for (int i = 0; i < moves; i++) {
            text.append("genmove ").append(i % 2 == 0 ? "black" : "white").append('\n');
        }
        return bytes(text.append("showboard\nquit\n"));
    }

    /** Related proteins, aligned, in SELEX format. */
    static byte[] alignment(int sequences, int length) {
        SplittableRandom random = new SplittableRandom(5);
        char[] ancestor = protein(random, length);
        StringBuilder text = new StringBuilder("# An invented family.\n");
        for (int s = 0; s < sequences; s++) {
            text.append("seq").append(s).append("  ").append(s < 10 ? " " : "");
            for (int i = 0; i < length; i++) {
                int dice = random.nextInt(100);
                text.append(dice < 65 ? ancestor[i] : dice < 92 ? AMINO_ACIDS.charAt(random.nextInt(AMINO_ACIDS.length())) : '.');
            }
            text.append('\n');
        }
        return bytes(text);
    }

    /** Proteins in FASTA format, some of them relatives of {@link #alignment}'s. */
    static byte[] proteins(int count, int length) {
        SplittableRandom random = new SplittableRandom(6);
        char[] ancestor = protein(new SplittableRandom(5), length);
        StringBuilder text = new StringBuilder(count * (length + 20));
        for (int s = 0; s < count; s++) {
            text.append(">p").append(s).append('\n');
            boolean related = s % 10 == 0;
            for (int i = 0; i < length; i++) {
                text.append(related && random.nextInt(100) < 70 ? ancestor[i] : AMINO_ACIDS.charAt(random.nextInt(AMINO_ACIDS.length())));
                if (i % 60 == 59) {
                    text.append('\n');
                }
            }
            text.append('\n');
        }
        return bytes(text);
    }

    /** A bar of cubes, fixed at one end, that is bent at the other: input of CalculiX. @param length in cubes; @param width and height, too */
    static byte[] beam(int length, int width) {
        StringBuilder text = new StringBuilder(1 << 20);
        text.append("*NODE, NSET=ALL\n");
        int line = length + 1;
        int layer = line * (width + 1);
        for (int node = 0; node < layer * (width + 1); node++) {
            text.append(node + 1).append(", ").append(tenths(node % line)).append(", ").append(tenths(node % layer / line)).append(", ")
                .append(tenths(node / layer)).append('\n');
        }
        text.append("*ELEMENT, TYPE=C3D8, ELSET=BAR\n");
        for (int cube = 0; cube < length * width * width; cube++) {
            int corner = 1 + cube % length + line * (cube / length % width) + layer * (cube / length / width);
            text.append(cube + 1);
            for (int below : new int[] {corner, corner + layer}) {
                for (int node : new int[] {below, below + 1, below + line + 1, below + line}) {
                    text.append(", ").append(node);
                }
            }
            text.append('\n');
        }
        StringBuilder fixed = new StringBuilder("*NSET, NSET=FIXED\n");
        StringBuilder end = new StringBuilder("*NSET, NSET=END\n");
        for (int node = 1; node <= layer * (width + 1); node += line) {
            fixed.append(node).append('\n');
            end.append(node + length).append('\n');
        }
        return bytes(text.append(fixed).append(end).append("*MATERIAL, NAME=STEEL\n*ELASTIC\n2.1e5, 0.3\n*SOLID SECTION, ELSET=BAR, MATERIAL=STEEL\n")
            .append("*STEP, NLGEOM\n*STATIC\n0.5, 1.\n*BOUNDARY\nFIXED, 1, 3\n*CLOAD\nEND, 3, -0.05\n*NODE PRINT, NSET=END\nU\n*END STEP\n"));
    }

    private static String tenths(int number) {
        return number / 10 + "." + number % 10;
    }

    private static char[] protein(SplittableRandom random, int length) {
        char[] protein = new char[length];
        for (int i = 0; i < length; i++) {
            protein[i] = AMINO_ACIDS.charAt(random.nextInt(AMINO_ACIDS.length()));
        }
        return protein;
    }
}
