/* interrupt.c - see interrupt.h. The handler calls nothing but what may be called in one: unlink(), rmdir(), write(),
 * sigaction(), _exit() and dlc_run_cancel(). */
#include "interrupt.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PATHS_MOST = 16 };

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
enum { SIGNALS = sizeof signals / sizeof signals[0] };

static const char *_Atomic paths[PATHS_MOST];
static dlc_run *_Atomic run_to_cancel;
static atomic_int is_held;
static atomic_int noted; /* the signal, or 0 */

static void set_all(void (*action)(int)) {
    for (int i = 0; i < SIGNALS; i++) {
        struct sigaction now, wanted = {.sa_handler = action, .sa_flags = SA_RESTART};
        sigemptyset(&wanted.sa_mask);
        for (int other = 0; other < SIGNALS; other++)
            sigaddset(&wanted.sa_mask, signals[other]);
        if (sigaction(signals[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
            sigaction(signals[i], &wanted, NULL);
    }
}

static void handle(int number) {
    set_all(SIG_DFL);
    if (atomic_load(&is_held)) {
        atomic_store(&noted, number);
        dlc_run_cancel(atomic_load(&run_to_cancel));
        return;
    }
    for (int i = 0; i < PATHS_MOST; i++) {
        const char *path = atomic_load(&paths[i]);
        if (path && unlink(path) != 0)
            rmdir(path);
    }
    static const char line[] = "dlc: interrupted\n";
    /* There is nobody to tell that the line cannot be written. */
    const ssize_t written = write(STDERR_FILENO, line, sizeof line - 1);
    (void)written;
    _exit(128 + number);
}

void interrupt_watch(void) {
    set_all(handle);
    struct sigaction ignored = {.sa_handler = SIG_IGN};
    sigemptyset(&ignored.sa_mask);
    sigaction(SIGPIPE, &ignored, NULL);
    sigaction(SIGXFSZ, &ignored, NULL);
}

void interrupt_removes(const char *path) {
    int i = 0;
    while (i < PATHS_MOST && atomic_load(&paths[i]))
        i++;
    if (i < PATHS_MOST)
        atomic_store(&paths[i], path);
}

void interrupt_forgets(const char *path) {
    for (int i = 0; i < PATHS_MOST; i++)
        if (atomic_load(&paths[i]) == path)
            atomic_store(&paths[i], NULL);
}

void interrupt_hold(dlc_run *run) {
    atomic_store(&run_to_cancel, run);
    atomic_store(&is_held, 1);
}

void interrupt_end(void) {
    set_all(SIG_DFL);
}

int interrupt_noted(void) {
    return atomic_load(&noted) != 0;
}

int interrupted(const char *how_to_go_on) {
    fprintf(stderr, "dlc: interrupted%s%s\n", *how_to_go_on ? "; " : "", how_to_go_on);
    return 128 + atomic_load(&noted);
}
