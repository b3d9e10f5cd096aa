package io.stele.isac;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the generated translator and interpreter do. */
class BehaviourTest {
    /** Every form of statement and expression, one instruction each; bits 31..24 tell them apart. */
    private static final String TEXT = """
        instruction ADD "00000001 sf:1 imm:8 -:5 Rn:5 Rd:5" { let w = width(sf); X(w, Rd) = X(w, Rn) + imm; }
        instruction LOOPED "00000010 count:4 -:10 Rn:5 Rd:5" {
          var sum = X(64, Rn);
          var step = 1;
          for (i in 0..count) { sum = sum + step; step = step + i; }
          X(64, Rd) = sum - step;
        }
        instruction CHOSEN "00000011 op:3 -:11 Rn:5 Rd:5" {
          var r = X(64, Rn);
          if (op == 0) { r = r + 1; } else if (op == 1) { r = -r; } else if (op >= 6) { undefined(); } else { r = r << op; }
          X(64, Rd) = r;
        }
        instruction SELECTED "00000100 -:14 Rn:5 Rd:5" {
          X(64, Rd) = !isZero(64, X(64, Rn)) ? X(64, Rn) + 5 : 7;
          NZCV = flagsOf(X(64, Rn));
        }
        instruction VECTOR "00000101 size:2 -:12 Rn:5 Rd:5" { V[Rd] = rare(8 << size, vadd(8, V[Rn], V[Rn])); }
        instruction STATE "00000110 n:2 -:12 Rn:5 Rd:5" {
          COUNTER = X(32, Rn);
          SLOTS[n] = X(64, Rn);
          SP = COUNTER + SLOTS[n];
          X(64, Rd) = sysRead(n);
          sysWrite(n, X(64, Rn));
        }
        instruction MEMORY "00000111 size:2 store:1 -:11 Rn:5 Rt:5" {
          let bytes = 1 << size;
          if (store) { store(bytes, X(64, Rn), X(64, Rt)); } else { let v = load(bytes, X(64, Rn)); X(64, Rt) = v; }
        }
        instruction JUMP "00001000 imm:24" { jump(imm << 40 >> 38); }
        instruction FIXED "00001001 n:6 k:8 -:5 Rd:5" { X(64, Rd) = constant(64, ones(n) ^ classify(k)); }
        instruction RARELY "00001010 size:2 -:12 Rn:5 Rd:5" {
          X(64, Rd) = X(64, Rn) + 1;
          if (size == 3) { interpret(); }
          NZCV = flagsOf(X(64, Rn));
        }
        instruction SIGNED "00001011 -:14 Rn:5 Rd:5" { X(64, Rd) = X(64, Rn) + (Rn - Rd); }
        instruction LAZY "00001100 n:3 k:3 -:13 Rd:5" { X(64, Rd) = constant(64, n != 0 && k / n > 1 ? k % n : 40 << k << n * 4); }
        instruction TODO "00001101 -:24" todo;
        instruction PLACED "00001111 n:2 -:12 Rn:5 Rd:5" {
          let p = place();
          V[Rd] = V[Rn];
          if (n == p) { V[Rd] = vrare(8, V[Rn]); }
        }
        instruction TUPLE "00010000 sf:1 n:2 -:11 Rn:5 Rd:5" {
          let w = width(sf);
          let (sum, next, same) = several(w, n, X(w, Rn));
          X(w, Rd) = sum + next;
          X(w, 30) = other(w, n, same, sum);
        }
        instruction ALWAYS "00001110 -:14 Rn:5 Rd:5" interp { X(64, Rd) = X(64, Rn) - 1; }
        """;

    private static final Machine[] BY_LEVEL = new Machine[5];

    @BeforeAll
    static void compileAllLevels() {
        for (int level = 1; level <= 4; level++) {
            BY_LEVEL[level] = new Machine(level, TEXT);
        }
    }

    private static Map<Integer, Object> registers(Machine machine) {
        Map<Integer, Object> registers = new HashMap<>();
        for (int i = 0; i < 31; i++) {
            registers.put(machine.offset("X_OFFSET") + 8 * i, i == 3 ? 0L : 0x1_0000_0000L * i + 10 * i - 7);
        }
        for (int i = 0; i < 32; i++) {
            registers.put(machine.offset("V_OFFSET") + 16 * i, machine.vec(i, 100 + i));
        }
        return registers;
    }

    private static Map<Integer, Object> interpret(int word) {
        return BY_LEVEL[4].interpret(word, registers(BY_LEVEL[4])).state();
    }

    private static long x(Map<Integer, Object> state, int n) {
        return (Long) state.get(BY_LEVEL[4].offset("X_OFFSET") + 8 * n);
    }

    private static List<String> translate(int word) {
        return BY_LEVEL[4].translate(word, registers(BY_LEVEL[4])).log();
    }

