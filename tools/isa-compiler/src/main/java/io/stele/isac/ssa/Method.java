package io.stele.isac.ssa;

import java.util.List;

/**
 * A behaviour in SSA form, to become one Java method.
 *
 * @param params in order; empty for instructions
 * @param body yields the result, if there is one
 */
public record Method(String name, List<Value> params, Block body) {}
