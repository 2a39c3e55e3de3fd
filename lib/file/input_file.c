/* input_file.c - open, fstat, pread (input_file.h). */
#include "input_file.h"

#include "system_error.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* One read call of Linux moves less than 2 GiB. */
#define READ_MAX (INT64_C(1) << 30)

static dlc_status open_regular(const char *path, int *descriptor, int64_t *size, dlc_error *error) {
    /* Non-blocking, since opening a FIFO would wait for its writer; without meaning for regular files. */
    do
        *descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    while (*descriptor < 0 && errno == EINTR);
    if (*descriptor < 0)
        return dlc_fail_system(error, "open", path, errno);
    struct stat status;
    if (fstat(*descriptor, &status) != 0) {
        const int number = errno;
        close(*descriptor);
        return dlc_fail_system(error, "open", path, number);
    }
    if (!S_ISREG(status.st_mode)) {
        close(*descriptor);
        return dlc_fail(error, DLC_ERROR_IO, "cannot open %s: it is %s", path,
                        S_ISDIR(status.st_mode) ? "a folder" : "not a regular file");
    }
    *size = (int64_t)status.st_size;
    return DLC_OK;
}

dlc_status dlc_input_file_open(dlc_input_file *file, const dlc_allocator *allocator, const char *path,
                               dlc_error *error) {
    int descriptor = -1;
    int64_t size = 0;
    DLC_TRY(open_regular(path, &descriptor, &size, error));
    char *copy = dlc_allocate_string(allocator, path);
    if (!copy) {
        close(descriptor);
        return dlc_fail_memory(error, "the path of a file");
    }
    *file = (dlc_input_file){copy, descriptor, size};
    return DLC_OK;
}

dlc_status dlc_input_file_read(const dlc_input_file *file, int64_t offset, int64_t size, void *out, dlc_error *error) {
    int64_t done = 0;
    while (done < size) {
        const int64_t rest = size - done;
        const ssize_t got = pread(file->descriptor, (char *)out + done, (size_t)(rest < READ_MAX ? rest : READ_MAX),
                                  (off_t)(offset + done));
        if (got > 0)
            done += got;
        else if (got == 0)
            return dlc_fail(error, DLC_ERROR_FORMAT, "%s has become shorter while it was read", file->path);
        else if (errno != EINTR)
            return dlc_fail_system(error, "read", file->path, errno);
    }
    return DLC_OK;
}

void dlc_input_file_close(dlc_input_file *file, const dlc_allocator *allocator) {
    if (!file->path)
        return;
    close(file->descriptor);
    dlc_release(allocator, file->path);
    file->path = NULL;
}
