/** What lives inside the VM and its Java counterpart. Knows no guest instruction set and no device. */
module stele.runtime {
    requires transitive stele.kvm;
    requires transitive stele.x86;

    exports io.stele.runtime;
}
