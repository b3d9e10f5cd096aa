// Loops that call functions in other pages, executed long enough to be translated together with them: a fault in what is called, returns to
// elsewhere, recursion, called code that is rewritten, and a called page that is mapped elsewhere while the loop goes on; accesses with an index.
    .include "common.inc"
    .equ DATA, 0x45000000
    .equ TABLES, 0x44000000
    .equ NORMAL, 0x703
    .equ BAD, 0x1000000000000

// The loop begins at the end of one page and goes on in the next.
    .balign 4096
    .space 4096 - 24
straddling:
    mix x24
    bl  leaf
    mix x10
    mov x0, x24
    bl  nested
    mix x0
    ldr x11, [x9]
    mix x11
    subs x24, x24, #1
    b.ne straddling
    ret x26

    .balign 4096
leaf:
    add x10, x24, #3
    tbz x24, #1, 1f
    eor x10, x10, #0xf0
1:  ret

// Calls from two places; returns behind the word that follows some of the calls.
    .balign 4096
nested:
    mov x12, x30
    bl  leaf
    mix x10
    bl  skipping
    mov x20, #0
    bl  leaf
    mov x30, x12
    tbz x24, #2, 1f
    add x0, x10, #9
1:  ret
skipping:
    add x30, x30, #4
    ret

// x0 = Fibonacci number x0.
    .balign 4096
