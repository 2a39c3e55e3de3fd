/*
 * exact.c - the pick order over all classes (exact.h). The j-th pick of a class of n comes at time (j + u) / n, with an
 * offset u in [0, 1) of the class; picks that a floor grants come before all others. First the number of picks of every
 * class is found, without a look at any sample; then only so many are drawn, and put in order of time. Called by
 * flexrand.c.
 */
#include "flexrand/exact.h"

#include "base/philox.h"

#include <inttypes.h>
#include <string.h>

#define GOLDEN_RATIO 0.6180339887498949

typedef struct dlc_exact {
    const dlc_classes *classes;
    const dlc_flexrand_options *options;
    int64_t total;
    const dlc_allocator *allocator;
    dlc_error *error;
    double *offsets; /* [classes], u */
    int64_t *counts; /* [classes], picks of each */
    int64_t granted; /* picks that the floor grants, of all classes */
} dlc_exact;

/* Times are not negative, so that their bits sort as they do. */
static uint64_t time_key(double time) {
    uint64_t key;
    memcpy(&key, &time, sizeof key);
    return key;
}

static double time_of(const dlc_exact *exact, int64_t c, int64_t j) {
    return ((double)j + exact->offsets[c]) / (double)dlc_classes_size(exact->classes, c);
}

static int64_t floor_of(const dlc_exact *exact, int64_t c) {
    const int64_t size = dlc_classes_size(exact->classes, c);
    return exact->options->floor < size ? exact->options->floor : size;
}

/* u = frac(v + r * golden ratio), r the class's place in order of size: classes of a size are spread as evenly as can
 * be, and v makes every u uniform over the seeds. */
static dlc_status set_offsets(const dlc_exact *exact) {
    const dlc_classes *classes = exact->classes;
    const uint64_t seed = exact->options->seed;
    dlc_radix_room room;
    if (!dlc_radix_room_get(&room, exact->allocator, classes->count))
        return dlc_fail_memory(exact->error, "the order of the classes");
    dlc_radix_item *items = room.items;
    for (int64_t c = 0; c < classes->count; c++)
        items[c] =
            (dlc_radix_item){dlc_philox_bits(seed, DLC_STREAM_SIZE_TIES, (uint64_t)classes->labels[c]), (uint32_t)c};
    dlc_radix_sort(items, room.scratch, classes->count, classes->count);
    for (int64_t i = 0; i < classes->count; i++)
        items[i].key = (uint64_t)dlc_classes_size(classes, items[i].value);
    dlc_radix_sort(items, room.scratch, classes->count, classes->count);
    const double shared = dlc_philox_uniform(seed, DLC_STREAM_OFFSET, 0);
    for (int64_t r = 0; r < classes->count; r++) {
        const double sum = shared + (double)r * GOLDEN_RATIO;
        exact->offsets[items[r].value] = sum - (double)(int64_t)sum;
    }
    dlc_radix_room_release(&room, exact->allocator);
    return DLC_OK;
}

/* Picks of a class beyond its floor that come before a time. */
static int64_t picks_before(const dlc_exact *exact, int64_t c, double time) {
    const int64_t size = dlc_classes_size(exact->classes, c);
    const double guess = time * (double)size - exact->offsets[c];
    int64_t j = guess <= 0 ? 0 : guess >= (double)size ? size : (int64_t)guess;
    while (j < size && time_of(exact, c, j) < time)
        j++;
    while (j > 0 && time_of(exact, c, j - 1) >= time)
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
        const int64_t first = exact->counts[c] + picks_before(exact, c, low);
        const int64_t end = exact->counts[c] + picks_before(exact, c, high);
        for (int64_t j = first; j < end; j++)
            room.items[listed++] = (dlc_radix_item){time_key(time_of(exact, c, j)), (uint32_t)c};
        exact->counts[c] = first;
    }
    dlc_radix_sort(room.items, room.scratch, candidates, wanted - certain);
    for (int64_t i = 0; i < wanted - certain; i++)
        exact->counts[room.items[i].value]++;
    dlc_radix_room_release(&room, exact->allocator);
    return DLC_OK;
}

