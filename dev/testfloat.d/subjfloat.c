/* TestFloat's subject for AArch64: each function is one instruction of the processor, for halves, singles and doubles. */
#include <stdbool.h>
#include <stdint.h>
#include "platform.h"
#include "softfloat.h"
#include "subjfloat_config.h"
#include "subjfloat.h"

/* FPCR.RMode and the cumulative exception flags of FPSR (Arm ARM C5.2.8, C5.2.10). */
enum { RMODE = 22, UPWARD = 1, DOWNWARD = 2, ZERO = 3, IOC = 1, DZC = 2, OFC = 4, UFC = 8, IXC = 16 };

void subjfloat_setRoundingMode(uint_fast8_t mode) {
    uint64_t rmode = mode == softfloat_round_minMag ? ZERO
        : mode == softfloat_round_min ? DOWNWARD : mode == softfloat_round_max ? UPWARD : 0;
    __asm__ volatile("msr fpcr, %0" : : "r"(rmode << RMODE));
}

void subjfloat_setExtF80RoundingPrecision(uint_fast8_t precision) {
}

uint_fast8_t subjfloat_clearExceptionFlags(void) {
    uint64_t flags;
    __asm__ volatile("mrs %0, fpsr\n\tmsr fpsr, xzr" : "=r"(flags));
    return (flags & IOC ? softfloat_flag_invalid : 0) | (flags & DZC ? softfloat_flag_infinite : 0)
        | (flags & OFC ? softfloat_flag_overflow : 0) | (flags & UFC ? softfloat_flag_underflow : 0)
        | (flags & IXC ? softfloat_flag_inexact : 0);
}

/* A value in a vector register. */
typedef union { float16_t f16; float32_t f32; float64_t f64; double bits; } value;

#define ONE(NAME, F, G, TEXT)                                                                 \
    float##G##_t NAME(float##F##_t a) {                                                       \
        value x = {.bits = 0}, z;                                                             \
        x.f##F = a;                                                                           \
        __asm__ volatile(TEXT : "=w"(z.bits) : "w"(x.bits));                                  \
        return z.f##G;                                                                        \
    }
#define TWO(NAME, F, TEXT)                                                                    \
    float##F##_t NAME(float##F##_t a, float##F##_t b) {                                       \
        value x = {.bits = 0}, y = {.bits = 0}, z;                                            \
        x.f##F = a;                                                                           \
        y.f##F = b;                                                                           \
        __asm__ volatile(TEXT : "=w"(z.bits) : "w"(x.bits), "w"(y.bits));                     \
        return z.f##F;                                                                        \
    }
#define THREE(NAME, F, TEXT)                                                                  \
    float##F##_t NAME(float##F##_t a, float##F##_t b, float##F##_t c) {                       \
        value x = {.bits = 0}, y = {.bits = 0}, w = {.bits = 0}, z;                           \
        x.f##F = a;                                                                           \
        y.f##F = b;                                                                           \
        w.f##F = c;                                                                           \
        __asm__ volatile(TEXT : "=w"(z.bits) : "w"(x.bits), "w"(y.bits), "w"(w.bits));        \
        return z.f##F;                                                                        \
    }
#define COMPARE(NAME, F, TEXT)                                                                \
    bool NAME(float##F##_t a, float##F##_t b) {                                               \
        value x = {.bits = 0}, y = {.bits = 0};                                               \
        uint32_t z;                                                                           \
        x.f##F = a;                                                                           \
        y.f##F = b;                                                                           \
        __asm__ volatile(TEXT : "=r"(z) : "w"(x.bits), "w"(y.bits) : "cc");                   \
        return z;                                                                             \
    }
#define FROM_INTEGER(NAME, F, TYPE, TEXT)                                                     \
    float##F##_t NAME(TYPE a) {                                                               \
        value z;                                                                              \
        __asm__ volatile(TEXT : "=w"(z.bits) : "r"(a));                                       \
        return z.f##F;                                                                        \
    }
#define TO_INTEGER(NAME, F, RESULT, TYPE, TEXT)                                               \
    RESULT NAME(float##F##_t a) {                                                             \
        value x = {.bits = 0};                                                                \
        TYPE z;                                                                               \
        x.f##F = a;                                                                           \
        __asm__ volatile(TEXT : "=r"(z) : "w"(x.bits));                                       \
        return z;                                                                             \
    }

