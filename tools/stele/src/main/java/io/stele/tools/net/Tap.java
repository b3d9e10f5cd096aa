package io.stele.tools.net;

import io.stele.kvm.libc.Errno;
import io.stele.kvm.libc.TapFile;
import io.stele.platform.virtio.net.NetBackend;
import io.stele.platform.virtio.net.TapBackend;
import io.stele.tools.report.UserException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The network of {@code --net tap,ifname=NAME}: a TAP interface of the host, which its administrator has made and connected. */
public final class Tap {
    private static final String MAKE = "ip tuntap add dev ";
    private static final String MAKE_FOR_USER = " mode tap user $USER";

    private Tap() {
    }

    /** Attaches to the interface. Root would make one that is not there, which is connected to nothing. */
    public static NetBackend open(String interfaceName) {
        if (interfaceName.isEmpty() || interfaceName.contains("/") || !Files.exists(Path.of("/sys/class/net", interfaceName))) {
            throw new UserException("--net tap: there is no interface '" + interfaceName + "' (" + MAKE + interfaceName + MAKE_FOR_USER + ")");
        }
        TapFile file = TapFile.open(interfaceName);
        if (file.error() != 0) {
            throw new UserException("--net tap: cannot attach to " + interfaceName + ": " + Errno.text(file.error())
                + " (" + MAKE + interfaceName + MAKE_FOR_USER + ")");
        }
        return new TapBackend(file, interfaceName);
    }
}
