package io.stele.runtime.vcpu;

import io.stele.codegen.CpuArea;
import io.stele.memory.RawMemory;

/**
 * The words through which VM code and Java talk, one set per vCPU.
 *
 * <p>VM code fills in its request, sets REQUEST and spins on it; Java answers by writing COMMAND and clearing REQUEST. When Java sleeps
 * (SLEEPING), VM code rings a KVM_IOEVENTFD port first; when no answer comes within its spin, it exits to user space by {@code out}.
 */
public final class Mailbox {
    static final int REQUEST = CpuArea.MAILBOX;
    public static final int KIND = CpuArea.MAILBOX + 4;
    public static final int COMMAND = CpuArea.MAILBOX + 8;
    static final int SLEEPING = CpuArea.MAILBOX + 12;
    public static final int LIST_COUNT = CpuArea.MAILBOX + 16;
    public static final int LIST_RELOAD = CpuArea.MAILBOX + 20;
    /** Looks of VM code, each one {@code pause}, before it exits to user space; at least 1. */
    static final int SPINS = CpuArea.MAILBOX + 24;
    public static final int LIST = CpuArea.STACK_TOP + 0x1000;
    public static final int LIST_ENTRY_BYTES = 24;
    public static final int LIST_CAPACITY = 1000;

    /** Kinds of request. */
    public static final int KIND_LEAVE = 0;
    public static final int KIND_TRAP = 1;
    static final int KIND_DONE = 2;
    public static final int KIND_PARKED = 3;

    /** Answers: jump to RESUME, continue the trapped code, execute the page table list, leave the core to others until answered again. */
    public static final int COMMAND_DISPATCH = 0;
    public static final int COMMAND_RESUME = 1;
    public static final int COMMAND_LIST = 2;
    public static final int COMMAND_PARK = 3;

    /** I/O ports: exit to user space, doorbell (KVM_IOEVENTFD). */
    static final int EXIT_PORT = 0x10;
    public static final int DOORBELL_PORT = 0x20;

    private final long area;

    /** @param area host address of the CPU area */
    public Mailbox(long area) {
        this.area = area;
    }

    public void setSpins(int spins) {
        RawMemory.putInt(area + SPINS, spins);
    }

    public boolean requested() {
        return RawMemory.getIntAcquire(area + REQUEST) != 0;
    }

    public int kind() {
        return RawMemory.getInt(area + KIND);
    }

    public void answer(int command) {
        RawMemory.putInt(area + COMMAND, command);
        RawMemory.putIntVolatile(area + REQUEST, 0);
    }

    public void setSleeping(boolean sleeping) {
        RawMemory.putIntVolatile(area + SLEEPING, sleeping ? 1 : 0);
    }
}
