/** IR to x86-64 code: liveness, registers, lowering, and what is known about the code. Knows no guest and no hypervisor. */
module stele.codegen {
    requires transitive stele.guest;
    requires transitive stele.x86;

    exports io.stele.codegen;
    exports io.stele.codegen.listing;
}
