package io.stele.codegen;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.codegen.listing.ListedBlock;
import io.stele.codegen.listing.ListingWriter;
import io.stele.codegen.listing.PassListing;
import io.stele.codegen.listing.TextRows;
import io.stele.guest.GuestIsa;
import io.stele.ir.IrBuilder;
import io.stele.ir.PackedNumbers;
import io.stele.zydis.Zydis;
import java.io.IOException;
import java.lang.reflect.Proxy;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A listing shows each guest instruction with its operations and their code, and marks what the runtime looks at. */
final class ListingWriterTest {
    private static final long CODE = 0x10000;
    private static final long PAGE = 0xffff_8000_0000_0000L;
    private static final Stubs STUBS = new Stubs(0x1000, 0x1010, 0x1020, 0x1000, 0x1000, 0x1000, 0x1000, 0x2000, 0);

    private final BlockCompiler compiler = new BlockCompiler(new GuestLayout(272, 264), HostFeatures.BASELINE);
    private final IrBuilder b = new IrBuilder();
    private final CompiledBlock block = new CompiledBlock();

    @BeforeEach
    void needsZydis() {
        Assumptions.assumeTrue(Zydis.unavailableReason() == null, Zydis.unavailableReason());
    }

    /** A guest whose instructions are called by their word, and its registers r0, r1, ... */
    private static GuestIsa isa() {
        return (GuestIsa) Proxy.newProxyInstance(GuestIsa.class.getClassLoader(), new Class<?>[] {GuestIsa.class},
            (proxy, method, arguments) -> switch (method.getName()) {
                case "disassemble" -> "ins" + arguments[0];
                case "stateName" -> "r" + (int) arguments[0] / 8;
                default -> throw new AssertionError(method);
            });
    }

    private String list() throws IOException {
        compiler.listing(true);
        compiler.compile(b, CODE, STUBS, NativeCode.IDENTITY, block);
        StringBuilder text = new StringBuilder();
        new ListingWriter(isa(), STUBS).block(b, block, compiler.code(), CODE, PAGE, "mode 1", text);
        return text.toString();
    }

    /** Without runs of blanks and without the addresses and bytes of the code. */
    private static String plain(String listing) {
        return listing.replaceAll("[0-9a-f]{8} [0-9a-f]{2,30} +", "| ").replaceAll(" {2,}", " ").replaceAll("(?m)^ ", "");
    }

    private void loadAndAdd() {
        b.reset(0x10, 0, 1);
        b.beginInstruction(0x10, 1);
        b.writeReg(64, 0, b.load(8, false, 64, b.add(64, b.readReg(64, 8), b.constant(64, 8)), IrBuilder.VIEW_CURRENT));
        b.endInstruction();
        b.beginInstruction(0x14, 2);
        b.writeReg(64, 8, b.add(64, b.readReg(64, 0), b.constant(64, 3)));
        b.endInstruction();
        b.beginInstruction(0x18, 3);
        b.jump(0x100);
        b.endInstruction();
    }

    @Test
    void instructionsOperationsAndCodeStandSideBySide() throws IOException {
        loadAndAdd();
        String text = plain(list());
        assertTrue(text.startsWith("\nblock 0xffff800000000010, mode 1: 3 instructions, "), text);
        assertInOrder(text,
            "+010 00000001 ins1 %2 = read.reg r1",
            "~%4 = add.64 %2, 8",
            "%5 = region.privileged %2 | mov ", "[rbp-0xa0] ; r1",
            "R | mov ", " ; region check 0",
            "R | shr ", "R | cmp ", "R | jnz ", "R | mov ", " ; K 1:0",
            "%6 = load.64 u64 [%2 + %5 + 8] M | mov ",
            "set.reg r0, %6",
            "+014 00000002 ins2 %10 = add.64 %6, 3 | ",
            "set.reg r1, %10",
            "+018 00000003 ins3 jump page+0x100 | mov [rbp-0xa8], ", " ; r0", " ; r1",
            "X | jmp ", " ; exit 0 to +100",
            "+010 out of line: region miss | ", " ; region miss stub",
            "+018 out of line: link | mov edx, ", " ; link stub");
    }

