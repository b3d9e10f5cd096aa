// Bare-metal cases for emulators, one kind of event each, after the categories of SimBench (Wagstaff et al., ISPASS 2017); all code is our own.
// Runs on the virt machine without an operating system. GROUP selects: 1 control flow and code, 2 exceptions, 3 devices and system registers,
// 4 memory. Position-independent; stack and tables are at fixed places of RAM, of which 256 MiB are needed.
    .arch armv8-a
    .equ UART, 0x09000000
    .equ GICD, 0x08000000
    .equ GICR, 0x080a0000
    .equ STACK, 0x42f00000
    .equ TABLES, 0x43000000
    .equ PAGES, 0x44000000              // 64 MiB, mapped by pages of 4 KiB
    .equ HOLE, 0x100000000              // never mapped
    .equ POWER_OFF, 0x84000008

    .text
    .global _start
_start:
    b   begin
    .long 0
    .quad 0x80000
    .quad 0x100000
    .quad 0xa
    .quad 0, 0, 0
    .ascii "ARM\x64"
    .long 0

// Prints the text behind the call and returns behind it.
puts:
    ldr x1, =UART
1:  ldrb w0, [x30], #1
    cbz w0, 2f
    str w0, [x1]
    b   1b
2:  add x30, x30, #3
    and x30, x30, #-4
    ret

    .macro say text:vararg
    bl  puts
    .asciz \text
    .balign 4
    .endm

    .macro measure name, count
    say "bench-begin \name \count\n"
    ldr x19, =\count
    .endm

    .macro measured name
    say "bench-end \name 0\n"
    .endm

// Vectors: what a synchronous exception does is in x27 (address, ends by eret, may change x0 to x3); an interrupt sets x26.
    .balign 2048
vectors:
    .rept 4
    br  x27
    .balign 128
    b   interrupt
    .balign 128
    b   .
    .balign 128
    b   .
    .balign 128
    .endr

interrupt:
    mrs x0, s3_0_c12_c12_0              // ICC_IAR1_EL1
    msr s3_0_c12_c12_1, x0              // ICC_EOIR1_EL1
    mov x26, #1
    eret

skip:
    mrs x0, elr_el1
    add x0, x0, #4
    msr elr_el1, x0
    eret

return:
    msr elr_el1, x30
    eret

resume:
    eret

begin:
    ldr x0, =STACK
    mov sp, x0
    adr x0, vectors
    msr vbar_el1, x0
    adr x27, stuck
    mov x0, #3 << 20
    msr cpacr_el1, x0
    isb
    say "stele: /init is running\n"

    .if GROUP == 1
    measure small-blocks, 1000000
1:  .rept 32
    add x1, x1, #1
    b   77f
77:
    .endr
    subs x19, x19, #1
    b.ne 1b
    measured small-blocks

    measure large-blocks, 1000000
1:  .rept 64
    add x1, x1, x2
    eor x2, x2, x3, ror #7
    sub x3, x3, x1, lsl #2
    orr x4, x4, #1
    .endr
    subs x19, x19, #1
    b.ne 1b
    measured large-blocks

    measure direct-same-page, 2000000
    b   1f
    .balign 4096
1:  .rept 16
    b   77f
    nop
77: b   78f
    nop
78:
    .endr
    subs x19, x19, #1
    b.ne 1b
    measured direct-same-page

    measure direct-other-page, 1000000
1:  bl  hop0
    subs x19, x19, #1
    b.ne 1b
    measured direct-other-page

    measure indirect-same-page, 1000000
    b   1f
    .balign 4096
1:  .rept 16
    adr x9, 77f
    br  x9
    nop
77:
    .endr
    subs x19, x19, #1
    b.ne 1b
    measured indirect-same-page

    measure indirect-other-page, 1000000
1:  adr x9, leap0
    blr x9
    subs x19, x19, #1
    b.ne 1b
    measured indirect-other-page

    measure call-return, 5000000
1:  bl  leaf
    bl  leaf
    bl  leaf
    bl  leaf
    subs x19, x19, #1
    b.ne 1b
    measured call-return

    measure new-code-small, 5000
    adr x9, changing
    ldr w10, [x9]
