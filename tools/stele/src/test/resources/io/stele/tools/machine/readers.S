// Blocks of loops that begin with looking at flags, which comparisons of the blocks before them have made: executed long enough to be translated
// as a whole. In the last round the access behind meets no memory, and the flags that the exception shows are those of the comparison.
    .include "common.inc"
    .include "rounds.inc"

    // Two ways to what looks at the flags; on one of them something else is written.
    .macro reader name, looks, comparison:vararg
    begin "\name"
1:  ldr x11, [x9, #16]
    mix x11
    next
    add x22, x22, x24, lsl #5
    \comparison
    tbz x24, #2, 2f
    add x10, x10, #3
2:  \looks
    mix x10
    ldr x11, [x9]
    mix x11
    b   1b
    end
    .endm

    .macro jumps condition
    b.\condition 4f
    add x10, x10, #5
4:
    .endm

    // Only Z and N of the first comparison count.
    .macro comparesIf condition
    ccmp x24, x22, #6, \condition
    b.gt 4f
    eor x10, x10, x24
4:
    .endm

    .macro carries
    adc x10, x10, x24
    .endm

    // What was compared is overwritten before the access.
    .macro overwrites condition
    b.\condition 4f
    add x10, x10, #5
4:  eor x12, x12, x24
    add x22, x22, #9
    .endm

    .macro selects condition
    csel x13, x24, x22, \condition
    add x10, x10, x13
    .endm

    .macro all name, comparison:vararg
    .irp condition, eq, pl, hi, ge, vs
    reader "\name jumps", "jumps \condition", \comparison
    .endr
    .irp condition, ne, mi, ls
    reader "\name compares", "comparesIf \condition", \comparison
    .endr
    reader "\name carries", carries, \comparison
    reader "\name overwrites", "overwrites lt", \comparison
    reader "\name selects", "selects cs", \comparison
    .endm

    program

    all "registers", cmp x24, x22
    all "constant", cmp w22, #100
    all "sum", cmn w24, w22
    all "bits", tst x22, #0x300
    all "difference", subs x12, x12, x22
    all "result of 32 bits", adds w12, w12, w22
    all "result and", ands x12, x22, x24
    all "conditional", ccmp x24, x22, #5, ne

    // Two comparisons lead to the same look.
    begin "joined"
1:  ldr x11, [x9, #16]
    mix x11
    next
    add x22, x22, x24, lsl #5
    tbz x24, #3, 2f
    subs x12, x12, x22
    b   3f
2:  cmp x22, x24
3:  ccmp x24, #27, #8, mi
    b.eq 4f
    b.lt 4f
    add x10, x10, #7
4:  mix x10
    ldr x11, [x9]
    b   1b
    end
    ret x29
