package io.stele.platform.virtio.console;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.platform.TestRam;
import io.stele.platform.virtio.TestDriver;
import io.stele.platform.virtio.TestDriver.Part;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Pipe;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class VirtioConsoleTest {
    private static final int MULTIPORT = 2;
    private static final int CONTROL_IN = 2;
    private static final int CONTROL_OUT = 3;
    private static final int STREAM_IN = 4;
    private static final int STREAM_OUT = 5;
    private static final int DEVICE_READY = 0;
    private static final int PORT_ADD = 1;
    private static final int PORT_READY = 3;
    private static final int CONSOLE_PORT = 4;
    private static final int RESIZE = 5;
    private static final int PORT_OPEN = 6;
    private static final int PORT_NAME = 7;
    private static final int ROOM = 64;

    private final StringBuffer terminalOutput = new StringBuffer();
    private final StringBuffer streamOutput = new StringBuffer();
    private volatile boolean slow;
    private Pipe keys;
    private Pipe stream;
    private VirtioConsole device;
    private TestDriver driver;
    private long[] room;

    @BeforeEach
    void make() throws IOException {
        keys = Pipe.open();
        stream = Pipe.open();
        device = new VirtioConsole(List.of(
            ConsolePort.terminal(keys.source(), value -> terminalOutput.append((char) value)),
            ConsolePort.toGuest("in", stream.source()),
            ConsolePort.fromGuest("out", this::appendOutput)));
        device.resize(24, 80);
        driver = new TestDriver(device);
        room = new long[8];
    }

    @AfterEach
    void end() throws IOException {
        driver.transport.stop();
        device.close();
        keys.sink().close();
        stream.sink().close();
    }

    private void appendOutput(byte value) {
        if (slow) {
            LockSupport.parkNanos(1_000_000);
        }
        streamOutput.append((char) value);
    }

    private static byte[] message(int port, int event, int value) {
        return ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putInt(port).putShort((short) event).putShort((short) value).array();
    }

    private void tell(int port, int event, int value) {
        driver.request(CONTROL_OUT, new Part(driver.buffer(message(port, event, value)), 8, false));
    }

    private void giveRoom(int queue, int count) {
        for (int i = 0; i < count; i++) {
            driver.add(queue, new Part(room[i] = driver.buffer(ROOM), ROOM, true));
        }
        driver.kick(queue);
    }

    private byte[] taken(int queue, int index) {
        int length = (int) (driver.take(queue) >>> 32);
        return TestRam.read(driver.ram, room[index], length);
    }

    private static byte[] withText(byte[] message, byte... text) {
        byte[] all = Arrays.copyOf(message, message.length + text.length);
        System.arraycopy(text, 0, all, message.length, text.length);
        return all;
    }

    private void write(Pipe pipe, String text) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
        while (bytes.hasRemaining()) {
            pipe.sink().write(bytes);
        }
    }

    @Test
    void theDriverLearnsOfThePorts() {
        driver.start(MULTIPORT);
        assertEquals(3, driver.transport.read(0x104, 4));
        giveRoom(CONTROL_IN, 8);
        tell(-1, DEVICE_READY, 1);
        for (int i = 0; i < 3; i++) {
            assertArrayEquals(message(i, PORT_ADD, 1), taken(CONTROL_IN, i));
        }
        tell(0, PORT_READY, 1);
        assertArrayEquals(message(0, CONSOLE_PORT, 1), taken(CONTROL_IN, 3));
        assertArrayEquals(withText(message(0, RESIZE, 0), (byte) 80, (byte) 0, (byte) 24, (byte) 0), taken(CONTROL_IN, 4));
        assertArrayEquals(message(0, PORT_OPEN, 1), taken(CONTROL_IN, 5));
        tell(1, PORT_READY, 1);
        assertArrayEquals(withText(message(1, PORT_NAME, 1), (byte) 'i', (byte) 'n', (byte) 0), taken(CONTROL_IN, 6));
        assertArrayEquals(message(1, PORT_OPEN, 1), taken(CONTROL_IN, 7));
        device.resize(50, 132);
        giveRoom(CONTROL_IN, 1);
        assertArrayEquals(withText(message(0, RESIZE, 0), (byte) 132, (byte) 0, (byte) 50, (byte) 0), taken(CONTROL_IN, 0));
    }

    @Test
    void aDriverWithoutPortsHasOneTerminal() throws IOException {
        driver.start(0);
        assertEquals(80, driver.transport.read(0x100, 2));
        assertEquals(24, driver.transport.read(0x102, 2));
        driver.request(1, new Part(driver.buffer("out".getBytes(StandardCharsets.US_ASCII)), 3, false));
        assertEquals("out", terminalOutput.toString());
        write(keys, "key");
        giveRoom(0, 1);
        assertArrayEquals("key".getBytes(StandardCharsets.US_ASCII), taken(0, 0));
    }

    @Test
    void inputWaitsForTheGuestAndItsEndIsTold() throws IOException {
        driver.start(MULTIPORT);
        giveRoom(CONTROL_IN, 2);
        tell(1, PORT_READY, 1);
        driver.take(CONTROL_IN);
        driver.take(CONTROL_IN);
        write(stream, "x".repeat(ROOM) + "yz");
        stream.sink().close();
        giveRoom(CONTROL_IN, 1);
        long closeMessage = room[0];
        giveRoom(STREAM_IN, 1);
        assertEquals(0, driver.usedIndex(STREAM_IN));
        tell(1, PORT_OPEN, 1);
        assertEquals("x".repeat(ROOM), new String(taken(STREAM_IN, 0), StandardCharsets.US_ASCII));
        assertEquals(2, driver.usedIndex(CONTROL_IN));
        giveRoom(STREAM_IN, 1);
        assertEquals("yz", new String(taken(STREAM_IN, 0), StandardCharsets.US_ASCII));
        driver.take(CONTROL_IN);
        assertArrayEquals(message(1, PORT_OPEN, 0), TestRam.read(driver.ram, closeMessage, 8));
    }

    @Test
    void inputSurvivesAReset() throws IOException {
        driver.start(MULTIPORT);
        tell(1, PORT_OPEN, 1);
        write(stream, "kept");
        driver.start(MULTIPORT);
        giveRoom(STREAM_IN, 1);
        tell(1, PORT_OPEN, 1);
        assertEquals("kept", new String(taken(STREAM_IN, 0), StandardCharsets.US_ASCII));
    }

    @Test
    void nobodyWaitsForInputOfAClosedDevice() throws InterruptedException {
        driver.start(MULTIPORT);
        tell(1, PORT_OPEN, 1);
        Thread reader = null;
        while (reader == null) {
            Thread.sleep(1);
            reader = Thread.getAllStackTraces().keySet().stream().filter(thread -> thread.getName().equals("console port 1 in")).findAny().orElse(null);
        }
        device.close();
        reader.join();
    }

    @Test
    void drainedOutputIsWithItsSink() throws InterruptedException {
        driver.start(MULTIPORT);
        byte[] piece = "0123456789".getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < 60; i++) {
            driver.add(STREAM_OUT + 2, new Part(driver.buffer(piece), 3, false), new Part(driver.buffer(piece), 7, false));
            if (i % 30 == 29) {
                driver.kick(STREAM_OUT + 2);
                device.drain();
                assertEquals((i + 1) * 10, streamOutput.length());
            }
        }
    }

    /** A guest that ends in a panic may have put something into the ring, and not be able to tell any more. */
    @Test
    void outputThatTheDriverHasNotToldOfIsDrainedToo() throws InterruptedException {
        driver.start(MULTIPORT);
        byte[] piece = "0123456789".getBytes(StandardCharsets.US_ASCII);
        for (int i = 1; i <= 20; i++) {
            driver.add(STREAM_OUT + 2, new Part(driver.buffer(piece), 10, false));
            device.drain();
            assertEquals(i * 10, streamOutput.length());
        }
    }

    /** Linux resets its devices before it powers off: what was written just before must have come out. */
    @Test
    void outputGoesOutBeforeAReset() {
        driver.start(MULTIPORT);
        slow = true;
        byte[] piece = "0123456789".getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < 10; i++) {
            driver.add(STREAM_OUT + 2, new Part(driver.buffer(piece), 10, false));
        }
        driver.kick(STREAM_OUT + 2);
        driver.write(0x70, 0);
        assertEquals(100, streamOutput.length());
    }

    private void assertBroken(String reason) {
        assertTrue(driver.log.size() == 1 && driver.log.getFirst().contains(reason), () -> driver.log.toString());
        assertTrue((driver.read(0x70) & 64) != 0);
    }

    private void awaitBroken() throws InterruptedException {
        while (driver.log.isEmpty()) {
            Thread.sleep(1);
        }
    }

    @Test
    void liesStopTheDevice() throws InterruptedException {
        driver.start(MULTIPORT);
        driver.add(CONTROL_OUT, new Part(driver.buffer(7), 7, false));
        driver.kick(CONTROL_OUT);
        awaitBroken();
        assertBroken("less than 8 bytes");
    }

    @Test
    void aRoomTooSmallForAMessageStopsTheDevice() throws InterruptedException {
        driver.start(MULTIPORT);
        driver.add(CONTROL_IN, new Part(driver.buffer(7), 7, true));
        driver.kick(CONTROL_IN);
        driver.add(CONTROL_OUT, new Part(driver.buffer(message(0, DEVICE_READY, 1)), 8, false));
        driver.kick(CONTROL_OUT);
        awaitBroken();
        assertBroken("too small");
    }

    @Test
    void questionsWithoutRoomForAnswersEnd() throws InterruptedException {
        driver.start(MULTIPORT);
        long question = driver.buffer(message(0, DEVICE_READY, 1));
        for (int i = 0; i < 2000 && driver.log.isEmpty(); i++) {
            driver.add(CONTROL_OUT, new Part(question, 8, false));
            driver.kick(CONTROL_OUT);
            while (driver.log.isEmpty() && driver.usedIndex(CONTROL_OUT) != i + 1) {
                Thread.onSpinWait();
            }
        }
        awaitBroken();
        assertBroken("does not take the answers");
    }

    @Test
    void messagesAboutPortsThatAreNotThereAreIgnored() {
        driver.start(MULTIPORT);
        tell(77, PORT_READY, 1);
        tell(-5, PORT_OPEN, 1);
        tell(0, 99, 1);
        assertTrue(driver.log.isEmpty(), () -> driver.log.toString());
    }
}
