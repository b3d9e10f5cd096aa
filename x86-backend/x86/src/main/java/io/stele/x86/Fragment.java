package io.stele.x86;

/**
 * A piece of code that is needed again and again, with other numbers at some of its offsets: encoded once and then copied by {@link
 * Assembler#append}, which takes a tenth of the time.
 */
public final class Fragment {
    final byte[] bytes;

    /** What an assembler that was made for it has so far. Its own labels are bound. */
    public Fragment(Assembler code) {
        code.checkLabels();
        bytes = code.code().toByteArray();
    }
}
