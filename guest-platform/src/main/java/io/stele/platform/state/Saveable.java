package io.stele.platform.state;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/** A device whose whole guest-visible state can be written out and read back into a device of the same configuration. */
public interface Saveable {
    void save(DataOutput out) throws IOException;

    /** Replaces the state. Throws {@link IOException} with a clear message when the data belong to another device or configuration. */
    void restore(DataInput in) throws IOException;
}
