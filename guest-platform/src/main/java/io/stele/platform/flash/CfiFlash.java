package io.stele.platform.flash;

import io.stele.platform.bus.MmioDevice;
import io.stele.platform.state.Saveable;
import io.stele.platform.state.StateStream;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * A bank of NOR flash with Intel's command set (JEDEC CFI, vendor command set 1): two chips of 16 bits side by side, as on QEMU's
 * {@code virt}. Programming and erasing take no time.
 */
public final class CfiFlash implements MmioDevice, Saveable {
    /** Size of a bank. */
    public static final long BYTES = 64L << 20;
    private static final int SECTOR_BYTES = 256 << 10;
    private static final int BUFFER_BYTES = 4096;
    private static final int READY = 0x80;
    private static final int WRITE_ERROR = 0x10;
    private static final int READ_ARRAY = 0xff;
    private static final int READ_STATUS = 0x70;
    private static final int CLEAR_STATUS = 0x50;
    private static final int READ_IDENTIFIER = 0x90;
    private static final int READ_QUERY = 0x98;
    private static final int PROGRAM = 0x40;
    private static final int PROGRAM_ALTERNATE = 0x10;
    private static final int BUFFERED_PROGRAM = 0xe8;
    private static final int ERASE = 0x20;
    private static final int LOCK_SETUP = 0x60;
    private static final int CONFIRM = 0xd0;
    private static final int MANUFACTURER = 0x89;
    private static final int DEVICE = 0x18;
    private static final int TAG = 0x43464931;

    /** What the chip makes of the next write. */
    private static final int IDLE = 0;
    private static final int SECOND_CYCLE = 1;
    private static final int BUFFER_DATA = 2;
    private static final int BUFFER_CONFIRM = 3;

    private final FlashFile file;
    private final Consumer<String> log;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int command = READ_ARRAY;
    private int phase = IDLE;
    private int status = READY;
    private int wordsLeft;
    private long bufferStart;
    private int bufferUsed;
    private boolean failureReported;

    /** @param log takes one line when the file cannot be written */
    public CfiFlash(FlashFile file, Consumer<String> log) {
        this.file = file;
        this.log = log;
    }

    @Override
    public synchronized long read(long offset, int size) {
        return switch (command) {
            case READ_ARRAY -> array(offset, size);
            case READ_IDENTIFIER -> both(switch ((int) (offset & 0xff) >> 2) {
                case 0 -> MANUFACTURER;
                case 1 -> DEVICE;
                default -> 0;
            }, offset, size);
            case READ_QUERY -> both(query((int) (offset >> 2)), offset, size);
            default -> both(status, offset, size);
        };
    }

    private long array(long offset, int size) {
        long value = 0;
        for (int i = size - 1; i >= 0; i--) {
            value = value << 8 | file.contents().get(ValueLayout.JAVA_BYTE, offset + i) & 0xff;
        }
        return value;
    }

    /** What both chips say, as seen at an offset. */
    private static long both(int value, long offset, int size) {
        long lanes = value & 0xffff | (long) value << 16 & 0xffff_0000L;
        lanes = (lanes | lanes << 32) >>> 8 * (offset & 3);
        return size == 8 ? lanes : lanes & (1L << 8 * size) - 1;
    }

    /** The CFI query table, by word. */
    private static int query(int word) {
        return switch (word) {
            case 0x10 -> 'Q';
            case 0x11 -> 'R';
            case 0x12 -> 'Y';
            case 0x13 -> 1;
            case 0x15 -> 0x31;
            case 0x1b -> 0x45;
            case 0x1c -> 0x55;
            case 0x1f, 0x20 -> 7;
            case 0x21 -> 10;
            case 0x23, 0x24, 0x25 -> 4;
            case 0x27 -> 25;
            case 0x28 -> 1;
            case 0x2a -> 11;
            case 0x2c -> 1;
            case 0x2d -> (int) (BYTES / SECTOR_BYTES) - 1 & 0xff;
            case 0x2e -> (int) (BYTES / SECTOR_BYTES) - 1 >> 8;
            case 0x2f -> SECTOR_BYTES / 2 >> 8 & 0xff;
            case 0x30 -> SECTOR_BYTES / 2 >> 16;
            case 0x31 -> 'P';
            case 0x32 -> 'R';
            case 0x33 -> 'I';
            case 0x34 -> '1';
            case 0x35 -> '0';
            default -> 0;
        };
    }

