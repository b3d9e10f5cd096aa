package io.stele.arm64.oracle;

/** Compares MRS and MSR when one of the disassemblers does not know the register's name. */
final class SystemRegisterText {
    private static final java.util.regex.Pattern GENERIC = java.util.regex.Pattern.compile("s[0-3]_[0-7]_c[0-9]+_c[0-9]+_[0-7]");

    private SystemRegisterText() {}

    /** True if the texts are equal but for a register that at least one of them writes by its encoding. */
    static boolean same(String ours, String theirs) {
        if (!ours.startsWith("mrs ") && !ours.startsWith("msr ")) {
            return false;
        }
        String[] a = ours.split("[ ,]");
        String[] b = theirs.split("[ ,]");
        if (a.length != 3 || b.length != 3 || !a[0].equals(b[0])) {
            return false;
        }
        int register = a[0].equals("mrs") ? 2 : 1;
        return a[3 - register].equals(b[3 - register])
            && (GENERIC.matcher(a[register]).matches() || GENERIC.matcher(b[register]).matches());
    }
}
