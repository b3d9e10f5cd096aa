// EL1 accesses pages with the rights of EL0, as kernels do for their system calls. They are absent, or may only be read and are replaced by
// copies when they are written to; the access is repeated then, but for some that the handler gives up, as where a kernel returns an error. If
// FLAGS is 1, the CPU manages the access flag, and pages are mapped without it.
    .include "common.inc"
    .equ TABLES, 0x46000000
    .equ OLD, 0x44000000
    .equ NEW, 0x45000000
    .equ PAGES, 0x80000000
    .equ COUNT, 64
    .equ ACCESSED, 0x400
    // A page that EL0 may read.
    .equ LEAF, (0xfc7 - ACCESSED * FLAGS) | 3 << 53
    .equ READ_ONLY, 0x80

    .balign 2048
handler:
    .space 0x200
    // x14 = how many aborts, x15 = how many of them were given up.
    add x14, x14, #1
    mrs x10, elr_el1
    and x0, x14, #7
    cmp x0, #5
    b.eq give_up
    mrs x3, far_el1
    ubfx x3, x3, #12, #6
    ldr x4, =TABLES + 0x2000
    ldr x5, [x4, x3, lsl #3]
    ldr x6, =OLD
    add x6, x6, x3, lsl #12
    cbz x5, absent
    mov x1, #PAGES >> 12
    add x1, x1, x3
    str xzr, [x4, x3, lsl #3]
    dsb ishst
    tlbi vale1is, x1
    dsb ish
    ldr x5, =NEW
    add x5, x5, x3, lsl #12
    ldp x0, x2, [x6]
    stp x0, x2, [x5]
    ldr x0, =LEAF - READ_ONLY
    orr x5, x5, x0
    b   mapped
absent:
    ldr x0, =LEAF
    orr x5, x6, x0
mapped:
    str x5, [x4, x3, lsl #3]
    dsb ishst
    isb
    eret
give_up:
    add x15, x15, #1
    add x10, x10, #4
    msr elr_el1, x10
    eret
    .ltorg
    .balign 2048

main:
    make_tables_not_global
    pan_at_exceptions
    use_tables
    manage_access_flag FLAGS
    adr x1, handler
    msr vbar_el1, x1
    pan 1
    mov x14, #0
    mov x15, #0
    mov x26, #0
    mov x28, #ROUNDS
rounds:
    // In turns there are pages that may be read, and none.
    ldr x4, =TABLES + 0x2000
    mov x3, #COUNT
1:  sub x3, x3, #1
    ldr x5, =OLD
    add x5, x5, x3, lsl #12
    add x0, x3, #0x1000
    stp x0, xzr, [x5]
    str xzr, [x5, #16]
    ldr x0, =LEAF
    orr x5, x5, x0
    tst x28, #1
    csel x5, x5, xzr, ne
    str x5, [x4, x3, lsl #3]
    ldr x6, =NEW
    add x6, x6, x3, lsl #12
    stp xzr, xzr, [x6]
    str xzr, [x6, #16]
    cbnz x3, 1b
    dsb ishst
    tlbi aside1is, xzr
    dsb ish
    isb

    mov x20, #0
2:  mov x21, #PAGES
    add x21, x21, x20, lsl #12
    add x23, x20, x28, lsl #8
    tbnz x20, #0, 4f
3:  mov x22, #0
    ldtr x22, [x21]
    add x24, x20, #0x1000
    cbz x22, 3b
    cmp x22, x24
    cinc x26, x26, ne
4:  add x16, x15, #0
    sttr x23, [x21, #16]
    cmp x16, x15
    b.ne 4b
    ldtr x22, [x21, #16]
    cmp x22, x23
    cinc x26, x26, ne
    add x20, x20, #1
    cmp x20, #COUNT
    b.ne 2b

    // What was written is in the copies, and nowhere else; the pages are known to have been accessed.
5:  sub x20, x20, #1
    ldr x4, =TABLES + 0x2000
    ldr x5, [x4, x20, lsl #3]
    tst x5, #ACCESSED
    cinc x26, x26, eq
    ldr x5, =OLD
    add x5, x5, x20, lsl #12
    ldr x6, =NEW
    add x6, x6, x20, lsl #12
    ldr x0, [x5, #16]
    cmp x0, #0
    cinc x26, x26, ne
    ldr x0, [x6, #16]
    add x1, x20, x28, lsl #8
    cmp x0, x1
    cinc x26, x26, ne
    ldr x0, [x6]
    add x1, x20, #0x1000
    cmp x0, x1
    cinc x26, x26, ne
    cbnz x20, 5b
    subs x28, x28, #1
    b.ne rounds
    show "wrong ", x26
    show " aborts ", x14
    show " given up ", x15
    line
    b   off
    .ltorg
