/* What an operating system does for programs, each many times: os CASE COUNT. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096L

static void fail(const char *what) {
    perror(what);
    exit(1);
}
static void syscalls(long n) {
    while (n--)
        syscall(SYS_getppid);
}
static void child(int same) {
    pid_t pid = fork();
    if (pid < 0)
        fail("fork");
    if (!pid) {
        if (!same)
            execl("/proc/self/exe", "os", "nothing", "0", (char *) 0);
        _exit(same ? 0 : 1);
    }
    int status;
    if (waitpid(pid, &status, 0) < 0 || status)
        fail("child");
}
static void forks(long n) {
    while (n--)
        child(1);
}
static void execs(long n) {
    while (n--)
        child(0);
}
/* First touches of anonymous memory; it is given back now and then. */
static void page_faults(long n) {
    const long pages = 8192;
    char *m = mmap(0, pages * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (m == MAP_FAILED)
        fail("mmap");
    madvise(m, pages * PAGE, MADV_NOHUGEPAGE);
    for (long i = 0; i < n; i++) {
        if (i % pages == 0)
            madvise(m, pages * PAGE, MADV_DONTNEED);
        m[i % pages * PAGE] = 1;
    }
}
static char *guarded;
static long caught;
static void on_fault(int signal, siginfo_t *info, void *context) {
    caught++;
    mprotect(guarded, PAGE, PROT_READ | PROT_WRITE);
}
/* Write protection that a program sets and takes away in its signal handler, as garbage collectors do. */
static void protection_faults(long n) {
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, 0);
    guarded = mmap(0, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (long i = 0; i < n; i++) {
        mprotect(guarded, PAGE, PROT_READ);
        *(volatile char *) guarded = 1;
    }
    if (caught != n)
        fail("faults");
}
/* A signal from the process to itself. */
static void on_signal(int signal) {
    caught++;
}
static void signals(long n) {
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGUSR1, &action, 0);
    for (long i = 0; i < n; i++)
        raise(SIGUSR1);
    if (caught != n)
        fail("signals");
}
/* Through one pipe and back, in one process: no switch. */
static void pipes(long n) {
    int p[2];
    char c = 0;
    if (pipe(p))
        fail("pipe");
    while (n--)
        if (write(p[1], &c, 1) != 1 || read(p[0], &c, 1) != 1)
            fail("pipe");
}
/* Two processes that wake each other: two switches each time. */
static void switches(long n) {
    int there[2], back[2];
    char c = 0;
    if (pipe(there) || pipe(back))
        fail("pipe");
    pid_t pid = fork();
    if (pid < 0)
        fail("fork");
    if (!pid) {
        close(there[1]);
        while (read(there[0], &c, 1) == 1)
            if (write(back[1], &c, 1) != 1)
                _exit(1);
        _exit(0);
    }
    close(there[0]);
    for (n /= 2; n--;)
        if (write(there[1], &c, 1) != 1 || read(back[0], &c, 1) != 1)
            fail("switch");
    close(there[1]);
    waitpid(pid, 0, 0);
}
static void files(long n) {
    char name[64], text[256] = "text";
    while (n--) {
        snprintf(name, sizeof name, "/tmp/f%ld", n % 100);
        int f = open(name, O_CREAT | O_RDWR | O_TRUNC, 0600);
        if (f < 0 || write(f, text, sizeof text) != sizeof text || lseek(f, 0, SEEK_SET) || read(f, text, sizeof text) != sizeof text)
            fail("file");
        close(f);
        unlink(name);
    }
}
static void maps(long n) {
    while (n--) {
        char *m = mmap(0, 64 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (m == MAP_FAILED)
            fail("mmap");
        m[0] = m[63 * PAGE] = 1;
        munmap(m, 64 * PAGE);
    }
}
static void nothing(long n) {
    _exit(0);
}

int main(int argc, char **argv) {
    static const struct { const char *name; void (*run)(long); } cases[] = {
        {"syscall", syscalls}, {"fork", forks}, {"fork-exec", execs}, {"page-fault", page_faults}, {"mprotect-fault", protection_faults},
        {"signal", signals}, {"pipe", pipes}, {"context-switch", switches}, {"file", files}, {"mmap", maps}, {"nothing", nothing}};
    for (unsigned i = 0; argc == 3 && i < sizeof cases / sizeof *cases; i++)
        if (!strcmp(argv[1], cases[i].name)) {
            cases[i].run(atol(argv[2]));
            puts("done");
            return 0;
        }
    fputs("os CASE COUNT\n", stderr);
    return 2;
}
