// TLBI of many pages before one DSB: in rows up and down, with gaps, of several kinds in turn. Behind the DSB nobody reads a page that was unmapped,
// and all pages that were not can be read.
    .include "common.inc"
    .equ TABLES, 0x46000000
    .equ FRAMES, 0x44000000
    .equ PAGES, 0x80000000
    .equ COUNT, 64
    .equ LEAF, 0x707 | 3 << 53

// Faults: x14 + 1, and on with the next instruction.
    .balign 2048
counting:
    .space 0x200
    add x14, x14, #1
    mrs x15, elr_el1
    add x15, x15, #4
    msr elr_el1, x15
    eret
    .space 0x600 - 5 * 4

// Maps all pages and reads each. Changes x1 to x5.
map:
    ldr x1, =TABLES + 0x2000
    ldr x2, =FRAMES
    ldr x3, =LEAF
    orr x2, x2, x3
    mov x3, #COUNT
1:  str x2, [x1], #8
    add x2, x2, #4096
    subs x3, x3, #1
    b.ne 1b
    dsb ishst
    isb
    b   read

// Reads all pages: x14 = those that cannot be.
read:
    mov x14, #0
    ldr x1, =PAGES
    mov x3, #COUNT
1:  ldr x4, [x1]
    add x1, x1, #4096
    subs x3, x3, #1
    b.ne 1b
    ret

// Unmaps page x6. Changes x1.
    .macro unmap
    ldr x1, =TABLES + 0x2000
    str xzr, [x1, x6, lsl #3]
    dsb ishst
    ldr x1, =PAGES >> 12
    add x1, x1, x6
    .endm

    .macro tell text
    dsb ish
    isb
    bl  read
    show "\text ", x14
    line
    bl  map
    .endm

main:
    make_tables
    adr x1, counting
    msr vbar_el1, x1
    use_tables
    mov x28, #20
rounds:
    bl  map
    // Up: the entries first, then a TLBI for each.
    mov x6, #0
1:  unmap
    add x6, x6, #1
    cmp x6, #COUNT
    b.ne 1b
    mov x6, #0
2:  ldr x1, =PAGES >> 12
    add x1, x1, x6
    tlbi vale1is, x1
    add x6, x6, #1
    cmp x6, #COUNT
    b.ne 2b
    tell "up"
    // Down, all levels.
    mov x6, #COUNT - 1
3:  unmap
    tlbi vae1is, x1
    subs x6, x6, #1
    b.pl 3b
    tell "down"
    // Every third, for all address spaces.
    mov x6, #0
4:  ldr x1, =TABLES + 0x2000
    str xzr, [x1, x6, lsl #3]
    add x6, x6, #3
    cmp x6, #COUNT
    b.lo 4b
    dsb ishst
    mov x6, #0
5:  ldr x1, =PAGES >> 12
    add x1, x1, x6
    tlbi vaale1is, x1
    add x6, x6, #3
    cmp x6, #COUNT
    b.lo 5b
    tell "gaps"
    // Kinds in turn, of pages that follow each other; the last ones stay.
    ldr x1, =TABLES + 0x2000
    mov x6, #0
6:  str xzr, [x1, x6, lsl #3]
    add x6, x6, #1
    cmp x6, #40
    b.lo 6b
    dsb ishst
    ldr x1, =PAGES >> 12
    mov x6, #10
7:  tlbi vale1is, x1
    add x1, x1, #1
    tlbi vae1is, x1
    add x1, x1, #1
    tlbi vaae1is, x1
    add x1, x1, #1
    tlbi vaale1is, x1
    add x1, x1, #1
    subs x6, x6, #1
    b.ne 7b
    tell "kinds"
    subs x28, x28, #1
    b.ne rounds
    b   off
    .ltorg
