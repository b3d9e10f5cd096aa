package io.stele.platform.fdt;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** Device trees in the flattened format, version 17 (Devicetree Specification 0.4, chapter 5): writing and reading. */
public final class FlattenedTree {
    private static final int MAGIC = 0xd00d_feed;
    private static final int HEADER_BYTES = 40;
    private static final int VERSION = 17;
    private static final int LAST_COMPATIBLE_VERSION = 16;
    private static final int RESERVE_BYTES = 16;
    private static final int BEGIN_NODE = 1;
    private static final int END_NODE = 2;
    private static final int PROP = 3;
    private static final int NOP = 4;
    private static final int END = 9;
    private static final int MAX_DEPTH = 64;

    private FlattenedTree() {}

    /** The tree as a device tree blob, with no memory reservations and boot CPU 0. */
    public static byte[] write(FdtNode root) {
        Writer writer = new Writer();
        writer.node(root);
        writer.structure.putInt(END);
        int structureBytes = writer.structure.length;
        int structureStart = HEADER_BYTES + RESERVE_BYTES;
        int stringsStart = structureStart + structureBytes;
        int total = stringsStart + writer.strings.length + 3 & ~3;
        ByteBuffer blob = ByteBuffer.allocate(total);
        blob.putInt(MAGIC).putInt(total).putInt(structureStart).putInt(stringsStart).putInt(HEADER_BYTES);
        blob.putInt(VERSION).putInt(LAST_COMPATIBLE_VERSION).putInt(0).putInt(writer.strings.length).putInt(structureBytes);
        blob.position(structureStart);
        blob.put(writer.structure.bytes, 0, structureBytes);
        blob.put(writer.strings.bytes, 0, writer.strings.length);
        return blob.array();
    }

    private static final class Writer {
        final Bytes structure = new Bytes();
        final Bytes strings = new Bytes();
        private final Map<String, Integer> stringOffsets = new HashMap<>();

        void node(FdtNode node) {
            structure.putInt(BEGIN_NODE);
            structure.put(node.name().getBytes(StandardCharsets.UTF_8));
            structure.putByte(0);
            structure.align();
            for (String name : node.propertyNames()) {
                byte[] value = node.property(name);
                structure.putInt(PROP);
                structure.putInt(value.length);
                structure.putInt(stringOffset(name));
                structure.put(value);
                structure.align();
            }
            for (FdtNode child : node.children()) {
                node(child);
            }
            structure.putInt(END_NODE);
        }

        private int stringOffset(String name) {
            Integer known = stringOffsets.get(name);
            if (known != null) {
                return known;
            }
            int offset = strings.length;
            stringOffsets.put(name, offset);
            strings.put(name.getBytes(StandardCharsets.UTF_8));
            strings.putByte(0);
            return offset;
        }
    }

    /** A growing array of big-endian data. */
    private static final class Bytes {
        byte[] bytes = new byte[2048];
        int length;

        void putByte(int value) {
            reserve(1);
            bytes[length++] = (byte) value;
        }

        void putInt(int value) {
            putByte(value >> 24);
            putByte(value >> 16);
            putByte(value >> 8);
            putByte(value);
        }

        void put(byte[] data) {
            reserve(data.length);
            System.arraycopy(data, 0, bytes, length, data.length);
            length += data.length;
        }

        void align() {
            while ((length & 3) != 0) {
                putByte(0);
            }
        }

        private void reserve(int more) {
            if (length + more > bytes.length) {
                bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, length + more));
            }
        }
    }

    /** Reads a device tree blob; an {@link IOException} says what is wrong with it. */
    public static FdtNode read(byte[] blob) throws IOException {
        if (blob.length < HEADER_BYTES) {
            throw new IOException(blob.length == 0 ? "the file is empty" : "too short for a device tree blob");
        }
        ByteBuffer in = ByteBuffer.wrap(blob);
        if (in.getInt(0) != MAGIC) {
            throw new IOException("not a device tree blob (magic number missing; is it source text? compile it with dtc)");
        }
        if (Integer.compareUnsigned(in.getInt(4), blob.length) > 0) {
            throw new IOException("device tree blob is truncated: " + Integer.toUnsignedString(in.getInt(4)) + " bytes expected, "
                    + blob.length + " found");
        }
        if (in.getInt(20) < LAST_COMPATIBLE_VERSION || in.getInt(24) > VERSION) {
            throw new IOException("device tree blob has unsupported version " + in.getInt(20));
        }
        try {
            in.position(in.getInt(8));
            Reader reader = new Reader(in, in.getInt(12));
            if (reader.token() != BEGIN_NODE) {
                throw damaged();
            }
            return reader.node(0);
        } catch (java.nio.BufferUnderflowException | IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new IOException("device tree blob is damaged", e);
        }
    }

    private static IOException damaged() {
        return new IOException("device tree blob is damaged");
    }

    private record Reader(ByteBuffer in, int strings) {
        int token() {
            int token = in.getInt();
            while (token == NOP) {
                token = in.getInt();
            }
            return token;
        }

        FdtNode node(int depth) throws IOException {
            if (depth > MAX_DEPTH) {
                throw damaged();
            }
            FdtNode node = new FdtNode(string(in.position()));
            in.position(in.position() + node.name().getBytes(StandardCharsets.UTF_8).length + 1);
            align();
            while (true) {
                switch (token()) {
                    case PROP -> property(node);
                    case BEGIN_NODE -> node.children().add(node(depth + 1));
                    case END_NODE -> {
                        return node;
                    }
                    default -> throw damaged();
                }
            }
        }

        private void property(FdtNode node) throws IOException {
            int length = in.getInt();
            String name = string(strings + in.getInt());
            if (length < 0 || length > in.remaining()) {
                throw damaged();
            }
            byte[] value = new byte[length];
            in.get(value);
            align();
            node.set(name, value);
        }

        private String string(int at) {
            int end = at;
            while (in.get(end) != 0) {
                end++;
            }
            return new String(in.array(), at, end - at, StandardCharsets.UTF_8);
        }

        private void align() {
            in.position(in.position() + 3 & ~3);
        }
    }
}
