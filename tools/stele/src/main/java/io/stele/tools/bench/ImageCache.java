package io.stele.tools.bench;

import io.stele.tools.guest.GuestImage;
import io.stele.tools.guest.Trees;
import io.stele.tools.report.Progress;
import io.stele.tools.report.UserException;
import io.stele.tools.guest.Commands;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * The machines' initramfs images and the native root folders, made once and named by all that they are made of: a changed input, script,
 * source, compiler or package list makes a new one, which replaces the old one.
 */
final class ImageCache implements AutoCloseable {
    private static final String FORMAT = "3";
    private static final String GUEST = "arm64";
    private static final String HOST = "amd64";

    private final Path folder;
    private final GuestImage guest;
    private final Path kernel;
    private final Progress progress;
    private final FileChannel lockFile;
    private final FileLock lock;
    private final Roots roots;

    /**
     * Waits until no other process makes images.
     *
     * @param folder made when it is not there
     * @param kernel for all images
     * @param guest has busybox, and the modules of its own kernel
     */
    ImageCache(Path folder, Path kernel, GuestImage guest, Progress progress) throws IOException {
        this.folder = Files.createDirectories(folder);
        this.kernel = kernel;
        this.guest = guest;
        this.progress = progress;
        lockFile = FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock taken = lockFile.tryLock();
        if (taken == null) {
            progress.step("waiting for another stele bench that makes its images");
            taken = lockFile.lock();
        }
        lock = taken;
        Path work = folder.resolve("work");
        Trees.remove(work);
        roots = new Roots(folder.resolve("roots"), Files.createDirectories(work), progress);
    }

    /**
     * Makes what is missing of a workload's image.
     *
     * @param withNative the native programs, too, if they can be had; a line of {@link Progress} says why not
     * @throws UserException if the image cannot be made
     */
    Job job(Workload workload, boolean withNative, String append) throws IOException {
        if (workload.assembly() != null) {
            return new Job(workload.name(), workload.figures(), program(workload), null, "", workload.memoryMib(), null, Set.of(), null);
        }
        Path image = image(workload);
        return new Job(workload.name(), workload.figures(), kernel, image, append, workload.memoryMib(),
            withNative && workload.isNative() ? nativeRoot(workload) : null, workload.attachments(), folder.resolve("surroundings"));
    }

    private Path program(Workload workload) throws IOException {
        String name = workload.name() + "-" + new Hash().add(workload.symbol()).add(Compiler.assembly(workload.assembly())).text();
        Path image = folder.resolve("images").resolve(name + ".img");
        if (!Files.exists(image)) {
            Path work = fresh("program");
            Compiler.assemble(workload.assembly(), workload.symbol(), work);
            replace(work.resolve(workload.assembly() + ".img"), image, workload);
        }
        return image;
    }

    private Path image(Workload workload) throws IOException {
        Path image = folder.resolve("images").resolve(name(workload, workload.packages(), Compiler.arm64()) + ".cpio");
        if (Files.exists(image)) {
            return image;
        }
        Path tree = fresh("image");
        if (!workload.packages().isEmpty()) {
            copy(roots.root(GUEST, workload.packages()), tree);
        }
        Files.createDirectories(tree.resolve("bin"));
        writeExecutable(tree.resolve("bin/busybox"), guest.busybox());
        for (Attachment attachment : workload.attachments()) {
            guest.copyModules(attachment.modules(), Files.createDirectories(tree.resolve("modules")));
        }
        fill(tree, workload, Compiler.arm64());
        progress.step("packing the image of " + workload.name());
        Path part = tree.resolveSibling("image.cpio");
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(part), 1 << 20)) {
            Trees.pack(tree, out);
        }
        Trees.remove(tree);
        replace(part, image, workload);
        return image;
    }

    private Path nativeRoot(Workload workload) throws IOException {
        Path root = folder.resolve("native").resolve(name(workload, workload.nativePackages(), Compiler.host()));
        if (Files.exists(root)) {
            return root;
        }
        try {
            List<String> packages = new ArrayList<>(workload.nativePackages());
            packages.add("busybox-static");
            Path tree = fresh("native");
            copy(roots.root(HOST, packages), tree);
            fill(tree, workload, Compiler.host());
            Files.createDirectories(tree.resolve(NativeTarget.SURROUNDINGS));
            replace(tree, root, workload);
            return root;
        } catch (UserException e) {
            progress.step(workload.name() + " is not measured natively: " + e.getMessage());
            return null;
        }
    }

    private String name(Workload workload, List<String> packages, Compiler compiler) throws IOException {
        Hash hash = new Hash().add(FORMAT).add(String.join(" ", packages)).add(BenchScripts.init(workload));
        if (!workload.attachments().isEmpty()) {
            hash.add(guest.kernel().toRealPath() + " " + Files.getLastModifiedTime(guest.kernel()));
        }
        for (Map.Entry<String, Supplier<byte[]>> input : workload.inputs().entrySet()) {
            hash.add(input.getKey()).add(input.getValue().get());
        }
        if (workload.folder() != null) {
            hash.add(Trees.state(workload.folder()));
        }
        if (!workload.sources().isEmpty()) {
            hash.add(compiler.identity()).add(String.join(" ", workload.compilerOptions())).add(String.join(" ", workload.libraries()));
        }
        for (String source : workload.sources()) {
            hash.add(Compiler.source(source));
        }
        return workload.name() + "-" + hash.text();
    }

    private Path fresh(String name) throws IOException {
        Path tree = folder.resolve("work").resolve(name);
        Trees.remove(tree);
        return Files.createDirectories(tree);
    }

    private static void copy(Path root, Path tree) throws IOException {
        Commands.Result result = Commands.run(root, List.of("cp", "-a", "--reflink=auto", root + "/.", tree.toString()));
        if (result.status() != 0) {
            throw new IOException(result.output().strip());
        }
    }

    private static void fill(Path tree, Workload workload, Compiler compiler) throws IOException {
        for (String name : List.of("dev", "etc", "proc", "sys", "tmp", "root", "bench", "stele/bin")) {
            Files.createDirectories(tree.resolve(name));
        }
        Path bench = tree.resolve("bench");
        if (workload.folder() != null) {
            copy(workload.folder(), bench);
        }
        for (Map.Entry<String, Supplier<byte[]>> input : workload.inputs().entrySet()) {
            Files.write(bench.resolve(input.getKey()), input.getValue().get());
        }
        for (String source : workload.sources()) {
            compiler.compile(source, workload.compilerOptions(), workload.libraries(), bench);
        }
        Files.writeString(tree.resolve("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n");
        writeExecutable(tree.resolve("init"), BenchScripts.init(workload).getBytes(StandardCharsets.UTF_8));
    }

    private static void writeExecutable(Path file, byte[] contents) throws IOException {
        Files.write(file, contents);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static void replace(Path made, Path finalPlace, Workload workload) throws IOException {
        Path parent = Files.createDirectories(finalPlace.getParent());
        try (DirectoryStream<Path> old = Files.newDirectoryStream(parent, workload.name() + "-" + "[0-9a-f]".repeat(12) + "*")) {
            for (Path path : old) {
                Trees.remove(path);
            }
        }
        Files.move(made, finalPlace, StandardCopyOption.ATOMIC_MOVE);
    }

    @Override
    public void close() throws IOException {
        roots.close();
        lock.close();
        lockFile.close();
    }
}
