package io.stele.x86;

import io.stele.zydis.Zydis;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** What Zydis says of an instruction beyond its text: the size of a memory operand, and the length of its own encoding. */
@SuppressWarnings("restricted")
final class ZydisOracle {
    private static final int INFO = 8;
    private static final int OPERANDS = 336;
    private static final int VISIBLE_OPERANDS = INFO + 25;
    /** {@code ZydisDecodedOperand}: its size, and the offsets of size (in bits) and type. */
    private static final int OPERAND_BYTES = 80;
    private static final int OPERAND_SIZE = 16;
    private static final int OPERAND_TYPE = 32;
    private static final int TYPE_MEMORY = 2;
    private static final byte ADDRESS_SIZE_PREFIX = 0x67;

    private final MemorySegment code = Arena.global().allocate(16);
    private final MemorySegment decoded = Arena.global().allocate(1232, 16);
    private final MemorySegment request = Arena.global().allocate(2048, 16);
    private final MemorySegment length = Arena.global().allocate(8, 8);
    private final MethodHandle disassemble;
    private final MethodHandle toRequest;
    private final MethodHandle encode;

    ZydisOracle() {
        SymbolLookup symbols = SymbolLookup.libraryLookup(Zydis.LIBRARY, Arena.global());
        Linker linker = Linker.nativeLinker();
        disassemble = linker.downcallHandle(symbols.findOrThrow("ZydisDisassembleIntel"), FunctionDescriptor.of(ValueLayout.JAVA_INT,
                ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS));
        toRequest = linker.downcallHandle(symbols.findOrThrow("ZydisEncoderDecodedInstructionToEncoderRequest"), FunctionDescriptor.of(
                ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_BYTE, ValueLayout.ADDRESS));
        encode = linker.downcallHandle(symbols.findOrThrow("ZydisEncoderEncodeInstruction"), FunctionDescriptor.of(ValueLayout.JAVA_INT,
                ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
    }

    /** Decodes an instruction for the other methods to look at. */
    void decode(byte[] bytes, int count) {
        MemorySegment.copy(bytes, 0, code, ValueLayout.JAVA_BYTE, 0, count);
        try {
            int status = (int) disassemble.invokeExact(0, 0L, code, (long) count, decoded);
            if (status < 0) {
                throw new AssertionError("not an instruction");
            }
        } catch (RuntimeException | Error failure) {
            throw failure;
        } catch (Throwable failure) {
            throw new AssertionError(failure);
        }
    }

    /** Bits of the explicit memory operand, or -1 when there is none. */
    int memoryBits() {
        int visible = decoded.get(ValueLayout.JAVA_BYTE, VISIBLE_OPERANDS);
        for (int i = 0; i < visible; i++) {
            long operand = OPERANDS + (long) i * OPERAND_BYTES;
            if (decoded.get(ValueLayout.JAVA_INT, operand + OPERAND_TYPE) == TYPE_MEMORY) {
                return decoded.get(ValueLayout.JAVA_SHORT, operand + OPERAND_SIZE) & 0xffff;
            }
        }
        return -1;
    }

    /** Bytes of Zydis' own encoding, or 0 when its encoder does not take the instruction or resorts to 32-bit addresses. */
    int shortest() {
        try {
            byte visible = decoded.get(ValueLayout.JAVA_BYTE, VISIBLE_OPERANDS);
            int status = (int) toRequest.invokeExact(decoded.asSlice(INFO), decoded.asSlice(OPERANDS), visible, request);
            if (status < 0) {
                return 0;
            }
            length.set(ValueLayout.JAVA_LONG, 0, 16);
            status = (int) encode.invokeExact(request, code, length);
            boolean shortAddress = code.get(ValueLayout.JAVA_BYTE, 0) == ADDRESS_SIZE_PREFIX
                    || code.get(ValueLayout.JAVA_BYTE, 1) == ADDRESS_SIZE_PREFIX;
            return status < 0 || shortAddress ? 0 : (int) length.get(ValueLayout.JAVA_LONG, 0);
        } catch (RuntimeException | Error failure) {
            throw failure;
        } catch (Throwable failure) {
            throw new AssertionError(failure);
        }
    }
}
