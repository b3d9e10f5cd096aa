/** The x86-64 encoder, and Zydis as disassembler. */
module stele.x86 {
    exports io.stele.x86;
    exports io.stele.zydis;
}
