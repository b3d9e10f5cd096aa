// Exceptions with the MMU off: undefined instructions, jumps into nowhere, alignment, SVC, BRK, and that registers survive them.
    .include "common.inc"
    .equ NOWHERE, 0x60000000

main:
    mov x29, x30
    say "undefined\n"
    mov x5, #0x5555
    mov x27, #0
1:  .word 0x00000000
    add x27, x27, #1
    cmp x27, #3
    b.lo 1b
    show "x5 ", x5
    line
    say "svc, brk\n"
    svc #0x1234
    brk #0x4321
    hlt #7
    say "unaligned pc\n"
    adr x28, 2f
    adr x9, vectors + 2
    br  x9
2:  adr x28, 3f
    ldr x9, =NOWHERE
    say "nowhere\n"
    blr x9
3:  adr x28, 4f
    mov x9, #0x1000000000000
    blr x9
4:  say "data from nowhere\n"
    adr x28, 5f
    mov x9, #0x1000000000000
    mov x10, #1
    ldr x10, [x9, #8]
5:  show "x10 ", x10
    line
    adr x28, 6f
    str x10, [x9, #16]
6:  adr x28, 7f
    mov x9, #0x1000000000000
    ldp x10, x11, [x9], #16
7:  show "base ", x9
    line
    say "unaligned exclusives\n"
    mov x28, #0
    ldr x9, =STACK - 0x1000
    ldxr w10, [x9]
    add x9, x9, #2
    ldxr w10, [x9]
    say "el0\n"
    adr x0, 10f
    msr elr_el1, x0
    mov x0, #0
    msr spsr_el1, x0
    ldr x0, =STACK - 0x4000
    msr sp_el0, x0
    adr x28, 11f
    eret
10: mrs x0, sctlr_el1
    b   .
11: adr x0, 12f
    msr elr_el1, x0
    mov x0, #0x60000000
    msr spsr_el1, x0
    adr x28, 13f
    eret
12: svc #5
13: mov x28, #0
    say "single\n"
    mrs x10, daif
    show "daif ", x10
    line
    ret x29
    .ltorg
