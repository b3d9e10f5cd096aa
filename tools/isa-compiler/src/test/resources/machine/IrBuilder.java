package io.stele.ir;

import java.util.ArrayList;
import java.util.List;

/** Stands for the builder in tests: writes a log, and computes every value with an {@link Evaluator} at once. */
public final class IrBuilder {
    public final List<String> log = new ArrayList<>();
    public final Evaluator evaluator;
    private final List<Object> values = new ArrayList<>();

    public IrBuilder(Evaluator evaluator) {
        this.evaluator = evaluator;
    }

    public int value(Object value, String text) {
        values.add(value);
        log.add("v" + values.size() + " = " + text);
        return values.size();
    }

    public long get(int v) {
        return (Long) values.get(v - 1);
    }

    private Vec vec(int v) {
        return (Vec) values.get(v - 1);
    }

    public int readReg(int w, int offset) {
        return value(evaluator.readReg(w, offset), "readReg " + w + " " + offset);
    }

    public void writeReg(int w, int offset, int v) {
        log.add("writeReg " + w + " " + offset + " v" + v);
        evaluator.writeReg(w, offset, get(v));
    }

    public int readVec(int offset) {
        return value(evaluator.readVec(offset), "readVec " + offset);
    }

    public void writeVec(int offset, int v) {
        log.add("writeVec " + offset + " v" + v);
        evaluator.writeVec(offset, vec(v));
    }

    public int readFlags() {
        return value(evaluator.readFlags(), "readFlags");
    }

    public void writeFlags(int f) {
        log.add("writeFlags v" + f);
        evaluator.writeFlags(get(f));
    }

    public int loadState(int size, int offset) {
        return value(evaluator.loadState(size, offset), "loadState " + size + " " + offset);
    }

    public void storeState(int size, int offset, int v) {
        log.add("storeState " + size + " " + offset + " v" + v);
        evaluator.storeState(size, offset, get(v));
    }

    public int constant(int w, long n) {
        return value(evaluator.constant(w, n), "constant " + w + " " + n);
    }

    public int add(int w, int a, int b) {
        return value(evaluator.add(w, get(a), get(b)), "add " + w + " v" + a + " v" + b);
    }

    public int sub(int w, int a, int b) {
        return value(evaluator.sub(w, get(a), get(b)), "sub " + w + " v" + a + " v" + b);
    }

    public int and(int w, int a, int b) {
        return value(evaluator.and(w, get(a), get(b)), "and " + w + " v" + a + " v" + b);
    }

    public int shl(int w, int a, int b) {
        return value(evaluator.shl(w, get(a), get(b)), "shl " + w + " v" + a + " v" + b);
    }

    public int neg(int w, int a) {
        return value(evaluator.neg(w, get(a)), "neg " + w + " v" + a);
    }

    public int zext(int from, int w, int a) {
        return value(evaluator.zext(from, w, get(a)), "zext " + from + " " + w + " v" + a);
    }

    public int trunc(int a) {
        return value(evaluator.trunc(get(a)), "trunc v" + a);
    }

    public int select(int w, int c, int a, int b) {
        return value(evaluator.select(w, get(c), get(a), get(b)), "select " + w + " v" + c + " v" + a + " v" + b);
    }

    public int isZero(int w, int a) {
        return value(evaluator.isZero(w, get(a)), "isZero " + w + " v" + a);
    }

    public int condNot(int c) {
        return value(evaluator.condNot(get(c)), "condNot v" + c);
    }

    public int flagsOf(int v) {
        return value(evaluator.flagsOf(get(v)), "flagsOf v" + v);
    }

    public int load(int size, int addr) {
        return value(evaluator.load(size, get(addr)), "load " + size + " v" + addr);
    }

    public void store(int size, int addr, int v) {
        log.add("store " + size + " v" + addr + " v" + v);
        evaluator.store(size, get(addr), get(v));
    }

    public void jump(long offset) {
        log.add("jump " + offset);
        evaluator.jump(offset);
    }

    public int vadd(int e, int a, int b) {
        return value(evaluator.vadd(e, vec(a), vec(b)), "vadd " + e + " v" + a + " v" + b);
    }

    public int place() {
        return evaluator.place();
    }

    public void interpret() {
        log.add("interpret");
    }
}
