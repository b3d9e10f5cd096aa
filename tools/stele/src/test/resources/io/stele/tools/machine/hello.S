    .include "common.inc"
main:
    mov x29, x30
    say "hello\n"
    mov x1, #0
    ldr x2, =10000000
1:  subs x2, x2, #1
    add x1, x1, x2
    b.ne 1b
    show "sum ", x1
    line
    mrs x1, currentel
    show "level ", x1
    line
    ret x29
    .ltorg
