/*
 * input_file.h - a regular file open for reading, with its size. The readers of .npy, .safetensors and PNG files use
 * it.
 *
 * Opening never waits: a FIFO, a directory or a device is an error, not a hang. Reading is by position, and a file that
 * ends before its size of the time of opening is an error too.
 */
#ifndef DLC_LIB_INPUT_FILE_H
#define DLC_LIB_INPUT_FILE_H

#include "../base/allocator.h"
#include "../base/error.h"

typedef struct dlc_input_file {
    char *path; /* own copy; NULL where no file is open */
    int descriptor;
    int64_t size;
} dlc_input_file;

/* Opens `path` into *file, which holds no open file (all bytes 0 will do). Errors: DLC_ERROR_IO, DLC_ERROR_MEMORY; none
 * is open then. */
dlc_status dlc_input_file_open(dlc_input_file *file, const dlc_allocator *allocator, const char *path,
                               dlc_error *error);

/* Reads `size` bytes at `offset`, which lie within the file's size. Errors: DLC_ERROR_IO, DLC_ERROR_FORMAT (the file
 * has become shorter); `out` may be partly written then. */
dlc_status dlc_input_file_read(const dlc_input_file *file, int64_t offset, int64_t size, void *out, dlc_error *error);

/* Closes the file, if one is open; *file can be opened again. */
void dlc_input_file_close(dlc_input_file *file, const dlc_allocator *allocator);

#endif
