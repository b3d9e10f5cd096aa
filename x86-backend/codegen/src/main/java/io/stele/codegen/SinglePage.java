package io.stele.codegen;

/**
 * One page, of which all code between two places is worth being in a cluster.
 *
 * @param contents host address of its bytes
 * @param code VM address of the first tier's code, or 0
 */
public record SinglePage(long contents, int start, int end, long code) implements ClusterPages {
    @Override
    public long bytes(int pageDistance) {
        return pageDistance == 0 ? contents : 0;
    }

    @Override
    public long table(int pageDistance) {
        throw new IllegalStateException("there is only one page");
    }

    @Override
    public boolean isWanted(int place) {
        return place >= start && place < end;
    }

    @Override
    public boolean isSettled(int place) {
        return false;
    }

    @Override
    public boolean isEnteredOften() {
        return false;
    }

    @Override
    public boolean isCautious() {
        return false;
    }

    @Override
    public long firstTier(int place) {
        return code;
    }

    @Override
    public int slot(int view, int baseStateOffset, int place) {
        return 0;
    }

    @Override
    public int indirectTargets(int from, int[] targets, int[] before) {
        return 0;
    }

    @Override
    public long pointer(int view, long place) {
        return NOWHERE;
    }

    @Override
    public int learned(int view, int place) {
        return 0;
    }

    @Override
    public int present(int view, int first, int second, int shift) {
        return 0;
    }
}
