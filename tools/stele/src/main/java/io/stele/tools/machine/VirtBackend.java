package io.stele.tools.machine;

import io.stele.codegen.listing.ListingRows;
import io.stele.kvm.KvmSystem;
import io.stele.platform.boot.BootException;
import io.stele.platform.boot.BootLoader;
import io.stele.platform.boot.Entropy;
import io.stele.platform.fdt.Chosen;
import io.stele.platform.fdt.FdtNode;
import io.stele.platform.fdt.FlattenedTree;
import io.stele.platform.fdt.VirtDeviceTree;
import java.io.IOException;

/** The arm64 {@code virt} machine on KVM. */
public final class VirtBackend implements Backend {
    private static final int KASLR_SEED_BYTES = 8;
    private static final int RNG_SEED_BYTES = 32;

    /** Machines with the CPUs that the configuration says. */
    public VirtBackend() {}

    @Override
    public void checkHost() {
        KvmSystem.requireAccess();
    }

    @Override
    public GuestMachine create(MachineConfig config) {
        return new VirtGuestMachine(config);
    }

    @Override
    public byte[] deviceTree(MachineConfig config) {
        try {
            return FlattenedTree.write(tree(config));
        } catch (BootException e) {
            throw new MachineException(e.getMessage(), e);
        }
    }

    static FdtNode tree(MachineConfig config) throws BootException {
        FdtNode root;
        if (config.dtb() == null) {
            boolean firmware = config.variables() != null;
            long memory = firmware ? Firmware.memory(config.memoryBytes()) : config.memoryBytes();
            root = VirtDeviceTree.build(config.cpus(), memory, config.devices().size());
            if (firmware) {
                VirtDeviceTree.addFirmware(root);
            }
        } else {
            root = BootLoader.readDeviceTree(config.dtb());
            VirtDeviceTree.setMemory(root, config.memoryBytes());
        }
        Chosen chosen = new Chosen(root).commandLine(config.append());
        if (config.dtb() == null) {
            chosen.console().seeds(Entropy.bytes(KASLR_SEED_BYTES), Entropy.bytes(RNG_SEED_BYTES));
        }
        return root;
    }

    @Override
    public void listCode(GivenCode code, ListingRows out) throws IOException {
        CodeListing.list(code, out);
    }
}
