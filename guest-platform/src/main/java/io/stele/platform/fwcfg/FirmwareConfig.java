package io.stele.platform.fwcfg;

import io.stele.memory.RawMemory;
import io.stele.platform.bus.GuestRam;
import io.stele.platform.bus.MmioDevice;
import io.stele.platform.state.Saveable;
import io.stele.platform.state.StateStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/**
 * QEMU's fw_cfg device with its DMA interface (docs/specs/fw_cfg in QEMU's documents): items that firmware reads by number, and a directory
 * of those that have a name. Registers are big-endian.
 */
public final class FirmwareConfig implements MmioDevice, Saveable {
    private static final int DATA = 0;
    private static final int SELECTOR = 8;
    private static final int DMA_HIGH = 16;
    private static final int DMA_LOW = 20;
    private static final int SIGNATURE = 0;
    private static final int FEATURES = 1;
    private static final int CPU_COUNT = 5;
    private static final int DIRECTORY = 0x19;
    private static final int FIRST_FILE = 0x20;
    private static final int WITH_DMA = 3;
    private static final int ENTRY_BYTES = 64;
    /** "QEMU CFG". */
    private static final long DMA_SIGNATURE = 0x51454d5520434647L;
    private static final int CONTROL_ERROR = 1;
    private static final int CONTROL_READ = 2;
    private static final int CONTROL_SKIP = 4;
    private static final int CONTROL_SELECT = 8;
    private static final int CONTROL_WRITE = 16;
    private static final int REQUEST_BYTES = 16;
    private static final int TAG = 0x46574346;

    private final GuestRam ram;
    private final Map<Integer, byte[]> items = new TreeMap<>();
    private int selected;
    private int position;
    private long dmaAddress;

    /** @param files contents by name, as firmware looks for them */
    public FirmwareConfig(GuestRam ram, int cpus, Map<String, byte[]> files) {
        this.ram = ram;
        items.put(SIGNATURE, "QEMU".getBytes(StandardCharsets.US_ASCII));
        items.put(FEATURES, new byte[] {WITH_DMA, 0, 0, 0});
        items.put(CPU_COUNT, new byte[] {(byte) cpus, 0});
        ByteBuffer directory = ByteBuffer.allocate(4 + files.size() * ENTRY_BYTES).putInt(files.size());
        int number = FIRST_FILE;
        for (Map.Entry<String, byte[]> file : new TreeMap<>(files).entrySet()) {
            int start = directory.position();
            directory.putInt(file.getValue().length).putShort((short) number).putShort((short) 0)
                .put(file.getKey().getBytes(StandardCharsets.US_ASCII)).position(start + ENTRY_BYTES);
            items.put(number++, file.getValue());
        }
        items.put(DIRECTORY, directory.array());
    }

    @Override
    public synchronized long read(long offset, int size) {
        if (offset >= DATA && offset + size <= DATA + 8) {
            long value = 0;
            for (int i = 0; i < size; i++) {
                value |= (long) next() << 8 * i;
            }
            return value;
        }
        if (offset >= DMA_HIGH && offset + size <= DMA_HIGH + 8) {
            long bytes = Long.reverseBytes(DMA_SIGNATURE) >>> 8 * (offset - DMA_HIGH);
            return size == 8 ? bytes : bytes & (1L << 8 * size) - 1;
        }
        return 0;
    }

    private int next() {
        byte[] item = items.get(selected);
        return item == null || position >= item.length ? 0 : item[position++] & 0xff;
    }

    @Override
    public synchronized void write(long offset, int size, long value) {
        if (offset == SELECTOR && size == 2) {
            select(Short.reverseBytes((short) value) & 0xffff);
        } else if (offset == DMA_HIGH && size == 8) {
            transfer(Long.reverseBytes(value));
        } else if (offset == DMA_HIGH && size == 4) {
            dmaAddress = (long) Integer.reverseBytes((int) value) << 32;
        } else if (offset == DMA_LOW && size == 4) {
            long address = dmaAddress | Integer.reverseBytes((int) value) & 0xffff_ffffL;
            dmaAddress = 0;
            transfer(address);
        }
    }

    private void select(int item) {
        selected = item;
        position = 0;
    }

    /** Carries out the request at this guest physical address: control, length, address; nothing answers a request outside of RAM. */
    private void transfer(long request) {
        if (!ram.contains(request, REQUEST_BYTES)) {
            return;
        }
        long host = ram.hostAddress(request, REQUEST_BYTES);
        int control = Integer.reverseBytes(RawMemory.getInt(host));
        long length = Integer.reverseBytes(RawMemory.getInt(host + 4)) & 0xffff_ffffL;
        long target = Long.reverseBytes(RawMemory.getLong(host + 8));
        if ((control & CONTROL_SELECT) != 0) {
            select(control >>> 16);
        }
        boolean good = true;
        if ((control & CONTROL_READ) != 0) {
            good = ram.contains(target, length);
            if (good) {
                copy(ram.hostAddress(target, length), length);
            }
        } else if ((control & CONTROL_SKIP) != 0) {
            position += (int) Math.min(length, remaining());
        } else if ((control & CONTROL_WRITE) != 0) {
            good = false;
        }
        RawMemory.putInt(host, Integer.reverseBytes(good ? 0 : CONTROL_ERROR));
    }

    private int remaining() {
        byte[] item = items.get(selected);
        return item == null ? 0 : item.length - position;
    }

    /** What is behind the item's end reads as zero. */
    private void copy(long target, long length) {
        int part = (int) Math.min(length, remaining());
        if (part > 0) {
            RawMemory.copy(items.get(selected), position, target, part);
            position += part;
        }
        RawMemory.fill(target + part, length - part, (byte) 0);
    }

    @Override
    public synchronized void state(StateStream stream) throws IOException {
        stream.expect(TAG, "fw_cfg tag");
        selected = stream.value(selected);
        position = stream.value(position);
        dmaAddress = stream.value(dmaAddress);
    }
}
