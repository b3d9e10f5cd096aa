// Exceptions whose handlers cannot be fetched: an endless chain of aborts.
    .include "common.inc"
main:
    say "lost\n"
    mov x0, #0x60000000
    msr vbar_el1, x0
    isb
    svc #0
    .ltorg
