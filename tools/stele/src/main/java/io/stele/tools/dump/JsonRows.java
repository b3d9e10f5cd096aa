package io.stele.tools.dump;

import io.stele.codegen.listing.ListingRow;
import io.stele.codegen.listing.ListingRows;
import io.stele.tools.report.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A listing for programs. Numbers of more than 32 bits, words and bytes are hexadecimal texts. */
public final class JsonRows implements ListingRows {
    private final List<Object> comments = new ArrayList<>();
    private final List<Object> blocks = new ArrayList<>();
    private List<Object> rows;

    @Override
    public void comment(String text) {
        comments.add(text);
    }

    @Override
    public void block(String head) {
        rows = new ArrayList<>();
        Map<String, Object> block = new LinkedHashMap<>();
        block.put("block", head);
        block.put("rows", rows);
        blocks.add(block);
    }

    @Override
    public void part(String text) {
        Map<String, Object> part = new LinkedHashMap<>();
        part.put("part", text);
        rows.add(part);
    }

    @Override
    public void row(ListingRow row) {
        Map<String, Object> cells = new LinkedHashMap<>();
        if (row.hasPlace()) {
            cells.put("offset", row.pageOffset);
        }
        if (row.instruction) {
            cells.put("word", String.format("%08x", row.word));
            cells.put("guest", row.guest);
        }
        if (!row.ir.isEmpty()) {
            cells.put("ir", row.ir.toString());
        }
        if (row.unused) {
            cells.put("unused", true);
        }
        if (row.host) {
            cells.put("address", Long.toHexString(row.address));
            cells.put("bytes", row.bytes.toString());
            put(cells, "x86", row.text);
            put(cells, "meaning", row.meaning.toString());
            put(cells, "mark", row.mark == ' ' ? "" : String.valueOf(row.mark));
        }
        rows.add(cells);
    }

    private static void put(Map<String, Object> cells, String name, String text) {
        if (!text.isEmpty()) {
            cells.put(name, text);
        }
    }

    /** All of it. */
    public String text() {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("comments", comments);
        all.put("blocks", blocks);
        return Json.of(all);
    }
}
