// Runs cases in a virtual machine. Started at EL1 with the MMU on and SP_EL1 = address of the first record; linked at the address where it
// runs. A record starts with X0..X30, SP, as io.stele.arm64.oracle.CpuImage has it. Three of its words are this program's:
//
//   word   before the case                 after it
//   STATUS flags                           SPSR_EL1
//   CALL   SPSR_EL1                        ESR_EL1
//   FAULT                                  FAR_EL1
//   RETURN ELR_EL1                         ELR_EL1
//
// A case runs at EL0 or EL1 on SP_EL0 and ends with an exception. SP_EL1 is always the address of its record.
//
// Defined by the command line: RECORD, STATUS, FLOAT, CALL, FAULT, VECTORS, MEMORY, MEMORY_BYTES, MEMORY_BASE, DONE, LOST.

    .text
vectors:
    .irp target, ended, lost, lost, lost, ended, lost, lost, lost, ended, lost, lost, lost, lost, lost, lost, lost
    .balign 128
    b   \target
    .endr
    .balign 128

// At 0x800: the address behind the last record; not zero if FPSR is of interest; the entry.
limit:
    .quad 0
floats:
    .quad 0
    b   next

ended:
    stp x0, x1, [sp]
    stp x2, x3, [sp, #16]
    stp x4, x5, [sp, #32]
    stp x6, x7, [sp, #48]
    stp x8, x9, [sp, #64]
    stp x10, x11, [sp, #80]
    stp x12, x13, [sp, #96]
    stp x14, x15, [sp, #112]
    stp x16, x17, [sp, #128]
    stp x18, x19, [sp, #144]
    stp x20, x21, [sp, #160]
    stp x22, x23, [sp, #176]
    stp x24, x25, [sp, #192]
    stp x26, x27, [sp, #208]
    stp x28, x29, [sp, #224]
    mrs x0, sp_el0
    stp x30, x0, [sp, #240]
    mrs x0, spsr_el1
    str x0, [sp, #STATUS]
    mrs x0, esr_el1
    str x0, [sp, #CALL]
    mrs x0, far_el1
    mrs x1, elr_el1
    stp x0, x1, [sp, #FAULT]
    mrs x0, fpcr
    str x0, [sp, #FLOAT]
    msr fpcr, xzr
    adr x0, floats
    ldr x0, [x0]
    cbz x0, 1f
    mrs x0, fpsr
    str x0, [sp, #FLOAT + 8]
1:
    add x0, sp, #VECTORS
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    str q\n, [x0], #16
    .endr
    add x2, sp, #MEMORY
    ldr x3, =MEMORY_BASE
    bl  copy
    add x0, sp, #RECORD
    mov sp, x0

next:
    mov x0, sp
    adr x1, limit
    ldr x1, [x1]
    cmp x0, x1
    b.hs done
    clrex
    ldr x2, =MEMORY_BASE
    add x3, x0, #MEMORY
    bl  copy
    add x0, x0, #VECTORS
    .irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    ldr q\n, [x0], #16
    .endr
    ldr x0, [sp, #CALL]
    ldr x1, [sp, #FAULT + 8]
    msr spsr_el1, x0
    msr elr_el1, x1
    adr x0, floats
    ldr x0, [x0]
    cbz x0, 1f
    ldr x0, [sp, #FLOAT + 8]
    msr fpsr, x0
1:  ldr x0, [sp, #FLOAT]
    msr fpcr, x0
    ldp x30, x0, [sp, #240]
    msr sp_el0, x0
    ldp x2, x3, [sp, #16]
    ldp x4, x5, [sp, #32]
    ldp x6, x7, [sp, #48]
    ldp x8, x9, [sp, #64]
    ldp x10, x11, [sp, #80]
    ldp x12, x13, [sp, #96]
    ldp x14, x15, [sp, #112]
    ldp x16, x17, [sp, #128]
    ldp x18, x19, [sp, #144]
    ldp x20, x21, [sp, #160]
    ldp x22, x23, [sp, #176]
    ldp x24, x25, [sp, #192]
    ldp x26, x27, [sp, #208]
    ldp x28, x29, [sp, #224]
    ldp x0, x1, [sp]
    eret

// Copies MEMORY_BYTES from x3 to x2; changes x2 to x7.
copy:
    mov x5, #MEMORY_BYTES / 32
1:  ldp q0, q1, [x3], #32
    stp q0, q1, [x2], #32
    subs x5, x5, #1
    b.ne 1b
    ret

done:
    ldr x0, =DONE
    hvc #0
lost:
    ldr x0, =LOST
    hvc #0
    b   .
    .ltorg
