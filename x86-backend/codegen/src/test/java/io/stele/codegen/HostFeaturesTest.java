package io.stele.codegen;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Stored code is taken by hosts whose features have the same text. */
class HostFeaturesTest {
    @Test
    void eachFeatureChangesTheText() throws ReflectiveOperationException {
        Class<?>[] types = Arrays.stream(HostFeatures.class.getRecordComponents()).map(RecordComponent::getType).toArray(Class<?>[]::new);
        Set<String> texts = new HashSet<>();
        for (int only = -1; only < types.length; only++) {
            Object[] values = new Object[types.length];
            Arrays.fill(values, false);
            if (only >= 0) {
                values[only] = true;
            }
            texts.add(HostFeatures.class.getDeclaredConstructor(types).newInstance(values).toString());
        }
        assertEquals(types.length + 1, texts.size());
    }

    private static final String AVX512 = "avx512f avx512dq avx512cd avx512bw avx512vl";

    @Test
    void avx512NeedsAllItsParts() {
        Assumptions.assumeTrue(System.getProperty("stele.vectors") == null, "AVX-512 is turned off");
        HostFeatures all = HostFeatures.fromFlags(AVX512 + " avx512vbmi avx512_bitalg");
        assertTrue(all.avx512() && all.vbmi() && all.bitalg());
        assertFalse(HostFeatures.fromFlags(AVX512).vbmi());
        for (String part : AVX512.split(" ")) {
            String rest = (AVX512 + " avx512vbmi avx512_bitalg").replace(part + " ", "");
            assertEquals(HostFeatures.BASELINE, HostFeatures.fromFlags(rest), part);
        }
    }

    @Test
    void avx512NeedsItsStateInTheVm() {
        Assumptions.assumeTrue(System.getProperty("stele.vectors") == null, "AVX-512 is turned off");
        HostFeatures all = HostFeatures.fromFlags("gfni " + AVX512 + " avx512vbmi avx512_bitalg");
        assertEquals(all, all.within(0xe7));
        assertEquals(HostFeatures.fromFlags("gfni"), all.within(7));
    }
}