static dlc_status set_counts(dlc_exact *exact) {
    for (int64_t c = 0; c < exact->classes->count; c++) {
        exact->counts[c] = floor_of(exact, c);
        exact->granted += exact->counts[c];
    }
    if (exact->granted > exact->total)
        return dlc_fail(exact->error, DLC_ERROR_ARGUMENT,
                        "a floor of %" PRId64 " comes to %" PRId64 " samples, more than the budget of %" PRId64,
                        exact->options->floor, exact->granted, exact->total);
    return share_by_time(exact, exact->total - exact->granted);
}

/* Draws class by class into `drawn`, then puts the picks in order of time, those of the floors first. */
static void draw_in_order(const dlc_exact *exact, const dlc_draw *draw, const dlc_radix_room *room, dlc_pick *drawn,
                          dlc_pick *picks) {
    dlc_radix_item *granted = room->items;
    dlc_radix_item *others = room->items + exact->granted;
    int64_t next = 0;
    for (int64_t c = 0; c < exact->classes->count; c++) {
        const int64_t floor = floor_of(exact, c);
        dlc_draw_class(draw, c, exact->counts[c], drawn + next);
        for (int64_t j = 0; j < exact->counts[c]; j++, next++) {
            const dlc_radix_item item = {time_key(time_of(exact, c, j)), (uint32_t)next};
            if (j < floor)
                *granted++ = item;
            else
                *others++ = item;
        }
    }
    /* Equal times are listed by ascending class, and stay so. */
    const int64_t rest = exact->total - exact->granted;
    dlc_radix_sort(room->items, room->scratch, exact->granted, exact->granted);
    dlc_radix_sort(room->items + exact->granted, room->scratch, rest, rest);
    for (int64_t i = 0; i < exact->total; i++)
        picks[i] = drawn[room->items[i].value];
}

static dlc_status draw_picks(const dlc_exact *exact, dlc_pick *picks) {
    dlc_draw draw;
    DLC_TRY(dlc_draw_start(&draw, exact->classes, exact->options, exact->allocator, exact->error));
    dlc_status status = DLC_OK;
    dlc_radix_room room = {NULL, NULL};
    dlc_pick *drawn = dlc_allocate(exact->allocator, exact->total, sizeof *drawn);
    if (drawn && dlc_radix_room_get(&room, exact->allocator, exact->total))
        draw_in_order(exact, &draw, &room, drawn, picks);
    else
        status = dlc_fail_memory(exact->error, "the pick order");
    dlc_release(exact->allocator, drawn);
    dlc_radix_room_release(&room, exact->allocator);
    dlc_draw_release(&draw, exact->allocator);
    return status;
}

static dlc_status select_into(dlc_exact *exact, dlc_pick *picks) {
    if (!exact->offsets || !exact->counts || !picks)
        return dlc_fail_memory(exact->error, "the selection");
    DLC_TRY(set_offsets(exact));
    DLC_TRY(set_counts(exact));
    return draw_picks(exact, picks);
}

dlc_status dlc_exact_select(const dlc_classes *classes, const dlc_flexrand_options *options, int64_t total,
                            const dlc_allocator *allocator, dlc_error *error, dlc_pick **picks) {
    dlc_exact exact = {.classes = classes, .options = options, .total = total, .allocator = allocator, .error = error};
    exact.offsets = dlc_allocate(allocator, classes->count, sizeof *exact.offsets);
    exact.counts = dlc_allocate(allocator, classes->count, sizeof *exact.counts);
    *picks = dlc_allocate(allocator, total, sizeof **picks);
    const dlc_status status = select_into(&exact, *picks);
    dlc_release(allocator, exact.offsets);
    dlc_release(allocator, exact.counts);
    if (status != DLC_OK) {
        dlc_release(allocator, *picks);
        *picks = NULL;
    }
    return status;
}
