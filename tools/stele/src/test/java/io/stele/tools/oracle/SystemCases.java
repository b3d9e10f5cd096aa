package io.stele.tools.oracle;

import io.stele.arm64.generated.Decoder;
import io.stele.arm64.generated.Index;
import io.stele.arm64.oracle.BaseCases;
import io.stele.arm64.oracle.Cases;
import io.stele.arm64.oracle.CpuImage;
import io.stele.arm64.oracle.Pattern;
import io.stele.arm64.system.RegisterTable;
import io.stele.arm64.system.SystemOperations;
import io.stele.arm64.system.SystemRegister;
import java.util.SplittableRandom;

/** Cases for instructions that no user program under QEMU can tell about: exceptions, system registers and operations, at EL0 and EL1. */
final class SystemCases {
    private static final int MRS = 0xd530_0000;
    private static final int MSR = 0xd510_0000;
    private static final int WFE = 0xd503_205f;
    private static final int SEVL = 0xd503_20bf;
    private static final int[] OPERATIONS = {
        SystemOperations.IC_IALLUIS, SystemOperations.IC_IALLU, SystemOperations.IC_IVAU, SystemOperations.DC_IVAC,
        SystemOperations.DC_ISW, SystemOperations.DC_CSW, SystemOperations.DC_CISW, SystemOperations.DC_ZVA, SystemOperations.DC_CVAC,
        SystemOperations.DC_CVAU, SystemOperations.DC_CIVAC, SystemOperations.DC_CVAP, SystemOperations.DC_CVADP,
    };
    /** AT S1E1R to S1E0W. */
    private static final int TRANSLATE = SystemRegister.encode(1, 0, 7, 8, 0);
    /** TLBI by address, and by ASID and address. */
    private static final int INVALIDATE = SystemRegister.encode(1, 0, 8, 7, 1);
    private static final int PMCCNTR_EL0 = SystemRegister.encode(3, 3, 9, 13, 0);
    private static final int PAR_EL1 = SystemRegister.encode(3, 0, 7, 4, 0);
    private static final int ROUNDS = 3;

    private SystemCases() {}

    /** @param count random words of each row */
    static Cases cases(long seed, int count, boolean privileged) {
        Cases cases = new Cases(seed);
        for (Pattern pattern : Pattern.all()) {
            if (BaseCases.SYSTEM.contains(pattern.name) || pattern.name.matches("ERET(A[AB])?|DRPS|DCPS|UDF")) {
                for (int i = 0; i < count; i++) {
                    int word = pattern.sample(cases.random());
                    if (word == WFE) {
                        add(cases, privileged, SEVL, WFE);
                    } else {
                        add(cases, privileged, word);
                    }
                }
            }
        }
        RegisterTable table = new RegisterTable();
        for (int round = 0; round < ROUNDS; round++) {
            for (int i = 0; i < table.size(); i++) {
                int register = (table.row(i).encoding & 0x7fff) << 5;
                add(cases, privileged, MSR | register | cases.random().nextInt(32), MRS | register | cases.random().nextInt(32));
                add(cases, privileged, MRS | register | cases.random().nextInt(32));
            }
            for (int operation : OPERATIONS) {
                add(cases, privileged, operation(cases.random(), operation));
            }
            for (int i = 0; i < 4; i++) {
                add(cases, privileged, operation(cases.random(), TRANSLATE + i), MRS | (PAR_EL1 & 0x7fff) << 5);
            }
            add(cases, privileged, operation(cases.random(), INVALIDATE));
            add(cases, privileged, operation(cases.random(), INVALIDATE + 2));
        }
        return cases;
    }

    private static int operation(SplittableRandom random, int encoding) {
        return 0xd500_0000 | encoding << 5 | random.nextInt(31);
    }

    private static void add(Cases cases, boolean privileged, int... words) {
        for (int word : words) {
            if (privileged && !harmless(word) || isRandom(word)) {
                return;
            }
        }
        CpuImage state = cases.randomState();
        if (cases.random().nextInt(3) != 0) {
            state.x(words[0] & 31, CpuImage.MEMORY_BASE + cases.random().nextInt(CpuImage.MEMORY_BYTES - 64));
        }
        cases.add(state, words);
    }

    /** MRS of a register that is never the same. */
    private static boolean isRandom(int word) {
        int encoding = word >>> 5 & 0xffff;
        return Decoder.decode(word) == Index.MRS && (encoding == RegisterTable.RNDR || encoding == RegisterTable.RNDRRS);
    }

    /**
     * False for what would take the machine from its monitor at EL1: waiting for an interrupt, returning from an exception, translation and
     * vectors elsewhere, single steps; for the counter, which is never the same; and for the virtual timer, which the tests' machine does not have
     * and generated code assumes.
     */
    static boolean harmless(int word) {
        int index = Decoder.decode(word);
        if (index == Index.WFI || index == Index.ERET || index == Index.ERETAA || index == Index.ERETAB) {
            return false;
        }
        int encoding = word >>> 5 & 0xffff;
        if ((index == Index.MRS || index == Index.MSR_reg)
                && (encoding == RegisterTable.CNTV_CTL_EL0 || encoding == RegisterTable.CNTV_CVAL_EL0)) {
            return false;
        }
        if (index == Index.MRS) {
            return encoding != PMCCNTR_EL0 && encoding != RegisterTable.CNTVCT_EL0;
        }
        if (index == Index.MSR_reg) {
            SystemRegister row = new RegisterTable().find(encoding);
            return row == null || !row.name.matches("(SCTLR|TTBR[01]|TCR|MAIR|VBAR|CPACR|MDSCR)_EL1");
        }
        return true;
    }
}
