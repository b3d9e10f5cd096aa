package io.stele.codegen.listing;

import io.stele.codegen.BlockCompiler;
import io.stele.codegen.ClusterFacts;
import io.stele.codegen.CompiledBlock;
import io.stele.codegen.CpuArea;
import io.stele.codegen.ListingRanges;
import io.stele.codegen.SiteText;
import io.stele.codegen.Stubs;
import io.stele.guest.GuestIsa;
import io.stele.ir.IrBlock;
import io.stele.ir.IrText;
import io.stele.ir.OpInfo;
import io.stele.ir.Opcode;
import io.stele.zydis.Zydis;
import java.io.IOException;

/**
 * Lists compiled blocks: guest instruction, IR and x86 code side by side, then the out-of-line parts. Blocks must have been compiled with
 * {@link BlockCompiler#listing} on. One instance belongs to one thread.
 */
public final class ListingWriter {
    private static final int INSTRUCTION_ROOM = 15;
    private static final String[] OUT_OF_LINE = {"region miss", "side exit", "interpret", "interrupt", "link", "edge", "constants",
        "entry", "absent page"};

    private final GuestIsa isa;
    private final HostText hostText;
    private final IrText irText;
    /** Why there is no x86 disassembler, or null when there is one. */
    private final String missing;
    private final ListingRow row = new ListingRow();

    private IrBlock ir;
    private CompiledBlock block;
    private SiteText sites;
    private ClusterFacts facts;
    private byte[] code;
    private long codeAddress;
    private long pageAddress;
    private ListingRows out;

    /**
     * @param isa disassembles guest instructions and names guest registers
     * @param stubs what the code was compiled with
     */
    public ListingWriter(GuestIsa isa, Stubs stubs) {
        this(isa, stubs, Zydis.unavailableReason());
    }

    /** @param missing why there is no x86 disassembler, or null when there is one */
    public ListingWriter(GuestIsa isa, Stubs stubs, String missing) {
        this.isa = isa;
        this.missing = missing;
        hostText = new HostText(isa, stubs);
        irText = new IrText(isa::stateName);
    }

    /** {@link #head(ListingRows)} as text. */
    public void head(Appendable to) throws IOException {
        head(new TextRows(to));
    }

    /** Tells how to read the listing, and what is missing when there is no x86 disassembler. Once, before the first block. */
    public void head(ListingRows to) throws IOException {
        to.comment("Columns: page offset, word and text of the guest instruction | IR | VM address, bytes and text of the x86 code ; meaning");
        to.comment("Marks: R region check, M guest memory access (may fault), X exit to be patched; ~ IR that no code was made for "
            + "because nothing uses it");
        to.comment("rbp = CPU area + " + CpuArea.BASE_BIAS + ", r14 = guest address of the code page");
        if (missing != null) {
            to.comment("x86 code as bytes only: " + missing);
        }
    }

    /** {@link #block(IrBlock, CompiledBlock, ClusterFacts, byte[], long, long, String, ListingRows)} of the first tier as text. */
    public void block(IrBlock operations, CompiledBlock compiled, byte[] bytes, long address, long page, String origin, Appendable to)
        throws IOException {
        block(operations, compiled, null, bytes, address, page, origin, new TextRows(to));
    }

    /**
     * Lists one block.
     *
     * @param operations the block's IR, as it was compiled
     * @param compiled the block
     * @param cluster what it consists of if it is a cluster, with the operations of its blocks in a row; otherwise null
     * @param bytes its code, from index 0
     * @param address VM address of the code
     * @param page guest virtual address of the code page
     * @param origin further facts for the head line, or an empty string
     */
    public void block(IrBlock operations, CompiledBlock compiled, ClusterFacts cluster, byte[] bytes, long address, long page, String origin,
        ListingRows to) throws IOException {
        ir = operations;
        block = compiled;
        sites = new SiteText(compiled, isa::stateName);
        facts = cluster;
        code = bytes;
        codeAddress = address;
        pageAddress = page;
        out = to;
        blockHead(origin);
        int[] ranges = block.listing;
        for (int r = 0; r < ranges.length; r += ListingRanges.FIELDS) {
            int end = r + ListingRanges.FIELDS < ranges.length ? ranges[r + ListingRanges.FIELDS + 2] : block.length;
            if (ranges[r + 3] == 0) {
                part(ranges[r]);
                instruction(ranges[r], ranges[r + 1], ranges[r + 2], end);
            } else {
                row.pageOffset = ranges[r];
                row.ir.append("out of line: ").append(OUT_OF_LINE[-1 - ranges[r + 1]]);
                if (ranges[r + 1] == ListingRanges.CONSTANTS) {
                    data(ranges[r + 2], end);
                } else {
                    host(ranges[r + 2], end);
                }
            }
        }
    }

    /** Bytes that are no instructions, a row for each vector; padding in front has a row of its own. */
    private void data(int from, int to) throws IOException {
        int p = from;
        while (p < to) {
            int end = Math.min(to, p + 16 - (int) (codeAddress + p & 15));
            row.host = true;
            row.address = codeAddress + p;
            bytes(p, end);
            endRow();
            p = end;
        }
    }

    private void blockHead(String origin) throws IOException {
        StringBuilder head = new StringBuilder(160).append(facts == null ? "block 0x" : "cluster 0x").append(Long.toHexString(pageAddress + block.startOffset));
        if (!origin.isEmpty()) {
            head.append(", ").append(origin);
        }
        head.append(": ");
        if (facts != null) {
            head.append(facts.blocks()).append(facts.blocks() == 1 ? " block, " : " blocks, ");
        }
        head.append(block.instructions).append(block.instructions == 1 ? " instruction, " : " instructions, ")
            .append(block.bodyLength).append(" bytes and ").append(block.length - block.bodyLength)
            .append(" out of line at 0x").append(Long.toHexString(codeAddress));
        out.block(head.toString());
        if (facts != null) {
            out.part(facts.homes(isa::stateName));
        }
    }

