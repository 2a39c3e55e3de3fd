/*
 * failing_calls.c - what test/cli/failures.sh links the dlc command with, in the place of malloc(), write(), read() and
 * their kin (the linker's --wrap): one such call of the command, of libdlc or of its JSON library fails.
 *
 *     DLC_FAIL_KIND=KIND     memory: allocations (ENOMEM); disk: what makes, writes and renames files (ENOSPC);
 *                            input: what reads them (EIO)
 *     DLC_FAIL_AT=N          the N-th of that kind, from 0
 *     DLC_FAIL_FROM_THEN_ON  set: every later one too
 *     DLC_FAIL_LOG=FILE      made when one fails
 *
 * close() closes, and fails then: that is what a network's file systems do.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MEMORY, DISK, INPUT, KINDS };
static const char *const names[KINDS] = {"memory", "disk", "input"};
static const int numbers[KINDS] = {ENOMEM, ENOSPC, EIO};

static _Atomic long calls;
static int kind_to_fail;
static long fail_at = -1;
static int from_then_on;

int __real_open64(const char *path, int flags, ...);
int __real_close(int descriptor);

/* Of a call that is to fail: notes it. */
static int fails(int kind) {
    if (kind != kind_to_fail || fail_at < 0)
        return 0;
    const long call = atomic_fetch_add(&calls, 1);
    if (call < fail_at || (call > fail_at && !from_then_on))
        return 0;
    const char *log = getenv("DLC_FAIL_LOG");
    const int descriptor = log ? __real_open64(log, O_WRONLY | O_CREAT | O_CLOEXEC, 0666) : -1;
    if (descriptor >= 0)
        __real_close(descriptor);
    errno = numbers[kind];
    return 1;
}

#define WRAP(kind, failure, type, name, parameters, arguments)                                                         \
    type __real_##name parameters;                                                                                     \
    type __wrap_##name parameters;                                                                                     \
    type __wrap_##name parameters {                                                                                    \
        return fails(kind) ? (failure) : __real_##name arguments;                                                      \
    }

WRAP(MEMORY, NULL, void *, malloc, (size_t size), (size))
WRAP(MEMORY, NULL, void *, calloc, (size_t count, size_t size), (count, size))
WRAP(MEMORY, NULL, void *, realloc, (void *block, size_t size), (block, size))
WRAP(MEMORY, ENOMEM, int, posix_memalign, (void **result, size_t alignment, size_t size), (result, alignment, size))
WRAP(MEMORY, NULL, char *, strdup, (const char *text), (text))
WRAP(MEMORY, NULL, char *, strndup, (const char *text, size_t size), (text, size))
/* This allocates too. */
WRAP(MEMORY, NULL, DIR *, opendir, (const char *path), (path))

/* The names that end in 64 are what the others become where files may be large. */
WRAP(DISK, -1, int, mkdir, (const char *path, mode_t mode), (path, mode))
WRAP(DISK, -1, int, mkstemp64, (char *path), (path))
WRAP(DISK, -1, ssize_t, write, (int descriptor, const void *data, size_t size), (descriptor, data, size))
WRAP(DISK, -1, ssize_t, pwrite64, (int descriptor, const void *data, size_t size, off_t offset),
     (descriptor, data, size, offset))
WRAP(DISK, -1, int, fsync, (int descriptor), (descriptor))
WRAP(DISK, -1, int, rename, (const char *from, const char *to), (from, to))

WRAP(INPUT, -1, int, fstat64, (int descriptor, struct stat *status), (descriptor, status))
WRAP(INPUT, -1, ssize_t, pread64, (int descriptor, void *data, size_t size, off_t offset),
     (descriptor, data, size, offset))

/* Allocates, and makes a file: the command's streams are all written. */
FILE *__real_fopen64(const char *path, const char *mode);
FILE *__wrap_fopen64(const char *path, const char *mode);
FILE *__wrap_fopen64(const char *path, const char *mode) {
    return fails(MEMORY) || fails(DISK) ? NULL : __real_fopen64(path, mode);
}

int __wrap_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return fails(flags & O_CREAT ? DISK : INPUT) ? -1 : __real_open64(path, flags, mode);
}

/* What is closed is closed. */
int __wrap_close(int descriptor);
int __wrap_close(int descriptor) {
    const int closed = __real_close(descriptor);
    return fails(DISK) ? -1 : closed;
}

/* A full disk under the stream, which meets it when it empties its buffer. Streams in memory are no files. */
static void fill_disk(FILE *file) {
    if (fileno(file) < 0 || !fails(DISK))
        return;
    const int full = __real_open64("/dev/full", O_WRONLY | O_CLOEXEC);
    if (full < 0 || dup2(full, fileno(file)) < 0)
        abort();
    __real_close(full);
}

size_t __real_fwrite(const void *data, size_t size, size_t count, FILE *file);
size_t __wrap_fwrite(const void *data, size_t size, size_t count, FILE *file);
size_t __wrap_fwrite(const void *data, size_t size, size_t count, FILE *file) {
    fill_disk(file);
    return __real_fwrite(data, size, count, file);
}

int __real_fflush(FILE *file);
int __wrap_fflush(FILE *file);
int __wrap_fflush(FILE *file) {
    fill_disk(file);
    return __real_fflush(file);
}

static void *allocate(size_t size) {
    return __wrap_malloc(size);
}

/* The compiler's own tools write files when the process ends. */
static void stop(void) {
    fail_at = -1;
}

__attribute__((constructor)) static void start(void) {
    const char *kind = getenv("DLC_FAIL_KIND"), *at = getenv("DLC_FAIL_AT");
    for (int i = 0; kind && i < KINDS; i++)
        if (strcmp(kind, names[i]) == 0)
            kind_to_fail = i;
    from_then_on = getenv("DLC_FAIL_FROM_THEN_ON") != NULL;
    json_set_alloc_funcs(allocate, free);
    atexit(stop);
    fail_at = at ? atol(at) : -1;
}
