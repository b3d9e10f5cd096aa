package io.stele.ir;

/** Fixed properties of the operations of {@link Opcode}. */
public final class OpInfo {
    private static final boolean[] CLOBBERS = new boolean[Opcode.COUNT];
    private static final boolean[] SITE = new boolean[Opcode.COUNT];
    private static final boolean[] EFFECT = new boolean[Opcode.COUNT];
    private static final boolean[] LAZY = new boolean[Opcode.COUNT];
    private static final byte[] TYPE = new byte[Opcode.COUNT];
    /** What is asked often, in one look. */
    private static final byte[] KIND = new byte[Opcode.COUNT];
    /** As {@link #clobbersFlags}. */
    public static final int CLOBBERING = 1;
    /** The operation has a condition, whose test may change EFLAGS. */
    public static final int CONDITIONAL = 2;
    /** As {@link #isSite}. */
    public static final int LEAVING = 4;
    /** As {@link #hasEffect}. */
    public static final int STAYING = 8;
    /** As {@link #isLazy}. */
    public static final int VIRTUAL = 16;
    private static final String[] NAMES = new String[Opcode.COUNT];

    static {
        for (int i = Opcode.ADD; i < Opcode.ADD_SHIFTED; i++) {
            CLOBBERS[i] = true;
        }
        set(CLOBBERS, false, Opcode.ADD, Opcode.NOT, Opcode.BSWAP, Opcode.ZEXT, Opcode.SEXT, Opcode.TRUNC, Opcode.COND_TO_BITS, Opcode.SELECT);
        set(CLOBBERS, true, Opcode.REGION, Opcode.ATOMIC_RMW, Opcode.CAS, Opcode.CAS_PAIR, Opcode.STORE_EXCLUSIVE, Opcode.STORE_EXCLUSIVE_PAIR,
            Opcode.LOAD_EXCLUSIVE_PAIR, Opcode.INTERPRET_IF, Opcode.FCOMPARE, Opcode.F_TO_INT, Opcode.FMAX, Opcode.FMIN,
            Opcode.FSELECT, Opcode.INT_TO_F);
        set(CLOBBERS, true, Opcode.VADD_ACROSS, Opcode.VUMAX_ACROSS, Opcode.VUMIN_ACROSS, Opcode.VSMAX_ACROSS, Opcode.VSMIN_ACROSS);

        set(SITE, true, Opcode.REGION, Opcode.LOAD, Opcode.STORE, Opcode.LOAD_VEC, Opcode.STORE_VEC, Opcode.STORE_RELEASE, Opcode.ATOMIC_RMW, Opcode.CAS, Opcode.CAS_PAIR,
            Opcode.LOAD_EXCLUSIVE, Opcode.STORE_EXCLUSIVE, Opcode.LOAD_EXCLUSIVE_PAIR, Opcode.STORE_EXCLUSIVE_PAIR, Opcode.COPY_BYTES,
            Opcode.FILL_BYTES, Opcode.JUMP, Opcode.JUMP_IF,
            Opcode.JUMP_INDIRECT, Opcode.INTERPRET, Opcode.INTERPRET_IF, Opcode.LEAVE);
        System.arraycopy(SITE, 0, EFFECT, 0, Opcode.COUNT);
        set(EFFECT, false, Opcode.REGION);
        set(EFFECT, true, Opcode.BEGIN, Opcode.SET_REG, Opcode.SET_VEC, Opcode.SET_FLAGS, Opcode.STORE_STATE, Opcode.FENCE, Opcode.CLEAR_EXCLUSIVE, Opcode.LOAD_STATE,
            Opcode.READ_COUNTER, Opcode.FCOMPARE, Opcode.CLEAR_FLOAT_STATUS, Opcode.FLOAT_ENVIRONMENT);
        set(CLOBBERS, true, Opcode.FENCE, Opcode.FLOAT_STATUS, Opcode.CLEAR_FLOAT_STATUS);
        // They raise floating-point exceptions.
        for (int i = Opcode.FADD; i <= Opcode.VFROUND; i++) {
            EFFECT[i] = true;
        }
        set(EFFECT, true, Opcode.VFWIDEN, Opcode.VFNARROW);
        set(EFFECT, false, Opcode.FABS, Opcode.FNEG, Opcode.FSELECT, Opcode.VFABS, Opcode.VFNEG);
        for (int i = Opcode.CONST; i <= Opcode.COND_VEC; i++) {
            LAZY[i] = true;
        }

        for (int i = Opcode.VCONST; i < Opcode.COUNT; i++) {
            TYPE[i] = IrBlock.VEC;
        }
        TYPE[Opcode.READ_VEC] = IrBlock.VEC;
        TYPE[Opcode.LOAD_VEC] = IrBlock.VEC;
        TYPE[Opcode.VEXTRACT] = IrBlock.BITS;
        TYPE[Opcode.F_TO_INT] = IrBlock.BITS;
        TYPE[Opcode.FLOAT_STATUS] = IrBlock.BITS;
        for (int i = Opcode.VADD_ACROSS; i <= Opcode.VSMIN_ACROSS; i++) {
            TYPE[i] = IrBlock.BITS;
        }
        TYPE[Opcode.READ_FLAGS] = IrBlock.FLAGS;
        TYPE[Opcode.FLAGS_CONST] = IrBlock.FLAGS;
        TYPE[Opcode.FLAGS_OF] = IrBlock.FLAGS;
        TYPE[Opcode.SELECT_FLAGS] = IrBlock.FLAGS;
        TYPE[Opcode.FLAGS_FROM_NZCV] = IrBlock.FLAGS;
        TYPE[Opcode.FCOMPARE] = IrBlock.FLAGS;
        TYPE[Opcode.COND_FCMP] = IrBlock.COND;
        TYPE[Opcode.COND_VEC] = IrBlock.COND;
        for (int i = Opcode.COND_CONST; i <= Opcode.COND_NAN; i++) {
            TYPE[i] = IrBlock.COND;
        }
        for (int i = 0; i < Opcode.COUNT; i++) {
            boolean conditional = i == Opcode.SELECT || i == Opcode.COND_TO_BITS || i == Opcode.FSELECT || i == Opcode.JUMP_IF;
            KIND[i] = (byte) ((CLOBBERS[i] ? CLOBBERING : 0) | (conditional ? CONDITIONAL : 0) | (SITE[i] ? LEAVING : 0)
                | (EFFECT[i] ? STAYING : 0) | (LAZY[i] ? VIRTUAL : 0));
        }
    }

