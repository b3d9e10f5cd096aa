/** The {@code stele} command. */
module stele.tools {
    requires info.picocli;
    requires jdk.jfr;
    requires transitive stele.arm64;
    requires stele.kvm;
    requires stele.platform;
    requires stele.runtime;
    requires stele.codegen;

    exports io.stele.tools;
    exports io.stele.tools.machine;
}
