package io.stele.ir;

/** The IR of a block as text, one operation per line, for dumps and tests. */
public final class IrText {
    private static final String[] CONDITIONS =
        {"eq", "ne", "cs", "cc", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le", "al"};
    private static final String[] X86_CONDITIONS =
        {"o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g"};

    private IrText() {}

    /** The whole block. */
    public static String block(IrBuilder ir) {
        StringBuilder text = new StringBuilder();
        for (int i = 1; i <= last(ir); i++) {
            if (ir.op[i] != Op.CONST && ir.op[i] != Op.FLAGS_CONST) {
                text.append(line(ir, i)).append('\n');
            }
        }
        return text.toString();
    }

    /** The operations of one guest instruction: those from {@code begin} up to the next BEGIN. */
    public static String instruction(IrBuilder ir, int begin) {
        StringBuilder text = new StringBuilder();
        for (int i = begin + 1; i <= last(ir) && ir.op[i] != Op.BEGIN; i++) {
            if (ir.op[i] != Op.CONST && ir.op[i] != Op.FLAGS_CONST) {
                text.append(line(ir, i)).append('\n');
            }
        }
        return text.toString();
    }

    private static int last(IrBuilder ir) {
        return ir.ended() ? ir.endOperation() : ir.count - 1;
    }

    /** One operation, as {@code %5 = add.64 %3, #8}. */
    public static String line(IrBuilder ir, int i) {
        StringBuilder text = new StringBuilder();
        int op = ir.op[i];
        if (op == Op.BEGIN) {
            return text.append("-- ").append(hex(ir.imm[i] & 0xffff_ffffL)).append(": ").append(hex(ir.imm[i] >>> 32)).toString();
        }
        if (!isStatement(op)) {
            text.append('%').append(i).append(" = ");
        }
        text.append(OpInfo.name(op));
        if (ir.w[i] != 0) {
            text.append('.').append(ir.w[i]);
        }
        appendParameter(text, ir, i, op);
        String separator = " ";
        for (int operand = 0; operand < 4; operand++) {
            int v = operand == 0 ? ir.a[i] : operand == 1 ? ir.b[i] : operand == 2 ? ir.c[i] : isSet(op) ? 0 : ir.d[i];
            if (v != 0) {
                text.append(separator);
                appendOperand(text, ir, v);
                separator = ", ";
            }
        }
        appendImmediate(text, ir, i, op);
        return text.toString();
    }

    private static boolean isSet(int op) {
        return op == Op.SET_REG || op == Op.SET_VEC || op == Op.SET_FLAGS;
    }

    private static boolean isStatement(int op) {
        return isSet(op) || op == Op.STORE_STATE || op == Op.STORE || op == Op.STORE_VEC || op == Op.STORE_RELEASE || op == Op.FENCE
            || op >= Op.CLEAR_EXCLUSIVE && op <= Op.CHECK_INTERRUPT;
    }

    private static void appendOperand(StringBuilder text, IrBuilder ir, int v) {
        if (ir.op[v] == Op.CONST || ir.op[v] == Op.FLAGS_CONST) {
            text.append('#').append(hex(ir.imm[v]));
        } else {
            text.append('%').append(v);
        }
    }

    private static void appendParameter(StringBuilder text, IrBuilder ir, int i, int op) {
        int x = ir.x[i];
        if (op == Op.COND_FLAGS) {
            text.append('.').append(CONDITIONS[x]);
        } else if (op == Op.COND_CMP || op == Op.COND_TEST || op == Op.COND_FCMP) {
            text.append('.').append(X86_CONDITIONS[x]);
        } else if (x != 0) {
            text.append(" {").append(hex(x)).append('}');
        }
    }

    private static void appendImmediate(StringBuilder text, IrBuilder ir, int i, int op) {
        long n = ir.imm[i];
        boolean state = isSet(op) && op != Op.SET_FLAGS || op == Op.READ_REG || op == Op.READ_VEC || op == Op.LOAD_STATE || op == Op.STORE_STATE;
        if (state) {
            text.append(" [state+").append(n).append(']');
        } else if (op >= Op.LOAD && op <= Op.STORE_EXCLUSIVE_PAIR && op != Op.FENCE) {
            text.append(" [").append(n < 0 ? "" : "+").append(n).append(']');
        } else if (op >= Op.JUMP && op <= Op.JUMP_IF || op == Op.PAGE_ADDRESS) {
            text.append(" page").append(n < 0 ? "-" : "+").append(hex(Math.abs(n)));
        } else if (n != 0) {
            text.append(" #").append(hex(n));
        }
    }

    private static String hex(long v) {
        return v >= 0 && v < 10 ? Long.toString(v) : "0x" + Long.toHexString(v);
    }
}