fib:
    cmp x0, #2
    b.lo 1f
    stp x0, x30, [sp, #-16]!
    sub x0, x0, #1
    bl  fib
    ldr x1, [sp]
    str x0, [sp]
    sub x0, x1, #2
    bl  fib
    ldp x1, x30, [sp], #16
    add x0, x0, x1
1:  ret

// A loop with a switch statement, by x24: 16 cases of 16 bytes, and one more if x19 is 1.
    .balign 4096
switch:
    adr x11, cases
    and x10, x24, #15
    add x10, x10, x19
    add x11, x11, x10, lsl #4
    br  x11
cases:
    .irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    eor x20, x20, #1 << \n
    add x20, x20, #\n
    ror x20, x20, #\n
    b   behind
    .endr
    ldr x11, [x9]
    add x20, x20, x11
    b   behind
    nop
strange:
    mix x24
    ret x26
behind:
    subs x24, x24, #1
    b.ne switch
    ret x26

// The same with 8 cases of 1024 bytes in the next two pages.
    .balign 4096
wide:
    adr x11, wide_cases
    and x10, x24, #7
    add x11, x11, x10, lsl #10
    br  x11
wide_behind:
    subs x24, x24, #1
    b.ne wide
    ret x26
    .balign 4096
wide_cases:
    .irp n, 1, 2, 3, 4, 5, 6, 7, 8
    eor x20, x20, #1 << \n
    add x20, x20, #\n
    ror x20, x20, #\n
    b   wide_behind
    .space 1024 - 20
    b   wide_behind
    .endr

// What a linker makes for a function that is elsewhere.
    .balign 4096
stub:
    adrp x16, pointer
    ldr x17, [x16, #:lo12:pointer]
    add x16, x16, #:lo12:pointer
    br  x17
    .balign 4096
elsewhere:
    add x20, x20, #3
    ret
    .balign 4096
elsewhere_too:
    eor x20, x20, #0xff
    ret
    .balign 8
pointer:
    .space 8

    .balign 4096
rewritten:
    add x20, x20, #1
    ret

    .balign 4096
remapped:
    add x20, x20, #1
    ret
    .balign 4096
other:
    add x20, x20, #7
    ret
    .balign 4096
main:
    mov x29, x30
    ldr x9, =DATA
    mov x10, #0x5555
1:  str x10, [x9], #8
    add x10, x10, #0x111
    tbz x9, #14, 1b

    say "calls:"
    ldr x9, =DATA
    ldr x24, =COUNT
    mov x20, #0
    adr x26, 2f
    b   straddling
2:  show " ", x20
    line

    say "fault:"
    line
    // The address of leaf's caller is lost, and the load meets no memory.
    adr x28, 3f
    ldr x9, =BAD
    mov x24, #77
    mov x20, #5
    b   straddling
3:  mov x28, #0
    show " ", x20
    show " ", x24
    show " ", x10
    show " ", x12
    line

    say "recursion:"
    mov x25, #8
    mov x20, #0
4:  mov x0, #17
    bl  fib
    mix x0
    subs x25, x25, #1
    b.ne 4b
    show " ", x20
    line

    say "index:"
    // Indices of 32 bits, with either sign, and of 64 bits that lead from where nothing is mapped to where something is.
    ldr x9, =DATA + 0x2000
    ldr x10, =DATA + 0x2000 - (5 << 35)
    mov x11, #5 << 32
    ldr x24, =COUNT >> 2
    mov x20, #0
5:  sub w12, w24, #0x100
    sxtb x13, w24
    ldr x14, [x9, w13, sxtw #3]
    mix x14
    and w12, w12, #0xff
    ldr x14, [x9, w12, uxtw #3]
    mix x14
    ldr w14, [x9, x13, lsl #2]
    mix x14
    add x15, x9, x13, lsl #3
    str x20, [x15, #8]
    tst x24, #0xfff
    b.ne 6f
    ldr x14, [x10, x11, lsl #3]
    mix x14
6:  subs x24, x24, #1
    b.ne 5b
    show " ", x20
    line

    say "switch:"
    ldr x9, =DATA
    ldr x24, =COUNT
    mov x20, #0
    mov x19, #0
    adr x26, 15f
    b   switch
15: show " ", x20
    line
    // One case is another instruction now; then the last one meets no memory.
    adr x10, cases + 5 * 16
    ldr w11, [x10]
    ldr w12, [x10, #16]
    str w12, [x10]
    dc  cvau, x10
    dsb ish
    ic  ivau, x10
    dsb ish
    isb
    ldr x24, =COUNT
    adr x26, 16f
    b   switch
16: show " ", x20
    line
    ldr x9, =BAD
    adr x28, 17f
    ldr x24, =COUNT + 14
    adr x26, 17f
    b   switch
17: mov x28, #0
    show " ", x20
    show " ", x24
    line
    // To a case that was never taken before, and left from there.
    ldr x9, =DATA
    mov x24, #15
    mov x19, #1
    adr x26, 18f
    b   switch
18: show " ", x20
    line

    say "switch over pages:"
    ldr x24, =COUNT
    mov x20, #0
    adr x26, 19f
    b   wide
19: show " ", x20
    line

    say "stub:"
    // It leads somewhere else each 1024 times.
    adrp x19, pointer
    add x19, x19, #:lo12:pointer
    adr x10, elsewhere
    adr x11, elsewhere_too
    str x10, [x19]
    eor x11, x11, x10
    ldr x24, =COUNT
20: tst x24, #0x3ff
    b.ne 21f
    eor x10, x10, x11
    str x10, [x19]
21: bl  stub
    subs x24, x24, #1
    b.ne 20b
    show " ", x20
    line

    say "rewritten:"
    mov x20, #0
    mov x21, #64
    adr x19, rewritten
    ldr w22, [x19]
7:  ldr x24, =COUNT >> 6
8:  bl  rewritten
    sub x24, x24, #1
    cbnz x24, 8b
    add w22, w22, #1 << 10
    str w22, [x19]
    dc  cvau, x19
    dsb ish
    ic  ivau, x19
    dsb ish
    isb
    subs x21, x21, #1
    b.ne 7b
    show " ", x20
    line

    say "remapped:"
    // One page for each of the two megabytes at 0x40000000, where this is; large ones behind it.
    ldr x9, =TABLES
    ldr x10, =0x4000
9:  sub x10, x10, #8
    str xzr, [x9, x10]
    cbnz x10, 9b
    add x11, x9, #0x1000
    add x12, x9, #0x2000
    add x13, x9, #0x3000
    orr x10, x11, #3
    str x10, [x9]
    mov x10, #0x705
    str x10, [x11]
    orr x10, x12, #3
    str x10, [x11, #8]
    ldr x10, =0x40000000 | NORMAL & ~2
    add x14, x12, #0x800
10: str x10, [x12], #8
    add x10, x10, #0x200000
    cmp x12, x14
    b.lo 10b
    sub x12, x12, #0x800
    orr x10, x13, #3
    str x10, [x12]
    ldr x10, =0x40000000 | NORMAL
    add x14, x13, #0x1000
11: str x10, [x13], #8
    add x10, x10, #0x1000
    cmp x13, x14
    b.lo 11b
    sub x13, x13, #0x1000
    dsb ish
    mmu_48_bits
    adr x15, remapped
    ubfx x16, x15, #12, #9
    add x13, x13, x16, lsl #3
    ldr x14, [x13]
    adr x17, other
    eor x17, x17, x15
    lsr x15, x15, #12
    mov x20, #0
    mov x21, #64
12: ldr x24, =COUNT >> 6
13: bl  remapped
    tst x24, #0x3ff
    b.ne 14f
    eor x14, x14, x17
    str x14, [x13]
    dsb ish
    tlbi vaae1, x15
    dsb ish
    isb
14: subs x24, x24, #1
    b.ne 13b
    subs x21, x21, #1
    b.ne 12b
    show " ", x20
    line
    ret x29
    .ltorg
