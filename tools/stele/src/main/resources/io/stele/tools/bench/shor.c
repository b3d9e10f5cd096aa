/*
 * Factors a number as a quantum computer would: Shor's algorithm on the simulator libquantum, whose functions are declared here because
 * its headers are in a package that the guest does not need.
 */
#include <complex.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
    int width;
    int size;
    int hash_width;
    float complex *amplitudes;
    unsigned long long *states;
    int *hash;
} quantum_reg;

extern quantum_reg quantum_new_qureg(unsigned long long state, int width);
extern void quantum_delete_qureg(quantum_reg *reg);
extern void quantum_addscratch(int bits, quantum_reg *reg);
extern void quantum_hadamard(int target, quantum_reg *reg);
extern void quantum_exp_mod_n(int n, int x, int input_width, int width, quantum_reg *reg);
extern int quantum_bmeasure(int position, quantum_reg *reg);
extern void quantum_qft(int width, quantum_reg *reg);
extern void quantum_cnot(int control, int target, quantum_reg *reg);
extern unsigned long long quantum_measure(quantum_reg reg);
extern int quantum_getwidth(int n);
extern void quantum_frac_approx(int *numerator, int *denominator, int width);
extern int quantum_gcd(int a, int b);

static long power(long base, int exponent, int modulus)
{
    long result = 1;
    while (exponent-- > 0)
        result = result * base % modulus;
    return result;
}

/* The order of x modulo n, or a part of it, as one measurement tells; 0 if it tells nothing. */
static int order(int n, int x)
{
    int width = quantum_getwidth(n * n);
    int small = quantum_getwidth(n);
    quantum_reg reg = quantum_new_qureg(0, width);
    for (int i = 0; i < width; i++)
        quantum_hadamard(i, &reg);
    quantum_addscratch(3 * small + 2, &reg);
    quantum_exp_mod_n(n, x, width, small, &reg);
    for (int i = 0; i < 3 * small + 2; i++)
        quantum_bmeasure(0, &reg);
    printf("%d states\n", reg.size);
    quantum_qft(width, &reg);
    for (int i = 0; i < width / 2; i++) {
        quantum_cnot(i, width - i - 1, &reg);
        quantum_cnot(width - i - 1, i, &reg);
        quantum_cnot(i, width - i - 1, &reg);
    }
    int numerator = (int) quantum_measure(reg);
    quantum_delete_qureg(&reg);
    if (numerator <= 0)
        return 0;
    int denominator = 1 << width;
    quantum_frac_approx(&numerator, &denominator, width);
    return denominator < n ? denominator : 0;
}

int main(int argc, char **argv)
{
    int n = argc > 1 ? atoi(argv[1]) : 15;
    int x = argc > 2 ? atoi(argv[2]) : 7;
    int tries = argc > 3 ? atoi(argv[3]) : 1;
    srand(1);
    for (int i = 0; i < tries; i++) {
        int r = order(n, x);
        if (r == 0) {
            printf("nothing learnt\n");
            continue;
        }
        if (r % 2 == 1)
            r *= 2;
        long half = power(x, r / 2, n);
        int factor = quantum_gcd(n, (int) ((half + 1) % n));
        if (factor == 1 || factor == n)
            factor = quantum_gcd(n, (int) ((half + n - 1) % n));
        printf("order %d, factor %d\n", r, factor);
    }
    return 0;
}
