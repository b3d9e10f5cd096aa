package io.stele.runtime.code;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import org.junit.jupiter.api.Test;

/** Which clusters are made again because their loops leave them. */
class ClusterRoundsTest {
    private static final long CLUSTER = 5;
    private static final long NEXT = 6;

    private final ClusterRounds rounds = new ClusterRounds();

    /** Rounds outside of a cluster until it is to be made again. */
    private int untilAgain(long cluster, long again) {
        int n = 1;
        while (!rounds.leaves(cluster, again) && n < 100_000) {
            n++;
        }
        return n;
    }

    @Test
    void aClusterThatItsLoopsLeaveIsMadeAgainWithMoreCautionAndMoreRarely() {
        assertEquals(ClusterRounds.LEFT, untilAgain(CLUSTER, NEXT));
        assertEquals(1, rounds.caution(NEXT));
        assertEquals(0, rounds.caution(CLUSTER));
        assertEquals(2 * ClusterRounds.LEFT, untilAgain(NEXT, NEXT));
        assertEquals(2, rounds.caution(NEXT));
        rounds.startAnew(NEXT);
        assertEquals(4 * ClusterRounds.LEFT, untilAgain(NEXT, NEXT));
    }

    @Test
    void aClusterThatLoopsMostlyStayInServes() {
        for (int i = 0; i < 100 * ClusterRounds.LEFT; i++) {
            rounds.stays(CLUSTER);
        }
        assertEquals(25 * ClusterRounds.LEFT, untilAgain(CLUSTER, CLUSTER));
    }

    @Test
    void aClusterThatNeverServesIsNotMadeForEver() {
        for (int i = 0; i < 10; i++) {
            untilAgain(CLUSTER, CLUSTER);
            rounds.startAnew(CLUSTER);
        }
        for (int i = 0; i < 100_000; i++) {
            assertFalse(rounds.leaves(CLUSTER, CLUSTER));
        }
    }

    @Test
    void aClusterIsInDoubtOnceWhenItsLoopsBeginToLeaveIt() {
        assertFalse(rounds.leaves(CLUSTER, NEXT));
        assertEquals(0, rounds.doubted());
        untilAgain(CLUSTER, NEXT);
        assertEquals(1, rounds.doubted());
        untilAgain(NEXT, NEXT);
        assertEquals(2, rounds.doubted());
    }
}
