// Executes chunks of anything: the test appends them at CHUNKS. Each begins with SPSR, ELR, SP_EL0, SP_EL1 and x0 to x28. After an exception in
// a chunk the next instruction follows; BRK, exceptions elsewhere and timer interrupts go on with the next chunk; the end turns the machine
// off. With MMU = 1 RAM is mapped twice, for EL1 and for EL0.
    .arch armv8.1-a+nopan
    .equ CHUNKS, 0x10000
    .equ CHUNK_BYTES, 512
    .equ CODE_OFFSET, 272
    .equ EC_BRK, 0x3c
    .equ POWER_OFF, 0x84000008
    .equ TABLE, 0x47000000
    .equ DISTRIBUTOR, 0x08000000
    .equ REDISTRIBUTOR_SGI, 0x080b0000
    .equ VIRTUAL_TIMER, 27
    .equ TICKS, 62500

    .text
    .global _start
_start:
    b   begin
    .long 0
    .quad 0x80000
    .quad 0x200000
    .quad 0xa
    .quad 0, 0, 0
    .ascii "ARM\x64"
    .long 0

next_chunk:
    .quad 0
last_chunk:
    .quad 0
saved:
    .quad 0, 0

    .balign 2048
vectors:
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
    .balign 128
    .if (\n & 3) == 0
    b   synchronous
    .else
    mrs x0, icc_iar1_el1
    msr icc_eoir1_el1, x0
    b   next
    .endif
    .endr
    .balign 128

begin:
    adr x0, vectors
    msr vbar_el1, x0
    adr x0, _start
    mov x1, #CHUNKS
    add x0, x0, x1
    adr x1, next_chunk
    str x0, [x1]
    .if MMU
    // 1 GiB blocks: devices for everybody, RAM for EL1, RAM for EL0 a gibibyte above.
    ldr x0, =TABLE
    mov x1, #0x0000000000000445
    str x1, [x0]
    ldr x1, =0x0000000040000701
    str x1, [x0, #8]
    ldr x1, =0x0000000040000f41
    str x1, [x0, #16]
    msr ttbr0_el1, x0
    msr ttbr1_el1, x0
    mov x1, #0xff
    msr mair_el1, x1
    ldr x1, =(25 | 25 << 16 | 2 << 30 | 0x3500 | 0x35000000 | 3 << 37)
    msr tcr_el1, x1
    isb
    mrs x0, sctlr_el1
    orr x0, x0, #1
    msr sctlr_el1, x0
    isb
    .endif
    ldr x0, =DISTRIBUTOR
    mov w1, #0x12
    str w1, [x0]
    ldr x0, =REDISTRIBUTOR_SGI
    mov w1, #1 << VIRTUAL_TIMER
    str w1, [x0, #0x80]
    str w1, [x0, #0x100]
    mov x0, #0xf0
    msr icc_pmr_el1, x0
    mov x0, #1
    msr icc_igrpen1_el1, x0

next:
    adr x17, next_chunk
    ldp x16, x15, [x17]
    cmp x16, x15
    b.hs off
    add x14, x16, #CHUNK_BYTES
    str x14, [x17]
    mov x0, #3 << 20
    msr cpacr_el1, x0
    ldr x0, =TICKS
    msr cntv_tval_el0, x0
    mov x0, #1
    msr cntv_ctl_el0, x0
    ldp x0, x1, [x16], #16
    msr spsr_el1, x0
    msr elr_el1, x1
    ldp x0, x1, [x16], #16
    msr sp_el0, x0
    mov sp, x1
    ldp x0, x1, [x16], #16
    ldp x2, x3, [x16], #16
    ldp x4, x5, [x16], #16
    ldp x6, x7, [x16], #16
    ldp x8, x9, [x16], #16
    ldp x10, x11, [x16], #16
    ldp x12, x13, [x16], #16
    ldp x14, x15, [x16], #16
    ldp x28, x18, [x16], #16
    ldp x19, x20, [x16], #16
    ldp x21, x22, [x16], #16
    ldp x23, x24, [x16], #16
    ldp x25, x26, [x16], #16
    ldr x27, [x16]
    isb
    eret
synchronous:
    msr tpidr_el1, x17
    adr x17, saved
    stp x15, x16, [x17]
    mrs x15, esr_el1
    lsr x15, x15, #26
    cmp x15, #EC_BRK
    b.eq next
    mrs x16, elr_el1
    adr x15, next_chunk
    ldr x15, [x15]
    sub x15, x15, #CHUNK_BYTES - CODE_OFFSET
    sub x15, x16, x15
    and x15, x15, #0x3fffffff
    cmp x15, #CHUNK_BYTES - CODE_OFFSET
    b.hs next
    add x16, x16, #4
    msr elr_el1, x16
    ldp x15, x16, [x17]
    mrs x17, tpidr_el1
    eret
off:
    ldr w0, =POWER_OFF
    hvc #0
    b   .
    .ltorg
