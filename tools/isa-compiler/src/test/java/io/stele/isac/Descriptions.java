package io.stele.isac;

import io.stele.isac.diagnostics.CompileError;
import io.stele.isac.parse.SourceFile;
import io.stele.isac.print.JavaFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Compiles descriptions given as text, together with {@code base.isa}. */
final class Descriptions {
    private Descriptions() {}

    static String resource(String name) {
        try (InputStream in = Descriptions.class.getResourceAsStream("/" + name)) {
            if (in == null) {
                throw new IllegalArgumentException("no test resource " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    static IsaCompiler.Result compile(int level, String text) {
        List<SourceFile> sources = new ArrayList<>();
        sources.add(new SourceFile("base.isa", "Base", resource("base.isa")));
        sources.add(new SourceFile("test.isa", "Test", text));
        return IsaCompiler.compile(sources, level, "io.stele.arm64");
    }

    /** The generated files; fails when there are errors. */
    static List<JavaFile> files(int level, String text) {
        IsaCompiler.Result result = compile(level, text);
        if (!result.errors().isEmpty()) {
            throw new AssertionError(result.errors().toString());
        }
        return result.files();
    }

    /** The text of one generated class. */
    static String file(int level, String text, String name) {
        for (JavaFile file : files(level, text)) {
            if (file.name().equals(name)) {
                return file.text();
            }
        }
        throw new AssertionError("no class " + name);
    }

    /** The lines of one method of a generated class. */
    static String method(int level, String text, String className, String method) {
        String file = file(level, text, className);
        int start = file.indexOf(" " + method + "(IrBuilder b");
        if (start < 0) {
            start = file.indexOf(" " + method + "(Evaluator b");
        }
        if (start < 0) {
            throw new AssertionError("no method " + method + " in\n" + file);
        }
        start = file.lastIndexOf('\n', start) + 1;
        return file.substring(start, file.indexOf("\n    }\n", start) + 7);
    }

    /** Messages of all mistakes, with places. */
    static List<String> errors(String text) {
        List<String> result = new ArrayList<>();
        for (CompileError error : compile(4, text).errors()) {
            result.add(error.toString());
        }
        return result;
    }
}