    /** In a cluster a block begins at an instruction. */
    private void part(int pageOffset) throws IOException {
        int n = facts == null ? -1 : facts.find(pageOffset);
        if (n >= 0) {
            out.part("block " + ClusterFacts.place(pageOffset) + ": " + facts.reason(n, block.startOffset));
        }
    }

    /** One guest instruction: its operations from BEGIN on, each beside its code. */
    private void instruction(int pageOffset, int begin, int from, int to) throws IOException {
        int word = ir.word(begin);
        row.pageOffset = pageOffset;
        row.instruction = true;
        row.word = word;
        row.guest = isa.disassemble(word, pageAddress + pageOffset);
        int end = begin + 1;
        while (end < block.operationStart.length && ir.op[end] != Opcode.BEGIN) {
            end++;
        }
        int position = from;
        for (int i = begin + 1; i < end; i++) {
            if (IrText.isConstant(ir, i)) {
                continue;
            }
            int start = block.operationStart[i];
            if (start > position) {
                host(position, start);
                position = start;
            }
            row.unused = start < 0 && !OpInfo.isLazy(ir.op[i]);
            irText.line(ir, i, row.ir);
            int codeEnd = start < 0 ? position : nextStart(i, end, to);
            host(position, codeEnd);
            position = codeEnd;
        }
        if (position < to || !row.isEmpty()) {
            host(position, to);
        }
    }

    /** Where the code of the next operation of the instruction that has some begins, or the instruction's code ends. */
    private int nextStart(int i, int end, int to) {
        for (int n = i + 1; n < end; n++) {
            if (block.operationStart[n] >= 0 && !IrText.isConstant(ir, n)) {
                return block.operationStart[n];
            }
        }
        return to;
    }

    /** Ends the current row with the first x86 instruction of a piece of code, and writes a row for each of the others. */
    private void host(int from, int to) throws IOException {
        for (int p = from; p < to; ) {
            row.host = true;
            row.mark = mark(p);
            row.address = codeAddress + p;
            p = missing == null ? decoded(p, to) : raw(p, to);
            endRow();
        }
        if (!row.isEmpty()) {
            endRow();
        }
    }

    private int decoded(int p, int to) {
        Zydis.Instruction ins = Zydis.disassemble(code, p, to - p, codeAddress + p);
        if (ins == null) {
            row.text = "?";
            return raw(p, to);
        }
        bytes(p, p + ins.length());
        row.text = HostText.shorten(ins.text());
        comment(hostText.meaning(row.text, ins.mnemonic(), codeAddress), p, p + ins.length());
        return p + ins.length();
    }

    private int raw(int p, int to) {
        int end = Math.min(to, p + INSTRUCTION_ROOM);
        bytes(p, end);
        return end;
    }

    private void bytes(int from, int to) {
        for (int i = from; i < to; i++) {
            TextRows.hex(row.bytes, code[i] & 0xff, 2);
        }
    }

    private void comment(String meaning, int from, int to) {
        int region = regionStarting(from);
        int exit = exitIn(from, to);
        row.meaning.append(meaning);
        if (region >= 0) {
            row.meaning.append(meaning.isEmpty() ? "" : ", ").append("region check ").append(region);
        }
        if (exit >= 0) {
            row.meaning.append(meaning.isEmpty() ? "" : ", ").append("exit ").append(exit).append(" to +");
            TextRows.hex(row.meaning, block.exitTarget(exit), 3);
        }
        if (row.mark == 'M') {
            fault(block.findSite(from));
        }
    }

    /** Which guest registers memory does not have when the access faults, and where they are. */
    private void fault(int site) {
        int start = row.meaning.length();
        sites.append(site, row.meaning);
        if (row.meaning.length() > start) {
            row.meaning.insert(start, start == 0 ? "a fault stores " : ", a fault stores ");
        }
    }

    private char mark(int offset) {
        for (int r = 0; r < block.regionCount(); r++) {
            if (offset >= block.regionStart(r) && offset < block.regionDisplacementOffset(r) + 4) {
                return 'R';
            }
        }
        if (offset < block.bodyLength && block.findSite(offset) >= 0) {
            return 'M';
        }
        return exitBehind(offset) ? 'X' : ' ';
    }

    private int regionStarting(int offset) {
        for (int r = 0; r < block.regionCount(); r++) {
            if (block.regionStart(r) == offset) {
                return r;
            }
        }
        return -1;
    }

    /** The exit whose displacement is in the instruction, or -1. */
    private int exitIn(int from, int to) {
        for (int e = 0; e < block.exitCount(); e++) {
            if (block.exitPatchOffset(e) > from && block.exitPatchOffset(e) < to) {
                return e;
            }
        }
        return -1;
    }

    /** The instruction at the offset is {@code jmp rel32} (1 byte of opcode) or {@code jcc rel32} (2) of an exit. */
    private boolean exitBehind(int offset) {
        for (int e = 0; e < block.exitCount(); e++) {
            int patch = block.exitPatchOffset(e);
            if (offset == patch - 1 && (code[offset] & 0xff) == 0xe9 || offset == patch - 2 && code[offset] == 0x0f) {
                return true;
            }
        }
        return false;
    }

    private void endRow() throws IOException {
        out.row(row);
        row.clear();
    }
}
