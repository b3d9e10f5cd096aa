package io.stele.kvm.libc;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class LibcTest {
    @Test
    void failureIsANegatedErrorNumber() {
        assertEquals(-Errno.ENOENT, Libc.open("/no/such/file", Libc.O_RDWR));
        assertEquals(-Errno.EBADF, Libc.close(-1));
        assertEquals(-Errno.ENOTTY, Libc.tcgetattr(new NullDevice().fd, 0));
        LibcException e = assertThrows(LibcException.class, () -> Libc.check("open /x", Libc.open("/no/such/file", 0)));
        assertEquals("open /x: No such file or directory (ENOENT)", e.getMessage());
        assertEquals("KVM_RUN: Error (errno 200)", new LibcException("KVM_RUN", 200).getMessage());
    }

    private static final class NullDevice {
        final int fd = Libc.open("/dev/null", Libc.O_RDWR | Libc.O_CLOEXEC);
    }

    @Test
    @SuppressWarnings("restricted")
    void memoryIsAlignedZeroAndDiscardable() {
        try (HostMemory memory = HostMemory.mapHuge(5 << 20)) {
            assertEquals(0, memory.address() % HostMemory.HUGE_PAGE);
            MemorySegment bytes = MemorySegment.ofAddress(memory.address()).reinterpret(memory.bytes());
            assertEquals(0, bytes.get(ValueLayout.JAVA_LONG, memory.bytes() - 8));
            bytes.set(ValueLayout.JAVA_LONG, 0, 1);
            bytes.set(ValueLayout.JAVA_LONG, 4096, 2);
            memory.discard(0, 4096);
            assertEquals(0, bytes.get(ValueLayout.JAVA_LONG, 0));
            assertEquals(2, bytes.get(ValueLayout.JAVA_LONG, 4096));
            assertThrows(IndexOutOfBoundsException.class, () -> memory.discard(0, memory.bytes() + 1));
        }
        LibcException e = assertThrows(LibcException.class, () -> HostMemory.map(1L << 60));
        assertEquals(Errno.ENOMEM, e.errno());
    }

    @Test
    void closedMemoryIsUnmapped() {
        HostMemory memory = HostMemory.map(1);
        assertEquals(4096, memory.bytes());
        memory.close();
        memory.close();
        assertEquals(-Errno.ENOMEM, Libc.madvise(memory.address(), 4096, Libc.MADV_DONTNEED));
    }

    @Test
    void eventFdCountsAndTimesOut() {
        EventFd event = new EventFd();
        long start = System.nanoTime();
        assertEquals(0, event.await(5_000_000));
        assertTrue(System.nanoTime() - start >= 4_000_000);
        event.signal();
        event.signal();
        assertEquals(2, event.await(-1));
        assertEquals(0, event.take());
        event.close();
        event.signal();
        event.close();
    }

    @Test
    void interruptEndsAWaitOfAnotherThread() throws InterruptedException {
        Threads.prepareKick();
        int[] tid = new int[1];
        long[] result = {-1};
        try (EventFd event = new EventFd()) {
            Thread thread;
            synchronized (tid) {
                thread = Thread.ofPlatform().start(() -> {
                    synchronized (tid) {
                        tid[0] = Libc.gettid();
                        tid.notifyAll();
                    }
                    result[0] = Libc.pollReadable(event.fd(), -1);
                });
                while (tid[0] == 0) {
                    tid.wait();
                }
            }
            while (thread.isAlive()) {
                Threads.interrupt(tid[0]);
                thread.join(1);
            }
        }
        assertEquals(-Errno.EINTR, result[0]);
        while (Libc.tgkill(Libc.getpid(), tid[0], 0) == 0) {
            Thread.sleep(1);
        }
        assertDoesNotThrow(() -> Threads.interrupt(tid[0]), "a thread that has ended");
    }

    @Test
    void rawTerminalIsRestored() {
        int master = Libc.open("/dev/ptmx", Libc.O_RDWR | Libc.O_CLOEXEC | 0x100);
        Assumptions.assumeTrue(master >= 0, "needs /dev/ptmx");
        try (Arena arena = Arena.ofConfined()) {
            assertTrue(Terminal.isTerminal(master));
            MemorySegment before = attributes(master, arena);
            Terminal terminal = Terminal.makeRaw(master);
            int localFlags = attributes(master, arena).get(ValueLayout.JAVA_INT, 12);
            assertEquals(0, localFlags & (2 | 8 | 1));
            terminal.close();
            terminal.close();
            assertEquals(-1, before.mismatch(attributes(master, arena)));
        } finally {
            Libc.close(master);
        }
        assertFalse(Terminal.isTerminal(new NullDevice().fd));
    }

    private static MemorySegment attributes(int fd, Arena arena) {
        MemorySegment termios = arena.allocate(Termios.BYTES, 8);
        Libc.check("tcgetattr", Libc.tcgetattr(fd, termios.address()));
        return termios;
    }
}
