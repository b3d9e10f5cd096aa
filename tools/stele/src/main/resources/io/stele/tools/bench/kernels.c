/* Kernels that compilers vectorise and that libraries have in hand-written vector code: kernels CASE COUNT. Prints a checksum. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIDE 512
static uint8_t image[SIDE * SIDE], blurred[SIDE * SIDE];
static unsigned seed = 9;
static unsigned draw(unsigned n) {
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % n;
}

/* A 3 x 3 binomial filter. */
static void filter(const uint8_t *restrict in, uint8_t *restrict out) {
    for (int y = 1; y < SIDE - 1; y++) {
        const uint8_t *a = in + (y - 1) * SIDE, *b = a + SIDE, *c = b + SIDE;
        uint8_t *o = out + y * SIDE;
        for (int x = 1; x < SIDE - 1; x++)
            o[x] = (a[x - 1] + 2 * a[x] + a[x + 1] + 2 * b[x - 1] + 4 * b[x] + 2 * b[x + 1] + c[x - 1] + 2 * c[x] + c[x + 1] + 8) >> 4;
    }
}
static double image_filter(long n) {
    for (int i = 0; i < SIDE * SIDE; i++)
        image[i] = draw(256);
    while (n--) {
        filter(image, blurred);
        filter(blurred, image);
    }
    double sum = 0;
    for (int i = 0; i < SIDE * SIDE; i++)
        sum += image[i] * (i % 31);
    return sum;
}
/* Motion search: sums of absolute differences of 16 x 16 blocks. */
static int difference(const uint8_t *restrict a, const uint8_t *restrict b) {
    int sum = 0;
    for (int y = 0; y < 16; y++, a += SIDE, b += SIDE)
        for (int x = 0; x < 16; x++)
            sum += abs(a[x] - b[x]);
    return sum;
}
static double motion(long n) {
    for (int i = 0; i < SIDE * SIDE; i++) {
        image[i] = draw(256);
        blurred[i] = i >= 3 * SIDE + 5 ? image[i - 3 * SIDE - 5] : 0;
    }
    double sum = 0;
    while (n--) {
        int x = 16 + draw(SIDE - 64), y = 16 + draw(SIDE - 64), best = 1 << 30;
        for (int dy = -8; dy < 8; dy++)
            for (int dx = -8; dx < 8; dx++) {
                int d = difference(image + y * SIDE + x, blurred + (y + dy) * SIDE + x + dx);
                best = d < best ? d : best;
            }
        sum += best;
    }
    return sum;
}
/* 8 x 8 integer cosine transforms, as video codecs do. */
static double transform(long n) {
    static const int16_t c[8][8] = {{64, 64, 64, 64, 64, 64, 64, 64}, {89, 75, 50, 18, -18, -50, -75, -89}, {83, 36, -36, -83, -83, -36, 36, 83},
        {75, -18, -89, -50, 50, 89, 18, -75}, {64, -64, -64, 64, 64, -64, -64, 64}, {50, -89, 18, 75, -75, -18, 89, -50},
        {36, -83, 83, -36, -36, 83, -83, 36}, {18, -50, 75, -89, 89, -75, 50, -18}};
    int16_t block[8][8], half[8][8];
    double sum = 0;
    for (int i = 0; i < 64; i++)
        block[i / 8][i % 8] = draw(512) - 256;
    while (n--) {
        for (int i = 0; i < 8; i++)
            for (int j = 0; j < 8; j++) {
                int s = 0;
                for (int k = 0; k < 8; k++)
                    s += c[i][k] * block[k][j];
                half[j][i] = (s + 64) >> 7;
            }
        for (int i = 0; i < 8; i++)
            for (int j = 0; j < 8; j++) {
                int s = 0;
                for (int k = 0; k < 8; k++)
                    s += c[i][k] * half[k][j];
                block[i][j] = ((s + 2048) >> 12) ^ (i * 8 + j);
            }
        sum += block[n & 7][3];
    }
    return sum;
}
static double fft(long n) {
    enum { SIZE = 4096 };
    static float re[SIZE], im[SIZE], wr[SIZE / 2], wi[SIZE / 2];
    for (int i = 0; i < SIZE / 2; i++) {
        wr[i] = cosf(2 * (float) M_PI * i / SIZE);
        wi[i] = -sinf(2 * (float) M_PI * i / SIZE);
    }
    double sum = 0;
    while (n--) {
        for (int i = 0; i < SIZE; i++) {
            re[i] = draw(2048) / 1024.0f - 1;
            im[i] = 0;
        }
        for (int half = SIZE / 2, step = 1; half; half /= 2, step *= 2)
            for (int base = 0; base < SIZE; base += 2 * half)
                for (int k = 0; k < half; k++) {
                    int a = base + k, b = a + half;
                    float x = re[a] - re[b], y = im[a] - im[b], r = wr[k * step], i = wi[k * step];
                    re[a] += re[b];
                    im[a] += im[b];
                    re[b] = x * r - y * i;
                    im[b] = x * i + y * r;
                }
        for (int i = 0; i < SIZE; i++)
            sum += re[i] * re[i] + im[i] * im[i];
    }
    return sum;
}
#define GEMM(name, type) \
    static double name(long n) { \
        enum { SIZE = 128 }; \
        static type a[SIZE][SIZE], b[SIZE][SIZE], c[SIZE][SIZE]; \
        for (int i = 0; i < SIZE * SIZE; i++) { \
            a[i / SIZE][i % SIZE] = draw(64) / (type) 32 - 1; \
            b[i / SIZE][i % SIZE] = draw(64) / (type) 32 - 1; \
        } \
        while (n--) \
            for (int i = 0; i < SIZE; i++) \
                for (int k = 0; k < SIZE; k++) { \
                    type f = a[i][k]; \
                    for (int j = 0; j < SIZE; j++) \
                        c[i][j] = c[i][j] * (k ? 1 : (type) 0.5) + f * b[k][j]; \
                } \
        double sum = 0; \
        for (int i = 0; i < SIZE; i++) \
            sum += (double) c[i][i] * c[i][i]; \
        return sum; \
    }
