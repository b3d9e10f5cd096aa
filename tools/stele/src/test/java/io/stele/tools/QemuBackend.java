package io.stele.tools;

import io.stele.codegen.listing.ListingRows;
import io.stele.platform.boot.BootException;
import io.stele.tools.machine.Backend;
import io.stele.tools.machine.GuestMachine;
import io.stele.tools.machine.MachineConfig;
import io.stele.tools.machine.MachineException;
import io.stele.tools.machine.Outcome;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Semaphore;

/** QEMU as the machine, so that the commands and the guest's scripts are tested against an independent one. */
final class QemuBackend implements Backend {
    static final String QEMU = "qemu-system-aarch64";

    private final Path folder;

    QemuBackend(Path folder) {
        this.folder = folder;
    }

    @Override
    public GuestMachine create(MachineConfig config) {
        try {
            Path initrd = folder.resolve("initrd");
            Files.write(initrd, config.initrd().readAll());
            Process process = new ProcessBuilder(QEMU, "-M", "virt,gic-version=3", "-cpu", "cortex-a57", "-m",
                String.valueOf(config.memoryBytes() >> 20), "-display", "none", "-monitor", "none", "-serial", "stdio", "-no-reboot", "-net", "none",
                "-kernel", config.kernel().toString(), "-initrd", initrd.toString(), "-append", config.append())
                .redirectError(ProcessBuilder.Redirect.DISCARD).start();
            return new Machine(process, config);
        } catch (IOException | BootException e) {
            throw new MachineException(e.getMessage(), e);
        }
    }

    @Override
    public byte[] deviceTree(MachineConfig config) {
        return new byte[0];
    }

    @Override
    public void listCode(int[] words, long address, ListingRows out) {
        throw new MachineException("QEMU lists no code");
    }

    private static final class Machine implements GuestMachine {
        private final Process process;
        private final MachineConfig config;
        private volatile boolean stopped;

        Machine(Process process, MachineConfig config) {
            this.process = process;
            this.config = config;
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
            process.destroyForcibly();
        }

        @Override
        public boolean powerButton(boolean pressed) {
            return false;
        }

        @Override
        public String statistics() {
            return "";
        }

        @Override
        public void dumpCode(ListingRows out) {
        }

        @Override
        public void dumpHot(int count, ListingRows out) {
        }

        @Override
        public void writeProfile(List<Path> symbols, Appendable out) {
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }
}
