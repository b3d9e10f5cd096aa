package io.stele.platform.psci;

/**
 * Answer to a firmware call.
 *
 * @param value x0 after the call; meaningful for {@link PsciOutcome#CONTINUE} and {@link PsciOutcome#WAIT}
 */
public record PsciResult(PsciOutcome outcome, long value) {
    static PsciResult value(long value) {
        return new PsciResult(PsciOutcome.CONTINUE, value);
    }
}
