package io.stele.kvm.linux;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.foreign.GroupLayout;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bindings agree with the installed {@code <linux/kvm.h>}, asked through the C compiler. */
class KernelHeaderTest {
    private static final Class<?>[] STRUCTS = {kvm_regs.class, kvm_segment.class, kvm_dtable.class, kvm_sregs.class,
        kvm_userspace_memory_region.class, kvm_run.class, kvm_xcr.class, kvm_xcrs.class, kvm_cpuid_entry2.class, kvm_cpuid2.class,
        kvm_ioeventfd.class};

    @TempDir
    Path folder;

    @Test
    void sizesOffsetsAndConstantsAreTheKernels() throws Exception {
        List<String> names = new ArrayList<>();
        List<Long> ours = new ArrayList<>();
        for (Class<?> struct : STRUCTS) {
            GroupLayout layout = (GroupLayout) struct.getMethod("layout").invoke(null);
            names.add("sizeof(struct " + struct.getSimpleName() + ")");
            ours.add(layout.byteSize());
            for (Method method : struct.getMethods()) {
                String name = method.getName();
                if (name.endsWith("$offset")) {
                    String field = name.substring(0, name.length() - "$offset".length());
                    names.add("offsetof(struct " + struct.getSimpleName() + ", " + field + ")");
                    ours.add((Long) method.invoke(null));
                }
            }
        }
        for (Class<?> union : kvm_run.class.getDeclaredClasses()) {
            for (Method method : union.getMethods()) {
                String name = method.getName();
                if (name.endsWith("$offset")) {
                    names.add("offsetof(struct kvm_run, " + union.getSimpleName() + "." + name.replace("$offset", "") + ") - 32");
                    ours.add((Long) method.invoke(null));
                }
            }
        }
        for (Field constant : Kvm.class.getFields()) {
            if (constant.getType() == int.class) {
                names.add("(unsigned int)" + constant.getName());
                ours.add(constant.getInt(null) & 0xffffffffL);
            }
        }
        List<Long> theirs = askCompiler(names);
        for (int i = 0; i < names.size(); i++) {
            assertEquals(theirs.get(i), ours.get(i), names.get(i));
        }
    }

    @Test
    void offsetsAgreeWithTheLayouts() throws ReflectiveOperationException {
        for (Class<?> struct : STRUCTS) {
            GroupLayout layout = (GroupLayout) struct.getMethod("layout").invoke(null);
            for (MemoryLayout member : layout.memberLayouts()) {
                String name = member.name().orElse("exit");
                if (!name.equals("exit")) {
                    assertEquals(layout.byteOffset(PathElement.groupElement(name)), struct.getMethod(name + "$offset").invoke(null), name);
                }
            }
        }
    }

    private List<Long> askCompiler(List<String> expressions) throws IOException, InterruptedException {
        Path compiler = Path.of("/usr/bin/cc");
        Assumptions.assumeTrue(Files.exists(compiler) && Files.exists(Path.of("/usr/include/linux/kvm.h")),
            "needs a C compiler and the kernel's headers");
        StringBuilder source = new StringBuilder("#include <stddef.h>\n#include <stdio.h>\n#include <linux/kvm.h>\nint main(void) {\n");
        for (String expression : expressions) {
            source.append("printf(\"%llu\\n\", (unsigned long long)(").append(expression).append("));\n");
        }
        Files.writeString(folder.resolve("ask.c"), source.append("}\n"));
        run(compiler.toString(), "-o", "ask", "ask.c");
        List<Long> answers = new ArrayList<>();
        for (String line : run(folder.resolve("ask").toString()).split("\n")) {
            answers.add(Long.parseLong(line));
        }
        return answers;
    }

    private String run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes());
        assertEquals(0, process.waitFor(), output);
        return output;
    }
}
