// Code that one thread writes and others run, as compilers at run time do. Arguments: seconds, and "once" if code is to be mapped once, not for
// writing in one place and for execution in another. Exits 1 if somebody ran an older version than was announced.
//
// Functions are written anew in places that nobody is in any more. A jump is changed while others run it, and a loop is ended so: B and NOP are
// instructions that may be replaced by each other at any time (Arm ARM B2.2.5).
#define _GNU_SOURCE
#include <linux/membarrier.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define READERS 3
#define PAGE_WORDS 1024
#define PLACES 256
#define BODIES 1024
#define NOP 0xd503201f
#define RET 0xd65f03c0
#define SPIN 0x14000000

typedef uint32_t function(void);

struct code {
    uint32_t *write;
    uint32_t *execute;
};

static struct code functions;
static struct code jump;
static struct code loop;
static _Atomic(uint32_t *) newest;
static _Atomic uint32_t newest_version;
static _Atomic uint32_t jump_version;
static _Atomic int loop_entered;
static _Atomic int ended;
static struct {
    _Atomic uint64_t passes;
    char space[120];
} readers[READERS];

static struct code map(size_t words, int once) {
    size_t bytes = words * 4;
    struct code code;
    int file = memfd_create("code", 0);
    if (file < 0 || ftruncate(file, (off_t) bytes) != 0) {
        perror("memfd_create");
        exit(2);
    }
    code.write = mmap(NULL, bytes, PROT_READ | PROT_WRITE | (once ? PROT_EXEC : 0), MAP_SHARED, file, 0);
    code.execute = once ? code.write : mmap(NULL, bytes, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
    if (code.write == MAP_FAILED || code.execute == MAP_FAILED) {
        perror("mmap");
        exit(2);
    }
    return code;
}

static void clean(struct code code, size_t first, size_t words) {
    __builtin___clear_cache((char *) (code.write + first), (char *) (code.write + first + words));
    __builtin___clear_cache((char *) (code.execute + first), (char *) (code.execute + first + words));
}

static void put(struct code code, size_t at, uint32_t word) {
    atomic_store_explicit((_Atomic uint32_t *) (code.write + at), word, memory_order_relaxed);
}

static uint32_t call(uint32_t *at) {
    __asm__ volatile("isb" ::: "memory");
    return ((function *) at)();
}

static void fail(const char *what, uint32_t expected, uint32_t found) {
    fprintf(stderr, "%s: version %u was run, %u was announced\n", what, found, expected);
    exit(1);
}

static void *reader(void *argument) {
    int self = (int) (intptr_t) argument;
    while (!ended) {
        uint32_t least = atomic_load_explicit(&newest_version, memory_order_acquire);
        uint32_t *at = atomic_load_explicit(&newest, memory_order_acquire);
        if (at != NULL) {
            uint32_t found = call(at);
            if (found - least > UINT32_MAX / 2) {
                fail("function", least, found);
            }
        }
        least = atomic_load_explicit(&jump_version, memory_order_acquire);
        uint32_t found = call(jump.execute);
        uint32_t now = atomic_load_explicit(&jump_version, memory_order_acquire);
        // Bodies are used again and again: what is known is known of a short time only.
        if (now - least < BODIES / 4 && (found - least) % BODIES > BODIES / 2) {
            fail("jump", least % BODIES, found);
        }
        readers[self].passes++;
    }
    return NULL;
}

static void *looper(void *argument) {
    (void) argument;
    while (!ended) {
        if (*(volatile uint32_t *) loop.write == SPIN && !loop_entered) {
            loop_entered = 1;
            call(loop.execute);
        } else {
            sched_yield();
        }
    }
    return NULL;
}

/** Waits until each reader has begun anew. */
static void quiesce(void) {
    for (int i = 0; i < READERS; i++) {
        uint64_t before = readers[i].passes;
        while (readers[i].passes - before < 2) {
            sched_yield();
        }
    }
}

int main(int count, char **arguments) {
    int seconds = count > 1 ? atoi(arguments[1]) : 10;
    int once = count > 2 && strcmp(arguments[2], "once") == 0;
    int barrier = syscall(__NR_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0) == 0;
    functions = map(PLACES * PAGE_WORDS, once);
    jump = map(8 * PAGE_WORDS, once);
    loop = map(PAGE_WORDS, once);
    for (uint32_t n = 0; n < BODIES; n++) {
        size_t at = PAGE_WORDS + n * 4;
        put(jump, at, 0x52800000 | n << 5);
        put(jump, at + 1, RET);
    }
    put(jump, 0, SPIN + PAGE_WORDS);
    put(loop, 0, NOP);
    put(loop, 1, RET);
    clean(jump, 0, 8 * PAGE_WORDS);
    clean(loop, 0, 2);
    pthread_t threads[READERS + 1];
    for (intptr_t i = 0; i < READERS; i++) {
        pthread_create(&threads[i], NULL, reader, (void *) i);
    }
    pthread_create(&threads[READERS], NULL, looper, NULL);
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    time_t end = now.tv_sec + seconds;
    uint32_t version = 0;
    uint32_t jumps = 0;
    uint32_t loops = 0;
    while (now.tv_sec < end) {
        // All places, each with code at another distance from the page's start.
        for (int place = 0; place < PLACES; place++) {
            version++;
            size_t at = (size_t) place * PAGE_WORDS + version % 250 * 4;
            put(functions, at, 0x52800000 | (version & 0xffff) << 5);
            put(functions, at + 1, 0x72a00000 | version >> 16 << 5);
            put(functions, at + 2, RET);
            clean(functions, at, 3);
            atomic_store_explicit(&newest, functions.execute + at, memory_order_release);
            atomic_store_explicit(&newest_version, version, memory_order_release);
            if (barrier && (version & 31) == 0) {
                syscall(__NR_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0);
            }
            if ((place & 63) == 63) {
                quiesce();
            }
            if ((place & 3) == 3) {
                jumps++;
                put(jump, 0, SPIN + PAGE_WORDS + jumps % BODIES * 4);
                clean(jump, 0, 1);
                atomic_store_explicit(&jump_version, jumps, memory_order_release);
            }
        }
        loop_entered = 0;
        put(loop, 0, SPIN);
        clean(loop, 0, 1);
        while (!loop_entered) {
            sched_yield();
        }
        put(loop, 0, NOP);
        clean(loop, 0, 1);
        loops++;
        clock_gettime(CLOCK_MONOTONIC, &now);
    }
    ended = 1;
    uint64_t passes = 0;
    for (int i = 0; i <= READERS; i++) {
        pthread_join(threads[i], NULL);
    }
    for (int i = 0; i < READERS; i++) {
        passes += readers[i].passes;
    }
    printf("%u functions, %u jumps and %u loops changed, %llu passes\n", version, jumps, loops, (unsigned long long) passes);
    return 0;
}
