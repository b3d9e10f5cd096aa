/* Molecular dynamics: pair lists, Lennard-Jones and screened charges with cut-off, leap-frog steps; doubles with square roots and divisions. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static unsigned seed = 5;
static double draw(void) {
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) / 16777216.0;
}

int main(int argc, char **argv) {
    int side = atoi(argv[1]), steps = atoi(argv[2]), n = side * side * side;
    double box = side * 1.2, cut = 2.5, dt = 0.002, energy = 0;
    double (*p)[3] = malloc(sizeof *p * n), (*v)[3] = malloc(sizeof *v * n), (*f)[3] = malloc(sizeof *f * n), *q = malloc(sizeof *q * n);
    int *start = malloc(sizeof *start * (n + 1)), *pair = malloc(sizeof *pair * n * 120);
    for (int i = 0; i < n; i++) {
        int at[3] = {i % side, i / side % side, i / side / side};
        for (int k = 0; k < 3; k++) {
            p[i][k] = (at[k] + 0.1 * draw()) * 1.2;
            v[i][k] = draw() - 0.5;
        }
        q[i] = i & 1 ? 0.3 : -0.3;
    }
    for (int t = 0; t < steps; t++) {
        if (t % 10 == 0) {
            int count = 0;
            for (int i = 0; i < n; i++) {
                start[i] = count;
                for (int j = i + 1; j < n; j++) {
                    double r2 = 0;
                    for (int k = 0; k < 3; k++) {
                        double d = p[i][k] - p[j][k];
                        d -= box * rint(d / box);
                        r2 += d * d;
                    }
                    if (r2 < (cut + 0.3) * (cut + 0.3))
                        pair[count++] = j;
                }
            }
            start[n] = count;
        }
        energy = 0;
        for (int i = 0; i < n; i++)
            f[i][0] = f[i][1] = f[i][2] = 0;
        for (int i = 0; i < n; i++)
            for (int l = start[i]; l < start[i + 1]; l++) {
                int j = pair[l];
                double d[3], r2 = 0;
                for (int k = 0; k < 3; k++) {
                    d[k] = p[i][k] - p[j][k];
                    d[k] -= box * rint(d[k] / box);
                    r2 += d[k] * d[k];
                }
                if (r2 < cut * cut) {
                    double inverse = 1 / r2, sixth = inverse * inverse * inverse, r = sqrt(r2);
                    double charge = q[i] * q[j] / r * (1 - r / cut) * (1 - r / cut);
                    double force = (48 * sixth * (sixth - 0.5) + charge) * inverse;
                    energy += 4 * sixth * (sixth - 1) + charge;
                    for (int k = 0; k < 3; k++) {
                        f[i][k] += force * d[k];
                        f[j][k] -= force * d[k];
                    }
                }
            }
        for (int i = 0; i < n; i++)
            for (int k = 0; k < 3; k++) {
                v[i][k] += dt * f[i][k];
                p[i][k] += dt * v[i][k];
            }
    }
    double kinetic = 0;
    for (int i = 0; i < n; i++)
        for (int k = 0; k < 3; k++)
            kinetic += v[i][k] * v[i][k] / 2;
    printf("potential %.4e kinetic %.4e\n", energy, kinetic);
    return 0;
}
