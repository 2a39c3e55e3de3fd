/*
 * allocator.h - how every module gets memory. A handle copies the caller's allocator when it is created and passes the
 * copy on; nothing in lib/ calls malloc() itself.
 */
#ifndef DLC_LIB_ALLOCATOR_H
#define DLC_LIB_ALLOCATOR_H

#include "dlc/base.h"

struct dlc_allocator {
    dlc_allocate_callback allocate;
    dlc_release_callback release;
    void *user;
};

/* The allocator to copy into a new handle: the caller's, or malloc() where that is NULL. */
dlc_allocator dlc_allocator_or_default(const dlc_allocator *allocator);

/* count * size bytes, or NULL where there is no memory or the product does not fit int64. Asks for one byte where the
 * product is 0, so that NULL always means failure. */
void *dlc_allocate(const dlc_allocator *allocator, int64_t count, int64_t size);

/* The same, all bytes 0. */
void *dlc_allocate_zeroed(const dlc_allocator *allocator, int64_t count, int64_t size);

/* A copy of a string, or NULL. */
char *dlc_allocate_string(const dlc_allocator *allocator, const char *text);

/*
 * Makes room for one more element in a growing array: *items holds `count` elements of `size` bytes and has room for
 * *capacity. Returns 0 and leaves everything as it was where there is no memory, else 1.
 */
int dlc_allocate_room(const dlc_allocator *allocator, void **items, int64_t count, int64_t *capacity, int64_t size);

/* Gives a block back. Accepts NULL. */
void dlc_release(const dlc_allocator *allocator, void *block);

#endif
