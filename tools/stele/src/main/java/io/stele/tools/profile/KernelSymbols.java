package io.stele.tools.profile;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The symbols of a running Linux kernel, from the tables that it has of them for its own messages (kallsyms), in guest memory. Their layout
 * is that of Linux 6.1 or of 6.4 and later, with addresses relative to a base.
 */
public final class KernelSymbols {
    /** What every token table has: the digits stand for themselves. */
    private static final byte[] DIGITS = "0\0001\0002\0003\0004\0005\0006\0007\0008\0009\0".getBytes(StandardCharsets.ISO_8859_1);
    private static final int TOKENS = 256;
    private static final int NAMES_PER_MARKER = 256;
    /** A name has at most so many bytes in the table. */
    private static final int MOST_NAME_BYTES = 130;

    private final ByteBuffer memory;
    private final int[] tokens = new int[TOKENS];
    private long[] addresses;
    private String[] names;

    private KernelSymbols(ByteBuffer memory) {
        this.memory = memory;
    }

    /**
     * The symbols that are found in a piece of memory.
     *
     * @param memory little endian
     * @return null if there are none
     */
    public static KernelSymbols find(ByteBuffer memory) {
        for (int at = next(memory, 0); at >= 0; at = next(memory, at + 1)) {
            KernelSymbols symbols = new KernelSymbols(memory);
            try {
                if (symbols.read(at)) {
                    return symbols;
                }
            } catch (IndexOutOfBoundsException e) {
                // It only looked like it.
            }
        }
        return null;
    }

    private static int next(ByteBuffer memory, int from) {
        long first = '0' | '1' << 16 | (long) '2' << 32 | (long) '3' << 48;
        for (int at = from; at + DIGITS.length <= memory.capacity(); at++) {
            if (memory.get(at) == '0' && memory.getLong(at) == first && matches(memory, at)) {
                return at;
            }
        }
        return -1;
    }

    private static boolean matches(ByteBuffer memory, int at) {
        for (int i = 0; i < DIGITS.length; i++) {
            if (memory.get(at + i) != DIGITS[i]) {
                return false;
            }
        }
        return true;
    }

    /** @param digits where the token "0" is */
    private boolean read(int digits) {
        int table = digits;
        for (int token = '0'; token > 0; token--) {
            table--;
            while (memory.get(table - 1) != 0) {
                table--;
            }
        }
        // What stands in front of the table need not end with a zero.
        for (table = align(table); table < digits; table += 8) {
            int behindIndex = readTokens(table);
            if (behindIndex >= 0) {
                return findMarkers(table, behindIndex);
            }
        }
        return false;
    }

    /** @return the end of the index of tokens, or -1 if the table does not begin there */
    private int readTokens(int table) {
        int end = table;
        for (int token = 0; token < TOKENS; token++) {
            tokens[token] = end;
            while (memory.get(end) != 0) {
                end++;
            }
            end++;
        }
        int index = align(end);
        for (int token = 0; token < TOKENS; token++) {
            if ((memory.getShort(index + 2 * token) & 0xffff) != tokens[token] - table) {
                return -1;
            }
        }
        return index + 2 * TOKENS;
    }

