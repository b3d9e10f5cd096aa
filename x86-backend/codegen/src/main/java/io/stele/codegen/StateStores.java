package io.stele.codegen;

import io.stele.x86.Assembler;
import io.stele.x86.Cond;
import io.stele.x86.Op;
import io.stele.x86.Reg;

/** Emits the code that brings the guest state in memory up to date, from a {@link StateRecords} record. All host registers are lost but one. */
final class StateStores {
    private static final int ALLOCATABLE = 0xffff & ~(1 << Reg.RSP | 1 << Reg.RBP | 1 << Reg.R14);

    /** Memory for a register that has to serve as scratch, and for an operand that is no immediate: spill slots the allocator leaves alone. */
    private static final long SAVED = Registers.area(CpuArea.spill(CpuArea.VALUE_SPILL_SLOTS));
    private static final long OPERAND = Registers.area(CpuArea.spill(CpuArea.VALUE_SPILL_SLOTS + 1));

    private final Assembler asm;
    private final Registers regs;
    private final StateRecords records;

    StateStores(Assembler asm, Registers regs, StateRecords records) {
        this.asm = asm;
        this.regs = regs;
        this.records = records;
    }

    /** True when there is something to store. */
    boolean needed(int record) {
        return records.words[record] != 0 || records.words[record + 1] != StateRecords.FLAGS_CLEAN;
    }

    /** Index of the flags word. */
    private int flagsAt(int record) {
        char[] words = records.words;
        int p = record + 1;
        for (int n = words[record]; n > 0; n--) {
            p += (words[p] & 127) == StateRecords.CONST ? 2 : 1;
        }
        return p;
    }

    /**
     * @param keep register that must survive, or -1
     */
    void emit(int record, int keep) {
        char[] words = records.words;
        int flags = flagsAt(record);
        boolean recipe = words[flags] == StateRecords.FLAGS_RECIPE;
        if (recipe) {
            recompute(record, flags, keep);
        }
        int p = record + 1;
        for (int n = words[record]; n > 0; n--) {
            int word = words[p++];
            int location = word & 127;
            if (location == StateRecords.CONST) {
                p++;
                continue;
            }
            long home = regs.home(word >> 7);
            int w = word >> 7 == Registers.FLAGS_SLOT ? 32 : 64;
            if (location < StateRecords.XMM) {
                asm.mr(Op.MOV, w, home, location);
            } else if (location < StateRecords.SPILL) {
                asm.mr(Op.VMOVDQU, home, location - StateRecords.XMM);
            }
        }
        int scratch = keep == Reg.RAX ? Reg.RCX : Reg.RAX;
        if (words[flags] != StateRecords.FLAGS_CLEAN) {
            storeFlags(words[flags] == StateRecords.FLAGS_SUB || recipe && (words[flags + 1] & StateRecords.RECIPE_OP) == StateRecords.RECIPE_SUB,
                keep);
        }
        p = record + 1;
        for (int n = words[record]; n > 0; n--) {
            int word = words[p++];
            int location = word & 127;
            int slot = word >> 7;
            if (location == StateRecords.CONST) {
                storeConstant(slot, words[p++], scratch);
            } else if (location >= StateRecords.VECTOR_SPILL) {
                asm.rm(Op.VMOVDQU, 0, Registers.spillSlot(location - StateRecords.SPILL));
                asm.mr(Op.VMOVDQU, regs.home(slot), 0);
            } else if (location >= StateRecords.SPILL) {
                asm.rm(Op.MOV, 64, scratch, Registers.spillSlot(location - StateRecords.SPILL));
                asm.mr(Op.MOV, slot == Registers.FLAGS_SLOT ? 32 : 64, regs.home(slot), scratch);
            }
        }
    }

    private void storeFlags(boolean subtraction, int keep) {
        if (keep == Reg.RAX) {
            asm.rr(Op.MOV, 64, Reg.RDX, Reg.RAX);
        }
        if (subtraction) {
            asm.op(Op.CMC);
        }
        asm.op(Op.LAHF);
        asm.setcc(Cond.O, Reg.RAX);
        asm.mr(Op.MOV, 32, regs.home(Registers.FLAGS_SLOT), Reg.RAX);
        if (keep == Reg.RAX) {
            asm.rr(Op.MOV, 64, Reg.RAX, Reg.RDX);
        }
    }

    private void storeConstant(int slot, int index, int scratch) {
        long value = records.constants[index & ~StateRecords.RELATIVE];
        long home = regs.home(slot);
        if ((index & StateRecords.RELATIVE) != 0) {
            Registers.loadPageAddress(asm, scratch, value);
            asm.mr(Op.MOV, 64, home, scratch);
        } else if (slot == Registers.FLAGS_SLOT) {
            asm.mi(Op.MOV, 32, home, value);
        } else if (value == (int) value) {
            asm.mi(Op.MOV, 64, home, value);
        } else {
            asm.ri(Op.MOV, 64, scratch, value);
            asm.mr(Op.MOV, 64, home, scratch);
        }
    }