    @Override
    public synchronized void write(long offset, int size, long value) {
        int low = (int) value & 0xff;
        switch (phase) {
            case SECOND_CYCLE -> second(offset, size, value, low);
            case BUFFER_DATA -> gather(offset, size, value);
            case BUFFER_CONFIRM -> {
                if (low == CONFIRM) {
                    program(bufferStart, ByteBuffer.wrap(buffer, 0, bufferUsed));
                } else {
                    command = READ_ARRAY;
                }
                phase = IDLE;
            }
            default -> first(low);
        }
    }

    private void first(int low) {
        switch (low) {
            case PROGRAM, PROGRAM_ALTERNATE, BUFFERED_PROGRAM, ERASE, LOCK_SETUP -> {
                command = low;
                phase = SECOND_CYCLE;
            }
            case READ_STATUS, READ_IDENTIFIER, READ_QUERY -> command = low;
            case CLEAR_STATUS -> {
                status = READY;
                command = READ_ARRAY;
            }
            default -> command = READ_ARRAY;
        }
    }

    private void second(long offset, int size, long value, int low) {
        phase = IDLE;
        switch (command) {
            case PROGRAM, PROGRAM_ALTERNATE -> program(offset, bytes(size, value));
            case BUFFERED_PROGRAM -> {
                wordsLeft = (int) value & 0xffff;
                bufferUsed = 0;
                phase = BUFFER_DATA;
            }
            case ERASE -> {
                if (low == CONFIRM) {
                    byte[] erased = new byte[SECTOR_BYTES];
                    Arrays.fill(erased, (byte) 0xff);
                    program(offset & -SECTOR_BYTES, ByteBuffer.wrap(erased));
                } else {
                    command = READ_ARRAY;
                }
            }
            default -> {
                if (low == READ_ARRAY) {
                    command = READ_ARRAY;
                }
            }
        }
    }

    private static ByteBuffer bytes(int size, long value) {
        return ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).position(0).limit(size);
    }

    private void gather(long offset, int size, long value) {
        if (bufferUsed == 0) {
            bufferStart = offset;
        }
        if (offset != bufferStart + bufferUsed || bufferUsed + size > BUFFER_BYTES) {
            status |= WRITE_ERROR;
            phase = IDLE;
            return;
        }
        bytes(size, value).get(buffer, bufferUsed, size);
        bufferUsed += size;
        if (wordsLeft-- == 0) {
            phase = BUFFER_CONFIRM;
        }
    }

    private void program(long offset, ByteBuffer bytes) {
        try {
            if (offset + bytes.remaining() > BYTES) {
                status |= WRITE_ERROR;
            } else {
                file.write(offset, bytes);
            }
        } catch (IOException e) {
            status |= WRITE_ERROR;
            if (!failureReported) {
                failureReported = true;
                log.accept("the firmware's variables cannot be saved: " + e.getMessage());
            }
        }
    }

    /** Saves what the chips are about; the contents are in the file. */
    @Override
    public synchronized void state(StateStream stream) throws IOException {
        stream.expect(TAG, "flash tag");
        command = stream.value(command);
        phase = stream.value(phase);
        status = stream.value(status);
        wordsLeft = stream.value(wordsLeft);
        bufferStart = stream.value(bufferStart);
        bufferUsed = stream.value(bufferUsed);
        stream.bytes(buffer);
    }
}
