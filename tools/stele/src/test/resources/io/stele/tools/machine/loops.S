// Loops that are executed long enough to be translated again, with every register in use: a fault in the middle, interrupts at each jump
// backward, code that is rewritten and a page that is mapped elsewhere while the loop goes on.
    .include "common.inc"
    .equ DATA, 0x45000000
    .equ TABLES, 0x44000000
    .equ GICD, 0x08000000
    .equ SGI_BASE, 0x080b0000
    .equ NORMAL, 0x703
    .equ WINDOW, 0x80000000
    .equ EDGE, 0x0000010000000000
    .equ BAD, 0x1000000000000
    .equ PERIOD, 3000

// Counts the interrupt of the virtual timer in DATA + 0x800 and arms it again.
irq:
    mrs x0, s3_0_c12_c12_0
    ldr x1, =DATA + 0x800
    ldr x2, [x1]
    add x2, x2, #1
    str x2, [x1]
    mov x2, #PERIOD
    msr cntv_tval_el0, x2
    isb
    msr s3_0_c12_c12_1, x0
    isb
    ret

    .macro fill_vector n
    dup v\n\().2d, x\n
    .endm

    .macro fill
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 25, 26, 27
    mov x\n, #\n + 3
    .endr
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
    fill_vector \n
    .endr
    dup v31.2d, x24
    .endm

    .macro step n, m
    eor x\n, x\n, x\m, ror #7
    add x\n, x\n, #5
    .endm

    .macro vector_step n, m
    add v\n\().2d, v\n\().2d, v\m\().2d
    .endm

    // Every register changes, some of them behind the access; x9 is the base, x24 counts.
    .macro body
    step 0, 1
    step 1, 2
    step 2, 3
    step 3, 4
    step 4, 5
    step 5, 6
    vector_step 0, 31
    vector_step 1, 30
    vector_step 2, 29
    step 6, 7
    step 7, 8
    step 8, 10
    step 10, 11
    tbz x0, #3, 1f
    step 11, 12
    step 12, 13
    step 13, 14
    vector_step 3, 28
    vector_step 4, 27
