package io.stele.arm64.oracle;

import java.util.Locale;
import java.util.regex.Matcher;

/** Text of a disassembler in a form that can be compared: lower case, single spaces, no spaces inside braces, numbers
 * signed decimal, no comments. */
abstract class OracleText {
    /** What an unallocated word is. */
    static final String UNKNOWN = "unallocated";

    private static final java.util.regex.Pattern NUMBER = java.util.regex.Pattern.compile(
        "(?<![\\w.])-?(0x[0-9a-f]+|[0-9]+\\.[0-9]+(e[-+][0-9]+)?|[0-9]+)(?![\\w])");
    private static final java.util.regex.Pattern NARROW = java.util.regex.Pattern.compile("(mov|movn|and|orr|eor|ands|tst) w.*");

    /** The oracle's text of the word at an address. */
    abstract String text(String raw, long address);

    /** True for the differences that are known and meant. Both texts are normalised. */
    abstract boolean mayDiffer(int word, String ours, String theirs);

    static String normalise(String text) {
        String plain = text.toLowerCase(Locale.ROOT).replaceAll("\\s+", " ").replace(", ", ",").replace("{ ", "{").replace(" }", "}")
            .replace("#", "").strip();
        boolean narrow = NARROW.matcher(plain).matches();
        Matcher numbers = NUMBER.matcher(plain);
        StringBuilder result = new StringBuilder();
        while (numbers.find()) {
            if (numbers.group().indexOf('.') >= 0) {
                numbers.appendReplacement(result, Double.toString(Double.parseDouble(numbers.group())));
            } else {
                long value = parse(numbers.group());
                numbers.appendReplacement(result, Long.toString(narrow ? (int) value : value));
            }
        }
        return numbers.appendTail(result).toString();
    }

    private static long parse(String number) {
        boolean negative = number.startsWith("-");
        String digits = negative ? number.substring(1) : number;
        long value = digits.startsWith("0x") ? Long.parseUnsignedLong(digits.substring(2), 16) : Long.parseUnsignedLong(digits);
        return negative ? -value : value;
    }

    /**
     * True for prefetches that later extensions give a name (FEAT_PRFMSLC) or another meaning (FEAT_RPRFM): to this CPU, which has neither,
     * they are numbers.
     */
    static boolean laterPrefetch(String ours, String theirs) {
        return ours.matches("prfm [0-9]+,.*") && theirs.startsWith("rprfm ")
            || theirs.matches("prfu?m p(ld|li|st)slc(keep|strm),.*") && ours.matches("prfu?m [0-9]+,.*")
                && ours.substring(0, 4).equals(theirs.substring(0, 4))
                && ours.substring(ours.indexOf(',')).equals(theirs.substring(theirs.indexOf(',')));
    }

    /** The text without the symbol that follows an address, and without a comment. */
    static String bare(String raw) {
        String text = raw;
        for (String mark : new String[] {" <", "//", ";"}) {
            int at = text.indexOf(mark);
            if (at >= 0) {
                text = text.substring(0, at);
            }
        }
        return text.strip();
    }
}
