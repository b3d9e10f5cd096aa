// A stack that ends at the end of a region of 2^40 bytes, and data around it: as fast as elsewhere.
    .include "common.inc"
    .equ TABLES, 0x44000000
    .equ EDGE, 0x0000010000000000

// fib(x0) with all of it on the stack.
fib:
    cmp x0, #2
    b.lo 1f
    stp x29, x30, [sp, #-32]!
    str x0, [sp, #16]
    sub x0, x0, #1
    bl  fib
    ldr x1, [sp, #16]
    str x0, [sp, #24]
    sub x0, x1, #2
    bl  fib
    ldr x1, [sp, #24]
    add x0, x0, x1
    ldp x29, x30, [sp], #32
1:  ret

main:
    mov x28, x30
    // Level 0 and 1 below 2^39; level 1 to 3 on both sides of the edge: 2 MiB each.
    ldr x0, =TABLES
    add x1, x0, #0x1000
    orr x2, x1, #3
    str x2, [x0]
    mov x2, #0x705
    str x2, [x1]
    ldr x2, =0x40000701
    str x2, [x1, #8]
    add x1, x0, #0x2000
    orr x2, x1, #3
    str x2, [x0, #8]
    add x3, x0, #0x3000
    orr x2, x3, #3
    str x2, [x1, #511 * 8]
    ldr x2, =0x45000701
    str x2, [x3, #511 * 8]
    add x1, x0, #0x4000
    orr x2, x1, #3
    str x2, [x0, #16]
    add x3, x0, #0x5000
    orr x2, x3, #3
    str x2, [x1]
    ldr x2, =0x45200701
    str x2, [x3]
    dsb ish
    ldr x9, =TABLES
    mmu_48_bits
    mov x27, sp
    ldr x0, =EDGE
    mov sp, x0
    mov x0, #20
    bl  fib
    mov x20, x0
    // Loads and stores on both sides, and across, off bases on both sides.
    ldr x1, =EDGE - 4096
    ldr x2, =EDGE
    mov x3, #20000
1:  str x3, [x1, #4096]
    ldr x4, [x2, #-8]
    stp x3, x4, [x2, #-8]
    ldur x5, [x2, #-4]
    ldr x6, [x1, #4088]
    add x20, x20, x5
    eor x20, x20, x6
    subs x3, x3, #1
    b.ne 1b
    mov sp, x27
    show "edge ", x20
    line
    ret x28
    .ltorg
