// CPUS CPUs meet at a barrier ROUNDS times: waiting with YIELD, or with WFE and a monitor. With fewer cores than
// CPUs those that wait have to give the cores to those that are waited for.
    .include "common.inc"
    .equ COUNT, 0x45000000

// CPU x0 begins here.
secondary:
    own_stack x0
    bl  meet
    b   .

// Changes x1 to x5.
meet:
    ldr x1, =COUNT
    mov x2, #0
1:  add x2, x2, #CPUS
    mov x3, #1
    ldaddal x3, x4, [x1]
    tbnz x2, #4, 3f
2:  ldar x4, [x1]
    cmp x4, x2
    b.hs 4f
    yield
    b   2b
3:  ldaxr x4, [x1]
    cmp x4, x2
    b.hs 4f
    wfe
    b   3b
4:  ldr x5, =CPUS * ROUNDS
    cmp x2, x5
    b.lo 1b
    ret

main:
    mov x29, x30
    ldr x1, =COUNT
    str xzr, [x1]
    turn_on_others
    bl  meet
    ldr x1, =COUNT
    ldr x1, [x1]
    show "met ", x1
    line
    ret x29
    .ltorg
