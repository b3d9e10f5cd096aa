package io.stele.platform.boot;

/** Little-endian fields of file headers. */
final class LittleEndian {
    private LittleEndian() {}

    static int getShort(byte[] data, int at) {
        return data[at] & 0xff | (data[at + 1] & 0xff) << 8;
    }

    static int getInt(byte[] data, int at) {
        return getShort(data, at) | getShort(data, at + 2) << 16;
    }

    static long getUnsignedInt(byte[] data, int at) {
        return getInt(data, at) & 0xffff_ffffL;
    }

    static long getLong(byte[] data, int at) {
        return getUnsignedInt(data, at) | (long) getInt(data, at + 4) << 32;
    }

    /** True if the ASCII text stands at {@code at}. */
    static boolean hasText(byte[] data, int at, String text) {
        if (at + text.length() > data.length) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            if ((data[at + i] & 0xff) != text.charAt(i)) {
                return false;
            }
        }
        return true;
    }
}
