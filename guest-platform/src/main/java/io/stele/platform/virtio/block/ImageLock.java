package io.stele.platform.virtio.block;

import io.stele.kvm.libc.FileIo;

/**
 * Locks an image against other programs, by the same convention as QEMU, so that the two respect each other: byte 100 + n is locked by who
 * needs right n, byte 200 + n by who does not let others have it. The locks belong to the open file and end with it.
 */
final class ImageLock {
    private static final int NEEDED = 100;
    private static final int DENIED = 200;
    private static final int RIGHT_READ = 0;
    private static final int RIGHT_WRITE = 1;
    private static final int RIGHT_RESIZE = 3;

    private ImageLock() {
    }

    /** @return false if another program has the image in a way that does not go with it */
    static boolean lock(FileIo file, boolean writable) {
        int[] needs = writable ? new int[] {RIGHT_READ, RIGHT_WRITE} : new int[] {RIGHT_READ};
        int[] denies = {RIGHT_WRITE, RIGHT_RESIZE};
        for (int right : needs) {
            if (!file.lockByte(NEEDED + right)) {
                return false;
            }
        }
        for (int right : denies) {
            if (!file.lockByte(DENIED + right)) {
                return false;
            }
        }
        for (int right : needs) {
            if (file.isByteLocked(DENIED + right)) {
                return false;
            }
        }
        for (int right : denies) {
            if (file.isByteLocked(NEEDED + right)) {
                return false;
            }
        }
        return true;
    }
}
