package io.stele.tools.command;

import io.stele.tools.machine.ConsoleSource;

/** Nobody types. */
enum NoInput implements ConsoleSource {
    /** The only one. */
    INSTANCE;

    @Override
    public int read() {
        return -1;
    }

    @Override
    public void onAvailable(Runnable listener) {
    }
}
