package io.stele.tools.report;

import java.util.List;
import java.util.Map;

/** Writes maps, lists, texts, numbers and truth values as JSON (RFC 8259). A number that is none becomes null. */
public final class Json {
    private final StringBuilder out = new StringBuilder();

    private Json() {
    }

    public static String of(Object value) {
        Json json = new Json();
        json.value(value, "\n");
        return json.out.append('\n').toString();
    }

    private void value(Object value, String line) {
        switch (value) {
            case null -> out.append("null");
            case Map<?, ?> map -> map(map, line);
            case List<?> list -> list(list, line);
            case Double number when number.isNaN() || number.isInfinite() -> out.append("null");
            case Number number -> out.append(number);
            case Boolean truth -> out.append(truth);
            default -> text(value.toString());
        }
    }

    private void map(Map<?, ?> map, String line) {
        String separator = "{";
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            out.append(separator).append(line).append("  ");
            text(entry.getKey().toString());
            out.append(": ");
            value(entry.getValue(), line + "  ");
            separator = ",";
        }
        out.append(map.isEmpty() ? "{}" : line + "}");
    }

    private void list(List<?> list, String line) {
        String separator = "[";
        for (Object element : list) {
            out.append(separator).append(line).append("  ");
            value(element, line + "  ");
            separator = ",";
        }
        out.append(list.isEmpty() ? "[]" : line + "]");
    }

    private void text(String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"', '\\' -> out.append('\\').append(c);
                case '\n' -> out.append("\\n");
                case '\t' -> out.append("\\t");
                case '\r' -> out.append("\\r");
                default -> {
                    if (c < ' ') {
                        out.append(String.format("\\u%04x", (int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }
}
