// CPU 0 wakes CPU 1 by SGIs, ROUNDS times, while CPU 2 remaps a page that CPU 1 uses.
    .include "common.inc"
    .equ GICD, 0x08000000
    .equ GICR, 0x080a0000
    .equ TABLES, 0x46000000
    .equ FRAMES, 0x44000000
    .equ PAGE, 0x80000000
    .equ DATA, 0x45000000
    // Words at DATA: how often CPU 1 was woken, and whether to stop.
    .equ STOP, 64
    .equ LEAF, 0x707 | 1 << 54

mmu:
    use_tables
    ret

// Interrupts stay masked: WFI ends when one is pending.
waiter:
    start_cpu
    bl  mmu
    ldr x9, =GICR + (1 << 17)
    open_redistributor 0xffff
    ldr x21, =DATA
    ldr x24, =PAGE
    mov x22, #0
    stlr x22, [x21]
2:  ldr x1, [x24]
    wfi
    mrs x0, s3_0_c12_c12_0
    cmp x0, #1
    b.ne 2b
    msr s3_0_c12_c12_1, x0
    isb
    add x22, x22, #1
    stlr x22, [x21]
    b   2b

remapper:
    start_cpu
    bl  mmu
    ldr x21, =DATA
    ldr x22, =TABLES + 0x2000
    ldr x23, =FRAMES | LEAF
    ldr x24, =PAGE >> 12
    // From one frame to another one with the same contents.
1:  eor x23, x23, #0x1000
    str x23, [x22]
    dsb ish
    tlbi vale1is, x24
    dsb ish
    ldr x1, [x21, #STOP]
    cbz x1, 1b
    b   .

main:
    ldr x9, =GICD
    mov w10, #0x12
    str w10, [x9]
    make_tables
    ldr x1, =FRAMES | LEAF
    ldr x2, =TABLES + 0x2000
    str x1, [x2]
    ldr x21, =DATA
    mov x1, #-1
    str x1, [x21]
    str xzr, [x21, #STOP]
    bl  mmu
    mov x1, #1
    adr x2, waiter
    ldr w0, =CPU_ON
    hvc #0
1:  ldar x1, [x21]
    cmn x1, #1
    b.eq 1b
    mov x1, #2
    adr x2, remapper
    ldr w0, =CPU_ON
    hvc #0
    ldr x23, =ROUNDS
    mov x22, #0
    ldr x24, =1 << 24 | 2
2:  dsb ish
    msr s3_0_c12_c11_5, x24
    isb
    add x22, x22, #1
3:  ldar x1, [x21]
    cmp x1, x22
    b.ne 3b
    cmp x22, x23
    b.ne 2b
    str x22, [x21, #STOP]
    show "woken ", x22
    line
    ldr w0, =0x84000008
    hvc #0
    .ltorg
