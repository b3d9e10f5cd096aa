// Breakpoints, watchpoints and software step, at EL1 and EL0: which of them fire, and the syndromes and addresses that they report.
    .include "common.inc"
    .equ DATA, 0x46000000
    .equ KDE, 1 << 13
    .equ MDE, 1 << 15
    // Control registers: enabled, all bytes of an instruction; at EL1, at EL0.
    .equ BREAK, 0x1e1
    .equ AT_EL1, 2
    .equ AT_EL0, 4
    .equ LINKED, (1 << 20) + (5 << 16)
    .equ CONTEXT, 3 << 20
    .equ LOADS, 1 << 3
    .equ STORES, 1 << 4

    .macro break number, address, control
    adr x0, \address
    msr dbgbvr\number\()_el1, x0
    ldr x0, =\control
    msr dbgbcr\number\()_el1, x0
    .endm

    .macro watch number, address, bytes, control
    ldr x0, =\address
    msr dbgwvr\number\()_el1, x0
    ldr x0, =(\bytes << 5) + \control + 1
    msr dbgwcr\number\()_el1, x0
    .endm

    .macro unset registers:vararg
    .irp register, \registers
    msr \register, xzr
    .endr
    isb
    .endm

    // An access to the page that nobody watches: without one, QEMU takes a load for the store before.
    .macro other
    ldr x9, [x20, #0x200]
    .endm

// Adds 1 to x10, at each of six labels.
targets:
t0: add x10, x10, #1
t1: add x10, x10, #1
t2: add x10, x10, #1
t3: add x10, x10, #1
t4: add x10, x10, #1
t5: add x10, x10, #1
    ret

    .macro run text
    say "\text\n"
    mov x10, #0
    bl  targets
    show "sum ", x10
    line
    .endm

main:
    mov x29, x30
    mrs x10, id_aa64dfr0_el1
    ubfx x11, x10, #12, #4
    show "breakpoints ", x11
    ubfx x11, x10, #20, #4
    show " watchpoints ", x11
    line
    ldr x20, =DATA
    mov x0, #0
    msr contextidr_el1, x0
    // Translated before anything is set.
    run "before"
    break 0, t0, BREAK + AT_EL1
    break 1, t1, BREAK + AT_EL1
    break 2, t2, BREAK + AT_EL1
    break 3, t3, BREAK + AT_EL1
    break 4, t4, BREAK + AT_EL1
    break 5, t5, BREAK + AT_EL1
    msr daifclr, #8
    run "locked"
    msr oslar_el1, xzr
    isb
    run "disabled"
    mov x0, #MDE
    msr mdscr_el1, x0
    isb
    run "not in the kernel"
    mov x0, #KDE + MDE
    msr mdscr_el1, x0
    isb
    run "six"
    msr daifset, #8
    run "masked"
    msr daifclr, #8
    unset dbgbcr1_el1, dbgbcr2_el1, dbgbcr4_el1, dbgbcr5_el1
    run "two"
    break 0, t0, BREAK + AT_EL0
    break 3, t3, BREAK - 1 + AT_EL1
    isb
    run "none"
    mov x0, #0x77
    msr dbgbvr5_el1, x0
    ldr x0, =CONTEXT + BREAK + AT_EL1
    msr dbgbcr5_el1, x0
    break 2, t2, BREAK + AT_EL1 + LINKED
    isb
    run "another context"
    mov x0, #0x77
    msr contextidr_el1, x0
    isb
    run "this context"
    unset dbgbcr0_el1, dbgbcr1_el1, dbgbcr2_el1, dbgbcr3_el1, dbgbcr4_el1, dbgbcr5_el1
    say "in a loop\n"
    mov x10, #100
    break 1, 2f, BREAK + AT_EL1
    isb
1:  sub x10, x10, #1
    tst x10, #31
    b.ne 3f
2:  orr x11, x11, #1
3:  cbnz x10, 1b
    unset dbgbcr1_el1

    say "watch\n"
    mov x0, #0x1234
    str x0, [x20]
    other
    watch 0, DATA, 0xff, AT_EL1 + LOADS + STORES
    isb
    ldr x0, [x20]
    other
    str x0, [x20]
    other
    ldrb w0, [x20, #7]
    other
    ldr x0, [x20, #8]
    other
    stp x0, x1, [x20]
    other
    ldp w0, w1, [x20, #-4]
    other
    ldr q0, [x20]
    other
    str q0, [x20, #-16]
    other
    ldxr x0, [x20]
    other
    stxr w1, x0, [x20]
    other
    ldar w0, [x20]
    other
    say "some bytes, one direction\n"
    watch 0, DATA, 0x30, AT_EL1 + LOADS
    watch 1, DATA + 8, 0x01, AT_EL1 + STORES
    watch 2, DATA + 0x14, 0x0c, AT_EL1 + LOADS + STORES
    watch 3, DATA + 0x20, 0x80, AT_EL0 + LOADS + STORES
    isb
    ldr w0, [x20]
    other
    ldr w0, [x20, #4]
    other
    ldrb w0, [x20, #4]
    other
    ldrb w0, [x20, #6]
    other
    str x0, [x20]
    other
    ldr x0, [x20, #8]
    other
    str x0, [x20, #8]
    other
    strb w0, [x20, #9]
    other
    stp x0, x1, [x20, #8]
    other
    strh w0, [x20, #0x14]
    other
    strh w0, [x20, #0x16]
    other
    str x0, [x20, #0x10]
    other
    ldr x0, [x20, #0x20]
    other
    say "a power of two\n"
    unset dbgwcr1_el1, dbgwcr2_el1, dbgwcr3_el1
    watch 0, DATA + 0x4000, 0xff, AT_EL1 + STORES + (13 << 24)
    isb
    ldr x21, =DATA + 0x3ff8
    mov x22, #0
    str x22, [x21], #8
    str x22, [x21], #8
    ldr x21, =DATA + 0x5ff8
    strb wzr, [x21, #7]
    str xzr, [x21, #8]
    ldr x0, [x21]
    say "in a loop\n"
    watch 0, DATA + 0x1000 + 8 * 40, 0xff, AT_EL1 + STORES
    isb
    ldr x21, =DATA + 0x1000
    mov x22, #0
4:  str x22, [x21, x22, lsl #3]
    add x22, x22, #1
    cmp x22, #100
    b.ne 4b
    unset dbgwcr0_el1
    str x22, [x21, #8 * 40]
    ldr x22, [x21, #8 * 40]
    show "unset ", x22
    line

    say "el0\n"
    break 0, 6f, BREAK + AT_EL0
    watch 0, DATA, 0xff, AT_EL0 + LOADS + STORES
    isb
    mov x0, #MDE
    msr mdscr_el1, x0
    ldr x0, [x20]
    adr x0, 6f
    msr elr_el1, x0
    msr spsr_el1, xzr
    adr x28, 5f
    eret
5:  adr x0, 7f
    msr elr_el1, x0
    msr spsr_el1, xzr
    adr x28, 8f
    eret
6:  nop
7:  ldr x0, [x20]
8:  mov x28, #0
    unset dbgbcr0_el1
    unset dbgwcr0_el1

    say "steps\n"
    mov x27, #7
    mov x10, #0
    mov x0, #KDE + 1
    msr mdscr_el1, x0
    isb
    msr daifclr, #8
    add x10, x10, #1
    ldxr x0, [x20]
    add x10, x10, #1
    cbnz x10, 9f
    add x10, x10, #0x100
9:  str x10, [x20]
    add x10, x10, #1
    add x10, x10, #1
    show "sum ", x10
    line
    say "a step to el0\n"
    mov x27, #1
    mov x0, #1
    msr mdscr_el1, x0
    adr x0, 13f
    msr elr_el1, x0
    mov x0, #1 << 21
    msr spsr_el1, x0
    adr x28, 14f
    eret
13: add x10, x10, #1
    add x10, x10, #1
14: mov x28, #0
    msr mdscr_el1, xzr
    show "sum ", x10
    line

    say "in the next page, which was met before\n"
    mov x10, #0
    bl  near
    break 0, next, BREAK + AT_EL1
    mov x0, #KDE + MDE
    msr mdscr_el1, x0
    msr daifclr, #8
    ic  iallu
    dsb ish
    isb
    bl  near
    unset dbgbcr0_el1
    show "sum ", x10
    line
    ret x29
    .ltorg

    .balign 4096
near:
    add x10, x10, #1
    b   next
    .balign 4096
next:
    add x10, x10, #1
    ret
