// Firmware: pages of flash, RAM and a device in one table, read one after the other by one loop. The table is in RAM, then in flash.
    .include "common.inc"
    .equ TABLES, 0x46000000
    .equ FRAMES, 0x44000000
    .equ PAGES, 0x80000000
    .equ COUNT, 48
    .equ LEAF, 0x707 | 3 << 53
    .equ DEVICE, 0x403 | 3 << 53

// Reads COUNT pages twice: x14 = a number that depends on each. Changes x1 to x4, x14.
read:
    mov x14, #0
    mov x3, #2
1:  ldr x1, =PAGES + 8
    mov x2, #COUNT
2:  ldr w4, [x1]
    ror x14, x14, #61
    add x14, x14, x4
    add x1, x1, #4096
    subs x2, x2, #1
    b.ne 2b
    subs x3, x3, #1
    b.ne 1b
    ret

main:
    // The pages of RAM.
    ldr x1, =FRAMES + 8
    mov x2, #0x1000
    mov x3, #COUNT
1:  str x2, [x1]
    add x1, x1, #4096
    add x2, x2, #1
    subs x3, x3, #1
    b.ne 1b
    make_tables
    // A copy of the table in flash.
    ldr x1, =TABLES + 0x2000
    adr x2, pages
    mov x3, #COUNT
2:  ldr x4, [x2], #8
    str x4, [x1], #8
    subs x3, x3, #1
    b.ne 2b
    use_tables
    bl  read
    show "table in RAM ", x14
    line
    // Two of flash and two of RAM change places.
    ldr x1, =TABLES + 0x2000
    ldp x2, x3, [x1, #16]
    ldp x4, x5, [x1, #24 * 8]
    stp xzr, xzr, [x1, #16]
    stp xzr, xzr, [x1, #24 * 8]
    dsb ishst
    tlbi vmalle1
    dsb ish
    isb
    stp x4, x5, [x1, #16]
    stp x2, x3, [x1, #24 * 8]
    dsb ishst
    isb
    bl  read
    show "changed ", x14
    line
    // The last level is in flash.
    ldr x1, =TABLES + 0x1000
    adr x2, pages
    orr x2, x2, #3
    str x2, [x1]
    dsb ishst
    tlbi vmalle1
    dsb ish
    isb
    bl  read
    show "table in flash ", x14
    line
    b   off
    .ltorg

    .balign 4096
frames:
    .set n, 0
    .rept COUNT
    .quad 0
    .quad 0x2000 + n
    .space 4080
    .set n, n + 1
    .endr

// Pages of RAM, then of flash, and those of the serial port and of flash in turn.
pages:
    .set n, 0
    .rept COUNT
    .if n < 16
    .quad FRAMES + n * 4096 + LEAF
    .elseif n < 32 || n & 1
    .quad frames - _start + n * 4096 + LEAF
    .else
    .quad UART + DEVICE
    .endif
    .set n, n + 1
    .endr
    .space 4096 - COUNT * 8
