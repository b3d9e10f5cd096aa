package io.stele.platform.virtio.share;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the guest's fids stand for. The server knows a fid by the path that it had when the guest walked to it, and looks there for all but
 * reads and writes: it misses a file that was renamed since, or removed, though the guest has it open. So there is:
 *
 * <ul>
 * <li>Before a file is removed or replaced that the guest has open, a link to it by a hidden name at the top of the share, which is removed
 * with the last fid of the file. (Not a new name: the file is under its own until it is replaced.)</li>
 * <li>A fid of the device's own, a stand-in, for each fid whose file has got another path, this one or that of a rename, when the guest asks
 * for something that the server does by path.</li>
 * </ul>
 *
 * <p>What Tunlinkat and Trenameat name by its folder gets such a fid, too, and becomes Tremove and Trename, as the server has only these.
 *
 * <p>What the device sends for it goes before the request that needs it ({@link #before}). Where it fails, the request goes as it is. What
 * the host renames and removes is not seen here. Paths are strings of one character for each byte. Not thread-safe.
 */
final class Fids {
    /** More are not followed. */
    static final int MOST = 1 << 18;
    /** Own fids count up from here; Linux counts its own up from 0. */
    private static final int FIRST_OWN = 0x8000_0000;
    private static final int MOST_PATH = 4096;

    private final String hiddenName;
    private final Map<Integer, Fid> byNumber = new HashMap<>();
    /** Of the first Tattach: the top of the share, and whose rights make hidden names. */
    private Fid top;
    private int nextOwn = FIRST_OWN;
    private int nextHidden;
    /** Own fids that were for one request. */
    private final ArrayDeque<Integer> unneeded = new ArrayDeque<>();

    /** @param hiddenName how all hidden names begin */
    Fids(String hiddenName) {
        this.hiddenName = hiddenName;
    }

    /** A fid of the guest. */
    static final class Fid {
        private final int number;
        /** What it was walked from: whose rights it has. */
        private final Fid attached;
        /** Where its file is. */
        private String path;
        /** Where the server looks for it. */
        private String served;
        /** Has a file open; folders are not looked at. */
        private boolean open;
        private int standIn = Step.NO_FID;
        /** Where the server looks for the stand-in. */
        private String standInServed;

        private Fid(int number, Fid attached, String path) {
            this.number = number;
            this.attached = attached == null ? this : attached;
            this.path = path;
            served = path;
        }

        private boolean hasStandIn() {
            return standIn != Step.NO_FID;
        }

        private boolean isServed() {
            return path.equals(served) || hasStandIn() && path.equals(standInServed);
        }

        /** The best that the server has. */
        private int server() {
            return !path.equals(served) && hasStandIn() ? standIn : number;
        }

        private String serverPath() {
            return !path.equals(served) && hasStandIn() ? standInServed : served;
        }
    }

    /** Where its file is; null if that is not known. */
    String path(int number) {
        Fid fid = byNumber.get(number);
        return fid == null ? null : fid.path;
    }

    /** The guest begins anew. */
    void clear() {
        byNumber.clear();
        unneeded.clear();
        top = null;
    }

    /**
     * To be asked until there is nothing more to send.
     *
     * @return what has to be sent before the request; null: the request itself, in which fids are replaced by those that the server knows
     */
    Step before(Exchange request) {
        if (request.isAccess()) {
            return null;
        }
        Step step = request.stepFailed ? null : next(request);
        if (step == null) {
            settle(request);
        }
        return step;
    }

    private Step next(Exchange request) {
        if (request.surplus != Step.NO_FID) {
            Step step = Step.clunk(null, request.surplus);
            request.surplus = Step.NO_FID;
            return step;
        }
        if (!unneeded.isEmpty() && request.type != Exchange.FLUSH) {
            return Step.clunk(null, unneeded.remove());
        }
        return switch (request.type) {
            case Exchange.UNLINK_AT, Exchange.RENAME_AT -> {
                Step step = serve(request.fid);
                Fid folder = byNumber.get(request.fid);
                yield step != null || folder == null || !request.hasNames() || below(folder.path, request.name(Exchange.NAME_AT)) == null ? step
                    : Step.walk(null, folder.server(), nextOwn++, List.of(request.name(Exchange.NAME_AT)));
            }
            case Exchange.CLUNK -> beforeClunk(request);
            case Exchange.REMOVE -> {
                Fid fid = byNumber.get(request.fid);
                yield fid == null ? null : keep(fid.served);
            }
            case Exchange.RENAME -> {
                Step step = serve(request.fid, request.secondFid);
                Fid fid = byNumber.get(request.fid);
                Fid folder = byNumber.get(request.secondFid);
                String target = folder == null ? null : below(folder.path, request.name(Exchange.RENAME_NAME_AT));
                yield step != null || target == null || fid != null && target.equals(fid.path) ? step : keep(target);
            }
            case Exchange.LINK -> serve(request.fid, request.secondFid);
            case Exchange.WALK -> request.fid == request.secondFid ? null : serve(request.fid);
            case Exchange.STATFS, Exchange.SYMLINK, Exchange.MAKE_NODE, Exchange.READ_LINK, Exchange.GET_ATTRIBUTES, Exchange.SET_ATTRIBUTES,
                Exchange.WALK_ATTRIBUTES, Exchange.MAKE_FOLDER -> serve(request.fid);
            default -> null;
        };
    }

    /** Takes a fid out. The last one of a hidden name takes that along. */
    private Step beforeClunk(Exchange request) {
        Fid fid = byNumber.remove(request.fid);
        fid = request.clunked = fid == null ? request.clunked : fid;
        if (fid == null) {
            return null;
        }
        if (isHidden(fid.path) && at(fid.path, false) == null) {
            Step step = fid.hasStandIn() && fid.path.equals(fid.standInServed) ? Step.remove(fid, fid.standIn) : standIn(fid);
            if (step != null) {
                return step;
            }
        }
        return fid.hasStandIn() ? Step.clunk(fid, fid.standIn) : null;
    }

    private boolean isHidden(String path) {
        return top != null && path.startsWith(hiddenName, top.path.length() + 1) && path.startsWith(top.path);
    }

    private Fid at(String path, boolean open) {
        for (Fid fid : byNumber.values()) {
            if ((fid.open || !open) && fid.path.equals(path)) {
                return fid;
            }
        }
        return null;
    }

    /** A file is about to be removed or replaced. */
    private Step keep(String path) {
        Fid fid = at(path, true);
        if (fid == null || top == null) {
            return null;
        }
        Step step = serve(fid.number);
        return step != null ? step : Step.link(fid, top.number, fid.server(), hiddenName + nextHidden++);
    }

    private Step serve(int... numbers) {
        for (int number : numbers) {
            Fid fid = byNumber.get(number);
            if (fid != null && !fid.isServed()) {
                Step step = standIn(fid);
                if (step != null) {
                    return step;
                }
            }
        }
        return null;
    }

    /** What makes a stand-in for a file's path; null if it cannot be. */
    private Step standIn(Fid fid) {
        if (fid.hasStandIn()) {
            return Step.clunk(fid, fid.standIn);
        }
        String from = fid.attached.path;
        if (byNumber.get(fid.attached.number) != fid.attached || !fid.path.startsWith(from + "/")) {
            return null;
        }
        Step step = Step.walk(fid, fid.attached.number, nextOwn, List.of(fid.path.substring(from.length() + 1).split("/")));
        if (!step.fits()) {
            return null;
        }
        nextOwn++;
        return step;
    }

    /** The server has answered a step. @param size of its reply */
    void stepped(Exchange request, Step step, int type, int size) {
        if (type != step.type() + 1 || size != step.replySize()) {
            request.stepFailed = true;
            return;
        }
        Fid fid = step.subject();
        switch (step.type()) {
            case Exchange.WALK -> {
                if (fid == null) {
                    Fid folder = byNumber.get(request.fid);
                    put(step.second(), folder, folder == null ? null : below(folder.serverPath(), step.names().getFirst()));
                    request.nameByFid(step.second());
                } else if (fid.hasStandIn()) {
                    request.surplus = step.second();
                } else {
                    fid.standIn = step.second();
                    fid.standInServed = fid.attached.path + "/" + String.join("/", step.names());
                }
            }
            case Exchange.LINK -> move(fid.path, below(top.path, step.names().getFirst()), false);
            default -> {
                if (fid != null && fid.standIn == step.first()) {
                    fid.standIn = Step.NO_FID;
                    fid.path = step.type() == Exchange.REMOVE ? "" : fid.path;
                }
            }
        }
    }

    /** All that was known by a path, and with it what is below, is at another one. */
    private void move(String from, String to, boolean below) {
        String folder = from + "/";
        for (Fid fid : byNumber.values()) {
            if (fid.path.equals(from)) {
                fid.path = to;
            } else if (below && fid.path.startsWith(folder)) {
                fid.path = to + fid.path.substring(from.length());
            }
        }
    }

    /** The request is sent now. */
    private void settle(Exchange request) {
        Fid fid = byNumber.get(request.fid);
        Fid second = byNumber.get(request.secondFid);
        request.target = null;
        request.source = fid;
        request.hasHiddenLink = false;
        switch (request.type) {
            case Exchange.ATTACH -> request.target = request.attachName();
            case Exchange.WALK -> {
                request.target = fid == null ? null : walked(fid, request);
                if (request.fid != request.secondFid) {
                    stand(request, fid, null);
                }
            }
            case Exchange.OPEN -> {
                if (fid != null) {
                    fid.open = !request.opensFolder();
                }
            }
            case Exchange.CREATE -> {
                request.target = fid == null ? null : below(fid.served, request.name(Exchange.NAME_AT));
                if (fid != null) {
                    fid.open = true;
                }
            }
            case Exchange.RENAME -> {
                request.target = second == null ? null : below(second.serverPath(), request.name(Exchange.RENAME_NAME_AT));
                stand(request, fid, second);
            }
            case Exchange.GET_ATTRIBUTES -> {
                request.hasHiddenLink = fid != null && isHidden(fid.serverPath());
                stand(request, fid, null);
            }
            case Exchange.LINK -> stand(request, fid, second);
            case Exchange.STATFS, Exchange.SYMLINK, Exchange.MAKE_NODE, Exchange.READ_LINK, Exchange.SET_ATTRIBUTES, Exchange.WALK_ATTRIBUTES,
                Exchange.MAKE_FOLDER -> stand(request, fid, null);
            case Exchange.REMOVE -> byNumber.remove(request.fid);
            default -> { }
        }
    }

    private static void stand(Exchange request, Fid fid, Fid second) {
        if (fid != null) {
            request.replaceFid(fid.server());
        }
        if (second != null) {
            request.replaceSecondFid(second.server());
        }
    }

    /** Where a Twalk leads; null if it is not known. */
    private static String walked(Fid fid, Exchange request) {
        String path = fid.serverPath();
        int at = Exchange.WALK_NAMES_AT;
        for (int i = 0; i < request.walkedNames && path != null; i++) {
            String name = request.name(at);
            path = below(path, name);
            at += name == null ? 0 : Exchange.NAME_SIZE_BYTES + name.length();
        }
        return path;
    }

    /** @param name null if it is not known. @return null if that is no path */
    private static String below(String path, String name) {
        boolean isPath = name != null && !name.isEmpty() && !name.contains("/") && !name.equals(".") && !name.equals("..")
            && path.length() + name.length() <= MOST_PATH;
        return isPath ? path + "/" + name : null;
    }

    /** The server has answered a request. @param size of the reply */
    void answered(Exchange request, int type, int size) {
        boolean done = type == request.type + 1;
        switch (request.type) {
            case Exchange.ATTACH -> {
                if (done) {
                    put(request.fid, null, request.target);
                    top = top == null ? byNumber.get(request.fid) : top;
                }
            }
            case Exchange.WALK -> {
                if (done && size == Exchange.walkReplySize(request.walkedNames)) {
                    put(request.secondFid, request.source, request.target);
                }
            }
            case Exchange.OPEN -> {
                if (!done && request.source != null) {
                    request.source.open = false;
                }
            }
            case Exchange.CREATE -> created(request, done);
            case Exchange.RENAME -> {
                if (done) {
                    renamed(request);
                }
                if (request.askedType != 0) {
                    byNumber.remove(request.fid);
                    unneeded.add(request.fid);
                }
            }
            default -> { }
        }
    }

    private void put(int number, Fid from, String path) {
        byNumber.remove(number);
        if (path != null && byNumber.size() < MOST) {
            byNumber.put(number, new Fid(number, from == null ? null : from.attached, path));
        }
    }

    private void created(Exchange request, boolean done) {
        Fid fid = request.source;
        if (fid == null) {
            return;
        }
        fid.open = done;
        if (done && request.target == null) {
            byNumber.remove(fid.number);
        } else if (done) {
            fid.path = request.target;
            fid.served = request.target;
        }
    }

    private void renamed(Exchange request) {
        Fid fid = request.source;
        if (fid == null || request.target == null) {
            return;
        }
        boolean byStandIn = fid.server() != fid.number;
        move(fid.serverPath(), request.target, true);
        fid.path = request.target;
        if (byStandIn) {
            fid.standInServed = request.target;
        } else {
            fid.served = request.target;
        }
    }
}
