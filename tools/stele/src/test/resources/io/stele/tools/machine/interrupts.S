// CPU 0 sends SGIs to the others at all moments, each announces a number; they arm timers closer and closer meanwhile, wait, mask and unmask. None
// may be lost, no timer may fire early.
    .include "common.inc"
    .equ GICD, 0x08000000
    .equ GICR, 0x080a0000
    .equ DATA, 0x45000000
    .equ TIMER, 27
    .equ PATIENCE, 62500000 * 20
    // By CPU 256 bytes: numbers announced by SGI 1 and 2, and those seen; timers that fired, that were early; compare value; SGIs acknowledged.
    .equ ANNOUNCED, 0
    .equ SEEN, 16
    .equ FIRED, 32
    .equ EARLY, 40
    .equ COMPARE, 48
    .equ ACKNOWLEDGED, 56
    .equ FINISHED, 64
    .equ READY, 72

    .macro my_data register
    mrs \register, tpidr_el1
    .endm

    // The next random number in x26, and some of its bits in a register.
    .macro random register, mask
    ldr x9, =6364136223846793005
    mul x26, x26, x9
    add x26, x26, #1442
    lsr \register, x26, #40
    and \register, \register, #\mask
    .endm

irq:
    mrs x0, s3_0_c12_c12_0
    my_data x1
    cmp x0, #TIMER
    b.eq 1f
    cmp x0, #2
    b.hi 3f
    // What was announced before the interrupt is seen after its acknowledgement.
    sub x2, x0, #1
    add x3, x1, x2, lsl #3
    ldr x4, [x3, #ANNOUNCED]
    str x4, [x3, #SEEN]
    ldr x4, [x1, #ACKNOWLEDGED]
    add x4, x4, #1
    str x4, [x1, #ACKNOWLEDGED]
    // Some time between acknowledgement and end.
    and x4, x4, #63
2:  subs x4, x4, #1
    b.pl 2b
    b   3f
1:  isb
    mrs x2, cntvct_el0
    ldr x3, [x1, #COMPARE]
    cmp x2, x3
    b.hs 4f
    ldr x4, [x1, #EARLY]
    add x4, x4, #1
    str x4, [x1, #EARLY]
4:  mov x2, #3
    msr cntv_ctl_el0, x2
    isb
    ldr x4, [x1, #FIRED]
    add x4, x4, #1
    str x4, [x1, #FIRED]
3:  msr s3_0_c12_c12_1, x0
    isb
    ret

// CPU x0 begins here.
secondary:
    mov x20, x0
    own_stack x20
    start_cpu
    ldr x21, =DATA
    add x21, x21, x20, lsl #8
    msr tpidr_el1, x21
    ldr x10, =GICR
    add x9, x10, x20, lsl #17
    open_redistributor 1 << TIMER | 6
    ldr w10, =0x80808080
    str w10, [x9, #0x400 + TIMER - 3]
    mov x10, #1
    str x10, [x21, #READY]
    add x26, x20, #77
    ldr x22, =ROUNDS
round:
    msr daifset, #2
    ldr x23, [x21, #FIRED]
    // Far away first.
    mrs x10, cntvct_el0
    ldr x11, =62500 * 40
    add x10, x10, x11
    str x10, [x21, #COMPARE]
    msr cntv_cval_el0, x10
    mov x10, #1
    msr cntv_ctl_el0, x10
    isb
    random x11, 255
1:  subs x11, x11, #1
    b.pl 1b
    random x11, 1
    cbz x11, 2f
    // Off, as before a wait, and on again.
    mov x10, #2
    msr cntv_ctl_el0, x10
    mov x10, #1
    msr cntv_ctl_el0, x10
    msr daifclr, #2
    nop
    msr daifset, #2
2:  random x11, 0xfff
    isb
    mrs x10, cntvct_el0
    add x10, x10, x11
    str x10, [x21, #COMPARE]
    msr cntv_cval_el0, x10
    isb
    ldr x11, =PATIENCE
    add x24, x10, x11
    random x25, 3
3:  cbz x25, 4f
    cmp x25, #1
    b.eq 5f
    // Unmasked in a loop, or for a moment.
    msr daifclr, #2
    b   6f
4:  ldr x10, [x21, #FIRED]
    cmp x10, x23
    b.ne 6f
    wfi
5:  msr daifclr, #2
    isb
    msr daifset, #2
6:  ldr x10, [x21, #FIRED]
    cmp x10, x23
    b.ne 7f
    mrs x10, cntvct_el0
    cmp x10, x24
    b.lo 3b
    say "timer lost\n"
    b   off
7:  subs x22, x22, #1
    b.ne round
    mov x10, #1
    str x10, [x21, #FINISHED]
    msr daifclr, #2
8:  wfi
    b   8b

main:
    mov x29, x30
    ldr x21, =DATA
    mov x1, #0
1:  str xzr, [x21, x1]
    add x1, x1, #8
    cmp x1, #0x2000
    b.lo 1b
    msr tpidr_el1, x21
    ldr x9, =GICD
    mov w10, #0x12
    str w10, [x9]
    turn_on_others
    mov x19, #1
9:  ldr x21, =DATA
    add x21, x21, x19, lsl #8
    ldr x10, [x21, #READY]
    cbz x10, 9b
    add x19, x19, #1
    cmp x19, #CPUS
    b.lo 9b
    mov x26, #5
    mov x27, #0
burst:
    mov x19, #1
    mov x22, #0
send:
    ldr x21, =DATA
    add x21, x21, x19, lsl #8
    random x23, 1
    add x10, x21, x23, lsl #3
    ldr x11, [x10, #ANNOUNCED]
    add x11, x11, #1
    str x11, [x10, #ANNOUNCED]
    add x27, x27, #1
    add x23, x23, #1
    lsl x23, x23, #24
    mov x10, #1
    lsl x10, x10, x19
    orr x10, x10, x23
    dsb ish
    msr s3_0_c12_c11_5, x10
    isb
    random x11, 1023
3:  subs x11, x11, #1
    b.pl 3b
    add x19, x19, #1
    cmp x19, #CPUS
    b.lo send
    mov x19, #1
    add x22, x22, #1
    cmp x22, #5
    b.lo send
    // All have seen what was announced to them.
    mrs x24, cntvct_el0
    ldr x11, =PATIENCE
    add x24, x24, x11
    mov x19, #1
    mov x28, #0
4:  ldr x21, =DATA
    add x21, x21, x19, lsl #8
5:  ldp x10, x11, [x21, #ANNOUNCED]
    ldp x12, x13, [x21, #SEEN]
    cmp x10, x12
    ccmp x11, x13, #0, eq
    b.eq 6f
    yield
    mrs x14, cntvct_el0
    cmp x14, x24
    b.lo 5b
    say "interrupt lost\n"
    b   off
6:  ldr x10, [x21, #FINISHED]
    add x28, x28, x10
    add x19, x19, #1
    cmp x19, #CPUS
    b.lo 4b
    cmp x28, #CPUS - 1
    b.ne burst
    // Not more than were sent.
    mov x28, #0
    mov x19, #1
    mov x20, #0
    mov x22, #0
7:  ldr x21, =DATA
    add x21, x21, x19, lsl #8
    ldr x10, [x21, #ACKNOWLEDGED]
    sub x27, x27, x10
    ldr x10, [x21, #FIRED]
    add x20, x20, x10
    ldr x10, [x21, #EARLY]
    add x22, x22, x10
    add x19, x19, #1
    cmp x19, #CPUS
    b.lo 7b
    lsr x27, x27, #63
    show "timers ", x20
    show " early ", x22
    show " too many interrupts ", x27
    line
    ret x29
    .ltorg