1:  step 14, 15
    step 15, 16
    adds x16, x16, x0
    ldr x17, [x9, #24]
    adc x18, x18, x17
    vector_step 5, 26
    vector_step 6, 25
    vector_step 31, 7
    vector_step 30, 0
    step 19, 0
    step 20, 19
    cmp x20, x21
    b.lo 2f
    step 21, 22
    eor x22, x22, x3
2:  step 23, 25
    str x23, [x9, #32]
    step 25, 26
    step 26, 27
    step 27, 5
    .endm

    .macro mix_vector n
    umov x1, v\n\().d[0]
    eor x0, x1, x0, ror #5
    umov x1, v\n\().d[1]
    eor x0, x1, x0, ror #5
    .endm

    // Prints a mixture of all registers.
    .macro digest
    stp x0, x1, [sp, #-16]!
    mrs x0, nzcv
    .irp n, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27
    eor x0, x\n, x0, ror #5
    .endr
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    mix_vector \n
    .endr
    mov x2, x0
    ldp x0, x1, [sp], #16
    eor x0, x0, x1, ror #9
    eor x0, x0, x2
    show " ", x0
    line
    .endm

main:
    mov x29, x30
    ldr x9, =DATA
    mov x10, #0x5555
1:  str x10, [x9], #8
    add x10, x10, #0x111
    tbz x9, #12, 1b
    say "fault:"
    adr x28, 4f
    fill
    ldr x9, =DATA
    ldr x24, =COUNT
3:  body
    subs x24, x24, #1
    b.eq 2f
    tbnz x24, #0, 3b
    b   3b
2:  mov x9, #BAD
    mov x24, #2
    b   3b
4:  digest

    say "interrupts:"
    mov x28, #0
    ldr x9, =DATA + 0x800
    str xzr, [x9]
    ldr x9, =SGI_BASE - 0x10000
    str wzr, [x9, #0x14]
5:  ldr w10, [x9, #0x14]
    tbnz w10, #2, 5b
    ldr x9, =SGI_BASE
    mov w10, #-1
    str w10, [x9, #0x80]
    ldr w10, =0x80808080
    str w10, [x9, #0x418]
    ldr w10, =1 << 27
    str w10, [x9, #0x100]
    ldr x9, =GICD
    mov w10, #0x12
    str w10, [x9]
    open_interrupts
    mov x10, #PERIOD
    msr cntv_tval_el0, x10
    msr cntv_ctl_el0, x10
    mov x10, #1
    msr cntv_ctl_el0, x10
    isb
    fill
    ldr x9, =DATA
    ldr x24, =COUNT
    msr daifclr, #2
6:  body
    tbz x24, #0, 7f
    subs x24, x24, #1
    b.ne 6b
    b   8f
7:  sub x24, x24, #1
    cbnz x24, 6b
8:  msr daifset, #2
    msr cntv_ctl_el0, xzr
    isb
    digest
    ldr x9, =DATA + 0x800
    ldr x9, [x9]
    cmp x9, #20
    cset x9, hi
    show "more than twenty: ", x9
    line

    say "rewritten:"
    // The loop replaces its own addition 64 times.
    mov x20, #0
    mov x21, #64
    adr x19, 10f
    ldr w22, [x19]
9:  ldr x24, =COUNT >> 6
11: add x20, x20, x24
10: add x20, x20, #1
    sub x24, x24, #1
    cbnz x24, 11b
    add w22, w22, #1 << 10
    str w22, [x19]
    dc  cvau, x19
    dsb ish
    ic  ivau, x19
    dsb ish
    isb
    subs x21, x21, #1
    b.ne 9b
    show " ", x20
    line

    say "remapped:"
    // WINDOW is at TABLES + 0x3000's first entry: one page, in turns DATA and DATA + 0x1000.
    ldr x9, =TABLES
    ldr x10, =0x9000
12: sub x10, x10, #8
    str xzr, [x9, x10]
    cbnz x10, 12b
    ldr x10, =0x40000000 | NORMAL & ~2
    add x11, x9, #0x1000
    str x10, [x11, #8]
    mov x10, #0x705
    str x10, [x11]
    add x12, x9, #0x2000
    orr x10, x12, #3
    str x10, [x11, #16]
    add x13, x9, #0x3000
    orr x10, x13, #3
    str x10, [x12]
    orr x10, x11, #3
    str x10, [x9]
    ldr x14, =DATA + NORMAL
    str x14, [x13]
    // Two megabytes on each side of the end of a region of 1 TiB.
    add x10, x9, #0x4000
    add x11, x9, #0x5000
    add x12, x9, #0x6000
    add x16, x9, #0x7000
    orr x17, x10, #3
    str x17, [x9, #8]
    orr x17, x11, #3
    str x17, [x9, #16]
    orr x17, x12, #3
    str x17, [x10, #511 * 8]
    orr x17, x16, #3
    str x17, [x11]
    ldr x17, =DATA | NORMAL & ~2
    str x17, [x12, #511 * 8]
    str x17, [x16]
    dsb ish
    ldr x10, =DATA + 0x1000
    mov x11, #7
    str x11, [x10]
    mmu_48_bits
    ldr x9, =WINDOW
    lsr x15, x9, #12
    mov x20, #0
    mov x21, #64
13: ldr x24, =COUNT >> 6
14: ldr x11, [x9]
    add x20, x20, x11
    tst x24, #0x3ff
    b.ne 15f
    eor x14, x14, #0x1000
    str x14, [x13]
    dsb ish
    tlbi vaae1, x15
    dsb ish
    isb
15: subs x24, x24, #1
    b.ne 14b
    subs x21, x21, #1
    b.ne 13b
    show " ", x20
    line

    say "scalars:"
    // At first the upper parts of the registers are zero, then not; who only reads them does not change them.
    mov x20, #0
    mov x21, #4
    movi v0.2d, #0
    movi v1.2d, #0
    movi v2.2d, #0
    movi v3.2d, #0
    movi v4.2d, #0
    fmov d0, #1.5
    fmov d1, #0.25
    fmov s4, #0.125
    fmov s5, #8.0
18: ldr x24, =COUNT >> 4
19: fmadd d2, d0, d1, d2
    fadd s3, s3, s4
    fcmp s3, s5
    b.mi 20f
    fmov s3, s4
    fsub d2, d1, d2
20: str s3, [x9, #8]
    subs x24, x24, #1
    b.ne 19b
    .irp n, 0, 1, 2, 3, 4
    mov x10, v\n\().d[0]
    mov x11, v\n\().d[1]
    eor x20, x10, x20, ror #5
    eor x20, x11, x20, ror #5
    .endr
    // The upper half of what is only read, of what is written, and a part of the lower half.
    mov v1.d[1], x20
    tbnz x21, #0, 21f
    mov v2.d[1], x20
    mov v4.s[1], w20
21: subs x21, x21, #1
    b.ne 18b
    show " ", x20
    line

    say "over the end of a region:"
    ldr x9, =DATA
    str xzr, [x9, #0x800]
    mov x20, #0
    mov x21, #8
22: ldr x9, =EDGE - 0x80000
    mov x10, x9
    mov x13, #0
    ldr x24, =0x20000
23: ldr x11, [x9]
    add x20, x20, x11
    eor x11, x11, x24
    str x11, [x9], #8
    ldr x12, [x10, x13, lsl #3]
    eor x20, x12, x20, ror #3
    add x13, x13, #1
    subs x24, x24, #1
    b.ne 23b
    subs x21, x21, #1
    b.ne 22b
    show " ", x20
    line
    ret x29
    .ltorg
