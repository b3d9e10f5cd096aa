package io.stele.platform.virtio.share;

import io.stele.memory.RawMemory;
import io.stele.platform.virtio.Chain;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A message of the device's own, which the server gets before a request of the guest.
 *
 * @param subject whose fid it is about, for {@link Fids}
 * @param second the other fid; {@link #NO_FID} if it has none
 * @param names one character for each byte
 */
record Step(Fids.Fid subject, int type, int first, int second, List<String> names) {
    static final int NO_FID = -1;
    /** Names in a Twalk. */
    static final int MOST_NAMES = 16;
    private static final int WORD = 4;
    private static final int SHORT = 2;

    static Step clunk(Fids.Fid subject, int fid) {
        return new Step(subject, Exchange.CLUNK, fid, NO_FID, List.of());
    }

    static Step remove(Fids.Fid subject, int fid) {
        return new Step(subject, Exchange.REMOVE, fid, NO_FID, List.of());
    }

    static Step walk(Fids.Fid subject, int from, int to, List<String> names) {
        return new Step(subject, Exchange.WALK, from, to, names);
    }

    static Step link(Fids.Fid subject, int folder, int fid, String name) {
        return new Step(subject, Exchange.LINK, folder, fid, List.of(name));
    }

    /** Bytes of the message. */
    int size() {
        int size = Exchange.HEADER_BYTES + WORD + (second == NO_FID ? 0 : WORD) + (type == Exchange.WALK ? SHORT : 0);
        for (String name : names) {
            size += SHORT + name.length();
        }
        return size;
    }

    /** Whether it can be sent. */
    boolean fits() {
        return size() <= Chain.SCRATCH_BYTES && names.size() <= MOST_NAMES;
    }

    /** Size of the reply if all of it was done. */
    int replySize() {
        return type == Exchange.WALK ? Exchange.walkReplySize(names.size()) : Exchange.HEADER_BYTES;
    }

    /** Writes the message. @return its bytes */
    int put(long message, int tag) {
        RawMemory.putInt(message, size());
        RawMemory.putByte(message + Exchange.TYPE_AT, (byte) type);
        RawMemory.putShort(message + Exchange.TAG_AT, (short) tag);
        RawMemory.putInt(message + Exchange.HEADER_BYTES, first);
        long at = message + Exchange.HEADER_BYTES + WORD;
        if (second != NO_FID) {
            RawMemory.putInt(at, second);
            at += WORD;
        }
        if (type == Exchange.WALK) {
            RawMemory.putShort(at, (short) names.size());
            at += SHORT;
        }
        for (String name : names) {
            byte[] bytes = name.getBytes(StandardCharsets.ISO_8859_1);
            RawMemory.putShort(at, (short) bytes.length);
            at += SHORT;
            for (byte value : bytes) {
                RawMemory.putByte(at++, value);
            }
        }
        return size();
    }
}
