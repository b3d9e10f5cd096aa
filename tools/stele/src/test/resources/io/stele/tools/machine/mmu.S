// The MMU with tables of the program's own, for the granule GRANULE (log2 of the page size), with blocks and pages: permissions,
// translation, access flag and alignment faults, changes with all forms of TLBI, aliases, address space identifiers, both halves of the address space.
    .include "common.inc"
    .equ PAGE, 1 << GRANULE
    .equ TABLES, 0x44000000
    .equ DATA, 0x45000000
    .equ STRIDE, GRANULE - 3
    .equ BLOCK, 1 << (GRANULE + STRIDE)
    // Page descriptors: AF, inner shareable, attribute 0.
    .equ NORMAL, 0x703
    .equ READ_ONLY, 0x80
    .equ USER, 0x40
    .equ NOT_GLOBAL, 0x800
    .equ NO_FLAG, 0x303
    .equ DEVICE, 0x707
    .equ LOW, 0x0000700000000000
    .equ HIGH, 0xffff900000000000
    .equ TG0, ((GRANULE == 14) & (2 << 14)) + ((GRANULE == 16) & (1 << 14))
    .equ TG1, ((GRANULE == 12) & (2 << 30)) + ((GRANULE == 14) & (1 << 30)) + ((GRANULE == 16) & (3 << 30))
    .equ TCR_GRANULE, TG0 + TG1
    .equ TCR, TCR_GRANULE + 16 + (16 << 16) + (5 << 32) + (3 << 12) + (3 << 28) + (0x5 << 8) + (0x5 << 24)

// map: maps the page at x0 to x1 (descriptor) in the tables at x26. Changes x0 to x6. x27 = next free table.
    .if GRANULE == 16
    .equ TOP, GRANULE + 2 * STRIDE
    .else
    .equ TOP, GRANULE + 3 * STRIDE
    .endif
map:
    mov x2, x26
    mov x3, #TOP
1:  lsr x4, x0, x3
    and x4, x4, #(1 << STRIDE) - 1
    cmp x3, #TOP
    b.ne 2f
    and x4, x4, #(1 << (48 - TOP)) - 1
