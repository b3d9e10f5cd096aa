// Interrupts through the GICv3: software-generated, virtual and physical timer; WFI, masking, priorities, level of the timers' lines.
    .include "common.inc"
    .equ GICD, 0x08000000
    .equ SGI_BASE, 0x080b0000
    .equ COUNTS, 0x45000000

// Acknowledges, counts and ends an interrupt; timers are masked.
irq:
    mrs x0, s3_0_c12_c12_0
    ldr x1, =COUNTS
    ldr x2, [x1, x0, lsl #3]
    add x2, x2, #1
    str x2, [x1, x0, lsl #3]
    cmp x0, #27
    b.ne 1f
    mov x2, #3
    msr cntv_ctl_el0, x2
1:  cmp x0, #30
    b.ne 2f
    mov x2, #3
    msr cntp_ctl_el0, x2
2:  isb
    msr s3_0_c12_c12_1, x0
    isb
    ret

    .macro counts
    ldr x9, =COUNTS
    ldr x10, [x9, #8]
    show " sgi ", x10
    ldr x10, [x9, #16]
    show " ", x10
    ldr x10, [x9, #27 * 8]
    show " virtual ", x10
    ldr x10, [x9, #30 * 8]
    show " physical ", x10
    line
    .endm

main:
    mov x29, x30
    ldr x9, =COUNTS
    mov x10, #64
1:  str xzr, [x9], #8
    subs x10, x10, #1
    b.ne 1b
    // The redistributor's processor is awake; group 1, priority 0x80.
    ldr x9, =SGI_BASE - 0x10000
    str wzr, [x9, #0x14]
2:  ldr w10, [x9, #0x14]
    tbnz w10, #2, 2b
    ldr x9, =SGI_BASE
    mov w10, #-1
    str w10, [x9, #0x80]
    ldr w10, =0x80808080
    str w10, [x9, #0x400]
    str w10, [x9, #0x418]
    str w10, [x9, #0x41c]
    ldr w10, =(1 << 1) | (1 << 2) | (1 << 27) | (1 << 30)
    str w10, [x9, #0x100]
    ldr x9, =GICD
    mov w10, #0x12
    str w10, [x9]
    open_interrupts
    isb
    say "masked:"
    mov x10, #1 << 24
    orr x10, x10, #1
    msr s3_0_c12_c11_5, x10
    isb
    counts
    mrs x10, isr_el1
    show "pending ", x10
    line
    say "unmasked:"
    msr daifclr, #2
    counts
    mov x20, #100
3:  ldr x10, =(1 << 24) | 1
    msr s3_0_c12_c11_5, x10
    isb
    ldr x10, =(2 << 24) | 1
    msr s3_0_c12_c11_5, x10
    isb
    subs x20, x20, #1
    b.ne 3b
    say "after a hundred:"
    counts

    say "virtual timer, polled:"
    mov x10, #50
    msr cntv_tval_el0, x10
    mov x10, #3
    msr cntv_ctl_el0, x10
4:  mrs x10, cntv_ctl_el0
    tbz x10, #2, 4b
    show " ctl ", x10
    counts
    say "virtual timer, busy loop:"
    mov x20, #20
5:  ldr x11, =COUNTS
    ldr x12, [x11, #27 * 8]
    mov x10, #2000
    msr cntv_tval_el0, x10
    mov x10, #1
    msr cntv_ctl_el0, x10
6:  ldr x13, [x11, #27 * 8]
    cmp x13, x12
    b.eq 6b
    subs x20, x20, #1
    b.ne 5b
    counts
    say "physical timer, wfi:"
    mov x20, #20
7:  ldr x11, =COUNTS
    ldr x12, [x11, #30 * 8]
    mrs x10, cntpct_el0
    add x10, x10, #3000
    msr cntp_cval_el0, x10
    msr daifset, #2
    mov x10, #1
    msr cntp_ctl_el0, x10
    isb
8:  wfi
    msr daifclr, #2
    isb
    msr daifset, #2
    ldr x13, [x11, #30 * 8]
    cmp x13, x12
    b.eq 8b
    subs x20, x20, #1
    b.ne 7b
    msr daifclr, #2
    counts
    say "wfi with interrupts masked:"
    msr daifset, #2
    mov x20, #10
9:  mov x10, #1000
    msr cntv_tval_el0, x10
    mov x10, #1
    msr cntv_ctl_el0, x10
    isb
    wfi
    mrs x10, cntv_ctl_el0
    tbz x10, #2, 9b
    mrs x10, isr_el1
    cmp x10, #0x80
    b.ne 9b
    mov x10, #0
    msr cntv_ctl_el0, x10
    subs x20, x20, #1
    b.ne 9b
    counts
    mrs x10, isr_el1
    show "pending ", x10
    line
    say "priority mask:"
    mov x10, #0x80
    msr s3_0_c4_c6_0, x10
    isb
    msr daifclr, #2
    ldr x10, =(1 << 24) | 1
    msr s3_0_c12_c11_5, x10
    isb
    counts
    mov x10, #0xff
    msr s3_0_c4_c6_0, x10
    isb
    nop
    counts
    say "time goes on: "
    mrs x10, cntvct_el0
    mov x20, #100
10: isb
    mrs x11, cntvct_el0
    cmp x11, x10
    b.lo 11f
    mov x10, x11
    subs x20, x20, #1
    b.ne 10b
    say "yes\n"
    ret x29
11: say "no\n"
    ret x29
    .ltorg
