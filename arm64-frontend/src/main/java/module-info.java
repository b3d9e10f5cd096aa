/** The Armv8-A architecture: description, what is generated from it, MMU, exceptions, system registers. */
module stele.arm64 {
    requires stele.codegen;

    exports io.stele.arm64;
    exports io.stele.arm64.generated;
    exports io.stele.arm64.hooks;
    exports io.stele.arm64.mmu;
    exports io.stele.arm64.state;
    exports io.stele.arm64.system;
}
