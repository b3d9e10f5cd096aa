package io.stele.tools.bench;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class SurroundingsTest {
    @TempDir
    Path folder;

    @Test
    @Timeout(60)
    void theServerOfANetworkWorkloadIsAtThePortOfTheCommandLine() throws Exception {
        Assumptions.assumeTrue(new ProcessBuilder("sh", "-c", "command -v iperf3").start().waitFor() == 0, "needs iperf3");
        Workload workload = Suites.named("net").workloads().getFirst();
        String append = Suites.append(workload, List.of());
        int port = Integer.parseInt(append.substring(append.indexOf(BenchScripts.PORT) + BenchScripts.PORT.length()));
        Job job = new Job("net", workload.figures(), Path.of("/kernel"), null, append, 64, null, Set.of(Attachment.NETWORK), folder.resolve("place"));
        Surroundings surroundings = Surroundings.make(job);
        try {
            assertTrue(answers(port));
        } finally {
            surroundings.close();
        }
    }

    private static boolean answers(int port) throws InterruptedException {
        while (true) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                return socket.isConnected();
            } catch (IOException e) {
                Thread.sleep(20);
            }
        }
    }
}
