// Runs single instructions on given states, for comparison. Arguments: STATES CODE.
//
// STATES is a file of records (layout: io.stele.arm64.oracle.CpuImage), mapped shared at STATE_BASE and updated in place. CODE is a file of
// 32-byte slots, one for each record, mapped at CODE_BASE:
//     mrs x30, tpidr_el0 ; the instructions (1 to 5) ; b exit_next ; b exit_taken
// The exits are at fixed addresses: the start of the text section. A record starts with X0..X30, SP.

    .equ RECORD, 1328
    .equ NZCV, 256
    .equ FPCR, 264
    .equ FPSR, 272
    .equ OUTCOME, 280
    .equ VECTORS, 304
    .equ MEMORY, 816
    .equ MEMORY_BYTES, 512

    .equ STATE_BASE, 0x40000000
    .equ CODE_BASE, 0x12000000
    .equ MEMORY_BASE, 0x30000000
    .equ STACK_BASE, 0x31000000
    .equ STACK_BYTES, 0x10000

    .equ SYS_close, 57
    .equ SYS_openat, 56
    .equ SYS_lseek, 62
    .equ SYS_exit, 93
    .equ SYS_sigaltstack, 132
    .equ SYS_rt_sigaction, 134
    .equ SYS_rt_sigreturn, 139
    .equ SYS_mmap, 222
    .equ UCONTEXT_PC, 440

    .text
    b exit_next
    b exit_taken

    .macro exit_with outcome
    msr tpidr_el0, x0
    adr x0, scratch
    str x1, [x0]
    mov x1, \outcome
    b leave
    .endm

exit_next:
    exit_with #0
exit_taken:
    exit_with #1
exit_fault:
    exit_with #2

