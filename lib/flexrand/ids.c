/*
 * ids.c - looks for an id that comes twice (ids.h). The ids are dealt into a few parts by a hash, and one part after
 * the other is sorted: so the memory is a fraction of what sorting them all would take. Called by classes.c.
 */
#include "flexrand/ids.h"

#include "base/radix.h"

#include <inttypes.h>

#define PART_BITS 4
#define PARTS     (1 << PART_BITS)

static int part_of(int64_t id) {
    return (int)(((uint64_t)id ^ (uint64_t)id >> 32) * UINT64_C(0x9E3779B97F4A7C15) >> (64 - PART_BITS));
}

static dlc_status check_part(const int64_t *ids, int64_t samples, int part, const dlc_radix_room *room,
                             dlc_error *error) {
    dlc_radix_item *items = room->items;
    int64_t count = 0;
    for (int64_t i = 0; i < samples; i++)
        if (part_of(ids[i]) == part)
            items[count++] = (dlc_radix_item){.key = dlc_ids_key(ids[i]), .value = (uint32_t)i};
    dlc_radix_sort(items, room->scratch, count, count);
    for (int64_t i = 1; i < count; i++)
        if (items[i].key == items[i - 1].key)
            return dlc_fail(error, DLC_ERROR_DATA, "samples %" PRIu32 " and %" PRIu32 " have the same id %" PRId64,
                            items[i - 1].value, items[i].value, ids[items[i].value]);
    return DLC_OK;
}

dlc_status dlc_ids_check(const int64_t *ids, int64_t samples, const dlc_allocator *allocator, dlc_error *error) {
    int64_t sizes[PARTS] = {0};
    for (int64_t i = 0; i < samples; i++)
        sizes[part_of(ids[i])]++;
    int64_t largest = 0;
    for (int part = 0; part < PARTS; part++)
        if (sizes[part] > largest)
            largest = sizes[part];
    dlc_radix_room room;
    if (!dlc_radix_room_get(&room, allocator, largest))
        return dlc_fail_memory(error, "comparing the ids");
    dlc_status status = DLC_OK;
    for (int part = 0; part < PARTS && status == DLC_OK; part++)
        status = check_part(ids, samples, part, &room, error);
    dlc_radix_room_release(&room, allocator);
    return status;
}
