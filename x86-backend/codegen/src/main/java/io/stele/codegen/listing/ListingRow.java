package io.stele.codegen.listing;

/** A row of a listing: up to three cells, each of which may be empty. Valid until the next row. */
public final class ListingRow {
    private static final int NOWHERE = Integer.MIN_VALUE;
    /** Where the guest instruction is, as distance from the first byte of the page; see {@link #hasPlace}. */
    public int pageOffset;
    /** Whether the row begins a guest instruction; otherwise one with a page offset begins an out-of-line part of it. */
    public boolean instruction;
    /** The guest instruction's word and text. */
    public int word;
    public String guest;
    /** IR operation, or what the out-of-line part is. */
    public final StringBuilder ir = new StringBuilder(80);
    /** The IR operation got no code because nothing uses its value. */
    public boolean unused;
    /** Whether the row has x86 code or data; the rest is of it. */
    public boolean host;
    /** R region check, M guest memory access, X exit to be patched, or a blank. */
    public char mark;
    public long address;
    /** Bytes in hexadecimal. */
    public final StringBuilder bytes = new StringBuilder(40);
    /** Empty where there is no disassembler, and for data. */
    public String text;
    public final StringBuilder meaning = new StringBuilder(80);

    ListingRow() {
        clear();
    }

    /** False if the row goes on with the instruction of the row before. */
    public boolean hasPlace() {
        return pageOffset != NOWHERE;
    }

    void clear() {
        pageOffset = NOWHERE;
        instruction = false;
        guest = "";
        ir.setLength(0);
        unused = false;
        host = false;
        mark = ' ';
        bytes.setLength(0);
        text = "";
        meaning.setLength(0);
    }

    boolean isEmpty() {
        return !hasPlace() && ir.isEmpty() && !host;
    }
}
