package io.stele.ir;

/** Operation codes of the IR and their fixed properties. */
public final class Opcode {
    /** In x of a load: the value is sign-extended. */
    public static final int SIGNED = 0x100;
    /** In x of plain loads and stores: a is an index, shifted by {@link IrBlock#shift}, and b the sum of base and K. */
    public static final int INDEXED = 0x200;

    private Opcode() {}

    // Values without code of their own: made where they are used.
    public static final int CONST = 1;
    public static final int READ_REG = 2;
    public static final int READ_VEC = 3;
    public static final int READ_FLAGS = 4;
    public static final int FLAGS_CONST = 5;
    public static final int FLAGS_OF = 6;
    public static final int COND_CONST = 7;
    /** x = {@link Condition}, a = flags. */
    public static final int COND_FLAGS = 8;
    /** x = x86 condition, w, a, b: cmp a, b. */
    public static final int COND_CMP = 9;
    /** x = x86 condition (E or NE), w, a, b: test a, b. */
    public static final int COND_TEST = 10;
    /** x = bit, w, a; imm = 1: holds when set. */
    public static final int COND_BIT = 11;
    /** w = lane size (x = lanes: 1 or all), a, b: some lane is a NaN; imm = 1, a = b: or the smallest normal number. */
    public static final int COND_NAN = 12;
    public static final int PACK = 13;
    /** x = x86 condition after ucomis a, b; w. */
    public static final int COND_FCMP = 14;
    /** x = x86 condition (E or NE), a = vec: no bit, or some bit, is set. */
    public static final int COND_VEC = 15;

    // Bookkeeping.
    /** imm = page offset (low half), instruction word (high half). */
    public static final int BEGIN = 16;
    /** imm = state offset, a = value, d = last site before. */
    public static final int SET_REG = 17;
    public static final int SET_VEC = 18;
    public static final int SET_FLAGS = 19;
    public static final int LOAD_STATE = 20;
    public static final int STORE_STATE = 21;
    public static final int PAGE_ADDRESS = 22;

    // Integer.
    public static final int ADD = 24;
    public static final int SUB = 25;
    public static final int MUL = 26;
    public static final int AND = 27;
    public static final int OR = 28;
    public static final int XOR = 29;
    public static final int ANDN = 30;
    public static final int NOT = 31;
    public static final int NEG = 32;
    public static final int SHL = 33;
    public static final int LSHR = 34;
    public static final int ASHR = 35;
    public static final int ROR = 36;
    /** The same with the amount in x. */
    public static final int SHLI = 37;
    public static final int LSHRI = 38;
    public static final int ASHRI = 39;
    public static final int RORI = 40;
    public static final int UMULH = 41;
    public static final int SMULH = 42;
    public static final int UDIV = 43;
    public static final int SDIV = 44;
    public static final int CLZ = 45;
    public static final int BSWAP = 46;
    /** x = lsb, a = hi, b = lo. */
    public static final int EXTRACT = 47;
    /** x = number of source bits: 8, 16 (zero) or 8, 16, 32 (sign). */
    public static final int ZEXT = 48;
    public static final int SEXT = 49;
    public static final int TRUNC = 50;
    /** a = cond, b, c. */
    public static final int SELECT = 51;
    public static final int CRC32C = 52;
    public static final int ADDS = 53;
    public static final int SUBS = 54;
    public static final int ANDS = 55;
    /** c = flags. */
    public static final int ADC = 56;
    public static final int SBC = 57;
    public static final int ADCS = 58;
    public static final int SBCS = 59;
    public static final int COND_TO_BITS = 60;
    /** a = cond, b, c = flags. */
    public static final int SELECT_FLAGS = 61;
    public static final int FLAGS_FROM_NZCV = 62;
    public static final int NZCV_FROM_FLAGS = 63;
    /** Bits lsb x, width imm. */
    public static final int UBFX = 64;
    public static final int SBFX = 65;
    public static final int READ_COUNTER = 66;
    /** a + (b << x), x = 1, 2, 3. */
    public static final int ADD_SHIFTED = 67;

