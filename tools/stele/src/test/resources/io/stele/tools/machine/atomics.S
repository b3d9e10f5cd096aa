// Exclusives and LSE atomics in loops, of all sizes.
    .include "common.inc"
    .equ DATA, 0x45000000
main:
    mov x29, x30
    ldr x9, =DATA
    .irp size, b, h
    str xzr, [x9]
    mov x20, #1000
1:  ldxr\size w10, [x9]
    add w10, w10, #3
    stxr\size w11, w10, [x9]
    cbnz w11, 1b
    subs x20, x20, #1
    b.ne 1b
    ldr x10, [x9]
    show "exclusive \size ", x10
    line
    .endr
    str xzr, [x9]
    mov x20, #1000
2:  ldaxr x10, [x9]
    add x10, x10, x20, lsl #30
    stlxr w11, x10, [x9]
    cbnz w11, 2b
    subs x20, x20, #1
    b.ne 2b
    ldr x10, [x9]
    show "exclusive x ", x10
    line
    stp xzr, xzr, [x9]
    mov x20, #1000
3:  ldaxp x10, x12, [x9]
    add x10, x10, x20, lsl #30
    sub x12, x12, x20
    stlxp w11, x10, x12, [x9]
    cbnz w11, 3b
    subs x20, x20, #1
    b.ne 3b
    ldp x10, x12, [x9]
    show "pair ", x10
    show " ", x12
    line
    say "without a reservation:"
    clrex
    stxr w11, x10, [x9]
    show " ", x11
    ldxr x10, [x9]
    clrex
    stxr w11, x10, [x9]
    show " ", x11
    ldxr x10, [x9]
    stxr w11, x20, [x9, #0]
    show " ", x11
    stxr w11, x20, [x9, #0]
    show " ", x11
    ldxr x10, [x9]
    add x12, x9, #64
    stxr w11, x20, [x12]
    show " ", x11
    ldxr x10, [x9]
    add x13, x10, #1
    str x13, [x9]
    stxr w11, x20, [x9]
    line
    say "exception between\n"
    ldxr x10, [x9]
    svc #3
    stxr w11, x20, [x9]
    show "status ", x11
    line
    .macro lse op, expression
    mov x10, #0x1234
    movk x10, #0x8765, lsl #48
    movk x10, #0x00ff, lsl #16
    str x10, [x9]
    mov x20, #300
    mov x21, #0
4:  mov x12, #0x5a5a
    add x12, x12, x20, lsl #40
    eor x12, x12, x20
    \op x12, x13, [x9]
    eor x21, x13, x21, ror #7
    \op\()al x20, x13, [x9]
    eor x21, x13, x21, ror #7
    \op w12, w13, [x9, #0]
    eor x21, x13, x21, ror #7
    \op\()ab w12, w13, [x9]
    eor x21, x13, x21, ror #7
    \op\()lh w12, w13, [x9]
    eor x21, x13, x21, ror #7
    subs x20, x20, #1
    b.ne 4b
    ldr x10, [x9]
    show "\op ", x10
    show " ", x21
    line
    .endm
    .irp op, ldadd, ldclr, ldeor, ldset, ldsmax, ldsmin, ldumax, ldumin, swp
    lse \op
    .endr
    mov x20, #1000
    str xzr, [x9]
    mov x21, #0
5:  ldr x10, [x9]
    and x11, x20, #3
    add x12, x10, x11
    add x13, x10, x20
    cas x12, x13, [x9]
    eor x21, x12, x21, ror #9
    and x12, x20, #0xff
    casalh w12, w13, [x9]
    eor x21, x12, x21, ror #9
    casb w12, w20, [x9]
    eor x21, x12, x21, ror #9
    subs x20, x20, #1
    b.ne 5b
    show "cas ", x21
    line
    stp xzr, xzr, [x9]
    mov x20, #1000
    mov x21, #0
6:  ldp x10, x11, [x9]
    and x14, x20, #1
    add x10, x10, x14
    add x12, x10, x20, lsl #33
    sub x13, x11, x20
    caspal x10, x11, x12, x13, [x9]
    eor x21, x10, x21, ror #9
    eor x21, x11, x21, ror #9
    subs x20, x20, #1
    b.ne 6b
    show "casp ", x21
    line
    say "unaligned\n"
    add x9, x9, #1
    ldadd x10, x11, [x9]
    ldaddh w10, w11, [x9]
    swp w10, w11, [x9]
    cas x10, x11, [x9]
    ldxr w10, [x9]
    ldar w10, [x9]
    stlr w10, [x9]
    casp x10, x11, x12, x13, [x9]
    ret x29
    .ltorg
