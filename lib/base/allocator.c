/* allocator.c - the caller's allocator, or malloc(), behind a few checked calls (allocator.h). */
#if defined(__linux__)
#define _DEFAULT_SOURCE /* madvise() */
#endif

#include "allocator.h"

#include <stdlib.h>
#include <string.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

/* Large blocks ask for huge pages: the first touch of a page costs more than the work on it. Only a hint. */
#define HUGE_PAGE (INT64_C(2) << 20)

static void allocate_by_malloc(void *user, int64_t size, void **result) {
    (void)user;
#if defined(MADV_HUGEPAGE)
    if (size >= HUGE_PAGE) {
        if (posix_memalign(result, HUGE_PAGE, (size_t)size) == 0)
            (void)madvise(*result, (size_t)(size - size % HUGE_PAGE), MADV_HUGEPAGE);
        else
            *result = NULL;
        return;
    }
#endif
    *result = malloc((size_t)size);
}

static void release_by_free(void *user, void *block) {
    (void)user;
    free(block);
}

dlc_allocator dlc_allocator_or_default(const dlc_allocator *allocator) {
    if (allocator)
        return *allocator;
    return (dlc_allocator){allocate_by_malloc, release_by_free, NULL};
}

void *dlc_allocate(const dlc_allocator *allocator, int64_t count, int64_t size) {
    if (count < 0 || size <= 0 || count > PTRDIFF_MAX / size)
        return NULL;
    void *block = NULL;
    allocator->allocate(allocator->user, count == 0 ? 1 : count * size, &block);
    return block;
}

void *dlc_allocate_zeroed(const dlc_allocator *allocator, int64_t count, int64_t size) {
    void *block = dlc_allocate(allocator, count, size);
    if (block)
        memset(block, 0, (size_t)(count * size));
    return block;
}

char *dlc_allocate_string(const dlc_allocator *allocator, const char *text) {
    const size_t size = strlen(text) + 1;
    char *copy = dlc_allocate(allocator, (int64_t)size, 1);
    if (copy)
        memcpy(copy, text, size);
    return copy;
}

int dlc_allocate_room(const dlc_allocator *allocator, void **items, int64_t count, int64_t *capacity, int64_t size) {
    if (count < *capacity)
        return 1;
    const int64_t larger = *capacity < 8 ? 8 : *capacity * 2;
    void *moved = dlc_allocate(allocator, larger, size);
    if (!moved)
        return 0;
    if (count > 0)
        memcpy(moved, *items, (size_t)(count * size));
    dlc_release(allocator, *items);
    *items = moved;
    *capacity = larger;
    return 1;
}

void dlc_release(const dlc_allocator *allocator, void *block) {
    if (block)
        allocator->release(allocator->user, block);
}

dlc_status dlc_allocator_create(dlc_allocate_callback allocate, dlc_release_callback release, void *user,
                                dlc_allocator **out) {
    if (!out)
        return DLC_ERROR_ARGUMENT;
    *out = NULL;
    if (!allocate || !release)
        return DLC_ERROR_ARGUMENT;
    const dlc_allocator made = {allocate, release, user};
    dlc_allocator *owned = dlc_allocate(&made, 1, sizeof *owned);
    if (!owned)
        return DLC_ERROR_MEMORY;
    *owned = made;
    *out = owned;
    return DLC_OK;
}

void dlc_allocator_free(dlc_allocator *allocator) {
    if (!allocator)
        return;
    const dlc_allocator copy = *allocator;
    dlc_release(&copy, allocator);
}
