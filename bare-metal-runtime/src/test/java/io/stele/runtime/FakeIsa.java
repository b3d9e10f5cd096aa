package io.stele.runtime;

import io.stele.guest.GuestIsa;
import io.stele.guest.Walk;
import io.stele.ir.IrBuilder;

/** An instruction set without instructions: its translation space is whatever the test says. */
public class FakeIsa implements GuestIsa {
    /** Key of the current space of addresses with bit 63 clear; the others are in the space of key 0. */
    public long space = 1;

    public boolean tagsIgnored;

    /** In the space of key 1. */
    public FakeIsa() {}

    @Override
    public int pcOffset() {
        return 0;
    }

    @Override
    public int flagsOffset() {
        return 8;
    }

    @Override
    public int codeMode(long state) {
        return 0;
    }

    @Override
    public int dataView(int codeMode) {
        return PRIVILEGED;
    }

    @Override
    public void translate(long codePage, int offset, int codeMode, int maxInstructions, IrBuilder builder) {
        throw new UnsupportedOperationException("there are no instructions");
    }

    @Override
    public String disassemble(int word, long address) {
        return "";
    }

    @Override
    public String stateName(int offset) {
        return "";
    }

    @Override
    public long spaceKey(long state, int view, long va) {
        return (va < 0 ? 0 : space) << 1 | view;
    }

    @Override
    public boolean tagsIgnored(long state, long va) {
        return tagsIgnored;
    }

    @Override
    public int levelMode(long state, int level) {
        return -1;
    }

    @Override
    public long levelAddress(long state, int level) {
        return 0;
    }

    @Override
    public long fetchSpaceKey(long state, int view, long va) {
        return space;
    }

    @Override
    public void walk(long state, int view, long va, int access, Walk result) {
        result.ok = false;
    }

    @Override
    public void raiseAbort(long state, int view, long va, int access, Walk walk) {
        throw new UnsupportedOperationException("there are no exceptions");
    }

    @Override
    public int step(long state) {
        throw new UnsupportedOperationException("there are no instructions");
    }

    @Override
    public int handleLeave(long state, int reason, long argument) {
        throw new UnsupportedOperationException("there are no instructions");
    }

    @Override
    public boolean takeInterrupt(long state) {
        return false;
    }

    @Override
    public void settlePc(long state) {}

    @Override
    public String describe(long state) {
        return "";
    }
}
