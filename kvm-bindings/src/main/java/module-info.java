/** /dev/kvm and the part of libc that goes with it, as typed Java over the Foreign Function and Memory API. */
module stele.kvm {
    exports io.stele.kvm;
    exports io.stele.kvm.libc;
    exports io.stele.kvm.linux;
}
