/* checkpoint_file.c - see checkpoint_file.h. */
#include "checkpoint_file.h"

#include "dlc/run.h"

#include <errno.h>
#include <sys/stat.h>

/* ---- Writing ---- */

/* There is nothing to abort: a call of atomic_file that failed has removed the new file. */
static dlc_status write_step(dlc_checkpoint_file *file, int32_t step, const void *data, int64_t size) {
    switch (step) {
    case DLC_CHECKPOINT_BEGIN:
        return dlc_atomic_file_begin(&file->out, file->allocator, file->path, &file->error);
    case DLC_CHECKPOINT_DATA:
        return dlc_atomic_file_write(&file->out, data, size);
    case DLC_CHECKPOINT_COMMIT:
        return dlc_atomic_file_commit(&file->out);
    default:
        return file->status;
    }
}

void dlc_checkpoint_file_write(void *user, int32_t step, const void *data, int64_t size, int32_t *done) {
    dlc_checkpoint_file *file = user;
    file->status = write_step(file, step, data, size);
    if (file->status == DLC_OK)
        *done = 1;
}

/* ---- Reading ---- */

static int is_missing(const char *path) {
    struct stat status;
    return stat(path, &status) != 0 && errno == ENOENT;
}

static dlc_status open_file(dlc_checkpoint_file *file) {
    DLC_TRY(dlc_input_file_open(&file->in, file->allocator, file->path, &file->error));
    file->at = 0;
    /* Written by this library it would not be empty: something has happened to it. */
    if (file->in.size == 0)
        return dlc_fail(&file->error, DLC_ERROR_FORMAT, "%s is empty, no checkpoint", file->path);
    return DLC_OK;
}

void dlc_checkpoint_file_read(void *user, void *data, int64_t size, int64_t *read) {
    dlc_checkpoint_file *file = user;
    if (!file->in.path) {
        if (is_missing(file->path)) {
            *read = 0;
            return;
        }
        file->status = open_file(file);
        if (file->status != DLC_OK)
            return;
    }
    const int64_t rest = file->in.size - file->at;
    const int64_t count = size < rest ? size : rest;
    file->status = dlc_input_file_read(&file->in, file->at, count, data, &file->error);
    if (file->status != DLC_OK)
        return;
    file->at += count;
    *read = count;
}

void dlc_checkpoint_file_close(dlc_checkpoint_file *file) {
    dlc_input_file_close(&file->in, file->allocator);
}