    // Memory: a = base, b = region K, imm = displacement, x = size in bytes | signed << 8.
    /** a = base, x = view, imm = state offset the base comes from or -1. */
    public static final int REGION = 72;
    /** x = size, perhaps with {@link #SIGNED} and, as in those that follow, {@link #INDEXED}. */
    public static final int LOAD = 73;
    public static final int STORE = 74;
    public static final int LOAD_VEC = 75;
    public static final int STORE_VEC = 76;
    public static final int STORE_RELEASE = 77;
    public static final int FENCE = 78;
    /** x = size | op << 8, c = operand. */
    public static final int ATOMIC_RMW = 79;
    /** c = expected, d = new. */
    public static final int CAS = 80;
    /** c = PACK(expected), d = PACK(new). */
    public static final int CAS_PAIR = 81;
    public static final int PAIR_LOW = 82;
    public static final int PAIR_HIGH = 83;
    public static final int LOAD_EXCLUSIVE = 84;
    public static final int STORE_EXCLUSIVE = 85;
    public static final int LOAD_EXCLUSIVE_PAIR = 86;
    public static final int STORE_EXCLUSIVE_PAIR = 87;
    public static final int CLEAR_EXCLUSIVE = 88;
    /** a = base and b = region K of the destination, c = PACK(base, region K) of the source, d = bytes, imm = displacement, x = that of the source. */
    public static final int COPY_BYTES = 89;
    /** a = base and b = region K, c = value of a byte, d = bytes, imm = displacement. */
    public static final int FILL_BYTES = 90;

    // Leaving: imm = page offset.
    public static final int JUMP = 92;
    public static final int JUMP_IF = 93;
    public static final int JUMP_INDIRECT = 94;
    public static final int INTERPRET = 95;
    /** x = 1: hardly ever. */
    public static final int INTERPRET_IF = 96;
    public static final int LEAVE = 97;

    // Vectors: w = lane size.
    public static final int VCONST = 104;
    public static final int VLOW = 105;
    public static final int VSCALAR = 106;
    public static final int VDUP = 107;
    public static final int VDUP_LANE = 108;
    public static final int VINSERT = 109;
    public static final int VINSERT_LANE = 110;
    public static final int VEXTRACT = 111;
    public static final int VAND = 113;
    public static final int VOR = 114;
    public static final int VXOR = 115;
    public static final int VANDN = 116;
    public static final int VORN = 117;
    public static final int VNOT = 118;
    public static final int VBSL = 119;
    public static final int VADD = 120;
    public static final int VSUB = 121;
    public static final int VMUL = 122;
    /** To the left by x. */
    public static final int VROL = 123;
    public static final int VABS = 124;
    public static final int VSMAX = 125;
    public static final int VSMIN = 126;
    public static final int VUMAX = 127;
    public static final int VUMIN = 128;
    public static final int VCMPEQ = 129;
    public static final int VCMPGT = 130;
    public static final int VCMPGE = 131;
    public static final int VCMPHI = 132;
    public static final int VCMPHS = 133;
    public static final int VCMPTST = 134;
    public static final int VSHL = 135;
    public static final int VUSHR = 136;
    public static final int VSSHR = 137;
    public static final int VSQADD = 140;
    public static final int VUQADD = 141;
    public static final int VSQSUB = 142;
    public static final int VUQSUB = 143;
    public static final int VURHADD = 146;
    public static final int VUABD = 148;
    public static final int VSABD = 149;
    public static final int VADDP = 150;
    /** Leading zeros. */
    public static final int VCLZ = 151;
    /** Bits of each byte in reverse order. */
    public static final int VRBIT = 152;
    /** Bytes of a, then b, by the low five bits of c's bytes. */
    public static final int VLOOKUP_2 = 153;
    /** Any function of the bits of a, b and c: bit 4a + 2b + c of x, as of VPTERNLOG. */
    public static final int VTERNARY = 154;
    public static final int VZIP1 = 155;
    public static final int VZIP2 = 156;
    public static final int VUZP1 = 157;
    public static final int VUZP2 = 158;
    public static final int VTRN1 = 159;
    public static final int VTRN2 = 160;
    public static final int VEXT = 161;
    public static final int VREV = 162;
    public static final int VCNT = 163;
    public static final int VWIDEN_U = 168;
    public static final int VWIDEN_S = 169;
    public static final int VHIGH64 = 170;
    public static final int VCOMBINE = 171;
    public static final int VMULL_U = 172;
    public static final int VMULL_S = 173;
    public static final int VADD_ACROSS = 174;
    public static final int VUMAX_ACROSS = 175;
    public static final int VUMIN_ACROSS = 176;
    public static final int VSMAX_ACROSS = 177;
    public static final int VSMIN_ACROSS = 178;

