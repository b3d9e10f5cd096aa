// CPU 0 unmaps pages at random, ROUNDS of them, that the others (CPUS in all) write to at EL0. Their handler of aborts maps a page when it is touched,
// at times only for reading first, at times the next one with it. As long as a page is unmapped, nobody may change it.
    .include "common.inc"
    .equ TABLES, 0x46000000
    .equ LOCKS, 0x45000000
    .equ SAVED, 0x45020000
    .equ FRAMES, 0x44000000
    .equ PAGES, 0x80000000
    // A page of write-back memory that EL0 may write.
    .equ LEAF, 0x747 | 3 << 53
    .equ READ_ONLY, 0x80

// x0 = address of a lock. Changes x1, x2.
    .macro lock
1:  ldaxr x1, [x0]
    cbnz x1, 1b
    mov x1, #1
    stxr w2, x1, [x0]
    cbnz w2, 1b
    .endm

    .balign 2048
handler:
    .space 0x400
    b   abort
    .space 0x400 - 4

// Maps the page that was touched, or lets it be written. Nothing but aborts of data accesses at EL0 comes here.
abort:
    msr tpidr_el0, x0
    mrs x0, tpidr_el1
    stp x1, x2, [x0]
    stp x3, x4, [x0, #16]
    stp x5, x6, [x0, #32]
    ldr x1, [x0, #48]
    add x6, x1, #1
    str x6, [x0, #48]
    mrs x3, far_el1
    ubfx x3, x3, #12, #6
    ldr x0, =LOCKS
    add x0, x0, x3, lsl #6
    lock
    ldr x4, =TABLES + 0x2000
    ldr x5, [x4, x3, lsl #3]
    cbz x5, 2f
    bic x5, x5, #READ_ONLY
    b   3f
2:  bl  leaf
    tbz x6, #1, 3f
    orr x5, x5, #READ_ONLY
3:  str x5, [x4, x3, lsl #3]
    stlr xzr, [x0]
    // The next page, if it is the turn, and the page is there and nobody has it.
    tbz x6, #0, 5f
    add x3, x3, #1
    tbnz x3, #6, 5f
    add x0, x0, #64
    ldaxr x1, [x0]
    cbnz x1, 5f
    mov x1, #1
    stxr w2, x1, [x0]
    cbnz w2, 5f
    ldr x5, [x4, x3, lsl #3]
    cbnz x5, 4f
    bl  leaf
    str x5, [x4, x3, lsl #3]
4:  stlr xzr, [x0]
5:  dsb ishst
    isb
    mrs x0, tpidr_el1
    ldp x1, x2, [x0]
    ldp x3, x4, [x0, #16]
    ldp x5, x6, [x0, #32]
    mrs x0, tpidr_el0
    eret

// x5 = the entry of page x3.
leaf:
    ldr x5, =FRAMES
    add x5, x5, x3, lsl #12
    ldr x1, =LEAF
    orr x5, x5, x1
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

// At EL0, for ever: adds to words of its own.
user:
    random
    ubfx x2, x16, #40, #6
    add x3, x24, x2, lsl #12
    add x3, x3, x20, lsl #6
    ldr x4, [x3]
    add x4, x4, #1
    str x4, [x3]
    b   user

// MMU on, with the tables that CPU 0 has made. Changes x9, x10.
mmu:
    pan_at_exceptions
    use_tables
    ret

secondary:
    mov x20, x0
    adr x1, handler
    msr vbar_el1, x1
    ldr x1, =SAVED
    add x1, x1, x20, lsl #8
    msr tpidr_el1, x1
    isb
    bl  mmu
    ldr x24, =PAGES
    add x16, x20, #99
    adr x1, user
    msr elr_el1, x1
    mov x1, #0x3c0
    msr spsr_el1, x1
    eret

main:
    make_tables
    ldr x1, =LOCKS
    mov x2, #0
2:  str xzr, [x1, x2]
    add x2, x2, #8
    cmp x2, #0x1000
    b.ne 2b
    ic  iallu
    dsb ish
    isb
    bl  mmu
    turn_on_others
    ldr x22, =TABLES + 0x2000
    ldr x24, =ROUNDS
    mov x25, #0
    mov x16, #5
4:  random
    ubfx x3, x16, #40, #6
    ldr x0, =LOCKS
    add x0, x0, x3, lsl #6
    lock
    ldr x5, [x22, x3, lsl #3]
    cbz x5, 7f
    sub x24, x24, #1
    str xzr, [x22, x3, lsl #3]
    dsb ishst
    ldr x7, =PAGES >> 12
    add x7, x7, x3
    tlbi vaae1is, x7
    dsb ish
    isb
    ldr x8, =FRAMES
    add x8, x8, x3, lsl #12
    mov x9, #CPUS - 1
    mov x10, #0
5:  add x13, x8, x9, lsl #6
    ldr x11, [x13]
    add x10, x10, x11
    subs x9, x9, #1
    b.ne 5b
    // Time for a store that nobody has stopped.
    ubfx x12, x16, #48, #9
6:  subs x12, x12, #1
    b.hi 6b
    mov x9, #CPUS - 1
8:  add x13, x8, x9, lsl #6
    ldr x11, [x13]
    sub x10, x10, x11
    subs x9, x9, #1
    b.ne 8b
    cmp x10, #0
    cinc x25, x25, ne
7:  stlr xzr, [x0]
    cbnz x24, 4b
    show "pages that changed ", x25
    line
    b   off
    .ltorg
