package io.stele.platform.boot;

/**
 * The 64-byte header of an arm64 Image (Linux, Documentation/arch/arm64/booting.rst).
 *
 * @param textOffset from a 2 MiB boundary to the image
 * @param imageSize memory that the image needs; 0 in kernels before 3.17
 */
record Arm64Header(long textOffset, long imageSize, long flags) {
    static final int BYTES = 64;
    private static final int MAGIC_OFFSET = 56;
    private static final int MAGIC = 0x644d5241;
    private static final long FLAG_BIG_ENDIAN = 1;
    /** What kernels without an image size assume. */
    private static final long OLD_TEXT_OFFSET = 0x8_0000;
    /** More would leave the 2 MiB that the protocol places the image in. */
    private static final long TEXT_OFFSET_LIMIT = 0x20_0000;
    private static final long SIZE_LIMIT = 1L << 32;

    static boolean isPresent(byte[] head) {
        return head.length >= BYTES && LittleEndian.getInt(head, MAGIC_OFFSET) == MAGIC;
    }

    static Arm64Header read(byte[] head, BootFile file) throws BootException {
        long flags = LittleEndian.getLong(head, 24);
        if ((flags & FLAG_BIG_ENDIAN) != 0) {
            throw file.error("is a big-endian arm64 kernel, a little-endian one is needed");
        }
        long imageSize = LittleEndian.getLong(head, 16);
        long textOffset = imageSize == 0 ? OLD_TEXT_OFFSET : LittleEndian.getLong(head, 8);
        if (textOffset < 0 || textOffset >= TEXT_OFFSET_LIMIT || imageSize < 0 || imageSize > SIZE_LIMIT) {
            throw file.error("arm64 Image header is damaged (text offset 0x" + Long.toHexString(textOffset) + ", image size 0x"
                    + Long.toHexString(imageSize) + ")");
        }
        return new Arm64Header(textOffset, imageSize, flags);
    }
}
