package io.stele.platform.pl011;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class BatchingConsoleTest {
    private static final BatchingConsole.FailureListener NO_FAILURE = cause -> {
        throw new AssertionError(cause);
    };

    @Test
    void aSingleByteIsWrittenWithoutFurtherOutput() throws InterruptedException {
        CountDownLatch written = new CountDownLatch(1);
        OutputStream out = new OutputStream() {
            @Override
            public void write(int value) {
                written.countDown();
            }
        };
        BatchingConsole console = new BatchingConsole(out, NO_FAILURE);
        console.put((byte) '$');
        assertTrue(written.await(5, TimeUnit.SECONDS));
        console.close();
    }

    @Test
    void bulkOutputArrivesCompleteAndInFewWrites() throws InterruptedException {
        AtomicInteger writes = new AtomicInteger();
        ByteArrayOutputStream out = new ByteArrayOutputStream() {
            @Override
            public synchronized void write(byte[] bytes, int offset, int length) {
                writes.incrementAndGet();
                super.write(bytes, offset, length);
            }
        };
        byte[] bulk = new byte[1_000_000];
        BatchingConsole console = new BatchingConsole(out, NO_FAILURE);
        for (int i = 0; i < bulk.length; i++) {
            bulk[i] = (byte) (i * 31);
            console.put(bulk[i]);
        }
        console.flush();
        assertArrayEquals(bulk, out.toByteArray());
        assertTrue(writes.get() < 2000, writes + " writes");
        console.close();
    }

    @Test
    void closingWritesWhatIsLeft() throws InterruptedException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        BatchingConsole console = new BatchingConsole(out, NO_FAILURE);
        console.put((byte) 'a');
        console.put((byte) 'b');
        console.close();
        assertEquals("ab", out.toString());
    }

    @Test
    void closedOutputIsReportedOnceAndNeverBlocksTheGuest() throws InterruptedException {
        AtomicInteger failures = new AtomicInteger();
        OutputStream out = new OutputStream() {
            @Override
            public void write(int value) throws IOException {
                throw new IOException("Broken pipe");
            }
        };
        BatchingConsole console = new BatchingConsole(out, cause -> failures.incrementAndGet());
        for (int i = 0; i < 4 * BatchingConsole.CAPACITY; i++) {
            console.put((byte) 'x');
        }
        console.flush();
        console.close();
        assertEquals(1, failures.get());
    }
}
