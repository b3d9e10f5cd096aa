package io.stele.codegen;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.guest.GuestIsa;
import io.stele.ir.Condition;
import io.stele.ir.IrBuilder;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.Test;

/** Which flags the first access of a loop finds in memory, and which follow from guest registers. */
class EdgeFlagsTest {
    private static final Stubs STUBS = new Stubs(0x1000, 0x1000, 0x1000, 0x1000, 0x1000, 0x1000, 0x1000, 0x2000, 0);
    private static final int[] X = {0, 8, 16, 24};

    private final CompiledBlock block = new CompiledBlock();
    private byte[] code;
    /** What the loop does in front of its first load. */
    private Consumer<IrBuilder> before = to -> { };
    /** What it does behind its end. */
    private Consumer<IrBuilder> behind = to -> { };
    /** What is behind the loop leads back to its first load, which so begins a block of its own. */
    private boolean split;

    /** The first load is of what the flags say. */
    private boolean reads;

    /** A loop: a load of x2 from [x0]; one of x3 from [x0], if asked for; a comparison; back to the start, or out. */
    private void translate(boolean secondLoad, ToIntFunction<IrBuilder> comparison) {
        GuestIsa isa = (GuestIsa) Proxy.newProxyInstance(GuestIsa.class.getClassLoader(), new Class<?>[] {GuestIsa.class},
            (proxy, method, arguments) -> switch (method.getName()) {
                case "pcOffset" -> 272;
                case "flagsOffset" -> 264;
                case "dataView" -> 0;
                case "translate" -> {
                    loop((int) arguments[1], (IrBuilder) arguments[4], secondLoad, comparison);
                    yield null;
                }
                default -> throw new AssertionError(method);
            });
        ClusterTranslator translator = new ClusterTranslator(isa, HostFeatures.BASELINE);
        assertTrue(translator.translate(new SinglePage(1, 0, 4096, 0), 0, 0, false, 0x10000, STUBS, block));
        code = translator.code();
    }

    private void loop(int offset, IrBuilder to, boolean secondLoad, ToIntFunction<IrBuilder> comparison) {
        to.reset(offset, 0, 0);
        if (offset == 0) {
            to.beginInstruction(0, 0);
            before.accept(to);
            to.endInstruction();
            if (to.isJoin(4)) {
                to.jump(4);
                return;
            }
        }
        if (offset <= 4) {
            load(to);
            to.beginInstruction(8, 0);
            if (secondLoad) {
                to.writeReg(64, X[3], to.load(8, false, 64, to.readReg(64, X[0]), IrBuilder.VIEW_CURRENT));
            }
            to.endInstruction();
            to.beginInstruction(12, 0);
            int flags = comparison.applyAsInt(to);
            to.writeFlags(flags);
            to.endInstruction();
            to.beginInstruction(16, 0);
            to.jumpIf(to.test(Condition.NOT_EQUAL, flags), 0);
            to.endInstruction();
            if (to.isJoin(20)) {
                to.jump(20);
                return;
            }
        }
        to.beginInstruction(20, 0);
        behind.accept(to);
        to.jump(split ? 4 : 0x800);
        to.endInstruction();
    }

    private void load(IrBuilder to) {
        to.beginInstruction(4, 0);
        int address = to.readReg(64, X[0]);
        if (reads) {
            address = to.select(64, to.test(Condition.LESS, to.readFlags()), address, to.readReg(64, X[1]));
        }
        to.writeReg(64, X[2], to.load(8, false, 64, address, IrBuilder.VIEW_CURRENT));
        to.endInstruction();
    }

    /** What the records of the first access say of the flags, for each piece of code that it has. */
    private List<String> flagsAtFirstAccess() {
        List<String> all = new ArrayList<>();
        SiteText text = new SiteText(block, offset -> offset == 264 ? "nzcv" : "x" + offset / 8);
        for (int site = 0; site < block.siteCount(); site++) {
            if (block.sitePageOffset(site) == 4 && block.siteAccess(site) != 0) {
                StringBuilder line = new StringBuilder();
                text.append(site, line);
                int at = line.indexOf("nzcv");
                all.add(at < 0 ? "memory" : line.substring(at).replaceAll("\\br(?!esult)[0-9a-z]+\\b", "home"));
            }
        }
        return all;
    }

    /** How often the code takes flags out of EFLAGS (lahf; seto al) before what stands out of line. */
    private int flagStores() {
        int count = 0;
        for (int i = 0; i < block.bodyLength; i++) {
            count += (code[i] & 0xff) == 0x9f && code[i + 1] == 0x0f && (code[i + 2] & 0xff) == 0x90 && (code[i + 3] & 0xff) == 0xc0 ? 1 : 0;
        }
        return count;
    }

    @Test
    void flagsOfRegistersThatStayAreNotStored() {
        translate(false, to -> to.flagsOf(to.subs(64, to.readReg(64, X[2]), to.readReg(64, X[1]))));
        assertEquals(List.of("nzcv = flags of sub.64 home and home", "memory"), flagsAtFirstAccess());
        translate(false, to -> to.flagsOf(to.ands(32, to.readReg(64, X[1]), to.constant(32, 4))));
        assertEquals(List.of("nzcv = flags of and.32 home and 0x4", "memory"), flagsAtFirstAccess());
    }

