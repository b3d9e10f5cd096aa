package io.stele.arm64;

import io.stele.arm64.generated.Coverage;
import io.stele.arm64.generated.Decoder;
import io.stele.arm64.generated.Index;
import io.stele.arm64.system.CpuFeatures;

/** The instructions that a CPU with certain features has. */
final class InstructionSet {
    private static final int HINT = 0xd503_201f;
    private static final int HINT_MASK = 0xffff_f01f;

    private final CpuFeatures features;
    /** By instruction index; made when it is first asked for. */
    private boolean[] absent;

    InstructionSet(CpuFeatures features) {
        this.features = features;
    }

    /** The index of an instruction, or {@link Decoder#UNALLOCATED} if the CPU has none of that word. Hints of absent features do nothing. */
    int decode(int word) {
        int index = Decoder.decode(word);
        return index < 0 || !lacks(index) ? index : (word & HINT_MASK) == HINT ? Index.HINT : Decoder.UNALLOCATED;
    }

    /** True if the word is an instruction of a feature that the CPU lacks. */
    boolean lacksInstruction(int word) {
        int index = Decoder.decode(word);
        return index >= 0 && lacks(index);
    }

    boolean lacks(int index) {
        if (absent == null) {
            absent = absentInstructions();
        }
        return absent[index];
    }

    private boolean[] absentInstructions() {
        boolean[] r = new boolean[Decoder.COUNT];
        String last = null;
        boolean lacking = false;
        for (int i = 0; i < r.length; i++) {
            String name = Coverage.FEATURE[i];
            if (!name.equals(last)) {
                last = name;
                lacking = !features.hasGroup(name);
            }
            r[i] = lacking;
        }
        return r;
    }
}
