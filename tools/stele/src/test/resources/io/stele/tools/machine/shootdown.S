// CPU 0 maps, remaps, protects and unmaps 64 pages at random, ROUNDS times, while the others (CPUS in all) load from, store to and call into
// them, at EL0 if USER is defined. A page's word says what it is mapped to, by the model: a sequence number, and whether it is being changed. What an access does while the
// word stays the same must be what the word says.
    .include "common.inc"
    .equ TABLES, 0x46000000
    .equ WORDS, 0x45000000
    .equ FRAMES, 0x44000000
    .equ PAGES, 0x80000000
    .equ STOP, 0x45010000
    // By CPU: checks, wrong ones.
    .equ RESULTS, 0x45020000
    .equ FRAME_COUNT, 8
    .equ CHANGING, 0x80
    .equ READ_ONLY, 0x10
    .equ UNMAPPED, 0x0f
    .ifdef USER
    // EL0 executes what EL1 does, in a block that EL0 may not access; what it accesses is mapped once more, at addresses that are WINDOW larger.
    .equ WINDOW, 0x80000000
    .equ LEAF, 0xf47 | 1 << 53
    // One TLBI of so many is not for the last level alone.
    .equ BOTH_LEVELS, 64
    .else
    .equ WINDOW, 0
    .equ LEAF, 0x707 | 1 << 54
    .equ BOTH_LEVELS, 2
    .endif

// Faults: x14 = 1, and on with the next instruction, or of a fetch with the caller.
    .macro fault
    mov x14, #1
    mrs x15, esr_el1
    lsr x15, x15, #26
    orr x15, x15, #1
    cmp x15, #0x21
    mrs x15, elr_el1
    add x15, x15, #4
    csel x15, x30, x15, eq
    msr elr_el1, x15
    eret
    .endm

    .balign 2048
quiet:
    .space 0x200
    fault
    .balign 0x200
    fault
    .balign 2048

// MMU on, with the tables that CPU 0 has made. Changes x9, x10.
mmu:
    pan_at_exceptions
    use_tables
    ret

// x16 = the next random number; changes x17.
    .macro random
    movz x17, #0x7f2d
    movk x17, #0x4c95, lsl #16
    movk x17, #0xf42d, lsl #32
    movk x17, #0x5851, lsl #48
    mul x16, x16, x17
    movz x17, #0x14f, lsl #16
    movk x17, #0x7e2b
    add x16, x16, x17
    .endm

secondary:
    mov x20, x0
    mov x1, #3 << 20
    msr cpacr_el1, x1
    adr x1, quiet
    msr vbar_el1, x1
    isb
    bl  mmu
    ldr x21, =WORDS + WINDOW
    ldr x22, =RESULTS + WINDOW
    add x22, x22, x20, lsl #6
    ldr x23, =STOP + WINDOW
    ldr x24, =PAGES
    add x16, x20, #99
    .ifdef USER
    adr x1, 1f
    msr elr_el1, x1
    mov x1, #0x3c0
    msr spsr_el1, x1
    eret
    .endif
1:  ldr x1, [x23]
    cbnz x1, 9f
    random
    ubfx x2, x16, #40, #6
    add x3, x21, x2, lsl #6
    add x11, x24, x2, lsl #12
    ubfx x4, x16, #50, #2
    add x13, x11, #0x800
    add x12, x11, x20, lsl #6
    ldar x1, [x3]
    tbnz x1, #7, 1b
    mov x14, #0
    mov x10, #-2
    cbz x4, 2f
    cmp x4, #1
    b.eq 3f
    ldr x10, [x11]
    dmb ish
    b   4f
2:  blr x13
    dmb ish
    b   4f
3:  str x16, [x12]
    dmb ish
4:  ldr x5, [x3]
    cmp x5, x1
    b.ne 1b
    // Settled all the while: x6 = state, x7 = 1 if it must fault.
    and x6, x1, #0x1f
    cmp x6, #UNMAPPED
    cset x7, eq
    cmp x4, #1
    b.ne 5f
    ubfx x8, x1, #4, #1
    orr x7, x7, x8
