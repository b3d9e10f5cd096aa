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
        assertEquals(0, sh(GuestScripts.boot("xterm", "true\n")));
        assertEquals(0, sh(GuestScripts.console("/dev/hvc0", 24, 80)));
        for (Streams.Kind kind : Streams.Kind.values()) {
            Streams streams = new Streams(kind, kind, kind, "it's", 24, 80);
            for (RunEnvironment.Root root : RunEnvironment.Root.values()) {
                for (String user : new String[] {null, "it's:me"}) {
                    RunEnvironment environment = new RunEnvironment(root, true, List.of("it's"), true, user == null ? null : "/a b",
                        user, List.of("A=it's"));
                    assertEquals(0, sh(GuestScripts.run(streams, GuestScripts.ports() + environment.setUp(), environment.tearDown())));
                    assertEquals(0, sh(environment.command(List.of("it's"))));
                }
            }
            assertEquals(0, sh(RunEnvironment.dhcpScript()));
        }
    }

    @Test
    void markerIsTheFirstThingThatInitDoes() {
        assertEquals("echo '" + GuestScripts.MARKER + "'", GuestScripts.boot("xterm", "").split("\n")[1]);
    }

    /** busybox' shell opens what a command is redirected to by itself, and gives up when the end of another child interrupts it. */
    @Test
    void noOtherChildOfTheShellInterruptsTheOpeningOfTheCommandsPipes() {
        Streams streams = new Streams(Streams.Kind.PIPE, Streams.Kind.PIPE, Streams.Kind.PIPE, "", 0, 0);
        String script = GuestScripts.run(streams, "", "");
        assertTrue(script.contains("\n(exec sh /stele/command </stele/in >/stele/out 2>/stele/err 3>&-)\n"), script);
    }

    @Test
    void argumentsReachTheCommandUnchanged() throws Exception {
        List<String> words = List.of("printf", "[%s]", "", "a b", "it's", "$HOME `id` \\ \"x\"", "*", "line\nbreak", "-n", "é");
        Process process = new ProcessBuilder("sh", "-c", "exec" + GuestScripts.quoted(words)).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor());
        StringBuilder expected = new StringBuilder();
        for (String word : words.subList(2, words.size())) {
            expected.append('[').append(word).append(']');
        }
        assertEquals(expected.toString(), output);
    }
}
