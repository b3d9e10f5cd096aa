package io.stele.platform.virtio;

import io.stele.platform.bus.Uninterrupted;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Threads that serve one queue: each takes a chain, handles it, which may take long, and hands it back. Chains that are under way at the
 * same time may be handed back in any order. The threads sleep while there is nothing to do; the second and later ones start when they are
 * needed.
 */
public final class QueueServer {
    /** Handles one chain. */
    @FunctionalInterface
    public interface Handler {
        /**
         * Called on a thread of the server, which owns the chain meanwhile.
         *
         * @return bytes written to the chain's writable buffers, from the first one on
         * @throws VirtioException if the chain breaks the device's rules
         */
        long handle(Chain chain);
    }

    /** What a handler of {@link #availableHere} returns if a thread is to handle the chain, from its beginning. */
    public static final long LATER = -1;

    private final String name;
    private final int mostThreads;
    private final Handler handler;
    private final List<Thread> threads = new ArrayList<>();
    /** For {@link #serveHere} and {@link #availableHere}; null while {@link #left} is set. */
    private Chain own = new Chain();
    /** A chain that {@link #availableHere} has left to a thread. It counts as busy. */
    private Chain left;
    private VirtQueue queue;
    private DevicePort port;
    private int idle;
    private int busy;
    /** Callers of {@link #awaitIdle}. */
    private int waiting;
    private boolean closed;

    /** @param name of the threads; @param threads how many at most */
    public QueueServer(String name, int threads, Handler handler) {
        this.name = name;
        mostThreads = threads;
        this.handler = handler;
    }

    /** Serves this queue from now on. */
    public synchronized void start(VirtQueue newQueue, DevicePort newPort) {
        queue = newQueue;
        port = newPort;
        available();
    }

    /** There may be chains. */
    public synchronized void available() {
        if (waiting > 0) {
            // Who is woken alone might be one that only waits for the others.
            notifyAll();
        }
        if (idle > 0) {
            notify();
        } else if (threads.size() < mostThreads && !closed) {
            Thread thread = Thread.ofPlatform().daemon().name(name + " " + threads.size()).unstarted(this::serve);
            threads.add(thread);
            thread.start();
        }
    }

    /** As {@link #available}, but the calling thread handles what is there, if no other one is about it. For handlers that take no time. */
    public void serveHere() {
        Chain chain = takeHere();
        while (chain != null) {
            handle(chain);
            chain = takeHere();
        }
    }

    /**
     * As {@link #available}, but if nothing is under way, one chain is handled by the calling thread where that takes no longer than waking
     * another one.
     *
     * @param quick handles the chain, or decides that a thread shall
     */
    public void availableHere(Handler quick) {
        Chain chain = takeHere();
        if (chain == null) {
            return;
        }
        try {
            long written = quick.handle(chain);
            if (written == LATER) {
                leave(chain);
            } else {
                giveBack(chain, written);
            }
        } catch (VirtioException e) {
            breakDown(e);
        }
    }

    private synchronized void leave(Chain chain) {
        if (queue == null) {
            busy--;
            notifyAll();
            return;
        }
        queue.popAgain(chain);
        left = chain;
        own = null;
        available();
    }

    private synchronized Chain takeHere() {
        if (busy > 0) {
            available();
            return null;
        }
        try {
            if (queue != null && next(own)) {
                busy++;
                return own;
            }
        } catch (VirtioException e) {
            stopped(e);
        }
        return null;
    }

    /** Lets go of the queue; returns when nothing is under way any more. */
    public synchronized void stop() {
        queue = null;
        Uninterrupted.await(this, () -> busy == 0);
    }

    /** Waits until all chains that the driver has made available are handled, even if it has not told of them and never will. */
    public void awaitIdle() throws InterruptedException {
        awaitIdle(TimeUnit.DAYS.toMillis(1));
    }

    /** As {@link #awaitIdle()}, but no longer than so many milliseconds. */
    public synchronized void awaitIdle(long millis) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        waiting++;
        try {
            while (queue != null && (busy > 0 || queue.hasAvailable())) {
                if (busy == 0) {
                    available();
                }
                long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
                if (left <= 0) {
                    return;
                }
                wait(left);
            }
        } finally {
            waiting--;
        }
    }

    /** Ends the threads, after {@link #stop}. */
    public synchronized void close() {
        closed = true;
        notifyAll();
    }

    private void serve() {
        Chain chain = take(new Chain());
        while (chain != null) {
            handle(chain);
            chain = take(chain);
        }
    }

    private void handle(Chain chain) {
        try {
            giveBack(chain, handler.handle(chain));
        } catch (VirtioException e) {
            breakDown(e);
        }
    }

    /** @param chain of the thread; @return the one to be handled, which is the thread's now; null at the end */
    private synchronized Chain take(Chain chain) {
        while (!closed) {
            if (left != null) {
                Chain taken = left;
                left = null;
                own = chain;
                return taken;
            }
            try {
                if (queue != null && busy < mostThreads && next(chain)) {
                    busy++;
                    return chain;
                }
            } catch (VirtioException e) {
                stopped(e);
            }
            idle++;
            try {
                wait();
            } catch (InterruptedException e) {
                closed = true;
            }
            idle--;
        }
        return null;
    }

    private boolean next(Chain chain) {
        do {
            if (queue.pop(chain)) {
                if (threads.size() == mostThreads && idle == 0) {
                    queue.disableNotifications();
                } else if (queue.enableNotifications()) {
                    available();
                }
                return true;
            }
        } while (queue.enableNotifications());
        return false;
    }

    private synchronized void giveBack(Chain chain, long written) {
        busy--;
        if (queue == null || waiting > 0) {
            notifyAll();
        }
        if (queue != null) {
            queue.push(chain.head(), written);
            if (queue.interruptWanted()) {
                port.usedBuffers();
            }
        }
    }

    private synchronized void breakDown(VirtioException cause) {
        busy--;
        if (queue != null) {
            stopped(cause);
        }
        notifyAll();
    }

    private void stopped(VirtioException cause) {
        queue = null;
        notifyAll();
        port.broken(cause);
    }
}
