/*
 * selection.c - puts a selection, which is kept class by class, in the order asked for (selection.h). Decides nothing
 * about what is selected. Called by flexrand.c.
 */
#include "flexrand/selection.h"

#include "base/radix.h"
#include "base/rounding.h"
#include "dlc/flexrand.h"

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

/*
 * Lists the picks class by class. Those that the floor grants come first, and each of the two groups is then sorted by
 * time; equal times stay in ascending order of class.
 */
static void list_picks(const dlc_selection *selection, const dlc_classes *classes, const dlc_radix_room *room) {
    int64_t granted = 0;
    for (int64_t c = 0; c < classes->count; c++)
        granted += selection->floor < selection->counts[c] ? selection->floor : selection->counts[c];
    dlc_radix_item *first = room->items;
    dlc_radix_item *later = room->items + granted;
    const uint32_t *place = selection->places;
    for (int64_t c = 0; c < classes->count; c++) {
        const int64_t hard = easy_end(selection, classes, c);
        for (int64_t j = 0; j < selection->counts[c]; j++, place++) {
            dlc_radix_item **next = j < selection->floor ? &first : &later;
            *(*next)++ = (dlc_radix_item){
                .key = selection->offsets ? dlc_selection_time_key(classes, selection->offsets, c, j) : 0,
                .value = classes->order[*place],
                .tag = *place < hard ? DLC_INTERVAL_EASY : DLC_INTERVAL_HARD,
            };
        }
    }
    const int64_t others = selection->count - granted;
    dlc_radix_sort(room->items, room->scratch, granted, granted);
    dlc_radix_sort(room->items + granted, room->scratch, others, others);
}

dlc_status dlc_selection_by_pick(const dlc_selection *selection, const dlc_classes *classes,
                                 const dlc_allocator *allocator, dlc_error *error, int64_t *indices,
                                 int32_t *intervals) {
    dlc_radix_room room;
    if (!dlc_radix_room_get(&room, allocator, selection->count))
        return dlc_fail_memory(error, "the order of the selection");
    list_picks(selection, classes, &room);
    for (int64_t i = 0; i < selection->count; i++) {
        indices[i] = room.items[i].value;
        if (intervals)
            intervals[i] = room.items[i].tag;
    }
    dlc_radix_room_release(&room, allocator);
    return DLC_OK;
}

void dlc_selection_release(dlc_selection *selection, const dlc_allocator *allocator) {
    dlc_release(allocator, selection->places);
    dlc_release(allocator, selection->counts);
    dlc_release(allocator, selection->offsets);
    *selection = (dlc_selection){0};
}
