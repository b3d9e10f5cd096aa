package io.stele.codegen;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
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
}
