package io.stele.runtime.code;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.stele.memory.RawMemory;
import io.stele.runtime.FakeIsa;
import io.stele.runtime.RuntimeVm;
import io.stele.runtime.common.GuestError;
import io.stele.runtime.common.MachineLock;
import io.stele.runtime.common.VmLayout;
import io.stele.runtime.memory.RegionMap;
import org.junit.jupiter.api.Test;

/** The place of a link comes from VM memory, and so from where the guest might have been by a fault of ours: it is looked at. */
class LinkTest {
    @Test
    void nothingOutsideOfGeneratedCodeIsPatched() {
        try (RuntimeVm vm = new RuntimeVm()) {
            FakeIsa isa = new FakeIsa();
            try (CodeCache code = new CodeCache(vm.host(), isa, physical -> 0, new RegionMap(isa, vm.cpus), vm.cpus,
                    new MachineLock(vm.statistics), vm.statistics, line -> { })) {
                for (long patch : new long[] {-8, 0, VmLayout.control(0) + VmLayout.IDT, VmLayout.cpuArea(0), VmLayout.CODE - 4, VmLayout.CODE,
                    VmLayout.ENTRY_TABLES, VmLayout.PAGE_TABLES, VmLayout.BYTES, Long.MAX_VALUE}) {
                    long before = patch >= 0 && patch < VmLayout.BYTES ? RawMemory.getLong(vm.host() + patch) : 0;
                    assertThrows(GuestError.class, () -> code.links().link(patch, VmLayout.CODE));
                    assertEquals(before, patch >= 0 && patch < VmLayout.BYTES ? RawMemory.getLong(vm.host() + patch) : 0);
                }
            }
        }
    }
}
