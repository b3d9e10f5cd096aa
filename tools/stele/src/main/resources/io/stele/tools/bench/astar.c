/* A* on maps with walls and terrain, with a binary heap, and flood fills: unpredictable branches and small structures. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIZE 512
static unsigned char terrain[SIZE][SIZE];
static int best[SIZE * SIZE], where[SIZE * SIZE], heap[SIZE * SIZE + 1], rank[SIZE * SIZE], heap_size;
static unsigned seed = 7;
static unsigned draw(unsigned n) {
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

static void set(int at, int cell) {
    heap[at] = cell;
    where[cell] = at;
}
static void up(int at, int cell) {
    for (; at > 1 && rank[heap[at / 2]] > rank[cell]; at /= 2)
        set(at, heap[at / 2]);
    set(at, cell);
}
static int least(void) {
    int first = heap[1], last = heap[heap_size--], at = 1, child;
    while ((child = 2 * at) <= heap_size) {
        child += child < heap_size && rank[heap[child + 1]] < rank[heap[child]];
        if (rank[heap[child]] >= rank[last])
            break;
        set(at, heap[child]);
        at = child;
    }
    if (heap_size)
        set(at, last);
    where[first] = -1;
    return first;
}

static long path(int from, int to, long *visited) {
    static const int step[8] = {-SIZE, 1, SIZE, -1, -SIZE + 1, SIZE + 1, SIZE - 1, -SIZE - 1};
    memset(best, 0x7f, sizeof best);
    memset(where, 0, sizeof where);
    heap_size = 0;
    best[from] = 0;
    rank[from] = 0;
    up(++heap_size, from);
    while (heap_size) {
        int cell = least();
        ++*visited;
        if (cell == to)
            return best[cell];
        for (int s = 0; s < 8; s++) {
            int next = cell + step[s];
            int ground = terrain[next / SIZE][next % SIZE];
            if (ground == 255 || where[next] < 0)
                continue;
            int length = best[cell] + (s < 4 ? 10 : 14) + ground;
            if (length < best[next]) {
                int dx = abs(next % SIZE - to % SIZE), dy = abs(next / SIZE - to / SIZE);
                best[next] = length;
                rank[next] = length + 10 * (dx > dy ? dx : dy) + 4 * (dx > dy ? dy : dx);
                up(where[next] > 0 ? where[next] : ++heap_size, next);
            }
        }
    }
    return -1;
}

int main(int argc, char **argv) {
    int searches = atoi(argv[1]);
    for (int y = 0; y < SIZE; y++)
        for (int x = 0; x < SIZE; x++)
            terrain[y][x] = !x || !y || x == SIZE - 1 || y == SIZE - 1 ? 255 : draw(10) < 2 ? 255 : draw(4) * 5;
    for (int w = 0; w < 300; w++) {
        int x = 1 + draw(SIZE - 60), y = 1 + draw(SIZE - 60), across = draw(2), length = 10 + draw(50);
        for (int i = 0; i < length; i++)
            terrain[across ? y : y + i][across ? x + i : x] = 255;
    }
    long total = 0, visited = 0, found = 0;
    for (int i = 0; i < searches; i++) {
        int from = (1 + draw(SIZE - 2)) * SIZE + 1 + draw(SIZE - 2), to = (1 + draw(SIZE - 2)) * SIZE + 1 + draw(SIZE - 2);
        terrain[from / SIZE][from % SIZE] = terrain[to / SIZE][to % SIZE] = 0;
        long length = path(from, to, &visited);
        found += length >= 0;
        total += length;
    }
    printf("found %ld of %d, length %ld, visited %ld\n", found, searches, total, visited);
    return 0;
}