    @Test
    void everyByteOfTheCodeIsListedOnceAndInOrder() throws IOException {
        loadAndAdd();
        String text = list();
        StringBuilder bytes = new StringBuilder();
        for (String row : text.split("\n")) {
            String address = Long.toHexString(CODE + bytes.length() / 2);
            int at = row.indexOf(" " + "0".repeat(8 - address.length()) + address + " ");
            if (at >= 0) {
                bytes.append(row, at + 10, row.indexOf(' ', at + 10));
            }
        }
        StringBuilder expected = new StringBuilder();
        for (int i = 0; i < block.length; i++) {
            expected.append(Character.forDigit(compiler.code()[i] >> 4 & 15, 16)).append(Character.forDigit(compiler.code()[i] & 15, 16));
        }
        assertEquals(expected.toString(), bytes.toString());
    }

    @Test
    void bytesAreListedWithoutADisassembler() throws IOException {
        loadAndAdd();
        compiler.listing(true);
        compiler.compile(b, CODE, STUBS, NativeCode.IDENTITY, block);
        StringBuilder text = new StringBuilder();
        ListingWriter writer = new ListingWriter(isa(), STUBS, "no library");
        writer.head(text);
        writer.block(b, block, compiler.code(), CODE, PAGE, "", text);
        assertTrue(text.indexOf("\n# x86 code as bytes only: no library\n") > 0, text::toString);
        assertTrue(text.indexOf("region.privileged") > 0, text::toString);
        assertFalse(text.indexOf("mov ") >= 0, text::toString);
    }

    /** Behind the addition the register is not in memory yet when the second load faults. */
    @Test
    void aMemoryAccessSaysWhatAFaultStores() throws IOException {
        b.reset(0x10, 0, 1);
        b.beginInstruction(0x10, 1);
        b.writeReg(64, 8, b.add(64, b.readReg(64, 8), b.readReg(64, 16)));
        b.writeReg(64, 24, b.constant(64, 0x55));
        b.endInstruction();
        b.beginInstruction(0x14, 2);
        b.writeReg(64, 0, b.load(8, false, 64, b.readReg(64, 32), IrBuilder.VIEW_CURRENT));
        b.endInstruction();
        b.beginInstruction(0x18, 3);
        b.jump(0x100);
        b.endInstruction();
        String text = list();
        assertTrue(text.lines().anyMatch(line -> line.matches(".* M .*; a fault stores r1 = r[a-z0-9]+, r3 = 0x55")), text);
    }

    private static void assertInOrder(String text, String... parts) {
        int at = 0;
        for (String part : parts) {
            int found = text.indexOf(part, at);
            assertTrue(found >= 0, () -> "'" + part + "' is missing, or too early, in\n" + text);
            at = found + part.length();
        }
    }

    /** Blocks are kept as numbers until the end of a run. */
    @Test
    void packedBlocksHaveTheSameText() throws IOException {
        PackedNumbers packed = new PackedNumbers();
        StringBuilder expected = new StringBuilder();
        RandomProgram.Theme[] themes = RandomProgram.Theme.values();
        int blocks = 200;
        b.fusedMultiplyAdd(false);
        for (int seed = 0; seed < blocks; seed++) {
            new RandomProgram(seed, 40, themes[seed % themes.length]).build(b);
            expected.append(list());
            ListedBlock.pack(b, block, null, compiler.code(), CODE, PAGE, packed);
        }
        ListedBlock listed = new ListedBlock();
        StringBuilder text = new StringBuilder();
        ListingWriter writer = new ListingWriter(isa(), STUBS);
        for (int i = 0; i < blocks; i++) {
            listed.read(packed);
            listed.write(writer, "mode 1", new TextRows(text));
        }
        assertEquals(expected.toString(), text.toString());
    }

