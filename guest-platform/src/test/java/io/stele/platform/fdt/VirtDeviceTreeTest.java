package io.stele.platform.fdt;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Set;
import org.junit.jupiter.api.Test;

class VirtDeviceTreeTest {
    private static final long GIB = 1L << 30;
    /** Phandles are free to choose; the CPU model differs. */
    private static final Set<String> FREE = Set.of("phandle", "clocks", "interrupt-parent", "cpu");
    /** Devices that QEMU's machine has not, or otherwise. */
    private static final Set<String> OURS = Set.of("watchdog@90f0000", "pmu");
    /** What QEMU 7.2 does not say yet. */
    private static final Set<String> LATER = Set.of("dma-coherent");

    @Test
    void devicesAreDescribedAsByQemu() throws IOException, InterruptedException {
        FdtNode ours = VirtDeviceTree.build(1, GIB);
        VirtDeviceTree.addFirmware(ours);
        FdtNode theirs = FlattenedTree.read(DeviceTreeCompiler.treeOfQemu(1, 1024));
        compare(ours, theirs, "");
        for (FdtNode node : ours.children()) {
            if (OURS.contains(node.name())) {
                continue;
            }
            compare(node, theirs.child(node.name()), node.name());
        }
        assertEquals(Set.of("interrupt-parent", "model", "#size-cells", "#address-cells", "compatible", "dma-coherent"),
            Set.copyOf(ours.propertyNames()));
    }

    @Test
    void severalCpusAreDescribedAsByQemu() throws IOException, InterruptedException {
        FdtNode ours = VirtDeviceTree.build(18, GIB).child("cpus");
        FdtNode theirs = FlattenedTree.read(DeviceTreeCompiler.treeOfQemu(18, 1024)).child("cpus");
        assertEquals(19, ours.children().size());
        for (int i = 0; i < 18; i++) {
            FdtNode other = theirs.child("cpu@" + i);
            FdtNode cpu = ours.children().get(1 + i);
            assertArrayEquals(other.property("reg"), cpu.property("reg"), cpu.name());
            assertArrayEquals(other.property("enable-method"), cpu.property("enable-method"), cpu.name());
        }
    }

    private static void compare(FdtNode ours, FdtNode theirs, String name) {
        assertNotNull(theirs, "QEMU has no node " + name);
        for (String property : ours.propertyNames()) {
            if (!FREE.contains(property) && !(LATER.contains(property) && theirs.property(property) == null)) {
                assertArrayEquals(theirs.property(property), ours.property(property), name + " " + property);
            }
        }
        for (String property : theirs.propertyNames()) {
            if (!FREE.contains(property)) {
                assertNotNull(ours.property(property), name + " lacks " + property);
            }
        }
    }

    @Test
    void compilerFindsNothingToComplainAbout() throws IOException, InterruptedException {
        FdtNode tree = VirtDeviceTree.build(2, 3 * GIB);
        new Chosen(tree).commandLine("console=ttyAMA0 quiet").console().seeds(new byte[8], new byte[32]).initrd(0x4800_0000L, 0x1234);
        String source = DeviceTreeCompiler.toSource(FlattenedTree.write(tree));
        assertTrue(source.contains("bootargs = \"console=ttyAMA0 quiet\";"), source);
        assertTrue(source.contains("linux,initrd-start = <0x00 0x48000000>;"), source);
        assertTrue(source.contains("linux,initrd-end = <0x00 0x48001234>;"), source);
        assertTrue(source.contains("stdout-path = \"/pl011@9000000\";"), source);
        assertTrue(source.contains("reg = <0x00 0x40000000 0x00 0xc0000000>;"), source);
    }

    @Test
    void chosenKeepsWhatTheUsersTreeSays() {
        FdtNode tree = VirtDeviceTree.build(1, GIB);
        tree.addChild("chosen").setStrings("bootargs", "from tree").setStrings("stdout-path", "/other");
        new Chosen(tree).commandLine("").console().initrd(0x4800_0000L, 100).initrd(0, 0);
        FdtNode chosen = tree.child("chosen");
        assertEquals("from tree\0", new String(chosen.property("bootargs")));
        assertEquals("/other\0", new String(chosen.property("stdout-path")));
        assertNull(chosen.property("linux,initrd-start"));
    }

    @Test
    void memoryReplacesWhatATreeNames() {
        FdtNode tree = VirtDeviceTree.build(1, GIB);
        VirtDeviceTree.setMemory(tree, 2 * GIB);
        long nodes = tree.children().stream().filter(node -> node.name().startsWith("memory")).count();
        assertEquals(1, nodes);
        assertEquals((byte) 0x80, tree.child("memory@40000000").property("reg")[12]);
    }
}
