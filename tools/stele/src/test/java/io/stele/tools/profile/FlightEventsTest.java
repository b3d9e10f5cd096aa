package io.stele.tools.profile;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the runtime tells becomes events of a flight recording. */
class FlightEventsTest {
    @TempDir
    Path folder;

    @Test
    void eachThingThatHappensIsAnEvent() throws IOException {
        Path file = folder.resolve("run.jfr");
        try (FlightEvents events = new FlightEvents()) {
            events.exited(1);
            events.requestStarts();
            events.translationStarts();
            events.translationEnds(0x4000, 7, 120, true);
            events.requestEnds(1, "miss", 0x4000);
            events.requestStarts();
            events.requestEnds(0, "page fault", 0x5000);
            events.write(file);
        }
        List<RecordedEvent> events = RecordingFile.readAllEvents(file);
        assertEquals(List.of("stele.Exit", "stele.PageFault", "stele.Request", "stele.Translation"),
            events.stream().map(event -> event.getEventType().getName()).sorted().toList());
        for (RecordedEvent event : events) {
            switch (event.getEventType().getName()) {
                case "stele.Request" -> assertEquals("miss", event.getString("kind"));
                case "stele.Translation" -> assertEquals(7, event.getInt("instructions"));
                case "stele.PageFault" -> assertEquals(0x5000, event.getLong("address"));
                default -> assertEquals(1, event.getInt("cpu"));
            }
        }
    }
}
