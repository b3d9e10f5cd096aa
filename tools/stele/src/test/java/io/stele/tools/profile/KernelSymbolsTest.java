package io.stele.tools.profile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tables of symbols as scripts/kallsyms.c of Linux lays them out, somewhere in memory. */
class KernelSymbolsTest {
    private static final long BASE = 0xffff_8000_0800_0000L;
    private static final int COUNT = 700;
    private static final int START = 4096 * 3 + 8;

    private final ByteBuffer memory = ByteBuffer.allocate(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
    private final List<byte[]> names = new ArrayList<>();
    /** Tokens stand for themselves, but for one that is a word. */
    private static final int WORD = 1;
    private static final String MEANING = "func";

    private static String name(int i) {
        return i % 7 == 0 ? "Bdata" + i : "Tfunc" + i + (i == 200 ? "_" + "x".repeat(150) : "");
    }

    private static byte[] packed(String name) {
        String tokens = name.replace(MEANING, Character.toString(WORD));
        int head = tokens.length() < 128 ? 1 : 2;
        byte[] bytes = new byte[head + tokens.length()];
        bytes[0] = (byte) (head == 1 ? tokens.length() : 128 | tokens.length() & 127);
        if (head == 2) {
            bytes[1] = (byte) (tokens.length() >> 7);
        }
        for (int i = 0; i < tokens.length(); i++) {
            bytes[head + i] = (byte) tokens.charAt(i);
        }
        return bytes;
    }

    private void align() {
        memory.position(memory.position() + 7 & -8);
    }

    private void offsets() {
        align();
        for (int i = 0; i < COUNT; i++) {
            memory.putInt(0x1_0000 + i * 64);
        }
        align();
        memory.putLong(BASE);
    }

    private void tables(boolean new64) {
        memory.position(START);
        if (!new64) {
            offsets();
        }
        align();
        memory.putInt(COUNT);
        align();
        int start = memory.position();
        List<Integer> markers = new ArrayList<>();
        for (int i = 0; i < COUNT; i++) {
            if (i % 256 == 0) {
                markers.add(memory.position() - start);
            }
            memory.put(packed(name(i)));
        }
        align();
        markers.forEach(memory::putInt);
        align();
        if (!new64) {
            // What Linux 6.1 as Debian builds it has here; its last byte is not zero.
            for (int i = 0; i < COUNT; i++) {
                memory.put((byte) 0).put((byte) (i >> 8)).put((byte) (i | 1));
            }
            align();
            memory.put(memory.position() - 1, (byte) 7);
        }
        int table = memory.position();
        int[] index = new int[256];
        for (int token = 0; token < 256; token++) {
            index[token] = memory.position() - table;
            String text = token == WORD ? MEANING : token > ' ' && token < 127 ? Character.toString(token) : "ab" + token;
            memory.put(text.getBytes(StandardCharsets.ISO_8859_1)).put((byte) 0);
        }
        align();
        for (int at : index) {
            memory.putShort((short) at);
        }
        if (new64) {
            offsets();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void functionsAreFoundInBothLayouts(boolean new64) {
        tables(new64);
        KernelSymbols symbols = KernelSymbols.find(memory);
        assertNotNull(symbols);
        assertEquals(COUNT, symbols.count());
        assertEquals("func1", symbols.function(BASE + 0x1_0000 + 64));
        assertEquals("func1", symbols.function(BASE + 0x1_0000 + 127));
        assertEquals(name(200).substring(1), symbols.function(BASE + 0x1_0000 + 200 * 64));
        assertEquals("func698", symbols.function(BASE + 0x1_0000 + 698 * 64 + 60));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void dataAndWhatIsOutsideHaveNoFunction(boolean new64) {
        tables(new64);
        KernelSymbols symbols = KernelSymbols.find(memory);
        assertNull(symbols.function(BASE + 0x1_0000 + 7 * 64));
        assertNull(symbols.function(BASE));
        assertNull(symbols.function(0x40_0000));
        assertEquals(BASE + 0x1_0000 + 64, symbols.address("func1"));
        assertEquals(0, symbols.address("data7"));
    }

    @Test
    void damagedTablesAreNone() {
        tables(false);
        int digits = new String(memory.array(), StandardCharsets.ISO_8859_1).indexOf("0\0001\0002\000");
        memory.put(digits - 6, (byte) 0);
        assertNull(KernelSymbols.find(memory));
        assertNull(KernelSymbols.find(ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN)));
    }
}
