package io.stele.tools;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.stele.codegen.listing.ListingRows;
import io.stele.tools.machine.Backend;
import io.stele.tools.machine.GivenCode;
import io.stele.tools.machine.GuestMachine;
import io.stele.tools.machine.MachineConfig;
import io.stele.tools.machine.MachineException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where no machine can run, that is said at once: nothing is fetched for it, and nothing is made. */
@Timeout(20)
class HostCheckTest implements Backend {
    private static final String LINE = "there is no such host";

    @TempDir
    Path folder;
    private final StringWriter errors = new StringWriter();

    @Override
    public void checkHost() {
        throw new MachineException(LINE);
    }

    @Override
    public GuestMachine create(MachineConfig config) {
        throw new AssertionError("it comes to a machine");
    }

    @Override
    public byte[] deviceTree(MachineConfig config) {
        throw new AssertionError("it comes to a device tree");
    }

    @Override
    public void listCode(GivenCode code, ListingRows out) {
        throw new AssertionError("it comes to a listing");
    }

    private int stele(String... arguments) {
        return new Main(this, new PrintWriter(new StringWriter()), new PrintWriter(errors, true)).execute(arguments);
    }

    @ParameterizedTest
    @CsvSource({"boot --console none, 1", "boot --console none --firmware, 1", "run -- true, 125"})
    void commandsEndWithOneLine(String command, int status) {
        assertEquals(status, stele(command.split(" ")));
        assertEquals("stele: " + LINE + "\n", errors.toString());
    }

    @Test
    void noImageIsBegun() {
        assertEquals(1, stele("image", "create", folder.resolve("image").toString()));
        assertEquals("stele: " + LINE + "\n", errors.toString());
        assertEquals(0, folder.toFile().list().length);
    }
}
