package io.stele.platform.gicv3;

import static io.stele.platform.gicv3.GicRegisters.GICD_CTLR;
import static io.stele.platform.gicv3.GicRegisters.GICD_IIDR;
import static io.stele.platform.gicv3.GicRegisters.GICD_IROUTER;
import static io.stele.platform.gicv3.GicRegisters.GICD_TYPER;
import static io.stele.platform.gicv3.GicRegisters.ID_REGISTERS;
import static io.stele.platform.gicv3.GicRegisters.IPRIORITYR;
import static io.stele.platform.gicv3.GicRegisters.IPRIORITYR_END;

import io.stele.platform.bus.MmioDevice;

/**
 * The distributor's registers (GICD). Words of 32 bits; priorities also by byte, doublewords as two words. Reserved registers and sizes
 * read as zero and ignore writes; so do the banks of private interrupts, which affinity routing moves to the redistributors.
 */
final class Distributor implements MmioDevice {
    /** A3V: affinity 3 is valid; No1N: an interrupt goes to one CPU; IDbits: 10-bit INTIDs. */
    private static final int TYPER_FIXED = 1 << 24 | 1 << 25 | 9 << 19;
    private static final int WRITABLE_CONTROL =
            GicRegisters.CTLR_ENABLE_GROUP0 | GicRegisters.CTLR_ENABLE_GROUP1 | GicRegisters.CTLR_E1NWF;
    /** Aff3 and Aff2..Aff0; 1-of-N routing (IRM) is absent. */
    private static final long ROUTER_MASK = 0xff_00ff_ffffL;
    private static final int PART = 0x92;

    private final GicV3 gic;
    private final GicState state;
    private final InterruptRegisters registers;

    Distributor(GicV3 gic, InterruptRegisters registers) {
        this.gic = gic;
        state = gic.state;
        this.registers = registers;
    }

    @Override
    public long read(long address, int size) {
        int offset = (int) address;
        synchronized (gic) {
            gic.recallAll();
            return switch (size) {
                case 8 -> readWord(offset) & 0xffff_ffffL | (long) readWord(offset + 4) << 32;
                case 4 -> readWord(offset) & 0xffff_ffffL;
                case 1 -> isPriority(offset) ? registers.readPriority(sharedBank(offset), offset) : 0;
                default -> 0;
            };
        }
    }

    @Override
    public void write(long address, int size, long value) {
        int offset = (int) address;
        synchronized (gic) {
            gic.recallAll();
            if (size == 1 && isPriority(offset)) {
                registers.writePriority(sharedBank(offset), offset, (int) value);
                gic.updateAll();
            } else if (size == 4) {
                writeWord(offset, (int) value);
            } else if (size == 8) {
                writeWord(offset, (int) value);
                writeWord(offset + 4, (int) (value >>> 32));
            }
        }
    }

    private boolean isPriority(int offset) {
        return offset >= IPRIORITYR && offset < IPRIORITYR_END && sharedBank(offset) >= 0;
    }

    /** Bank of a register of shared interrupts, or -1. */
    private int sharedBank(int offset) {
        int number = InterruptRegisters.bankNumber(offset);
        return number >= 1 && number < state.intids / 32 ? state.cpus + number - 1 : -1;
    }

    private int readWord(int offset) {
        int bank = sharedBank(offset);
        if (bank >= 0) {
            return registers.read(bank, offset);
        }
        int intid = routedIntid(offset);
        if (intid >= 0) {
            return (int) (state.router[intid - 32] >>> ((offset & 4) * 8));
        }
        return switch (offset) {
            case GICD_CTLR -> state.distributorControl | GicRegisters.CTLR_ARE | GicRegisters.CTLR_DS;
            case GICD_TYPER -> state.intids / 32 - 1 | TYPER_FIXED;
            case GICD_IIDR -> GicRegisters.IIDR;
            default -> offset >= ID_REGISTERS ? GicRegisters.identification(offset, PART) : 0;
        };
    }

    private void writeWord(int offset, int value) {
        int bank = sharedBank(offset);
        int intid = routedIntid(offset);
        if (bank >= 0) {
            registers.write(bank, offset, value);
            gic.updateAll();
        } else if (intid >= 0) {
            int shift = (offset & 4) * 8;
            long merged = state.router[intid - 32] & ~(0xffff_ffffL << shift) | (value & 0xffff_ffffL) << shift;
            gic.route(intid, merged & ROUTER_MASK);
        } else if (offset == GICD_CTLR) {
            state.distributorControl = value & WRITABLE_CONTROL;
            gic.updateAll();
        }
    }

    /** INTID whose GICD_IROUTER lies at {@code offset}, or -1. */
    private int routedIntid(int offset) {
        int intid = offset - GICD_IROUTER >> 3;
        return intid >= 32 && intid < state.intids ? intid : -1;
    }
}
