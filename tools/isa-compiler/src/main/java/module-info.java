/** Compiles architecture descriptions to Java: decoder, translator, interpreter, disassembler, coverage. */
module stele.isac {
    requires org.antlr.antlr4.runtime;
}
