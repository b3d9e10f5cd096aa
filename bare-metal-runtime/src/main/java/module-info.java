/** What lives inside the VM and its Java counterpart. Knows no guest instruction set and no device. */
module stele.runtime {
    requires transitive stele.kvm;
    requires transitive stele.codegen;

    exports io.stele.runtime;
    exports io.stele.runtime.code;
    exports io.stele.runtime.common;
}
