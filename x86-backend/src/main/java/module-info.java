/** IR, optimisation passes, register allocation, x86-64 encoder, and Zydis as disassembler. Knows no guest and no hypervisor. */
module stele.x86 {
    exports io.stele.codegen;
    exports io.stele.guest;
    exports io.stele.ir;
    exports io.stele.ir.softfloat to stele.arm64;
    exports io.stele.memory;
    exports io.stele.x86;
    exports io.stele.zydis;
}
