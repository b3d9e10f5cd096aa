package io.stele.isac.ssa;

/** What a behaviour is compiled for. */
public enum Target { TRANSLATOR, INTERPRETER }
