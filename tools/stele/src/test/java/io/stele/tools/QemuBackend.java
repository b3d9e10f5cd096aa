package io.stele.tools;

import io.stele.codegen.listing.ListingRows;
import io.stele.platform.boot.BootException;
import io.stele.platform.pl011.ConsoleSink;
import io.stele.platform.virtio.VirtioDevice;
import io.stele.platform.virtio.console.ConsolePort;
import io.stele.platform.virtio.console.VirtioConsole;
import io.stele.tools.machine.Backend;
import io.stele.tools.machine.GivenCode;
import io.stele.tools.machine.GuestMachine;
import io.stele.tools.machine.MachineConfig;
import io.stele.tools.machine.MachineException;
import io.stele.tools.machine.Outcome;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** QEMU as the machine, so that the commands and the guest's scripts are tested against an independent one. */
final class QemuBackend implements Backend {
    static final String QEMU = "qemu-system-aarch64";

    private static final int PATIENCE_SECONDS = 4;

    private final Path folder;

    QemuBackend(Path folder) {
        this.folder = folder;
    }

    @Override
    public GuestMachine create(MachineConfig config) {
        try {
            Path initrd = folder.resolve("initrd");
            Files.write(initrd, config.initrd().readAll());
            List<String> command = new ArrayList<>(List.of(QEMU, "-M", "virt,gic-version=3", "-cpu", "cortex-a57",
                "-smp", String.valueOf(config.cpus()), "-m", String.valueOf(config.memoryBytes() >> 20), "-display", "none",
                "-monitor", "none", "-serial", "stdio", "-no-reboot", "-net", "none",
                "-kernel", config.kernel().toString(), "-initrd", initrd.toString(), "-append", config.append()));
            List<ConsolePort> ports = ports(config);
            if (!ports.isEmpty()) {
                command.addAll(List.of("-device", "virtio-serial-device"));
            }
            for (int i = 0; i < ports.size(); i++) {
                if (ports.get(i) != null) {
                    String kind = ports.get(i).terminal() ? "virtconsole" : "virtserialport,name=" + ports.get(i).name();
                    command.addAll(List.of("-chardev", "socket,server=on,wait=off,id=c" + i + ",path=" + socket(i),
                        "-device", kind + ",nr=" + i + ",chardev=c" + i));
                }
            }
            Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
            Machine machine = new Machine(process, config);
            for (int i = 0; i < ports.size(); i++) {
                if (ports.get(i) != null) {
                    machine.connect(ports.get(i), socket(i));
                }
            }
            return machine;
        } catch (IOException | BootException e) {
            throw new MachineException(e.getMessage(), e);
        }
    }

    private Path socket(int port) {
        return folder.resolve("port" + port);
    }

    private static List<ConsolePort> ports(MachineConfig config) {
        for (VirtioDevice device : config.devices()) {
            if (device instanceof VirtioConsole console) {
                return console.ends();
            }
        }
        return List.of();
    }

    @Override
    public byte[] deviceTree(MachineConfig config) {
        return new byte[0];
    }

    @Override
    public void listCode(GivenCode code, ListingRows out) {
        throw new MachineException("QEMU lists no code");
    }

    private static final class Machine extends PlainMachine {
        private final Process process;
        private final MachineConfig config;
        private final List<Thread> outputs = new ArrayList<>();
        private volatile boolean stopped;

        Machine(Process process, MachineConfig config) {
            this.process = process;
            this.config = config;
        }

        /** Connects a port of the console device with what the configuration has for it. */
        void connect(ConsolePort port, Path socket) throws IOException {
            SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
            while (true) {
                try {
                    channel.connect(UnixDomainSocketAddress.of(socket));
                    break;
                } catch (IOException e) {
                    channel.close();
                    if (!process.isAlive()) {
                        throw e;
                    }
                    channel = SocketChannel.open(StandardProtocolFamily.UNIX);
                    Thread.onSpinWait();
                }
            }
            SocketChannel connected = channel;
            if (port.input() != null) {
                Thread.ofPlatform().daemon().start(() -> copy(port.input(), connected, port.output() == null));
            }
            if (port.output() != null) {
                outputs.add(Thread.ofPlatform().daemon().start(() -> copy(connected, port.output())));
            }
        }

        /** @param ends tell QEMU of the end, which closes its side, too */
        private static void copy(ReadableByteChannel from, SocketChannel to, boolean ends) {
            try {
                ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
                while (from.read(buffer.clear()) >= 0) {
                    buffer.flip();
                    while (buffer.hasRemaining()) {
                        to.write(buffer);
                    }
                }
                if (ends) {
                    to.shutdownOutput();
                }
            } catch (IOException e) {
                // QEMU has ended.
            }
        }

        private static void copy(SocketChannel from, ConsoleSink to) {
            try {
                ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
                while (from.read(buffer.clear()) >= 0) {
                    to.put(buffer.flip());
                }
            } catch (IOException e) {
                // QEMU has ended.
            }
        }

        @Override
        public Outcome run() {
            Thread.ofPlatform().daemon().start(this::feed);
            try (InputStream serial = process.getInputStream()) {
                byte[] buffer = new byte[4096];
                for (int length = serial.read(buffer); length >= 0; length = serial.read(buffer)) {
                    for (int i = 0; i < length; i++) {
                        config.output().put(buffer[i]);
                    }
                }
                process.waitFor();
                for (Thread output : outputs) {
                    output.join();
                }
            } catch (IOException e) {
                if (!stopped) {
                    throw new MachineException(e.getMessage(), e);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            return stopped ? Outcome.STOPPED : Outcome.POWER_OFF;
        }

        private void feed() {
            Semaphore available = new Semaphore(0);
            config.input().onAvailable(available::release);
            try (OutputStream serial = process.getOutputStream()) {
                while (process.isAlive()) {
                    int value = config.input().read();
                    if (value >= 0) {
                        serial.write(value);
                    } else {
                        serial.flush();
                        available.acquire();
                    }
                }
            } catch (IOException e) {
                // QEMU has ended.
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void requestStop() {
            stopped = true;
            try {
                // A guest whose command has ended powers off by itself, and all of its output has gone out then.
                process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            process.destroyForcibly();
        }

        @Override
        public String whereabouts() {
            return "QEMU does not say where it was";
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }
}
