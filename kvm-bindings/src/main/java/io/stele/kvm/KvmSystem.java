package io.stele.kvm;

import io.stele.kvm.libc.Errno;
import io.stele.kvm.libc.Libc;
import io.stele.kvm.linux.Kvm;
import io.stele.kvm.linux.kvm_cpuid2;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;

/** An open {@code /dev/kvm}. */
public final class KvmSystem implements AutoCloseable {
    /** The device. */
    public static final String DEVICE = "/dev/kvm";

    private static final int FIRST_CPUID_ENTRIES = 128;
    private static final int MOST_CPUID_ENTRIES = 1024;

    private final int fd;
    private boolean closed;

    private KvmSystem(int fd) {
        this.fd = fd;
    }

    /**
     * Looks whether the device is there and for this user, without a call of libc if it is: the first one takes long.
     *
     * @throws KvmException as {@link #open()}
     */
    public static void requireAccess() {
        Path device = Path.of(DEVICE);
        if (!Files.isReadable(device) || !Files.isWritable(device)) {
            open().close();
        }
    }

    /**
     * Opens the device and checks the API version.
     *
     * @throws KvmException with a line for the user when there is no usable KVM
     */
    public static KvmSystem open() {
        return open(DEVICE);
    }

    static KvmSystem open(String device) {
        int fd = Libc.open(device, Libc.O_RDWR | Libc.O_CLOEXEC);
        if (fd < 0) {
            throw switch (-fd) {
                case Errno.ENOENT, Errno.ENODEV, Errno.ENXIO ->
                    new KvmException(device + " is missing: load the KVM module of this processor, or turn on (nested) virtualisation");
                case Errno.EACCES, Errno.EPERM ->
                    new KvmException("no permission to open " + device + ": add this user to the group kvm, and log in again");
                default -> new KvmException("open " + device, -fd);
            };
        }
        int version = Libc.ioctl(fd, Kvm.KVM_GET_API_VERSION, 0);
        if (version != Kvm.KVM_API_VERSION) {
            Libc.close(fd);
            throw version < 0
                ? new KvmException(device + " is not KVM: KVM_GET_API_VERSION", -version)
                : new KvmException(device + " has KVM API version " + version + "; version " + Kvm.KVM_API_VERSION + " is needed");
        }
        return new KvmSystem(fd);
    }

    /** KVM_CHECK_EXTENSION. @param capability a {@code KVM_CAP_*} number; @return 0 if it is absent */
    public int checkExtension(int capability) {
        return KvmException.check("KVM_CHECK_EXTENSION", Libc.ioctl(fd, Kvm.KVM_CHECK_EXTENSION, capability));
    }

    /** A new VM without memory and vCPUs, and without an in-kernel interrupt controller. */
    public VirtualMachine createVirtualMachine() {
        int vm;
        do {
            vm = Libc.ioctl(fd, Kvm.KVM_CREATE_VM, 0);
        } while (vm == -Errno.EINTR);
        return new VirtualMachine(this, KvmException.check("KVM_CREATE_VM", vm));
    }

    /** Bytes to map of a vCPU's file descriptor. */
    int vcpuMmapSize() {
        return KvmException.check("KVM_GET_VCPU_MMAP_SIZE", Libc.ioctl(fd, Kvm.KVM_GET_VCPU_MMAP_SIZE, 0));
    }

    /** The CPUID table (a {@link kvm_cpuid2}) of all that KVM can give a vCPU. */
    MemorySegment supportedCpuid(Arena arena) {
        for (int entries = FIRST_CPUID_ENTRIES;; entries *= 2) {
            MemorySegment table = kvm_cpuid2.allocate(arena, entries);
            int result = Libc.ioctl(fd, Kvm.KVM_GET_SUPPORTED_CPUID, table.address());
            if (result != -Errno.E2BIG || entries >= MOST_CPUID_ENTRIES) {
                KvmException.check("KVM_GET_SUPPORTED_CPUID", result);
                return table;
            }
        }
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            Libc.close(fd);
        }
    }
}
