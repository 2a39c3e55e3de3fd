/*
 * checkpoint_file.h - a checkpoint in a file, as a pair of the callbacks of dlc_run_set_checkpoint(): written whole
 * beside the old one, synced, renamed. Used by checkpoint.c.
 */
#ifndef DLC_LIB_RUN_CHECKPOINT_FILE_H
#define DLC_LIB_RUN_CHECKPOINT_FILE_H

#include "base/allocator.h"
#include "base/error.h"
#include "file/atomic_file.h"
#include "file/input_file.h"

/* What the callbacks get as `user`. All bytes 0 but for the first two: nothing is open. */
typedef struct dlc_checkpoint_file {
    const char *path; /* borrowed, as is the allocator */
    const dlc_allocator *allocator;
    dlc_status status; /* of the call that failed, with its message */
    dlc_error error;
    dlc_atomic_file out;
    dlc_input_file in;
    int64_t at; /* bytes of it that were read */
} dlc_checkpoint_file;

/* See dlc_checkpoint_write_callback and dlc_checkpoint_read_callback. */
void dlc_checkpoint_file_write(void *user, int32_t step, const void *data, int64_t size, int32_t *done);
void dlc_checkpoint_file_read(void *user, void *data, int64_t size, int64_t *read);

/* Ends reading. */
void dlc_checkpoint_file_close(dlc_checkpoint_file *file);

#endif
