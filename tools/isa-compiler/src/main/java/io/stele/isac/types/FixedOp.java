package io.stele.isac.types;

/** Operators on fixed values; they mean what Java's operators mean on {@code long} and {@code boolean}. Truth values are 0 and 1 here. */
public enum FixedOp {
    ADD("+", 11), SUB("-", 11), MUL("*", 12), DIV("/", 12), REM("%", 12),
    SHL("<<", 10), SHR(">>", 10), USHR(">>>", 10),
    AND("&", 7), XOR("^", 6), OR("|", 5),
    NEG("-", 13), NOT("~", 13),
    EQ("==", 8), NE("!=", 8), LT("<", 9), LE("<=", 9), GT(">", 9), GE(">=", 9),
    BOTH("&&", 4), EITHER("||", 3), NEGATE("!", 13),
    /** Condition, value when true, value when false. */
    SELECT("?:", 2);

    private final String symbol;
    private final int precedence;

    FixedOp(String symbol, int precedence) {
        this.symbol = symbol;
        this.precedence = precedence;
    }

    public String symbol() {
        return symbol;
    }

    /** Java's binding strength; larger binds tighter. */
    public int precedence() {
        return precedence;
    }

    /** True if the result is a truth value. */
    public boolean isPredicate() {
        return switch (this) {
            case EQ, NE, LT, LE, GT, GE, BOTH, EITHER, NEGATE -> true;
            default -> false;
        };
    }

    /** True if operands can be exchanged. */
    public boolean isCommutative() {
        return switch (this) {
            case ADD, MUL, AND, OR, XOR, EQ, NE -> true;
            default -> false;
        };
    }

    /** False if some operands make it throw. */
    public boolean isTotal() {
        return this != DIV && this != REM;
    }

    public static FixedOp binary(String symbol) {
        for (FixedOp op : values()) {
            if (op != NEG && op != SELECT && op.symbol.equals(symbol)) {
                return op;
            }
        }
        throw new IllegalArgumentException(symbol);
    }

    /** The result for known operands; division by zero must have been excluded. */
    public long apply(long... a) {
        return switch (this) {
            case ADD -> a[0] + a[1];
            case SUB -> a[0] - a[1];
            case MUL -> a[0] * a[1];
            case DIV -> a[0] / a[1];
            case REM -> a[0] % a[1];
            case SHL -> a[0] << a[1];
            case SHR -> a[0] >> a[1];
            case USHR -> a[0] >>> a[1];
            case AND -> a[0] & a[1];
            case XOR -> a[0] ^ a[1];
            case OR -> a[0] | a[1];
            case NEG -> -a[0];
            case NOT -> ~a[0];
            case EQ -> truth(a[0] == a[1]);
            case NE -> truth(a[0] != a[1]);
            case LT -> truth(a[0] < a[1]);
            case LE -> truth(a[0] <= a[1]);
            case GT -> truth(a[0] > a[1]);
            case GE -> truth(a[0] >= a[1]);
            case BOTH -> a[0] & a[1];
            case EITHER -> a[0] | a[1];
            case NEGATE -> a[0] ^ 1;
            case SELECT -> a[0] != 0 ? a[1] : a[2];
        };
    }

    private static long truth(boolean b) {
        return b ? 1 : 0;
    }
}
