package io.stele.arm64.hooks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/**
 * Names of system registers and SYS operations by their encoding {@code op0 << 14 | op1 << 11 | CRn << 7 | CRm << 3 | op2}, bits 20:5 of
 * the instruction word. Loaded at the first use.
 */
public final class SystemNames {
    private static final String RESOURCE = "system-registers.txt";
    private static final String OPERAND = ", Xt";

    private SystemNames() {}

    private static final class Table {
        static final String[] NAMES = load();
    }

    /** Name of a system register as in the Arm ARM, or its generic form, {@code S3_0_C15_C2_0}. */
    public static String register(int encoding) {
        String name = Table.NAMES[encoding];
        return name != null ? name
            : "S" + op0(encoding) + "_" + op1(encoding) + "_C" + crn(encoding) + "_C" + crm(encoding) + "_" + op2(encoding);
    }

    /** A SYS instruction with its operand register: the alias when there is one. */
    static String operation(int encoding, int rt) {
        String name = Table.NAMES[encoding];
        if (name != null && name.endsWith(OPERAND)) {
            return name.substring(0, name.length() - 2) + AsmText.x(1, rt);
        }
        if (name != null && rt == 31) {
            return name;
        }
        return "sys " + operands(encoding) + (rt == 31 ? "" : ", " + AsmText.x(1, rt));
    }

    /** {@code #op1, CRn, CRm, #op2}. */
    static String operands(int encoding) {
        return "#" + op1(encoding) + ", c" + crn(encoding) + ", c" + crm(encoding) + ", #" + op2(encoding);
    }

    private static int op0(int encoding) {
        return encoding >>> 14;
    }

    private static int op1(int encoding) {
        return encoding >>> 11 & 7;
    }

    private static int crn(int encoding) {
        return encoding >>> 7 & 15;
    }

    private static int crm(int encoding) {
        return encoding >>> 3 & 15;
    }

    private static int op2(int encoding) {
        return encoding & 7;
    }

    private static String[] load() {
        String[] names = new String[1 << 16];
        try (InputStream in = SystemNames.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new IllegalStateException("resource " + RESOURCE + " is missing");
            }
            BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII));
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                if (!line.startsWith("#")) {
                    add(names, line);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return names;
    }

    /** A line is five numbers and a name, separated by single spaces. */
    private static void add(String[] names, String line) {
        int[] number = new int[5];
        int at = 0;
        for (int i = 0; i < 5; i++) {
            int space = line.indexOf(' ', at);
            number[i] = Integer.parseInt(line.substring(at, space));
            at = space + 1;
        }
        names[number[0] << 14 | number[1] << 11 | number[2] << 7 | number[3] << 3 | number[4]] = line.substring(at);
    }
}