// x0 = scratch, x1 = outcome; the instruction's x0 is in tpidr_el0 and its x1 in the scratch area.
leave:
    stp x1, x2, [x0, #8]
    ldr x1, [x0, #24]
    stp x2, x3, [x1, #16]
    stp x4, x5, [x1, #32]
    stp x6, x7, [x1, #48]
    stp x8, x9, [x1, #64]
    stp x10, x11, [x1, #80]
    stp x12, x13, [x1, #96]
    stp x14, x15, [x1, #112]
    stp x16, x17, [x1, #128]
    stp x18, x19, [x1, #144]
    stp x20, x21, [x1, #160]
    stp x22, x23, [x1, #176]
    stp x24, x25, [x1, #192]
    stp x26, x27, [x1, #208]
    stp x28, x29, [x1, #224]
    mov x2, sp
    stp x30, x2, [x1, #240]
    mrs x2, tpidr_el0
    ldr x3, [x0]
    stp x2, x3, [x1]
    mrs x2, nzcv
    mrs x3, fpcr
    stp x2, x3, [x1, #NZCV]
    mrs x2, fpsr
    ldr x3, [x0, #8]
    cmp x3, #2
    ldr x4, [x0, #32]
    csel x3, x4, x3, eq
    stp x2, x3, [x1, #FPSR]
    msr fpcr, xzr
    add x2, x1, #VECTORS
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    str q\n, [x2], #16
    .endr
    add x2, x1, #MEMORY
    ldr x3, =MEMORY_BASE
    bl copy
    add x1, x1, #RECORD
    ldr x4, [x0, #40]
    add x4, x4, #32
    b next

// x0 = address of the first code slot is kept in scratch; x1 = record, x4 = slot.
next:
    adr x0, scratch
    ldr x2, [x0, #48]
    cmp x1, x2
    b.hs finish
    str x1, [x0, #24]
    str x4, [x0, #40]
    clrex
    ldr x2, =MEMORY_BASE
    add x3, x1, #MEMORY
    bl copy
    add x2, x1, #VECTORS
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    ldr q\n, [x2], #16
    .endr
    ldp x2, x3, [x1, #NZCV]
    msr nzcv, x2
    msr fpcr, x3
    ldr x2, [x1, #FPSR]
    msr fpsr, x2
    ldp x30, x2, [x1, #240]
    mov sp, x2
    msr tpidr_el0, x30
    mov x30, x4
    ldp x2, x3, [x1, #16]
    ldp x4, x5, [x1, #32]
    ldp x6, x7, [x1, #48]
    ldp x8, x9, [x1, #64]
    ldp x10, x11, [x1, #80]
    ldp x12, x13, [x1, #96]
    ldp x14, x15, [x1, #112]
    ldp x16, x17, [x1, #128]
    ldp x18, x19, [x1, #144]
    ldp x20, x21, [x1, #160]
    ldp x22, x23, [x1, #176]
    ldp x24, x25, [x1, #192]
    ldp x26, x27, [x1, #208]
    ldp x28, x29, [x1, #224]
    ldp x0, x1, [x1]
    br x30

// Copies MEMORY_BYTES from x3 to x2; changes x2, x3, x5, x6, x7.
copy:
    mov x5, #MEMORY_BYTES / 16
1:  ldp x6, x7, [x3], #16
    stp x6, x7, [x2], #16
    subs x5, x5, #1
    b.ne 1b
    ret

// x0 = signal, x2 = ucontext: the interrupted instruction ends with exit_fault.
handler:
    adr x3, scratch
    str x0, [x3, #32]
    adr x3, exit_fault
    str x3, [x2, #UCONTEXT_PC]
    mov x8, #SYS_rt_sigreturn
    svc #0

finish:
    mov x0, #0
    mov x8, #SYS_exit
    svc #0
fail:
    mov x0, #1
    mov x8, #SYS_exit
    svc #0

    .global _start
_start:
    ldr x19, [sp, #16]
    ldr x20, [sp, #24]

    ldr x0, =MEMORY_BASE
    mov x1, #0x1000
    mov x2, #3
    mov x3, #0x32
    mov x4, #-1
    bl map
    ldr x0, =STACK_BASE
    mov x1, #STACK_BYTES
    mov x2, #3
    mov x3, #0x32
    mov x4, #-1
    bl map

    mov x0, x19
    mov x2, #2
    bl open
    mov x4, x0
    bl size
    mov x1, x0
    ldr x21, =STATE_BASE
    add x22, x21, x1
    mov x0, x21
    mov x2, #3
    mov x3, #0x11
    bl map

    mov x0, x20
    mov x2, #0
    bl open
    mov x4, x0
    bl size
    mov x1, x0
    ldr x0, =CODE_BASE
    mov x2, #5
    mov x3, #0x12
    bl map

    adr x0, altstack
    mov x1, #0
    mov x8, #SYS_sigaltstack
    svc #0
    cbnz x0, fail
    adr x0, action
    adr x1, handler
    str x1, [x0]
    .irp signal, 4, 5, 7, 11
    mov x0, #\signal
    bl catch
    .endr

    adr x0, scratch
    str x22, [x0, #48]
    mov x1, x21
    ldr x4, =CODE_BASE
    b next

map:
    mov x5, #0
    mov x8, #SYS_mmap
    svc #0
    cmn x0, #4095
    b.hs fail
    ret
open:
    mov x1, x0
    mov x0, #-100
    mov x3, #0
    mov x8, #SYS_openat
    svc #0
    tbnz x0, #63, fail
    ret
// x4 = file; its size in x0.
size:
    mov x0, x4
    mov x1, #0
    mov x2, #2
    mov x8, #SYS_lseek
    svc #0
    tbnz x0, #63, fail
    ret
catch:
    adr x1, action
    mov x2, #0
    mov x3, #8
    mov x8, #SYS_rt_sigaction
    svc #0
    cbnz x0, fail
    ret

    .ltorg
    .data
    .balign 16
// x1, outcome, unused, record, signal, slot, end of the records.
scratch:
    .quad 0, 0, 0, 0, 0, 0, 0
altstack:
    .quad STACK_BASE, 0, STACK_BYTES
// handler, SA_SIGINFO | SA_ONSTACK | SA_NODEFER, restorer, mask.
action:
    .quad 0, 0x48000004, 0, 0
