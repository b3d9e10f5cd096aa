package io.stele.arm64.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class CpuFeaturesTest {
    @Test
    void listsAreReadInOrder() {
        assertTrue(CpuFeatures.parse("default").has(CpuFeature.AES));
        assertEquals(CpuFeatures.MAX.toString(), CpuFeatures.parse("max").toString());
        assertFalse(CpuFeatures.parse("max,-crc32").has(CpuFeature.CRC32));
        assertTrue(CpuFeatures.parse("-crc32,+crc32").has(CpuFeature.CRC32));
    }

    @Test
    void whatAFeatureExtendsComesAndGoesWithIt() {
        assertFalse(CpuFeatures.parse("max,-aes").has(CpuFeature.PMULL));
        assertTrue(CpuFeatures.parse("-aes,+pmull").has(CpuFeature.AES));
    }

    @Test
    void anUnknownFeatureIsRefusedWithThoseThatAreKnown() {
        for (String text : new String[] {"+nonsense", "aes", "", "default,max", "+"}) {
            String message = assertThrows(IllegalArgumentException.class, () -> CpuFeatures.parse(text)).getMessage();
            assertTrue(message.contains(" crc32 ") && message.indexOf('\n') < 0, message);
        }
    }

    @Test
    void aFieldOfSeveralFeaturesHasTheHighestValue() {
        assertEquals(2, CpuFeatures.parse("max").idFields(IdRegisters.ISAR0) >>> 4 & 15);
        assertEquals(1, CpuFeatures.parse("max,-pmull").idFields(IdRegisters.ISAR0) >>> 4 & 15);
        assertEquals(0, CpuFeatures.parse("max,-aes").idFields(IdRegisters.ISAR0) >>> 4 & 15);
    }
}
