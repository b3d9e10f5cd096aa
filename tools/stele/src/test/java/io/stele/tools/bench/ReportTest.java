package io.stele.tools.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.tools.report.Json;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;

/** Tables, JSON and pages say what was measured. */
class ReportTest {
    private static final long SECOND = 1_000_000_000L;
    private final List<Workload> workloads = List.of(
        new Workload("one").standsFor("401.bzip2").about("a <b> & \"c\"").command("true"),
        new Workload("two").figure("pipe", 1000, "true", "cat").figure("fork", 1000, "true", "cat"));
    private final Suite suite = new Suite("test", "a test", workloads);
    private final List<Target> targets = List.of(new ShellTarget("stele", "s"), new ShellTarget("qemu", "it's q"), new ShellTarget("native", "n"));
    private final Results results = new Results();

    /** @param figures name, seconds and output of each; the rounded output is the same in small letters */
    private void add(String workload, String target, int round, Object... figures) {
        Run run = new Run(workload, target, round);
        for (int i = 0; i < figures.length; i += 3) {
            run.figures.put((String) figures[i], new Run.Figure(Math.round((double) figures[i + 1] * SECOND), workload.equals("two") ? 1000 : 1,
                (String) figures[i + 2], ((String) figures[i + 2]).toLowerCase(Locale.ROOT)));
        }
        results.add(run);
    }

    private Report report(boolean complete) {
        Map<String, Job> jobs = new LinkedHashMap<>();
        workloads.forEach(workload -> jobs.put(workload.name(), new Job(workload.name(), workload.figures(), Path.of("/k"), null, "", 64, null, Set.of(), null)));
        return Report.of(suite, workloads, jobs, targets, results, Map.of("host", "a <host>"), "./stele bench --only ", complete);
    }

    private void measure() {
        for (int round = 1; round <= 3; round++) {
            add("one", "stele", round, "one", 1.0 + round, "aa");
            add("one", "qemu", round, "one", 6.0, "aa");
            add("one", "native", round, "one", 1.0, "aa");
            add("two", "stele", round, "pipe", 0.002, "", "fork", 2.0, "");
            add("two", "qemu", round, "pipe", 0.004, "", "fork", 6.0, "");
        }
    }

    @Test
    void theTableHasMediansSpreadsRatiosAndTheirMean() {
        measure();
        String table = TableReport.of(report(true));
        assertTrue(table.contains("qemu/stele"), table);
        String one = table.lines().filter(line -> line.startsWith("one ")).findFirst().orElseThrow();
        assertEquals("one 401.bzip2 3.00 s 67% 6.00 s 0% 1.00 s 0% 2.00 3.00", one.replaceAll(" +", " "));
        String pipe = table.lines().filter(line -> line.startsWith("pipe ")).findFirst().orElseThrow();
        assertEquals("pipe 2.00 us 0% 4.00 us 0% - 2.00 -", pipe.replaceAll(" +", " "));
        String mean = table.lines().filter(line -> line.startsWith("geometric mean")).findFirst().orElseThrow();
        assertEquals("geometric mean 2.29 3.00", mean.replaceAll(" +", " "));
        assertTrue(table.contains("fork again: ./stele bench --only fork\n"), table);
        assertFalse(table.contains("partial"), table);
    }

    @Test
    void differentOutputsFailuresAndLoadAreSaid() {
        measure();
        add("one", "stele", 4, "one", 3.0, "bb");
        Run failed = new Run("two", "qemu", 4);
        failed.failure = "fork did not end";
        failed.foreignLoad = 0.5;
        results.add(failed);
        String table = TableReport.of(report(false));
        assertTrue(table.contains("note: one on stele wrote different outputs"), table);
        assertTrue(table.contains("note: two on qemu: fork did not end"), table);
        assertTrue(table.contains("4.00 us!"), table);
        assertTrue(table.contains("measure again on a quiet host"), table);
        assertTrue(table.contains("partial results"), table);
    }

    @Test
    void outputsAreComparedWithQemusAndRoundedOnesWithTheHosts() {
        add("one", "stele", 1, "one", 3.0, "b");
        add("one", "qemu", 1, "one", 3.0, "B");
        add("one", "native", 1, "one", 3.0, "a");
        add("two", "qemu", 1, "pipe", 0.002, "C");
        add("two", "native", 1, "pipe", 0.002, "c");
        assertEquals(List.of("one wrote something else on stele than on qemu", "one wrote something else on qemu than on native",
            "one wrote something else on stele than on native"), report(true).notes());
    }

