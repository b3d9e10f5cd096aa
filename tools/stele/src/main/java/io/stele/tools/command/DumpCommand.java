package io.stele.tools.command;

import io.stele.tools.machine.Backend;
import io.stele.tools.report.ExitCode;
import io.stele.tools.report.UserException;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.StringTokenizer;

/** {@code stele dump}. */
public final class DumpCommand implements Command {
    private static final long DEFAULT_ADDRESS = 0xffff_8000_0800_0000L;
    private static final int WORD_DIGITS = 8;

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
            new Option("--address", "HEX", "Guest virtual address of the first one. Default: ffff800008000000."));
    }

    @Override
    public int failureCode() {
        return ExitCode.ERROR;
    }

    @Override
    public int run(Arguments options) throws IOException {
        if (!options.isSet("--code")) {
            throw new UserException(ExitCode.USAGE, "dump needs --code WORDS");
        }
        int[] words = words(options.text("--code"));
        long address = address(options.text("--address"));
        StringBuilder listing = new StringBuilder(4096);
        backend.listCode(words, address, listing);
        System.out.print(listing);
        return System.out.checkError() ? ExitCode.OUTPUT_CLOSED : ExitCode.OK;
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
