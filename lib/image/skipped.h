/* skipped.h - the files of a data set's folder that are no samples, and why. folders.c and open.c fill it. */
#ifndef DLC_LIB_SKIPPED_H
#define DLC_LIB_SKIPPED_H

#include "../base/allocator.h"

typedef struct dlc_skipped_file {
    char *path; /* relative to the data set's folder */
    char *reason;
} dlc_skipped_file;

typedef struct dlc_skipped {
    dlc_skipped_file *files;
    int64_t count, room;
} dlc_skipped;

/* Adds a file; both texts are copied. Returns 0 where there is no memory, else 1. */
int dlc_skipped_add(dlc_skipped *skipped, const dlc_allocator *allocator, const char *path, const char *reason);

/* Sorts by path, bytes compared. */
void dlc_skipped_sort(dlc_skipped *skipped);

/* Frees what *skipped holds, which may be all bytes 0. */
void dlc_skipped_free(dlc_skipped *skipped, const dlc_allocator *allocator);

#endif