GEMM(gemm_float, float)
GEMM(gemm_double, double)

static char text[1 << 16];
/* The C library's own vector code. */
static double strings(long n) {
    memset(text, 'a', sizeof text);
    for (unsigned i = 0; i < sizeof text; i += 1 + draw(400))
        text[i] = 0;
    text[sizeof text - 1] = 0;
    double sum = 0;
    static char copy[1 << 16];
    while (n--) {
        for (char *p = text; p < text + sizeof text; p += strlen(p) + 1)
            sum += strlen(p) & 7;
        for (char *p = text, *q; p < text + sizeof text && (q = memchr(p, 0, text + sizeof text - p)); p = q + 1)
            sum += q - p;
        memcpy(copy, text, sizeof text);
        sum += memcmp(copy, text, sizeof text) + (strchr(text, 'b') != 0);
        for (char *p = text; p < text + sizeof text; p += strlen(p) + 1)
            sum += !strcmp(p, copy + (p - text));
    }
    return sum;
}
static double crc(long n) {
    static uint32_t table[8][256];
    for (unsigned i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int k = 0; k < 8; k++)
            c = c & 1 ? c >> 1 ^ 0xedb88320 : c >> 1;
        table[0][i] = c;
    }
    for (int t = 1; t < 8; t++)
        for (unsigned i = 0; i < 256; i++)
            table[t][i] = table[t - 1][i] >> 8 ^ table[0][table[t - 1][i] & 255];
    for (unsigned i = 0; i < sizeof text; i++)
        text[i] = draw(256);
    uint32_t c = ~0u;
    while (n--)
        for (unsigned i = 0; i < sizeof text; i += 8) {
            uint32_t a, b;
            memcpy(&a, text + i, 4);
            memcpy(&b, text + i + 4, 4);
            a ^= c;
            c = table[7][a & 255] ^ table[6][a >> 8 & 255] ^ table[5][a >> 16 & 255] ^ table[4][a >> 24]
                ^ table[3][b & 255] ^ table[2][b >> 8 & 255] ^ table[1][b >> 16 & 255] ^ table[0][b >> 24];
        }
    return c;
}
static double base64(long n) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static uint8_t back[256], in[49152], out[65536];
    for (int i = 0; i < 64; i++)
        back[(uint8_t) digits[i]] = i;
    for (unsigned i = 0; i < sizeof in; i++)
        in[i] = draw(256);
    double sum = 0;
    while (n--) {
        for (unsigned i = 0, o = 0; i < sizeof in; i += 3, o += 4) {
            uint32_t v = in[i] << 16 | in[i + 1] << 8 | in[i + 2];
            out[o] = digits[v >> 18];
            out[o + 1] = digits[v >> 12 & 63];
            out[o + 2] = digits[v >> 6 & 63];
            out[o + 3] = digits[v & 63];
        }
        sum += out[n & 65535];
        for (unsigned i = 0, o = 0; i < sizeof in; i += 3, o += 4) {
            uint32_t v = back[out[o]] << 18 | back[out[o + 1]] << 12 | back[out[o + 2]] << 6 | back[out[o + 3]];
            in[i] = (v >> 16) + 1;
            in[i + 1] = v >> 8;
            in[i + 2] = v;
        }
    }
    return sum;
}
static double saxpy(long n) {
    enum { SIZE = 8192 };
    static float x[SIZE], y[SIZE];
    for (int i = 0; i < SIZE; i++) {
        x[i] = draw(64) / 64.0f;
        y[i] = draw(64) / 64.0f;
    }
    while (n--)
        for (int i = 0; i < SIZE; i++)
            y[i] = y[i] * 0.5f + x[i] * 0.25f;
    double sum = 0;
    for (int i = 0; i < SIZE; i++)
        sum += y[i];
    return sum;
}

int main(int argc, char **argv) {
    static const struct { const char *name; double (*run)(long); } cases[] = {{"image-filter", image_filter}, {"motion-search", motion},
        {"transform", transform}, {"fft", fft}, {"gemm-f32", gemm_float}, {"gemm-f64", gemm_double}, {"strings", strings}, {"crc32", crc},
        {"base64", base64}, {"saxpy", saxpy}};
    for (unsigned i = 0; argc == 3 && i < sizeof cases / sizeof *cases; i++)
        if (!strcmp(argv[1], cases[i].name)) {
            printf("%.5e\n", cases[i].run(atol(argv[2])));
            return 0;
        }
    fputs("kernels CASE COUNT\n", stderr);
    return 2;
}
