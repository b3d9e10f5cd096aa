package io.stele.arm64;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.arm64.generated.Coverage;
import io.stele.arm64.generated.Decoder;
import io.stele.arm64.system.CpuFeatures;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class InstructionSetTest {
    private static final int AESE = 0x4e28_4820;
    private static final int PMULL_64 = 0x0ee1_e000;
    private static final int ADD = 0x8b01_0000;

    @Test
    void instructionsOfAbsentFeaturesAreLacking() {
        InstructionSet without = new InstructionSet(CpuFeatures.parse("max,-pmull"));
        assertFalse(without.lacks(Decoder.decode(ADD)));
        assertFalse(without.lacks(Decoder.decode(AESE)));
        assertTrue(without.lacks(Decoder.decode(PMULL_64)));
        assertTrue(new InstructionSet(CpuFeatures.parse("max,-aes")).lacks(Decoder.decode(AESE)));
    }

    @Test
    void aFeatureIsOfferedWhenAllItsInstructionsWorkAndNotBefore() {
        Set<String> unfinished = new HashSet<>();
        for (int i = 0; i < Decoder.COUNT; i++) {
            if (Coverage.STATE[i].equals("todo")) {
                unfinished.add(Coverage.FEATURE[i]);
            }
        }
        InstructionSet all = new InstructionSet(CpuFeatures.MAX);
        for (int i = 0; i < Decoder.COUNT; i++) {
            assertEquals(unfinished.contains(Coverage.FEATURE[i]), all.lacks(i), Coverage.NAMES[i]);
        }
    }
}
