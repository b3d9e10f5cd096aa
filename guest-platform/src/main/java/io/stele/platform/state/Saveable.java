package io.stele.platform.state;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/** A device whose whole guest-visible state can be written out and read back into a device of the same configuration. */
public interface Saveable {
    /** Passes all state through a stream, which writes it or replaces it. Throws {@link IOException} as {@link #restore} does. */
    void state(StateStream stream) throws IOException;

    default void save(DataOutput out) throws IOException {
        state(StateStream.to(out));
    }

    /** Replaces the state. Throws {@link IOException} with a clear message when the data belong to another device or configuration. */
    default void restore(DataInput in) throws IOException {
        state(StateStream.from(in));
    }
}
