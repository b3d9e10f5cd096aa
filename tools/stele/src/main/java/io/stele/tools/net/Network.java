package io.stele.tools.net;

import io.stele.platform.virtio.net.NetBackend;
import io.stele.platform.virtio.net.VirtioNet;
import io.stele.tools.report.ExitCode;
import io.stele.tools.report.UserException;
import java.io.IOException;
import java.net.ServerSocket;
import java.util.List;
import java.util.function.Consumer;

/** The guest's network card as {@code --net} and {@code --forward} describe it. */
public final class Network {
    private static final String TAP = "tap,ifname=";
    private static final String PORTS = "([0-9]{1,5}):([0-9]{1,5})";
    private static final int MOST_PORT = 65535;
    /** Locally administered, the same for each guest, as no two of them share a wire of {@code --net user}. */
    private static final byte[] MAC = {0x52, 0x54, 0x00, 0x12, 0x34, 0x56};

    private Network() {
    }

    /**
     * The card.
     *
     * @param kind user, none or tap,ifname=NAME; null for the default
     * @param forwards HOST:GUEST pairs of TCP ports
     * @return null if there is none
     */
    public static VirtioNet open(String kind, List<String> forwards, Consumer<String> log) {
        for (String forward : forwards) {
            checkForward(forward);
        }
        String wanted = kind != null ? kind : Passt.isInstalled() || !forwards.isEmpty() ? "user" : "none";
        if (!wanted.equals("user") && !forwards.isEmpty()) {
            throw new UserException(ExitCode.USAGE, "--forward needs --net user");
        }
        NetBackend backend;
        if (wanted.equals("none")) {
            return null;
        } else if (wanted.equals("user")) {
            if (!Passt.isInstalled()) {
                throw new UserException("--net user needs passt; on Debian or Ubuntu: apt install passt");
            }
            forwards.forEach(Network::checkFree);
            backend = Passt.start(forwards);
        } else if (wanted.startsWith(TAP)) {
            backend = Tap.open(wanted.substring(TAP.length()));
        } else {
            throw new UserException(ExitCode.USAGE, "--net: '" + wanted + "' is none of user, none, tap,ifname=NAME");
        }
        return new VirtioNet(backend, MAC, log);
    }

    private static void checkForward(String text) {
        if (!text.matches(PORTS) || outside(text.substring(0, text.indexOf(':'))) || outside(text.substring(text.indexOf(':') + 1))) {
            throw new UserException(ExitCode.USAGE, "--forward: '" + text + "' is not HOSTPORT:GUESTPORT");
        }
    }

    /** A port that is taken for one of the two IP versions only would not stop passt. */
    private static void checkFree(String forward) {
        String port = forward.substring(0, forward.indexOf(':'));
        try {
            new ServerSocket(Integer.parseInt(port)).close();
        } catch (IOException e) {
            throw new UserException("--forward: port " + port + " of the host cannot be used: " + e.getMessage());
        }
    }

    private static boolean outside(String text) {
        int value = Integer.parseInt(text);
        return value < 1 || value > MOST_PORT;
    }
}