    private OpInfo() {}

    private static void set(boolean[] table, boolean value, int... ops) {
        for (int op : ops) {
            table[op] = value;
        }
    }

    /** The code of the operation may change EFLAGS. */
    public static boolean clobbersFlags(int op) {
        return CLOBBERS[op];
    }

    /** The bits {@link #CLOBBERING} to {@link #VIRTUAL} that the operation has. */
    public static int kind(int op) {
        return KIND[op];
    }

    /** The operation can fault or leave the block. */
    public static boolean isSite(int op) {
        return SITE[op];
    }

    /** The operation stays even when nothing uses its value. */
    public static boolean hasEffect(int op) {
        return EFFECT[op];
    }

    /** The value has no code of its own: it is made where it is used. */
    public static boolean isLazy(int op) {
        return LAZY[op];
    }

    static byte type(int op) {
        return TYPE[op];
    }

    /** Lower-case name of the operation, for dumps. */
    public static String name(int op) {
        String name = NAMES[op];
        if (name == null) {
            fillNames();
            name = NAMES[op];
        }
        return name;
    }

    private static void fillNames() {
        for (var field : Opcode.class.getFields()) {
            try {
                int value = field.getInt(null);
                if (value < Opcode.COUNT) {
                    NAMES[value] = field.getName().toLowerCase(java.util.Locale.ROOT).replace('_', '.');
                }
            } catch (IllegalAccessException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
