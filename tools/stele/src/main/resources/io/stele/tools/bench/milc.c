/* Lattice gauge theory's inner loops: products of SU(3) matrices with vectors over a four-dimensional lattice, conjugate gradients. */
#include <stdio.h>
#include <stdlib.h>

typedef struct { double r, i; } complex_t;
typedef struct { complex_t c[3]; } vector_t;
typedef struct { complex_t e[3][3]; } matrix_t;

static int n, volume;
static matrix_t *links;
static int *neighbour;
static unsigned seed = 11;
static double draw(void) {
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) / 16777216.0 - 0.5;
}
static vector_t times(const matrix_t *m, const vector_t *v) {
    vector_t out;
    for (int i = 0; i < 3; i++) {
        double r = 0, im = 0;
        for (int j = 0; j < 3; j++) {
            r += m->e[i][j].r * v->c[j].r - m->e[i][j].i * v->c[j].i;
            im += m->e[i][j].r * v->c[j].i + m->e[i][j].i * v->c[j].r;
        }
        out.c[i] = (complex_t) {r, im};
    }
    return out;
}
static vector_t adjoint_times(const matrix_t *m, const vector_t *v) {
    vector_t out;
    for (int i = 0; i < 3; i++) {
        double r = 0, im = 0;
        for (int j = 0; j < 3; j++) {
            r += m->e[j][i].r * v->c[j].r + m->e[j][i].i * v->c[j].i;
            im += m->e[j][i].r * v->c[j].i - m->e[j][i].i * v->c[j].r;
        }
        out.c[i] = (complex_t) {r, im};
    }
    return out;
}
/* (mass - hopping) applied to a field; with real symmetric spectrum, so conjugate gradients converge. */
static void apply(const vector_t *in, vector_t *out) {
    for (int s = 0; s < volume; s++) {
        vector_t sum = {0};
        for (int d = 0; d < 4; d++) {
            int ahead = neighbour[s * 8 + d], behind = neighbour[s * 8 + 4 + d];
            vector_t a = times(&links[s * 4 + d], &in[ahead]), b = adjoint_times(&links[behind * 4 + d], &in[behind]);
            for (int i = 0; i < 3; i++) {
                sum.c[i].r += a.c[i].r + b.c[i].r;
                sum.c[i].i += a.c[i].i + b.c[i].i;
            }
        }
        for (int i = 0; i < 3; i++)
            out[s].c[i] = (complex_t) {12 * in[s].c[i].r - sum.c[i].r, 12 * in[s].c[i].i - sum.c[i].i};
    }
}
static double dot(const vector_t *a, const vector_t *b) {
    double sum = 0;
    for (int s = 0; s < volume; s++)
        for (int i = 0; i < 3; i++)
            sum += a[s].c[i].r * b[s].c[i].r + a[s].c[i].i * b[s].c[i].i;
    return sum;
}
static void add(vector_t *to, double factor, const vector_t *from) {
    for (int s = 0; s < volume; s++)
        for (int i = 0; i < 3; i++) {
            to[s].c[i].r += factor * from[s].c[i].r;
            to[s].c[i].i += factor * from[s].c[i].i;
        }
}

int main(int argc, char **argv) {
    n = atoi(argv[1]);
    int iterations = atoi(argv[2]);
    volume = n * n * n * n;
    links = malloc(sizeof *links * volume * 4);
    neighbour = malloc(sizeof *neighbour * volume * 8);
    for (int s = 0; s < volume; s++) {
        int stride = 1;
        for (int d = 0; d < 4; d++, stride *= n) {
            int x = s / stride % n;
            neighbour[s * 8 + d] = s + ((x + 1) % n - x) * stride;
            neighbour[s * 8 + 4 + d] = s + ((x + n - 1) % n - x) * stride;
            for (int i = 0; i < 3; i++)
                for (int j = 0; j < 3; j++)
                    links[s * 4 + d].e[i][j] = (complex_t) {draw(), draw()};
        }
    }
    vector_t *x = calloc(volume, sizeof *x), *r = malloc(sizeof *r * volume), *p = malloc(sizeof *p * volume), *q = malloc(sizeof *q * volume);
    for (int s = 0; s < volume; s++)
        for (int i = 0; i < 3; i++)
            r[s].c[i] = p[s].c[i] = (complex_t) {draw(), draw()};
    double rr = dot(r, r);
    for (int k = 0; k < iterations; k++) {
        apply(p, q);
        double alpha = rr / dot(p, q), before = rr;
        add(x, alpha, p);
        add(r, -alpha, q);
        rr = dot(r, r);
        for (int s = 0; s < volume; s++)
            for (int i = 0; i < 3; i++)
                p[s].c[i] = (complex_t) {r[s].c[i].r + rr / before * p[s].c[i].r, r[s].c[i].i + rr / before * p[s].c[i].i};
    }
    printf("converged %d norm %.6e\n", rr < 1e-6, dot(x, x));
    return 0;
}
