import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Exchanger;
import java.util.concurrent.Phaser;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** Threads that count, hand over, sort, allocate and wait for each other: what they have in the end is known. Argument: seconds. */
public final class Threads {
    private static final int THREADS = 8;
    private long plain;
    private volatile long dekkerA;
    private volatile long dekkerB;
    private final Object monitor = new Object();

    private interface Work {
        void run(int thread) throws Exception;
    }

    private static void all(Work work) throws Exception {
        List<Throwable> failures = new ArrayList<>();
        Thread[] threads = new Thread[THREADS];
        for (int i = 0; i < THREADS; i++) {
            int n = i;
            threads[i] = new Thread(() -> {
                try {
                    work.run(n);
                } catch (Throwable e) {
                    synchronized (failures) {
                        failures.add(e);
                    }
                }
            });
            threads[i].start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        if (!failures.isEmpty()) {
            throw new IllegalStateException(failures.get(0));
        }
    }

    private static void same(long expected, long found, String what) {
        if (expected != found) {
            throw new IllegalStateException(what + ": " + found + ", not " + expected);
        }
    }

    private void monitors() throws Exception {
        plain = 0;
        AtomicLong atomic = new AtomicLong();
        all(thread -> {
            for (int i = 0; i < 20_000; i++) {
                synchronized (monitor) {
                    plain++;
                }
                atomic.incrementAndGet();
            }
        });
        same(20_000L * THREADS, plain, "monitor");
        same(20_000L * THREADS, atomic.get(), "atomic");
    }

    /** A queue of one's own making, by wait and notify. */
    private void handOver() throws Exception {
        ArrayDeque<Integer> queue = new ArrayDeque<>();
        AtomicLong sum = new AtomicLong();
        all(thread -> {
            for (int i = 0; i < 3000; i++) {
                synchronized (queue) {
                    if (thread % 2 == 0) {
                        while (queue.size() > 4) {
                            queue.wait();
                        }
                        queue.add(i);
                    } else {
                        while (queue.isEmpty()) {
                            queue.wait();
                        }
                        sum.addAndGet(queue.remove());
                    }
                    queue.notifyAll();
                }
            }
        });
        same(3000L * 2999 / 2 * (THREADS / 2), sum.get(), "queue");
    }

    /** Store, then load of what the other one stores: both may not see the old. */
    private void storeBuffering() throws Exception {
        CyclicBarrier barrier = new CyclicBarrier(2);
        long[] seen = new long[2];
        Thread other = new Thread(() -> {
            try {
                for (int i = 1; i <= 2000; i++) {
                    barrier.await();
                    dekkerB = i;
                    seen[1] = dekkerA;
                    barrier.await();
                }
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        other.start();
        for (int i = 1; i <= 2000; i++) {
            barrier.await();
            dekkerA = i;
            seen[0] = dekkerB;
            barrier.await();
            if (seen[0] < i && seen[1] < i) {
                throw new IllegalStateException("both stores were passed by loads");
            }
        }
        other.join();
    }

    private void collections(long seed) throws Exception {
        ConcurrentHashMap<Integer, List<Integer>> map = new ConcurrentHashMap<>();
        all(thread -> {
            SplittableRandom random = new SplittableRandom(seed + thread);
            for (int i = 0; i < 20_000; i++) {
                int key = random.nextInt(500);
                int value = i;
                map.compute(key, (k, list) -> {
                    List<Integer> longer = list == null || list.size() > 100 ? new ArrayList<>() : new ArrayList<>(list);
                    longer.add(value);
                    return longer;
                });
                if (i % 64 == 0) {
                    byte[][] garbage = new byte[16][];
                    for (int g = 0; g < garbage.length; g++) {
                        garbage[g] = new byte[random.nextInt(20_000)];
                    }
                    same(0, garbage[i % 16 / 2].length == 0 ? 0 : garbage[i % 16 / 2][0], "fresh memory");
                }
            }
        });
        int[] numbers = new SplittableRandom(seed).ints(300_000).toArray();
        int[] sorted = numbers.clone();
        Arrays.sort(sorted);
        Arrays.parallelSort(numbers);
        same(0, Arrays.compare(sorted, numbers), "parallel sort");
        same(LongStream.rangeClosed(1, 1_000_000).map(n -> n * n % 7).sum(),
            LongStream.rangeClosed(1, 1_000_000).parallel().map(n -> n * n % 7).sum(), "parallel sum");
    }

    private void parking() throws Exception {
        Phaser phaser = new Phaser(THREADS);
        Exchanger<Integer> exchanger = new Exchanger<>();
        AtomicLong sum = new AtomicLong();
        all(thread -> {
            for (int i = 0; i < 300; i++) {
                phaser.arriveAndAwaitAdvance();
                sum.addAndGet(exchanger.exchange(thread * 1000 + i));
                LockSupport.parkNanos(1000);
            }
        });
        same(IntStream.range(0, THREADS).mapToLong(t -> 300L * 1000 * t + 300L * 299 / 2).sum(), sum.get(), "exchanged");
    }

    public static void main(String[] arguments) throws Exception {
        long end = System.nanoTime() + Long.parseLong(arguments[0]) * 1_000_000_000L;
        Threads threads = new Threads();
        int rounds = 0;
        while (System.nanoTime() < end || rounds == 0) {
            threads.monitors();
            threads.handOver();
            threads.storeBuffering();
            threads.collections(rounds);
            threads.parking();
            rounds++;
        }
        System.out.println(rounds + " rounds");
    }
}
