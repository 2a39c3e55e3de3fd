/*
 * radix.c - stable radix sort from the most significant bits that differ, one bucket after the other (radix.h). It
 * never compares more than a handful of items with each other, whatever the keys. Called by flexrand and run.
 */
#include "base/radix.h"

#include <string.h>

#define DIGIT_BITS 8
#define BUCKETS    (1 << DIGIT_BITS)
#define SMALL      24 /* so many items are sorted faster by insertion */

static void insertion_sort(dlc_radix_item *items, int64_t count) {
    for (int64_t i = 1; i < count; i++) {
        const dlc_radix_item item = items[i];
        int64_t hole = i;
        for (; hole > 0 && items[hole - 1].key > item.key; hole--)
            items[hole] = items[hole - 1];
        items[hole] = item;
    }
}

/* The bits in which the keys differ; 0 where they are in order already. */
static uint64_t bits_to_sort(const dlc_radix_item *items, int64_t count) {
    uint64_t differing = 0;
    int descents = 0;
    for (int64_t i = 1; i < count; i++) {
        differing |= items[i].key ^ items[i - 1].key;
        descents |= items[i].key < items[i - 1].key;
    }
    return descents ? differing : 0;
}

/* The depth of the recursion is bounded: each level uses up eight of the bits. */
void dlc_radix_sort(dlc_radix_item *items, dlc_radix_item *scratch, int64_t count, int64_t wanted) {
    if (count <= SMALL) {
        insertion_sort(items, count);
        return;
    }
    const uint64_t differing = bits_to_sort(items, count);
    if (differing == 0)
        return;
    int shift = 0;
    while (differing >> shift >= BUCKETS)
        shift++;

    uint32_t ends[BUCKETS] = {0};
    for (int64_t i = 0; i < count; i++)
        ends[items[i].key >> shift & (BUCKETS - 1)]++;
    uint32_t total = 0;
    for (int b = 0; b < BUCKETS; b++) {
        const uint32_t size = ends[b];
        ends[b] = total;
        total += size;
    }
    /* From here on ends[b] is where the next item of bucket b goes, and in the end the bucket's end. */
    for (int64_t i = 0; i < count; i++)
        scratch[ends[items[i].key >> shift & (BUCKETS - 1)]++] = items[i];
    memcpy(items, scratch, (size_t)count * sizeof *items);
    if (shift == 0)
        return;
    int64_t start = 0;
    for (int b = 0; b < BUCKETS && start < wanted; b++) {
        if (ends[b] - start > 1)
            dlc_radix_sort(items + start, scratch + start, ends[b] - start, wanted - start);
        start = ends[b];
    }
}

int dlc_radix_room_get(dlc_radix_room *room, const dlc_allocator *allocator, int64_t count) {
    room->items = dlc_allocate(allocator, count, sizeof *room->items);
    room->scratch = dlc_allocate(allocator, count, sizeof *room->scratch);
    if (room->items && room->scratch)
        return 1;
    dlc_radix_room_release(room, allocator);
    return 0;
}

void dlc_radix_room_release(const dlc_radix_room *room, const dlc_allocator *allocator) {
    dlc_release(allocator, room->items);
    dlc_release(allocator, room->scratch);
}
