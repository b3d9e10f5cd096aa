package io.stele.platform.state;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * State on its way out of a device or into it. A device names its state once, for both ways: {@code mask = stream.value(mask)} writes the
 * present value and gives it back, or gives the one that was saved.
 */
public abstract class StateStream {
    private StateStream() {}

    /** True if the values that are given are saved ones. */
    public abstract boolean isRestoring();

    /** Something that has to be the same in the device that is restored. */
    public abstract void expect(int value, String what) throws IOException;

    public abstract int value(int present) throws IOException;

    public abstract long value(long present) throws IOException;

    public abstract boolean value(boolean present) throws IOException;

    public abstract void bytes(byte[] values) throws IOException;

    public final void values(int[] values) throws IOException {
        for (int i = 0; i < values.length; i++) {
            values[i] = value(values[i]);
        }
    }

    public final void values(long[] values) throws IOException {
        for (int i = 0; i < values.length; i++) {
            values[i] = value(values[i]);
        }
    }

    public final void values(boolean[] values) throws IOException {
        for (int i = 0; i < values.length; i++) {
            values[i] = value(values[i]);
        }
    }

    static StateStream to(DataOutput out) {
        return new Saving(out);
    }

    static StateStream from(DataInput in) {
        return new Restoring(in);
    }

    private static final class Saving extends StateStream {
        private final DataOutput out;

        private Saving(DataOutput out) {
            this.out = out;
        }

        @Override
        public boolean isRestoring() {
            return false;
        }

        @Override
        public void expect(int value, String what) throws IOException {
            out.writeInt(value);
        }

        @Override
        public int value(int present) throws IOException {
            out.writeInt(present);
            return present;
        }

        @Override
        public long value(long present) throws IOException {
            out.writeLong(present);
            return present;
        }

        @Override
        public boolean value(boolean present) throws IOException {
            out.writeBoolean(present);
            return present;
        }

        @Override
        public void bytes(byte[] values) throws IOException {
            out.write(values);
        }
    }

    private static final class Restoring extends StateStream {
        private final DataInput in;

        private Restoring(DataInput in) {
            this.in = in;
        }

        @Override
        public boolean isRestoring() {
            return true;
        }

        @Override
        public void expect(int value, String what) throws IOException {
            int found = in.readInt();
            if (found != value) {
                throw new IOException("saved state: " + what + " is " + found + ", expected " + value);
            }
        }

        @Override
        public int value(int present) throws IOException {
            return in.readInt();
        }

        @Override
        public long value(long present) throws IOException {
            return in.readLong();
        }

        @Override
        public boolean value(boolean present) throws IOException {
            return in.readBoolean();
        }

        @Override
        public void bytes(byte[] values) throws IOException {
            in.readFully(values);
        }
    }
}
