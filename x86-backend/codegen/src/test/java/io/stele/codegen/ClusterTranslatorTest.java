package io.stele.codegen;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.x86.Relocations;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/** Others may do their work while a cluster is made: it is given up, or moved. */
class ClusterTranslatorTest {
    private static final long CODE = 0x10000;
    private static final Stubs STUBS = new Stubs(0x1000, 0x1000, 0x1000, 0x1000, 0x1000, 0x2000, 0x2100, 0x2200, 0);

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
        return translator.translate(page(goOn), 0, 0, false, address, STUBS, block);
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
    void theCodeCanBeMoved() {
        assertTrue(translate(() -> true));
        byte[] moved = code();
        address = CODE + 0x4440;
        assertTrue(translate(() -> true));
        assertFalse(Arrays.equals(moved, code()), "the place does not matter");
        Relocations.apply(moved, 0, block.relocations, 0x4440);
        assertArrayEquals(code(), moved);
    }
}
