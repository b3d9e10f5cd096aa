// A console by polling, character by character, with all that a store to the UART's data register may find in its way. With SPIN it ends in a
// loop that never asks for anything.
    .include "common.inc"
    .equ FR, 0x18
    .equ CR, 0x30
    .equ IMSC, 0x38
    .equ RIS, 0x3c
    .equ ICR, 0x44
    .equ TXRIS, 1 << 5
    .equ LBE, 1 << 7

    // Waits for room, and stores a character with one of the sizes that a driver may use. x9 is the UART.
    .macro put size, register
1:  ldrh w10, [x9, #FR]
    tbnz w10, #5, 1b
    str\size \register, [x9]
    .endm

main:
    mov x29, x30
    ldr x9, =UART
    mov x20, #0
    mov x21, #300
line:
    mov x22, #0
characters:
    add w11, w22, #'0'
    orr w11, w11, #0x100
    and w12, w11, #0x7f
    put b, w11
    put h, w12
    put , w12
    mov w13, #'.'
    put h, w13
    // Flags as a sign-extended byte and as a word: the same while nothing comes in.
    ldrsb x14, [x9, #FR]
    ldr w15, [x9, #FR]
    add x20, x20, x14
    add x20, x20, x15
    add x22, x22, #1
    cmp x22, #20
    b.ne characters
    mov w11, #10
    put b, w11
    subs x21, x21, #1
    b.ne line
    show "sum ", x20
    line

    // The interrupt of a transmission is there at once if the driver clears it before.
    mov x21, #200
    mov x20, #0
2:  mov w11, #TXRIS
    strh w11, [x9, #ICR]
    ldrh w12, [x9, #RIS]
    mov w11, #'t'
    put h, w11
    ldrh w13, [x9, #RIS]
    and w12, w12, #TXRIS
    and w13, w13, #TXRIS
    add x20, x20, x12, lsl #16
    add x20, x20, x13
    subs x21, x21, #1
    b.ne 2b
    show "\nraised ", x20
    line

    // Masks that change between transmissions.
    mov x21, #100
3:  mov w11, #TXRIS
    strh w11, [x9, #IMSC]
    mov w11, #'i'
    put h, w11
    strh wzr, [x9, #IMSC]
    mov w11, #'p'
    put h, w11
    subs x21, x21, #1
    b.ne 3b
    say "\nend\n"
    .ifdef SPIN
    msr daifset, #15
    b   .
    .endif
    ret x29
    .ltorg
