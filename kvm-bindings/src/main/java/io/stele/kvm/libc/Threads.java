package io.stele.kvm.libc;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** The kernel's view of this process's threads. */
public final class Threads {
    /** A real-time signal that neither the JVM nor glibc uses. */
    private static final int KICK_SIGNAL = 42;
    private static final int CPU_SET_BYTES = 128;

    private static int pid;

    private Threads() {
    }

    /** Makes {@link #interrupt} harmless; to be called before it. */
    public static synchronized void prepareKick() {
        if (pid == 0) {
            Libc.check("sigaction", Libc.catchAndIgnore(KICK_SIGNAL));
            pid = Libc.getpid();
        }
    }

    /** Sends a signal without effect to a thread: a blocking call that cannot be restarted returns EINTR. @param tid from {@link Libc#gettid} */
    public static void interrupt(int tid) {
        Libc.check("tgkill", Libc.tgkill(pid, tid, KICK_SIGNAL));
    }

    /** Binds the calling thread to one CPU. @return false if the system does not allow it */
    public static boolean pin(int cpu) {
        if (cpu < 0 || cpu >= CPU_SET_BYTES * 8) {
            throw new IllegalArgumentException("no CPU " + cpu);
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment set = arena.allocate(CPU_SET_BYTES, 8);
            set.set(ValueLayout.JAVA_BYTE, cpu >> 3, (byte) (1 << (cpu & 7)));
            return Libc.schedSetAffinity(0, CPU_SET_BYTES, set.address()) == 0;
        }
    }

    /** The CPUs that the calling thread may use, in ascending order. */
    public static int[] allowedCpus() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment set = arena.allocate(CPU_SET_BYTES, 8);
            Libc.check("sched_getaffinity", Libc.schedGetAffinity(0, CPU_SET_BYTES, set.address()));
            int[] cpus = new int[CPU_SET_BYTES * 8];
            int count = 0;
            for (int cpu = 0; cpu < cpus.length; cpu++) {
                if ((set.get(ValueLayout.JAVA_BYTE, cpu >> 3) >> (cpu & 7) & 1) != 0) {
                    cpus[count++] = cpu;
                }
            }
            return Arrays.copyOf(cpus, count);
        }
    }
}