    /** A word of instruction {@code op} with pseudo-random fields. */
    private static int word(int op, int seed) {
        return op << 24 | (seed * 0x9e37_79b1 >>> 8);
    }

    @Test
    void translatorAndInterpreterAgreeAtEveryLevel() {
        int compared = 0;
        for (int op = 1; op <= 16; op++) {
            for (int seed = 0; seed < 60; seed++) {
                int word = word(op, seed);
                Machine.Outcome expected = BY_LEVEL[1].interpret(word, registers(BY_LEVEL[1]));
                for (int level = 1; level <= 4; level++) {
                    Machine machine = BY_LEVEL[level];
                    Machine.Outcome interpreted = machine.interpret(word, registers(machine));
                    assertOutcome(expected, interpreted, level, word);
                    Machine.Outcome translated = machine.translate(word, registers(machine));
                    if (!translated.log().contains("interpret")) {
                        assertOutcome(expected, translated, level, word);
                        compared++;
                    }
                }
            }
        }
        assertTrue(compared > 2500, "compared " + compared);
    }

    private static void assertOutcome(Machine.Outcome expected, Machine.Outcome actual, int level, int word) {
        String where = "level " + level + " word " + Integer.toHexString(word);
        assertEquals(expected.state().toString(), actual.state().toString(), where);
        assertEquals(expected.memory(), actual.memory(), where);
        assertEquals(expected.ending(), actual.ending(), where);
    }

    @Test
    void fieldsReachTheBehaviour() {
        Map<Integer, Object> state = interpret(0x01 << 24 | 1 << 23 | 200 << 15 | 2 << 5 | 9);
        assertEquals(0x2_0000_0000L + 13 + 200, x(state, 9));
    }

    @Test
    void aFunctionMayHaveSeveralResults() {
        Map<Integer, Object> state = interpret(0x10 << 24 | 1 << 23 | 2 << 21 | 2 << 5 | 9);
        long value = 0x2_0000_0000L + 13;
        assertEquals(value + 2 + 3, x(state, 9));
        assertEquals(value, x(state, 30));
        assertEquals(value, x(interpret(0x10 << 24 | 1 << 23 | 2 << 5 | 9), 30));
    }

    @Test
    void widthFollowsTheField() {
        Map<Integer, Object> state = interpret(0x01 << 24 | 200 << 15 | 2 << 5 | 9);
        assertEquals(13 + 200, x(state, 9));
    }

    @Test
    void translatorEmitsOnlyTheDynamicPart() {
        assertEquals(List.of("v1 = readReg 64 16", "v2 = constant 64 200", "v3 = add 64 v1 v2", "writeReg 64 72 v3"),
            translate(0x01 << 24 | 1 << 23 | 200 << 15 | 2 << 5 | 9));
    }

    @Test
    void additionOfAFixedZeroIsNotEmitted() {
        assertEquals(List.of("v1 = readReg 64 16", "writeReg 64 72 v1"), translate(0x01 << 24 | 1 << 23 | 2 << 5 | 9));
    }

    @Test
    void loopsAreUnrolledByTheTranslator() {
        List<String> log = translate(0x02 << 24 | 3 << 20 | 2 << 5 | 9);
        assertEquals(3, log.stream().filter(l -> l.contains("= add 64")).count());
        assertEquals(0x2_0000_0000L + 13 + (1 + 1 + 2) - 4, x(interpret(0x02 << 24 | 3 << 20 | 2 << 5 | 9), 9));
    }

    @Test
    void undefinedStopsTheInstruction() {
        assertEquals(List.of("v1 = readReg 64 16", "undefined"), translate(0x03 << 24 | 7 << 21 | 2 << 5 | 9));
        assertEquals("undefined", BY_LEVEL[4].interpret(0x03 << 24 | 7 << 21, registers(BY_LEVEL[4])).ending());
    }

    @Test
    void unallocatedAndTodoAreUndefined() {
        assertEquals(List.of("undefined"), translate(0xff << 24));
        assertEquals(List.of("undefined"), translate(0x0d << 24));
        assertEquals("undefined", BY_LEVEL[4].interpret(0x0d << 24, registers(BY_LEVEL[4])).ending());
    }

    @Test
    void interpretedOperationIsFoundBeforeAnythingIsEmitted() {
        assertEquals(List.of("interpret"), translate(0x05 << 24 | 3 << 22 | 2 << 5 | 9));
        assertEquals(List.of("interpret"), translate(0x0a << 24 | 3 << 22 | 2 << 5 | 9));
    }

    @Test
    void otherPathsOfAnInstructionWithAnInterpretedOperationAreTranslated() {
        assertEquals(4, translate(0x05 << 24 | 1 << 22 | 2 << 5 | 9).size());
        assertEquals(6, translate(0x0a << 24 | 1 << 22 | 2 << 5 | 9).size());
    }