1:  eor w10, w10, #1 << 10
    str w10, [x9]
    dc  cvau, x9
    dsb ish
    ic  ivau, x9
    dsb ish
    isb
    bl  changing
    subs x19, x19, #1
    b.ne 1b
    measured new-code-small

    measure new-code-large, 500
    adr x9, changing_much
1:  mov x11, x9
    add x12, x9, #2048
2:  ldr w10, [x11]
    eor w10, w10, #1 << 10
    str w10, [x11], #4
    cmp x11, x12
    b.lo 2b
    mov x11, x9
3:  dc  cvau, x11
    add x11, x11, #64
    cmp x11, x12
    b.lo 3b
    dsb ish
    mov x11, x9
4:  ic  ivau, x11
    add x11, x11, #64
    cmp x11, x12
    b.lo 4b
    dsb ish
    isb
    bl  changing_much
    subs x19, x19, #1
    b.ne 1b
    measured new-code-large
    .endif

    .if GROUP == 2
    bl  mmu_on
    adr x27, skip
    measure undefined, 50000
1:  udf #0
    subs x19, x19, #1
    b.ne 1b
    measured undefined

    adr x27, resume
    measure system-call, 200000
1:  svc #0
    subs x19, x19, #1
    b.ne 1b
    measured system-call

    adr x27, skip
    ldr x9, =HOLE
    measure data-fault, 50000
1:  ldr x10, [x9]
    subs x19, x19, #1
    b.ne 1b
    measured data-fault

    adr x27, return
    measure instruction-fault, 50000
1:  blr x9
    subs x19, x19, #1
    b.ne 1b
    measured instruction-fault

    bl  gic_on
    measure interrupt, 50000
1:  mov x26, #0
    mov x0, #1                          // SGI 0 to the CPU with affinity 0.0.0.0
    msr s3_0_c12_c11_5, x0              // ICC_SGI1R_EL1
    isb
2:  cbz x26, 2b
    subs x19, x19, #1
    b.ne 1b
    measured interrupt
    .endif

    .if GROUP == 3
    ldr x9, =UART
    measure device-read, 100000
