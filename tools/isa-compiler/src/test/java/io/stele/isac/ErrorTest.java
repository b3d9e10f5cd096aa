package io.stele.isac;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every mistake is reported with its place and what is wrong. */
class ErrorTest {
    /** The body of an instruction with fields sf, Rn, Rd stands in line 2, from column 1. */
    private static Arguments body(String body, String expected) {
        return Arguments.of("instruction I \"sf:1 -:21 Rn:5 Rd:5\" {\n" + body + "\n}", "test.isa:2:" + expected);
    }

    private static Arguments top(String text, String expected) {
        return Arguments.of(text, "test.isa:1:" + expected);
    }

    static List<Arguments> mistakes() {
        return List.of(
            body("let a = ;", "9: syntax: mismatched input"),
            body("let a = nothing;", "9: unknown name 'nothing'"),
            body("let a = width;", "9: unknown name 'width'; to call it write width(...)"),
            body("let a = COUNTER[1];", "9: 'COUNTER' is not an array of the state"),
            body("X(64, Rd) = missing(1);", "13: unknown function 'missing'"),
            body("X(64, Rd) = X(64);", "13: X takes 2 arguments (w: int, n: int), not 1"),
            body("let w = width(sf); X(w, Rd) = X(64, Rn);", "31: expected bits(w), found bits(64): the widths are not provably equal"),
            body("let a = X(32, Rn) + X(64, Rd);", "21: expected bits(32), found bits(64)"),
            body("let a = X(64, X(64, Rn));", "15: expected a fixed int (known at translation time), found dynamic bits(64)"),
            body("let a = X(64, Rn) == 0;", "19: operator == does not exist on dynamic values; use equal(w, a, b), isZero(w, a)"),
            body("let a = X(64, Rn) < 0;", "19: operator < does not exist on dynamic values; use less(w, a, b)"),
            body("let a = X(64, Rn) / 3;", "19: operator / does not exist on dynamic values"),
            body("let a = X(64, Rn) * 3;", "19: this needs the builtin 'mul', which is not declared"),
            body("let a = V[0] + V[1];", "14: operator + does not exist on vec and vec"),
            body("let a = -V[0];", "9: operator - does not exist on vec"),
            body("if (X(64, Rn)) { }", "5: the condition of if must be fixed (known at translation time), but this is bits(64)"),
            body("if (isZero(64, X(64, Rn))) { }",
                "5: the condition of if must be fixed (known at translation time), but this is cond; use"),
            body("let a = X(64, Rn) ? 1 : 2;", "9: the condition of ?: must be fixed or a cond, but this is bits(64)"),
            body("let a = isZero(64, X(64, Rn)) ? 1 : 2;", "9: both sides are fixed under a dynamic condition"),
            body("let a = isZero(64, X(64, Rn)) ? V[0] : V[1];", "9: ?: with a dynamic condition does not exist on vec"),
            body("let a = isZero(64, X(64, Rn)) ? X(64, 0) : X(32, 0);", "9: the sides of ?: have different types, bits(64) and bits(32)"),
            body("let a = 1; a = 2;", "12: 'a' cannot be assigned: it is not a 'var'"),
            body("let a = 1; let a = 2;", "12: 'a' is already defined here"),
            body("width(1) = 2;", "1: 'width' cannot be assigned: there is no 'set width'"),
            body("let (a, b) = several(64, 1, SP);", "1: 'several' has 3 results, not 2"),
            body("let (a, b) = width(1);", "1: 'width' has 1 results, not 2"),
            body("let (a, b) = 1;", "14: only a call has several results"),
            body("let a = several(64, 1, SP);", "9: this call has 3 results; name them: let (a, b) = ..."),
            body("several(64, 1, SP);", "1: the results of 'several' are not used"),
            top("fn f(n: int): (int, int) { if (n) { return (1, 2); } return (3, 4); }",
                "37: a function with several results has one return, at its end"),
            top("fn f(n: int): (int, int) = n;", "28: return needs a value of type (int, int)"),
            body("1 = 2;", "1: this cannot be assigned"),
            body("V = V[1];", "1: 'V' is an array; write V[n]"),
            body("SP[0] = SP;", "1: 'SP' is not an array of the state"),
            body("let a = V;", "9: 'V' is an array; write V[n]"),
            body("SP = V[0];", "6: expected bits(64), found vec"),
            body("1 + 2;", "1: this is not a statement"),
            body("reg(1, 2);", "1: 'reg' formats assembly text; it has no meaning here"),
            body("let a = jump(4);", "9: this call has no value that 'a' could stand for"),
            body("return;", "1: return is only allowed in functions"),
            body("undefined(); SP = SP;", "14: this statement is never reached"),
            body("var w = 64; X(w, Rd) = SP;", "24: the width w in X(w: int, n: int, v: bits(w)) depends on a 'var'; use a 'let'"),
            body("let a: bits = 3;", "15: this constant needs a width: write constant(w, n)"),
            body("var n = 8; let a: bits(n) = SP;", "19: a width must not depend on a 'var'"),
            body("let a: int(3) = 1;", "8: only bits has a width"),
            body("let a: number = 1;", "8: unknown type 'number'"),
            body("let a = flagsOf(3);", "17: this constant needs a width: write constant(w, n)"),
            body("let a = 99999999999999999999;", "9: number '99999999999999999999' does not fit into 64 bits"),
            body("writeReg(64, 0, SP); let v = load(8, SP);", "30: 'load' may fault, but a register has been written before it"),
            body("for (i in 0..2) { let v = load(8, SP); SP = v; }", "27: 'load' may fault, but a register has been written before it"),
            body("if (sf) { SP = SP; } store(8, SP, SP);", "22: 'store' may fault, but a register has been written before it"),
            top("instruction I \"0101\" todo;", "15: a pattern has 32 bits, this one has 4"),
            top("instruction I \"a:32 0\" todo;", "21: a pattern has 32 bits, this one has more"),
            top("instruction I \"a:0 b:32\" todo;", "16: a field has at least one bit"),
            top("instruction I \"a:16 ? b:15\" todo;", "21: a pattern consists of 0, 1, name:width and -:width"),
            top("instruction I \"a:16 a:16\" todo;", "15: 'a' is already defined here"),
            top("instruction I \"a:32\" ;", "1: instruction I has neither behaviour nor 'todo'"),
            top("instruction I \"a:32\" todo { }", "1: instruction I has behaviour and 'todo'"),
            top("instruction I \"a:32\" todo; instruction I \"a:32\" todo;", "40: instruction 'I' is already declared at test.isa:1:13"),
            top("instruction I \"a:32\" todo; instruction J \"b:32\" todo;",
                "40: instruction J and I (test.isa:1:13) both match 0x0 and neither is more specific"),
            top("instruction I \"a:9 -:23\" where a < 9 todo; instruction J \"b:9 -:23\" where b > 7 todo;",
                "56: instruction J and I (test.isa:1:13) both match 0x4000000 and neither is more specific"),
            top("instruction I \"a:16 1 -:15\" todo; instruction J \"1 b:31\" todo;",
                "47: instruction J and I (test.isa:1:13) both match 0x80008000"),
            top("instruction I \"a:32\" todo; instruction J \"0 a:31\" todo; instruction K \"1 a:31\" todo;",
                "13: instruction I is never reached: more specific ones match all its words"),
            top("instruction I \"a:32\" todo; instruction J \"b:8 -:24\" where b < 256 todo;",
                "13: instruction I is never reached: more specific ones match all its words"),
            top("instruction I \"a:4 -:28\" where a == 16 todo;", "13: instruction I is never reached: its where is always false"),
            top("instruction I \"a:32\" where SP todo;", "28: where must be fixed (known at translation time), but this is bits(64)"),
            top("instruction I \"a:32\" let s = SP; todo;", "22: a let before the behaviour must be fixed; 's' is bits(64)"),
            top("instruction I \"a:32\" asm \"x {a\" todo;", "29: this { is not closed; write {{ for a brace"),
            top("instruction I \"a:32\" asm \"x a}\" todo;", "30: this } closes nothing; write }} for a brace"),
            top("instruction I \"a:32\" asm \"x {q}\" todo;", "30: unknown name 'q'"),
            top("instruction I \"a:32\" asm \"x {a:z}\" todo;", "30: unknown format 'z'; there are :x and :d"),
            top("instruction I \"a:32\" asm \"x {reg(a,a):x}\" todo;", "30: text has no format"),
            top("instruction I \"a:32\" asm \"x {a +}\" todo;", "33: syntax: mismatched input"),
            top("fn f(n: int): int { if (n) { return 1; } }", "4: function 'f' does not return a value on every path"),
            top("fn f(n: int): int { return; }", "21: return needs a value of type int"),
            top("fn f(n: int) { return 1; }", "16: a procedure returns no value"),
            top("fn f(n: int): int { for (i in 0..3) { return 1; } return 2; }", "39: return is not allowed inside for"),
            top("fn f(n: int): int = g(n); fn g(n: int): int = f(n);", "4: function 'f' calls itself"),
            top("fn f(v: bits): int = 1;", "4: parameter 'v' needs a width: bits(w)"),
            top("fn f(v: bits(w)): int = 1;", "14: unknown name 'w'"),
            top("fn width(n: int): int = 1;", "4: 'width' is already declared at base.isa:"),
            top("builtin g(): bits;", "14: the result needs a width: bits(w)"),
            top("builtin g() sometimes;", "1: unknown attribute 'sometimes'; there are faults, interp, ends, ordered and pure"),
            top("instruction I \"a:32\" let o = place(); todo;", "30: this must be known from the instruction word alone"),
            top("instruction I \"a:32\" where place() == 0 todo;", "36: this must be known from the instruction word alone"),
            top("instruction I \"a:32\" asm \"x\" when place() todo;", "35: this must be known from the instruction word alone"),
            top("instruction I \"a:32\" asm \"x {place()}\" todo;", "30: this must be known from the instruction word alone"),
            top("set only(v: int) { } fn f(): int = only(1);", "36: unknown function 'only'; it can only be assigned to"),
            top("const N = 1 / 0;", "13: this must be a constant"),
            top("const WORD = 1;", "1: 'WORD' is already declared"),
            top("const N = SP;", "11: unknown name 'SP'"),
            top("state { A : 3; }", "13: a state entry has 1, 2, 4, 8 or 16 bytes, not 3"),
            top("state { A : 4; }", "13: a register has 8 or 16 bytes; smaller ones are declared with 'field'"),
            top("state { A : vec; }", "13: a state entry is a number of bytes or 'flags', not 'vec'"),
            top("state { A : 8[0]; }", "15: an array of the state has 1 to 4096 elements, not 0"),
            top("state { SP : 8; }", "9: 'SP' is already declared"),
            top("field A : 16;", "11: a field has 1, 2, 4 or 8 bytes"),
            top("instruktion I;", "1: syntax: mismatched input 'instruktion' expecting"));
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void isReported(String text, String expected) {
        List<String> errors = Descriptions.errors(text);
        assertTrue(!errors.isEmpty(), "no error in: " + text);
        assertTrue(errors.getFirst().startsWith(expected), () -> "expected " + expected + "\nfound " + errors);
    }

    @Test
    void mistakesInDifferentDeclarationsAreAllReported() {
        List<String> errors = Descriptions.errors("""
            instruction A "0 a:31" { SP = x; }
            instruction B "1 a:31" { SP = y; }
            fn f(): int = z;
            """);
        assertEquals(List.of("test.isa:1:31: unknown name 'x'", "test.isa:2:31: unknown name 'y'", "test.isa:3:15: unknown name 'z'"),
            errors);
    }

    @Test
    void widthsAreComparedUnderTheConditionsAround() {
        assertEquals(List.of(), Descriptions.errors("""
            instruction A "00 sf:1 n:2 -:17 Rn:5 Rd:5" where n != 3 {
              let w = sf == 1 ? 64 : 32;
              if (sf) { X(w, Rd) = SP; } else { X(w, Rd) = X(32, Rn); }
              X(width(sf), Rd) = X(width(sf), Rn);
              X(64, Rd) = w == 32 ? zext(32, 64, X(w, Rn)) : X(w, Rn);
            }
            instruction B "01 sf:1 -:19 Rn:5 Rd:5" {
              let w = sf ? 64 : 32;
              if (sf != 1) { undefined(); }
              X(w, Rd) = SP;
            }
            """));
    }

    @Test
    void writesAfterFaultingCallsAndOnOtherPathsAreFine() {
        assertEquals(List.of(), Descriptions.errors("""
            instruction A "sf:1 -:21 Rn:5 Rd:5" {
              let v = load(8, SP);
              if (sf) { SP = v; } else { store(8, SP, v); }
            }
            """));
    }
}
