package io.stele.platform.virtio.share;

import io.stele.platform.virtio.VirtioException;
import java.util.Arrays;

/**
 * The tags of messages to the server, and whose they are. A tag is used again when its reply has come, or when the server has confirmed that
 * there will be none. Not thread-safe.
 */
final class ServerTags {
    /** Tag of Tversion. */
    static final int NO_TAG = 0xffff;

    private final Exchange[] owners;
    /** Stands for who has been forgotten. */
    private final Exchange nobody = new Exchange();
    private final int[] free;
    private int freeCount;
    private Exchange version;

    /** @param count how many messages may be under way, Tversion apart */
    ServerTags(int count) {
        owners = new Exchange[count];
        free = new int[count];
        freeCount = count;
        for (int i = 0; i < count; i++) {
            free[i] = count - 1 - i;
        }
    }

    /** Gives each piece of a request its tag. */
    void assign(Exchange exchange) {
        if (exchange.type == Exchange.VERSION) {
            version = exchange;
            exchange.sentAs(0, NO_TAG);
            return;
        }
        if (freeCount < exchange.pieces) {
            throw new VirtioException("more messages under way than the ring has room for");
        }
        for (int i = 0; i < exchange.pieces; i++) {
            int tag = free[--freeCount];
            owners[tag] = exchange;
            exchange.sentAs(i, tag);
        }
    }

    /** Whose reply has come, for which the tag is free again. @return null if nobody waits for it */
    Exchange replied(int tag) {
        if (tag == NO_TAG) {
            Exchange owner = version;
            version = null;
            return owner;
        }
        if (tag >= owners.length || owners[tag] == null) {
            return null;
        }
        Exchange owner = owners[tag];
        release(tag);
        return owner == nobody ? null : owner;
    }

    /** There will be no reply. */
    void release(int tag) {
        owners[tag] = null;
        free[freeCount++] = tag;
    }

    /** Replies to what is under way are for nobody. */
    void forgetAll() {
        version = null;
        Arrays.setAll(owners, tag -> owners[tag] == null ? null : nobody);
    }
}
