package io.stele.codegen;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.x86.Relocations;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Others may do their work while a cluster is made: it is given up, or moved. */
class ClusterTranslatorTest {
    private static final long CODE = 0x10000;
    private static final Stubs STUBS = new Stubs(0x1000, 0x1000, 0x1000, 0x1000, 0x1000, 0x1000, 0x1000, 0x2000, 0);

    private final ClusterTranslator translator = new ClusterTranslator(ListingWriterTest.loop(), HostFeatures.BASELINE);
    private final CompiledBlock block = new CompiledBlock();
    private int calls;
    private long address = CODE;

    /** The page of the loop. @param goOn called while its cluster is made */
    private static ClusterPages page(BooleanSupplier goOn) {
        return page("goOn", goOn);
    }

    /** The page of the loop, with another answer. */
    private static ClusterPages page(String question, BooleanSupplier answer) {
        return page(Map.of(question, answer));
    }

    private static ClusterPages page(Map<String, BooleanSupplier> answers) {
        SinglePage page = new SinglePage(1, 0, 4096, 0);
        return (ClusterPages) Proxy.newProxyInstance(ClusterPages.class.getClassLoader(), new Class<?>[] {ClusterPages.class}, (proxy, method, arguments) -> {
            BooleanSupplier answer = answers.get(method.getName());
            return answer == null ? method.invoke(page, arguments) : answer.getAsBoolean();
        });
    }

    /** Places that the cluster around the block in the middle of the loop is entered at; null if there is none. */
    private int[] entries(boolean straight, boolean settled, boolean often) {
        ClusterPages page = page(Map.of("isSettled", () -> settled, "isEnteredOften", () -> often));
        return translator.translate(page, 0x20, 0, straight, address, STUBS, block)
            ? IntStream.range(0, block.entries.length / 2).map(i -> block.entries[2 * i]).toArray() : null;
    }

    @Test
    void aClusterBeginsWhereItsLoopDoes() {
        assertArrayEquals(new int[] {0}, entries(false, false, false));
        assertNull(entries(false, true, false), "it has a cluster");
    }

    @Test
    void aLoopIsEnteredInItsMiddleOnlyWhereThatIsWorthWhile() {
        assertArrayEquals(new int[] {0, 0x20}, entries(false, false, true));
        assertArrayEquals(new int[] {0, 0x20}, entries(false, true, true));
        assertArrayEquals(new int[] {0, 0x20}, entries(true, true, false), "asked for everything");
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
