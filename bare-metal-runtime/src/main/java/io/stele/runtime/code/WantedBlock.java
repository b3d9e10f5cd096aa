package io.stele.runtime.code;

/**
 * A block that is to be listed.
 *
 * @param physical guest physical address of its first instruction
 * @param mode its code mode
 * @param note for its head line
 */
public record WantedBlock(long physical, int mode, String note) {
}
