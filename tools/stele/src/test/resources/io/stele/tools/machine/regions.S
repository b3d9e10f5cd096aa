// Accesses that cross regions of 2^40 bytes, or whose displacement leads from one region into another; tagged addresses; many regions.
    .include "common.inc"
    .equ TABLES, 0x44000000
    .equ DATA, 0x45000000
    .equ NORMAL, 0x703
    .equ EDGE, 0x0000010000000000

// Maps the page at x0 to the descriptor x1 in the tables at x26; x27 = next free table. Changes x0 to x5.
map:
    mov x2, x26
    mov x3, #39
1:  lsr x4, x0, x3
    and x4, x4, #511
    cmp x3, x7
    b.eq 3f
    ldr x5, [x2, x4, lsl #3]
    cbnz x5, 2f
    orr x5, x27, #3
    str x5, [x2, x4, lsl #3]
    add x27, x27, #4096
2:  and x2, x5, #0x0000fffffffff000
    sub x3, x3, #9
    b   1b
3:  str x1, [x2, x4, lsl #3]
    ret

    .macro map_page address, descriptor
    mov x7, #12
    ldr x0, =\address
    ldr x1, =\descriptor
    bl  map
    .endm

main:
    mov x29, x30
    ldr x0, =TABLES
    ldr x1, =TABLES + 0x800000
1:  stp xzr, xzr, [x0], #16
    cmp x0, x1
    b.lo 1b
    ldr x0, =DATA
    mov x1, #0
2:  str x1, [x0, x1]
    add x1, x1, #8
    cmp x1, #0x10000
    b.lo 2b
    ldr x26, =TABLES
    add x25, x26, #4096
    add x27, x25, #4096
    mov x7, #30
    ldr x0, =0x40000000
    orr x1, x0, #1
    movk x1, #NORMAL - 2
    bl  map
    map_page UART, UART + 0x707
    map_page EDGE - 4096, DATA + NORMAL
    map_page EDGE, DATA + 0x2000 + NORMAL
    map_page 2 * EDGE - 4096, DATA + 0x3000 + NORMAL
    map_page 3 * EDGE, DATA + 0x4000 + NORMAL
    // One page in each of 200 regions.
    mov x20, #4
3:  mov x7, #12
    lsl x0, x20, #40
    add x0, x0, #0x100000
    ldr x1, =DATA + NORMAL
    and x2, x20, #15
    add x1, x1, x2, lsl #12
    bl  map
    add x20, x20, #1
    cmp x20, #204
    b.lo 3b
    mov x26, x25
    map_page -4096, DATA + 0x5000 + NORMAL
    ldr x26, =TABLES
    dsb ish
    mov x0, #0xff
    msr mair_el1, x0
    ldr x0, =16 + (16 << 16) + (5 << 32) + (2 << 30) + (3 << 12) + (3 << 28) + (5 << 8) + (5 << 24) + (1 << 37)
    msr tcr_el1, x0
    msr ttbr0_el1, x26
    msr ttbr1_el1, x25
    isb
    tlbi vmalle1
    dsb ish
    isb
    mrs x0, sctlr_el1
    ldr x1, =(1 << 23) | (1 << 12) | (1 << 2) | 1
    orr x0, x0, x1
    msr sctlr_el1, x0
    isb
    say "across the edge:"
    mov x20, #50
4:  ldr x9, =EDGE - 4
    ldr x10, [x9]
    ldr x11, [x9, #-4]
    ldr x12, [x9, #4]
    ldur x13, [x9, #1]
    str x20, [x9]
    ldp x14, x15, [x9, #-8]
    subs x20, x20, #1
    b.ne 4b
    show " ", x10
    show " ", x11
    show " ", x12
    show " ", x13
    show " ", x14
    show " ", x15
    line
    say "displacements:"
    mov x20, #50
    mov x21, #0
5:  ldr x9, =EDGE - 0x18
    ldr x10, [x9, #0x18]
    ldr x11, [x9, #0x38]
    add x12, x9, #0x1000
    ldr x12, [x12, #-8]
    ldr x13, [x9, #8]
    ldr x9, =EDGE
    ldur x14, [x9, #-16]
    ldr x15, [x9, #0x800]
    add x21, x21, x10
    subs x20, x20, #1
    b.ne 5b
    show " ", x10
    show " ", x11
    show " ", x12
    show " ", x13
    show " ", x14
    show " ", x15
    show " ", x21
    line
    say "edges without a neighbour\n"
    ldr x9, =2 * EDGE - 4
    ldr x10, [x9]
    str x10, [x9]
    ldp x10, x11, [x9, #-8]
    ldr x9, =3 * EDGE - 4
    ldr x10, [x9]
    ldr x10, [x9, #4]
    show "beyond ", x10
    line
    ldr x10, [x9, #-8]
    say "top of the address space:"
    mov x20, #50
6:  mov x9, #-8
    ldr x10, [x9]
    mov x9, #-16
    ldp x11, x12, [x9]
    subs x20, x20, #1
    b.ne 6b
    show " ", x10
    show " ", x11
    line
    mov x9, #-4
    ldr x10, [x9]
    ldr x10, [x9, #8]
    mov x9, #8
    ldur x10, [x9, #-16]
    show "from below ", x10
    line
    say "many regions:"
    mov x22, #4
    mov x21, #0
7:  mov x20, #4
8:  lsl x9, x20, #40
    add x9, x9, #0x100000
    ldr x10, [x9, #64]
    add x10, x10, #1
    str x10, [x9, #64]
    ldr x11, [x9, #8]
    add x21, x21, x11
    eor x21, x10, x21, ror #1
    add x20, x20, #1
    cmp x20, #204
    b.lo 8b
    subs x22, x22, #1
    b.ne 7b
    show " ", x21
    line
    say "tags:"
    mov x20, #0
    mov x21, #0
9:  ldr x9, =EDGE
    orr x9, x9, x20, lsl #56
    ldr x10, [x9, #32]
    add x10, x10, x20
    str x10, [x9, #32]
    ldr x11, [x9, #-32]
    eor x21, x10, x21, ror #1
    add x21, x11, x21
    add x20, x20, #1
    cmp x20, #256
    b.lo 9b
    show " ", x21
    line
    ldr x9, =0x5a00010000001000
    ldr x10, [x9]
    ret x29
    .ltorg
