/*
 * failing_malloc.c - what test/cli/memory.sh links the dlc command with, in the place of malloc() and its kin (the
 * linker's --wrap): one allocation of the command, of libdlc or of its JSON library fails.
 *
 *     DLC_FAIL_AT=N          the N-th, from 0
 *     DLC_FAIL_FROM_THEN_ON  set: every later one too
 *     DLC_FAIL_LOG=FILE      made when one fails
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static _Atomic long calls;
static long fail_at = -1;
static int from_then_on;

/* Of an allocation that is to fail: notes it. */
static int fails(void) {
    const long call = atomic_fetch_add(&calls, 1);
    if (fail_at < 0 || call < fail_at || (call > fail_at && !from_then_on))
        return 0;
    const char *log = getenv("DLC_FAIL_LOG");
    const int descriptor = log ? open(log, O_WRONLY | O_CREAT | O_CLOEXEC, 0666) : -1;
    if (descriptor >= 0)
        close(descriptor);
    errno = ENOMEM;
    return 1;
}

#define WRAP(type, name, parameters, arguments)                                                                        \
    type __real_##name parameters;                                                                                     \
    type __wrap_##name parameters;                                                                                     \
    type __wrap_##name parameters {                                                                                    \
        return fails() ? NULL : __real_##name arguments;                                                               \
    }

WRAP(void *, malloc, (size_t size), (size))
WRAP(void *, calloc, (size_t count, size_t size), (count, size))
WRAP(void *, realloc, (void *block, size_t size), (block, size))
WRAP(char *, strdup, (const char *text), (text))
WRAP(char *, strndup, (const char *text, size_t size), (text, size))
/* These allocate too. fopen64 is what fopen becomes where files may be large. */
WRAP(FILE *, fopen, (const char *path, const char *mode), (path, mode))
WRAP(FILE *, fopen64, (const char *path, const char *mode), (path, mode))
WRAP(FILE *, fdopen, (int descriptor, const char *mode), (descriptor, mode))
WRAP(DIR *, opendir, (const char *path), (path))

int __real_posix_memalign(void **result, size_t alignment, size_t size);
int __wrap_posix_memalign(void **result, size_t alignment, size_t size);
int __wrap_posix_memalign(void **result, size_t alignment, size_t size) {
    return fails() ? ENOMEM : __real_posix_memalign(result, alignment, size);
}

static void *allocate(size_t size) {
    return __wrap_malloc(size);
}

__attribute__((constructor)) static void start(void) {
    const char *at = getenv("DLC_FAIL_AT");
    fail_at = at ? atol(at) : -1;
    from_then_on = getenv("DLC_FAIL_FROM_THEN_ON") != NULL;
    json_set_alloc_funcs(allocate, free);
}
