// Branch target identification: branches of every kind, from a guarded page and from another one, to every kind of instruction in a guarded
// page. A page of code is mapped twice, guarded and not.
    .include "common.inc"
    .arch armv8.5-a
    .equ GUARDED, 0x80000000
    .equ PLAIN, 0x80001000
    .equ BRANCHES, 0x200
    .equ JUMPS, 0x240
    .equ KINDS, 6
    .equ SLOTS, 8
    .equ BT1, 1 << 36

main:
    mov x29, x30
    // A GiB of devices, one of RAM, and two pages.
    adr x1, level1
    mov x2, #0x405
    str x2, [x1]
    ldr x2, =0x40000701
    str x2, [x1, #8]
    adr x2, level2
    orr x3, x2, #3
    str x3, [x1, #16]
    adr x3, level3
    orr x4, x3, #3
    str x4, [x2]
    adr x4, code
    ldr x5, =1 << 50 | 0x703
    orr x5, x4, x5
    str x5, [x3]
    mov x5, #0x703
    orr x5, x4, x5
    str x5, [x3, #8]
    mov x2, #0xff
    msr mair_el1, x2
    // 39 bits, 4 KiB, write-back, inner shareable, 40 bits of physical address, no upper half.
    ldr x2, =2 << 32 | 1 << 23 | 3 << 12 | 1 << 10 | 1 << 8 | 25
    msr tcr_el1, x2
    msr ttbr0_el1, x1
    dsb sy
    tlbi vmalle1
    dsb sy
    isb
    mrs x2, sctlr_el1
    ldr x3, =1 << 12 | 1 << 2 | 1
    orr x24, x2, x3
    msr sctlr_el1, x24
    isb
    mov x10, #0
    mov x25, #0
next_setting:
    mov x26, #0
next_source:
    mov x27, #0
next_kind:
    mov x22, #0
next_slot:
    lsl x0, x25, #12
    orr x0, x0, x26, lsl #8
    orr x0, x0, x27, lsl #4
    orr x0, x0, x22
    bl  hex
    line
    ldr x13, =GUARDED
    ldr x14, =PLAIN
    cmp x26, #0
    csel x12, x13, x14, eq
    add x9, x13, x22, lsl #4
    mov x16, x9
    // The last kind of branch is a direct one, each to its own slot.
    add x15, x12, #BRANCHES
    add x15, x15, x27, lsl #2
    add x12, x12, #JUMPS
    add x12, x12, x22, lsl #2
    cmp x27, #KINDS - 1
    csel x12, x12, x15, eq
    adr x11, back
    mov x28, x11
    ret x12
back:
    mov x28, #0
    add x22, x22, #1
    cmp x22, #SLOTS
    b.lo next_slot
    add x27, x27, #1
    cmp x27, #KINDS
    b.lo next_kind
    add x26, x26, #1
    cmp x26, #2
    b.lo next_source
    ldr x2, =BT1
    orr x2, x24, x2
    msr sctlr_el1, x2
    isb
    add x25, x25, #1
    cmp x25, #2
    b.lo next_setting
    show "landed ", x10
    line
    // What has been reached by a call may be reached by a loop, a return and a jump through x16 as well, many times.
    ldr x13, =GUARDED
    mov x10, #0
    mov x25, #20000
1:  add x9, x13, #2 << 4
    adr x11, 2f
    blr x9
2:  adr x11, 3f
    ret x9
3:  adr x11, 4f
    mov x16, x9
    br  x16
4:  subs x25, x25, #1
    b.ne 1b
    show "landed ", x10
    line
    // A BTYPE that an exception has saved goes with the instruction that is returned to.
    adr x28, 5f
    adr x11, 5f
    msr elr_el1, x13
    mov x0, #0x7c5
    msr spsr_el1, x0
    eret
5:  mov x28, #0
    add x0, x13, #2 << 4
    adr x11, 6f
    msr elr_el1, x0
    mov x0, #0xbc5
    msr spsr_el1, x0
    eret
6:  show "landed ", x10
    line
    ret x29
    .ltorg

    .macro slot instruction
    \instruction
    add x10, x10, #1
    ret x11
    nop
    .endm

    .balign 4096
code:
    slot nop
    slot "hint #32"
    slot "hint #34"
    slot "hint #36"
    slot "hint #38"
    slot "hint #25"
    slot "hint #27"
    slot "brk #7"
    .org code + BRANCHES
    br  x9
    br  x16
    blr x9
    ret x9
    braaz x9
    .org code + JUMPS
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7
    b   code + 16 * \n
    .endr
    .balign 4096
level1:
    .space 4096
level2:
    .space 4096
level3:
    .space 4096
