package io.stele.arm64.hooks;

/** The pieces of assembly text that the templates of the description ({@code text} declarations) ask for. Numbers are encoding fields. */
public final class AsmText extends VectorText {
    private static final String[] CONDITIONS =
        {"eq", "ne", "hs", "lo", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le", "al", "nv"};
    private static final String[] SHIFTS = {"lsl", "lsr", "asr", "ror"};
    private static final String[] EXTENDS = {"uxtb", "uxth", "uxtw", "uxtx", "sxtb", "sxth", "sxtw", "sxtx"};
    private static final String[] RMW = {"add", "clr", "eor", "set", "smax", "smin", "umax", "umin"};
    private static final String[] TAG_STORES = {"stg", "stzg", "st2g", "stz2g"};
    private static final String[] BARRIERS =
        {null, "oshld", "oshst", "osh", null, "nshld", "nshst", "nsh", null, "ishld", "ishst", "ish", null, "ld", "st", "sy"};
    private static final String[] PREFETCH_TYPES = {"pld", "pli", "pst"};

    private AsmText() {}

    /** General-purpose register, 31 = zero register; {@code sf} 0: 32 bits, else 64. */
    public static String x(long sf, long n) {
        return n == 31 ? sf != 0 ? "xzr" : "wzr" : (sf != 0 ? "x" : "w") + n;
    }

    /** General-purpose register, 31 = stack pointer. */
    public static String xsp(long sf, long n) {
        return n == 31 ? sf != 0 ? "sp" : "wsp" : (sf != 0 ? "x" : "w") + n;
    }

    /** General-purpose register of an access of {@code 1 << size} bytes. */
    public static String xs(long size, long n) {
        return x(size == 3 ? 1 : 0, n);
    }

    /** Base register of an address. */
    public static String base(long n) {
        return xsp(1, n);
    }

    /** Displacement of an address, left out when it is 0. */
    public static String disp(long offset) {
        return offset == 0 ? "" : ", #" + offset;
    }

    /** Register offset of an address; {@code shift} is that of {@code S} set. */
    public static String index(long rm, long option, long shift, long s) {
        String register = x(option & 1, rm);
        if (option == 3) {
            return s != 0 ? register + ", lsl #" + shift : register;
        }
        return register + ", " + EXTENDS[(int) option] + (s != 0 ? " #" + shift : "");
    }

    /** Absolute address of a label. */
    public static String label(long target) {
        return hex(target);
    }

    public static String lsl12(long sh) {
        return sh != 0 ? ", lsl #12" : "";
    }

    /** Shift of a move-wide immediate by {@code hw} half-words. */
    public static String lslHalf(long hw) {
        return hw != 0 ? ", lsl #" + 16 * hw : "";
    }

    /** Condition. */
    public static String cond(long c) {
        return CONDITIONS[(int) c];
    }

    /** Shift of a register operand, left out when there is none. */
    public static String shift(long type, long amount) {
        return type == 0 && amount == 0 ? "" : ", " + SHIFTS[(int) type] + " #" + amount;
    }

    /**
     * Extended register operand.
     *
     * @param sp the stack pointer takes part, so the extension that changes nothing is written LSL
     */
    public static String ext(long sf, long rm, long option, long amount, boolean sp) {
        String register = x(sf != 0 && (option & 3) == 3 ? 1 : 0, rm);
        if (sp && option == (sf != 0 ? 3 : 2)) {
            return amount == 0 ? register : register + ", lsl #" + amount;
        }
        return register + ", " + EXTENDS[(int) option] + (amount == 0 ? "" : " #" + amount);
    }

    /** Size letter of CRC32. */
    public static String bhwx(long size) {
        return "bhwx".substring((int) size, (int) size + 1);
    }

    /** Size suffix of a load or store. */
    public static String bh(long size) {
        return size == 0 ? "b" : size == 1 ? "h" : "";
    }

    /** Size suffix of a sign-extending load. */
    public static String loadSigned(long size) {
        return size == 0 ? "b" : size == 1 ? "h" : "w";
    }

    /** Release suffix of a store. */
    public static String release(long o0) {
        return o0 != 0 ? "l" : "";
    }

    /** Acquire suffix of a load. */
    public static String acquire(long o0) {
        return o0 != 0 ? "a" : "";
    }

    /** Stage of a memory copy or set: prologue, main, epilogue. */
    public static String stage(long n) {
        return "pme".substring((int) n, (int) n + 1);
    }

    /** Unprivileged and non-temporal writes and reads of a memory copy. */
    public static String copyOptions(long n) {
        String[] accesses = {"", "w", "r", ""};
        int unprivileged = (int) n & 3;
        int nonTemporal = (int) n >> 2;
        return (unprivileged == 0 ? "" : accesses[unprivileged] + "t") + (nonTemporal == 0 ? "" : accesses[nonTemporal] + "n");
    }

    /** The same of a memory set, which only writes. */
    public static String setOptions(long n) {
        return ((n & 1) != 0 ? "t" : "") + ((n & 2) != 0 ? "n" : "");
    }

    /** Ordering suffix of an atomic operation. */
    public static String order(long a, long r) {
        return (a != 0 ? "a" : "") + (r != 0 ? "l" : "");
    }

    /** Operation of LD&lt;op&gt;. */
    public static String rmw(long opc) {
        return RMW[(int) opc];
    }

    /** Mnemonic of a store of allocation tags. */
    public static String tagStore(long opc) {
        return TAG_STORES[(int) opc];
    }

    /** Prefetch operation, or its number. */
    public static String prefetch(long rt) {
        int type = (int) rt >> 3;
        int level = (int) rt >> 1 & 3;
        return type == 3 || level == 3 ? "#" + rt : PREFETCH_TYPES[type] + "l" + (level + 1) + ((rt & 1) != 0 ? "strm" : "keep");
    }

    /** Option of DSB and DMB. */
    public static String barrier(long crm) {
        String name = BARRIERS[(int) crm];
        return name != null ? name : "#" + crm;
    }

    /** Option of ISB. */
    public static String isbOption(long crm) {
        return crm == 15 ? "" : " #" + crm;
    }

    /** PSTATE field of MSR (immediate). */
    public static String pstateField(long op1, long op2) {
        return switch ((int) (op1 << 3 | op2)) {
            case 3 -> "UAO";
            case 4 -> "PAN";
            case 5 -> "SPSel";
            case 031 -> "SSBS";
            case 032 -> "DIT";
            case 034 -> "TCO";
            case 036 -> "DAIFSet";
            case 037 -> "DAIFClr";
            default -> throw new IllegalArgumentException("no PSTATE field has op1 " + op1 + ", op2 " + op2);
        };
    }

    /** A hint; those without a name of their own are {@code hint #n}. */
    public static String hint(long n) {
        return switch ((int) n) {
            case 0 -> "nop";
            case 1 -> "yield";
            case 6 -> "dgh";
            case 7 -> "xpaclri";
            case 8 -> "pacia1716";
            case 10 -> "pacib1716";
            case 12 -> "autia1716";
            case 14 -> "autib1716";
            case 16 -> "esb";
            case 17 -> "psb csync";
            case 18 -> "tsb csync";
            case 20 -> "csdb";
            case 24 -> "paciaz";
            case 25 -> "paciasp";
            case 26 -> "pacibz";
            case 27 -> "pacibsp";
            case 28 -> "autiaz";
            case 29 -> "autiasp";
            case 30 -> "autibz";
            case 31 -> "autibsp";
            case 32 -> "bti";
            case 34 -> "bti c";
            case 36 -> "bti j";
            case 38 -> "bti jc";
            default -> "hint #" + n;
        };
    }

    /** System register by bits 20:5 of the instruction. */
    public static String sysreg(long encoding) {
        return SystemNames.register((int) encoding);
    }

    /** SYS, or the alias of it. */
    public static String sysOperation(long encoding, long rt) {
        return SystemNames.operation((int) encoding, (int) rt);
    }

    /** SYSL. */
    public static String syslOperation(long encoding, long rt) {
        return "sysl " + x(1, rt) + ", " + SystemNames.operands((int) encoding);
    }

    /** {@code 0x} and the digits of an unsigned number, as {@code {e:x}} in a template. */
    public static String hex(long v) {
        return "0x" + Long.toHexString(v);
    }
}
