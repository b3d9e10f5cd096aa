package io.stele.kvm;

import io.stele.kvm.libc.Libc;
import io.stele.kvm.linux.Kvm;
import io.stele.kvm.linux.kvm_ioeventfd;
import io.stele.kvm.linux.kvm_userspace_memory_region;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * A VM. Closing it closes its vCPUs first; the memory given to {@link #addMemory} may be unmapped after that, not before.
 * Not for use by several threads at once, except for what {@link Vcpu} allows.
 */
public final class VirtualMachine implements AutoCloseable {
    private final KvmSystem system;
    private final int fd;
    private final List<Vcpu> vcpus = new ArrayList<>();
    private boolean closed;

    VirtualMachine(KvmSystem system, int fd) {
        this.system = system;
        this.fd = fd;
    }

    /**
     * KVM_SET_USER_MEMORY_REGION: gives the VM host memory. No byte count (0) removes the slot.
     *
     * @param slot number of the slot, chosen by the caller
     * @param guestPhysical where the VM sees it; a multiple of 4096
     * @param bytes how much; a multiple of 4096
     * @param hostAddress where this process sees it; a multiple of 4096. Both addresses with equal bits 20..12 lets KVM use huge pages
     */
    public void addMemory(int slot, long guestPhysical, long bytes, long hostAddress) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment region = kvm_userspace_memory_region.allocate(arena);
            kvm_userspace_memory_region.slot(region, slot);
            kvm_userspace_memory_region.guest_phys_addr(region, guestPhysical);
            kvm_userspace_memory_region.memory_size(region, bytes);
            kvm_userspace_memory_region.userspace_addr(region, hostAddress);
            request("KVM_SET_USER_MEMORY_REGION", Kvm.KVM_SET_USER_MEMORY_REGION, region.address());
        }
    }

    /** KVM_SET_NR_MMU_PAGES: how many shadow page-table pages KVM may keep. */
    public void setNrMmuPages(long pages) {
        request("KVM_SET_NR_MMU_PAGES", Kvm.KVM_SET_NR_MMU_PAGES, pages);
    }

    /** KVM_SET_TSS_ADDR: three pages of guest-physical space below 4 GiB that KVM on old Intel processors needs for itself. */
    public void setTssAddress(long guestPhysical) {
        request("KVM_SET_TSS_ADDR", Kvm.KVM_SET_TSS_ADDR, guestPhysical);
    }

    /** KVM_CREATE_VCPU. @param id its number, from 0 */
    public Vcpu createVcpu(int id) {
        int vcpu = request("KVM_CREATE_VCPU", Kvm.KVM_CREATE_VCPU, id);
        Vcpu result = Vcpu.of(system, vcpu);
        vcpus.add(result);
        return result;
    }

    /**
     * KVM_IOEVENTFD: from now on an {@code out} of any value to the port signals the eventfd inside the kernel and does not end
     * {@link Vcpu#run}.
     *
     * @param bytes width of the {@code out}: 1, 2 or 4
     */
    public void addIoEventFd(int port, int bytes, int eventfd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment io = kvm_ioeventfd.allocate(arena);
            kvm_ioeventfd.addr(io, port);
            kvm_ioeventfd.len(io, bytes);
            kvm_ioeventfd.fd(io, eventfd);
            kvm_ioeventfd.flags(io, Kvm.KVM_IOEVENTFD_FLAG_PIO);
            request("KVM_IOEVENTFD", Kvm.KVM_IOEVENTFD, io.address());
        }
    }

    private int request(String name, int request, long argument) {
        return KvmException.check(name, Libc.ioctl(fd, request, argument));
    }

    /** Closes the vCPUs, then the VM. No vCPU may be running. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            for (Vcpu vcpu : vcpus) {
                vcpu.close();
            }
            Libc.close(fd);
        }
    }
}
