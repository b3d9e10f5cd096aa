package io.stele.platform.pl061;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.platform.irq.InterruptOutput;
import org.junit.jupiter.api.Test;

class Pl061Test {
    private boolean line;
    private final Pl061 gpio = new Pl061(new InterruptOutput((intid, cpu, level) -> line = level, 39, 0));

    private void drive(int pin, boolean high) {
        gpio.drive(pin, high);
        gpio.poll();
    }

    @Test
    void isAPl061() {
        int id = 0;
        for (int i = 0; i < 4; i++) {
            id |= (int) gpio.read(0xfe0 + 4 * i, 4) << 8 * i;
        }
        assertEquals(0x0004_1061, id);
    }

    @Test
    void bothEdgesOfAnInputInterruptUntilCleared() {
        assertFalse(gpio.isListening(3));
        gpio.write(Pl061.IBE, 4, 8);
        gpio.write(Pl061.IE, 4, 8);
        assertTrue(gpio.isListening(3));
        drive(3, true);
        assertTrue(line);
        assertEquals(8, gpio.read(8 << 2, 4));
        assertEquals(0, gpio.read(4 << 2, 4));
        gpio.write(Pl061.IC, 4, 8);
        assertFalse(line);
        drive(3, false);
        assertTrue(line);
        assertEquals(8, gpio.read(Pl061.MIS, 4));
    }

    @Test
    void oneEdgeIsChosenByTheEventRegister() {
        gpio.write(Pl061.IEV, 4, 1);
        gpio.write(Pl061.IE, 4, 3);
        drive(0, true);
        assertTrue(line);
        gpio.write(Pl061.IC, 4, 1);
        drive(0, false);
        assertFalse(line);
        drive(1, true);
        assertFalse(line);
        drive(1, false);
        assertTrue(line);
    }

    @Test
    void aLevelInterruptsAsLongAsItLasts() {
        gpio.write(Pl061.IS, 4, 1);
        gpio.write(Pl061.IEV, 4, 1);
        gpio.write(Pl061.IE, 4, 1);
        drive(0, true);
        gpio.write(Pl061.IC, 4, 1);
        assertTrue(line);
        drive(0, false);
        assertFalse(line);
    }

    @Test
    void outputsReadBackAndInputsCannotBeWritten() {
        gpio.write(Pl061.DIR, 4, 0xf0);
        gpio.write(0x3fc, 4, 0xa5);
        assertEquals(0xa0, gpio.read(0x3fc, 4));
        gpio.write(0x40 << 2, 4, 0xff);
        assertEquals(0xe0, gpio.read(0x3fc, 4));
    }
}
