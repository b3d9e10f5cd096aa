package io.stele.ir;

/** Tells which instructions of a code page have code already. */
@FunctionalInterface
public interface JoinPoints {
    boolean isKnown(int pageOffset);
}