5:  cmp x7, x14
    b.ne 7f
    cbnz x7, 8f
    cmp x4, #1
    b.eq 8f
    and x6, x6, #7
    cmp x6, x10
    b.eq 8f
7:  ldr x5, [x22, #8]
    add x5, x5, #1
    str x5, [x22, #8]
8:  ldr x5, [x22]
    add x5, x5, #1
    str x5, [x22]
    b   1b
9:  dmb ish
    mov x1, #1
    str x1, [x22, #16]
    b   .

main:
    mov x29, x30
    // The frames: their numbers, and a function at 0x800 that tells it.
    ldr x1, =FRAMES
    mov x2, #0
1:  str x2, [x1]
    adr x3, tell
    ldr w4, [x3]
    add w4, w4, w2, lsl #5
    str w4, [x1, #0x800]
    ldr w4, [x3, #4]
    str w4, [x1, #0x804]
    add x1, x1, #4096
    add x2, x2, #1
    cmp x2, #FRAME_COUNT
    b.ne 1b
    make_tables
    .ifdef USER
    ldr x2, =0x40000000 | 0xf45 | 3 << 53
    str x2, [x1, #24]
    .endif
    ldr x1, =WORDS
    mov x2, #0
    mov x3, #UNMAPPED
3:  str x3, [x1, x2]
    add x2, x2, #64
    cmp x2, #64 * 64
    b.ne 3b
    ldr x1, =STOP
    str xzr, [x1]
    ldr x1, =RESULTS
    mov x2, #0
4:  str xzr, [x1, x2]
    add x2, x2, #8
    cmp x2, #64 * 16
    b.ne 4b
    ic  iallu
    dsb ish
    isb
    bl  mmu
    turn_on_others
    ldr x21, =WORDS
    ldr x22, =TABLES + 0x2000
    ldr x23, =FRAMES
    ldr x24, =ROUNDS
    ldr x25, =LEAF
    mov x16, #5
6:  random
    ubfx x2, x16, #40, #6
    ubfx x4, x16, #50, #3
    ubfx x5, x16, #55, #2
    add x3, x21, x2, lsl #6
    ldr x1, [x3]
    orr x1, x1, #CHANGING
    str x1, [x3]
    dmb ish
    // Break: nobody uses the old translation afterwards.
    str xzr, [x22, x2, lsl #3]
    dsb ishst
    ldr x7, =PAGES >> 12
    add x7, x7, x2
    tst x24, #BOTH_LEVELS - 1
    b.ne 7f
    tlbi vaae1is, x7
    b   8f
7:  tlbi vaale1is, x7
8:  dsb ish
    isb
    // Make: unmapped in one case of four, read-only in one.
    mov x6, #UNMAPPED
    cbz x5, 10f
    mov x6, x4
    add x7, x23, x4, lsl #12
    orr x7, x7, x25
    cmp x5, #1
    b.ne 9f
    orr x6, x6, #READ_ONLY
    orr x7, x7, #0x80
9:  str x7, [x22, x2, lsl #3]
    dsb ishst
    isb
10: lsr x1, x1, #8
    add x1, x1, #1
    orr x1, x6, x1, lsl #8
    stlr x1, [x3]
    // Some time to use it.
    ubfx x6, x16, #57, #7
11: subs x6, x6, #1
    b.pl 11b
    subs x24, x24, #1
    b.ne 6b
    // No CPU is so late that it has seen nothing of this.
    ldr x1, =RESULTS
    mov x19, #1
    mov x24, #100
14: add x2, x1, x19, lsl #6
    ldr x2, [x2]
    cmp x2, #100
    b.lo 6b
    add x19, x19, #1
    cmp x19, #CPUS
    b.lo 14b
    ldr x1, =STOP
    mov x2, #1
    str x2, [x1]
    ldr x22, =RESULTS
    mov x19, #1
12: add x1, x22, x19, lsl #6
13: ldr x2, [x1, #16]
    cbz x2, 13b
    dmb ish
    ldr x3, [x1, #8]
    show "wrong ", x3
    line
    add x19, x19, #1
    cmp x19, #CPUS
    b.lo 12b
    ret x29
tell:
    mov x10, #0
    ret
    .ltorg
