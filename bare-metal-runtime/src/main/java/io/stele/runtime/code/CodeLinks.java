package io.stele.runtime.code;

import io.stele.codegen.CompiledBlock;
import io.stele.memory.RawMemory;
import io.stele.runtime.common.GuestError;
import io.stele.runtime.common.VmLayout;

/** The direct exits of generated code: each jumps straight to code of its own page as soon as there is some. */
public final class CodeLinks {
    private final long host;
    private final CodePages pages;
    private final CodeBlocks blocks;
    private final CodeSpace space;
    private final WaitingExits waiting = new WaitingExits();

    CodeLinks(long host, CodePages pages, CodeBlocks blocks, CodeSpace space) {
        this.host = host;
        this.pages = pages;
        this.blocks = blocks;
        this.space = space;
    }

    /** The blocks of a page are not entered any more. */
    void forget(int page) {
        waiting.forget(page);
    }

    /** All code was dropped. */
    void clear() {
        waiting.clear();
    }

    /** From now on, code at a page offset is entered at an address: what led to other code there, or waited for it, leads there. */
    void relink(int page, int offset, long address) {
        pages.setEntry(page, offset, address);
        linkWaiting(page, offset, address);
        for (int block = blocks.lastOf(page); block >= 0; block = blocks.before(block)) {
            CompiledBlock meta = blocks.description(block);
            for (int i = 0; i < meta.exitCount(); i++) {
                if (meta.exitTarget(i) == offset) {
                    link(blocks.start(block) + meta.exitPatchOffset(i), address);
                }
            }
        }
    }

    /** Links the exits of a new block to the code that there is. */
    void linkExits(CompiledBlock block, int page, long address) {
        for (int i = 0; i < block.exitCount(); i++) {
            if (block.exitStubOffset(i) >= 0) {
                int target = block.exitTarget(i);
                long patch = address + block.exitPatchOffset(i);
                long code = pages.entry(page, target);
                if (code != 0) {
                    link(patch, code);
                } else {
                    waiting.add(page, target, patch);
                }
            }
        }
    }

    /** Links the exits that have waited for code at a page offset. */
    void linkWaiting(int page, int offset, long address) {
        for (long patch = waiting.take(page, offset); patch != 0; patch = waiting.take(page, offset)) {
            link(patch, address);
        }
    }

    /** Links an exit to a pc that a vCPU has asked for, unless the bytes of its page have changed since, so that the code is another page's. */
    public void linkRequested(long patch, long pc, long target) {
        int from = blocks.find(patch);
        if (from < 0 || pages.entry(blocks.page(from), (int) (pc & 4095)) == target) {
            link(patch, target);
        }
    }

    /**
     * Makes a direct exit jump straight to code of its own page.
     *
     * @param patch VM address of the exit's 32-bit displacement
     */
    public void link(long patch, long target) {
        if (patch < VmLayout.CODE || patch > space.top() - Integer.BYTES || target < VmLayout.CODE || target >= space.top()) {
            throw new GuestError("internal error: link of 0x" + Long.toHexString(patch) + " to 0x" + Long.toHexString(target)
                    + " outside of generated code");
        }
        replaceWithin(host + patch, (int) (target - (patch + 4)));
    }

    /** Replaces an int that code may be reading; it lies within eight bytes at a multiple of eight, whose others do not change meanwhile. */
    private static void replaceWithin(long address, int value) {
        long whole = address & -Long.BYTES;
        int shift = (int) (address - whole) * Byte.SIZE;
        long others = RawMemory.getLong(whole) & ~(0xffff_ffffL << shift);
        RawMemory.putLongRelease(whole, others | (value & 0xffff_ffffL) << shift);
    }
}
