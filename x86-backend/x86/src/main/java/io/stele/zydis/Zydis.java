package io.stele.zydis;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;

/**
 * The Zydis disassembler (libZydis 4.0) for 64-bit code, in Intel syntax. Loaded at the first use; without the library that use throws
 * {@link UnavailableException}, and {@link #unavailableReason} tells so without throwing. Safe for use by several threads.
 */
public final class Zydis {
    /** File name of the library, by its soname. */
    public static final String LIBRARY = "libZydis.so.4.0";
    /** Debian's package that contains it. */
    public static final String DEBIAN_PACKAGE = "libzydis4.0";

    /** Architectural limit of an instruction's length in bytes. */
    private static final int MAX_LENGTH = 15;
    /** {@code ZYDIS_MACHINE_MODE_LONG_64}. */
    private static final int LONG_64 = 0;
    /** {@code ZydisDisassembledInstruction}: its size, and the offsets of info.mnemonic, info.length and text. */
    private static final int RESULT_BYTES = 1232;
    private static final int INFO_MNEMONIC = 8 + 4;
    private static final int INFO_LENGTH = 8 + 8;
    private static final int TEXT = 1136;
    private static final int TEXT_BYTES = 96;
    /** {@code ZydisGetVersion()} of every 4.0.x: major in bits 63..48, minor in bits 47..32. */
    private static final int VERSION_4_0 = 0x0004_0000;

    private Zydis() {}

    /**
     * One decoded instruction.
     *
     * @param text Intel syntax, addresses absolute
     * @param length bytes
     * @param mnemonic lower case, without prefixes
     */
    public record Instruction(String text, int length, String mnemonic) {}

    /** The library is not there or is another version; the message says what to install. */
    public static final class UnavailableException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        UnavailableException(String message) {
            super(message);
        }
    }

    /** Why there is no disassembler, or null when there is one. */
    public static String unavailableReason() {
        return Library.PROBLEM;
    }

    /**
     * Disassembles the instruction at {@code offset}.
     *
     * @param length bytes that may be looked at
     * @param runtimeAddress where the instruction is executed, for branch targets
     * @return null when the bytes are no instruction or end within one
     */
    public static Instruction disassemble(byte[] bytes, int offset, int length, long runtimeAddress) {
        if (Library.PROBLEM != null) {
            throw new UnavailableException(Library.PROBLEM);
        }
        return Library.disassemble(bytes, offset, Math.min(length, MAX_LENGTH), runtimeAddress);
    }

    /** Loaded at the first use of the disassembler. */
    @SuppressWarnings("restricted")
    private static final class Library {
        static final String PROBLEM;
        private static final MethodHandle DISASSEMBLE;
        private static final MethodHandle MNEMONIC_STRING;
        private static final AddressLayout STRING =
                ValueLayout.ADDRESS.withTargetLayout(MemoryLayout.sequenceLayout(Long.MAX_VALUE, ValueLayout.JAVA_BYTE));
        private static final MemorySegment RESULT = Arena.global().allocate(RESULT_BYTES, 16);
        private static final MemorySegment CODE = Arena.global().allocate(MAX_LENGTH);
        private static final byte[] CHARS = new byte[TEXT_BYTES];
        private static final String[] MNEMONICS = new String[4096];

        static {
            String problem = null;
            MethodHandle disassemble = null;
            MethodHandle mnemonicString = null;
            try {
                SymbolLookup symbols = SymbolLookup.libraryLookup(LIBRARY, Arena.global());
                Linker linker = Linker.nativeLinker();
                MethodHandle getVersion =
                        linker.downcallHandle(symbols.findOrThrow("ZydisGetVersion"), FunctionDescriptor.of(ValueLayout.JAVA_LONG));
                long version = (long) getVersion.invokeExact();
                if (version >>> 32 == VERSION_4_0) {
                    disassemble = linker.downcallHandle(symbols.findOrThrow("ZydisDisassembleIntel"), FunctionDescriptor.of(
                            ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG,
                            ValueLayout.ADDRESS));
                    mnemonicString = linker.downcallHandle(symbols.findOrThrow("ZydisMnemonicGetString"),
                            FunctionDescriptor.of(STRING, ValueLayout.JAVA_INT));
                } else {
                    problem = LIBRARY + " is version " + (version >>> 48) + "." + (version >>> 32 & 0xffff)
                            + ", but 4.0 is needed (Debian package " + DEBIAN_PACKAGE + ")";
                }
            } catch (IllegalArgumentException missing) {
                problem = LIBRARY + " cannot be loaded: install the Debian package " + DEBIAN_PACKAGE;
            } catch (Throwable failure) {
                problem = LIBRARY + " cannot be used: " + failure;
            }
            PROBLEM = problem;
            DISASSEMBLE = disassemble;
            MNEMONIC_STRING = mnemonicString;
        }

        static synchronized Instruction disassemble(byte[] bytes, int offset, int length, long runtimeAddress) {
            MemorySegment.copy(bytes, offset, CODE, ValueLayout.JAVA_BYTE, 0, length);
            try {
                int status = (int) DISASSEMBLE.invokeExact(LONG_64, runtimeAddress, CODE, (long) length, RESULT);
                if (status < 0) {
                    return null;
                }
                int mnemonic = RESULT.get(ValueLayout.JAVA_INT, INFO_MNEMONIC);
                return new Instruction(text(), RESULT.get(ValueLayout.JAVA_BYTE, INFO_LENGTH), mnemonic(mnemonic));
            } catch (RuntimeException | Error failure) {
                throw failure;
            } catch (Throwable failure) {
                throw new IllegalStateException(failure);
            }
        }

        private static String text() {
            MemorySegment.copy(RESULT, ValueLayout.JAVA_BYTE, TEXT, CHARS, 0, TEXT_BYTES);
            int n = 0;
            while (n < TEXT_BYTES && CHARS[n] != 0) {
                n++;
            }
            return new String(CHARS, 0, n, StandardCharsets.ISO_8859_1);
        }

        private static String mnemonic(int number) throws Throwable {
            String name = MNEMONICS[number];
            if (name == null) {
                name = ((MemorySegment) MNEMONIC_STRING.invokeExact(number)).getString(0);
                MNEMONICS[number] = name;
            }
            return name;
        }
    }
}
