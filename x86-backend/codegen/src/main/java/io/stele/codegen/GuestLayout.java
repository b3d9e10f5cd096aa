package io.stele.codegen;

/**
 * Where generated code finds the special registers of the guest.
 *
 * @param pcOffset byte offset of the 8-byte pc in the state block
 * @param flagsOffset byte offset of the 4-byte flags (host flag format) in the state block
 */
public record GuestLayout(int pcOffset, int flagsOffset) {}
