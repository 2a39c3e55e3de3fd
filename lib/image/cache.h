/*
 * cache.h - the decoded images of an open folder: in memory up to a limit, beyond it in an unlinked temporary file. For
 * images.c and open.c. Which images are where depends on the order in which threads finish; nothing else does.
 */
#ifndef DLC_LIB_CACHE_H
#define DLC_LIB_CACHE_H

#include "../base/allocator.h"
#include "../base/error.h"

#include <pthread.h>

typedef struct dlc_cache_entry {
    const uint8_t *pixels; /* in memory, or NULL */
    int64_t end;           /* in the file: where it ends there; 0: not in the file */
} dlc_cache_entry;

typedef struct dlc_cache {
    const dlc_allocator *allocator; /* borrowed; NULL where the cache is not open */
    int64_t count;
    int64_t image_size;   /* bytes of each */
    int64_t memory_count; /* how many may be in memory */
    int64_t block_count;  /* how many are in one block of it */
    dlc_cache_entry *entries;
    char *folder; /* of the file, for messages */
    int descriptor;
    pthread_mutex_t lock; /* of what follows */
    uint8_t **blocks;
    int64_t used; /* images in memory */
    int64_t file_size;
} dlc_cache;

/* Opens a cache for `count` images, which holds none yet; the file is made if the limit demands it. *cache is all bytes
 * 0 before. Errors: DLC_ERROR_IO, DLC_ERROR_MEMORY; it is not open then. */
dlc_status dlc_cache_open(dlc_cache *cache, const dlc_allocator *allocator, int64_t count, int64_t image_size,
                          int64_t limit, const char *folder, dlc_error *error);

/* Whether the image is there; whether it is there in memory. */
int dlc_cache_has(const dlc_cache *cache, int64_t index);
int dlc_cache_has_in_memory(const dlc_cache *cache, int64_t index);

/* Copies an image that is not there. Several threads may call this at once, for distinct images, and dlc_cache_get().
 * Errors: DLC_ERROR_IO, DLC_ERROR_MEMORY. */
dlc_status dlc_cache_put(dlc_cache *cache, int64_t index, const uint8_t *pixels, dlc_error *error);

/* *pixels: an image that is there; `room` for one is where it is put if it has to be read. Errors: DLC_ERROR_IO. */
dlc_status dlc_cache_get(const dlc_cache *cache, int64_t index, uint8_t *room, const uint8_t **pixels,
                         dlc_error *error);

/* Gives an image another number, whose place is empty. */
void dlc_cache_renumber(dlc_cache *cache, int64_t from, int64_t to);

/* Closes it; one that is not open is left alone. */
void dlc_cache_close(dlc_cache *cache);

#endif
