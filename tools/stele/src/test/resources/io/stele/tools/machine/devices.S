// Loads and stores of all sizes to devices, once and in loops, with and without writeback.
    .include "common.inc"
    .equ GICD, 0x08000000
    .equ GICR, 0x080a0000

    .macro peek text, base, offset
    ldr x9, =\base + \offset
    ldrb w10, [x9]
    ldrh w11, [x9]
    ldr w12, [x9]
    show "\text ", x10
    show " ", x11
    show " ", x12
    line
    .endm

main:
    mov x29, x30
    .irp o, 0xfe0, 0xfe4, 0xfe8, 0xfec, 0xff0, 0xff4, 0xff8, 0xffc
    peek "uart \o", UART, \o
    .endr
    ldr x9, =GICD
    ldr w10, [x9]
    show "gicd ctlr ", x10
    ldr x9, =GICD + 0xffe8
    ldr w10, [x9]
    show ", pidr2 ", x10
    ldr x9, =GICR + 0xffe8
    ldr w10, [x9]
    show ", gicr pidr2 ", x10
    line
    say "in a loop\n"
    mov x20, #0
    mov x21, #2000
    ldr x9, =UART
1:  ldr w10, [x9, #0xfe0]
    ldrb w11, [x9, #0xff0]
    ldrh w12, [x9, #0xff4]
    ldrsb x13, [x9, #0xff4]
    ldrsh x14, [x9, #0xff8]
    ldrsw x15, [x9, #0xffc]
    add x20, x20, x10
    add x20, x20, x11, lsl #4
    add x20, x20, x12, lsl #8
    add x20, x20, x13, lsl #12
    add x20, x20, x14, lsl #16
    eor x20, x20, x15, ror #13
    subs x21, x21, #1
    b.ne 1b
    show "sum ", x20
    line
    say "writeback: "
    ldr x9, =UART + 0xfe0
    mov x21, #4
    mov x20, #0
2:  ldr w10, [x9], #4
    add x20, x10, x20, lsl #8
    subs x21, x21, #1
    b.ne 2b
    show "", x20
    show " ", x9
    line
    say "pairs: "
    ldr x9, =UART + 0xff0
    ldp w10, w11, [x9]
    ldp w12, w13, [x9, #8]
    show "", x10
    show " ", x11
    show " ", x12
    show " ", x13
    line
    say "enable bits: "
    ldr x9, =GICD
    mov x21, #300
    mov x20, #0
    mov w10, #0x37
    str w10, [x9]
    mov w11, #1
3:  str w11, [x9, #0x104]
    ldr w12, [x9, #0x104]
    add x20, x20, x12
    ror w11, w11, #31
    subs x21, x21, #1
    b.ne 3b
    show "", x20
    line
    say "priority bytes: "
    mov x21, #0
4:  add x10, x9, #0x400
    add x10, x10, #32
    lsl w11, w21, #3
    strb w11, [x10, x21]
    add x21, x21, #1
    cmp x21, #64
    b.lo 4b
    mov x21, #0
5:  ldr w12, [x10, x21]
    show " ", x12
    add x21, x21, #4
    cmp x21, #64
    b.lo 5b
    line
    say "routes: "
    add x10, x9, #0x6000
    ldr x11, [x10, #0x100]
    show "", x11
    mov x11, #0
    str x11, [x10, #0x100]
    ldr x11, [x10, #0x100]
    show " ", x11
    ldr w11, [x10, #0x100]
    show " ", x11
    ldr w11, [x10, #0x104]
    show " ", x11
    line
    say "device and memory by one instruction:"
    ldr x22, =UART + 0xfe0
    ldr x23, =STACK - 0x2000
    mov x10, #0x1234
    str x10, [x23]
    mov x21, #400
    mov x20, #0
6:  ldr w10, [x22]
    add x20, x20, x10
    eor x22, x22, x23
    eor x23, x22, x23
    eor x22, x22, x23
    subs x21, x21, #1
    b.ne 6b
    show " ", x20
    line
    say "text from memory by bytes, words"
    adr x9, text
    ldr x10, =UART
7:  ldrb w11, [x9], #1
    cbz w11, 8f
    str w11, [x10]
    ldrb w11, [x9], #1
    strh w11, [x10]
    ldrb w11, [x9], #1
    strb w11, [x10]
    b   7b
8:  line
    ret x29
text:
    .asciz ": abcdefghijklmnop"
    .asciz ""
    .asciz ""
    .ltorg