    /** The markers stand in front of the tokens, some kernels have three bytes for each symbol in between. */
    private boolean findMarkers(int table, int behindIndex) {
        for (int markers = table - 8; markers > 0; markers -= 8) {
            if (memory.getInt(markers) == 0 && isStep(markers) && isStep(markers + 4)) {
                int count = 3;
                while (markers + 4 * count < table && isStep(markers + 4 * count - 4)) {
                    count++;
                }
                if (readNames(markers, count, behindIndex)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Whether the next marker may follow the one at an address. */
    private boolean isStep(int marker) {
        int bytes = memory.getInt(marker + 4) - memory.getInt(marker);
        return bytes >= 2 * NAMES_PER_MARKER && bytes <= MOST_NAME_BYTES * NAMES_PER_MARKER;
    }

    private boolean readNames(int markers, int markerCount, int behindIndex) {
        for (int start = markers - 8; start > Math.max(8, markers - MOST_NAME_BYTES * NAMES_PER_MARKER * markerCount); start -= 8) {
            int count = memory.getInt(start - 8);
            int needed = (count + NAMES_PER_MARKER - 1) / NAMES_PER_MARKER;
            // A number that is no marker may seem to be one.
            if (count > 0 && needed >= markerCount - 1 && needed <= markerCount && endOfNames(start, count, markers)
                && readAddresses(start, count, behindIndex)) {
                return true;
            }
        }
        return false;
    }

    /** Whether so many names fill the place up to the markers. */
    private boolean endOfNames(int start, int count, int markers) {
        int at = start;
        for (int i = 0; i < count && at < markers; i++) {
            if (i % NAMES_PER_MARKER == 0 && memory.getInt(markers + i / NAMES_PER_MARKER * 4) != at - start) {
                return false;
            }
            at += nameBytes(at);
        }
        return align(at) == markers;
    }

    private int nameBytes(int at) {
        int length = memory.get(at) & 0xff;
        return length < 128 ? 1 + length : 2 + (length & 127 | (memory.get(at + 1) & 0xff) << 7);
    }

    private boolean readAddresses(int start, int count, int behindIndex) {
        int before = start - 16 - align(4 * count);
        int offsets = align(behindIndex);
        long base = memory.getLong(align(offsets + 4 * count));
        if (!isSorted(offsets, count) || base >= 0) {
            offsets = before;
            base = memory.getLong(start - 16);
            if (offsets < 0 || !isSorted(offsets, count) || base >= 0) {
                return false;
            }
        }
        addresses = new long[count];
        names = new String[count];
        int at = start;
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            addresses[i] = base + (memory.getInt(offsets + 4 * i) & 0xffff_ffffL);
            int length = nameBytes(at);
            text.setLength(0);
            for (int token = at + (memory.get(at) < 0 ? 2 : 1); token < at + length; token++) {
                for (int from = tokens[memory.get(token) & 0xff]; memory.get(from) != 0; from++) {
                    text.append((char) memory.get(from));
                }
            }
            at += length;
            // The first letter is the kind: only code has names here.
            names[i] = text.length() > 1 && "tTwW".indexOf(text.charAt(0)) >= 0 ? text.substring(1) : null;
        }
        return true;
    }

    private boolean isSorted(int offsets, int count) {
        for (int i = 1; i < count; i++) {
            if (Integer.compareUnsigned(memory.getInt(offsets + 4 * i - 4), memory.getInt(offsets + 4 * i)) > 0) {
                return false;
            }
        }
        return true;
    }

    private static int align(int at) {
        return at + 7 & -8;
    }

    /** How many there are. */
    public int count() {
        return addresses.length;
    }

    /** The function at an address; null if there is none. */
    public String function(long address) {
        int at = Arrays.binarySearch(addresses, address);
        at = at < 0 ? -at - 2 : at;
        if (at < 0 || at == addresses.length - 1) {
            return null;
        }
        // Of several names for one address the first that is one of code.
        while (at > 0 && addresses[at - 1] == addresses[at]) {
            at--;
        }
        for (int i = at; i < addresses.length && addresses[i] == addresses[at]; i++) {
            if (names[i] != null) {
                return names[i];
            }
        }
        return null;
    }

    /** The address of a function; 0 if there is none. */
    public long address(String function) {
        for (int i = 0; i < names.length; i++) {
            if (function.equals(names[i])) {
                return addresses[i];
            }
        }
        return 0;
    }

    /** Where the symbol behind an address begins. */
    public long end(long address) {
        int at = Arrays.binarySearch(addresses, address + 1);
        at = at < 0 ? -at - 1 : at;
        return at < addresses.length ? addresses[at] : address + 4;
    }
}
