package io.stele.runtime;

import io.stele.runtime.common.MachineLock;
import io.stele.runtime.common.Statistics;
import io.stele.runtime.vcpu.GuestClock;
import io.stele.runtime.vcpu.Mailbox;
import io.stele.runtime.vcpu.Polling;
import io.stele.runtime.vcpu.SchedulerDelay;
import io.stele.runtime.vcpu.VirtualCpu;
import io.stele.runtime.vcpu.VirtualCpus;
import io.stele.runtime.vcpu.Waits;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * Who serves what VM code asks, and when devices act, with the lock of the machine. The thread that has it may be any: a vCPU's own after an exit,
 * or one that polls the mailboxes where that pays ({@link Polling}). That is the thread of a vCPU that waits anyway, or else the service thread,
 * which otherwise sleeps to the next deadline. Whoever serves also lets devices act on what is due.
 */
final class ServiceLoop implements VirtualCpu.Server, AutoCloseable {
    private static final int REQUESTS_BETWEEN_CLOCKS = 16;
    private static final int LOOKS_BETWEEN_CLOCKS = 64;
    /** Polling that a burst of requests has begun ends after so long without one ... */
    private static final long IDLE_NANOS = 2_000_000;
    /** The same where a vCPU's thread polls while it waits, which it tries at each wait. */
    private static final long WAIT_NANOS = 500_000;
    /** The same behind what devices have done beside a vCPU that runs: it takes their interrupt, and asks for one thing or another. */
    private static final long AFTERMATH_NANOS = 200_000;
    /** Looks whether the service thread leaves polling to a vCPU's. */
    private static final int HAND_OVER_LOOKS = 1000;
    /** ... and begins when so many requests come each of which follows the last one within so long. */
    private static final int BURST = 3;
    private static final long BURST_NANOS = 1_000_000;
    /** After so long without any, so many more have to come first: an idle guest that wakes up for a tick is not polled. */
    private static final long REST_NANOS = 20_000_000;
    private static final int MORE_AFTER_REST = 16;
    /** VM code looks so much longer than an exit takes for a request that somebody is at work on. */
    private static final int SERVED_EXITS = 10;

    private final VirtualCpu[] cpus;
    private final GuestServices services;
    private final GuestClock clock;
    private final Statistics statistics;
    private final Polling polling;
    private final Waits waits = new Waits();
    private final MachineLock lock;
    private final Thread thread = Thread.currentThread();
    private final SchedulerDelay delay = SchedulerDelay.ofThisThread();
    private final MachineEvents events;
    private volatile boolean wakeUp;
    private volatile boolean stopped;
    private volatile boolean pollingWanted;
    /** The thread that polls, or null. */
    private final AtomicReference<Thread> poller = new AtomicReference<>();
    /** A vCPU's thread wants to poll. */
    private volatile boolean handOver;
    /** When devices have something to do; with the lock, and volatile for a first look without. */
    private volatile long deadline;
    /** The service thread sleeps, until this time. */
    private volatile boolean asleep;
    private volatile long asleepUntil;
    /** When a vCPU's thread has last begun or ended to poll. */
    private volatile long lastIdle = System.nanoTime() - REST_NANOS;
    private boolean started;
    /** Requests for which a vCPU has exited although somebody polled; written with the lock. */
    private volatile int missed;
    private int burst;
    private long lastServed;

    /** The thread that makes it is the service thread. */
    ServiceLoop(VirtualCpu[] cpus, GuestServices services, GuestClock clock, MachineEvents events, MachineLock lock, Statistics statistics) {
        this.cpus = cpus;
        this.lock = lock;
        this.services = services;
        this.clock = clock;
        this.events = events;
        this.statistics = statistics;
        polling = new Polling(this::busyCpus, this::delay, cpus[0]::exitNanos);
        deadline = System.nanoTime() + Long.MAX_VALUE / 2;
    }

    /** vCPUs that want a core. */
    private int busyCpus() {
        int busy = 0;
        for (VirtualCpu cpu : cpus) {
            busy += cpu.mailbox().wantsCore() ? 1 : 0;
        }
        return busy;
    }

