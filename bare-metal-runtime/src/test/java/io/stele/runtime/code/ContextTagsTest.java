package io.stele.runtime.code;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.stele.guest.GuestIsa;
import io.stele.runtime.FakeIsa;
import io.stele.runtime.common.Statistics;
import io.stele.runtime.vcpu.VirtualCpu;
import io.stele.runtime.vcpu.VirtualCpus;
import org.junit.jupiter.api.Test;

/** Tags name contexts and modes; a tag has one meaning until all are forgotten. */
class ContextTagsTest {

    private final FakeIsa isa = new FakeIsa();
    private int forgotten;
    private final ContextTags tags = new ContextTags(isa, new VirtualCpus(new VirtualCpu[0], new Statistics()), () -> forgotten++);

    private int tag(long space, int mode) {
        isa.space = space;
        return tags.of(0, 0, mode);
    }

    @Test
    void contextsAndModesHaveTagsOfTheirOwn() {
        int first = tag(1, 0);
        assertNotEquals(first, tag(1, 1));
        assertNotEquals(first, tag(2, 0));
        assertEquals(first, tag(1, 0));
    }

    @Test
    void aRetiredTagIsNotUsedAgain() {
        int first = tag(1, 0);
        int otherMode = tag(1, 5);
        int other = tag(2, 0);
        isa.space = 1;
        long retired = isa.spaceKey(0, isa.dataView(0), 0);
        tags.retire(space -> space == retired);
        assertTrue(tag(1, 0) > other);
        assertTrue(tag(1, 5) > other && tag(1, 5) != otherMode && tag(1, 5) != first);
        assertEquals(other, tag(2, 0));
        tags.retire(space -> true);
        assertTrue(tag(2, 0) > other);
        assertEquals(0, forgotten);
    }

    @Test
    void allAreForgottenWhenTheyRunOut() {
        boolean[] used = new boolean[ContextTags.TAGS];
        for (int space = 0; space < (ContextTags.TAGS - ContextTags.FIRST) / GuestIsa.INSTRUCTION_ALIGNMENT; space++) {
            int tag = tag(space, space & 255);
            assertTrue(tag >= 0 && tag < ContextTags.TAGS && tag % GuestIsa.INSTRUCTION_ALIGNMENT == 0 && !used[tag]);
            used[tag] = true;
        }
        assertEquals(0, forgotten);
        int tag = tag(ContextTags.TAGS, 0);
        assertEquals(1, forgotten);
        assertEquals(tag, tag(ContextTags.TAGS, 0));
    }
}
