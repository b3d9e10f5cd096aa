// CPU 0 rewrites code that the other CPUs (CPUS in all) execute: a function that returns a number, ROUNDS times; and a loop that is left only
// by its being rewritten.
    .include "common.inc"
    .equ FUNCTION, 0x44000000
    .equ LOOP, 0x44002000
    .equ VERSION, 0x45000000
    .equ TURN, 0x45000080
    // By CPU: calls, wrong ones, the turn that it has begun and ended, whether it is done with the function.
    .equ RESULTS, 0x45020000
    .equ TURNS, 50

    .macro publish register
    dc  cvau, \register
    dsb ish
    ic  ivau, \register
    dsb ish
    isb
    .endm

secondary:
    mov x20, x0
    ldr x21, =VERSION
    ldr x22, =RESULTS
    add x22, x22, x20, lsl #6
    ldr x23, =FUNCTION
    ldr x24, =ROUNDS
    add x27, x21, #TURN - VERSION
1:  ldar x1, [x21]
    isb
    blr x23
    cmp x0, x1
    b.hs 2f
    ldr x3, [x22, #8]
    add x3, x3, #1
    str x3, [x22, #8]
2:  ldr x3, [x22]
    add x3, x3, #1
    str x3, [x22]
    cmp x1, x24
    b.lo 1b
    add x5, x22, #32
    mov x3, #1
    stlr x3, [x5]
    ldr x23, =LOOP
    mov x19, #0
    add x5, x22, #16
    add x6, x22, #24
3:  ldar x1, [x27]
    cmp x1, x19
    b.eq 3b
    mov x19, x1
    isb
    stlr x19, [x5]
    blr x23
    stlr x19, [x6]
    b   3b

main:
    mov x29, x30
    ldr x21, =VERSION
    str xzr, [x21]
    str xzr, [x21, #TURN - VERSION]
    ldr x1, =RESULTS
    mov x2, #0
1:  str xzr, [x1, x2]
    add x2, x2, #8
    cmp x2, #64 * 16
    b.ne 1b
    ldr x23, =FUNCTION
    adr x1, number
    ldp w25, w2, [x1]
    stp w25, w2, [x23]
    publish x23
    turn_on_others
    ldr x24, =ROUNDS
    mov x19, #0
3:  add x19, x19, #1
    add w1, w25, w19, lsl #5
    str w1, [x23]
    publish x23
    stlr x19, [x21]
    and x2, x19, #63
    lsl x2, x2, #4
4:  subs x2, x2, #1
    b.pl 4b
    cmp x19, x24
    b.ne 3b
    ldr x22, =RESULTS
    mov x19, #1
5:  add x1, x22, x19, lsl #6
    add x2, x1, #32
6:  ldar x3, [x2]
    cbz x3, 6b
    ldr x3, [x1]
    cmp x3, #20
    cset x3, hs
    show "called ", x3
    ldr x3, [x1, #8]
    show " wrong ", x3
    line
    add x19, x19, #1
    cmp x19, #CPUS
    b.lo 5b
    // The loop.
    ldr x23, =LOOP
    add x27, x21, #TURN - VERSION
    mov x24, #1
7:  adr x1, forever
    ldr w2, [x1]
    str w2, [x23]
    publish x23
    stlr x24, [x27]
    mov x19, #1
8:  add x1, x22, x19, lsl #6
    add x1, x1, #16
9:  ldar x2, [x1]
    cmp x2, x24
    b.ne 9b
    add x19, x19, #1
    cmp x19, #CPUS
    b.lo 8b
    mov x2, #5000
10: subs x2, x2, #1
    b.ne 10b
    adr x1, number
    ldr w2, [x1, #4]
    str w2, [x23]
    publish x23
    mov x19, #1
11: add x1, x22, x19, lsl #6
    add x1, x1, #24
12: ldar x2, [x1]
    cmp x2, x24
    b.ne 12b
    add x19, x19, #1
    cmp x19, #CPUS
    b.lo 11b
    add x24, x24, #1
    cmp x24, #TURNS
    b.ne 7b
    say "left the loop every time\n"
    ret x29
number:
    mov x0, #0
    ret
forever:
    b   .
    .ltorg
