// WFE on two CPUs, without a monitor: ended by SEVL, SEV, the event stream, interrupts (by way of their exception returns), and SEV of the other CPU.
// An event that gets lost leaves the program waiting.
    .include "common.inc"
    .equ GICD, 0x08000000
    .equ GICR, 0x080a0000
    .equ DATA, 0x45000000
    .equ FLAG, 0
    .equ PING, 64
    .equ PONG, 128
    .equ INTERRUPTS, 400
    .equ ROUNDS, 3000
    .equ WAITS, 20
    .equ STREAM_BIT, 14

// The virtual timer: off, and told to who waits.
irq:
    mrs x0, s3_0_c12_c12_0
    cmp x0, #27
    b.ne 1f
    msr cntv_ctl_el0, xzr
    isb
    ldr x1, =DATA
    mov x2, #1
    str x2, [x1, #FLAG]
1:  msr s3_0_c12_c12_1, x0
    isb
    ret

// The second CPU: answers each number with the same, then waits for ever.
secondary:
    ldr x21, =DATA
    mov x1, #1
1:  ldr x2, [x21, #PING]
    cmp x2, x1
    b.eq 2f
    wfe
    b   1b
2:  str x1, [x21, #PONG]
    dsb ish
    sev
    add x1, x1, #1
    b   1b

main:
    ldr x21, =DATA
    str xzr, [x21, #FLAG]
    str xzr, [x21, #PING]
    str xzr, [x21, #PONG]
    sevl
    wfe
    sev
    wfe
    say "own events\n"
    // Each wait behind the first is a period long.
    mov x1, #STREAM_BIT << 4 | 4
    msr cntkctl_el1, x1
    isb
    sevl
    wfe
    mrs x2, cntvct_el0
    mov x1, #WAITS
1:  wfe
    subs x1, x1, #1
    b.ne 1b
    isb
    mrs x3, cntvct_el0
    sub x3, x3, x2
    lsr x3, x3, #STREAM_BIT + 1
    cmp x3, #WAITS - 2
    cset x3, hs
    show "waited for the stream ", x3
    line
    msr cntkctl_el1, xzr
    isb
    // Interrupts of group 1, and the timer's.
    ldr x9, =GICD
    mov w10, #0x12
    str w10, [x9]
    ldr x9, =GICR
    open_redistributor 1 << 27
    msr daifclr, #2
    mov x22, #INTERRUPTS
3:  str xzr, [x21, #FLAG]
    lsl x10, x22, #4
    msr cntv_tval_el0, x10
    mov x10, #1
    msr cntv_ctl_el0, x10
    isb
4:  ldr x10, [x21, #FLAG]
    cbnz x10, 5f
    wfe
    b   4b
5:  subs x22, x22, #1
    b.ne 3b
    msr daifset, #2
    say "woken by interrupts\n"
    mov x1, #1
    adr x2, secondary
    mov x3, #0
    ldr w0, =CPU_ON
    hvc #0
    mov x22, #1
6:  str x22, [x21, #PING]
    dsb ish
    sev
7:  ldr x10, [x21, #PONG]
    cmp x10, x22
    b.eq 8f
    wfe
    b   7b
8:  add x22, x22, #1
    cmp x22, #ROUNDS
    b.ls 6b
    say "woken by the other CPU\n"
    b   off
    .ltorg
