/* atomic_file.c - a temporary file made exclusively, fsync, rename (atomic_file.h). */
#include "atomic_file.h"

#include "system_error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One write call of Linux moves less than 2 GiB. */
#define WRITE_MAX (INT64_C(1) << 30)

/* Names tried before giving up: leftovers of killed processes that had our process id. */
#define ATTEMPTS 1000

/* Room for "/.dlc-PID-ATTEMPT.tmp". Independent of the target's name, which may be as long as names can be. */
#define NAME_SIZE 64

/* Removes the temporary file and passes the failure on. */
static dlc_status fail(dlc_atomic_file *file, int number) {
    if (file->descriptor >= 0)
        close(file->descriptor);
    unlink(file->temporary);
    dlc_release(file->allocator, file->temporary);
    return dlc_fail_system(file->error, "write", file->path, number);
}

static int create_beside(dlc_atomic_file *file, size_t folder_length) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        snprintf(file->temporary + folder_length, NAME_SIZE, ".dlc-%ld-%d.tmp", (long)getpid(), attempt);
        do
            file->descriptor = open(file->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        while (file->descriptor < 0 && errno == EINTR);
        if (file->descriptor >= 0)
            return 0;
        if (errno != EEXIST)
            return errno;
    }
    return EEXIST;
}

dlc_status dlc_atomic_file_begin(dlc_atomic_file *file, const dlc_allocator *allocator, const char *path,
                                 dlc_error *error) {
    struct stat status;
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
        return dlc_fail(error, DLC_ERROR_IO, "cannot write %s: it is %s", path,
                        S_ISDIR(status.st_mode) ? "a folder" : "not a regular file");
    const char *slash = strrchr(path, '/');
    const size_t folder_length = slash ? (size_t)(slash - path) + 1 : 0;
    if (path[folder_length] == '\0')
        return dlc_fail_system(error, "write", path, ENOENT);
    *file = (dlc_atomic_file){allocator, error, path, NULL, -1};
    file->temporary = dlc_allocate(allocator, (int64_t)folder_length + NAME_SIZE, 1);
    if (!file->temporary)
        return dlc_fail_memory(error, "the name of a temporary file");
    memcpy(file->temporary, path, folder_length);
    const int number = create_beside(file, folder_length);
    if (number != 0) {
        dlc_release(allocator, file->temporary);
        return dlc_fail_system(error, "write", path, number);
    }
    return DLC_OK;
}

dlc_status dlc_atomic_file_write(dlc_atomic_file *file, const void *data, int64_t size) {
    int64_t done = 0;
    while (done < size) {
        const int64_t rest = size - done;
        const ssize_t put =
            write(file->descriptor, (const char *)data + done, (size_t)(rest < WRITE_MAX ? rest : WRITE_MAX));
        if (put >= 0)
            done += put;
        else if (errno != EINTR)
            return fail(file, errno);
    }
    return DLC_OK;
}

dlc_status dlc_atomic_file_commit(dlc_atomic_file *file) {
    if (fsync(file->descriptor) != 0)
        return fail(file, errno);
    /* Closed whatever close() says; after fsync() it has nothing left to report that we could act on but a failure. */
    const int closed = close(file->descriptor);
    file->descriptor = -1;
    if (closed != 0 && errno != EINTR)
        return fail(file, errno);
    if (rename(file->temporary, file->path) != 0)
        return fail(file, errno);
    dlc_release(file->allocator, file->temporary);
    return DLC_OK;
}
