// EL0 calls functions, one in each page. Their pages are mapped by EL1 when they are fetched, four together, and in each of ROUNDS rounds other
// ones at the same addresses: all were invalidated before, in turns by ASID and by address. One of them is rewritten in each round. If FLAGS is
// 1, the CPU manages the access flag, and pages are mapped without it.
    .include "common.inc"
    .equ TABLES, 0x46000000
    .equ FRAMES, 0x44000000
    .equ VALUES, 0x45000000
    .equ PAGES, 0x80000000
    .equ COUNT, 64
    .equ ACCESSED, 0x400
    // A page that EL0 may execute.
    .equ LEAF, (0xfc7 - ACCESSED * FLAGS) | 1 << 53
    // movz x22, #0; ret
    .equ MOVZ, 0xd2800016
    .equ RET, 0xd65f03c0

    // The frame that a page has in this round.
    .macro frame to, page
    add \to, x28, x28, lsl #2
    add \to, \to, \page
    and \to, \to, #COUNT - 1
    .endm

    // What the CPU says of each abort, and where it came from, goes into x27.
    .macro note register
    mrs x0, \register
    add x27, x27, x27, lsl #1
    add x27, x27, x0
    .endm

    .balign 2048
handler:
    .space 0x400
    mrs x0, esr_el1
    lsr x0, x0, #26
    cmp x0, #0x15
    b.eq round_done
    add x14, x14, #1
    note esr_el1
    note elr_el1
    note spsr_el1
    note sp_el0
    note far_el1
    mov x3, x0
    ubfx x3, x3, #12, #6
    and x3, x3, #~3
    ldr x4, =TABLES + 0x2000
    ldr x7, =FRAMES
    ldr x8, =LEAF
1:  frame x5, x3
    add x6, x7, x5, lsl #12
    orr x6, x6, x8
    str x6, [x4, x3, lsl #3]
    add x3, x3, #1
    tst x3, #3
    b.ne 1b
    dsb ishst
    isb
    eret
    .ltorg
    .balign 2048

// x23 = a number made of what all functions return.
user:
    mov x23, #0
    mov x20, #0
1:  mov x21, #PAGES
    add x21, x21, x20, lsl #12
    add x3, x21, #0x123
    mov sp, x3
    blr x21
    add x23, x23, x23, lsl #1
    add x23, x23, x22
    add x20, x20, #1
    cmp x20, #COUNT
    b.ne 1b
    svc #0

// The function of frame x5 returns x6.
rewrite:
    ldr x7, =FRAMES
    add x7, x7, x5, lsl #12
    ldr w0, =MOVZ
    orr w0, w0, w6, lsl #5
    str w0, [x7]
    ldr w0, =RET
    str w0, [x7, #4]
    dc cvau, x7
    dsb ish
    ic ivau, x7
    dsb ish
    isb
    ldr x7, =VALUES
    str x6, [x7, x5, lsl #3]
    ret

main:
    make_tables_not_global
    pan_at_exceptions
    use_tables
    manage_access_flag FLAGS
    adr x1, handler
    msr vbar_el1, x1
    mov x14, #0
    mov x26, #0
    mov x27, #0
    mov x5, #0
1:  mov x6, x5
    bl  rewrite
    add x5, x5, #1
    cmp x5, #COUNT
    b.ne 1b
    mov x28, #ROUNDS
rounds:
    ldr x4, =TABLES + 0x2000
    mov x3, #COUNT
1:  sub x3, x3, #1
    str xzr, [x4, x3, lsl #3]
    cbnz x3, 1b
    dsb ishst
    tbz x28, #0, 2f
    tlbi aside1is, xzr
    b   3f
2:  mov x1, #PAGES >> 12
    add x1, x1, x3
    tlbi vale1is, x1
    add x3, x3, #1
    cmp x3, #COUNT
    b.ne 2b
3:  dsb ish
    and x5, x28, #COUNT - 1
    add x6, x5, x28, lsl #6
    bl  rewrite
    adr x0, user
    msr elr_el1, x0
    mov x0, #0x3c0
    msr spsr_el1, x0
    eret

round_done:
    mov x24, #0
    mov x3, #0
    ldr x7, =VALUES
    ldr x4, =TABLES + 0x2000
1:  ldr x5, [x4, x3, lsl #3]
    tst x5, #ACCESSED
    cinc x26, x26, eq
    frame x5, x3
    ldr x6, [x7, x5, lsl #3]
    add x24, x24, x24, lsl #1
    add x24, x24, x6
    add x3, x3, #1
    cmp x3, #COUNT
    b.ne 1b
    cmp x24, x23
    cinc x26, x26, ne
    subs x28, x28, #1
    b.ne rounds
    show "wrong ", x26
    show " aborts ", x14
    show " which are ", x27
    line
    b   off
    .ltorg
