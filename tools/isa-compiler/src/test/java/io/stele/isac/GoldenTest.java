package io.stele.isac;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.stele.isac.print.JavaFile;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The generated text itself: readable, the same in every run, and different by level in the documented ways. */
class GoldenTest {
    private static final String TEXT = """
        instruction ADD_imm "sf:1 0 0 100010 sh:1 imm12:12 Rn:5 Rd:5" {
          let w = sf ? 64 : 32;
          let unused = imm12 * 3;
          let imm = sh ? imm12 << 12 : imm12;
          X(w, Rd) = X(w, Rn) + imm;
        }
        instruction TWICE "0101 op:2 -:16 Rn:5 Rd:5" {
          let always = 2 > 1;
          if (always) { X(64, Rd) = X(64, Rn); X(64, Rd) = X(64, Rn) + X(64, Rn); }
          if (op == 3) { undefined(); }
          readTwice(Rn);
        }
        fn readTwice(n: int) { writeReg(64, SP_OFFSET, readReg(64, 8 * n) + 1); writeReg(64, SP_OFFSET, readReg(64, 8 * n) + 2); }
        """;

    private static void check(String golden, int level, String className, String method) {
        assertEquals(Descriptions.resource("golden/" + golden), Descriptions.method(level, TEXT, className, method));
    }

    @Test
    void translatorOfAddAtO1() {
        check("add-translator-O1.txt", 1, "TranslatorTest", "ADD_imm");
    }

    @Test
    void translatorOfAddAtO4() {
        check("add-translator-O4.txt", 4, "TranslatorTest", "ADD_imm");
    }

    @Test
    void interpreterOfAddAtO4() {
        check("add-interpreter-O4.txt", 4, "InterpreterTest", "ADD_imm");
    }

    @Test
    void translatorOfTwiceAtO1() {
        check("twice-translator-O1.txt", 1, "TranslatorTest", "TWICE");
    }

    @Test
    void translatorOfTwiceAtO4() {
        check("twice-translator-O4.txt", 4, "TranslatorTest", "TWICE");
    }

    @Test
    void laterWriteOfTheSameRegisterReplacesTheEarlierAtO3() {
        check("twice-function-O2.txt", 2, "TranslatorFunctions", "readTwice");
        check("twice-function-O3.txt", 3, "TranslatorFunctions", "readTwice");
    }

    @Test
    void outputIsTheSameInEveryRun() {
        List<String> first = new ArrayList<>();
        List<String> second = new ArrayList<>();
        for (JavaFile f : Descriptions.files(4, TEXT)) {
            first.add(f.toString());
        }
        for (JavaFile f : Descriptions.files(4, TEXT)) {
            second.add(f.toString());
        }
        assertEquals(first, second);
    }
}
