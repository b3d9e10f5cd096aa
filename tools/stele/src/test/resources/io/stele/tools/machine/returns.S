// Interrupts that the guest sends to itself, with PSTATE.PAN set as systems have it: each returns to where it came, with flags, masks and stack.
    .include "common.inc"
    .equ GICD, 0x08000000
    .equ SGI_BASE, 0x080b0000
    .equ COUNT, 0x45000000
    .equ ROUNDS, 1600

irq:
    mrs x0, s3_0_c12_c12_0
    ldr x1, =COUNT
    ldr x2, [x1]
    add x2, x2, x0
    str x2, [x1]
    cmp x0, x0
    msr s3_0_c12_c12_1, x0
    isb
    ret

main:
    mov x29, x30
    mrs x9, sctlr_el1
    bic x9, x9, #1 << 23
    msr sctlr_el1, x9
    isb
    .inst 0xd500419f                    // msr pan, #1
    ldr x9, =SGI_BASE - 0x10000
    str wzr, [x9, #0x14]
1:  ldr w10, [x9, #0x14]
    tbnz w10, #2, 1b
    ldr x9, =SGI_BASE
    mov w10, #-1
    str w10, [x9, #0x80]
    ldr w10, =0x80808080
    str w10, [x9, #0x400]
    mov w10, #2
    str w10, [x9, #0x100]
    ldr x9, =GICD
    mov w10, #0x12
    str w10, [x9]
    open_interrupts
    isb
    ldr x9, =COUNT
    str xzr, [x9]
    mov x20, #ROUNDS
    mov x21, #0
    mov x22, sp
    mov x24, #1 << 24
    orr x24, x24, #1
2:  and x23, x20, #15
    lsl x23, x23, #28
    msr daifclr, #2
    msr nzcv, x23
    msr s3_0_c12_c11_5, x24
    isb
    mrs x10, nzcv
    mrs x11, daif
    mrs x12, spsel
    mrs x13, s3_0_c4_c2_3               // pan
    eor x10, x10, x23
    mov x14, #0x340
    eor x11, x11, x14
    sub x12, x12, #1
    eor x13, x13, #1 << 22
    orr x10, x10, x11
    orr x12, x12, x13
    mov x11, sp
    eor x11, x11, x22
    orr x10, x10, x11
    orr x10, x10, x12
    cmp x10, #0
    cinc x21, x21, ne
    // Sent while it is masked, and taken where it is unmasked.
    msr daifset, #2
    msr s3_0_c12_c11_5, x24
    isb
    msr nzcv, x23
    msr daifclr, #2
    mrs x10, nzcv
    cmp x10, x23
    cinc x21, x21, ne
    subs x20, x20, #1
    b.ne 2b
    ldr x9, =COUNT
    ldr x9, [x9]
    show "interrupts ", x9
    show " wrong returns ", x21
    line
    ret x29
    .ltorg