    /** A loop in a loop: +000 to +004, which comes back or goes on, +008, which goes on at +020, and that to +024, which comes back. */
    private static void translateLoop(int offset, IrBuilder to) {
        to.reset(offset, 0, 0);
        to.beginInstruction(offset, offset);
        if (offset == 8) {
            to.jump(0x20);
            to.endInstruction();
            return;
        }
        to.writeReg(64, 0, to.add(64, to.readReg(64, 0), to.constant(64, offset + 1)));
        to.endInstruction();
        to.beginInstruction(offset + 4, offset + 4);
        if (offset == 0) {
            to.jumpIf(to.bitSet(64, to.readReg(64, 0), 3), 0);
            to.endInstruction();
            if (to.isJoin(8)) {
                to.jump(8);
                return;
            }
            to.beginInstruction(8, 8);
            to.jump(0x20);
        } else {
            to.jump(0);
        }
        to.endInstruction();
    }

    static GuestIsa loop() {
        return (GuestIsa) Proxy.newProxyInstance(GuestIsa.class.getClassLoader(), new Class<?>[] {GuestIsa.class},
            (proxy, method, arguments) -> switch (method.getName()) {
                case "pcOffset" -> 272;
                case "flagsOffset" -> 264;
                case "dataView" -> 0;
                case "translate" -> {
                    translateLoop((int) arguments[1], (IrBuilder) arguments[4]);
                    yield null;
                }
                case "disassemble" -> "ins" + arguments[0];
                case "stateName" -> "r" + (int) arguments[0] / 8;
                default -> throw new AssertionError(method);
            });
    }

    private ListedBlock listedLoop() {
        ClusterTranslator translator = new ClusterTranslator(loop(), HostFeatures.BASELINE);
        translator.listing(true);
        assertTrue(translator.translate(new SinglePage(1, 0, 4096, 0), 0, 0, false, CODE, STUBS, block));
        PackedNumbers packed = new PackedNumbers();
        ListedBlock.pack(translator.operations(), block, translator.facts(), translator.code(), CODE, PAGE, packed);
        ListedBlock listed = new ListedBlock();
        listed.read(packed);
        return listed;
    }

    @Test
    void aClusterIsListedWithItsHomesAndWhyEachBlockIsInIt() throws IOException {
        ListedBlock listed = listedLoop();
        assertEquals(3, listed.starts());
        assertEquals(PAGE + 8, listed.start(1));
        assertEquals(PAGE + 0x20, listed.start(2));
        assertTrue(listed.isEntry(0) && !listed.isEntry(1) && !listed.isEntry(2));
        StringBuilder text = new StringBuilder();
        listed.write(new ListingWriter(isa(), STUBS), "mode 1", new TextRows(text));
        String plain = plain(text.toString());
        assertInOrder(plain, "cluster 0xffff800000000000, mode 1: 3 blocks, 5 instructions", "homes: r0 in r8", "out of line: entry", "mov r8, [rbp",
            "block +000: the head; reached from +000, +020; a loop begins", "an entry", "ins0", "%2 = read.reg r0", "add r8, 0x01", "ins4",
            "block +008: reached from +000; in a loop", "ins8", "jump page+0x20",
            "block +020: reached from +008; in a loop", "ins32", "read.reg r0", "add r8, 0x21", "ins36", "jump page+0");
    }

    @Test
    void thePassesOfAClusterAreListedBlockByBlock() throws IOException {
        StringBuilder text = new StringBuilder();
        listedLoop().writePasses(new PassListing(loop(), HostFeatures.BASELINE), 0, new TextRows(text));
        String pass = "operations as the translator asks for them";
        assertInOrder(text.toString(), "block 0xffff800000000000, passes", pass, "ins0", "read.reg r0", "ins4", "ins8", "operations after liveness", "ins8",
            "block 0xffff800000000008, passes", pass, "ins8", "block 0xffff800000000020, passes", pass, "ins32", "ins36", "operations after liveness",
            "ins36");
        assertEquals(3, text.toString().split(pass, -1).length - 1);
    }
}