    @Test
    void whatTheHostDoesInsteadIsSaid() {
        workloads.getFirst().natively("without a machine");
        workloads.getLast().start();
        measure();
        assertEquals(List.of("one natively: without a machine", "two natively: not measured: the host starts no kernel for it"), report(true).notes());
    }

    @Test
    void nothingMeasuredIsAnEmptyReport() {
        Report report = report(false);
        assertTrue(TableReport.of(report).contains("partial"));
        assertTrue(JsonReport.of(report, List.of()).contains("\"figures\": [],"));
        assertTrue(HtmlReport.of(report).contains("partial"));
    }

    @Test
    void jsonIsWellFormed() throws Exception {
        measure();
        String json = JsonReport.of(report(true), results.all());
        Object parsed = new JsonParser(json).parse();
        Map<?, ?> root = (Map<?, ?>) parsed;
        assertEquals("test", root.get("suite"));
        assertEquals(true, root.get("complete"));
        Map<?, ?> first = (Map<?, ?>) ((List<?>) root.get("figures")).getFirst();
        assertEquals("a <b> & \"c\"", first.get("about"));
        assertEquals(2.0, ((Map<?, ?>) first).get("qemu/stele"));
        assertEquals(15, ((List<?>) root.get("runs")).size());
        assertEquals(null, new JsonParser(Json.of(Double.NaN)).parse());
        assertEquals("\u0001\t\"\\\u00e9", new JsonParser(Json.of("\u0001\t\"\\\u00e9")).parse());
    }

    @Test
    void thePageIsWellFormedAndNeedsNothingFromOutside() throws Exception {
        measure();
        String page = HtmlReport.of(report(true));
        String xml = page.replace("<!DOCTYPE html>\n", "").replaceAll("<meta[^>]*>", "");
        DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(new java.io.ByteArrayInputStream(xml.getBytes("UTF-8")));
        assertFalse(page.contains("http"), "something from outside");
        assertTrue(page.contains("a &lt;b&gt; &amp; &quot;c&quot;"));
        assertEquals(2, page.split("<svg ").length - 1);
        assertTrue(page.contains("sh -c &#39;it") || page.contains("sh -c 'it'"), "the command of QEMU");
    }

    /** Enough of a JSON parser to read what the reports write. */
    private static final class JsonParser {
        private final String text;
        private int at;

        JsonParser(String text) {
            this.text = text;
        }

        Object parse() {
            Object value = value();
            blanks();
            assertEquals(text.length(), at);
            return value;
        }

        private void blanks() {
            while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
                at++;
            }
        }

        private boolean take(char c) {
            blanks();
            boolean there = at < text.length() && text.charAt(at) == c;
            at += there ? 1 : 0;
            return there;
        }

        private Object value() {
            if (take('{')) {
                Map<String, Object> map = new LinkedHashMap<>();
                while (!take('}')) {
                    assertTrue(map.isEmpty() || take(','));
                    assertTrue(take('"'));
                    String key = string();
                    assertTrue(take(':'));
                    map.put(key, value());
                }
                return map;
            }
            if (take('[')) {
                List<Object> list = new ArrayList<>();
                while (!take(']')) {
                    assertTrue(list.isEmpty() || take(','));
                    list.add(value());
                }
                return list;
            }
            if (take('"')) {
                return string();
            }
            int start = at;
            while (at < text.length() && ",]}\n ".indexOf(text.charAt(at)) < 0) {
                at++;
            }
            String word = text.substring(start, at);
            return switch (word) {
                case "null" -> null;
                case "true" -> true;
                case "false" -> false;
                default -> Double.valueOf(word);
            };
        }

        private String string() {
            StringBuilder out = new StringBuilder();
            while (text.charAt(at) != '"') {
                char c = text.charAt(at++);
                if (c == '\\') {
                    char escape = text.charAt(at++);
                    switch (escape) {
                        case 'n' -> out.append('\n');
                        case 't' -> out.append('\t');
                        case 'r' -> out.append('\r');
                        case 'u' -> {
                            out.append((char) Integer.parseInt(text.substring(at, at + 4), 16));
                            at += 4;
                        }
                        default -> out.append(escape);
                    }
                } else {
                    out.append(c);
                }
            }
            at++;
            return out.toString();
        }
    }
}
