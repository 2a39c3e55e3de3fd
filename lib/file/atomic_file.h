/*
 * atomic_file.h - writes a file that appears whole or not at all (GUARANTEE G4): into a temporary file in the same
 * folder, synced, then renamed to its name. Everything in lib/ that writes a file writes it by this.
 *
 * A call that fails has closed and removed the temporary file: there is nothing to undo. A file of that name that was
 * there before is replaced by the commit, and untouched until then; a symbolic link is replaced itself. What is there
 * and is not a regular file (a folder, /dev/null) is refused. Permissions are those of any new file (0666 less the
 * umask).
 */
#ifndef DLC_LIB_ATOMIC_FILE_H
#define DLC_LIB_ATOMIC_FILE_H

#include "../base/allocator.h"
#include "../base/error.h"

typedef struct dlc_atomic_file {
    const dlc_allocator *allocator;
    dlc_error *error;
    const char *path; /* the caller's, until the commit */
    char *temporary;
    int descriptor;
} dlc_atomic_file;

/* Creates the temporary file. The three pointers are borrowed until the commit. Errors: DLC_ERROR_IO,
 * DLC_ERROR_MEMORY. */
dlc_status dlc_atomic_file_begin(dlc_atomic_file *file, const dlc_allocator *allocator, const char *path,
                                 dlc_error *error);

/* Appends `size` bytes. Errors: DLC_ERROR_IO. */
dlc_status dlc_atomic_file_write(dlc_atomic_file *file, const void *data, int64_t size);

/* Syncs the file, closes it and gives it its name. Errors: DLC_ERROR_IO. */
dlc_status dlc_atomic_file_commit(dlc_atomic_file *file);

#endif
