/*
 * radix.h - sorts 64-bit keys in linear time: ids, labels, scores, shuffle keys and pick times all become such keys.
 * Used by the flexrand and run modules.
 */
#ifndef DLC_LIB_RADIX_H
#define DLC_LIB_RADIX_H

#include "base/allocator.h"

#include <string.h>

typedef struct dlc_radix_item {
    uint64_t key;
    uint32_t value;
    int32_t tag; /* goes with the value */
} dlc_radix_item;

/*
 * Sorts items by ascending key; equal keys stay in the order they had. Only the first `wanted` are put in their places,
 * the others follow in an unspecified order, so that a few of many cost little more than one look at each.
 *
 * scratch: room for `count` items. Keys that are sorted already cost one pass, and only bits that differ are looked at.
 */
void dlc_radix_sort(dlc_radix_item *items, dlc_radix_item *scratch, int64_t count, int64_t wanted);

/* A key in 32 bits that ascends with a float that is not NaN; -0 equals 0. From the bits alone: denormals differ,
 * however the host treats them. */
static inline uint32_t dlc_radix_float_key(float value) {
    const uint32_t sign = UINT32_C(1) << 31;
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits > sign ? ~bits : bits | sign;
}

/* Room for a sort: the items and the scratch. */
typedef struct dlc_radix_room {
    dlc_radix_item *items;
    dlc_radix_item *scratch;
} dlc_radix_room;

/* Gets room for `count` items; returns 0, with nothing to release, where there is no memory, else 1. */
int dlc_radix_room_get(dlc_radix_room *room, const dlc_allocator *allocator, int64_t count);

void dlc_radix_room_release(const dlc_radix_room *room, const dlc_allocator *allocator);

#endif
