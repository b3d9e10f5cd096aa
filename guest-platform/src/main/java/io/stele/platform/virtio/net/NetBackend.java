package io.stele.platform.virtio.net;

import io.stele.platform.virtio.Chain;
import java.io.IOException;

/** Where Ethernet frames go to and come from. One thread sends while another one receives. */
public interface NetBackend extends AutoCloseable {
    /** Largest IP packet, in bytes. */
    int mtu();

    /**
     * Whether what it receives has been on no wire, so that checksums in frames need no look: their sender, on this host, has just computed
     * them.
     */
    default boolean keepsFramesWhole() {
        return false;
    }

    /** Sends the readable buffers of each chain as a frame. Frames that cannot be sent are dropped. @throws IOException if the link is gone */
    void send(Chain[] chains, int count) throws IOException;

    /**
     * Takes as many frames as there are and fit.
     *
     * @param frames each frame is stored behind its length in four bytes, the most significant first
     * @param capacity size of that memory
     * @param wait whether to wait, for a while, if there are none; then there is room for the largest frame
     * @return bytes stored, whole frames
     * @throws IOException if the link is gone
     */
    int receive(long frames, int capacity, boolean wait) throws IOException;

    /** Ends the link. May be called while other threads are in the other methods, which then throw. */
    @Override
    void close();
}
