package io.stele.codegen;

import java.util.function.IntFunction;

/** What makes the guest state precise at a site, in words: see {@link StateRecords}. */
public final class SiteText {
    private static final String[] OPERATIONS = {"sub", "add", "and"};

    private final CompiledBlock block;
    private final IntFunction<String> stateName;

    /** @param stateName name of the field of the guest state at a byte offset */
    public SiteText(CompiledBlock block, IntFunction<String> stateName) {
        this.block = block;
        this.stateName = stateName;
    }

    /** Appends which guest registers are stored from where when the site faults; nothing if memory has all of them. */
    public void append(int site, StringBuilder out) {
        int p = block.siteRecord[site];
        int start = out.length();
        for (int n = block.records[p++]; n > 0; n--) {
            int word = block.records[p++];
            int location = word & StateRecords.LOCATIONS - 1;
            int slot = word >> 7;
            out.append(out.length() == start ? "" : ", ").append(slot == Registers.FLAGS_SLOT ? stateName.apply(block.flagsOffset) : stateName.apply(8 * slot))
                .append(" = ");
            place(location, location == StateRecords.CONST ? block.records[p++] : 0, out);
        }
        int kind = block.records[p];
        if (kind == StateRecords.FLAGS_CLEAN) {
            return;
        }
        out.append(out.length() == start ? "" : ", ").append(stateName.apply(block.flagsOffset)).append(" = flags of ");
        if (kind != StateRecords.FLAGS_RECIPE) {
            out.append(kind == StateRecords.FLAGS_SUB ? "a subtraction" : "an addition").append(" in eflags");
            return;
        }
        int recipe = block.records[p + 1];
        boolean single = block.records[p + 4] == StateRecords.NONE;
        out.append(OPERATIONS[recipe & StateRecords.RECIPE_OP]).append((recipe & StateRecords.RECIPE_64) != 0 ? ".64" : ".32")
            .append((recipe & StateRecords.RECIPE_RESULT) != 0 ? " with result " : " ");
        operand(p + 2, out);
        if (!single) {
            out.append(" and ");
            operand(p + 4, out);
        }
    }

    private void operand(int p, StringBuilder out) {
        int location = block.records[p];
        int index = block.records[p + 1];
        place(location, index, out);
        if (index != 0 && location != StateRecords.CONST) {
            long addend = block.constants[index - 1];
            out.append(addend < 0 ? " - 0x" : " + 0x").append(Long.toHexString(Math.abs(addend)));
        }
    }

    private void place(int location, int index, StringBuilder out) {
        if (location == StateRecords.CONST) {
            out.append((index & StateRecords.RELATIVE) != 0 ? "page+0x" : "0x").append(Long.toHexString(block.constants[index & ~StateRecords.RELATIVE]));
        } else if ((location & StateRecords.HOME) != 0) {
            out.append(stateName.apply(8 * (location & StateRecords.HOME - 1)));
        } else if (location < StateRecords.SPILL) {
            out.append(ClusterFacts.register(location));
        } else {
            boolean vector = location >= StateRecords.VECTOR_SPILL;
            out.append(vector ? "vector spill " : "spill ").append(location - (vector ? StateRecords.VECTOR_SPILL : StateRecords.SPILL));
        }
    }
}