    private long delay() {
        long nanos = delay.nanos();
        for (VirtualCpu cpu : cpus) {
            nanos += cpu.delay().nanos();
        }
        return nanos;
    }

    /** Makes {@link #run} return; by any thread. */
    void stop() {
        stopped = true;
        LockSupport.unpark(thread);
    }

    /** Has {@link MachineEvents#poll} called soon; by any thread. */
    void wake() {
        wakeUp = true;
        LockSupport.unpark(thread);
    }

    /** Has {@link MachineEvents#poll} called soon; with the lock. */
    void pollSoon() {
        wakeUp = true;
    }

    @Override
    public void failed() {
        LockSupport.unpark(thread);
    }

    /** On a vCPU's thread, after an exit. */
    @Override
    public void serve(VirtualCpu cpu) {
        long now = System.nanoTime();
        lock.lock();
        try {
            if (!started) {
                clock.start(Arrays.stream(cpus).mapToLong(VirtualCpu::area).toArray());
                started = true;
                deadline = now;
            }
            if (poller.get() != null && cpu.mailbox().kind() != Mailbox.KIND_START) {
                missed = missed + 1;
            }
            long pause = now - lastServed;
            burst = pause < BURST_NANOS ? burst + 1 : pause < REST_NANOS ? Math.min(burst, 0) : -MORE_AFTER_REST;
            lastServed = now;
            serveLocked(cpu, now);
            if (burst >= BURST && !pollingWanted && poller.get() == null && now - lastIdle > BURST_NANOS && polling.isOpen(now)) {
                burst = 0;
                pollingWanted = true;
                LockSupport.unpark(thread);
            }
        } finally {
            lock.unlock();
        }
    }

    /** The service thread's work, until {@link #stop}. Throws what has ended a vCPU's thread. */
    void run() {
        while (!stopped) {
            try {
                work();
            } catch (VirtualCpus.Ended e) {
                // By a failure, which is thrown next.
            }
            checkFailures();
        }
    }

    /**
     * Does one thing, and nothing before it sleeps: waiting for the lock uses up what {@link #stop} and {@link #failed} wake the thread by, so
     * that after it the caller has to look for them again.
     */
    private void work() {
        long now = System.nanoTime();
        if (pollingWanted) {
            pollAsService(IDLE_NANOS);
            pollingWanted = false;
        } else if (wakeUp || now - deadline >= 0) {
            // Who polls lets devices act, too: and is there before their interrupt is taken.
            if (busyCpus() == 0 || !polling.isOpen(now) || !pollAsService(AFTERMATH_NANOS)) {
                actLocked(now);
            }
        } else {
            sleep(now);
        }
    }

    /** Returns false if somebody else polls. */
    private boolean pollAsService(long idleNanos) {
        if (!poller.compareAndSet(null, thread)) {
            return false;
        }
        handOver = false;
        pollAs(null, idleNanos);
        return true;
    }

    /** The service thread says until when it sleeps, then looks at the deadline again; who moves that closer, the other way round. */
    private void sleep(long now) {
        long until = deadline;
        asleepUntil = until;
        asleep = true;
        if (deadline == until && !wakeUp) {
            LockSupport.parkNanos(this, until - now);
        }
        asleep = false;
    }

    /** With the lock: wakes the service thread if it would miss the deadline. */
    private void callForDeadline() {
        if (asleep && asleepUntil - deadline > 0) {
            LockSupport.unpark(thread);
        }
    }

    /**
     * On a vCPU's thread that waits: it polls for the others meanwhile. So with two vCPUs on two cores no third thread wants one, and who is
     * woken is not asleep.
     */
    @Override
    public void idle(VirtualCpu cpu) {
        long now = System.nanoTime();
        if (busyCpus() != 0 && polling.isOpen(now)) {
            lastIdle = now;
            if (takePoller(cpu)) {
                pollAs(cpu, WAIT_NANOS);
                lastIdle = System.nanoTime();
            }
        }
    }

