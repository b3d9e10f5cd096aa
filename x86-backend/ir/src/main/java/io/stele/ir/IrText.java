package io.stele.ir;

import java.util.function.IntFunction;

/** Operations of the IR as text, for dumps and tests: {@code %5 = add.64 %3, 8}. Values are named by the number of their operation. */
public final class IrText {
    private static final String[] CONDITIONS =
        {"eq", "ne", "cs", "cc", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le", "al"};
    private static final String[] X86_CONDITIONS =
        {"o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g"};
    private static final String[] RMW = {"add", "clr", "xor", "set", "smax", "smin", "umax", "umin", "swap"};
    private static final String[] FENCES = {"full", "load", "store", "pause"};
    private static final String[] HINTS = {"", " call", " return", " context"};

    private final IntFunction<String> stateName;
    private IrBlock ir;
    private StringBuilder text;

    /** @param stateName name of the field of the guest state at a byte offset */
    public IrText(IntFunction<String> stateName) {
        this.stateName = stateName;
    }

    /** The whole block, one operation per line. */
    public String block(IrBuilder block) {
        StringBuilder all = new StringBuilder();
        int last = block.ended() ? block.endOperation() : block.count - 1;
        for (int i = 1; i <= last; i++) {
            if (!isConstant(block, i)) {
                line(block, i, all);
                all.append('\n');
            }
        }
        return all.toString();
    }

    /** The operation is a constant, which is written where it is used and has no line of its own. */
    public static boolean isConstant(IrBlock block, int i) {
        int op = block.op[i];
        return op == Opcode.CONST || op == Opcode.FLAGS_CONST || op == Opcode.COND_CONST;
    }

    /** Appends one operation, without a line end. */
    public void line(IrBlock block, int i, StringBuilder out) {
        ir = block;
        text = out;
        int op = ir.op[i];
        if (op == Opcode.BEGIN) {
            text.append("-- page+");
            hex(ir.place(i) & 0xffff_ffffL);
            text.append(": ");
            hex(ir.word(i) & 0xffff_ffffL);
            return;
        }
        if (!isStatement(op)) {
            text.append('%').append(i).append(" = ");
        }
        text.append(OpInfo.name(op));
        if (op >= Opcode.REGION && op <= Opcode.STORE_EXCLUSIVE_PAIR && op != Opcode.PAIR_LOW && op != Opcode.PAIR_HIGH) {
            memory(i, op);
        } else if (op >= Opcode.JUMP && op <= Opcode.LEAVE) {
            exit(i, op);
        } else if (op == Opcode.LOAD_STATE || op == Opcode.STORE_STATE) {
            text.append('.').append(8 * ir.x[i]).append(' ').append(stateName.apply((int) ir.imm[i]));
            operands(i, ", ");
        } else if (op == Opcode.READ_REG || op == Opcode.READ_VEC || op == Opcode.SET_REG || op == Opcode.SET_VEC) {
            text.append(' ').append(stateName.apply((int) ir.imm[i]));
            operands(i, ", ");
        } else {
            calculation(i, op);
        }
    }

    private static boolean isStatement(int op) {
        return op >= Opcode.SET_REG && op <= Opcode.SET_FLAGS || op == Opcode.STORE_STATE || op == Opcode.STORE || op == Opcode.STORE_VEC
            || op == Opcode.STORE_RELEASE || op == Opcode.FENCE || op >= Opcode.CLEAR_EXCLUSIVE && op <= Opcode.LEAVE;
    }

    private void memory(int i, int op) {
        int x = ir.x[i];
        if (op == Opcode.REGION) {
            text.append(x == 0 ? ".unprivileged" : ".privileged");
            operands(i, " ");
            return;
        }
        if (op == Opcode.FENCE) {
            text.append('.').append(FENCES[x]);
            return;
        }
        if (op == Opcode.LOAD) {
            text.append('.').append(ir.w[i]).append((x & Opcode.SIGNED) != 0 ? " s" : " u").append(8 * (x & 0xff));
        } else {
            text.append('.').append(8 * (x & 0xff));
            if (op == Opcode.ATOMIC_RMW) {
                text.append(' ').append(RMW[x >> 8]);
            }
        }
        text.append(" [");
        operand(ir.a[i]);
        if ((x & Opcode.INDEXED) != 0 && op <= Opcode.STORE_VEC && ir.shift(i) != 0) {
            text.append(" << ").append(ir.shift(i));
        }
        text.append(" + ");
        operand(ir.b[i]);
        long displacement = ir.imm[i];
        if (displacement != 0) {
            text.append(displacement < 0 ? " - " : " + ");
            hex(Math.abs(displacement));
        }
        text.append(']');
        next(ir.c[i], ", ");
        next(ir.d[i], ", ");
    }

    private void exit(int i, int op) {
        switch (op) {
            case Opcode.JUMP, Opcode.JUMP_IF -> {
                next(ir.a[i], " ");
                text.append(op == Opcode.JUMP ? " " : ", ");
                page(ir.imm[i]);
                text.append(ir.x[i] != 0 ? " checked" : "");
            }
            case Opcode.JUMP_INDIRECT -> {
                operands(i, " ");
                text.append(HINTS[ir.x[i]]);
            }
            case Opcode.LEAVE -> {
                text.append(" reason ").append(ir.x[i]).append(", ");
                hex(ir.imm[i]);
            }
            default -> operands(i, " ");
        }
    }

    private void calculation(int i, int op) {
        int x = ir.x[i];
        long n = ir.imm[i];
        if (op == Opcode.COND_FLAGS) {
            text.append('.').append(CONDITIONS[x]);
            operands(i, " ");
            return;
        }
        if (ir.w[i] != 0) {
            text.append('.').append(ir.w[i]);
        }
        switch (op) {
            case Opcode.PAGE_ADDRESS -> {
                text.append(' ');
                page(n);
            }
            case Opcode.COND_CMP, Opcode.COND_TEST, Opcode.COND_FCMP, Opcode.COND_VEC -> {
                text.append('.').append(X86_CONDITIONS[x]);
                operands(i, " ");
            }
            case Opcode.COND_BIT -> {
                operands(i, " ");
                text.append(n != 0 ? " set " : " clear ").append(x);
            }
            case Opcode.UBFX, Opcode.SBFX -> {
                operands(i, " ");
                text.append(" <").append(x + n - 1).append(':').append(x).append('>');
            }
            case Opcode.ZEXT, Opcode.SEXT -> {
                operands(i, " ");
                text.append(" from ").append(x);
            }
            case Opcode.SHLI, Opcode.LSHRI, Opcode.ASHRI, Opcode.RORI, Opcode.EXTRACT, Opcode.ADD_SHIFTED -> {
                operands(i, " ");
                text.append(", ").append(x);
            }
            case Opcode.VCONST -> {
                text.append(' ');
                if (ir.a[i] == 0) {
                    text.append(0);
                } else {
                    operand(ir.a[i]);
                }
                text.append(':');
                hex(n);
            }
            default -> {
                if (x != 0) {
                    text.append(" {");
                    hex(x);
                    text.append('}');
                }
                operands(i, " ");
                if (n != 0) {
                    text.append(" #");
                    hex(n);
                }
            }
        }
    }

    private void operands(int i, String first) {
        int length = text.length();
        next(ir.a[i], first);
        next(ir.b[i], text.length() == length ? first : ", ");
        next(ir.c[i], text.length() == length ? first : ", ");
        int op = ir.op[i];
        if (op < Opcode.SET_REG || op > Opcode.SET_FLAGS) {
            next(ir.d[i], text.length() == length ? first : ", ");
        }
    }

    private void next(int v, String separator) {
        if (v != 0) {
            text.append(separator);
            operand(v);
        }
    }

    private void operand(int v) {
        if (isConstant(ir, v)) {
            hex(ir.imm[v]);
        } else {
            text.append('%').append(v);
        }
    }

    private void page(long offset) {
        text.append(offset < 0 ? "page-" : "page+");
        hex(Math.abs(offset));
    }

    private void hex(long v) {
        if (v >= -9 && v < 10) {
            text.append(v);
        } else if (v < 0 && v > -0x10000) {
            text.append("-0x").append(Long.toHexString(-v));
        } else {
            text.append("0x").append(Long.toHexString(v));
        }
    }
}
