package io.stele.platform.pl011;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.platform.Lines;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class Pl011Test {
    private static final int IRQ = 33;

    private final StringBuilder output = new StringBuilder();
    private final Lines lines = new Lines();
    private int changes;
    private final Pl011 uart = new Pl011(value -> output.append((char) (value & 0xff)), lines.output(IRQ), () -> changes++);

    private void type(String text) throws InterruptedException {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        uart.receive(bytes, 0, bytes.length);
    }

    private int read(int register) {
        return (int) uart.read(register, 4);
    }

    private void write(int register, int value) {
        uart.write(register, 4, value);
    }

    private String readAvailable() {
        StringBuilder text = new StringBuilder();
        while ((read(Pl011.FR) & Pl011.FR_RXFE) == 0) {
            text.append((char) (read(Pl011.DR) & 0xff));
        }
        return text.toString();
    }

    @Test
    void outputNeedsNoSetupAndIsNeverHeldUp() {
        for (char c : "hello\n".toCharArray()) {
            assertEquals(Pl011.FR_TXFE, read(Pl011.FR) & (Pl011.FR_TXFE | 1 << 5 | 1 << 3), "empty, not full, not busy");
            write(Pl011.DR, c);
        }
        assertEquals("hello\n", output.toString());
    }

    @Test
    void transmitInterruptFollowsAByteAndIsClearedBySoftware() {
        write(Pl011.IMSC, Pl011.INT_TX);
        assertFalse(lines.isHigh(IRQ, 0));
        write(Pl011.DR, 'x');
        assertTrue(lines.isHigh(IRQ, 0));
        assertEquals(Pl011.INT_TX, read(Pl011.MIS));
        write(Pl011.ICR, Pl011.INT_TX);
        assertFalse(lines.isHigh(IRQ, 0));
        write(Pl011.DR, 'y');
        write(Pl011.IMSC, 0);
        assertFalse(lines.isHigh(IRQ, 0));
        assertEquals(Pl011.INT_TX, read(Pl011.RIS));
    }

    @Test
    void aSingleKeyRaisesTheTimeoutInterruptUntilRead() throws InterruptedException {
        write(Pl011.LCR_H, Pl011.LCR_H_FEN | 0x60);
        write(Pl011.IMSC, Pl011.INT_RX | Pl011.INT_RT);
        type("a");
        assertTrue(lines.isHigh(IRQ, 0));
        assertEquals(Pl011.INT_RT, read(Pl011.MIS));
        assertEquals('a', read(Pl011.DR));
        assertFalse(lines.isHigh(IRQ, 0));
        assertEquals(Pl011.FR_RXFE, read(Pl011.FR) & Pl011.FR_RXFE);
    }

    @Test
    void fifoHoldsSixteenAndTheRestFollowsAsItIsRead() throws InterruptedException {
        write(Pl011.LCR_H, Pl011.LCR_H_FEN);
        String text = "The quick brown fox jumps over the lazy dog";
        type(text);
        assertEquals(Pl011.FR_RXFF, read(Pl011.FR) & (Pl011.FR_RXFF | Pl011.FR_RXFE));
        assertEquals(Pl011.INT_RX, read(Pl011.RIS) & (Pl011.INT_RX | Pl011.INT_RT), "no time-out while more is coming");
        assertEquals(text, readAvailable());
        assertEquals(0, read(Pl011.RIS));
    }

    @Test
    void receiveInterruptComesAtTheTriggerLevel() throws InterruptedException {
        write(Pl011.LCR_H, Pl011.LCR_H_FEN);
        write(Pl011.IFLS, 2 << 3);
        write(Pl011.IMSC, Pl011.INT_RX);
        type("1234567");
        assertFalse(lines.isHigh(IRQ, 0));
        type("8");
        assertTrue(lines.isHigh(IRQ, 0));
        read(Pl011.DR);
        assertFalse(lines.isHigh(IRQ, 0), "below the level again");
    }

    @Test
    void withoutFifoOneCharacterIsHeld() throws InterruptedException {
        type("ab");
        assertEquals(Pl011.FR_RXFF, read(Pl011.FR) & Pl011.FR_RXFF);
        assertEquals(Pl011.INT_RX, read(Pl011.RIS) & Pl011.INT_RX);
        assertEquals("ab", readAvailable());
    }

    @Test
    void clearedTimeoutReturnsWithTheNextCharacterOnly() throws InterruptedException {
        write(Pl011.LCR_H, Pl011.LCR_H_FEN);
        type("a");
        write(Pl011.ICR, Pl011.INT_RT);
        assertEquals(0, read(Pl011.RIS));
        type("b");
        assertEquals(Pl011.INT_RT, read(Pl011.RIS));
        assertEquals("ab", readAvailable());
    }

    @Test
    void breakArrivesWithItsErrorBits() {
        write(Pl011.LCR_H, Pl011.LCR_H_FEN);
        assertTrue(uart.offerBreak());
        assertEquals(Pl011.INT_BE | Pl011.INT_FE | Pl011.INT_RT, read(Pl011.RIS));
        assertEquals(Pl011.DR_BE | Pl011.DR_FE, read(Pl011.DR));
        assertEquals((Pl011.DR_BE | Pl011.DR_FE) >> 8, read(Pl011.RSR));
        write(Pl011.RSR, 0);
        assertEquals(0, read(Pl011.RSR));
    }

    @Test
    void loopbackReturnsOutputAsInput() {
        write(Pl011.LCR_H, Pl011.LCR_H_FEN);
        write(Pl011.CR, 0x301 | Pl011.CR_LBE | 1 << 11);
        write(Pl011.DR, 'z');
        assertEquals("", output.toString());
        assertEquals(Pl011.FR_CTS, read(Pl011.FR) & Pl011.FR_CTS, "RTS is looped to CTS");
        assertEquals('z', read(Pl011.DR));
    }

    @Test
    @Timeout(20)
    void fullQueueBlocksTheFeederUntilTheGuestReads() throws InterruptedException {
        write(Pl011.LCR_H, Pl011.LCR_H_FEN);
        byte[] bulk = new byte[20_000];
        for (int i = 0; i < bulk.length; i++) {
            bulk[i] = (byte) i;
        }
        Thread feeder = new Thread(() -> {
            try {
                uart.receive(bulk, 0, bulk.length);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        feeder.start();
        int next = 0;
        while (next < bulk.length) {
            if ((read(Pl011.FR) & Pl011.FR_RXFE) == 0) {
                assertEquals(bulk[next] & 0xff, read(Pl011.DR), "byte " + next);
                next++;
            }
        }
        feeder.join(TimeUnit.SECONDS.toMillis(10));
        assertFalse(feeder.isAlive());
    }

    @Test
    void offerRefusesWhenTheQueueIsFull() {
        int accepted = 0;
        while (uart.offer('x')) {
            accepted++;
        }
        assertEquals(4097, accepted, "queue and holding register");
    }

    @Test
    void registersKeepWhatIsWrittenAndIdentifyThePart() {
        write(Pl011.IBRD, 13);
        write(Pl011.FBRD, 0xff);
        write(Pl011.CR, 0xffff);
        write(Pl011.IMSC, 0xffff);
        assertEquals(13, read(Pl011.IBRD));
        assertEquals(0x3f, read(Pl011.FBRD));
        assertEquals(0xff87, read(Pl011.CR));
        assertEquals(0x7ff, read(Pl011.IMSC));
        int part = 0;
        int cell = 0;
        for (int i = 0; i < 4; i++) {
            part |= read(0xfe0 + 4 * i) << 8 * i;
            cell |= read(0xff0 + 4 * i) << 8 * i;
        }
        assertEquals(0x00141011, part);
        assertEquals(0xb105f00d, cell);
    }

    @Test
    void stateSurvivesSavingAndRestoring() throws IOException, InterruptedException {
        write(Pl011.LCR_H, Pl011.LCR_H_FEN);
        write(Pl011.IMSC, Pl011.INT_RT);
        type("abc");
        assertEquals('a', read(Pl011.DR));
        ByteArrayOutputStream saved = new ByteArrayOutputStream();
        uart.save(new DataOutputStream(saved));
        uart.reset();
        assertFalse(lines.isHigh(IRQ, 0));
        uart.restore(new DataInputStream(new ByteArrayInputStream(saved.toByteArray())));
        assertTrue(lines.isHigh(IRQ, 0));
        assertEquals("bc", readAvailable());
    }

    @Test
    void flagsAreSteadyUntilInputComesOrGoes() throws InterruptedException {
        assertTrue(uart.isSteady(Pl011.FR));
        assertFalse(uart.isSteady(Pl011.DR));
        uart.write(Pl011.DR, 2, 'x');
        assertEquals(0, changes);
        type("a");
        assertEquals(1, changes);
        read(Pl011.DR);
        assertEquals(2, changes);
    }

    @Test
    void whatIsTransmittedMayComeLateUnlessItIsWaitedFor() {
        assertTrue(uart.isPostable(Pl011.DR));
        assertFalse(uart.isPostable(Pl011.CR));
        uart.write(Pl011.IMSC, 2, Pl011.INT_TX);
        assertFalse(uart.isPostable(Pl011.DR));
        assertEquals(1, changes);
        uart.write(Pl011.IMSC, 2, 0);
        assertTrue(uart.isPostable(Pl011.DR));
        uart.write(Pl011.CR, 2, Pl011.CR_LBE);
        assertFalse(uart.isPostable(Pl011.DR));
        assertEquals(3, changes);
    }
}
