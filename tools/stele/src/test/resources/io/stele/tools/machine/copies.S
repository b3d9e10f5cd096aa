// Pages that EL0 may only read are replaced when it writes to them, as at copy on write: by a copy, in place, together with the next page, and while
// EL1 has read them at the same address. Or they are made writable, and EL0 goes elsewhere first, as after a signal. Behind the DSB nobody reads a page that was taken away. Each of ROUNDS rounds begins with an invalidation of
// the whole ASID, in turns of a space that has lost all these pages, and of one that has them.
    .include "common.inc"
    .equ TABLES, 0x46000000
    .equ SAVED, 0x46008000
    .equ OLD, 0x44000000
    .equ NEW, 0x45000000
    .equ PAGES, 0x80000000
    .equ COUNT, 64
    // A page that EL0 may read.
    .equ LEAF, 0xfc7 | 3 << 53
    .equ READ_ONLY, 0x80

    .balign 2048
handler:
    .space 0x200
    // Of EL1: one more in x13, and on behind the instruction.
    add x13, x13, #1
    mrs x12, elr_el1
    add x12, x12, #4
    msr elr_el1, x12
    eret
    .space 0x200 - 5 * 4
    b   user_exception
    .space 0x400 - 4

// EL0 uses x16 on only.
user_exception:
    mrs x10, elr_el1
    mrs x11, spsr_el1
    mrs x0, esr_el1
    lsr x0, x0, #26
    cmp x0, #0x15
    b.eq round_done
    add x14, x14, #1
    mrs x3, far_el1
    ubfx x3, x3, #12, #6
    ldr x4, =TABLES + 0x2000
    ldr x8, =SAVED
    ldr x5, [x4, x3, lsl #3]
    mov x9, #PAGES
    add x9, x9, x3, lsl #12
    lsr x1, x9, #12
    cbz x5, absent
    and x6, x14, #3
    cmp x6, #1
    b.eq in_place
    cmp x6, #2
    b.eq neighbour
    cmp x6, #3
    b.eq known_to_el1
    tbz x14, #2, copy
    str xzr, [x4, x3, lsl #3]
    dsb ishst
    tlbi vale1is, x1
    dsb ish
    ldtr x0, [x9]
    b   replace

copy:
    str xzr, [x4, x3, lsl #3]
    dsb ishst
    tlbi vale1is, x1
    dsb ish
replace:
    ldr x5, =OLD
    add x5, x5, x3, lsl #12
    ldr x6, =NEW
    add x6, x6, x3, lsl #12
    ldp x0, x2, [x5]
    stp x0, x2, [x6]
    ldr x0, =LEAF - READ_ONLY
    orr x6, x6, x0
    str x6, [x4, x3, lsl #3]
return:
    dsb ishst
    isb
    msr elr_el1, x10
    msr spsr_el1, x11
    eret

in_place:
    bic x5, x5, #READ_ONLY
    str x5, [x4, x3, lsl #3]
    dsb ishst
    tlbi vale1is, x1
    dsb ish
    tbz x14, #2, return
    mov x24, x10
    adr x10, elsewhere
    b   return

// The next page goes, too, until it is touched.
neighbour:
    add x6, x3, #1
    and x6, x6, #COUNT - 1
    ldr x2, [x4, x6, lsl #3]
    cbz x2, copy
    str x2, [x8, x6, lsl #3]
    str xzr, [x4, x6, lsl #3]
    dsb ishst
    mov x0, #PAGES >> 12
    add x0, x0, x6
    tlbi vale1is, x0
    dsb ish
    b   copy

absent:
    ldr x5, [x8, x3, lsl #3]
    str x5, [x4, x3, lsl #3]
    b   return

known_to_el1:
    pan 0
    ldr x0, [x9]
    str xzr, [x4, x3, lsl #3]
    dsb ishst
    tlbi vale1is, x1
    dsb ish
    ldr x0, [x9]
    pan 1
    b   replace

// Of EL0.
elsewhere:
    br  x24

// x26 = how often something else was read than was written. Each second page is read first.
user:
    mov x20, #0
1:  mov x21, #PAGES
    add x21, x21, x20, lsl #12
    tbnz x20, #0, 2f
    ldr x22, [x21]
2:  add x23, x27, x20
    str x23, [x21, #16]
    ldr x22, [x21, #16]
    cmp x22, x23
    cinc x26, x26, ne
    ldr x22, [x21]
    add x23, x20, #0x1000
    cmp x22, x23
    cinc x26, x26, ne
    add x20, x20, #1
    cmp x20, #COUNT
    b.ne 1b
3:  sub x20, x20, #1
    mov x21, #PAGES
    add x21, x21, x20, lsl #12
    ldr x22, [x21, #16]
    add x23, x27, x20
    cmp x22, x23
    cinc x26, x26, ne
    cbnz x20, 3b
    svc #0

main:
    make_tables_not_global
    pan_at_exceptions
    use_tables
    adr x1, handler
    msr vbar_el1, x1
    pan 1
    mov x13, #0
    mov x14, #0
    mov x26, #0
    mov x28, #ROUNDS
rounds:
    ldr x4, =TABLES + 0x2000
    mov x3, #COUNT
    tbz x28, #0, 2f
1:  sub x3, x3, #1
    str xzr, [x4, x3, lsl #3]
    cbnz x3, 1b
    dsb ishst
    tlbi aside1is, xzr
    dsb ish
    mov x3, #COUNT
2:  sub x3, x3, #1
    ldr x5, =OLD
    add x5, x5, x3, lsl #12
    add x0, x3, #0x1000
    stp x0, xzr, [x5]
    str xzr, [x5, #16]
    ldr x6, =NEW
    add x6, x6, x3, lsl #12
    stp xzr, xzr, [x6]
    str xzr, [x6, #16]
    ldr x0, =LEAF
    orr x5, x5, x0
    str x5, [x4, x3, lsl #3]
    cbnz x3, 2b
    dsb ishst
    tbnz x28, #0, 3f
    tlbi aside1is, xzr
    dsb ish
3:  isb
    lsl x27, x28, #8
    adr x0, user
    msr elr_el1, x0
    mov x0, #0x3c0
    msr spsr_el1, x0
    eret

// What was written is in the frame that the page has now, and in no other one.
round_done:
    ldr x4, =TABLES + 0x2000
    mov x3, #COUNT
1:  sub x3, x3, #1
    ldr x5, =OLD
    add x5, x5, x3, lsl #12
    ldr x6, =NEW
    add x6, x6, x3, lsl #12
    ldr x0, [x4, x3, lsl #3]
    tst x0, #NEW ^ OLD
    ldr x5, [x5, #16]
    ldr x6, [x6, #16]
    csel x0, x5, x6, eq
    csel x1, x6, x5, eq
    add x2, x27, x3
    cmp x0, x2
    cinc x26, x26, ne
    cmp x1, #0
    cinc x26, x26, ne
    cbnz x3, 1b
    subs x28, x28, #1
    b.ne rounds
    show "wrong ", x26
    show " aborts of EL0 ", x14
    show " of EL1 ", x13
    line
    b   off
    .ltorg