/* F bits, whose registers are called R. */
#define TO_INTEGERS(F, R, ROUNDING, LETTER)                                                                                              \
    TO_INTEGER(subj_f##F##_to_ui32_rx_##ROUNDING, F, uint_fast32_t, uint32_t, "fcvt" LETTER "u %w0, %" R "1")                            \
    TO_INTEGER(subj_f##F##_to_ui64_rx_##ROUNDING, F, uint_fast64_t, uint64_t, "fcvt" LETTER "u %x0, %" R "1")                            \
    TO_INTEGER(subj_f##F##_to_i32_rx_##ROUNDING, F, int_fast32_t, int32_t, "fcvt" LETTER "s %w0, %" R "1")                               \
    TO_INTEGER(subj_f##F##_to_i64_rx_##ROUNDING, F, int_fast64_t, int64_t, "fcvt" LETTER "s %x0, %" R "1")                               \
    ONE(subj_f##F##_roundToInt_r_##ROUNDING, F, F, "frint" LETTER " %" R "0, %" R "1")
#define FORMAT(F, R)                                                                                                                     \
    FROM_INTEGER(subj_ui32_to_f##F, F, uint32_t, "ucvtf %" R "0, %w1")                                                                   \
    FROM_INTEGER(subj_ui64_to_f##F, F, uint64_t, "ucvtf %" R "0, %x1")                                                                   \
    FROM_INTEGER(subj_i32_to_f##F, F, int32_t, "scvtf %" R "0, %w1")                                                                     \
    FROM_INTEGER(subj_i64_to_f##F, F, int64_t, "scvtf %" R "0, %x1")                                                                     \
    TO_INTEGERS(F, R, near_even, "n")                                                                                                    \
    TO_INTEGERS(F, R, minMag, "z")                                                                                                       \
    TO_INTEGERS(F, R, min, "m")                                                                                                          \
    TO_INTEGERS(F, R, max, "p")                                                                                                          \
    TO_INTEGERS(F, R, near_maxMag, "a")                                                                                                  \
    ONE(subj_f##F##_roundToInt_x, F, F, "frintx %" R "0, %" R "1")                                                                       \
    TWO(subj_f##F##_add, F, "fadd %" R "0, %" R "1, %" R "2")                                                                            \
    TWO(subj_f##F##_sub, F, "fsub %" R "0, %" R "1, %" R "2")                                                                            \
    TWO(subj_f##F##_mul, F, "fmul %" R "0, %" R "1, %" R "2")                                                                            \
    TWO(subj_f##F##_div, F, "fdiv %" R "0, %" R "1, %" R "2")                                                                            \
    THREE(subj_f##F##_mulAdd, F, "fmadd %" R "0, %" R "1, %" R "2, %" R "3")                                                             \
    ONE(subj_f##F##_sqrt, F, F, "fsqrt %" R "0, %" R "1")                                                                                \
    COMPARE(subj_f##F##_eq, F, "fcmp %" R "1, %" R "2\n\tcset %w0, eq")                                                                  \
    COMPARE(subj_f##F##_le, F, "fcmpe %" R "1, %" R "2\n\tcset %w0, ls")                                                                 \
    COMPARE(subj_f##F##_lt, F, "fcmpe %" R "1, %" R "2\n\tcset %w0, mi")                                                                 \
    COMPARE(subj_f##F##_eq_signaling, F, "fcmpe %" R "1, %" R "2\n\tcset %w0, eq")                                                       \
    COMPARE(subj_f##F##_le_quiet, F, "fcmp %" R "1, %" R "2\n\tcset %w0, ls")                                                            \
    COMPARE(subj_f##F##_lt_quiet, F, "fcmp %" R "1, %" R "2\n\tcset %w0, mi")

FORMAT(16, "h")
FORMAT(32, "s")
FORMAT(64, "d")
ONE(subj_f16_to_f32, 16, 32, "fcvt %s0, %h1")
ONE(subj_f16_to_f64, 16, 64, "fcvt %d0, %h1")
ONE(subj_f32_to_f16, 32, 16, "fcvt %h0, %s1")
ONE(subj_f32_to_f64, 32, 64, "fcvt %d0, %s1")
ONE(subj_f64_to_f16, 64, 16, "fcvt %h0, %d1")
ONE(subj_f64_to_f32, 64, 32, "fcvt %s0, %d1")
