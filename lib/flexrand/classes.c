/*
 * classes.c - groups samples by label and sorts them by (score, id) (classes.h), in linear time. Without ids little
 * more than the result is allocated: fresh memory costs as much as the work. Looks at the bits of scores only, so the
 * host's treatment of denormals does not matter. Called by flexrand.c.
 */
#include "flexrand/classes.h"

#include "base/radix.h"
#include "flexrand/ids.h"
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

/* Without labels all samples are of one class, 0. */
static int64_t label_of(const int64_t *labels, int64_t sample) {
    return labels ? labels[sample] : 0;
}

static dlc_status check(dlc_error *error, int64_t samples, const int64_t *labels, const float *scores) {
    for (int64_t i = 0; i < samples; i++) {
        if (label_of(labels, i) < 0)
            return dlc_fail(error, DLC_ERROR_DATA, "label %" PRId64 " of sample %" PRId64 " is negative", labels[i], i);
        if (is_nan(scores[i]))
            return dlc_fail(error, DLC_ERROR_DATA, "the score of sample %" PRId64 " is NaN", i);
    }
    return DLC_OK;
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

/* Counts, then deals the samples out to their classes, in order of index. */
static dlc_status group(dlc_classes *classes, const dlc_allocator *allocator, dlc_error *error, dlc_label_table *table,
                        const int64_t *labels) {
    for (int64_t i = 0; i < classes->samples; i++) {
        dlc_label_entry *entry = dlc_label_table_find(table, label_of(labels, i));
        if (!entry && !(entry = dlc_label_table_add(table, allocator, label_of(labels, i))))
            return dlc_fail_memory(error, "the labels");
        entry->samples++;
    }
    DLC_TRY(list_classes(classes, allocator, error, table));
    for (int64_t i = 0; i < classes->samples; i++)
        classes->order[dlc_label_table_find(table, label_of(labels, i))->samples++] = (uint32_t)i;
    return DLC_OK;
}

/* Sorts the places of class c by (score, id): both sorts are stable, so the last decides first. */
static void sort_class(dlc_classes *classes, int64_t c, const float *scores, const int64_t *ids,
                       const dlc_radix_room *room) {
    const int64_t start = classes->starts[c];
    const int64_t size = dlc_classes_size(classes, c);
    uint32_t *order = classes->order + start;
    dlc_radix_item *items = room->items;
    for (int64_t i = 0; i < size; i++)
        items[i].value = order[i];
    if (ids) {
        for (int64_t i = 0; i < size; i++)
            items[i].key = dlc_ids_key(ids[order[i]]);
        dlc_radix_sort(items, room->scratch, size, size);
    }
    for (int64_t i = 0; i < size; i++)
        items[i].key = dlc_radix_float_key(scores[items[i].value]);
    dlc_radix_sort(items, room->scratch, size, size);
    for (int64_t i = 0; i < size; i++) {
        order[i] = items[i].value;
        if (i > 0 && items[i].key == items[i - 1].key)
            classes->ties[(start + i) / 8] |= (uint8_t)(1U << (start + i) % 8);
    }
}

static dlc_status sort_classes(dlc_classes *classes, const dlc_allocator *allocator, dlc_error *error,
                               const float *scores, const int64_t *ids) {
    dlc_radix_room room;
    if (!dlc_radix_room_get(&room, allocator, classes->largest))
        return dlc_fail_memory(error, "sorting a class");
    for (int64_t c = 0; c < classes->count; c++)
        sort_class(classes, c, scores, ids, &room);
    dlc_radix_room_release(&room, allocator);
    return DLC_OK;
}

static dlc_status build(dlc_classes *classes, const dlc_allocator *allocator, dlc_error *error, const int64_t *labels,
                        const float *scores, const int64_t *ids) {
    const int64_t samples = classes->samples;
    classes->order = dlc_allocate(allocator, samples, sizeof *classes->order);
    classes->ties = dlc_allocate_zeroed(allocator, samples / 8 + 1, sizeof *classes->ties);
    classes->ids = ids ? dlc_allocate(allocator, samples, sizeof *classes->ids) : NULL;
    dlc_label_table table;
    if (!classes->order || !classes->ties || (ids && !classes->ids) || !dlc_label_table_start(&table, allocator))
        return dlc_fail_memory(error, "the samples");
    const dlc_status status = group(classes, allocator, error, &table, labels);
    dlc_label_table_release(&table, allocator);
    DLC_TRY(status);
    DLC_TRY(sort_classes(classes, allocator, error, scores, ids));
    for (int64_t place = 0; ids && place < samples; place++)
        classes->ids[place] = ids[classes->order[place]];
    return DLC_OK;
}

dlc_status dlc_classes_build(dlc_classes *classes, const dlc_allocator *allocator, dlc_error *error, int64_t samples,
                             const int64_t *labels, const float *scores, const int64_t *ids) {
    *classes = (dlc_classes){0};
    DLC_TRY(check(error, samples, labels, scores));
    if (ids)
        DLC_TRY(dlc_ids_check(ids, samples, allocator, error));
    classes->samples = samples;
    const dlc_status status = build(classes, allocator, error, labels, scores, ids);
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
