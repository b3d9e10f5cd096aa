package io.stele.codegen.listing;

import io.stele.codegen.CpuArea;
import io.stele.codegen.Stubs;
import io.stele.guest.GuestIsa;
import java.util.Locale;

/** Makes the disassembler's text of one x86 instruction of a block easier to read, and says what its operands mean. */
final class HostText {
    private static final String AREA = "[rbp";
    private static final int LONG_DIGITS = 16;

    private final GuestIsa isa;
    private final Stubs stubs;

    HostText(GuestIsa isa, Stubs stubs) {
        this.isa = isa;
        this.stubs = stubs;
    }

    /** In lower case, index registers without their factor 1, and absolute addresses, which come with 16 digits, without leading zeros. */
    static String shorten(String disassembly) {
        String text = disassembly.toLowerCase(Locale.ROOT).replace("*1", "");
        int at = text.indexOf("0x");
        while (at >= 0) {
            int end = at + 2;
            while (end < text.length() && Character.digit(text.charAt(end), 16) >= 0) {
                end++;
            }
            if (end - at - 2 == LONG_DIGITS) {
                long value = Long.parseUnsignedLong(text, at + 2, end, 16);
                return text.substring(0, at + 2) + Long.toHexString(value) + text.substring(end);
            }
            at = text.indexOf("0x", end);
        }
        return text;
    }

    /** What the operands of an instruction in shortened text mean, or an empty string. */
    String meaning(String text, String mnemonic, long blockAddress) {
        int area = text.indexOf(AREA);
        if (area >= 0) {
            return areaMeaning(text, area);
        }
        if (mnemonic.startsWith("j") || mnemonic.equals("call")) {
            return target(text, mnemonic, blockAddress);
        }
        return "";
    }

    private String areaMeaning(String text, int area) {
        int close = text.indexOf(']', area);
        int offset = CpuArea.BASE_BIAS;
        int hex = text.indexOf("0x", area);
        if (hex >= 0 && hex < close) {
            int displacement = Integer.parseUnsignedInt(text, hex + 2, close, 16);
            offset += text.charAt(hex - 1) == '-' ? -displacement : displacement;
        }
        String name = AreaNames.name(offset, isa);
        int immediate = text.lastIndexOf(", 0x");
        if (offset == CpuArea.LEAVE_REASON && immediate > close) {
            return name + ": " + reason(Integer.parseUnsignedInt(text, immediate + 4, text.length(), 16));
        }
        return name;
    }

    private static String reason(int reason) {
        return switch (reason) {
            case Stubs.REASON_LINK -> "link";
            case Stubs.REASON_MISS -> "miss";
            case Stubs.REASON_INTERRUPT -> "interrupt";
            case Stubs.REASON_INTERPRET -> "interpret";
            default -> "guest " + reason;
        };
    }

    private String target(String text, String mnemonic, long blockAddress) {
        String operand = text.substring(mnemonic.length() + 1);
        if (!operand.startsWith("0x")) {
            return "";
        }
        long target = Long.parseUnsignedLong(operand, 2, operand.length(), 16);
        if (target == stubs.leave()) {
            return "leave stub";
        }
        if (target == stubs.link()) {
            return "link stub";
        }
        if (target == stubs.interpret()) {
            return "interpret stub";
        }
        if (target == stubs.interpretSite()) {
            return "interpret-site stub";
        }
        if (target == stubs.miss()) {
            return "miss stub";
        }
        if (target == stubs.absent()) {
            return "absent stub";
        }
        if (target == stubs.interrupt()) {
            return "interrupt stub";
        }
        if (stubs.isRegionMiss(target)) {
            return "region miss stub";
        }
        return target == blockAddress ? "block entry" : "";
    }
}
