/*
 * classes.c - groups samples by label and sorts them by (score, id) (classes.h). Linear time and memory whatever the
 * labels: they are sorted, never used as places in an array. Looks at the bits of scores only, so the host's treatment
 * of denormals does not matter. Called by flexrand.c.
 */
#include "flexrand/classes.h"

#include "flexrand/radix.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

static uint32_t float_bits(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

/* Ascending with the score; -0 equals 0. */
static uint32_t score_key(float score) {
    const uint32_t sign = UINT32_C(1) << 31;
    const uint32_t bits = float_bits(score);
    if (bits <= sign)
        return bits == sign ? sign : bits | sign;
    return (bits & sign) ? ~bits : bits | sign;
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

/* Leaves the samples in ascending order of id. */
static dlc_status sort_by_id(dlc_radix_item *items, dlc_radix_item *scratch, dlc_error *error, int64_t samples,
                             const int64_t *ids) {
    for (int64_t i = 0; i < samples; i++)
        items[i] = (dlc_radix_item){dlc_classes_id_key(ids[i]), (uint32_t)i};
    dlc_radix_sort(items, scratch, samples, samples);
    for (int64_t i = 1; i < samples; i++)
        if (items[i].key == items[i - 1].key)
            return dlc_fail(error, DLC_ERROR_DATA, "samples %" PRIu32 " and %" PRIu32 " have the same id %" PRId64,
                            items[i - 1].value, items[i].value, ids[items[i].value]);
    return DLC_OK;
}

/* Where each class starts, from items sorted by label. */
static dlc_status find_classes(dlc_classes *classes, const dlc_allocator *allocator, dlc_error *error,
                               const dlc_radix_item *items) {
    const int64_t samples = classes->samples;
    int64_t count = 1;
    for (int64_t i = 1; i < samples; i++)
        count += items[i].key != items[i - 1].key;
    classes->labels = dlc_allocate(allocator, count, sizeof *classes->labels);
    classes->starts = dlc_allocate(allocator, count + 1, sizeof *classes->starts);
    if (!classes->labels || !classes->starts)
        return dlc_fail_memory(error, "the classes");
    for (int64_t i = 0; i < samples; i++)
        if (i == 0 || items[i].key != items[i - 1].key) {
            classes->labels[classes->count] = (int64_t)items[i].key;
            classes->starts[classes->count++] = i;
        }
    classes->starts[count] = samples;
    for (int64_t c = 0; c < count; c++)
        if (dlc_classes_size(classes, c) > classes->largest)
            classes->largest = dlc_classes_size(classes, c);
    return DLC_OK;
}

static dlc_status build(dlc_classes *classes, const dlc_allocator *allocator, dlc_error *error, const int64_t *labels,
                        const float *scores, const int64_t *ids, dlc_radix_item *items, dlc_radix_item *scratch) {
    const int64_t samples = classes->samples;
    /* The sorts are stable, so the last one decides first: by id, then by label, then by score inside a class. */
    if (ids) {
        DLC_TRY(sort_by_id(items, scratch, error, samples, ids));
        for (int64_t i = 0; i < samples; i++)
            items[i].key = (uint64_t)labels[items[i].value];
    } else {
        for (int64_t i = 0; i < samples; i++)
            items[i] = (dlc_radix_item){(uint64_t)labels[i], (uint32_t)i};
    }
    dlc_radix_sort(items, scratch, samples, samples);
    DLC_TRY(find_classes(classes, allocator, error, items));
    for (int64_t c = 0; c < classes->count; c++) {
        const int64_t start = classes->starts[c];
        for (int64_t i = start; i < classes->starts[c + 1]; i++)
            items[i].key = score_key(scores[items[i].value]);
        dlc_radix_sort(items + start, scratch, dlc_classes_size(classes, c), dlc_classes_size(classes, c));
    }

    classes->order = dlc_allocate(allocator, samples, sizeof *classes->order);
    classes->score_keys = dlc_allocate(allocator, samples, sizeof *classes->score_keys);
    classes->ids = ids ? dlc_allocate(allocator, samples, sizeof *classes->ids) : NULL;
    if (!classes->order || !classes->score_keys || (ids && !classes->ids))
        return dlc_fail_memory(error, "the samples");
    for (int64_t i = 0; i < samples; i++) {
        classes->order[i] = items[i].value;
        classes->score_keys[i] = (uint32_t)items[i].key;
        if (ids)
            classes->ids[i] = ids[items[i].value];
    }
    return DLC_OK;
}

dlc_status dlc_classes_build(dlc_classes *classes, const dlc_allocator *allocator, dlc_error *error, int64_t samples,
                             const int64_t *labels, const float *scores, const int64_t *ids) {
    *classes = (dlc_classes){0};
    DLC_TRY(check(error, samples, labels, scores));
    dlc_radix_room room;
    if (!dlc_radix_room_get(&room, allocator, samples))
        return dlc_fail_memory(error, "sorting the samples");
    classes->samples = samples;
    const dlc_status status = build(classes, allocator, error, labels, scores, ids, room.items, room.scratch);
    dlc_radix_room_release(&room, allocator);
    if (status != DLC_OK)
        dlc_classes_release(classes, allocator);
    return status;
}

void dlc_classes_release(dlc_classes *classes, const dlc_allocator *allocator) {
    dlc_release(allocator, classes->labels);
    dlc_release(allocator, classes->starts);
    dlc_release(allocator, classes->order);
    dlc_release(allocator, classes->score_keys);
    dlc_release(allocator, classes->ids);
    *classes = (dlc_classes){0};
}
