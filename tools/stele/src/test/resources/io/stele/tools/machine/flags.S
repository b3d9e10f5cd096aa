// Loops whose first access sees the flags of the comparison at their end, executed long enough to be translated with their registers in host
// registers. In the last round it meets no memory, and the flags that the exception shows are those of the comparison.
    .include "common.inc"
    .include "rounds.inc"

    // Both ways of the jump lead back.
    .macro loop name, condition, comparison:vararg
    begin "\name"
1:  ldr x11, [x9]
    mix x11
    next
    \comparison
    b.\condition 1b
    add x10, x10, #3
    b   1b
    end
    .endm

    program

    loop "registers", hi, cmp x24, x22
    loop "32 bits and a constant", lt, cmp w24, #100
    loop "result", ne, subs x12, x12, #7
    loop "32 bits of a result", cs, adds w12, w12, w24
    loop "result and register", vs, adds x12, x12, x24, lsl #44
    loop "bits", eq, tst x24, #0xc
    loop "and", mi, ands x12, x24, x22
    loop "negative", ge, cmn w24, w22
    loop "large constant", lo, subs x12, x24, x23
    loop "conditional", gt, ccmp x24, x22, #5, ne

    // What was compared has moved on before the access.
    .macro moving name, condition, move, comparison:vararg
    begin "\name"
    mov x26, #0x100
1:  \move
    ldr x11, [x9]
    mix x11
    next
    \comparison
    b.\condition 1b
    add x10, x10, #3
    b   1b
    end
    .endm

    moving "right moves", hi, "add x26, x26, #8", cmp x24, x26
    moving "left moves", cs, "sub x26, x26, #8", cmp x26, x24
    moving "32 bits move", lt, "add w26, w26, #1", cmp w24, w26
    moving "32 bits move of 64", lt, "sub w26, w26, #1", cmp x24, x26
    moving "left moves beside a constant", le, "add x26, x26, #3", cmp x26, #0x777
    moving "bits of what moves", eq, "add x26, x26, #3", tst x24, x26
    moving "sum with what moves", vs, "add x26, x26, #5", cmn x26, x24, lsl #44
    moving "result and what moves", mi, "add x26, x26, #7", subs x12, x12, x26
    moving "result that moves", pl, "add x12, x12, #5", subs x12, x12, #7

    // What is compared is written before the second access.
    begin "overwritten"
1:  ldr x11, [x9]
    ldr x13, [x9, #8]
    mix x11
    mix x13
    sub x24, x24, #1
    cmp x24, #0x800
    csel x9, x23, x9, eq
    cmp x11, x24
    b.hi 1b
    eor x10, x10, #1
    b   1b
    end

    // It is written by the access that meets no memory, with its own address.
    begin "written back"
1:  ldr x11, [x9], #8
    ldr x13, [x9, #-8]
    sub x9, x9, #8
    mix x13
    next
    cmp x9, x24
    b.hi 1b
    eor x10, x10, #1
    b   1b
    end

    // The flags of two comparisons come to the same access, and there is a way on which nothing is compared.
    begin "joined"
1:  ldr x11, [x9]
    mix x11
    sub x24, x24, #1
    mov x13, #1
    sub x13, x24, x13
    cbz x13, 4f
    tbz x24, #4, 2f
    cmp x24, x22
    b.hi 3f
2:  tbnz x24, #5, 3f
    subs x12, x12, x24
3:  ldr x14, [x9, #8]
    mix x14
    tbz x24, #6, 1b
    tst x24, #0x300
    b.ne 1b
    b   1b
4:  mov x9, x23
    b   3b
    end

    // A way out, where the flags are read.
    begin "read"
    mov x25, #64
5:  ldr x24, =COUNT / 64
1:  ldr x11, [x9]
    mix x11
    ldr x14, [x9, #8]
    tbz x24, #20, 6f
    mix x14
6:  subs x24, x24, #1
    b.hi 1b
    mrs x12, nzcv
    mix x12
    sub x25, x25, #1
    cbnz x25, 5b
    mov x9, x23
    ldr x11, [x9]
    end
    ret x29
