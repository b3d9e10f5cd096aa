package io.stele.arm64.oracle;

/** Text of llvm-objdump. */
final class LlvmText extends OracleText {
    @Override
    String text(String raw, long address) {
        if (raw.startsWith("<unknown>")) {
            return UNKNOWN;
        }
        String text = normalise(bare(raw));
        if (text.startsWith("adr ") && raw.indexOf('#') >= 0) {
            int comma = text.indexOf(',');
            return text.substring(0, comma + 1) + (address + Long.parseLong(text.substring(comma + 1)));
        }
        return text;
    }

    /**
     * Known: ADR has a displacement up to LLVM 14 and an address in newer ones; writes of PSTATE fields with bits that should be zero are
     * {@code msr s0_...} to LLVM, as is the rest of that space (SMSTART and SMSTOP to newer ones); it ignores fields that should be zero or
     * one in XAFLAG, AXFLAG, comparisons with 0.0, SMULH, UMULH and ordered loads and stores, and the register of operations without operand;
     * it has no CMPP; a register that cannot be read or written by the direction at hand, or is not in the list of names, is anonymous.
     */
    @Override
    boolean mayDiffer(int word, String ours, String theirs) {
        if (theirs.matches("ms*r*s* .*\\bs0_.*|smst(art|op)( .*)?")) {
            return ours.equals(UNKNOWN) || ours.startsWith("msr ");
        }
        if (ours.equals(UNKNOWN)) {
            return theirs.matches("xaflag|axflag|fcmpe? .*,0\\.0|[su]mulh .*|ldl?ar[bh]? .*|stll?r[bh]? .*");
        }
        if (ours.startsWith("sys ")) {
            return theirs.matches("(tlbi|ic) \\w+");
        }
        if (ours.startsWith("cmpp ")) {
            return theirs.startsWith("subps xzr,");
        }
        return laterPrefetch(ours, theirs) || SystemRegisterText.same(ours, theirs);
    }
}
