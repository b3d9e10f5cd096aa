// Loops over several arrays with one index, plain and shifted, that are translated as a whole: what they leave, and the state at accesses that find
// no page. COUNT passes; in every 256th each page is missing in its turn, and a handler maps it.
    .include "common.inc"
    .equ TABLES, 0x46000000
    .equ FRAMES, 0x44000000
    .equ PAGES, 0x80000000
    // A page of write-back memory.
    .equ LEAF, 0x707 | 3 << 53
    // Bytes of each array; pages of all.
    .equ ARRAY, 0x1000
    .equ ARRAYS, 8

    .macro digest_register n
    eor x0, x\n, x0, ror #9
    .endm

    .balign 2048
handler:
    .space 0x200
    stp x0, x1, [sp, #-32]!
    stp x2, x3, [sp, #16]
    // All that the loops use, in the digest.
    mrs x0, tpidr_el0
    .irp n, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20
    digest_register \n
    .endr
    ldp x1, x2, [sp]
    eor x0, x1, x0, ror #9
    eor x0, x2, x0, ror #9
    ldp x1, x2, [sp, #16]
    eor x0, x1, x0, ror #9
    eor x0, x2, x0, ror #9
    mrs x1, far_el1
    mrs x2, esr_el1
    mrs x3, spsr_el1
    eor x0, x1, x0, ror #9
    eor x0, x2, x0, ror #9
    eor x0, x3, x0, ror #9
    mrs x2, elr_el1
    adr x3, _start
    sub x2, x2, x3
    eor x0, x2, x0, ror #9
    msr tpidr_el0, x0
    mrs x2, tpidr_el1
    add x2, x2, #1
    msr tpidr_el1, x2
    ubfx x1, x1, #12, #6
    ldr x2, =FRAMES
    add x2, x2, x1, lsl #12
    ldr x3, =LEAF
    orr x2, x2, x3
    ldr x3, =TABLES + 0x2000
    str x2, [x3, x1, lsl #3]
    dsb ishst
    isb
    ldp x2, x3, [sp, #16]
    ldp x0, x1, [sp], #32
    eret
    .ltorg
    .balign 2048

// x1 = index in bytes; arrays at x3 to x8, of which x8 is left alone by the way out. Flags are looked at behind accesses.
bytes:
    mov x1, #0
1:  ldr x9, [x3, x1]
    ldr x10, [x4, x1]
    cmp x9, x10
    ldr x11, [x5, x1]
    csel x9, x9, x11, ge
    adds x12, x9, x20
    str x9, [x6, x1]
    adc x20, x20, x12
    cmp x1, #ARRAY - 8
    b.eq 2f
    ldr x13, [x8, x1]
    add x13, x13, x12
    cmp x13, x10
    ldr w14, [x7, x1]
    csinc x13, x13, x14, hi
    str x13, [x8, x1]
    add x14, x8, x1
    eor x20, x20, x14
    ldr x15, [x14, #8]
    eor x20, x15, x20, ror #3
    add x1, x1, #8
    b   1b
2:  ret

// w2 = index in words of 4 bytes, which is extended; one base is needed for something else.
words:
    mov x2, #0
1:  ldr w9, [x3, x2, lsl #2]
    ldr w10, [x4, x2, lsl #2]
    subs w11, w9, w10
    ldr w12, [x5, x2, lsl #2]
    csel w9, w11, w12, mi
    str w9, [x7, x2, lsl #2]
    adc w20, w20, w9
    ldr q0, [x6, x17]
    add v1.4s, v1.4s, v0.4s
    str q1, [x8, x17]
    add x2, x2, #1
    and x17, x2, #0xf0
    cmp x2, #ARRAY / 4
    b.ne 1b
    fmov x9, d1
    eor x20, x20, x9
    ret

main:
    mov x27, x30
    count_aborts
    movi v1.16b, #3
    .irp n, 9, 10, 11, 12, 13, 14, 15, 18
    mov x\n, #\n
    .endr
    mov x17, #0
    mov x20, #77
    ldr x3, =PAGES
    add x4, x3, #ARRAY
    add x5, x4, #ARRAY
    add x6, x5, #ARRAY
    add x7, x6, #ARRAY
    add x8, x7, #ARRAY
    ldr x16, =COUNT
passes:
    tst x16, #255
    b.ne 3f
    // One page less.
    lsr x19, x16, #8
    ldr x1, =TABLES + 0x2000
    mov x2, #ARRAYS
    udiv x9, x19, x2
    msub x19, x9, x2, x19
    str xzr, [x1, x19, lsl #3]
    dsb ishst
    tlbi vmalle1
    dsb ish
    isb
3:  bl  bytes
    bl  words
    sub x16, x16, #1
    cbnz x16, passes
    show_aborts
    ret x27
    .ltorg
