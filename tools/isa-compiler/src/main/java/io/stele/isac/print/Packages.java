package io.stele.isac.print;

/**
 * Where generated classes live: in {@code BASE.generated}; the classes that the front end writes by hand (TranslatorHooks,
 * InterpreterHooks, AsmText) are in {@code BASE.hooks}.
 */
record Packages(String base) {
    private String generated() {
        return base + ".generated";
    }

    /** Name of a class that the front end writes by hand. */
    String byHand(String name) {
        return base + ".hooks." + name;
    }

    /** A static import of everything in a generated class. */
    String allOf(String name) {
        return "static " + generated() + "." + name + ".*";
    }

    /** The lines before the members of a class. */
    CodeWriter head(String javadoc, String declaration, String... imports) {
        CodeWriter code = new CodeWriter(0);
        code.line("package " + generated() + ";").line("");
        for (String i : imports) {
            code.line("import " + i + ";");
        }
        if (imports.length > 0) {
            code.line("");
        }
        return code.line("/** " + javadoc + " Generated from the description; do not edit. */").open(declaration + " {");
    }
}
