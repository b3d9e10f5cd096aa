package io.stele.codegen;

import io.stele.guest.GuestIsa;
import io.stele.ir.IrBuilder;
import io.stele.zydis.Zydis;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What becomes of guest instructions, by their class, and where the time of translating goes: of every so many blocks, whose code is
 * kept until somebody asks. Needs the disassembler for x86 instructions and memory operands; without it they are 0. For several threads.
 */
public final class CodeCensus {
    /** One block in so many is looked at. */
    static final int INTERVAL = 32;
    /** Of a phase of which no part can be timed alone. */
    private static final String TOGETHER = "registers and encoding us";
    private static final int GUEST = 0;
    private static final int HOST = 1;
    private static final int BYTES = 2;
    private static final int MEMORY = 3;
    private static final int OUT_OF_LINE = 4;
    private static final String[] NAMES =
        {"instructions", "x86 instructions in line", "bytes in line", "memory operands", "bytes out of line"};

    private final GuestIsa isa;
    private boolean disassembles;
    private final List<Taken> taken = new ArrayList<>();
    private final Map<String, long[]> classes = new TreeMap<>();
    private int blocks;
    private long decodingNanos;
    private long translationNanos;
    private long livenessNanos;
    private long encodingNanos;

    public CodeCensus(GuestIsa isa) {
        this.isa = isa;
    }

    /** The next block is to be looked at. */
    synchronized boolean isDue() {
        return blocks++ % INTERVAL == 0;
    }

    /** Takes down a block that was compiled with its listing, to be counted when somebody asks, and how long its parts and the whole of them took. */
    synchronized void take(IrBuilder ir, CompiledBlock block, byte[] code, long decoding, long translation, long liveness, long encoding) {
        int[] ranges = block.listing;
        int[] words = new int[ranges.length / ListingRanges.FIELDS];
        for (int r = 0; r < words.length; r++) {
            boolean inLine = ranges[r * ListingRanges.FIELDS + 3] == 0;
            words[r] = inLine ? (int) (ir.imm[ranges[r * ListingRanges.FIELDS + 1]] >>> 32) : 0;
        }
        taken.add(new Taken(ranges, words, Arrays.copyOf(code, block.length)));
        decodingNanos += decoding;
        translationNanos += translation;
        livenessNanos += liveness;
        encodingNanos += encoding;
    }

    /** A block. @param words guest instructions of the ranges */
    private record Taken(int[] ranges, int[] words, byte[] code) {
    }

    private void count() {
        disassembles = Zydis.unavailableReason() == null;
        for (Taken block : taken) {
            count(block);
        }
        taken.clear();
    }

    private void count(Taken block) {
        int[] ranges = block.ranges;
        String[] classOf = new String[1024];
        for (int r = 0; r < ranges.length; r += ListingRanges.FIELDS) {
            int end = r + ListingRanges.FIELDS < ranges.length ? ranges[r + ListingRanges.FIELDS + 2] : block.code.length;
            int at = ranges[r] >> 2;
            if (ranges[r + 3] == 0) {
                classOf[at] = isa.instructionClass(block.words[r / ListingRanges.FIELDS]);
            }
            long[] counts = classes.computeIfAbsent(classOf[at], name -> new long[NAMES.length]);
            if (ranges[r + 3] == 0) {
                counts[GUEST]++;
                counts[BYTES] += end - ranges[r + 2];
                disassemble(block.code, ranges[r + 2], end, counts);
            } else {
                counts[OUT_OF_LINE] += end - ranges[r + 2];
            }
        }
    }

    private void disassemble(byte[] code, int from, int to, long[] counts) {
        for (int at = from; disassembles && at < to;) {
            Zydis.Instruction instruction = Zydis.disassemble(code, at, to - at, at);
            if (instruction == null) {
                return;
            }
            boolean address = instruction.mnemonic().equals("lea") || instruction.mnemonic().equals("nop");
            counts[HOST]++;
            counts[MEMORY] += !address && instruction.text().indexOf('[') >= 0 ? 1 : 0;
            at += instruction.length();
        }
    }

    /** The phases of a translation, in microseconds: of one block in {@link #INTERVAL}. */
    public synchronized Map<String, Long> phases() {
        Map<String, Long> phases = new LinkedHashMap<>();
        phases.put("decoding us", decodingNanos / 1000);
        phases.put("making and simplifying IR us", (translationNanos - decodingNanos) / 1000);
        phases.put("liveness us", livenessNanos / 1000);
        phases.put(TOGETHER, (encodingNanos - livenessNanos) / 1000);
        return phases;
    }

    /** By class: the counts of one block in {@link #INTERVAL}. */
    public synchronized Map<String, Map<String, Long>> classes() {
        count();
        Map<String, Map<String, Long>> all = new LinkedHashMap<>();
        for (Map.Entry<String, long[]> entry : classes.entrySet()) {
            Map<String, Long> counts = new LinkedHashMap<>();
            for (int i = 0; i < NAMES.length; i++) {
                counts.put(NAMES[i], entry.getValue()[i]);
            }
            all.put(entry.getKey(), counts);
        }
        return all;
    }

    /** A table: for each guest instruction of a class the x86 instructions, the bytes and the memory operands; and the phases' shares. */
    public synchronized String report() {
        count();
        StringBuilder out = new StringBuilder("guest instructions, and for each of them (one block in " + INTERVAL + ")\n");
        out.append(String.format("  %-26s %9s %6s %6s %7s %12s%n", "", "counted", "x86", "bytes", "memory", "out of line"));
        long[] sum = new long[NAMES.length];
        for (Map.Entry<String, long[]> entry : classes.entrySet()) {
            row(out, entry.getKey(), entry.getValue());
            for (int i = 0; i < sum.length; i++) {
                sum[i] += entry.getValue()[i];
            }
        }
        row(out, "all", sum);
        long nanos = Math.max(1, translationNanos + encodingNanos);
        out.append("time of translating (one block in " + INTERVAL + ")\n");
        for (Map.Entry<String, Long> phase : phases().entrySet()) {
            String name = phase.getKey().substring(0, phase.getKey().length() - " us".length());
            out.append(String.format("  %-28s%d%%%s%n", name, Math.round(100_000.0 * phase.getValue() / nanos),
                phase.getKey().equals(TOGETHER) ? "  (one walk)" : ""));
        }
        return out.toString();
    }

    private void row(StringBuilder out, String name, long[] counts) {
        double guest = Math.max(1, counts[GUEST]);
        out.append(String.format("  %-26s %9d ", name, counts[GUEST]));
        out.append(disassembles ? String.format("%6.1f", counts[HOST] / guest) : "     ?").append(String.format(" %6.1f ", counts[BYTES] / guest))
            .append(disassembles ? String.format("%7.1f", counts[MEMORY] / guest) : "      ?")
            .append(String.format(" %12.1f%n", counts[OUT_OF_LINE] / guest));
    }
}
