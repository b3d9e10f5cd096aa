package io.stele.ir;

public record Vec(long lo, long hi) {}
