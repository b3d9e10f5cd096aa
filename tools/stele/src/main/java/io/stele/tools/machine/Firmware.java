package io.stele.tools.machine;

import io.stele.platform.boot.BootException;
import io.stele.platform.boot.BootFile;
import io.stele.platform.boot.BootState;
import io.stele.platform.bus.GuestRam;
import io.stele.platform.bus.SystemBus;
import io.stele.platform.fdt.FdtNode;
import io.stele.platform.fdt.FlattenedTree;
import io.stele.platform.flash.CfiFlash;
import io.stele.platform.flash.FlashFile;
import io.stele.platform.fwcfg.FirmwareConfig;
import io.stele.platform.layout.VirtMemoryMap;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Firmware in flash. The first bank, whose code runs in place, is memory behind the guest's RAM that appears at the bank's address, too;
 * nothing writes to it. The second one is a device with a file.
 */
final class Firmware implements AutoCloseable {
    private static final long LARGE_PAGE = 2L << 20;

    private final BootFile code;
    private final FlashFile variables;
    private final Consumer<String> log;

    private Firmware(BootFile code, FlashFile variables, Consumer<String> log) {
        this.code = code;
        this.variables = variables;
        this.log = log;
    }

    static Firmware open(Path code, Path variables, Consumer<String> log) throws BootException {
        BootFile file = BootFile.open("firmware", code);
        try {
            if (file.size() > VirtMemoryMap.FLASH_BANK_BYTES) {
                throw new BootException("firmware " + code + " is larger than the flash");
            }
            return new Firmware(file, new FlashFile(variables, CfiFlash.BYTES), log);
        } catch (IOException e) {
            file.close();
            throw new BootException("the firmware's variables cannot be kept in " + variables + ": " + e.getMessage(), e);
        } catch (BootException e) {
            file.close();
            throw e;
        }
    }

    /** What is left of memory for the guest's RAM, so that the flash can follow it. */
    static long memory(long bytes) {
        return bytes & -LARGE_PAGE;
    }

    /** Bytes behind the RAM. */
    long codeBytes() {
        return code.size() + LARGE_PAGE - 1 & -LARGE_PAGE;
    }

    void attach(SystemBus bus, GuestRam ram, int cpus) {
        bus.shadow(VirtMemoryMap.FLASH, codeBytes());
        bus.attach(VirtMemoryMap.FLASH + VirtMemoryMap.FLASH_BANK_BYTES, VirtMemoryMap.FLASH_BANK_BYTES, new CfiFlash(variables, log));
        bus.attach(VirtMemoryMap.FW_CFG, VirtMemoryMap.FW_CFG_BYTES, new FirmwareConfig(ram, cpus, Map.of()));
    }

    /** Puts the code into the flash and the device tree to the start of RAM, where this firmware looks for it. */
    BootState load(GuestRam ram, FdtNode tree) throws BootException {
        code.copyTo(0, code.size(), ram.host() + ram.bytes());
        ram.write(ram.physical(), FlattenedTree.write(tree));
        return new BootState(VirtMemoryMap.FLASH, ram.physical(), 0, 0, VirtMemoryMap.FLASH, VirtMemoryMap.FLASH + code.size());
    }

    @Override
    public void close() {
        code.close();
        variables.close();
    }
}