    @Test
    void flagsOfAResultThatStaysAreNotStored() {
        translate(false, to -> {
            int result = to.subs(64, to.readReg(64, X[1]), to.constant(64, 1));
            to.writeReg(64, X[1], result);
            return to.flagsOf(result);
        });
        assertEquals(List.of("nzcv = flags of sub.64 with result home and 0x1", "memory"), flagsAtFirstAccess());
    }

    @Test
    void flagsAreStoredWhereWhatWasComparedIsWrittenBeforeTheLastAccess() {
        translate(true, to -> to.flagsOf(to.subs(64, to.readReg(64, X[2]), to.readReg(64, X[1]))));
        assertEquals(List.of("memory"), flagsAtFirstAccess());
        translate(true, to -> to.flagsOf(to.subs(64, to.readReg(64, X[3]), to.readReg(64, X[1]))));
        assertEquals(List.of("nzcv = flags of sub.64 home and home", "memory"), flagsAtFirstAccess());
    }

    /** A pointer that moves on within the loop: the comparison is of what it was. */
    @Test
    void flagsOfRegistersThatMoveByConstantsAreNotStored() {
        before = to -> to.writeReg(64, X[1], to.add(64, to.readReg(64, X[1]), to.constant(64, 8)));
        translate(false, to -> to.flagsOf(to.subs(64, to.readReg(64, X[0]), to.readReg(64, X[1]))));
        assertEquals(List.of("nzcv = flags of sub.64 home and home - 0x8", "memory"), flagsAtFirstAccess());
        translate(false, to -> to.flagsOf(to.subs(64, to.readReg(64, X[1]), to.readReg(64, X[0]))));
        assertEquals(List.of("nzcv = flags of sub.64 home - 0x8 and home", "memory"), flagsAtFirstAccess());
    }

    /** A counter of 32 bits, whose upper half says nothing of what was there. */
    @Test
    void flagsOfRegistersThatMoveInTheirLowerHalvesAreStoredWhereAllOfThemIsCompared() {
        before = to -> to.writeReg(32, X[1], to.add(32, to.readReg(32, X[1]), to.constant(32, -1)));
        translate(false, to -> to.flagsOf(to.subs(64, to.readReg(64, X[0]), to.readReg(64, X[1]))));
        assertEquals(List.of("memory"), flagsAtFirstAccess());
        translate(false, to -> to.flagsOf(to.subs(32, to.readReg(32, X[0]), to.readReg(32, X[1]))));
        assertEquals(List.of("nzcv = flags of sub.32 home and home + 0x1", "memory"), flagsAtFirstAccess());
    }

    @Test
    void flagsFollowBehindBlocksThatLeaveThemAsTheyAre() {
        split = true;
        translate(false, to -> to.flagsOf(to.subs(64, to.readReg(64, X[2]), to.readReg(64, X[1]))));
        assertEquals(List.of("nzcv = flags of sub.64 home and home", "memory"), flagsAtFirstAccess());
        before = to -> to.writeReg(64, X[1], to.readReg(64, X[0]));
        translate(false, to -> to.flagsOf(to.subs(64, to.readReg(64, X[2]), to.readReg(64, X[1]))));
        assertEquals(List.of("nzcv = flags of sub.64 home and home", "memory"), flagsAtFirstAccess());
    }

    @Test
    void blocksThatReadFlagsCompareAgain() {
        reads = true;
        split = true;
        translate(false, to -> to.flagsOf(to.subs(64, to.readReg(64, X[2]), to.readReg(64, X[1]))));
        assertEquals(List.of("nzcv = flags of sub.64 home and home", "memory"), flagsAtFirstAccess());
        translate(false, to -> {
            int result = to.adds(32, to.readReg(64, X[3]), to.readReg(64, X[1]));
            to.writeReg(64, X[3], result);
            return to.flagsOf(result);
        });
        assertEquals(List.of("nzcv = flags of add.32 home and home", "memory"), flagsAtFirstAccess());
    }

    /** What they compare with is made from the result, and is in no register. */
    @Test
    void flagsFollowBehindBlocksThatCompareAgain() {
        split = true;
        before = to -> to.writeReg(64, X[3], to.select(64, to.test(Condition.LESS, to.readFlags()), to.readReg(64, X[2]), to.readReg(64, X[3])));
        behind = before;
        translate(false, to -> {
            int result = to.subs(64, to.readReg(64, X[1]), to.constant(64, 1));
            to.writeReg(64, X[1], result);
            return to.flagsOf(result);
        });
        assertEquals(0, flagStores());
    }

    @Test
    void flagsThatAreNoComparisonsAreStored() {
        translate(false, to -> {
            int flags = to.flagsOf(to.subs(64, to.readReg(64, X[2]), to.readReg(64, X[1])));
            return to.flagsOf(to.adcs(64, to.readReg(64, X[2]), to.readReg(64, X[1]), flags));
        });
        assertEquals(List.of("memory"), flagsAtFirstAccess());
    }
}
