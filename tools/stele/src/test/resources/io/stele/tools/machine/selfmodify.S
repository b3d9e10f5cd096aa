// Code that is rewritten runs anew after IC IVAU, IC IALLU, in the same page and in another one, and in a loop that was linked.
    .include "common.inc"
    .equ OTHER, 0x42000000
    .equ MOV_X0, 0xd2800000

// Writes "mov x0, #w1; ret" at x0.
    .macro write
    ldr w2, =MOV_X0
    orr w2, w2, w1, lsl #5
    ldr w3, =0xd65f03c0
    stp w2, w3, [x0]
    .endm

    .macro synchronise_line
    dc  cvau, x0
    dsb ish
    ic  ivau, x0
    dsb ish
    isb
    .endm

main:
    mov x29, x30
    say "by line, other page:"
    mov x19, #0
1:  ldr x0, =OTHER
    mov w1, w19
    write
    synchronise_line
    blr x0
    show " ", x0
    add x19, x19, #0x101
    cmp x19, #0x1000
    b.lo 1b
    line

    say "everything, other page:"
    mov x19, #0
1:  ldr x0, =OTHER
    mov w1, w19
    write
    dc  cvau, x0
    dsb ish
    ic  iallu
    dsb ish
    isb
    blr x0
    show " ", x0
    add x19, x19, #0x202
    cmp x19, #0x1000
    b.lo 1b
    line

    say "everything, inner shareable:"
    mov x19, #7
1:  ldr x0, =OTHER + 0x800
    mov w1, w19
    write
    dc  cvau, x0
    dsb ish
    ic  ialluis
    dsb ish
    isb
    blr x0
    show " ", x0
    add x19, x19, #0x303
    cmp x19, #0x1000
    b.lo 1b
    line

    say "same page:"
    mov x19, #0
1:  adr x0, patched
    mov w1, w19
    write
    synchronise_line
    bl  patched
    show " ", x0
    add x19, x19, #0x101
    cmp x19, #0x1000
    b.lo 1b
    line

    say "in a hot loop:"
    mov x19, #0
    mov x20, #0
    mov x21, #0
2:  adr x0, patched
    mov w1, w19
    write
    synchronise_line
    mov x22, #200
3:  bl  patched
    add x20, x20, x0
    eor x21, x20, x21, ror #3
    subs x22, x22, #1
    b.ne 3b
    add x19, x19, #1
    cmp x19, #300
    b.lo 2b
    show " ", x20
    show " ", x21
    line

    say "changed and changed back:"
    mov x19, #0
4:  ldr x0, =OTHER + 0x100
    and w1, w19, #1
    write
    synchronise_line
    blr x0
    show " ", x0
    add x19, x19, #1
    cmp x19, #8
    b.lo 4b
    line

    say "block across a page end:"
    mov x19, #0
5:  ldr x0, =OTHER + 0x1ffc
    mov w1, w19
    ldr w2, =MOV_X0
    orr w2, w2, w1, lsl #5
    ldr w3, =0xd65f03c0
    str w2, [x0]
    str w3, [x0, #4]
    synchronise_line
    add x0, x0, #4
    synchronise_line
    sub x0, x0, #4
    blr x0
    show " ", x0
    add x19, x19, #0x111
    cmp x19, #0x1000
    b.lo 5b
    line

    say "the next instruction:"
    mov x19, #0
6:  adr x0, 7f
    mov w1, w19
    ldr w2, =MOV_X0
    orr w2, w2, w1, lsl #5
    str w2, [x0]
    synchronise_line
7:  mov x0, #0
    show " ", x0
    add x19, x19, #0x123
    cmp x19, #0x1000
    b.lo 6b
    line
    ret x29
    .ltorg
    .balign 64
patched:
    mov x0, #0
    ret
