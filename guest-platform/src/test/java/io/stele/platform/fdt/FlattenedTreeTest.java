package io.stele.platform.fdt;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FlattenedTreeTest {
    private static FdtNode sample() {
        FdtNode root = new FdtNode("");
        root.setCells("#address-cells", 2).setStrings("compatible", "a,b", "c");
        FdtNode child = root.addChild("memory@40000000");
        child.setLongs("reg", 0x4000_0000L, 0x1_2345_6789L).setFlag("odd-size").set("bytes", new byte[] {1, 2, 3, 4, 5});
        child.addChild("deeper").setCells("#address-cells", -1);
        return root;
    }

    @Test
    void compilerReadsWhatIsWritten() throws IOException, InterruptedException {
        String expected = DeviceTreeCompiler.toSource(DeviceTreeCompiler.fromSource("""
            /dts-v1/;
            / {
                #address-cells = <2>;
                compatible = "a,b", "c";
                memory@40000000 {
                    reg = <0 0x40000000 1 0x23456789>;
                    odd-size;
                    bytes = [01 02 03 04 05];
                    deeper { #address-cells = <0xffffffff>; };
                };
            };
            """));
        assertEquals(expected, DeviceTreeCompiler.toSource(FlattenedTree.write(sample())));
    }

    @Test
    void readingBackGivesTheSameBlob() throws IOException {
        byte[] blob = FlattenedTree.write(sample());
        assertArrayEquals(blob, FlattenedTree.write(FlattenedTree.read(blob)));
    }

    @Test
    void compilersBlobsAreUnderstood() throws IOException, InterruptedException {
        FdtNode root = FlattenedTree.read(DeviceTreeCompiler.fromSource("/dts-v1/; / { a { b = <7>; }; };"));
        assertArrayEquals(new byte[] {0, 0, 0, 7}, root.child("a").property("b"));
    }

    @Test
    void badBlobsAreNamed() {
        assertEquals("the file is empty", reason(new byte[0]));
        assertEquals("too short for a device tree blob", reason(new byte[39]));
        assertTrue(reason("/dts-v1/; / { compatible = \"x\"; }; /* a source text */".getBytes()).startsWith("not a device tree blob"));
        byte[] blob = FlattenedTree.write(sample());
        assertTrue(reason(Arrays.copyOf(blob, blob.length - 20)).startsWith("device tree blob is truncated"));
    }

    private static String reason(byte[] blob) {
        return assertThrows(IOException.class, () -> FlattenedTree.read(blob)).getMessage();
    }

    @Test
    void damagedBlobsNeverEscapeAsOtherExceptions() {
        byte[] blob = FlattenedTree.write(sample());
        Random random = new Random(1);
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] damaged = blob.clone();
            for (int n = 0; n < 3; n++) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            }
            try {
                FlattenedTree.read(damaged);
            } catch (IOException e) {
                refused++;
            }
        }
        assertTrue(refused > 1000);
    }

    @Test
    void propertiesAreReplacedAndRemovedInPlace() {
        FdtNode node = new FdtNode("chosen").setCells("a", 1).setCells("b", 2).setCells("a", 3);
        assertEquals(2, node.propertyNames().size());
        assertArrayEquals(new byte[] {0, 0, 0, 3}, node.property("a"));
        node.remove("a");
        assertEquals("[b]", node.propertyNames().toString());
    }
}
