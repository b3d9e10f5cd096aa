package io.stele.platform.state;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/** Helpers that devices share for saving their state: a tag in front, arrays of known length behind. */
public final class StateFormat {
    private StateFormat() {}

    /** Checks that the next integer is {@code expected}. */
    public static void expect(DataInput in, int expected, String what) throws IOException {
        int found = in.readInt();
        if (found != expected) {
            throw new IOException("saved state: " + what + " is " + found + ", expected " + expected);
        }
    }

    public static void writeInts(DataOutput out, int[] values) throws IOException {
        for (int value : values) {
            out.writeInt(value);
        }
    }

    public static void readInts(DataInput in, int[] values) throws IOException {
        for (int i = 0; i < values.length; i++) {
            values[i] = in.readInt();
        }
    }

    public static void writeLongs(DataOutput out, long[] values) throws IOException {
        for (long value : values) {
            out.writeLong(value);
        }
    }

    public static void readLongs(DataInput in, long[] values) throws IOException {
        for (int i = 0; i < values.length; i++) {
            values[i] = in.readLong();
        }
    }
}
