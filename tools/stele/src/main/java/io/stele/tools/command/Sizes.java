package io.stele.tools.command;

import java.util.Locale;

/** Numbers with units on the command line. */
public final class Sizes {
    private Sizes() {
    }

    /** Memory: a number of MiB, or with K, M, G or T of that unit (powers of 1024). @throws IllegalArgumentException naming the text */
    static long memory(String text) {
        String upper = text.strip().toUpperCase(Locale.ROOT);
        int digits = upper.length();
        while (digits > 0 && !Character.isDigit(upper.charAt(digits - 1))) {
            digits--;
        }
        int shift = switch (upper.substring(digits)) {
            case "", "M", "MB", "MIB" -> 20;
            case "K", "KB", "KIB" -> 10;
            case "G", "GB", "GIB" -> 30;
            case "T", "TB", "TIB" -> 40;
            default -> -1;
        };
        try {
            long number = Long.parseLong(upper.substring(0, digits));
            if (shift >= 0 && number > 0 && number <= Long.MAX_VALUE >> shift) {
                return number << shift;
            }
        } catch (NumberFormatException e) {
            // Reported below.
        }
        throw new IllegalArgumentException("'" + text + "' is not a size of memory (examples: 512, 512M, 2G)");
    }

    /** A time: seconds, or with s, m or h. @return nanoseconds; @throws IllegalArgumentException naming the text */
    public static long duration(String text) {
        String lower = text.strip().toLowerCase(Locale.ROOT);
        long unit = 1;
        int end = lower.length();
        if (end > 0) {
            switch (lower.charAt(end - 1)) {
                case 's' -> end--;
                case 'm' -> {
                    unit = 60;
                    end--;
                }
                case 'h' -> {
                    unit = 3600;
                    end--;
                }
                default -> {
                }
            }
        }
        boolean plain = true;
        for (int i = 0; i < end; i++) {
            plain &= lower.charAt(i) == '.' || Character.isDigit(lower.charAt(i));
        }
        try {
            double seconds = Double.parseDouble(lower.substring(0, end)) * unit;
            if (plain && seconds > 0 && seconds < 1e9) {
                return (long) (seconds * 1e9);
            }
        } catch (NumberFormatException e) {
            // Reported below.
        }
        throw new IllegalArgumentException("'" + text + "' is not a time (examples: 30, 1.5, 2m)");
    }
}
