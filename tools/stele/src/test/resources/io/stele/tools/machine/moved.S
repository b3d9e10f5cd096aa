// A kernel whose image is elsewhere in each run (AT, a region of 2^40 bytes): the same code uses its first stack, in the image, and those of
// programs, which are always at the same place.
    .include "common.inc"
    .equ TABLES, 0x44000000
    .equ DATA, 0x44100000
    .equ STACKS, 0x77
    .equ SITES, 600
    .equ EARLY, 100

// Loads from [x0], each with a check of its own, as 0 from [x0, #8] is added to the address.
    .macro loads count
    .rept \count
    ldr x1, [x0]
    ldr x2, [x0, #8]
    add x20, x20, x1
    add x0, x0, x2
    .endr
    .endm

image:
    loads 20
    ret
stack:
    loads SITES - EARLY
early:
    loads EARLY
    ret

main:
    mov x28, x30
    // One level 1 table for all: devices in its first GiB, RAM in the second.
    ldr x0, =TABLES
    adr x19, place
    ldr x19, [x19]
    mov x18, #STACKS
    add x1, x0, #0x1000
    orr x2, x1, #3
    str x2, [x0]
    add x3, x0, x19, lsl #4
    str x2, [x3]
    add x3, x0, x18, lsl #4
    str x2, [x3]
    mov x2, #0x705
    str x2, [x1]
    ldr x2, =0x40000701
    str x2, [x1, #8]
    dsb ish
    mov x9, x0
    mmu_48_bits
    ldr x0, =DATA
    mov x1, #3
    stp x1, xzr, [x0]
    mov x20, #0
    add x21, x0, x19, lsl #40
    add x22, x0, x18, lsl #40
    mov x0, x21
    bl  image
    mov x0, x21
    bl  early
    mov x24, #2000
1:  mov x0, x22
    bl  stack
    mov x0, x21
    bl  image
    subs x24, x24, #1
    b.ne 1b
    show "sum ", x20
    line
    ret x28
    .ltorg
    // In a page without code, which so is the same in each run.
    .balign 4096
place:
    .quad AT
    .balign 4096
