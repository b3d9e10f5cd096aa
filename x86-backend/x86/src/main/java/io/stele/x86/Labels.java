package io.stele.x86;

import java.util.Arrays;

/** Labels of one piece of code and the places that refer to them before they are bound. Labels are numbers from 0. */
final class Labels {
    /** Kinds of places: a displacement relative to its own end, or an address. */
    static final byte REL8 = 1;
    static final byte REL32 = 2;
    static final byte ABS64 = 3;

    private static final int UNBOUND = -1;
    private static final int NO_FIXUP = -1;

    private final CodeBuffer code;

    /** Per label: offset in the code or UNBOUND; head of its list of fixups. */
    private int[] labelOffset = new int[64];
    private int[] labelFixups = new int[64];
    private int labels;
    /** Per fixup: position of the displacement, kind, next of the same label. */
    private int[] fixupPosition = new int[64];
    private byte[] fixupKind = new byte[64];
    private int[] fixupNext = new int[64];
    private int fixups;
    private int unresolved;

    Labels(CodeBuffer code) {
        this.code = code;
    }

    void reset() {
        labels = 0;
        fixups = 0;
        unresolved = 0;
    }

    int create() {
        int label = labels++;
        if (label == labelOffset.length) {
            labelOffset = Arrays.copyOf(labelOffset, label * 2);
            labelFixups = Arrays.copyOf(labelFixups, label * 2);
        }
        labelOffset[label] = UNBOUND;
        labelFixups[label] = NO_FIXUP;
        return label;
    }

    /** Places the label at the next byte and resolves the jumps to it. */
    void bind(int label) {
        checkExists(label);
        if (labelOffset[label] != UNBOUND) {
            throw new IllegalStateException("label " + label + " is bound already");
        }
        labelOffset[label] = code.position;
        for (int f = labelFixups[label]; f != NO_FIXUP; f = fixupNext[f]) {
            resolve(fixupPosition[f], fixupKind[f], code.position);
            unresolved--;
        }
    }

    boolean isBound(int label) {
        checkExists(label);
        return labelOffset[label] != UNBOUND;
    }

    /** Offset of a bound label in the code. */
    int offsetOf(int label) {
        checkExists(label);
        int offset = labelOffset[label];
        if (offset == UNBOUND) {
            throw new IllegalStateException("label " + label + " is not bound");
        }
        return offset;
    }

    /** Fails when a label that something refers to was never bound. To be called when the code is complete. */
    void check() {
        if (unresolved != 0) {
            for (int l = 0; l < labels; l++) {
                if (labelOffset[l] == UNBOUND && labelFixups[l] != NO_FIXUP) {
                    int used = fixupPosition[labelFixups[l]];
                    throw new IllegalStateException("label " + l + " is used at offset " + used + " but not bound");
                }
            }
        }
    }

    /** The place of the given kind at {@code position} is to lead to the label. A REL32 place holds an addend. */
    void refer(int label, int position, byte kind) {
        checkExists(label);
        int target = labelOffset[label];
        if (target != UNBOUND) {
            resolve(position, kind, target);
            return;
        }
        int f = fixups++;
        if (f == fixupPosition.length) {
            fixupPosition = Arrays.copyOf(fixupPosition, f * 2);
            fixupKind = Arrays.copyOf(fixupKind, f * 2);
            fixupNext = Arrays.copyOf(fixupNext, f * 2);
        }
        fixupPosition[f] = position;
        fixupKind[f] = kind;
        fixupNext[f] = labelFixups[label];
        labelFixups[label] = f;
        unresolved++;
    }

    private void resolve(int position, byte kind, int target) {
        byte[] b = code.bytes;
        switch (kind) {
            case REL8 -> {
                int distance = target - (position + 1);
                if (distance != (byte) distance) {
                    throw new IllegalStateException("short jump at offset " + (position - 1) + " does not reach offset " + target);
                }
                b[position] = (byte) distance;
            }
            case REL32 -> CodeBuffer.write32(b, position, code.get32(position) + target - (position + 4));
            default -> code.patch64(position, code.baseAddress() + target);
        }
    }

    private void checkExists(int label) {
        if (label < 0 || label >= labels) {
            throw new IllegalArgumentException("no label " + label);
        }
    }
}
