package io.stele.tools.machine;

/**
 * Code that is to be translated and listed without a machine.
 *
 * @param words instructions
 * @param address guest virtual address of the first, a multiple of 4
 * @param passes also the operations before and after each pass
 * @param cluster also the cluster of the second tier that begins with the first instruction
 */
public record GivenCode(int[] words, long address, boolean passes, boolean cluster) {
}