    @Test
    void decisionToInterpretMayDependOnWhatTheBuilderKnows() {
        assertEquals(List.of("interpret"), translate(0x0f << 24 | 3 << 22 | 2 << 5 | 9));
        assertEquals(List.of("v1 = readVec 304", "writeVec 416 v1"), translate(0x0f << 24 | 2 << 22 | 2 << 5 | 9));
    }

    @Test
    void interpreterGoesOnBehindInterpret() {
        Map<Integer, Object> state = interpret(0x0a << 24 | 3 << 22 | 3 << 5 | 9);
        assertEquals(1, x(state, 9));
        assertEquals(1L << 14, state.get(-1));
    }

    @Test
    void interpOnTheInstructionSendsAllOfItToTheInterpreter() {
        assertEquals(List.of("interpret"), translate(0x0e << 24 | 2 << 5 | 9));
        assertEquals(0x2_0000_0000L + 12, x(interpret(0x0e << 24 | 2 << 5 | 9), 9));
    }

    @Test
    void fixedDivisionIsOnlyDoneWhenAskedFor() {
        assertEquals(List.of("v1 = constant 64 80", "writeReg 64 72 v1"), translate(0x0c << 24 | 1 << 18 | 9));
        assertEquals(List.of("v1 = constant 64 1", "writeReg 64 72 v1"), translate(0x0c << 24 | 2 << 21 | 5 << 18 | 9));
    }

    @Test
    void fixedArithmeticHas64Bits() {
        assertEquals(40L << 7 + 28, x(interpret(0x0c << 24 | 7 << 21 | 7 << 18 | 9), 9));
        assertEquals(Long.MAX_VALUE ^ 1, x(interpret(0x09 << 24 | 63 << 18 | 9), 9));
    }

    @Test
    void returnsInsideIfsEndTheFunction() {
        assertEquals(1, x(interpret(0x09 << 24 | 3 << 10 | 9), 9));
        assertEquals(2, x(interpret(0x09 << 24 | 5 << 10 | 9), 9));
        assertEquals(14, x(interpret(0x09 << 24 | 7 << 10 | 9), 9));
        assertEquals(0, x(interpret(0x09 << 24 | 8 << 10 | 9), 9));
    }

    @Test
    void fieldsOfTheStateAreLoadedAndStored() {
        Machine.Outcome outcome = BY_LEVEL[4].interpret(0x06 << 24 | 2 << 22 | 4 << 5 | 9, registers(BY_LEVEL[4]));
        assertEquals(33L, outcome.state().get(BY_LEVEL[4].offset("COUNTER_OFFSET")));
        assertEquals(0x4_0000_0000L + 33, outcome.state().get(BY_LEVEL[4].offset("SLOTS_OFFSET") + 16));
        assertEquals(0x4_0000_0000L + 66, outcome.state().get(BY_LEVEL[4].offset("SP_OFFSET")));
        assertEquals(2000L, x(outcome.state(), 9));
        assertEquals(0x4_0000_0000L + 33, outcome.state().get(-102));
    }

    @Test
    void stateIsLaidOutInOrderAndAligned() {
        Machine machine = BY_LEVEL[4];
        assertEquals(0, machine.offset("X_OFFSET"));
        assertEquals(248, machine.offset("SP_OFFSET"));
        assertEquals(256, machine.offset("NZCV_OFFSET"));
        assertEquals(272, machine.offset("V_OFFSET"));
        assertEquals(784, machine.offset("COUNTER_OFFSET"));
        assertEquals(792, machine.offset("SLOTS_OFFSET"));
        assertEquals(824, machine.offset("BYTES"));
    }

    @Test
    void offsetsHaveNames() {
        Machine machine = BY_LEVEL[4];
        assertEquals("X0", machine.stateName(0));
        assertEquals("X30+4", machine.stateName(244));
        assertEquals("SP", machine.stateName(248));
        assertEquals("V1+8", machine.stateName(272 + 24));
        assertEquals("SLOTS3", machine.stateName(816));
        assertEquals("state+-8", machine.stateName(-8));
        assertEquals("state+824", machine.stateName(824));
    }

    @Test
    void coverageTellsHowFarEachInstructionGot() {
        Machine machine = BY_LEVEL[4];
        assertEquals("jit", machine.coverage("STATE")[machine.index("ADD")]);
        assertEquals("mixed", machine.coverage("STATE")[machine.index("VECTOR")]);
        assertEquals("interp", machine.coverage("STATE")[machine.index("ALWAYS")]);
        assertEquals("todo", machine.coverage("STATE")[machine.index("TODO")]);
        assertEquals("LAZY", machine.coverage("NAMES")[machine.index("LAZY")]);
        assertEquals("base", machine.coverage("FEATURE")[0]);
    }
}
