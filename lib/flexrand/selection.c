/*
 * selection.c - puts a selection, which is kept class by class, in the order asked for (selection.h). Decides nothing
 * about what is selected. Called by flexrand.c.
 */
#include "flexrand/selection.h"

#include "base/radix.h"
#include "base/rounding.h"
#include "dlc/flexrand.h"

#include <math.h>

int64_t dlc_selection_cut(const dlc_classes *classes, double gamma, int64_t c) {
    return dlc_round_half_even(gamma * (double)dlc_classes_size(classes, c));
}

/* The end of class c's easy interval. */
static int64_t easy_end(const dlc_selection *selection, const dlc_classes *classes, int64_t c) {
    return classes->starts[c] + dlc_selection_cut(classes, selection->gamma, c);
}

/* By one look at every sample of the data set: a mark says that it was picked, and its interval. */
dlc_status dlc_selection_by_index(const dlc_selection *selection, const dlc_classes *classes,
                                  const dlc_allocator *allocator, dlc_error *error, int64_t *indices,
                                  int32_t *intervals) {
    uint8_t *marks = dlc_allocate_zeroed(allocator, classes->samples, sizeof *marks);
    if (!marks)
        return dlc_fail_memory(error, "the order of the selection");
    const uint32_t *place = selection->places;
    for (int64_t c = 0; c < classes->count; c++) {
        const int64_t hard = easy_end(selection, classes, c);
        for (int64_t j = 0; j < selection->counts[c]; j++, place++)
            marks[classes->order[*place]] = 1 + (*place < hard ? DLC_INTERVAL_EASY : DLC_INTERVAL_HARD);
    }
    int64_t found = 0;
    for (int64_t i = 0; i < classes->samples; i++)
        if (marks[i]) {
            if (intervals)
                intervals[found] = marks[i] - 1;
            indices[found++] = i;
        }
    dlc_release(allocator, marks);
    return DLC_OK;
}

/* Copies picks out in order of time, a window of time after the other: memory goes with the number of classes. */
typedef struct dlc_pick_reader {
    const dlc_selection *selection;
    const dlc_classes *classes;
    int64_t *next; /* [classes], picks of each that were copied */
    dlc_radix_room room;
    int64_t *indices;
    int32_t *intervals; /* or NULL */
    int64_t copied;
} dlc_pick_reader;

/* Copies the picks before a time, of each class at most its first `most`. Equal times stay in ascending order of class.
 */
static void copy_until(dlc_pick_reader *reader, double end, int64_t most) {
    const dlc_selection *selection = reader->selection;
    const dlc_classes *classes = reader->classes;
    dlc_radix_item *items = reader->room.items;
    const uint32_t *places = selection->places;
    int64_t listed = 0;
    for (int64_t c = 0; c < classes->count; places += selection->counts[c++]) {
        const int64_t limit = selection->counts[c] < most ? selection->counts[c] : most;
        const int64_t hard = easy_end(selection, classes, c);
        int64_t j = reader->next[c];
        for (; j < limit && dlc_selection_time(classes, selection->offsets, c, j) < end; j++)
            items[listed++] = (dlc_radix_item){
                .key = dlc_selection_time_key(classes, selection->offsets, c, j),
                .value = classes->order[places[j]],
                .tag = places[j] < hard ? DLC_INTERVAL_EASY : DLC_INTERVAL_HARD,
            };
        reader->next[c] = j;
    }
    dlc_radix_sort(items, reader->room.scratch, listed, listed);
    for (int64_t i = 0; i < listed; i++, reader->copied++) {
        reader->indices[reader->copied] = items[i].value;
        if (reader->intervals)
            reader->intervals[reader->copied] = items[i].tag;
    }
}

static dlc_status copy_by_time(dlc_pick_reader *reader, const dlc_allocator *allocator, dlc_error *error) {
    /* A window holds about eight picks of a class, and never more than its share of them all and one more of each class
     * (or another one still, by rounding). */
    const int64_t classes = reader->classes->count;
    const int64_t windows = 1 + reader->classes->samples / (8 * classes + 4096);
    const int64_t most = reader->classes->samples / windows + 1 + 3 * classes;
    if (!dlc_radix_room_get(&reader->room, allocator, most))
        return dlc_fail_memory(error, "the order of the selection");
    reader->next = dlc_allocate_zeroed(allocator, classes, sizeof *reader->next);
    for (int granted = 1; granted >= 0 && reader->next; granted--)
        for (int64_t w = 1; w <= windows; w++)
            copy_until(reader, w < windows ? (double)w / (double)windows : HUGE_VAL,
                       granted ? reader->selection->floor : INT64_MAX);
    const dlc_status status = reader->next ? DLC_OK : dlc_fail_memory(error, "the order of the selection");
    dlc_release(allocator, reader->next);
    dlc_radix_room_release(&reader->room, allocator);
    return status;
}

/* In the order drawn, class by class. */
static void copy_by_class(const dlc_pick_reader *reader) {
    const dlc_classes *classes = reader->classes;
    int64_t copied = 0;
    for (int64_t c = 0; c < classes->count; c++) {
        const int64_t hard = easy_end(reader->selection, classes, c);
        for (int64_t j = 0; j < reader->selection->counts[c]; j++, copied++) {
            const uint32_t place = reader->selection->places[copied];
            reader->indices[copied] = classes->order[place];
            if (reader->intervals)
                reader->intervals[copied] = place < hard ? DLC_INTERVAL_EASY : DLC_INTERVAL_HARD;
        }
    }
}

dlc_status dlc_selection_by_pick(const dlc_selection *selection, const dlc_classes *classes,
                                 const dlc_allocator *allocator, dlc_error *error, int64_t *indices,
                                 int32_t *intervals) {
    dlc_pick_reader reader = {.selection = selection, .classes = classes, .indices = indices, .intervals = intervals};
    if (selection->offsets)
        return copy_by_time(&reader, allocator, error);
    copy_by_class(&reader);
    return DLC_OK;
}

void dlc_selection_release(dlc_selection *selection, const dlc_allocator *allocator) {
    dlc_release(allocator, selection->places);
    dlc_release(allocator, selection->counts);
    dlc_release(allocator, selection->offsets);
    *selection = (dlc_selection){0};
}
