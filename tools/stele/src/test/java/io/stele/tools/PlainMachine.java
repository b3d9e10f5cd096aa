package io.stele.tools;

import io.stele.codegen.listing.ListingRows;
import io.stele.tools.machine.GuestMachine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A machine of a test, of which there is nothing to be told: no code, no events, no counters, no power button. */
public abstract class PlainMachine implements GuestMachine {
    protected PlainMachine() {}

    @Override
    public boolean powerButton(boolean pressed) {
        return false;
    }

    @Override
    public String whereabouts() {
        return "";
    }

    @Override
    public String statistics() {
        return "";
    }

    @Override
    public String statisticsJson() {
        return "{}\n";
    }

    @Override
    public void dumpCode(ListingRows out) throws IOException {
        // It has none.
    }

    @Override
    public void dumpHot(int count, ListingRows out) throws IOException {
        // It has none.
    }

    @Override
    public void dumpPlace(String place, List<Path> symbols, ListingRows out) throws IOException {
        // It has none.
    }

    @Override
    public void writeProfile(List<Path> symbols, Appendable out) throws IOException {
        // It has none.
    }

    @Override
    public void writeEvents(Path file) throws IOException {
        // It has none.
    }

    @Override
    public void close() {
        // It holds nothing.
    }
}
