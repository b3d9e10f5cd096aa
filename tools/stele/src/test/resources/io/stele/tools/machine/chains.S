// Comparisons that are made if the one before says so, with each condition and with all flags instead, and jumps that look at them: in loops
// that are executed long enough to be translated as a whole. For each condition of the jumps: which of them were taken, mixed.
    .include "common.inc"

    .set nth, 0
    .macro chain condition, other, jump
    .set flags, (nth * 7 + nth / 16) & 15
    .if nth % 5 == 0
    cmp x11, x12
    ccmp x13, x14, #flags, \condition
    .elseif nth % 5 == 1
    cmp w13, w14
    ccmp w11, #7, #flags, \condition
    .elseif nth % 5 == 2
    cmn x13, x14
    ccmn x14, x13, #flags, \condition
    .elseif nth % 5 == 3
    tst x11, #3
    ccmp x12, x11, #flags, \condition
    ccmp w13, w14, #flags ^ 5, \other
    .else
    subs x15, x11, x12
    ccmp x15, #2, #flags, \condition
    ccmn w14, w13, #flags ^ 10, \other
    .endif
    b.\jump 2f
    add x21, x21, #1
2:  adc x21, x21, x21
    .set nth, nth + 1
    .endm

    // Rotation and no carry: the sum above shows which ways were taken, and the carry flag is that of the last comparison.
    .macro loop jump
    ldr x24, =COUNT
    mov x10, #0x1234
    mov x20, #0
1:  madd x10, x10, x25, x26
    lsr x11, x10, #60
    ubfx x12, x10, #56, #4
    eor x13, x10, x10, lsl #17
    ror x14, x10, #23
    mov x21, #0
    chain eq, ne, \jump
    chain ne, lt, \jump
    chain cs, eq, \jump
    chain cc, hi, \jump
    chain mi, vs, \jump
    chain pl, cc, \jump
    chain vs, ge, \jump
    chain vc, mi, \jump
    chain hi, cs, \jump
    chain ls, gt, \jump
    chain ge, ls, \jump
    chain lt, vc, \jump
    chain gt, pl, \jump
    chain le, le, \jump
    mix x21
    subs x24, x24, #1
    b.ne 1b
    say "\jump:"
    show " ", x20
    line
    .endm

    // The same without anybody who looks at the flags behind the jumps.
    .macro silent jump
    ldr x24, =COUNT
    mov x10, #0x4321
    mov x20, #0
1:  madd x10, x10, x25, x26
    lsr x11, x10, #60
    ubfx x12, x10, #56, #4
    eor x13, x10, x10, lsl #17
    ror x14, x10, #23
    mov x21, #0
    .irp condition, eq, ne, cs, cc, mi, pl, vs, vc, hi, ls, ge, lt, gt, le
    .set flags, (nth * 7 + nth / 16) & 15
    add x21, x21, x21
    .if nth % 3 == 0
    cmp x11, x12
    ccmp x13, x14, #flags, \condition
    .elseif nth % 3 == 1
    subs x15, x11, x12
    ccmp x15, #2, #flags, \condition
    ccmn w14, w13, #flags ^ 10, \condition
    .else
    tst w14, w13
    ccmn w14, w13, #flags, \condition
    .endif
    b.\jump 2f
    add x21, x21, #1
2:  tst x21, #1
    cinc x21, x21, eq
    .set nth, nth + 1
    .endr
    mix x21
    subs x24, x24, #1
    b.ne 1b
    say "\jump, unseen:"
    show " ", x20
    line
    .endm

    .balign 4096
main:
    mov x29, x30
    ldr x25, =6364136223846793005
    ldr x26, =1442695040888963407
    .irp jump, eq, ne, cs, cc, mi, pl, vs, vc, hi, ls, ge, lt, gt, le
    loop \jump
    silent \jump
    .endr
    ret x29