    // Flags from kept operands: done first, while all operands are where the record says.

    private void recompute(int record, int flags, int keep) {
        char[] words = records.words;
        int kind = words[flags + 1];
        int left = words[flags + 2];
        int right = words[flags + 4];
        int w = (kind & StateRecords.RECIPE_64) != 0 ? 64 : 32;
        int op = kind & StateRecords.RECIPE_OP;
        boolean fromResult = (kind & StateRecords.RECIPE_RESULT) != 0;
        int used = used(record) | bit(left) | bit(right) | (keep >= 0 ? 1 << keep : 0);
        int free = regs.scratch() & ~used;
        boolean borrowed = free == 0;
        int scratch = Integer.numberOfTrailingZeros(borrowed ? ALLOCATABLE & ~(bit(left) | bit(right)) : free);
        if (borrowed) {
            asm.mr(Op.MOV, 64, SAVED, scratch);
        }
        if (right != StateRecords.NONE && isMade(w, right, words[flags + 5])) {
            load(scratch, right, words[flags + 5]);
            asm.mr(Op.MOV, 64, OPERAND, scratch);
        }
        boolean test = op == StateRecords.RECIPE_AND
            && (right == StateRecords.NONE
                || (right < StateRecords.XMM || right == StateRecords.CONST) && !isMade(w, right, words[flags + 5]));
        boolean subtraction = op == StateRecords.RECIPE_SUB;
        boolean stays = left < StateRecords.XMM && words[flags + 3] == 0 && (test || subtraction && !fromResult);
        int r = stays ? left : scratch;
        if (!stays) {
            load(scratch, left, words[flags + 3]);
        }
        if (op == StateRecords.RECIPE_AND) {
            if (right == StateRecords.NONE) {
                asm.rr(Op.TEST, w, r, r);
            } else {
                operate(test ? Op.TEST : Op.AND, w, r, right, words[flags + 5]);
            }
        } else {
            if (fromResult) {
                operate(subtraction ? Op.ADD : Op.SUB, w, r, right, words[flags + 5]);
            }
            operate(subtraction ? Op.CMP : Op.ADD, w, r, right, words[flags + 5]);
        }
        if (borrowed) {
            asm.rm(Op.MOV, 64, scratch, SAVED);
        }
    }

    private int used(int record) {
        char[] words = records.words;
        int used = 0;
        int p = record + 1;
        for (int n = words[record]; n > 0; n--) {
            int location = words[p] & 127;
            used |= bit(location);
            p += location == StateRecords.CONST ? 2 : 1;
        }
        return used;
    }

    private static int bit(int location) {
        return location < StateRecords.XMM ? 1 << location : 0;
    }

    /** An operand is put into OPERAND first: a constant that is no immediate, or a sum. */
    private boolean isMade(int w, int location, int index) {
        if (location != StateRecords.CONST) {
            return index != 0;
        }
        if ((index & StateRecords.RELATIVE) != 0) {
            return true;
        }
        long value = records.constants[index];
        return w == 64 && value != (int) value;
    }

    private void loadConstant(int r, int index) {
        long value = records.constants[index & ~StateRecords.RELATIVE];
        if ((index & StateRecords.RELATIVE) != 0) {
            Registers.loadPageAddress(asm, r, value);
        } else {
            asm.ri(Op.MOV, 64, r, value);
        }
    }

    private void load(int r, int location, int index) {
        if (location == StateRecords.CONST) {
            loadConstant(r, index);
            return;
        }
        if (location < StateRecords.XMM) {
            asm.rr(Op.MOV, 64, r, location);
        } else {
            asm.rm(Op.MOV, 64, r, memory(location));
        }
        if (index != 0) {
            asm.ri(Op.ADD, 64, r, records.constants[index - 1]);
        }
    }

    private long memory(int location) {
        return (location & StateRecords.HOME) != 0 ? regs.home(location & 0x1ff) : Registers.spillSlot(location - StateRecords.SPILL);
    }

    private void operate(Op op, int w, int r, int location, int index) {
        if (isMade(w, location, index)) {
            asm.rm(op, w, r, OPERAND);
        } else if (location < StateRecords.XMM) {
            asm.rr(op, w, r, location);
        } else if (location != StateRecords.CONST) {
            asm.rm(op, w, r, memory(location));
        } else {
            asm.ri(op, w, r, w == 32 ? (int) records.constants[index] : records.constants[index]);
        }
    }
}
