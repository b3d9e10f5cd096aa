/** The intermediate representation, its builder, its text and its reference evaluator. Knows no host and no guest. */
module stele.ir {
    requires transitive stele.memory;

    exports io.stele.ir;
    exports io.stele.ir.softfloat to stele.arm64;
}
