package io.stele.platform.virtio.share;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** Files that are removed, replaced or renamed while the guest has them open, at a server that goes by paths. */
class OpenFilesTest extends GuestOfShare {
    private static final int FOLDER = 0200000;

    @Override
    String folder() {
        return "/nowhere";
    }

    @Test
    void aRemovedFileStaysUntilItsLastFidIsGone() throws Exception {
        int created = create(ROOT, "a");
        int opened = open(ROOT, "a");
        int file = file(opened);
        assertEquals(1, links(opened));
        remove(ROOT, "a");
        assertEquals(file, file(created));
        assertEquals(file, file(opened));
        assertEquals(0, links(opened));
        assertEquals("/share/.removed-0", server.names());
        clunk(created);
        assertEquals(file, file(opened));
        int again = open(opened);
        clunk(opened);
        assertEquals(file, file(again));
        clunk(again);
        assertEquals("", server.names());
        assertEquals(1, server.fidCount());
    }

    @Test
    void nothingIsHiddenOfWhatIsNotOpen() throws Exception {
        clunk(create(ROOT, "a"));
        int looked = walk(ROOT, "a");
        remove(ROOT, "a");
        assertEquals(PathServer.ENOENT, error(looked));
        server.add("/share/d/x");
        int folder = walk(ROOT, "d", "x");
        done(12, message().putInt(folder).putInt(FOLDER));
        remove(ROOT, "d", "x");
        assertEquals("", server.names());
    }

    @Test
    void aReplacedFileIsTheOldOneForWhoHasItOpen() throws Exception {
        int old = create(ROOT, "a");
        int known = walk(ROOT, "a");
        int oldFile = file(old);
        int replacement = create(ROOT, "b");
        int newFile = file(replacement);
        assertNotEquals(oldFile, newFile);
        rename(walk(ROOT, "b"), ROOT, "a");
        assertEquals(oldFile, file(old));
        assertEquals(oldFile, file(known));
        assertEquals(0, links(old));
        assertEquals(newFile, file(replacement));
        assertEquals(newFile, file(walk(ROOT, "a")));
        assertEquals(1, links(replacement));
        clunk(old);
        clunk(known);
        assertEquals("/share/a", server.names());
    }

    @Test
    void filesBelowARenamedFolderAreFound() throws Exception {
        server.add("/share/d/e/f");
        int file = open(ROOT, "d", "e", "f");
        int folder = walk(ROOT, "d", "e");
        int number = file(file);
        rename(walk(ROOT, "d"), ROOT, "g");
        assertEquals(number, file(file));
        int moved = walk(folder, "f");
        assertEquals(number, file(moved));
        rename(moved, folder, "h");
        assertEquals("/share/g/e/h", server.names());
        assertEquals(number, file(file));
        remove(folder, "h");
        assertEquals(number, file(file));
        clunk(file);
        assertEquals(number, file(moved));
        clunk(moved);
        assertEquals("", server.names());
    }

    @Test
    void whereLinksCannotBeMadeFilesAreRemovedAsEver() throws Exception {
        server.withoutLinks = true;
        int opened = create(ROOT, "a");
        remove(ROOT, "a");
        assertEquals("", server.names());
        assertEquals(PathServer.ENOENT, error(opened));
        clunk(opened);
        assertEquals(1, server.fidCount());
    }

    @Test
    void ofTwoLinksOneStays() throws Exception {
        int opened = create(ROOT, "a");
        int walked = walk(ROOT, "a");
        done(70, message().putInt(ROOT).putInt(walked), "b");
        clunk(walked);
        remove(ROOT, "a");
        assertEquals(1, links(opened));
        clunk(opened);
        assertEquals("/share/b", server.names());
    }

    @Test
    void theNameGoesWithAnUnusualNameToo() throws Exception {
        int opened = create(ROOT, "\u00e9\u00ff \n");
        remove(ROOT, "\u00e9\u00ff \n");
        assertEquals(0, links(opened));
        clunk(opened);
        assertTrue(server.names().isEmpty());
    }

    private void removeByName(int folder, String name) throws Exception {
        ByteBuffer message = message().putInt(folder);
        put(message, name);
        done(76, message.putInt(0));
    }

    private void renameByName(int from, String name, int to, String newName) throws Exception {
        ByteBuffer message = message().putInt(from);
        put(message, name);
        done(74, message.putInt(to), newName);
    }

    /** The server would remove another name, if it was asked by a fid of that. */
    @Test
    void ofTwoNamesTheOneIsRemovedOrRenamedThatTheGuestNames() throws Exception {
        int opened = create(ROOT, "a");
        done(70, message().putInt(ROOT).putInt(opened), "b");
        done(70, message().putInt(ROOT).putInt(opened), "c");
        removeByName(ROOT, "b");
        assertEquals("/share/a /share/c", server.names());
        server.add("/share/d/x");
        renameByName(ROOT, "c", walk(ROOT, "d"), "e");
        assertEquals("/share/a /share/d/e /share/d/x", server.names());
        assertEquals(2, links(opened));
        assertEquals(3, server.fidCount());
    }

    @Test
    void whatIsRemovedOrReplacedByNameStaysToo() throws Exception {
        int first = create(ROOT, "a");
        int firstFile = file(first);
        int second = create(ROOT, "b");
        int secondFile = file(second);
        renameByName(ROOT, "b", ROOT, "a");
        removeByName(ROOT, "a");
        assertEquals(firstFile, file(first));
        assertEquals(secondFile, file(second));
        assertEquals("/share/.removed-0 /share/.removed-1", server.names());
        clunk(first);
        clunk(second);
        assertEquals("", server.names());
        assertEquals(1, server.fidCount());
    }

    /** Linux asks by fid then. */
    @Test
    void aNameThatIsNotThereIsNoRequestThatIsKnown() throws Exception {
        for (int type : new int[] {74, 76}) {
            ByteBuffer message = message().putInt(ROOT);
            put(message, "a");
            ByteBuffer reply = send(type, message.putInt(ROOT), "b");
            assertEquals(7, reply.get(4));
            assertEquals(95, reply.getInt(7));
        }
    }
}
