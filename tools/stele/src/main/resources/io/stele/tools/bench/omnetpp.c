/* Discrete event simulation of a network with queues: an event heap, messages from malloc, handlers called through pointers. */
#include <stdio.h>
#include <stdlib.h>

struct message {
    double time;
    unsigned long order;
    struct module *to;
    struct message *next;
    int from, destination, hops, bytes;
};
struct module {
    void (*handle)(struct module *, struct message *);
    struct module *links[4];
    struct message *first, *last;
    int id, busy;
    long handled, dropped, queued;
    double delay;
};

static struct message **heap;
static long heap_size, heap_room;
static double now;
static unsigned long order;
static unsigned seed = 3;
static unsigned draw(unsigned n) {
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}
static int before(const struct message *a, const struct message *b) {
    return a->time != b->time ? a->time < b->time : a->order < b->order;
}
static void schedule(struct message *m, struct module *to, double at) {
    m->to = to;
    m->time = at;
    m->order = order++;
    if (++heap_size >= heap_room)
        heap = realloc(heap, (heap_room = heap_size * 2 + 64) * sizeof *heap);
    long i = heap_size;
    for (; i > 1 && before(m, heap[i / 2]); i /= 2)
        heap[i] = heap[i / 2];
    heap[i] = m;
}
static struct message *next_event(void) {
    struct message *first = heap[1], *last = heap[heap_size--];
    long i = 1, child;
    while ((child = 2 * i) <= heap_size) {
        child += child < heap_size && before(heap[child + 1], heap[child]);
        if (!before(heap[child], last))
            break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = last;
    return first;
}

static int side, nodes;
static struct module *grid;

static void forward(struct module *m, struct message *msg) {
    int x = m->id % side, y = m->id / side, dx = msg->destination % side, dy = msg->destination / side;
    struct module *next = m->links[x < dx ? 0 : x > dx ? 1 : y < dy ? 2 : 3];
    m->busy = 1;
    msg->hops++;
    schedule(msg, next, now + 0.1 + msg->bytes / 1000.0);
    struct message *done = calloc(1, sizeof *done);
    done->from = -1;
    schedule(done, m, now + msg->bytes / 1000.0);
}
static void router(struct module *m, struct message *msg) {
    m->handled++;
    if (msg->from < 0) {
        free(msg);
        m->busy = 0;
        if ((msg = m->first)) {
            m->first = msg->next;
            m->queued--;
            forward(m, msg);
        }
    } else if (msg->destination == m->id) {
        m->delay += msg->hops * 0.5 + now - (long) now;
        int source = draw(nodes);
        struct message *fresh = malloc(sizeof *fresh);
        *fresh = (struct message) {.from = source, .destination = draw(nodes), .bytes = 64 + draw(1400)};
        free(msg);
        schedule(fresh, &grid[source], now + draw(100) / 50.0);
    } else if (m->busy) {
        msg->next = 0;
        if (m->first)
            m->last->next = msg;
        else
            m->first = msg;
        m->last = msg;
        m->queued++;
    } else {
        forward(m, msg);
    }
}

int main(int argc, char **argv) {
    long events = atol(argv[1]);
    side = 48;
    nodes = side * side;
    grid = calloc(nodes, sizeof *grid);
    for (int i = 0; i < nodes; i++) {
        int x = i % side, y = i / side;
        grid[i].id = i;
        grid[i].handle = router;
        grid[i].links[0] = &grid[y * side + (x + 1) % side];
        grid[i].links[1] = &grid[y * side + (x + side - 1) % side];
        grid[i].links[2] = &grid[(y + 1) % side * side + x];
        grid[i].links[3] = &grid[(y + side - 1) % side * side + x];
    }
    for (int i = 0; i < nodes * 2; i++) {
        struct message *m = malloc(sizeof *m);
        *m = (struct message) {.from = i % nodes, .destination = draw(nodes), .bytes = 64 + draw(1400)};
        schedule(m, &grid[i % nodes], draw(1000) / 100.0);
    }
    for (long e = 0; e < events; e++) {
        struct message *m = next_event();
        now = m->time;
        m->to->handle(m->to, m);
    }
    long handled = 0, queued = 0;
    double delay = 0;
    for (int i = 0; i < nodes; i++) {
        handled += grid[i].handled * (i % 7 + 1);
        queued += grid[i].queued;
        delay += grid[i].delay;
    }
    printf("time %.6f handled %ld queued %ld delay %.6f\n", now, handled, queued, delay);
    return 0;
}
