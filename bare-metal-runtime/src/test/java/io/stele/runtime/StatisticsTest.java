package io.stele.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.runtime.common.Statistics;
import org.junit.jupiter.api.Test;

/** Counters as text and in groups. */
class StatisticsTest {
    private final Statistics statistics = new Statistics();

    @Test
    void countersStandInTheirGroups() {
        statistics.exits.add(3);
        statistics.pageFaults = 5;
        assertEquals(3, statistics.groups().get("requests to Java").get("VM exits"));
        assertEquals(5, statistics.groups().get("what they were for").get("mailbox: page fault"));
        String text = statistics.report();
        assertTrue(text.startsWith("requests to Java\n  VM exits" + " ".repeat(20) + "3\n"), text);
        assertTrue(text.contains("what they were for\n  mailbox: link" + " ".repeat(15) + "0\n"), text);
    }

    @Test
    void expansionIsToldWhereSomethingWasTranslated() {
        assertFalse(statistics.report().contains("bytes of x86 code"));
        statistics.guestInstructions = 100;
        statistics.codeBytesTranslated = 1234;
        statistics.translationNanos = 250_000;
        assertTrue(statistics.report().endsWith("  12.3 bytes of x86 code and 2500 ns for each guest instruction translated\n"), statistics.report());
    }
}
