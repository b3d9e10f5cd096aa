// COUNT address spaces with an ASID and a page of their own at one address, without TLBI; COUNT / 4 values of MAIR_EL1; all tags; GIB gigabytes
// of addresses, read page by page.
    .include "common.inc"
    .equ SPACES, 0x48000000
    .equ SPARSE, 0x42000000
    .equ BLOCK, 0x701
    .equ DEVICE_BLOCK, 0x705
    .equ PAGE, 0xf03
    // A space is one page: its table of level 1, of level 2 for the third gigabyte, of level 3, and the page at HERE, all in one.
    .equ HERE, 2 << 30 | 3 << 21 | 4 << 12 | 0x38
    .equ TCR, 25 | 1 << 23 | 2 << 32 | 3 << 12 | 5 << 8 | 1 << 36 | 1 << 37

// Reads w0 from x1: one load for devices and memory.
probe:
    ldr w0, [x1]
    ret

// Makes space x20 the current one.
enter:
    ldr x0, =SPACES
    add x0, x0, x20, lsl #12
    orr x0, x0, x20, lsl #48
    msr ttbr0_el1, x0
    isb
    ret

main:
    mov x29, x30
    ldr x0, =SPACES
    mov x1, #0
    ldr x2, =COUNT
1:  mov x3, #DEVICE_BLOCK
    str x3, [x0]
    ldr x3, =0x40000000 | BLOCK
    str x3, [x0, #8]
    orr x3, x0, #3
    stp x3, x3, [x0, #16]
    mov x3, #PAGE
    orr x3, x3, x0
    str x3, [x0, #32]
    lsl x3, x1, #1
    stp xzr, xzr, [x0, #40]
    str x3, [x0, #56]
    add x0, x0, #4096
    add x1, x1, #1
    cmp x1, x2
    b.lo 1b
    ldr x0, =SPACES + 64
    ldr x1, =SPARSE + 3
    mov x2, #GIB
2:  str x1, [x0], #8
    subs x2, x2, #1
    b.ne 2b
    ldr x0, =SPARSE
    ldr x1, =SPARSE + 0x1003
    ldr x2, =SPARSE + 0x2000 + PAGE
    mov x3, #512
3:  str x2, [x0, #0x1000]
    str x1, [x0], #8
    subs x3, x3, #1
    b.ne 3b
    dsb ish
    mov x0, #0xff
    msr mair_el1, x0
    ldr x0, =TCR
    msr tcr_el1, x0
    mov x20, #0
    bl  enter
    tlbi vmalle1
    dsb ish
    isb
    mrs x0, sctlr_el1
    ldr x1, =(1 << 23) | (1 << 12) | (1 << 2) | 1
    orr x0, x0, x1
    msr sctlr_el1, x0
    isb

    say "spaces:"
    mov x22, #0
    ldr x21, =COUNT
    mov x20, #0
4:  bl  enter
    tst x20, #7
    b.ne 5f
    ldr x1, =UART + 0x18
    bl  probe
5:  ldr x1, =HERE
    bl  probe
    cmp x0, x20, lsl #1
    cinc x22, x22, ne
    add x20, x20, #1
    cmp x20, x21
    b.lo 4b
6:  sub x20, x20, #1
    bl  enter
    ldr x1, =HERE
    bl  probe
    cmp x0, x20, lsl #1
    cinc x22, x22, ne
    sub x1, x21, x20
    cmp x1, #300
    b.lo 6b
    show " wrong ", x22
    line

    say "attributes:"
    mov x22, #0
    mov x20, #1
    bl  enter
    lsr x23, x21, #2
7:  mov x0, #0xff
    orr x0, x0, x23, lsl #48
    msr mair_el1, x0
    isb
    ldr x1, =HERE
    ldr x0, [x1]
    cmp x0, #2
    cinc x22, x22, ne
    subs x23, x23, #1
    b.ne 7b
    show " wrong ", x22
    line

    say "tags:"
    mov x22, #0
    mov x23, #20000
8:  ldr x1, =HERE
    orr x1, x1, x23, lsl #56
    ldr x0, [x1]
    cmp x0, #2
    cinc x22, x22, ne
    subs x23, x23, #1
    b.ne 8b
    show " wrong ", x22
    line

    say "sparse:"
    mov x20, #0
    bl  enter
    mov x22, #0
    mov x1, #8 << 30
    mov x2, #GIB << 18
9:  ldr x0, [x1]
    add x1, x1, #4096
    orr x22, x22, x0
    subs x2, x2, #1
    b.ne 9b
    show " ", x22
    line
    say "ready\n"
    ret x29
    .ltorg
