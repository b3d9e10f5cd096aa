package io.stele.tools.bench;

import java.util.List;

/** Words for a shell. */
final class Shell {
    private Shell() {
    }

    static String join(List<String> words) {
        StringBuilder text = new StringBuilder();
        for (String word : words) {
            text.append(text.isEmpty() ? "" : " ").append(quote(word));
        }
        return text.toString();
    }

    static String quote(String word) {
        boolean plain = !word.isEmpty() && word.chars().allMatch(c -> c < 128 && (Character.isLetterOrDigit(c) || "-_./,:=+@%".indexOf(c) >= 0));
        return plain ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}
