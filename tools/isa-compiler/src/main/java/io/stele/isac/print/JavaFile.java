package io.stele.isac.print;

/** One generated class: its simple name and its whole text. */
public record JavaFile(String name, String text) {
    static JavaFile of(String name, CodeWriter code) {
        return new JavaFile(name, code.close("}").toString());
    }
}
