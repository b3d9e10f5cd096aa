// Loads and stores of all kinds, with flags and registers in use, that find no page: a handler maps it. In ROUNDS rounds each access has another
// page each time, then in as many the same, then all pages stay for 4096 times as many, and it begins anew.
    .include "common.inc"
    .equ TABLES, 0x46000000
    .equ FRAMES, 0x44000000
    .equ PAGES, 0x80000000
    // A page of write-back memory that EL0 may use, too; one that may only be read.
    .equ LEAF, 0x747 | 3 << 53
    .equ READ_ONLY, 0x80

    .balign 2048
handler:
    .space 0x200
    stp x0, x1, [sp, #-32]!
    stp x2, x3, [sp, #16]
    mrs x0, far_el1
    mrs x1, esr_el1
    mrs x2, tpidr_el0
    eor x2, x0, x2, ror #7
    add x2, x2, x1
    msr tpidr_el0, x2
    mrs x2, tpidr_el1
    add x2, x2, #1
    msr tpidr_el1, x2
    ubfx x0, x0, #12, #7
    ldr x3, =TABLES + 0x2000
    ldr x2, [x3, x0, lsl #3]
    cbz x2, 1f
    // It is there, and may only be read.
    bic x2, x2, #READ_ONLY
    b   2f
1:  ldr x2, =FRAMES
    add x2, x2, x0, lsl #12
    ldr x1, =LEAF
    orr x2, x2, x1
    // Every fourth page is read-only first.
    tst x0, #3
    orr x1, x2, #READ_ONLY
    csel x2, x1, x2, eq
2:  str x2, [x3, x0, lsl #3]
    dsb ishst
    mrs x0, far_el1
    lsr x0, x0, #12
    tlbi vaae1, x0
    dsb ish
    isb
    ldp x2, x3, [sp, #16]
    ldp x0, x1, [sp], #32
    eret
    .ltorg
    .balign 2048

    // x25 = address of the next page: the one behind the last, of 64.
    .macro next
    add w26, w26, #1
    and w26, w26, #63
    add x25, x24, x26, lsl #12
    .endm

    // An access to [x25], or near, in the middle of a comparison's use.
    .macro touch access:vararg
    next
    cmp x20, x21
    \access
    adc x20, x20, x21
    cinc x21, x21, mi
    .endm

    // The same, with a result in x3.
    .macro fetch access:vararg
    touch \access
    mix x3
    .endm

// All kinds, from page x26 on.
accesses:
    fetch ldrb w3, [x25, #5]
    fetch ldrsb x3, [x25, #7]
    fetch ldrsb w3, [x25, #7]
    fetch ldrh w3, [x25, #0x10]
    fetch ldrsh x3, [x25, #0x12]
    fetch ldr w3, [x25, #0x14]
    fetch ldrsw x3, [x25, #0x14]
    fetch ldr x3, [x25, #0x18]
    fetch ldr x3, [x25, x22]
    fetch ldr x3, [x25, x22, lsl #3]
    fetch ldr w3, [x25, w23, uxtw #2]
    fetch ldp x3, x4, [x25, #0x20]
    mix x4
    fetch ldr x3, [x25], #8
    mix x25
    fetch ldr x3, [x25, #0x28]!
    mix x25
    fetch ldtr x3, [x25, #0x30]
    touch ldr s3, [x25, #0x34]
    fmov w3, s3
    mix x3
    touch ldr d3, [x25, #0x38]
    fmov x3, d3
    mix x3
    touch ldr q3, [x25, #0x40]
    fmov x3, d3
    mix x3
    touch ld1 {v3.16b, v4.16b}, [x25]
    fmov x3, d4
    mix x3
    touch strb w20, [x25, #5]
    touch strh w20, [x25, #0x10]
    touch str w20, [x25, #0x14]
    touch str wzr, [x25, #0x54]
    touch str x20, [x25, #0x18]
    touch str xzr, [x25, #0x58]
    touch str x20, [x25, x22, lsl #3]
    touch stp x20, x21, [x25, #0x20]
    touch str x20, [x25], #16
    mix x25
    touch stp x20, x21, [x25, #0x60]!
    mix x25
    touch sttr x20, [x25, #0x30]
    fmov d5, x20
    touch str d5, [x25, #0x38]
    touch str q5, [x25, #0x40]
    touch st1 {v5.16b, v6.16b}, [x25]
    mov x3, #0xffc
    touch str x20, [x25, x3]
    ret

    // \rounds times; x5 = 0: the first page is another one each time. Pages are taken away before, if \away is 1.
    .macro repeat rounds, away
    ldr x28, =\rounds
.Lround\@:
    .if \away
    ldr x3, =TABLES + 0x2000
    mov x4, #65
.Laway\@:
    sub x4, x4, #1
    str xzr, [x3, x4, lsl #3]
    cbnz x4, .Laway\@
    dsb ishst
    tlbi vmalle1
    dsb ish
    isb
    .endif
    mov x26, #0
    cmp x5, #0
    csel x26, x28, x26, eq
    and x26, x26, #63
    bl  accesses
    sub x28, x28, #1
    cbnz x28, .Lround\@
    .endm

main:
    mov x27, x30
    count_aborts
    ldr x24, =PAGES
    mov x20, #77
    mov x21, #5
    mov x22, #24
    mov x23, #9
    mov x19, #2
phases:
    mov x5, #0
    repeat ROUNDS, 1
    mov x5, #1
    repeat ROUNDS, 1
    repeat ROUNDS * 4096, 0
    sub x19, x19, #1
    cbnz x19, phases
    show_aborts
    ret x27
    .ltorg
