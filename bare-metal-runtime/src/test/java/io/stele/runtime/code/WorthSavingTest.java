package io.stele.runtime.code;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.runtime.FakeIsa;
import io.stele.runtime.RuntimeVm;
import io.stele.runtime.common.MachineLock;
import io.stele.runtime.memory.RegionMap;
import org.junit.jupiter.api.Test;

/** Which runs write the file of translations. */
class WorthSavingTest {
    @Test
    void aFewClustersAreWorthAFileThatAFewBlocksAreNot() {
        try (RuntimeVm vm = new RuntimeVm()) {
            FakeIsa isa = new FakeIsa();
            try (CodeCache code = new CodeCache(vm.host(), isa, physical -> 0, new RegionMap(isa, vm.cpus), vm.cpus,
                    new MachineLock(vm.statistics), vm.statistics, line -> { })) {
                assertFalse(code.isWorthSaving());
                vm.statistics.regionPatches = 8;
                assertFalse(code.isWorthSaving());
                vm.statistics.clusters = 2;
                assertTrue(code.isWorthSaving());
            }
        }
    }
}
