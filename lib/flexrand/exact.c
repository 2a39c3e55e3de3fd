/*
 * exact.c - how many picks each class gives to an exact budget (exact.h). The j-th pick of a class of n comes at time
 * (j + u) / n, with an offset u in [0, 1) of the class; picks that a floor grants come before all others. The counts
 * are found from the times alone, without a look at any sample, and only so many samples are drawn. Called by
 * flexrand.c.
 */
#include "flexrand/exact.h"

#include "base/philox.h"
#include "flexrand/draw.h"

#include <inttypes.h>

#define GOLDEN_RATIO 0.6180339887498949

typedef struct dlc_exact {
    dlc_selection *selection;
    const dlc_classes *classes;
    const dlc_flexrand_options *options;
    const dlc_allocator *allocator;
    dlc_error *error;
} dlc_exact;

/* u = frac(v + r * golden ratio), r the class's place in order of size: classes of one size are spread as evenly as can
 * be, and v makes every u uniform over the seeds. */
static dlc_status set_offsets(const dlc_exact *exact) {
    const dlc_classes *classes = exact->classes;
    const uint64_t seed = exact->options->seed;
    dlc_radix_room room;
    if (!dlc_radix_room_get(&room, exact->allocator, classes->count))
        return dlc_fail_memory(exact->error, "the order of the classes");
    dlc_radix_item *items = room.items;
    for (int64_t c = 0; c < classes->count; c++) {
        items[c].key = dlc_philox_bits(seed, DLC_STREAM_SIZE_TIES, (uint64_t)classes->labels[c]);
        items[c].value = (uint32_t)c;
    }
    dlc_radix_sort(items, room.scratch, classes->count, classes->count);
    for (int64_t r = 0; r < classes->count; r++)
        items[r].key = (uint64_t)dlc_classes_size(classes, items[r].value);
    dlc_radix_sort(items, room.scratch, classes->count, classes->count);
    const double shared = dlc_philox_uniform(seed, DLC_STREAM_OFFSET, 0);
    for (int64_t r = 0; r < classes->count; r++) {
        const double sum = shared + (double)r * GOLDEN_RATIO;
        exact->selection->offsets[items[r].value] = sum - (double)(int64_t)sum;
    }
    dlc_radix_room_release(&room, exact->allocator);
    return DLC_OK;
}

static int64_t floor_of(const dlc_exact *exact, int64_t c) {
    const int64_t size = dlc_classes_size(exact->classes, c);
    return exact->options->floor < size ? exact->options->floor : size;
}

/* Picks of a class beyond its floor that come before a time. */
static int64_t picks_before(const dlc_exact *exact, int64_t c, double time) {
    const double *offsets = exact->selection->offsets;
    const int64_t size = dlc_classes_size(exact->classes, c);
    const double guess = time * (double)size - offsets[c];
    int64_t j = guess <= 0 ? 0 : guess >= (double)size ? size : (int64_t)guess;
    while (j < size && dlc_selection_time(exact->classes, offsets, c, j) < time)
        j++;
    while (j > 0 && dlc_selection_time(exact->classes, offsets, c, j - 1) >= time)
        j--;
    const int64_t floor = floor_of(exact, c);
    return j > floor ? j - floor : 0;
}

static int64_t all_picks_before(const dlc_exact *exact, double time) {
    int64_t sum = 0;
    for (int64_t c = 0; c < exact->classes->count; c++)
        sum += picks_before(exact, c, time);
    return sum;
}

/*
 * Adds the `wanted` earliest picks beyond the floors to the counts. Halving finds two times with the end of the budget
 * between them, so close that only about one pick of each class lies there; those are sorted.
 */
static dlc_status share_by_time(const dlc_exact *exact, int64_t wanted) {
    const dlc_classes *classes = exact->classes;
    int64_t *counts = exact->selection->counts;
    double low = 0;
    double high = 2; /* rounding can bring a time up to 1 */
    while ((high - low) * (double)classes->samples > (double)classes->count) {
        const double middle = low + (high - low) / 2;
        if (all_picks_before(exact, middle) <= wanted)
            low = middle;
        else
            high = middle;
    }

    const int64_t certain = all_picks_before(exact, low);
    const int64_t candidates = all_picks_before(exact, high) - certain;
    dlc_radix_room room;
    if (!dlc_radix_room_get(&room, exact->allocator, candidates))
        return dlc_fail_memory(exact->error, "the budget of the classes");
    int64_t listed = 0;
    for (int64_t c = 0; c < classes->count; c++) {
        const int64_t first = counts[c] + picks_before(exact, c, low);
        const int64_t end = counts[c] + picks_before(exact, c, high);
        for (int64_t j = first; j < end; j++, listed++) {
            room.items[listed].key = dlc_selection_time_key(classes, exact->selection->offsets, c, j);
            room.items[listed].value = (uint32_t)c;
        }
        counts[c] = first;
    }
    dlc_radix_sort(room.items, room.scratch, candidates, wanted - certain);
    for (int64_t i = 0; i < wanted - certain; i++)
        counts[room.items[i].value]++;
    dlc_radix_room_release(&room, exact->allocator);
    return DLC_OK;
}

static dlc_status set_counts(const dlc_exact *exact) {
    const dlc_selection *selection = exact->selection;
    int64_t granted = 0;
    for (int64_t c = 0; c < exact->classes->count; c++) {
        selection->counts[c] = floor_of(exact, c);
        granted += selection->counts[c];
    }
    if (granted > selection->count)
        return dlc_fail(exact->error, DLC_ERROR_ARGUMENT,
                        "a floor of %" PRId64 " comes to %" PRId64 " samples, more than the budget of %" PRId64,
                        exact->options->floor, granted, selection->count);
    return share_by_time(exact, selection->count - granted);
}

static dlc_status draw_places(const dlc_exact *exact) {
    const dlc_selection *selection = exact->selection;
    dlc_draw draw;
    DLC_TRY(dlc_draw_start(&draw, exact->classes, exact->options, exact->allocator, exact->error));
    uint32_t *places = selection->places;
    for (int64_t c = 0; c < exact->classes->count; c++) {
        dlc_draw_class(&draw, c, selection->counts[c], places);
        places += selection->counts[c];
    }
    dlc_draw_release(&draw, exact->allocator);
    return DLC_OK;
}

dlc_status dlc_exact_select(dlc_selection *selection, const dlc_classes *classes, const dlc_flexrand_options *options,
                            int64_t total, const dlc_allocator *allocator, dlc_error *error) {
    const dlc_exact exact = {selection, classes, options, allocator, error};
    selection->count = total;
    selection->gamma = options->gamma;
    selection->floor = options->floor;
    selection->places = dlc_allocate(allocator, total, sizeof *selection->places);
    selection->counts = dlc_allocate(allocator, classes->count, sizeof *selection->counts);
    selection->offsets = dlc_allocate(allocator, classes->count, sizeof *selection->offsets);
    if (!selection->places || !selection->counts || !selection->offsets)
        return dlc_fail_memory(error, "the selection");
    DLC_TRY(set_offsets(&exact));
    DLC_TRY(set_counts(&exact));
    return draw_places(&exact);
}
