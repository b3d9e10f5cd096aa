package io.stele.tools.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class GuestScriptsTest {
    private static int sh(String script, String... arguments) throws Exception {
        ProcessBuilder builder = new ProcessBuilder("sh", "-n", "-c", script);
        builder.command().addAll(List.of(arguments));
        Process process = builder.redirectErrorStream(true).start();
        process.getInputStream().readAllBytes();
        return process.waitFor();
    }

    @Test
    void scriptsAreValidShell() throws Exception {
        assertEquals(0, sh(GuestScripts.boot("xterm")));
        assertEquals(0, sh(GuestScripts.console(24, 80)));
        for (GuestScripts.Wiring wiring : GuestScripts.Wiring.values()) {
            assertEquals(0, sh(GuestScripts.run("w", wiring, true, "xterm", 24, 80, "", "")));
            for (RunEnvironment.Root root : RunEnvironment.Root.values()) {
                RunEnvironment environment = new RunEnvironment(root, true, List.of("it's"), true, true, "/a b");
                assertEquals(0, sh(GuestScripts.run("w", wiring, false, "it's", 0, 0, environment.setUp(), environment.tearDown())));
                assertEquals(0, sh(environment.command(List.of("it's"))));
            }
            assertEquals(0, sh(RunEnvironment.dhcpScript()));
        }
    }

    @Test
    void markerIsTheFirstThingThatInitDoes() {
        assertEquals("echo '" + GuestScripts.MARKER + "'", GuestScripts.boot("xterm").split("\n")[1]);
    }

    @Test
    void argumentsReachTheCommandUnchanged() throws Exception {
        List<String> words = List.of("printf", "[%s]", "", "a b", "it's", "$HOME `id` \\ \"x\"", "*", "line\nbreak", "-n", "é");
        Process process = new ProcessBuilder("sh", "-c", GuestScripts.command(words)).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor());
        StringBuilder expected = new StringBuilder();
        for (String word : words.subList(2, words.size())) {
            expected.append('[').append(word).append(']');
        }
        assertEquals(expected.toString(), output);
        assertTrue(GuestImage.newWord().length() > 16);
    }
}
