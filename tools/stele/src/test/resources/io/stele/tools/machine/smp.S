// Several CPUs (CPUS of them): turning on and off by PSCI, atomic counters that all change, interrupts from one to another, WFE and SEV. The
// last one turns the machine off.
    .include "common.inc"
    .equ GICD, 0x08000000
    .equ GICR, 0x080a0000
    .equ DATA, 0x45000000
    .equ ROUNDS, 2000
    .equ CYCLES, 30
    // Words at DATA: counters, then by CPU a line of 64 bytes: how often it came up, SGIs received.
    .equ BY_EXCLUSIVE, 0
    .equ BY_ATOMIC, 64
    .equ BY_PAIR, 128
    .equ DONE, 192
    .equ GO, 256
    .equ EVENT, 320
    .equ LINES, 1024
    .equ CPU_OFF, 0x84000002
    .equ AFFINITY_INFO, 0xc4000004

// Counts SGIs in the line of this CPU; SGI 1 is answered by SGI 2 to CPU 0.
irq:
    mrs x0, s3_0_c12_c12_0
    mrs x1, mpidr_el1
    and x1, x1, #0xff
    ldr x2, =DATA + LINES
    add x2, x2, x1, lsl #6
    add x3, x2, x0, lsl #3
    ldr x4, [x3, #8]
    add x4, x4, #1
    str x4, [x3, #8]
    msr s3_0_c12_c12_1, x0
    isb
    cmp x0, #1
    b.ne 1f
    ldr x2, =2 << 24 | 1
    dsb ish
    msr s3_0_c12_c11_5, x2
    isb
1:  ret

// The redistributor of CPU x9 and its interface: SGIs of group 1. Changes x9, x10.
gic:
    ldr x10, =GICR
    add x9, x10, x9, lsl #17
    open_redistributor 0xffff
    ret

// CPU x0 begins here.
secondary:
    mov x20, x0
    own_stack x20
    start_cpu
    mov x9, x20
    bl  gic
    ldr x21, =DATA
    ldr x22, =DATA + LINES
    add x22, x22, x20, lsl #6
    ldr x1, [x22]
    add x1, x1, #1
    stlr x1, [x22]
    cmp x1, #1
    b.ne 3f
    // The first time: counts with the others, then waits for interrupts until it is told to go.
    bl  count
1:  ldr x1, [x21, #GO]
    cbnz x1, 4f
    wfi
    msr daifclr, #2
    isb
    msr daifset, #2
    b   1b
3:  cmp x1, #CYCLES
    b.lo 4f
    // The last time: waits for an event, then ends the machine if it is the last CPU.
5:  wfe
    ldar x1, [x21]
    ldr x1, [x21, #EVENT]
    cbz x1, 5b
    add x2, x21, #DONE
    mov x1, #1
    ldaddal x1, x3, [x2]
    cmp x20, #CPUS - 1
    b.ne 4f
6:  ldar x1, [x2]
    cmp x1, #2 * CPUS - 1
    b.lo 6b
    say "off by the last CPU\n"
    b   off
4:  ldr w0, =CPU_OFF
    hvc #0
    b   .

// ROUNDS times each: adds one to a word with exclusives, to one by an atomic, and two numbers to a pair. Changes x1 to x8.
count:
    mov x1, #ROUNDS
    add x2, x21, #BY_EXCLUSIVE
    add x3, x21, #BY_ATOMIC
    add x4, x21, #BY_PAIR
1:  ldxr x5, [x2]
    add x5, x5, #1
    stxr w6, x5, [x2]
    cbnz w6, 1b
    mov x5, #1
    stadd x5, [x3]
2:  ldaxp x5, x6, [x4]
    add x5, x5, #1
    sub x6, x6, #1
    stlxp w7, x5, x6, [x4]
    cbnz w7, 2b
    subs x1, x1, #1
    b.ne 1b
    dmb ish
    add x2, x21, #DONE
    mov x1, #1
    ldaddal x1, x3, [x2]
    ret

main:
    mov x29, x30
    ldr x21, =DATA
    mov x1, #0
1:  str xzr, [x21, x1]
    add x1, x1, #8
    cmp x1, #0x2000
    b.lo 1b
    ldr x9, =GICD
    mov w10, #0x12
    str w10, [x9]
    mov x9, #0
    bl  gic
    say "states before and after:"
    mov x19, #1
2:  mov x1, x19
    mov x2, #0
    ldr w0, =AFFINITY_INFO
    hvc #0
    show " ", x0
    bl  turnon
    show " ", x0
11: mov x1, x19
    mov x2, #0
    ldr w0, =AFFINITY_INFO
    hvc #0
    cbnz x0, 11b
    show " ", x0
    bl  turnon
    show " ", x0
    add x19, x19, #1
    cmp x19, #CPUS
    b.lo 2b
    line
    mov x19, #77
    bl  turnon
    show "no such CPU: ", x0
    line
    bl  count
    add x2, x21, #DONE
3:  ldar x1, [x2]
    cmp x1, #CPUS
    b.lo 3b
    ldr x1, [x21, #BY_EXCLUSIVE]
    show "counted ", x1
    ldr x1, [x21, #BY_ATOMIC]
    show " ", x1
    ldr x1, [x21, #BY_PAIR]
    show " ", x1
    ldr x1, [x21, #BY_PAIR + 8]
    show " ", x1
    line
    // SGI 1 to each other CPU in turn, which answers with SGI 2.
    ldr x22, =DATA + LINES
    msr daifclr, #2
    mov x23, #50
4:  mov x19, #1
5:  mov x1, #1
    lsl x1, x1, x19
    orr x1, x1, #1 << 24
    ldr x24, [x22, #24]
    dsb ish
    msr s3_0_c12_c11_5, x1
    isb
6:  ldr x2, [x22, #24]
    cmp x2, x24
    b.ne 7f
    yield
    b   6b
7:  add x19, x19, #1
    cmp x19, #CPUS
    b.lo 5b
    subs x23, x23, #1
    b.ne 4b
    ldr x2, [x22, #24]
    show "answers ", x2
    line
    // All turn off, and are turned on again, often.
    mov x1, #1
    str x1, [x21, #GO]
    ldr x1, =1 << 40 | 3 << 24
    dsb ish
    msr s3_0_c12_c11_5, x1
    isb
    msr daifset, #2
    mov x23, #CYCLES - 1
8:  mov x19, #1
9:  mov x1, x19
    mov x2, #0
    ldr w0, =AFFINITY_INFO
    hvc #0
    cmp x0, #1
    b.ne 9b
    bl  turnon
    cbnz x0, 9b
    add x19, x19, #1
    cmp x19, #CPUS
    b.lo 9b
    subs x23, x23, #1
    b.ne 8b
    mov x19, #1
10: add x1, x22, x19, lsl #6
    ldar x2, [x1]
    cmp x2, #CYCLES
    b.lo 10b
    add x19, x19, #1
    cmp x19, #CPUS
    b.lo 10b
    say "up again, all of them\n"
    mov x1, #1
    str x1, [x21, #EVENT]
    dsb ish
    sev
    ldr w0, =CPU_OFF
    hvc #0
    b   .

// CPU_ON of CPU x19: x0 = result.
turnon:
    mov x1, x19
    adr x2, secondary
    mov x3, x19
    ldr w0, =CPU_ON
    hvc #0
    ret
    .ltorg
