package io.stele.platform.gicv3;

import static io.stele.platform.gicv3.GicRegisters.GICR_IIDR;
import static io.stele.platform.gicv3.GicRegisters.GICR_TYPER;
import static io.stele.platform.gicv3.GicRegisters.GICR_WAKER;
import static io.stele.platform.gicv3.GicRegisters.ID_REGISTERS;
import static io.stele.platform.gicv3.GicRegisters.IPRIORITYR;
import static io.stele.platform.gicv3.GicRegisters.IPRIORITYR_END;

import io.stele.platform.bus.MmioDevice;
import io.stele.platform.layout.VirtMemoryMap;

/** The redistributors' registers (GICR): for each CPU an RD frame and an SGI frame of 64 KiB. Reserved registers and sizes are RAZ/WI. */
final class Redistributors implements MmioDevice {
    private static final int FRAME_BYTES = 0x1_0000;
    private static final int TYPER_LAST = 1 << 4;
    private static final int PART = 0x93;

    private final GicV3 gic;
    private final GicState state;
    private final InterruptRegisters registers;

    Redistributors(GicV3 gic, InterruptRegisters registers) {
        this.gic = gic;
        state = gic.state;
        this.registers = registers;
    }

    @Override
    public long read(long address, int size) {
        int cpu = (int) (address / VirtMemoryMap.GICR_CPU_BYTES);
        int offset = (int) (address % VirtMemoryMap.GICR_CPU_BYTES);
        synchronized (gic) {
            gic.recallAll();
            return switch (size) {
                case 8 -> readWord(cpu, offset) & 0xffff_ffffL | (long) readWord(cpu, offset + 4) << 32;
                case 4 -> readWord(cpu, offset) & 0xffff_ffffL;
                case 1 -> isPriority(offset) ? registers.readPriority(cpu, offset) : 0;
                default -> 0;
            };
        }
    }

    @Override
    public void write(long address, int size, long value) {
        int cpu = (int) (address / VirtMemoryMap.GICR_CPU_BYTES);
        int offset = (int) (address % VirtMemoryMap.GICR_CPU_BYTES);
        synchronized (gic) {
            gic.recallAll();
            if (size == 1 && isPriority(offset)) {
                registers.writePriority(cpu, offset, (int) value);
                gic.update(cpu);
            } else if (size == 4) {
                writeWord(cpu, offset, (int) value);
            } else if (size == 8) {
                writeWord(cpu, offset, (int) value);
                writeWord(cpu, offset + 4, (int) (value >>> 32));
            }
        }
    }

    private static boolean isPriority(int offset) {
        int inFrame = offset - FRAME_BYTES;
        return inFrame >= IPRIORITYR && inFrame < IPRIORITYR_END && InterruptRegisters.bankNumber(inFrame) == 0;
    }

    private int readWord(int cpu, int offset) {
        if (offset >= ID_REGISTERS && offset < FRAME_BYTES || offset >= FRAME_BYTES + ID_REGISTERS) {
            return GicRegisters.identification(offset % FRAME_BYTES, PART);
        }
        if (offset >= FRAME_BYTES) {
            return InterruptRegisters.bankNumber(offset - FRAME_BYTES) == 0 ? registers.read(cpu, offset - FRAME_BYTES) : 0;
        }
        return switch (offset) {
            case GICR_IIDR -> GicRegisters.IIDR;
            case GICR_TYPER -> cpu << 8 | (cpu == state.cpus - 1 ? TYPER_LAST : 0);
            case GICR_TYPER + 4 -> packedAffinity(cpu);
            case GICR_WAKER -> state.waker[cpu];
            default -> 0;
        };
    }

    private void writeWord(int cpu, int offset, int value) {
        if (offset >= FRAME_BYTES) {
            if (InterruptRegisters.bankNumber(offset - FRAME_BYTES) == 0) {
                registers.write(cpu, offset - FRAME_BYTES, value);
                gic.update(cpu);
            }
        } else if (offset == GICR_WAKER) {
            boolean sleep = (value & GicRegisters.WAKER_PROCESSOR_SLEEP) != 0;
            state.waker[cpu] = sleep ? GicRegisters.WAKER_PROCESSOR_SLEEP | GicRegisters.WAKER_CHILDREN_ASLEEP : 0;
        }
    }

    /** Aff3.Aff2.Aff1.Aff0, a byte each. */
    private static int packedAffinity(int cpu) {
        long affinity = VirtMemoryMap.affinity(cpu);
        return (int) (affinity >> 32 << 24 | affinity & 0xff_ffff);
    }
}
