package io.stele.arm64.oracle;

import java.util.regex.Matcher;

/** Text of the GNU objdump. */
final class BinutilsText extends OracleText {
    private static final java.util.regex.Pattern TARGET = java.util.regex.Pattern.compile("\\b([0-9a-f]+) <");
    private static final java.util.regex.Pattern RANGE = java.util.regex.Pattern.compile("\\{v([0-9]+)(\\.\\w+)-v([0-9]+)\\.\\w+\\}");

    @Override
    String text(String raw, long address) {
        String text = normalise(bare(TARGET.matcher(raw).replaceAll("0x$1 <")));
        if (text.startsWith(".inst") || text.startsWith(".word") || text.contains("undefined")) {
            return UNKNOWN;
        }
        return withoutRanges(text).replaceAll("\\bcs\\b", "hs").replaceAll("\\bcc\\b", "lo");
    }

    /** Writes out {@code {v1.8b-v4.8b}} and, as newer versions have it, {@code {v31.8b-v2.8b}}. */
    private static String withoutRanges(String text) {
        Matcher range = RANGE.matcher(text);
        if (!range.find()) {
            return text;
        }
        StringBuilder list = new StringBuilder(text.substring(0, range.start()));
        int first = Integer.parseInt(range.group(1));
        int count = (Integer.parseInt(range.group(3)) - first & 31) + 1;
        for (int i = 0; i < count; i++) {
            list.append(i == 0 ? "{v" : ",v").append(first + i & 31).append(range.group(2));
        }
        return list.append('}').append(text.substring(range.end())).toString();
    }

    /**
     * Known: it refuses unpredictable words and words with bits that should be zero or one, and knows later extensions and hints; what is
     * an instruction is compared with LLVM. It prefers MOV to ORR for immediates into the stack pointer, SXTL and UXTL to shifts by
     * nothing, and BFXIL of the zero register at bit 0 to BFC.
     */
    @Override
    boolean mayDiffer(int word, String ours, String theirs) {
        if (ours.equals(UNKNOWN) || theirs.equals(UNKNOWN) || theirs.startsWith("msr s0_")) {
            return true;
        }
        return ours.matches("orr w?sp,[wx]zr,.*") && theirs.startsWith("mov ")
            || ours.equals("dgh") && theirs.equals("hint 6") || ours.startsWith("hint ")
            || ours.matches("[su]shll2? .*,0") && theirs.equals(ours.charAt(0) + "xtl" + ours.substring(5, ours.length() - 2))
            || ours.startsWith("bfc ") && theirs.matches("bfxil .*,[wx]zr,0,.*")
            || ours.endsWith(",0]!") && theirs.endsWith("]!")
            || laterPrefetch(ours, theirs) || SystemRegisterText.same(ours, theirs);
    }
}
