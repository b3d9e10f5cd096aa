package io.stele.isac;

import io.stele.isac.print.JavaFile;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.lang.reflect.InvocationTargetException;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.FileObject;
import javax.tools.ForwardingJavaFileManager;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileManager;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

/** A description compiled to Java, compiled to classes in memory, over the small machine in the test resources. */
final class Machine {
    private static final String GENERATED = "io.stele.arm64.generated.";

    private final ClassLoader loader;

    Machine(int level, String description) {
        List<JavaFileObject> sources = new ArrayList<>();
        for (JavaFile file : Descriptions.files(level, description)) {
            sources.add(source(GENERATED + file.name(), file.text()));
        }
        for (String name : new String[] {"IrBuilder", "Evaluator", "Vec"}) {
            sources.add(source("io.stele.ir." + name, Descriptions.resource("machine/" + name + ".java")));
        }
        for (String name : new String[] {"TranslatorHooks", "InterpreterHooks", "AsmText"}) {
            sources.add(source("io.stele.arm64.hooks." + name, Descriptions.resource("machine/" + name + ".java")));
        }
        loader = compile(sources);
    }

    private static JavaFileObject source(String name, String text) {
        return new SimpleJavaFileObject(URI.create("string:///" + name.replace('.', '/') + ".java"), JavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                return text;
            }
        };
    }

    private static ClassLoader compile(List<JavaFileObject> sources) {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        Map<String, ByteArrayOutputStream> classes = new HashMap<>();
        DiagnosticCollector<JavaFileObject> problems = new DiagnosticCollector<>();
        JavaFileManager files = new ForwardingJavaFileManager<JavaFileManager>(compiler.getStandardFileManager(null, null, null)) {
            @Override
            public JavaFileObject getJavaFileForOutput(Location location, String name, JavaFileObject.Kind kind, FileObject sibling) {
                return new SimpleJavaFileObject(URI.create("mem:///" + name), kind) {
                    @Override
                    public OutputStream openOutputStream() {
                        return classes.computeIfAbsent(name, k -> new ByteArrayOutputStream());
                    }
                };
            }
        };
        compiler.getTask(null, files, problems, List.of("-Xlint:all", "-proc:none"), null, sources).call();
        for (Diagnostic<? extends JavaFileObject> problem : problems.getDiagnostics()) {
            if (problem.getSource() != null && problem.getSource().getName().contains("/generated/")
                || problem.getKind() == Diagnostic.Kind.ERROR) {
                throw new AssertionError(problem.toString());
            }
        }
        return new ClassLoader(Machine.class.getClassLoader()) {
            @Override
            protected Class<?> findClass(String name) throws ClassNotFoundException {
                ByteArrayOutputStream bytes = classes.get(name);
                if (bytes == null) {
                    throw new ClassNotFoundException(name);
                }
                return defineClass(name, bytes.toByteArray(), 0, bytes.size());
            }
        };
    }

    /** What one instruction did. */
    record Outcome(List<String> log, Map<Integer, Object> state, Map<Long, Long> memory, String ending) {}

    int decode(int word) {
        return (Integer) call(GENERATED + "Decoder", "decode", new Class<?>[] {int.class}, word);
    }

    int index(String instruction) {
        return (Integer) field(type(GENERATED + "Index"), null, instruction);
    }

    String disassemble(int word, long address) {
        return (String) call(GENERATED + "Disassembler", "disassemble", new Class<?>[] {int.class, long.class}, word, address);
    }

    String[] coverage(String array) {
        return (String[]) field(type(GENERATED + "Coverage"), null, array);
    }

    int offset(String constant) {
        return (Integer) field(type(GENERATED + "GuestState"), null, constant);
    }

    String stateName(int offset) {
        return (String) call(GENERATED + "GuestState", "name", new Class<?>[] {int.class}, offset);
    }

    /** Translates, with every IR operation executed as it is emitted. */
    Outcome translate(int word, Map<Integer, Object> registers) {
        Object evaluator = evaluator(registers);
        Object builder;
        try {
            builder = type("io.stele.ir.IrBuilder").getConstructor(evaluator.getClass()).newInstance(evaluator);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
        call(GENERATED + "Translator", "translate", new Class<?>[] {builder.getClass(), int.class, int.class}, builder, decode(word), word);
        @SuppressWarnings("unchecked")
        List<String> log = (List<String>) field(builder.getClass(), builder, "log");
        return outcome(log, evaluator);
    }

    Outcome interpret(int word, Map<Integer, Object> registers) {
        Object evaluator = evaluator(registers);
        call(GENERATED + "Interpreter", "execute", new Class<?>[] {evaluator.getClass(), int.class, int.class}, evaluator, decode(word),
            word);
        return outcome(List.of(), evaluator);
    }

    /** A value of the machine's vector type. */
    Object vec(long lo, long hi) {
        try {
            return type("io.stele.ir.Vec").getConstructor(long.class, long.class).newInstance(lo, hi);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private Object evaluator(Map<Integer, Object> registers) {
        try {
            Object evaluator = type("io.stele.ir.Evaluator").getConstructor().newInstance();
            @SuppressWarnings("unchecked")
            Map<Integer, Object> state = (Map<Integer, Object>) field(evaluator.getClass(), evaluator, "state");
            state.putAll(registers);
            return evaluator;
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    @SuppressWarnings("unchecked")
    private Outcome outcome(List<String> log, Object evaluator) {
        call(evaluator, "end");
        Class<?> type = evaluator.getClass();
        return new Outcome(log, (Map<Integer, Object>) field(type, evaluator, "state"), (Map<Long, Long>) field(type, evaluator, "memory"),
            (String) field(type, evaluator, "ending"));
    }

    private Class<?> type(String name) {
        try {
            return loader.loadClass(name);
        } catch (ClassNotFoundException e) {
            throw new AssertionError(e);
        }
    }

    private static Object field(Class<?> type, Object instance, String name) {
        try {
            return type.getField(name).get(instance);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private static void call(Object instance, String name) {
        try {
            instance.getClass().getMethod(name).invoke(instance);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private Object call(String className, String method, Class<?>[] types, Object... arguments) {
        try {
            return type(className).getMethod(method, types).invoke(null, arguments);
        } catch (InvocationTargetException e) {
            throw new AssertionError(e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }
}
