package io.stele.platform.virtio.share;

import io.stele.memory.RawMemory;
import io.stele.platform.virtio.Chain;
import io.stele.platform.virtio.VirtioException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A request of the guest and what becomes of it: one message to the server or, where the guest's messages are larger than the server's,
 * several reads or writes of parts. What decides anything is copied from the guest's memory once. Reused from request to request.
 */
final class Exchange {
    static final int HEADER_BYTES = 7;
    static final int TYPE_AT = 4;
    static final int TAG_AT = 5;
    /** Of Tread, Twrite and Treaddir: header, fid, offset, count. Data follow. */
    static final int ACCESS_BYTES = 23;
    /** Of Rread and Rwrite, and of an error: header and one number. */
    static final int REPLY_BYTES = 11;
    static final int MOST_PIECES = 16;
    static final int QID_BYTES = 13;

    static final int ERROR = 7;
    static final int STATFS = 8;
    static final int OPEN = 12;
    static final int CREATE = 14;
    static final int SYMLINK = 16;
    static final int MAKE_NODE = 18;
    static final int RENAME = 20;
    static final int READ_LINK = 22;
    static final int GET_ATTRIBUTES = 24;
    static final int SET_ATTRIBUTES = 26;
    static final int WALK_ATTRIBUTES = 30;
    static final int READ_FOLDER = 40;
    static final int LINK = 70;
    static final int MAKE_FOLDER = 72;
    static final int RENAME_AT = 74;
    static final int UNLINK_AT = 76;
    static final int VERSION = 100;
    static final int ATTACH = 104;
    static final int FLUSH = 108;
    static final int WALK = 110;
    static final int READ = 116;
    static final int WRITE = 118;
    static final int CLUNK = 120;
    static final int REMOVE = 122;

    /** Of Tlcreate, of Trename, and the first one of Twalk. */
    static final int NAME_AT = 11;
    static final int RENAME_NAME_AT = 15;
    static final int WALK_NAMES_AT = 17;
    /** In front of each name. */
    static final int NAME_SIZE_BYTES = 2;

    private static final int FID_AT = 7;
    private static final int SECOND_FID_AT = 11;
    private static final int OFFSET_AT = 11;
    private static final int WALK_COUNT_AT = 15;
    private static final int USER_NAME_AT = 15;
    private static final int COUNT_AT = 19;
    private static final int OPEN_BYTES = 15;
    private static final int LONGEST_NAME = 255;
    /** Of the flags of a file that is opened. */
    static final int APPEND = 02000;
    private static final int NOT_KNOWN = -1;
    /** In Tsetattr: mode is to be set, and which bits make a program run as another user. */
    private static final int MODE_VALID = 1;
    private static final int MODE_AT = 15;
    private static final int PRIVILEGES = 06000;
    private static final int FOLDER = 0200000;

    final Chain chain = new Chain();
    /** Answers that wait until this request has been answered. */
    final List<Exchange> flushes = new ArrayList<>(1);
    /** The request that this one, a Tflush, is about, which of those that the object has been, and its tag; null if it is none, or waits itself. */
    private Exchange flushed;
    private int flushedNumber;
    private int flushedTag;
    /** Which request the object stands for: counts up when one begins and when it ends. */
    private int number;
    int size;
    int type;
    int tag;
    int fid;
    /** Of a message that has two: Trename, Tlink, Twalk; otherwise of no meaning. */
    int secondFid;
    /** Of a Twalk. */
    int walkedNames;
    /** Kept by {@link Fids}: what was sent and has to go first; that it failed; a fid of the device's own that nobody needs. */
    Step step;
    boolean stepFailed;
    int surplus;
    /** What the guest has asked for, where the message to the server is one of another type; otherwise 0. */
    int askedType;
    /** Kept by {@link Fids}: which fids it is about, the path that one will have, whether the attributes count a link too many. */
    Fids.Fid source;
    Fids.Fid clunked;
    String target;
    boolean hasHiddenLink;
    long offset;
    /** Bytes to be read or written; less than the guest has asked for if they are more than the pieces take. */
    long count;
    /** 0: nothing was sent. */
    int pieces;
    /** The message to the server is another one than the guest's: another count, or one of several. */
    boolean rewritten;
    int pieceBytes;
    /** Of what opens a file: with which flags. */
    int openFlags;
    /** The server has opened a file for it, which has this inode. */
    boolean opensFile;
    long inode;
    /** It makes a file run as another user than who executes it. */
    boolean givesPrivileges;
    /** Room for vectors of the chain's buffers. */
    private MemorySegment vectors;
    private int open;
    private final int[] serverTags = new int[MOST_PIECES];
    private final int[] results = new int[MOST_PIECES];

