package io.stele.tools.command;

import io.stele.tools.guest.GuestCache;
import io.stele.tools.report.ExitCode;
import io.stele.tools.report.Progress;
import java.util.List;

/** {@code stele fetch}. */
public final class FetchCommand implements Command {
    /** Needs nothing. */
    public FetchCommand() {
    }

    @Override
    public String name() {
        return "fetch";
    }

    @Override
    public String description() {
        return "Fetches the default guest, if it is not here yet, so that boot and run need no network. They do it themselves otherwise.";
    }

    @Override
    public String[] footer() {
        return new String[] {"", "Exit codes: 0 the guest is here; 1 error."};
    }

    @Override
    public List<Option> options() {
        return List.of();
    }

    @Override
    public int failureCode() {
        return ExitCode.ERROR;
    }

    @Override
    public int run(Arguments arguments) {
        GuestCache.ofUser().guestWithModules(Progress.toStandardError());
        return ExitCode.OK;
    }
}
