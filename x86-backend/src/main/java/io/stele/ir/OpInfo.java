package io.stele.ir;

/** Fixed properties of the operations of {@link Op}. */
public final class OpInfo {
    private static final boolean[] CLOBBERS = new boolean[Op.COUNT];
    private static final boolean[] SITE = new boolean[Op.COUNT];
    private static final boolean[] EFFECT = new boolean[Op.COUNT];
    private static final boolean[] LAZY = new boolean[Op.COUNT];
    private static final byte[] TYPE = new byte[Op.COUNT];
    private static final String[] NAMES = new String[Op.COUNT];

    static {
        for (int i = Op.ADD; i < Op.ADD_SHIFTED; i++) {
            CLOBBERS[i] = true;
        }
        set(CLOBBERS, false, Op.ADD, Op.NOT, Op.BSWAP, Op.ZEXT, Op.SEXT, Op.TRUNC, Op.COND_TO_BITS, Op.SELECT);
        set(CLOBBERS, true, Op.REGION, Op.ATOMIC_RMW, Op.CAS, Op.CAS_PAIR, Op.STORE_EXCLUSIVE, Op.STORE_EXCLUSIVE_PAIR,
            Op.LOAD_EXCLUSIVE_PAIR, Op.CHECK_INTERRUPT, Op.INTERPRET_IF, Op.FCOMPARE, Op.F_TO_INT, Op.FMAX, Op.FMIN,
            Op.FMAXNM, Op.FMINNM, Op.FSELECT, Op.INT_TO_F, Op.VF_TO_INT, Op.VEXTRACT_SIGNED);
        set(CLOBBERS, true, Op.VADD_ACROSS, Op.VUMAX_ACROSS, Op.VUMIN_ACROSS, Op.VSMAX_ACROSS, Op.VSMIN_ACROSS);

        set(SITE, true, Op.REGION, Op.LOAD, Op.STORE, Op.LOAD_VEC, Op.STORE_VEC, Op.STORE_RELEASE, Op.ATOMIC_RMW, Op.CAS, Op.CAS_PAIR,
            Op.LOAD_EXCLUSIVE, Op.STORE_EXCLUSIVE, Op.LOAD_EXCLUSIVE_PAIR, Op.STORE_EXCLUSIVE_PAIR, Op.JUMP, Op.JUMP_IF,
            Op.JUMP_INDIRECT, Op.INTERPRET, Op.INTERPRET_IF, Op.LEAVE, Op.CHECK_INTERRUPT);
        System.arraycopy(SITE, 0, EFFECT, 0, Op.COUNT);
        set(EFFECT, false, Op.REGION);
        set(EFFECT, true, Op.BEGIN, Op.SET_REG, Op.SET_VEC, Op.SET_FLAGS, Op.STORE_STATE, Op.FENCE, Op.CLEAR_EXCLUSIVE, Op.LOAD_STATE,
            Op.READ_COUNTER, Op.FCOMPARE);
        // They raise floating-point exceptions. The others that do are kept by the guards of their results.
        set(EFFECT, true, Op.F_TO_INT, Op.INT_TO_F, Op.VF_TO_INT, Op.VINT_TO_F, Op.VFCMPEQ, Op.VFCMPGE, Op.VFCMPGT);
        for (int i = Op.CONST; i <= Op.COND_FCMP; i++) {
            LAZY[i] = true;
        }

        for (int i = Op.VCONST; i < Op.COUNT; i++) {
            TYPE[i] = IrBlock.VEC;
        }
        TYPE[Op.READ_VEC] = IrBlock.VEC;
        TYPE[Op.LOAD_VEC] = IrBlock.VEC;
        TYPE[Op.VEXTRACT] = IrBlock.BITS;
        TYPE[Op.VEXTRACT_SIGNED] = IrBlock.BITS;
        TYPE[Op.F_TO_INT] = IrBlock.BITS;
        for (int i = Op.VADD_ACROSS; i <= Op.VSMIN_ACROSS; i++) {
            TYPE[i] = IrBlock.BITS;
        }
        TYPE[Op.READ_FLAGS] = IrBlock.FLAGS;
        TYPE[Op.FLAGS_CONST] = IrBlock.FLAGS;
        TYPE[Op.FLAGS_OF] = IrBlock.FLAGS;
        TYPE[Op.SELECT_FLAGS] = IrBlock.FLAGS;
        TYPE[Op.FLAGS_FROM_NZCV] = IrBlock.FLAGS;
        TYPE[Op.FCOMPARE] = IrBlock.FLAGS;
        TYPE[Op.COND_FCMP] = IrBlock.COND;
        for (int i = Op.COND_CONST; i <= Op.COND_NAN; i++) {
            TYPE[i] = IrBlock.COND;
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
        for (var field : Op.class.getFields()) {
            try {
                int value = field.getInt(null);
                if (value < Op.COUNT) {
                    NAMES[value] = field.getName().toLowerCase(java.util.Locale.ROOT).replace('_', '.');
                }
            } catch (IllegalAccessException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