    // What the host has and other operations are made of.
    /** Bytes of a by the low four bits of b's bytes; 0 where bit 7 is set. */
    public static final int VLOOKUP = 179;
    /** By the sign bits of a: b where set, c where clear. */
    public static final int VSELECT = 180;
    /** Upper half of the product; that of the doubled product, rounded. */
    public static final int VMUL_HIGH_S = 181;
    public static final int VMUL_HIGH_U = 182;
    public static final int VMUL_HIGH_ROUND = 183;
    /** Products of the even lanes, twice as wide. */
    public static final int VMUL_EVEN_S = 184;
    /** By the unsigned amounts in b; 0 or copies of the sign when they are not below w. */
    public static final int VSHL_BY = 185;
    public static final int VUSHR_BY = 186;
    public static final int VSSHR_BY = 187;
    /** Signed lanes of 2w bits of a, then b, saturated to w bits: signed, unsigned. */
    public static final int VPACK_S = 188;
    public static final int VPACK_U = 189;
    /** Lanes of 2w bits of a saturated to w bits in the low half, the upper zero: signed, unsigned. */
    public static final int VNARROW_S = 190;
    public static final int VNARROW_U = 191;

    // Floating point: w = 32 or 64 (16 for conversions).
    public static final int FADD = 192;
    public static final int FSUB = 193;
    public static final int FMUL = 194;
    public static final int FDIV = 195;
    public static final int FMAX = 196;
    public static final int FMIN = 197;
    public static final int FSQRT = 201;
    public static final int FABS = 202;
    public static final int FNEG = 203;
    public static final int FMADD = 204;
    public static final int FCOMPARE = 205;
    public static final int FCVT = 206;
    public static final int FROUND = 207;
    public static final int F_TO_INT = 208;
    public static final int INT_TO_F = 209;
    public static final int FSELECT = 210;
    public static final int VFADD = 211;
    public static final int VFSUB = 212;
    public static final int VFMUL = 213;
    public static final int VFDIV = 214;
    public static final int VFMAX = 215;
    public static final int VFMIN = 216;
    /** To unsigned integers. */
    public static final int VF_TO_UINT = 217;
    public static final int VFSQRT = 219;
    public static final int VFABS = 220;
    public static final int VFNEG = 221;
    public static final int VFMADD = 222;
    public static final int VFCMPEQ = 223;
    public static final int VFCMPGE = 224;
    public static final int VFCMPGT = 225;
    public static final int VF_TO_INT = 226;
    /** x = 1: unsigned. */
    public static final int VINT_TO_F = 227;
    public static final int VFROUND = 228;
    /** The w-bit lanes of the low half to 2w bits, and the other way round, as the control word says. */
    public static final int VFWIDEN = 229;
    public static final int VFNARROW = 230;
    /** All ones where neither is a NaN. */
    public static final int VFCMP_ORDERED = 231;
    /** x = table, imm = lanes: entries by the byte at bit 16 of each lane, or 48 of 64 bits, at the same place. */
    public static final int VESTIMATE = 232;
    /** The cumulative flags that generated code has raised, and their reset. */
    public static final int FLOAT_STATUS = 233;
    public static final int CLEAR_FLOAT_STATUS = 234;

    /** Sums of the products of neighbouring signed lanes of 16 bits. */
    public static final int VMUL_ADD_PAIRS = 235;

    // Cryptography. AES rounds: a = state, b = key that is added at the end.
    public static final int VAES_ENCRYPT = 236;
    public static final int VAES_ENCRYPT_LAST = 237;
    public static final int VAES_DECRYPT = 238;
    public static final int VAES_DECRYPT_LAST = 239;
    public static final int VAES_INVERSE_MIX = 240;
    /** x = halves that are multiplied, as of PCLMULQDQ. */
    public static final int VCLMUL = 241;
    /** Lanes 0 and 1 from a, 2 and 3 from b, selected by two bits of x each. */
    public static final int VSHUFFLE = 242;
    /** Four rounds of kind x; a to d from lane 3 down, words likewise, the first with e added. */
    public static final int VSHA1_ROUNDS = 243;
    /** Two rounds; a = c, d, g, h from lane 3 down, b = a, b, e, f, c = words. */
    public static final int VSHA256_ROUNDS = 244;
    public static final int VSHA256_MESSAGE_1 = 245;
    public static final int VSHA256_MESSAGE_2 = 246;
    /**
     * x: from here on operations have an environment of their own: 1 rounding to nearest, 2 and flushing as well; after either, 0: the guest's again,
     * with the flags that it had. 1 and 2 begin it unless w is 0.
     */
    public static final int FLOAT_ENVIRONMENT = 247;
    public static final int COUNT = 256;
}
