package io.stele.isac.types;

/** Bounds of a fixed number; what fits into 32 bits is printed as {@code int}. */
public record Range(long low, long high) {
    public static final Range ANY = new Range(Long.MIN_VALUE, Long.MAX_VALUE);

    public static Range of(long value) {
        return new Range(value, value);
    }

    public static Range unsigned(int bits) {
        return bits >= 63 ? ANY : new Range(0, (1L << bits) - 1);
    }

    public boolean fitsInt() {
        return low >= Integer.MIN_VALUE && high <= Integer.MAX_VALUE;
    }

    public boolean contains(long value) {
        return low <= value && value <= high;
    }

    private boolean natural() {
        return low >= 0;
    }

    public Range or(Range o) {
        return new Range(Math.min(low, o.low), Math.max(high, o.high));
    }

    /** Bounds of a result; operands are in {@code a} ({@code SELECT}: the two values). All must fit into 32 bits. */
    public static Range apply(FixedOp op, Range... a) {
        Range l = a[0];
        Range r = a.length > 1 ? a[1] : null;
        return switch (op) {
            case ADD -> new Range(l.low + r.low, l.high + r.high);
            case SUB -> new Range(l.low - r.high, l.high - r.low);
            case MUL -> l.natural() && r.natural() ? new Range(l.low * r.low, l.high * r.high) : ANY;
            case SHL -> l.natural() && r.natural() && r.high <= 31 ? new Range(l.low << r.low, l.high << r.high) : ANY;
            case SHR, USHR -> l.natural() && r.natural() && r.high <= 31 ? new Range(l.low >> r.high, l.high >> r.low) : ANY;
            case AND -> and(l, r);
            case OR, XOR -> l.natural() && r.natural() ? unsigned(64 - Long.numberOfLeadingZeros(l.high | r.high))
                : new Range(Integer.MIN_VALUE, Integer.MAX_VALUE);
            case NEG -> new Range(-l.high, -l.low);
            case NOT -> new Range(~l.high, ~l.low);
            case DIV, REM -> l.natural() && r.low > 0 ? new Range(0, l.high) : ANY;
            case SELECT -> l.or(r);
            default -> ANY;
        };
    }

    private static Range and(Range l, Range r) {
        if (l.natural() && r.natural()) {
            return new Range(0, Math.min(l.high, r.high));
        }
        return l.natural() ? new Range(0, l.high) : r.natural() ? new Range(0, r.high) : new Range(Integer.MIN_VALUE, Integer.MAX_VALUE);
    }
}
