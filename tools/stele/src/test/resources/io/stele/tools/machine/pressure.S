// More code pages than the machine keeps translations of (or PAGES): a function in each of them, called, and now and then all of the first few;
// then some again, of which one was rewritten.
    .include "common.inc"
    .equ CODE, 0x40800000
    .ifndef PAGES
    .equ PAGES, 14000
    .endif
    .equ FEW, 64
    .equ AGAIN, 300
main:
    mov x29, x30
    ldr x9, =CODE
    mov x20, #0
    ldr w11, =0xd65f03c0
1:  ldr w10, =0xd2800000
    orr w10, w10, w20, lsl #5
    and w12, w20, #0x3f
    add x12, x9, x12, lsl #4
    stp w10, w11, [x12]
    add x9, x9, #4096
    add x20, x20, #1
    ldr x12, =PAGES
    cmp x20, x12
    b.lo 1b
    dsb ish
    ic  iallu
    dsb ish
    isb
    ldr x23, =PAGES
    mov x22, #2
    mov x21, #0
2:  ldr x9, =CODE
    mov x20, #0
3:  and w12, w20, #0x3f
    add x12, x9, x12, lsl #4
    blr x12
    add x21, x0, x21
    eor x21, x21, x21, ror #3
    add x9, x9, #4096
    add x20, x20, #1
    tst x20, #0xff
    b.ne 5f
    ldr x25, =CODE
    mov x24, #0
4:  add x12, x25, x24, lsl #12
    add x12, x12, x24, lsl #4
    blr x12
    add x21, x0, x21
    add x24, x24, #1
    cmp x24, #FEW
    b.lo 4b
5:  cmp x20, x23
    b.lo 3b
    show "sum ", x21
    line
    ldr x9, =CODE
    ldr w10, =0xd2824680
    str w10, [x9]
    dc  cvau, x9
    dsb ish
    ic  ivau, x9
    dsb ish
    isb
    mov x23, #AGAIN
    subs x22, x22, #1
    b.ne 2b
    ret x29
    .ltorg
