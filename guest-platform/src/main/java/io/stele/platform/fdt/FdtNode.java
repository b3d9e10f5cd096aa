package io.stele.platform.fdt;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** A node of a device tree: a name, properties in order, children in order. */
public final class FdtNode {
    private final String name;
    private final List<String> propertyNames = new ArrayList<>();
    private final List<byte[]> propertyValues = new ArrayList<>();
    private final List<FdtNode> children = new ArrayList<>();

    /** @param name with its unit address, for example {@code memory@40000000}; empty for the root */
    public FdtNode(String name) {
        this.name = name;
    }

    public String name() {
        return name;
    }

    /** Adds an empty child and returns it. */
    public FdtNode addChild(String childName) {
        FdtNode child = new FdtNode(childName);
        children.add(child);
        return child;
    }

    /** The child of this name, or null. */
    public FdtNode child(String childName) {
        for (FdtNode child : children) {
            if (child.name.equals(childName)) {
                return child;
            }
        }
        return null;
    }

    public List<FdtNode> children() {
        return children;
    }

    public List<String> propertyNames() {
        return propertyNames;
    }

    /** Value of a property, or null. */
    public byte[] property(String property) {
        int index = propertyNames.indexOf(property);
        return index < 0 ? null : propertyValues.get(index);
    }

    /** Sets a property, replacing an older value in place. */
    public FdtNode set(String property, byte[] value) {
        int index = propertyNames.indexOf(property);
        if (index < 0) {
            propertyNames.add(property);
            propertyValues.add(value);
        } else {
            propertyValues.set(index, value);
        }
        return this;
    }

    /** Removes a property if it is there. */
    public void remove(String property) {
        int index = propertyNames.indexOf(property);
        if (index >= 0) {
            propertyNames.remove(index);
            propertyValues.remove(index);
        }
    }

    /** A property without a value. */
    public FdtNode setFlag(String property) {
        return set(property, new byte[0]);
    }

    /** A property of 32-bit cells. */
    public FdtNode setCells(String property, int... cells) {
        byte[] value = new byte[cells.length * 4];
        for (int i = 0; i < cells.length; i++) {
            putInt(value, 4 * i, cells[i]);
        }
        return set(property, value);
    }

    /** A property of 64-bit numbers (two cells each). */
    public FdtNode setLongs(String property, long... numbers) {
        byte[] value = new byte[numbers.length * 8];
        for (int i = 0; i < numbers.length; i++) {
            putInt(value, 8 * i, (int) (numbers[i] >>> 32));
            putInt(value, 8 * i + 4, (int) numbers[i]);
        }
        return set(property, value);
    }

    /** A property that is a list of strings. */
    public FdtNode setStrings(String property, String... strings) {
        StringBuilder text = new StringBuilder();
        for (String string : strings) {
            text.append(string).append('\0');
        }
        return set(property, text.toString().getBytes(StandardCharsets.UTF_8));
    }

    private static void putInt(byte[] target, int at, int value) {
        target[at] = (byte) (value >> 24);
        target[at + 1] = (byte) (value >> 16);
        target[at + 2] = (byte) (value >> 8);
        target[at + 3] = (byte) value;
    }
}
