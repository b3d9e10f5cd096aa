/* Minimum cost flow by successive shortest paths with potentials: pointer chasing over arcs and nodes, little arithmetic. */
#include <stdio.h>
#include <stdlib.h>

struct node;
struct arc {
    struct arc *next, *back;
    struct node *head;
    long capacity, cost;
};
struct node {
    struct arc *arcs, *via;
    long potential, distance;
    int heap;
};

static unsigned seed = 1;
static unsigned draw(unsigned n) {
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

static struct node *nodes;
static struct node **heap;
static int heap_size;

static void place(struct node *n, int at) {
    heap[at] = n;
    n->heap = at;
}
static void up(struct node *n, int at) {
    while (at > 1 && heap[at / 2]->distance > n->distance) {
        place(heap[at / 2], at);
        at /= 2;
    }
    place(n, at);
}
static struct node *least(void) {
    struct node *first = heap[1], *last = heap[heap_size--];
    int at = 1, child;
    while ((child = 2 * at) <= heap_size) {
        if (child < heap_size && heap[child + 1]->distance < heap[child]->distance)
            child++;
        if (heap[child]->distance >= last->distance)
            break;
        place(heap[child], at);
        at = child;
    }
    if (heap_size)
        place(last, at);
    first->heap = 0;
    return first;
}

static void join(struct node *a, struct node *b, long capacity, long cost) {
    struct arc *there = malloc(sizeof *there), *back = malloc(sizeof *back);
    *there = (struct arc) {a->arcs, back, b, capacity, cost};
    *back = (struct arc) {b->arcs, there, a, 0, -cost};
    a->arcs = there;
    b->arcs = back;
}

/* One network, with arcs between random nodes. They stay allocated, so that those of all networks lie in the order of their making. */
static void solve(int count, int degree) {
    nodes = calloc(count, sizeof *nodes);
    heap = calloc(count + 1, sizeof *heap);
    for (int i = 0; i < count; i++)
        for (int d = 0; d < degree; d++) {
            int to = d ? draw(count) : (unsigned) (i + 1) % count, capacity = 1 + draw(20), price = 1 + draw(1000);
            join(&nodes[i], &nodes[to], capacity, price);
        }
    struct node *source = &nodes[0], *sink = &nodes[count / 2];
    long flow = 0, cost = 0, settled = 0;
    for (;;) {
        for (int i = 0; i < count; i++) {
            nodes[i].distance = 1L << 60;
            nodes[i].heap = 0;
        }
        source->distance = 0;
        source->via = 0;
        heap_size = 0;
        up(source, ++heap_size);
        while (heap_size) {
            struct node *n = least();
            settled++;
            for (struct arc *a = n->arcs; a; a = a->next) {
                long distance = n->distance + a->cost + n->potential - a->head->potential;
                if (a->capacity > 0 && distance < a->head->distance) {
                    a->head->distance = distance;
                    a->head->via = a;
                    up(a->head, a->head->heap ? a->head->heap : ++heap_size);
                }
            }
        }
        if (sink->distance >= 1L << 60)
            break;
        for (int i = 0; i < count; i++)
            if (nodes[i].distance < 1L << 60)
                nodes[i].potential += nodes[i].distance;
        long amount = 1L << 40;
        for (struct node *n = sink; n != source; n = n->via->back->head)
            if (n->via->capacity < amount)
                amount = n->via->capacity;
        for (struct node *n = sink; n != source; n = n->via->back->head) {
            n->via->capacity -= amount;
            n->via->back->capacity += amount;
            cost += amount * n->via->cost;
        }
        flow += amount;
    }
    printf("flow %ld cost %ld settled %ld\n", flow, cost, settled);
}

int main(int argc, char **argv) {
    for (int networks = atoi(argv[3]); networks > 0; networks--)
        solve(atoi(argv[1]), atoi(argv[2]));
    return 0;
}
