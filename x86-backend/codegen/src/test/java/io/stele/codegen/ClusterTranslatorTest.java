package io.stele.codegen;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/** Others may do their work while a cluster is made. */
class ClusterTranslatorTest {
    private static final long CODE = 0x10000;
    private static final Stubs STUBS = new Stubs(0x1000, 0x2000, 0x2100, 0x2200, 0);

    private final ClusterTranslator translator = new ClusterTranslator(ListingWriterTest.loop(), HostFeatures.BASELINE);
    private final CompiledBlock block = new CompiledBlock();
    private int calls;
    private long address = CODE;

    /** The page of the loop. @param goOn called while its cluster is made */
    private static ClusterPages page(BooleanSupplier goOn) {
        SinglePage page = new SinglePage(1, 0, 4096, 0);
        return (ClusterPages) Proxy.newProxyInstance(ClusterPages.class.getClassLoader(), new Class<?>[] {ClusterPages.class},
            (proxy, method, arguments) -> method.getName().equals("goOn") ? goOn.getAsBoolean() : method.invoke(page, arguments));
    }

    private boolean translate(BooleanSupplier goOn) {
        return translator.translate(page(goOn), 0, 0, false, () -> address, STUBS, block);
    }

    private byte[] code() {
        return Arrays.copyOf(translator.code(), block.length);
    }

    @Test
    void aClusterThatIsNotWantedAnyMoreIsGivenUpAtOnce() {
        assertTrue(translate(() -> ++calls > 0));
        byte[] whole = code();
        int all = calls;
        assertTrue(all > 4);
        for (int last = 1; last <= all; last++) {
            int most = last;
            calls = 0;
            assertFalse(translate(() -> ++calls < most), "given up at call " + last);
            assertEquals(last, calls);
        }
        calls = 0;
        assertTrue(translate(() -> ++calls <= all));
        assertArrayEquals(whole, code());
    }

    @Test
    void theCodeIsForThePlaceThatIsFreeInTheEnd() {
        address = CODE + 0x4440;
        assertTrue(translate(() -> true));
        byte[] expected = code();
        address = CODE;
        assertTrue(translate(() -> true));
        assertFalse(Arrays.equals(expected, code()), "the place does not matter");
        address = CODE;
        // The last time that others may do something, they make code there.
        int[] left = {0};
        assertTrue(translate(() -> ++left[0] > 0));
        assertTrue(translate(() -> {
            if (--left[0] == 0) {
                address = CODE + 0x4440;
            }
            return true;
        }));
        assertEquals(CODE + 0x4440, address);
        assertArrayEquals(expected, code());
    }
}
