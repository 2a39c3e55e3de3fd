/*
 * classes.c - groups samples by label and sorts them by (score, id) (classes.h), in linear time. Without ids little
 * more than the result is allocated: fresh memory costs as much as the work. Looks at the bits of scores only, so the
 * host's treatment of denormals does not matter. Called by flexrand.c.
 */
#include "flexrand/classes.h"

#include "base/radix.h"
#include "flexrand/label_table.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

static uint32_t float_bits(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static int is_nan(float score) {
    return (float_bits(score) & UINT32_C(0x7FFFFFFF)) > UINT32_C(0x7F800000);
}

static dlc_status check(dlc_error *error, int64_t samples, const int64_t *labels, const float *scores) {
    for (int64_t i = 0; i < samples; i++) {
        if (labels[i] < 0)
            return dlc_fail(error, DLC_ERROR_DATA, "label %" PRId64 " of sample %" PRId64 " is negative", labels[i], i);
        if (is_nan(scores[i]))
            return dlc_fail(error, DLC_ERROR_DATA, "the score of sample %" PRId64 " is NaN", i);
    }
    return DLC_OK;
}

/* The samples in ascending order of id, in a new array. */
static dlc_status sort_by_id(uint32_t **by_id, const dlc_allocator *allocator, dlc_error *error, int64_t samples,
                             const int64_t *ids) {
    dlc_radix_room room;
    if (!dlc_radix_room_get(&room, allocator, samples))
        return dlc_fail_memory(error, "sorting the ids");
    for (int64_t i = 0; i < samples; i++)
        room.items[i] = (dlc_radix_item){.key = dlc_classes_id_key(ids[i]), .value = (uint32_t)i};
    dlc_radix_sort(room.items, room.scratch, samples, samples);
    int64_t twin = 1;
    while (twin < samples && room.items[twin].key != room.items[twin - 1].key)
        twin++;
    dlc_status status = DLC_OK;
    if (twin < samples)
        status = dlc_fail(error, DLC_ERROR_DATA, "samples %" PRIu32 " and %" PRIu32 " have the same id %" PRId64,
                          room.items[twin - 1].value, room.items[twin].value, ids[room.items[twin].value]);
    else if (!(*by_id = dlc_allocate(allocator, samples, sizeof **by_id)))
        status = dlc_fail_memory(error, "sorting the ids");
    for (int64_t i = 0; status == DLC_OK && i < samples; i++)
        (*by_id)[i] = room.items[i].value;
    dlc_radix_room_release(&room, allocator);
    return status;
}

/* Lists the classes by ascending label, and sets `samples` of every entry to the place where its class starts. */
static dlc_status list_classes(dlc_classes *classes, const dlc_allocator *allocator, dlc_error *error,
                               const dlc_label_table *table) {
    classes->count = table->count;
    classes->labels = dlc_allocate(allocator, table->count, sizeof *classes->labels);
    classes->starts = dlc_allocate(allocator, table->count + 1, sizeof *classes->starts);
    dlc_radix_room room;
    if (!classes->labels || !classes->starts || !dlc_radix_room_get(&room, allocator, table->count))
        return dlc_fail_memory(error, "the classes");
    for (int64_t i = 0; i < table->count; i++)
        room.items[i] = (dlc_radix_item){.key = (uint64_t)table->entries[i].label, .value = (uint32_t)i};
    dlc_radix_sort(room.items, room.scratch, table->count, table->count);
    int64_t start = 0;
    for (int64_t c = 0; c < table->count; c++) {
        dlc_label_entry *entry = &table->entries[room.items[c].value];
        const int64_t size = entry->samples;
        classes->labels[c] = entry->label;
        classes->starts[c] = entry->samples = start;
        start += size;
        if (size > classes->largest)
            classes->largest = size;
    }
    classes->starts[table->count] = start;
    dlc_radix_room_release(&room, allocator);
    return DLC_OK;
}

/* Counts, then deals the samples out to their classes, in order of id. */
static dlc_status group(dlc_classes *classes, const dlc_allocator *allocator, dlc_error *error, dlc_label_table *table,
                        const int64_t *labels, const uint32_t *by_id) {
    for (int64_t i = 0; i < classes->samples; i++) {
        int64_t number;
        if (!dlc_label_table_add(table, allocator, labels[i], &number))
            return dlc_fail_memory(error, "the labels");
        table->entries[number].samples++;
    }
    DLC_TRY(list_classes(classes, allocator, error, table));
    for (int64_t i = 0; i < classes->samples; i++) {
        const uint32_t sample = by_id ? by_id[i] : (uint32_t)i;
        classes->order[dlc_label_table_find(table, labels[sample])->samples++] = sample;
    }
    return DLC_OK;
}

static dlc_status sort_classes(dlc_classes *classes, const dlc_allocator *allocator, dlc_error *error,
                               const float *scores) {
    dlc_radix_room room;
    if (!dlc_radix_room_get(&room, allocator, classes->largest))
        return dlc_fail_memory(error, "sorting a class");
    for (int64_t c = 0; c < classes->count; c++) {
        const int64_t start = classes->starts[c];
        const int64_t size = dlc_classes_size(classes, c);
        uint32_t *order = classes->order + start;
        for (int64_t i = 0; i < size; i++)
            room.items[i] = (dlc_radix_item){.key = dlc_radix_float_key(scores[order[i]]), .value = order[i]};
        dlc_radix_sort(room.items, room.scratch, size, size); /* stable: equal scores stay in order of id */
        for (int64_t i = 0; i < size; i++) {
            order[i] = room.items[i].value;
            if (i > 0 && room.items[i].key == room.items[i - 1].key)
                classes->ties[(start + i) / 8] |= (uint8_t)(1U << (start + i) % 8);
        }
    }
    dlc_radix_room_release(&room, allocator);
    return DLC_OK;
}

static dlc_status build(dlc_classes *classes, const dlc_allocator *allocator, dlc_error *error, const int64_t *labels,
                        const float *scores, const int64_t *ids, const uint32_t *by_id) {
    const int64_t samples = classes->samples;
    classes->order = dlc_allocate(allocator, samples, sizeof *classes->order);
    classes->ties = dlc_allocate_zeroed(allocator, samples / 8 + 1, sizeof *classes->ties);
    classes->ids = ids ? dlc_allocate(allocator, samples, sizeof *classes->ids) : NULL;
    dlc_label_table table;
    if (!classes->order || !classes->ties || (ids && !classes->ids) || !dlc_label_table_start(&table, allocator))
        return dlc_fail_memory(error, "the samples");
    const dlc_status status = group(classes, allocator, error, &table, labels, by_id);
    dlc_label_table_release(&table, allocator);
    DLC_TRY(status);
    DLC_TRY(sort_classes(classes, allocator, error, scores));
    for (int64_t place = 0; ids && place < samples; place++)
        classes->ids[place] = ids[classes->order[place]];
    return DLC_OK;
}

dlc_status dlc_classes_build(dlc_classes *classes, const dlc_allocator *allocator, dlc_error *error, int64_t samples,
                             const int64_t *labels, const float *scores, const int64_t *ids) {
    *classes = (dlc_classes){0};
    DLC_TRY(check(error, samples, labels, scores));
    uint32_t *by_id = NULL;
    if (ids)
        DLC_TRY(sort_by_id(&by_id, allocator, error, samples, ids));
    classes->samples = samples;
    const dlc_status status = build(classes, allocator, error, labels, scores, ids, by_id);
    dlc_release(allocator, by_id);
    if (status != DLC_OK)
        dlc_classes_release(classes, allocator);
    return status;
}

void dlc_classes_release(dlc_classes *classes, const dlc_allocator *allocator) {
    dlc_release(allocator, classes->labels);
    dlc_release(allocator, classes->starts);
    dlc_release(allocator, classes->order);
    dlc_release(allocator, classes->ties);
    dlc_release(allocator, classes->ids);
    *classes = (dlc_classes){0};
}
