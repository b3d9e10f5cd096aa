package io.stele.tools.console;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class StdinPumpTest {
    private static final int ROOM = 16;

    private static Thread named(String name) {
        return Thread.getAllStackTraces().keySet().stream().filter(thread -> thread.getName().equals(name)).findAny().orElse(null);
    }

    @Test
    void bytesArriveAndClosingTheInputEndsTheThread() throws Exception {
        Pipe pipe = Pipe.open();
        ConsoleQueue queue = new ConsoleQueue(ROOM);
        queue.onAvailable(() -> { });
        StdinPump.plain(pipe.source(), queue).start();
        pipe.sink().write(ByteBuffer.wrap(new byte[] {'a', 1, 'x'}));
        byte[] got = new byte[3];
        for (int i = 0; i < got.length; i++) {
            int value = queue.read();
            while (value < 0) {
                Thread.sleep(1);
                value = queue.read();
            }
            got[i] = (byte) value;
        }
        assertArrayEquals(new byte[] {'a', 1, 'x'}, got);
        Thread pump = named("console input");
        pipe.source().close();
        pump.join();
        pipe.sink().close();
    }

    @Test
    void keysForSteleDoNotPassAndTheChannelEndsWithItsInput() throws IOException {
        Pipe pipe = Pipe.open();
        AtomicReference<EscapeFilter.Command> command = new AtomicReference<>();
        KeyChannel keys = new KeyChannel(pipe.source(), new EscapeFilter(command::set));
        pipe.sink().write(ByteBuffer.wrap(new byte[] {'a', 1, 'h', 'b'}));
        ByteBuffer target = ByteBuffer.allocate(ROOM);
        keys.read(target);
        assertEquals("ab", new String(target.array(), 0, target.position(), StandardCharsets.US_ASCII));
        assertEquals(EscapeFilter.Command.HELP, command.get());
        pipe.sink().close();
        assertEquals(-1, keys.read(target));
        keys.close();
        assertFalse(pipe.source().isOpen());
    }
}
