package io.stele.tools.net;

import io.stele.kvm.libc.Errno;
import io.stele.kvm.libc.TapFile;
import io.stele.platform.virtio.net.NetBackend;
import io.stele.platform.virtio.net.TapBackend;
import io.stele.tools.report.UserException;

/** The network of {@code --net tap,ifname=NAME}: a TAP interface of the host, which its administrator has made and connected. */
public final class Tap {
    private Tap() {
    }

    /** Attaches to the interface. */
    public static NetBackend open(String interfaceName) {
        TapFile file = TapFile.open(interfaceName);
        if (file.error() != 0) {
            throw new UserException("--net tap: cannot attach to " + interfaceName + ": " + Errno.text(file.error())
                + " (ip tuntap add dev " + interfaceName + " mode tap user $USER)");
        }
        return new TapBackend(file, interfaceName);
    }
}