    /** Makes the thread of a vCPU that waits the one that polls, unless another vCPU's does. */
    private boolean takePoller(VirtualCpu cpu) {
        for (int looks = 0; looks < HAND_OVER_LOOKS && cpu.isIdle(); looks++) {
            if (poller.compareAndSet(null, Thread.currentThread())) {
                return true;
            }
            if (poller.get() != thread) {
                return false;
            }
            handOver = true;
            Thread.onSpinWait();
        }
        return false;
    }

    /**
     * @param waiting the vCPU whose thread polls as long as its guest waits; null: the service thread polls
     * @param idleNanos polling ends after so long without a request
     */
    private void pollAs(VirtualCpu waiting, long idleNanos) {
        try {
            poll(waiting, idleNanos);
        } finally {
            poller.set(null);
        }
    }

    private void poll(VirtualCpu waiting, long idleNanos) {
        long now = System.nanoTime();
        long lastRequest = now;
        int looks = 0;
        int busy = 0;
        int missedBefore = missed;
        statistics.pollingPeriods++;
        if (waiting == null) {
            polling.begin(now);
        } else {
            polling.resume(now);
        }
        setPatience(true);
        while (!stopped && goesOn(waiting)) {
            boolean served = false;
            for (VirtualCpu cpu : cpus) {
                // A thread whose own vCPU is to go on serves nobody else, who might wait for that vCPU.
                if (goesOn(waiting) && cpu.mailbox().claim()) {
                    served = true;
                    servePolled(cpu);
                }
            }
            if (served) {
                looks = 0;
                if (++busy < REQUESTS_BETWEEN_CLOCKS) {
                    continue;
                }
            } else if (++looks < LOOKS_BETWEEN_CLOCKS) {
                Thread.onSpinWait();
                continue;
            }
            now = System.nanoTime();
            if (busy > 0) {
                lastRequest = now;
            }
            if (wakeUp || now - deadline >= 0) {
                actLocked(now);
            }
            if (waiting == null) {
                checkFailures();
            }
            int missedNow = missed;
            boolean pays = polling.pays(now, busy, missedNow - missedBefore);
            missedBefore = missedNow;
            busy = 0;
            looks = 0;
            if (!pays) {
                break;
            }
            if (now - lastRequest > idleNanos || busyCpus() == 0 && !waits.isShort(now)) {
                polling.end(now);
                break;
            }
        }
        polling.pause(System.nanoTime(), busy);
        setPatience(false);
    }

    private boolean goesOn(VirtualCpu waiting) {
        return waiting == null ? !handOver : waiting.isIdle();
    }

    private void servePolled(VirtualCpu cpu) {
        lock.lock();
        try {
            statistics.servedByPolling++;
            long now = System.nanoTime();
            serveLocked(cpu, now);
        } finally {
            lock.unlock();
        }
    }

    private void serveLocked(VirtualCpu cpu, long now) {
        waits.end(now);
        clock.synchronise(cpu.area(), now);
        services.serve(cpu);
        if (cpu.mailbox().state() == Mailbox.WAITING && busyCpus() == 0) {
            waits.begin(now);
        }
        act(now);
    }

    private void setPatience(boolean polled) {
        for (VirtualCpu cpu : cpus) {
            int exit = cpu.ticks(cpus[0].exitNanos());
            cpu.mailbox().setPatience(polled ? Polling.VAIN_EXITS * exit : 0, SERVED_EXITS * exit);
        }
    }

    private void actLocked(long now) {
        lock.with(() -> act(now));
    }

    /** Lets devices do what is due. */
    private void act(long now) {
        if (started && (wakeUp || now - deadline >= 0)) {
            wakeUp = false;
            services.mmio().drain();
            long next = clock.nanos(events.poll());
            deadline = next == Long.MAX_VALUE ? now + Long.MAX_VALUE / 2 : next;
            callForDeadline();
        }
    }

    @Override
    public void close() {
        delay.close();
    }

    private void checkFailures() {
        for (VirtualCpu cpu : cpus) {
            Throwable failure = cpu.failure();
            if (failure instanceof Error error) {
                throw error;
            }
            if (failure instanceof RuntimeException exception) {
                throw exception;
            }
        }
    }
}
