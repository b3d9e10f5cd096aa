package io.stele.tools.command;

import io.stele.codegen.listing.TextRows;
import io.stele.tools.dump.HtmlRows;
import io.stele.tools.dump.JsonRows;
import io.stele.tools.machine.Backend;
import io.stele.tools.machine.GivenCode;
import io.stele.tools.report.ExitCode;
import io.stele.tools.report.UserException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.StringTokenizer;

/** {@code stele dump}. */
public final class DumpCommand implements Command {
    private static final long DEFAULT_ADDRESS = 0xffff_8000_0800_0000L;
    private static final int WORD_DIGITS = 8;
    private static final long MOST_BYTES = 64 << 10;

    private final Backend backend;

    /** @param backend translates */
    public DumpCommand(Backend backend) {
        this.backend = backend;
    }

    @Override
    public String name() {
        return "dump";
    }

    @Override
    public String description() {
        return "Translates A64 instructions and shows each one with its IR and its x86 code. Needs no /dev/kvm.";
    }

    @Override
    public String[] footer() {
        return new String[] {"", "Example: stele dump --code \"91000421 f9400020\""};
    }

    @Override
    public List<Option> options() {
        return List.of(
            new Option("--code", "WORDS", "Instructions as 32-bit hexadecimal words, as a disassembler prints them."),
            new Option("--file", "FILE", "A file of instructions, as they are in memory."),
            new Option("--passes", null, "Also the IR before and after each pass."),
            new Option("--cluster", null, "Also the second tier's code for the loop that begins with the first instruction."),
            new Option("--format", "NAME", "text (default), json, or html: one page with columns that light up together."),
            new Option("--address", "HEX", "Guest virtual address of the first one. Default: ffff800008000000."));
    }

    @Override
    public int failureCode() {
        return ExitCode.ERROR;
    }

    @Override
    public int run(Arguments options) throws IOException {
        if (options.isSet("--code") == options.isSet("--file")) {
            throw new UserException(ExitCode.USAGE, "dump needs --code WORDS or --file FILE");
        }
        int[] words = options.isSet("--code") ? words(options.text("--code")) : words(options.inputFile("--file"));
        long address = address(options.text("--address"));
        GivenCode code = new GivenCode(words, address, options.isSet("--passes"), options.isSet("--cluster"));
        System.out.print(listing(options.text("--format"), code));
        return System.out.checkError() ? ExitCode.OUTPUT_CLOSED : ExitCode.OK;
    }

    private String listing(String format, GivenCode code) throws IOException {
        switch (format == null ? "text" : format) {
            case "text" -> {
                StringBuilder text = new StringBuilder(4096);
                backend.listCode(code, new TextRows(text));
                return text.toString();
            }
            case "json" -> {
                JsonRows rows = new JsonRows();
                backend.listCode(code, rows);
                return rows.text();
            }
            case "html" -> {
                HtmlRows rows = new HtmlRows();
                backend.listCode(code, rows);
                return rows.text();
            }
            default -> throw new UserException(ExitCode.USAGE, "--format: '" + format + "' is none of text, json, html");
        }
    }

    private static int[] words(Path file) throws IOException {
        long size = Files.size(file);
        if (size % 4 != 0 || size > MOST_BYTES) {
            throw new UserException("--file: " + file + " has " + size + " bytes; it must be whole instructions of 4 bytes, at most "
                + MOST_BYTES + " bytes");
        }
        int[] words = new int[(int) size / 4];
        ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(words);
        return words;
    }

    static int[] words(String text) {
        StringTokenizer tokens = new StringTokenizer(text, " ,\t\n\r");
        int[] words = new int[tokens.countTokens()];
        int count = 0;
        while (tokens.hasMoreTokens()) {
            String token = tokens.nextToken();
            String digits = token.startsWith("0x") ? token.substring(2) : token;
            try {
                if (digits.length() != WORD_DIGITS) {
                    throw new NumberFormatException(digits);
                }
                words[count++] = Integer.parseUnsignedInt(digits, 16);
            } catch (NumberFormatException e) {
                throw new UserException(ExitCode.USAGE, "--code: '" + token + "' is not an instruction word of 8 hexadecimal digits");
            }
        }
        if (count == 0) {
            throw new UserException(ExitCode.USAGE, "--code: no instruction");
        }
        return Arrays.copyOf(words, count);
    }

    private static long address(String text) {
        if (text == null) {
            return DEFAULT_ADDRESS;
        }
        try {
            long address = Long.parseUnsignedLong(text.startsWith("0x") ? text.substring(2) : text, 16);
            if ((address & 3) == 0) {
                return address;
            }
        } catch (NumberFormatException e) {
            // Reported below.
        }
        throw new UserException(ExitCode.USAGE, "--address: '" + text + "' is not a hexadecimal address that is a multiple of 4");
    }
}
