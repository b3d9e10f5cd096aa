package io.stele.tools.command;

import io.stele.tools.machine.GuestMachine;

/** In which form a machine's counters are printed when it has ended. */
enum Counters {
    NONE, TEXT, JSON;

    String of(GuestMachine machine) {
        return switch (this) {
            case NONE -> "";
            case TEXT -> machine.statistics();
            case JSON -> machine.statisticsJson();
        };
    }
}
