/* Lattice Boltzmann, 19 speeds in three dimensions, flow around a sphere: streaming through memory with doubles. */
#include <stdio.h>
#include <stdlib.h>

#define SPEEDS 19
static const int ex[SPEEDS] = {0, 1, -1, 0, 0, 0, 0, 1, -1, 1, -1, 1, -1, 1, -1, 0, 0, 0, 0};
static const int ey[SPEEDS] = {0, 0, 0, 1, -1, 0, 0, 1, -1, -1, 1, 0, 0, 0, 0, 1, -1, 1, -1};
static const int ez[SPEEDS] = {0, 0, 0, 0, 0, 1, -1, 0, 0, 0, 0, 1, -1, -1, 1, 1, -1, -1, 1};
static const int opposite[SPEEDS] = {0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15, 18, 17};

int main(int argc, char **argv) {
    int n = atoi(argv[1]), steps = atoi(argv[2]);
    long cells = (long) n * n * n;
    double (*a)[SPEEDS] = malloc(sizeof *a * cells), (*b)[SPEEDS] = malloc(sizeof *b * cells);
    unsigned char *solid = calloc(cells, 1);
    double weight[SPEEDS];
    for (int s = 0; s < SPEEDS; s++)
        weight[s] = s == 0 ? 1.0 / 3 : s < 7 ? 1.0 / 18 : 1.0 / 36;
    for (long c = 0; c < cells; c++) {
        int x = c % n - n / 3, y = c / n % n - n / 2, z = c / n / n - n / 2;
        solid[c] = x * x + y * y + z * z < n * n / 36;
        for (int s = 0; s < SPEEDS; s++)
            a[c][s] = weight[s];
    }
    for (int t = 0; t < steps; t++) {
        for (int z = 0; z < n; z++)
            for (int y = 0; y < n; y++)
                for (int x = 0; x < n; x++) {
                    long c = ((long) z * n + y) * n + x;
                    double *f = a[c];
                    double post[SPEEDS];
                    if (solid[c]) {
                        for (int s = 0; s < SPEEDS; s++)
                            post[s] = f[opposite[s]];
                    } else {
                        double rho = 0, u = 0, v = 0, w = 0;
                        for (int s = 0; s < SPEEDS; s++) {
                            rho += f[s];
                            u += ex[s] * f[s];
                            v += ey[s] * f[s];
                            w += ez[s] * f[s];
                        }
                        u = u / rho + 0.0005;
                        v /= rho;
                        w /= rho;
                        double square = 1.5 * (u * u + v * v + w * w);
                        for (int s = 0; s < SPEEDS; s++) {
                            double along = 3 * (ex[s] * u + ey[s] * v + ez[s] * w);
                            post[s] = f[s] - 1.7 * (f[s] - weight[s] * rho * (1 + along + 0.5 * along * along - square));
                        }
                    }
                    for (int s = 0; s < SPEEDS; s++) {
                        int tx = (x + ex[s] + n) % n, ty = (y + ey[s] + n) % n, tz = (z + ez[s] + n) % n;
                        b[((long) tz * n + ty) * n + tx][s] = post[s];
                    }
                }
        double (*swap)[SPEEDS] = a;
        a = b;
        b = swap;
    }
    double mass = 0, flow = 0;
    for (long c = 0; c < cells; c++)
        for (int s = 0; s < SPEEDS; s++) {
            mass += a[c][s];
            flow += ex[s] * a[c][s];
        }
    printf("mass %.6e flow %.6e\n", mass, flow);
    return 0;
}
