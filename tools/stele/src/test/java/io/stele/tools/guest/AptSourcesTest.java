package io.stele.tools.guest;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AptSourcesTest {
    @TempDir
    Path etcApt;

    private void file(String name, String content) throws IOException {
        Path file = etcApt.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, content);
    }

    @Test
    void debiansStanzasAreKeptWithoutTheArchitecture() throws IOException {
        file("sources.list.d/debian.sources", """
            # main
            Types: deb deb-src
            URIs: http://deb.debian.org/debian
            Suites: bookworm bookworm-updates
            Components: main contrib
            Architectures: amd64
            Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

            Types: deb
            URIs: http://deb.debian.org/debian-security/
            Suites: bookworm-security
            Components: main

            Enabled: no
            Types: deb
            URIs: http://old.example/debian
            Suites: bullseye
            Components: main
            """);
        assertEquals("""
            Types: deb
            URIs: http://deb.debian.org/debian
            Suites: bookworm bookworm-updates
            Components: main
            Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

            Types: deb
            URIs: http://deb.debian.org/debian-security/
            Suites: bookworm-security
            Components: main

            """, AptSources.ofDebian(etcApt));
    }

    @Test
    void oneLineSourcesAreUnderstood() throws IOException {
        file("sources.list", """
            # deb http://deb.debian.org/debian sid main
            deb [arch=amd64 signed-by=/keys.gpg] http://mirror.example/debian trixie main non-free-firmware # near
            deb-src http://mirror.example/debian trixie main
            """);
        assertEquals("Types: deb\nURIs: http://mirror.example/debian\nSuites: trixie\nComponents: main\nSigned-By: /keys.gpg\n\n",
            AptSources.ofDebian(etcApt));
    }

    @Test
    void sourcesOfOthersAreLeftOut() throws IOException {
        file("sources.list.d/docker.list", "deb [arch=amd64] https://download.docker.com/linux/debian bookworm stable\n");
        file("sources.list.d/ubuntu.sources", "Types: deb\nURIs: http://archive.ubuntu.com/ubuntu/\nSuites: noble\nComponents: main universe\n");
        file("sources.list.d/node.list", "deb https://deb.nodesource.com/node_20.x nodistro main\n");
        assertEquals("", AptSources.ofDebian(etcApt));
    }
}