    /** Looks at a chain that was just taken. */
    void read() {
        long copy = chain.scratch();
        long bytes = chain.readableBytes();
        int head = (int) Math.min(bytes, Chain.SCRATCH_BYTES);
        if (!chain.peek(copy, head) || head < HEADER_BYTES || (RawMemory.getInt(copy) & 0xffff_ffffL) != bytes
            || chain.writableBytes() < REPLY_BYTES) {
            throw new VirtioException("a message whose size is not what it says, or without room for a reply");
        }
        size = (int) bytes;
        type = RawMemory.getByte(copy + TYPE_AT) & 0xff;
        tag = RawMemory.getShort(copy + TAG_AT) & 0xffff;
        number++;
        flushes.clear();
        flushed = null;
        pieces = 0;
        rewritten = false;
        if (isAccess() && size >= ACCESS_BYTES) {
            offset = RawMemory.getLong(copy + OFFSET_AT);
            count = RawMemory.getInt(copy + COUNT_AT) & 0xffff_ffffL;
        } else {
            count = 0;
        }
        fid = head >= FID_AT + 4 ? RawMemory.getInt(copy + FID_AT) : 0;
        secondFid = head >= SECOND_FID_AT + 4 ? RawMemory.getInt(copy + SECOND_FID_AT) : 0;
        walkedNames = type == WALK && head >= WALK_NAMES_AT ? RawMemory.getShort(copy + WALK_COUNT_AT) & 0xffff : 0;
        step = null;
        stepFailed = false;
        surplus = Step.NO_FID;
        hasHiddenLink = false;
        clunked = null;
        askedType = 0;
        opensFile = false;
        openFlags = flags();
        givesPrivileges = type == SET_ATTRIBUTES && head >= MODE_AT + 4 && (RawMemory.getInt(copy + OFFSET_AT) & MODE_VALID) != 0
            && (RawMemory.getInt(copy + MODE_AT) & PRIVILEGES) != 0;
    }

    /** Address of room for as many vectors as the chain has, for a system call. */
    long vectors() {
        if (vectors == null) {
            vectors = Arena.ofAuto().allocate((long) Chain.MAX_BUFFERS * Chain.VECTOR_BYTES, Chain.VECTOR_BYTES);
        }
        return vectors.address();
    }

    /** Bytes of a reply to Twalk that has found all names. */
    static int walkReplySize(int names) {
        return HEADER_BYTES + 2 + names * QID_BYTES;
    }

