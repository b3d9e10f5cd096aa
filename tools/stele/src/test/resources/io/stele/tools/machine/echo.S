// The last of CPUS CPUs waits for interrupts of the UART, by WFI, and sends each byte back; a 'q' ends the machine. The others sleep.
    .include "common.inc"
    .equ GICD, 0x08000000
    .equ GICR, 0x080a0000
    .equ UART_INTERRUPT, 33

irq:
    mrs x0, s3_0_c12_c12_0
    ldr x2, =UART
1:  ldr w3, [x2, #0x18]
    tbnz w3, #4, 2f
    ldr w4, [x2]
    and w4, w4, #0xff
    str w4, [x2]
    cmp w4, #'q'
    b.ne 1b
    b   off
2:  msr s3_0_c12_c12_1, x0
    isb
    ret

secondary:
    ldr x1, =STACK - 0x10000
    mov sp, x1
    start_cpu
serve:
    ldr x9, =GICR + (CPUS - 1) * 0x20000
    str wzr, [x9, #0x14]
1:  ldr w10, [x9, #0x14]
    tbnz w10, #2, 1b
    open_interrupts
    isb
    // The UART: on, a buffer of one byte, interrupts for what arrives.
    ldr x9, =UART
    mov w10, #0x301
    str w10, [x9, #0x30]
    mov w10, #0x60
    str w10, [x9, #0x2c]
    mov w10, #0x10
    str w10, [x9, #0x38]
    say "ready"
2:  wfi
    msr daifclr, #2
    isb
    msr daifset, #2
    b   2b

main:
    ldr x9, =GICD
    mov w10, #0x12
    str w10, [x9]
    mov w10, #1 << (UART_INTERRUPT - 32)
    str w10, [x9, #0x84]
    mov w11, #0x80
    strb w11, [x9, #0x400 + UART_INTERRUPT]
    add x12, x9, #0x6000
    mov x11, #CPUS - 1
    str x11, [x12, #8 * UART_INTERRUPT]
    str w10, [x9, #0x104]
    mov x1, #CPUS - 1
    cbz x1, serve
    adr x2, secondary
    mov x3, #0
    ldr w0, =CPU_ON
    hvc #0
1:  wfi
    b   1b
    .ltorg
