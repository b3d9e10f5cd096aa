/* Loops of the kinds that integer programs spend their time in, in the nearest cache: loops CASE COUNT. Prints a checksum. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned seed = 9;
static unsigned draw(unsigned n) {
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

/* Network simplex: the reduced cost of each arc, from its two nodes. */
struct node {
    long potential, flow;
};
struct arc {
    long cost;
    struct node *tail, *head;
    int state;
};
static double arcs(long n) {
    enum { NODES = 64, ARCS = 256 };
    static struct node nodes[NODES];
    static struct arc all[ARCS];
    for (int i = 0; i < NODES; i++)
        nodes[i].potential = draw(1000);
    for (int i = 0; i < ARCS; i++)
        all[i] = (struct arc) {draw(1000), nodes + draw(NODES), nodes + draw(NODES), draw(3)};
    long sum = 0;
    while (n--) {
        for (struct arc *a = all; a < all + ARCS; a++)
            if (a->state > 0) {
                long reduced = a->cost - a->tail->potential + a->head->potential;
                if ((reduced < 0 && a->state == 1) || (reduced > 0 && a->state == 2))
                    sum += reduced;
            }
        nodes[n & (NODES - 1)].potential += sum & 7;
    }
    return sum;
}

/* Profile hidden Markov models: a row of the Viterbi matrix. */
static double viterbi(long n) {
    enum { STATES = 200, LOWEST = -987654321 };
    static int match[2][STATES + 1], insert[2][STATES + 1], delete[2][STATES + 1], to[9][STATES + 1], emit[2][STATES + 1];
    for (int k = 0; k <= STATES; k++) {
        for (int i = 0; i < 9; i++)
            to[i][k] = -(int) draw(2000);
        emit[0][k] = (int) draw(600) - 400;
        emit[1][k] = (int) draw(200) - 150;
    }
    long sum = 0;
    for (int row = 0; n--; row ^= 1) {
        int *mc = match[row], *ic = insert[row], *dc = delete[row], *mp = match[!row], *ip = insert[!row], *dp = delete[!row];
        mc[0] = ic[0] = dc[0] = LOWEST;
        for (int k = 1; k <= STATES; k++) {
            int s;
            mc[k] = mp[k - 1] + to[0][k - 1];
            if ((s = ip[k - 1] + to[1][k - 1]) > mc[k])
                mc[k] = s;
            if ((s = dp[k - 1] + to[2][k - 1]) > mc[k])
                mc[k] = s;
            if ((s = to[7][k] + (int) (n & 255)) > mc[k])
                mc[k] = s;
            mc[k] += emit[0][k];
            if (mc[k] < LOWEST)
                mc[k] = LOWEST;
            dc[k] = dc[k - 1] + to[3][k - 1];
            if ((s = mc[k - 1] + to[4][k - 1]) > dc[k])
                dc[k] = s;
            if (dc[k] < LOWEST)
                dc[k] = LOWEST;
            if (k < STATES) {
                ic[k] = mp[k] + to[5][k];
                if ((s = ip[k] + to[6][k]) > ic[k])
                    ic[k] = s;
                ic[k] += emit[1][k];
                if (ic[k] < LOWEST)
                    ic[k] = LOWEST;
            }
        }
        sum += mc[STATES];
    }
    return sum;
}

/* Chess: the pieces on the board, by kind. */
static double board(long n) {
    enum { PIECES = 32 };
    static int squares[144], pieces[PIECES + 1], value[14], file_count[2][10];
    for (int i = 1; i <= PIECES; i++) {
        pieces[i] = draw(4) ? 26 + 12 * draw(8) + draw(8) : 0;
        squares[pieces[i]] = 1 + draw(12);
    }
    for (int i = 0; i < 14; i++)
        value[i] = draw(900);
    long sum = 0;
    while (n--) {
        for (int i = 1; i <= PIECES; i++) {
            int square = pieces[i];
            if (!square)
                continue;
            int piece = squares[square];
            if (piece == 1 || piece == 2)
                file_count[piece - 1][(square % 12 - 1) & 7]++;
            else if (piece & 1)
                sum += value[piece];
            else
                sum -= value[piece];
        }
        value[n % 14] ^= sum & 3;
    }
    for (int i = 0; i < 10; i++)
        sum += file_count[0][i] - file_count[1][i];
    return sum;
}

/* Calls: a loop, a function, and two others that it calls from three places. */
static __attribute__((noinline)) uint64_t mix(uint64_t a, uint64_t b) {
    return (a ^ b >> 7) + (a << 3);
}
static __attribute__((noinline)) uint64_t pick(uint64_t a) {
    return a & 1 ? a >> 1 : a + 11;
}
static __attribute__((noinline)) uint64_t step(uint64_t a, uint64_t b) {
    return mix(a, b) + pick(mix(b, a));
}
static double calls(long n) {
    uint64_t a = 1, b = 2;
    while (n--) {
        uint64_t c = step(a, b);
        a = b;
        b = c;
    }
    return b >> 16;
}

int main(int argc, char **argv) {
    static const struct { const char *name; double (*run)(long); } cases[] = {{"arcs", arcs}, {"viterbi", viterbi}, {"board", board},
        {"calls", calls}};
    for (unsigned i = 0; argc == 3 && i < sizeof cases / sizeof *cases; i++)
        if (!strcmp(argv[1], cases[i].name)) {
            printf("%.5e\n", cases[i].run(atol(argv[2])));
            return 0;
        }
    fputs("loops CASE COUNT\n", stderr);
    return 2;
}
