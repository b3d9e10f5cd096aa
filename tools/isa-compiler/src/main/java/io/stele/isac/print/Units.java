package io.stele.isac.print;

import io.stele.isac.check.Description;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The instructions in index order, cut into parts that become one class each: by source file, and at most {@value #MAX} to a part. */
final class Units {
    static final int MAX = 250;

    /** @param first index of the first instruction */
    record Unit(String name, int first, List<Description.Instruction> instructions) {
        /** Names of the methods in the unit's classes. */
        Set<String> methodNames() {
            Set<String> names = new HashSet<>(Set.of("dispatch"));
            for (Description.Instruction i : instructions) {
                names.add(i.name());
            }
            return names;
        }

        int end() {
            return first + instructions.size();
        }
    }

    private Units() {}

    static List<Unit> of(List<Description.Instruction> instructions) {
        List<Unit> result = new ArrayList<>();
        int start = 0;
        int part = 1;
        for (int i = 1; i <= instructions.size(); i++) {
            boolean sameUnit = i < instructions.size() && instructions.get(i).unit().equals(instructions.get(start).unit());
            if (sameUnit && i - start < MAX) {
                continue;
            }
            String name = instructions.get(start).unit() + (part > 1 ? Integer.toString(part) : "");
            result.add(new Unit(name, start, List.copyOf(instructions.subList(start, i))));
            part = sameUnit ? part + 1 : 1;
            start = i;
        }
        return result;
    }
}
