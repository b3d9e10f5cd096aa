package io.stele.runtime.vcpu;

import io.stele.codegen.CpuArea;
import io.stele.memory.RawMemory;
import io.stele.runtime.common.VmLayout;

/**
 * The words through which VM code and Java talk, one set per vCPU.
 *
 * <p>VM code fills in its request, sets STATE to ASKED and looks at it for a while; then it exits to user space by {@code out}. The thread that
 * changes ASKED to SERVED serves the request; it answers by writing COMMAND and setting STATE to NONE.
 */
public final class Mailbox {
    public static final int STATE = CpuArea.MAILBOX;
    public static final int KIND = CpuArea.MAILBOX + 4;
    public static final int COMMAND = CpuArea.MAILBOX + 8;
    /** How long VM code looks at STATE before it exits, in ticks of the time stamp counter: while ASKED, and while SERVED or DONE. */
    public static final int PATIENCE = CpuArea.MAILBOX + 12;
    public static final int SERVED_PATIENCE = CpuArea.MAILBOX + 16;
    public static final int LIST_COUNT = CpuArea.MAILBOX + 20;
    public static final int LIST_RELOAD = CpuArea.MAILBOX + 24;
    /** int, not 0: after a list VM code exits at once, as the vCPU's own thread waits for it. */
    static final int LIST_EXIT = CpuArea.MAILBOX + 28;
    /** Requests to flush the TLB, which VM code carries out before it goes on, and how many of them it has carried out. */
    static final int FLUSH_ASKED = CpuArea.MAILBOX + 40;
    static final int FLUSH_DONE = CpuArea.MAILBOX + 44;
    /** long: VM address of the vCPU's sets of pages, see {@link VmLayout#pageSets}. */
    static final int PAGE_SETS = CpuArea.MAILBOX + 32;
    public static final int LIST = CpuArea.STACK_TOP + 0x1000;
    public static final int LIST_ENTRY_BYTES = 24;
    public static final int LIST_CAPACITY = 1000;

    /** No request: VM code runs, or will when the vCPU's thread enters the VM. */
    public static final int NONE = 0;
    /** A request that any thread may claim. */
    public static final int ASKED = 1;
    /** A thread has claimed the request. */
    public static final int SERVED = 2;
    /** A command in the middle of a service has been executed; the thread that serves goes on. */
    public static final int DONE = 3;
    /** The guest waits for an interrupt. */
    public static final int WAITING = 4;
    /** The guest has turned this CPU off, or has never turned it on. */
    public static final int OFF = 5;

    /** Kinds of request; START: the vCPU has just started, or the guest has waited. */
    public static final int KIND_LEAVE = 0;
    public static final int KIND_TRAP = 1;
    public static final int KIND_START = 2;

    /** Answers: jump to RESUME, continue the trapped code. */
    public static final int COMMAND_DISPATCH = 0;
    public static final int COMMAND_RESUME = 1;
    /** Commands: execute the page table list, put CR2 into the trap frame. */
    public static final int COMMAND_LIST = 2;
    static final int COMMAND_FAULT_ADDRESS = 3;

    /** I/O port: exit to user space. */
    public static final int EXIT_PORT = 0x10;

    private final long area;

    /** @param area host address of the CPU area */
    public Mailbox(long area) {
        this.area = area;
    }

    /**
     * Sets how long VM code waits inside the VM; by any thread.
     *
     * @param asked ticks until a request that nobody has claimed makes the vCPU exit
     * @param served ticks until one does that a thread is at work on
     */
    public void setPatience(int asked, int served) {
        RawMemory.putInt(area + SERVED_PATIENCE, served);
        RawMemory.putIntVolatile(area + PATIENCE, asked);
    }

    public int state() {
        return RawMemory.getIntAcquire(area + STATE);
    }

    /** Takes over a request; false if there is none, or another thread has it. */
    public boolean claim() {
        return state() == ASKED && RawMemory.compareAndSetInt(area + STATE, ASKED, SERVED);
    }

    public int kind() {
        return RawMemory.getInt(area + KIND);
    }

    /** By the thread that serves the request: VM code goes on. */
    public void answer(int command) {
        RawMemory.putInt(area + COMMAND, command);
        RawMemory.putIntVolatile(area + STATE, NONE);
    }

    /** By the thread that serves the request: anyone may claim it again. */
    public void leaveOpen() {
        RawMemory.putIntVolatile(area + STATE, ASKED);
    }

    /** By the thread that serves the request: it stays unanswered until {@link #endWait}. */
    public void startWait() {
        RawMemory.putIntVolatile(area + STATE, WAITING);
    }

    /** By the thread that serves the request, or before there was one: nothing but {@link #turnOn} lets the vCPU go on. */
    public void turnOff() {
        RawMemory.putIntVolatile(area + STATE, OFF);
    }

    /** Makes a request of KIND_START of a vCPU that is off, by the thread that has the lock, or before there was one. */
    public void turnOn() {
        RawMemory.putInt(area + KIND, KIND_START);
        RawMemory.putIntVolatile(area + STATE, ASKED);
    }

    /** True if there is a request that will be answered. */
    public boolean isOpen() {
        int state = state();
        return state == ASKED || state == SERVED;
    }

    /** What the vCPU is about, in words. */
    public String activity() {
        return switch (state()) {
            case NONE -> "runs";
            case WAITING -> "waits for an interrupt or an event";
            case OFF -> "is off";
            default -> "has a request";
        };
    }

    /** The CPU is on, and its guest does not wait. */
    public boolean wantsCore() {
        int state = state();
        return state != WAITING && state != OFF;
    }

    public boolean isOn() {
        return state() != OFF;
    }

    /** Before VM code goes on, at the latest, it flushes its TLB; with the lock. */
    public void askFlush() {
        RawMemory.putIntVolatile(area + FLUSH_ASKED, RawMemory.getInt(area + FLUSH_ASKED) + 1);
    }

    /** True if all that {@link #askFlush} has asked for is done. */
    public boolean isFlushed() {
        return RawMemory.getIntVolatile(area + FLUSH_DONE) == RawMemory.getInt(area + FLUSH_ASKED);
    }

    /** Turns a wait into a request of KIND_START; false if there is none. */
    public boolean endWait() {
        if (state() != WAITING) {
            return false;
        }
        RawMemory.putInt(area + KIND, KIND_START);
        return RawMemory.compareAndSetInt(area + STATE, WAITING, ASKED);
    }
}