    /** The name at a place, one character for each byte; null if it is too long, or not there. */
    String name(int at) {
        int head = Math.min(size, Chain.SCRATCH_BYTES);
        int length = at + NAME_SIZE_BYTES > head ? LONGEST_NAME + 1 : RawMemory.getShort(chain.scratch() + at) & 0xffff;
        if (length > LONGEST_NAME || at + NAME_SIZE_BYTES + length > head) {
            return null;
        }
        byte[] bytes = new byte[length];
        RawMemory.copy(chain.scratch() + at + NAME_SIZE_BYTES, bytes, 0, length);
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    /** Whether it is about a file that it names by its folder: Tunlinkat, Trenameat. */
    boolean namesByFolder() {
        return type == UNLINK_AT || type == RENAME_AT;
    }

    /** Whether all names of a message that {@link #namesByFolder} are there. */
    boolean hasNames() {
        String name = name(NAME_AT);
        return name != null && (type == UNLINK_AT || name(newNameAt(name)) != null);
    }

    /** In a Trenameat, behind the old name and the new folder. */
    private static int newNameAt(String name) {
        return NAME_AT + NAME_SIZE_BYTES + name.length() + 4;
    }

    /** A Tunlinkat becomes a Tremove, a Trenameat a Trename. @param file a fid for what it names */
    void nameByFid(int file) {
        long copy = chain.scratch();
        askedType = type;
        if (type == UNLINK_AT) {
            type = REMOVE;
            size = NAME_AT;
        } else {
            int from = newNameAt(name(NAME_AT));
            int bytes = NAME_SIZE_BYTES + name(from).length();
            secondFid = RawMemory.getInt(copy + from - 4);
            replaceSecondFid(secondFid);
            for (int i = 0; i < bytes; i++) {
                RawMemory.putByte(copy + RENAME_NAME_AT + i, RawMemory.getByte(copy + from + i));
            }
            type = RENAME;
            size = RENAME_NAME_AT + bytes;
        }
        fid = file;
        replaceFid(file);
        RawMemory.putInt(copy, size);
        RawMemory.putByte(copy + TYPE_AT, (byte) type);
    }

    /** The type of the reply that the guest expects. @param given that of the server's */
    int replyType(int given) {
        return askedType != 0 && given == type + 1 ? askedType + 1 : given;
    }

    /** Which folder of the server a Tattach names. */
    String attachName() {
        String user = name(USER_NAME_AT);
        return user == null ? null : name(attachNameAt(user));
    }

    private static int attachNameAt(String user) {
        return USER_NAME_AT + NAME_SIZE_BYTES + user.length();
    }

    /** Of a Tattach: the number of the user becomes 0. */
    void attachAsRoot() {
        String folder = attachName();
        if (folder != null) {
            int user = attachNameAt(name(USER_NAME_AT)) + NAME_SIZE_BYTES + folder.length();
            if (user + 4 <= Math.min(size, Chain.SCRATCH_BYTES)) {
                RawMemory.putInt(chain.scratch() + user, 0);
            }
        }
    }

    /** Of a Tlopen. */
    boolean opensFolder() {
        return size >= OPEN_BYTES && (RawMemory.getInt(chain.scratch() + OFFSET_AT) & FOLDER) != 0;
    }

    /** The server knows the file by another fid. */
    void replaceFid(int other) {
        RawMemory.putInt(chain.scratch() + FID_AT, other);
    }

    /** As {@link #replaceFid}, of a message that has two. */
    void replaceSecondFid(int other) {
        RawMemory.putInt(chain.scratch() + SECOND_FID_AT, other);
    }

    /** Whether the server knows it by one tag. */
    boolean isOneMessage() {
        return pieces == 1 && step == null;
    }

    /** Whether it reads or writes. */
    boolean isAccess() {
        return type == READ || type == WRITE || type == READ_FOLDER;
    }

    /** Whether it reads or writes a file. */
    boolean isData() {
        return (type == READ || type == WRITE) && size >= ACCESS_BYTES;
    }

    /** Of a Tversion, whose largest message the guest wants; of a Tflush, which tag. */
    int firstNumber() {
        return size < FID_AT + 4 ? RawMemory.getShort(chain.scratch() + FID_AT) & 0xffff : fid;
    }

    /** It is answered. */
    void end() {
        number++;
    }

    /** This one, a Tflush, is to be sent and is about a request that was sent as one message. */
    void flush(Exchange old) {
        flushed = old;
        flushedNumber = old.number;
        flushedTag = old.serverTags[0];
    }

    /** Whether it is sent as the Tflush of another one. */
    boolean flushes() {
        return flushed != null;
    }

    /** The server's tag of what this one is about. */
    int flushedTag() {
        return flushedTag;
    }

    /** What this one is about, if it has not been answered yet; otherwise null. */
    Exchange flushed() {
        return flushed != null && flushed.number == flushedNumber ? flushed : null;
    }

    /** Whether it opens {@link #fid} so that all writes go to the end. */
    boolean opensForAppend() {
        return openFlags != NOT_KNOWN && (openFlags & APPEND) != 0;
    }

    private int flags() {
        long copy = chain.scratch();
        if (type == OPEN && size >= OPEN_BYTES) {
            return RawMemory.getInt(copy + OFFSET_AT);
        }
        if (type == CREATE && size >= NAME_AT + 2) {
            int name = RawMemory.getShort(copy + NAME_AT) & 0xffff;
            return name <= LONGEST_NAME && size >= NAME_AT + 6 + name ? RawMemory.getInt(copy + NAME_AT + 2 + name) : NOT_KNOWN;
        }
        return NOT_KNOWN;
    }

    /**
     * Divides an access of more bytes than a message to the server has.
     *
     * @param most bytes of a piece
     * @param mostPieces 1 where pieces would have to keep their order
     * @return false if it is none that can be
     */
    boolean divide(int most, int mostPieces) {
        pieces = 1;
        if (!isAccess() || count <= most) {
            return size <= most + ACCESS_BYTES;
        }
        if (type == WRITE && count != size - ACCESS_BYTES || type == READ && count > chain.writableBytes() - REPLY_BYTES) {
            return false;
        }
        rewritten = true;
        pieceBytes = most;
        pieces = type == READ_FOLDER ? 1 : (int) Math.min(mostPieces, (count + most - 1) / most);
        count = Math.min(count, (long) pieces * most);
        return true;
    }

    /** Bytes of a piece. */
    int length(int piece) {
        return (int) Math.min(pieceBytes, count - (long) piece * pieceBytes);
    }

    /** Writes the server's message of a piece, without data. @param at where in the request the piece begins */
    void putAccess(long message, int piece, long at) {
        int length = length(piece);
        RawMemory.putInt(message, ACCESS_BYTES + (type == WRITE ? length : 0));
        RawMemory.putByte(message + TYPE_AT, (byte) type);
        RawMemory.putShort(message + TAG_AT, (short) serverTags[piece]);
        RawMemory.putInt(message + FID_AT, fid);
        RawMemory.putLong(message + OFFSET_AT, offset + at);
        RawMemory.putInt(message + COUNT_AT, length);
    }

    /** It is about to be sent by these tags of the server's. */
    void sentAs(int piece, int serverTag) {
        serverTags[piece] = serverTag;
        open = pieces;
    }

    int serverTag(int piece) {
        return serverTags[piece];
    }

    /** Which piece this tag belongs to. */
    int piece(int serverTag) {
        int piece = 0;
        while (serverTags[piece] != serverTag) {
            piece++;
        }
        return piece;
    }

    /** Replies are put together from those of pieces. */
    boolean isJoined() {
        return rewritten && type != READ_FOLDER;
    }

    /** A piece is done. @param result bytes, or an error's number below 0. @return whether it was the last one */
    boolean done(int piece, int result) {
        results[piece] = result;
        return --open == 0;
    }

    /** Bytes up to the first that is missing. */
    int total() {
        int total = 0;
        for (int i = 0; i < pieces && results[i] >= 0; i++) {
            total += results[i];
            if (results[i] < length(i)) {
                break;
            }
        }
        return total;
    }

    /** The error before the first byte; 0 if there is none. */
    int error() {
        return results[0] < 0 ? -results[0] : 0;
    }
}