2:  cmp x3, #GRANULE
    b.eq 4f
    cmp x3, x7
    b.eq 4f
    ldr x5, [x2, x4, lsl #3]
    cbnz x5, 3f
    orr x5, x27, #3
    str x5, [x2, x4, lsl #3]
    add x27, x27, #PAGE
3:  and x2, x5, #0x0000ffffffffffff & ~(PAGE - 1)
    sub x3, x3, #STRIDE
    b   1b
4:  str x1, [x2, x4, lsl #3]
    ret

    .macro map_page address, descriptor
    mov x7, #0
    ldr x0, =\address
    ldr x1, =\descriptor
    bl  map
    .endm

    .macro map_block address, descriptor
    mov x7, #GRANULE + STRIDE
    ldr x0, =\address
    ldr x1, =(\descriptor) - 2
    bl  map
    .endm

    .macro read address
    ldr x9, =\address
    mov x10, #-1
    ldr x10, [x9]
    show " = ", x10
    line
    .endm

    .macro write address, value
    ldr x9, =\address
    mov x10, #\value
    str x10, [x9]
    .endm

main:
    mov x29, x30
    mov x28, #0
    // Zeroed tables.
    ldr x0, =TABLES
    ldr x1, =TABLES + 0x800000
1:  stp xzr, xzr, [x0], #16
    cmp x0, x1
    b.lo 1b
    ldr x0, =DATA
    mov x1, #0x100
    mov x4, #PAGE - 8
2:  str x1, [x0]
    add x3, x0, x4
    str x1, [x3]
    add x0, x0, #PAGE
    add x1, x1, #1
    cmp x1, #0x140
    b.lo 2b
    ldr x26, =TABLES
    add x25, x26, #PAGE
    add x27, x25, #PAGE
    // Identity: the program and its tables by pages or blocks, the UART as device.
    ldr x20, =0x40000000
3:  mov x7, #GRANULE + STRIDE
    mov x0, x20
    ldr x1, =NORMAL - 2
    orr x1, x1, x20
    bl  map
    mov x8, #1 << (GRANULE + STRIDE)
    add x20, x20, x8
    ldr x8, =0x48000000
    cmp x20, x8
    b.lo 3b
    map_page UART & ~(PAGE - 1), (UART & ~(PAGE - 1)) + DEVICE
    map_page LOW, DATA + NORMAL
    map_page LOW + PAGE, DATA + PAGE + NORMAL + READ_ONLY
    map_page LOW + 2 * PAGE, DATA + 2 * PAGE + NORMAL + USER
    map_page LOW + 3 * PAGE, DATA + 3 * PAGE + NO_FLAG
    map_page LOW + 4 * PAGE, DATA + 4 * PAGE + NORMAL + NOT_GLOBAL
    map_page LOW + 6 * PAGE, DATA + 9 * PAGE + NORMAL
    map_page LOW + 7 * PAGE, DATA + 8 * PAGE + NORMAL
    map_page LOW + 8 * PAGE, DATA + DEVICE
    map_page LOW + 9 * PAGE, DATA + 10 * PAGE + NORMAL + (3 << 53)
    map_page LOW + 10 * PAGE, 0x60000000 + NORMAL
    mov x26, x25
    map_page HIGH, DATA + 5 * PAGE + NORMAL
    map_page HIGH + PAGE, DATA + PAGE + NORMAL
    map_block HIGH + BLOCK, (TABLES & ~(BLOCK - 1)) + NORMAL
    ldr x26, =TABLES
    dsb ish
    ldr x0, =0x00ff
    msr mair_el1, x0
    ldr x0, =TCR
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
    bic x0, x0, #(1 << 19)
    msr sctlr_el1, x0
    isb
    say "on\n"
    read LOW
    read LOW + PAGE
    read LOW + 2 * PAGE
    read LOW + 3 * PAGE
    read LOW + 4 * PAGE
    read LOW + 5 * PAGE
    read LOW + 6 * PAGE
    read HIGH
    read HIGH + PAGE
    read HIGH + 2 * PAGE
    read LOW - 8
    read 0x0010000000000000
    read 0x8000000000000000
    read 0xfff0000000000000
    read HIGH + BLOCK + (TABLES & (BLOCK - 1))
    say "physical nowhere\n"
    read LOW + 10 * PAGE
    say "writes\n"
    write LOW, 1
    write LOW + PAGE, 2
    write LOW + 3 * PAGE, 3
    write LOW + 5 * PAGE, 4
    write HIGH + PAGE, 5
    read LOW
    read LOW + PAGE
    read HIGH + PAGE
    say "straddling\n"
    read LOW + PAGE - 4
    write LOW + PAGE - 4, 7
    read LOW + 7 * PAGE - 3
    ldr x9, =LOW + 7 * PAGE - 5
    ldr x10, =0x0123456789abcdef
    str x10, [x9]
    read LOW + 7 * PAGE - 5
    read DATA + 10 * PAGE - 8
    read DATA + 8 * PAGE
    read LOW + 3 * PAGE - 1
    read LOW + 5 * PAGE - 1
    write LOW + 5 * PAGE - 1, 9
    ldr x9, =LOW + 5 * PAGE - 8
    ldp x10, x11, [x9]
    show "pair ", x10
    line
    stp x9, x10, [x9]
    // The abort leaves what the pair would have written to the first page unknown.
    write LOW + 5 * PAGE - 8, 0x104
    ldr x9, =LOW + 5 * PAGE - 8
    ldr q0, [x9]
    say "alignment\n"
    ldr x9, =LOW + 8 * PAGE
    ldr x10, [x9, #8]
    ldr x9, =LOW + 4
    ldxr x10, [x9]
    ldar x10, [x9]
    ldr x9, =LOW + 8
    ldxp x10, x11, [x9]
    say "aligned only\n"
    mrs x0, sctlr_el1
    orr x0, x0, #2
    msr sctlr_el1, x0
    isb
    ldr x9, =LOW
    ldr x10, [x9, #4]
    ldr w10, [x9, #4]
    ldrh w10, [x9, #1]
    ldrb w10, [x9, #1]
    stur x10, [x9, #3]
    ldp w10, w11, [x9, #4]
    ldp x10, x11, [x9, #8]
    mrs x0, sctlr_el1
    bic x0, x0, #2
    msr sctlr_el1, x0
    isb
    say "execution\n"
    ldr x9, =LOW + 5 * PAGE
    blr x9
    ldr x9, =LOW + 9 * PAGE
    blr x9
    ldr x9, =LOW + 2 * PAGE
    blr x9
    ldr x9, =0x0010000000000000
    blr x9
    ldr x9, =LOW + 4 * PAGE
    ldr w10, =0xd2800540
    ldr w11, =0xd65f03c0
    stp w10, w11, [x9]
    dc  cvau, x9
    dsb ish
    ic  ivau, x9
    dsb ish
    isb
    mov x0, #0
    blr x9
    show "returned ", x0
    line

    say "tlbi\n"
    .irp form, vae1, vale1, vaae1, vaale1, vae1is, vale1is, vaae1is, vaale1is
    map_page LOW + 12 * PAGE, DATA + 16 * PAGE + NORMAL
    dsb ish
    read LOW + 12 * PAGE
    map_page LOW + 12 * PAGE, DATA + 17 * PAGE + NORMAL + READ_ONLY
    dsb ishst
    ldr x0, =(LOW + 12 * PAGE) >> 12
    tlbi \form, x0
    dsb ish
    isb
    read LOW + 12 * PAGE
    write LOW + 12 * PAGE, 5
    map_page LOW + 12 * PAGE, 0
    dsb ishst
    ldr x0, =(LOW + 12 * PAGE) >> 12
    tlbi \form, x0
    dsb ish
    isb
    read LOW + 12 * PAGE
    .endr
    .irp form, vmalle1, vmalle1is
    map_page LOW + 12 * PAGE, DATA + 18 * PAGE + NORMAL
    dsb ish
    read LOW + 12 * PAGE
    map_page LOW + 12 * PAGE, DATA + 19 * PAGE + NORMAL
    dsb ishst
    tlbi \form
    dsb ish
    isb
    read LOW + 12 * PAGE
    map_page LOW + 12 * PAGE, 0
    dsb ishst
    tlbi \form
    dsb ish
    isb
    read LOW + 12 * PAGE
    .endr

    say "in a loop\n"
    mov x20, #100
    mov x21, #0
5:  mov x7, #0
    ldr x0, =LOW + 13 * PAGE
    and x1, x20, #31
    lsl x1, x1, #GRANULE
    ldr x2, =DATA + NORMAL
    add x1, x1, x2
    bl  map
    dsb ishst
    ldr x0, =(LOW + 13 * PAGE) >> 12
    tlbi vaale1is, x0
    dsb ish
    isb
    ldr x9, =LOW + 13 * PAGE
    ldr x10, [x9]
    eor x21, x10, x21, ror #5
    str x20, [x9, #16]
    ldr x11, [x9, #16]
    add x21, x21, x11
    subs x20, x20, #1
    b.ne 5b
    show "sum ", x21
    line

    say "the same page in other ways\n"
    .macro remap descriptor
    map_page LOW + 13 * PAGE, \descriptor
    dsb ishst
    ldr x0, =(LOW + 13 * PAGE) >> 12
    tlbi vaale1is, x0
    dsb ish
    isb
    .endm
    remap DATA + 22 * PAGE + NORMAL + READ_ONLY
    read LOW + 13 * PAGE
    write LOW + 13 * PAGE, 6
    remap 0
    read LOW + 13 * PAGE
    write LOW + 13 * PAGE, 6
    remap DEVICE + (UART & ~(PAGE - 1))
    ldr x9, =LOW + 13 * PAGE + (UART & (PAGE - 1))
    ldr w10, [x9, #0xfe0]
    show "device ", x10
    line
    // Code for x0 = x20, at x9.
    .macro put_code
    ldr w10, =0xd2800000
    add w10, w10, w20, lsl #5
    ldr w11, =0xd65f03c0
    stp w10, w11, [x9]
    dc  cvau, x9
    dsb ish
    .endm
    mov x20, #40
8:  ldr x9, =DATA + 23 * PAGE
    and x1, x20, #1
    add x9, x9, x1, lsl #GRANULE
    put_code
    ic  ivau, x9
    dsb ish
    mov x7, #0
    ldr x0, =LOW + 13 * PAGE
    ldr x2, =NORMAL
    add x1, x9, x2
    bl  map
    dsb ishst
    ldr x0, =(LOW + 13 * PAGE) >> 12
    tlbi vaale1is, x0
    dsb ish
    isb
    ldr x9, =LOW + 13 * PAGE
    blr x9
    eor x21, x0, x21, ror #7
    subs x20, x20, #1
    b.ne 8b
    show "code ", x21
    line
    mov x26, x25
    map_page HIGH + 8 * PAGE, DATA + 25 * PAGE + NORMAL
    ldr x26, =TABLES
    map_page LOW + 14 * PAGE, DATA + 25 * PAGE + NORMAL
    dsb ish
    isb
    mov x20, #40
9:  ldr x9, =DATA + 25 * PAGE
    put_code
    ldr x9, =HIGH + 8 * PAGE
    ic  ivau, x9
    ic  ivau, x9
    dsb ish
    isb
    ldr x9, =LOW + 14 * PAGE
    blr x9
    eor x21, x0, x21, ror #7
    subs x20, x20, #1
    b.ne 9b
    show "code ", x21
    line

    say "address spaces\n"
    mov x27, #TABLES + 0x400000
    mov x24, x27
    add x27, x27, #PAGE
    mov x26, x24
    ldr x20, =0x40000000
6:  mov x7, #GRANULE + STRIDE
    mov x0, x20
    ldr x1, =NORMAL - 2
    orr x1, x1, x20
    bl  map
    mov x8, #1 << (GRANULE + STRIDE)
    add x20, x20, x8
    ldr x8, =0x48000000
    cmp x20, x8
    b.lo 6b
    map_page UART & ~(PAGE - 1), (UART & ~(PAGE - 1)) + DEVICE
    map_page LOW + 4 * PAGE, DATA + 20 * PAGE + NORMAL + NOT_GLOBAL
    map_page LOW + 11 * PAGE, DATA + 21 * PAGE + NORMAL + NOT_GLOBAL
    dsb ish
    ldr x26, =TABLES
    mov x20, #6
7:  tst x20, #1
    csel x0, x24, x26, ne
    ubfx x1, x20, #0, #1
    add x1, x1, #1
    bfi x0, x1, #48, #16
    msr ttbr0_el1, x0
    isb
    ldr x9, =LOW + 4 * PAGE
    mov x12, #PAGE - 8
    ldr x10, [x9, x12]
    add x11, x10, x20, lsl #32
    str x11, [x9, x12]
    show " ", x10
    ldr x9, =LOW + 11 * PAGE
    mov x10, #0
    ldr x10, [x9]
    show " ", x10
    subs x20, x20, #1
    b.ne 7b
    line
    say "off\n"
    mrs x0, sctlr_el1
    bic x0, x0, #1
    msr sctlr_el1, x0
    isb
    read DATA + PAGE
    ret x29
    .ltorg
