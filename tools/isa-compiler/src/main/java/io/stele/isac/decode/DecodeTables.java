package io.stele.isac.decode;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A decision tree as tables of 16-bit numbers; equal parts are stored once.
 *
 * <p>{@code nodes}: an inner node is its shape (lowest bit + 32 * width) and then one number for every value of its bits: the position of
 * another node, or {@link #LEAF} + the position of a leaf.
 *
 * <p>{@code leaves}: a leaf is a list of instruction indices in the order in which they are tested. {@link #CONDITION} marks those that have
 * a condition beside their pattern, {@link #LAST} the end of the list; an empty one is {@link #NONE}.
 */
public final class DecodeTables {
    public static final int LEAF = 0x8000;
    public static final int LAST = 0x8000;
    public static final int CONDITION = 0x4000;
    public static final int NONE = 0x3fff;

    private final List<Integer> nodes = new ArrayList<>();
    private final List<Integer> leaves = new ArrayList<>();
    private final Map<List<Integer>, Integer> places = new HashMap<>();
    private final Map<List<Integer>, Integer> leafPlaces = new HashMap<>();
    private final int root;

    public DecodeTables(DecisionTree tree) {
        root = add(tree);
        if (nodes.size() > LEAF || leaves.size() > LEAF) {
            throw new IllegalStateException("too many instructions for the decode tables");
        }
    }

    /** Where decoding starts: a position in the nodes or a leaf. */
    public int root() {
        return root;
    }

    public List<Integer> nodes() {
        return nodes;
    }

    public List<Integer> leaves() {
        return leaves;
    }

    private int add(DecisionTree tree) {
        return switch (tree) {
            case DecisionTree.Leaf leaf -> LEAF | place(leaf(leaf), leafPlaces, leaves);
            case DecisionTree.Choice choice -> {
                List<Integer> node = new ArrayList<>();
                node.add(choice.low() + 32 * choice.width());
                for (DecisionTree child : choice.children()) {
                    node.add(add(child));
                }
                yield place(node, places, nodes);
            }
        };
    }

    private static List<Integer> leaf(DecisionTree.Leaf leaf) {
        List<Integer> result = new ArrayList<>();
        for (Row row : leaf.rows()) {
            result.add(row.index() | (row.where() == null ? 0 : CONDITION));
        }
        if (result.isEmpty()) {
            result.add(NONE);
        }
        result.set(result.size() - 1, result.getLast() | LAST);
        return result;
    }

    private static int place(List<Integer> numbers, Map<List<Integer>, Integer> known, List<Integer> table) {
        Integer place = known.get(numbers);
        if (place == null) {
            place = table.size();
            known.put(numbers, place);
            table.addAll(numbers);
        }
        return place;
    }
}
