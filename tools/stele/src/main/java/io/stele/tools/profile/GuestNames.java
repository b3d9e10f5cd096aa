package io.stele.tools.profile;

import io.stele.guest.GuestIsa;
import io.stele.runtime.code.BlockFilter;
import io.stele.runtime.code.GuestProfile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Names of the places that a profile has counted. */
public final class GuestNames {
    private static final int PAGE_BYTES = 4096;

    private final GuestIsa isa;
    private final KernelSymbols kernel;
    private final ElfPages programs;
    private final Map<Long, Integer> spaces = new HashMap<>();

    /**
     * @param memory guest memory with the kernel
     * @param files programs and libraries of the guest, and folders with such
     */
    public GuestNames(GuestIsa isa, ByteBuffer memory, List<Path> files) throws IOException {
        this.isa = isa;
        kernel = KernelSymbols.find(memory);
        programs = ElfPages.of(files);
    }

    /** Whether the kernel's symbols were found. */
    public boolean hasKernel() {
        return kernel != null;
    }

    /** The function of the kernel at an address; null if it is not known. */
    public String kernelFunction(long address) {
        return kernel == null ? null : kernel.function(address);
    }

    /** The blocks of a function of the kernel or of the programs, FUNCTION or PROGRAM:FUNCTION; null if none of them has it. */
    public BlockFilter function(String name) {
        long from = kernel == null ? 0 : kernel.address(name);
        BlockFilter program = programs.function(name);
        if (from == 0) {
            return program;
        }
        long to = kernel.end(from);
        return (address, page) -> Long.compareUnsigned(address, from) >= 0 && Long.compareUnsigned(address, to) < 0
            || program != null && program.wants(address, page);
    }

    /** The frames of a place, the outermost first, separated by semicolons. */
    public String stack(GuestProfile.Place place) {
        if (place.mode() == GuestProfile.UNKNOWN) {
            return "unknown";
        }
        if (isa.dataView(place.mode()) == GuestIsa.PRIVILEGED) {
            String function = kernel == null ? null : kernel.function(place.pc());
            return "kernel;" + (function != null ? function : kernel == null ? page(place.pc()) : "[module or early code]");
        }
        ElfPages.Place found = place.page() == 0 ? null : programs.find(place.page(), (int) place.pc() & PAGE_BYTES - 1);
        if (found != null) {
            return "user;" + found.program() + ";" + (found.function() == null ? page(place.pc()) : found.function());
        }
        return "user;process " + spaces.computeIfAbsent(place.space(), space -> spaces.size() + 1) + ";" + page(place.pc());
    }

    private static String page(long pc) {
        return "0x" + Long.toHexString(pc & -PAGE_BYTES);
    }

    /** Folded stacks, one a line with the number of its samples, as flame graph programs read them. */
    public void writeStacks(GuestProfile profile, Appendable out) throws IOException {
        Map<String, Integer> stacks = new TreeMap<>();
        List<Map.Entry<GuestProfile.Place, Integer>> places = new ArrayList<>(profile.counts().entrySet());
        places.sort(Map.Entry.<GuestProfile.Place, Integer>comparingByValue().reversed());
        for (Map.Entry<GuestProfile.Place, Integer> entry : places) {
            stacks.merge(stack(entry.getKey()) + (entry.getKey().cluster() ? ";second tier" : ""), entry.getValue(), Integer::sum);
        }
        for (Map.Entry<String, Integer> stack : stacks.entrySet()) {
            out.append(stack.getKey()).append(' ').append(stack.getValue().toString()).append('\n');
        }
    }
}
