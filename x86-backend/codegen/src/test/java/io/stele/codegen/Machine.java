package io.stele.codegen;

import io.stele.ir.Evaluator;
import io.stele.ir.IrBuilder;
import io.stele.ir.Vec;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.HashMap;
import java.util.Map;

/** The operations of {@link IrBuilder} or {@link Evaluator} by name, so that a test can send one program to both. */
final class Machine {
    private final Object target;
    private final Map<String, Method> methods = new HashMap<>();

    Machine(Object target) {
        this.target = target;
        for (Method m : target.getClass().getMethods()) {
            m.setAccessible(true);
            methods.put(m.getName(), m);
        }
    }

    boolean has(String name) {
        return methods.containsKey(name);
    }

    /** Calls an operation; fixed arguments are Integer, Long or Boolean, values are what the target returned. */
    Object call(String name, Object... args) {
        Method m = methods.get(name);
        if (m == null) {
            throw new IllegalArgumentException(target.getClass().getSimpleName() + " has no " + name);
        }
        Class<?>[] types = m.getParameterTypes();
        Object[] converted = new Object[args.length];
        for (int i = 0; i < args.length; i++) {
            converted[i] = convert(types[i], args[i]);
        }
        try {
            return m.invoke(target, converted);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof RuntimeException r) {
                throw r;
            }
            throw new IllegalStateException(name, e.getCause());
        } catch (IllegalAccessException | IllegalArgumentException e) {
            throw new IllegalStateException(name + " " + java.util.Arrays.toString(converted), e);
        }
    }

    private static Object convert(Class<?> type, Object arg) {
        if (arg instanceof Number n) {
            return type == int.class ? (Object) n.intValue() : type == long.class ? (Object) n.longValue() : arg;
        }
        if (arg instanceof Boolean || arg instanceof Vec || arg == null) {
            return arg;
        }
        throw new IllegalArgumentException(String.valueOf(arg));
    }
}