1:  ldr w10, [x9, #0x18]
    subs x19, x19, #1
    b.ne 1b
    measured device-read

    measure device-write, 100000
1:  str wzr, [x9, #0x38]                // the interrupt mask
    subs x19, x19, #1
    b.ne 1b
    measured device-write

    measure system-register-read, 2000000
1:  mrs x10, far_el1
    subs x19, x19, #1
    b.ne 1b
    measured system-register-read

    measure system-register-write, 2000000
1:  msr tpidr_el0, x19
    subs x19, x19, #1
    b.ne 1b
    measured system-register-write

    measure counter-read, 1000000
1:  mrs x10, cntvct_el0
    subs x19, x19, #1
    b.ne 1b
    measured counter-read
    .endif

    .if GROUP == 4
    ldr x9, =PAGES
    measure memory-hot-no-mmu, 10000000
    bl  hot
    measured memory-hot-no-mmu
    measure memory-cold-no-mmu, 1000000
    bl  cold
    measured memory-cold-no-mmu
    bl  mmu_on
    measure memory-hot, 10000000
    bl  hot
    measured memory-hot
    measure memory-cold, 1000000
    bl  cold
    measured memory-cold

    measure unprivileged, 10000000
1:  ldtr x10, [x9]
    sttr x10, [x9, #8]
    subs x19, x19, #1
    b.ne 1b
    measured unprivileged

    measure tlb-evict, 1000000          // a new page each time, 16384 in turn
    mov x11, #0
1:  ldr x10, [x9, x11]
    add x11, x11, #4096
    and x11, x11, #0x3ffffff
    subs x19, x19, #1
    b.ne 1b
    measured tlb-evict

    measure tlb-flush-page, 20000
    lsr x11, x9, #12
1:  tlbi vae1, x11
    dsb nsh
    isb
    ldr x10, [x9]
    subs x19, x19, #1
    b.ne 1b
    measured tlb-flush-page

    measure tlb-flush, 5000
1:  tlbi vmalle1
    dsb nsh
    isb
    ldr x10, [x9]
    ldr x10, [x9, #4096]
    subs x19, x19, #1
    b.ne 1b
    measured tlb-flush
    .endif

    say "bench-done\n"
off:
    ldr w0, =POWER_OFF
    hvc #0
    b   .

stuck:
    say "bench-says an exception that was not expected\n"
    b   off

// 16 loads and stores of one line.
hot:
1:  .rept 8
    ldr x10, [x9]
    str x10, [x9, #8]
    .endr
    subs x19, x19, #1
    b.ne 1b
    ret

// Loads that never find their line in a cache: 64 MiB in steps of a prime number of lines.
cold:
    mov x11, #0
    mov x12, #64 * 1021
1:  ldr x10, [x9, x11]
    add x11, x11, x12
    and x11, x11, #0x3ffffff
    subs x19, x19, #1
    b.ne 1b
    ret

// Identity map, 39 bits: the first GiB as device memory, RAM by 2 MiB, PAGES by 4 KiB and open to EL0.
mmu_on:
    ldr x0, =TABLES
    ldr x1, =0x401                      // device, block, accessed
    str x1, [x0]
    add x2, x0, #4096
    orr x1, x2, #3
    str x1, [x0, #8]
    ldr x1, =0x40000705                 // normal, inner shareable, accessed, block
    mov x3, #0
1:  str x1, [x2, x3, lsl #3]
    add x1, x1, #0x200000
    add x3, x3, #1
    cmp x3, #512
    b.lo 1b
    add x4, x0, #0x10000
    add x2, x2, #32 * 8
    mov x3, #0
2:  orr x1, x4, #3
    str x1, [x2, x3, lsl #3]
    add x4, x4, #4096
    add x3, x3, #1
    cmp x3, #32
    b.lo 2b
    add x4, x0, #0x10000
    ldr x1, =PAGES + 0x747              // the same, page, EL0 too
    mov x3, #0
3:  str x1, [x4, x3, lsl #3]
    add x1, x1, #4096
    add x3, x3, #1
    cmp x3, #16384
    b.lo 3b
    msr ttbr0_el1, x0
    ldr x1, =0xff00                     // attribute 0: device, 1: normal, write-back
    msr mair_el1, x1
    ldr x1, =0x00803519                 // 39 bits, 4 KiB, write-back, inner shareable, no TTBR1
    msr tcr_el1, x1
    dsb ish
    isb
    tlbi vmalle1
    dsb nsh
    mrs x1, sctlr_el1
    mov x2, #0x1005                     // MMU, caches
    orr x1, x1, x2
    msr sctlr_el1, x1
    isb
    ret

// Lets SGI 0 through.
gic_on:
    ldr x0, =GICD
    mov w1, #0x12                       // affinity routing, group 1
    str w1, [x0]
    ldr x0, =GICR
    str wzr, [x0, #0x14]                // awake
1:  ldr w1, [x0, #0x14]
    tbnz w1, #2, 1b
    add x0, x0, #0x10000
    mov w1, #-1
    str w1, [x0, #0x80]                 // group 1
    mov w1, #1
    str w1, [x0, #0x100]                // enabled
    mov x1, #7
    msr s3_0_c12_c12_5, x1              // ICC_SRE_EL1
    isb
    mov x1, #0xff
    msr s3_0_c4_c6_0, x1                // ICC_PMR_EL1
    mov x1, #1
    msr s3_0_c12_c12_7, x1              // ICC_IGRPEN1_EL1
    isb
    msr daifclr, #2
    ret

    .ltorg

    .if GROUP == 1
leaf:
    add x1, x1, #1
    ret

    .irp n, 0, 1, 2, 3, 4, 5, 6, 7
    .balign 4096
hop\n:
    .if \n == 7
    ret
    .else
    b   hop_after\n
    .balign 4096
hop_after\n:
    .endif
    .endr

    .irp n, 0, 1, 2, 3, 4, 5, 6, 7
    .balign 4096
leap\n:
    .if \n == 7
    ret
    .else
    adr x9, leap_after\n
    br  x9
    .balign 4096
leap_after\n:
    .endif
    .endr

    .balign 4096
changing:
    add x1, x1, #2
    add x2, x2, x1
    ret

    .balign 4096
changing_much:
    .rept 512
    add x1, x1, #2
    .endr
    ret
    .endif
