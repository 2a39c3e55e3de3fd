/*
 * draw.c - picks inside one class (draw.h): shuffles of intervals, the two intervals by turns, easiest and hardest
 * first. Knows nothing of how many each class gives. Called by exact.c and paper.c.
 */
#include "flexrand/draw.h"

#include "base/philox.h"
#include "dlc/flexrand.h"

dlc_status dlc_draw_start(dlc_draw *draw, const dlc_classes *classes, const dlc_flexrand_options *options,
                          const dlc_allocator *allocator, dlc_error *error) {
    *draw = (dlc_draw){.classes = classes, .options = options};
    if (!dlc_radix_room_get(&draw->room, allocator, classes->largest))
        return dlc_fail_memory(error, "drawing from a class");
    return DLC_OK;
}

void dlc_draw_release(const dlc_draw *draw, const dlc_allocator *allocator) {
    dlc_radix_room_release(&draw->room, allocator);
}

void dlc_draw_shuffle(dlc_radix_item *items, const dlc_draw *draw, int64_t first, int64_t size, int64_t wanted) {
    if (wanted == 0)
        return;
    for (int64_t i = 0; i < size; i++) {
        const uint64_t id = (uint64_t)dlc_classes_id(draw->classes, first + i);
        items[i].key = dlc_philox_bits(draw->options->seed, DLC_STREAM_SHUFFLE, id);
        items[i].value = (uint32_t)(first + i);
    }
    dlc_radix_sort(items, draw->room.scratch, size, wanted);
}

/* The intervals take turns until one is used up, then the other goes on. */
static void draw_by_turns(const dlc_draw *draw, int64_t c, int64_t wanted, uint32_t *places) {
    const dlc_classes *classes = draw->classes;
    const int64_t start = classes->starts[c];
    const int64_t cut = dlc_selection_cut(classes, draw->options->gamma, c);
    const int64_t sizes[2] = {cut, dlc_classes_size(classes, c) - cut};
    const uint64_t label = (uint64_t)classes->labels[c];
    const int starter = (int)(dlc_philox_bits(draw->options->seed, DLC_STREAM_COIN, label) & 1);

    int64_t shares[2] = {0, 0};
    shares[starter] = (wanted + 1) / 2;
    if (shares[starter] > sizes[starter])
        shares[starter] = sizes[starter];
    if (shares[starter] < wanted - sizes[!starter])
        shares[starter] = wanted - sizes[!starter];
    shares[!starter] = wanted - shares[starter];

    dlc_radix_item *intervals[2] = {draw->room.items, draw->room.items + cut};
    dlc_draw_shuffle(intervals[DLC_INTERVAL_EASY], draw, start, sizes[0], shares[0]);
    dlc_draw_shuffle(intervals[DLC_INTERVAL_HARD], draw, start + cut, sizes[1], shares[1]);
    int64_t taken[2] = {0, 0};
    for (int64_t i = 0; i < wanted; i++) {
        int turn = i % 2 == 0 ? starter : !starter;
        if (taken[turn] == shares[turn])
            turn = !turn;
        places[i] = intervals[turn][taken[turn]++].value;
    }
}

/* From the last place down, but upwards in each run of equal scores, so that ties go to the lower id. */
static void draw_hardest(const dlc_draw *draw, int64_t c, int64_t wanted, uint32_t *places) {
    int64_t drawn = 0;
    for (int64_t end = draw->classes->starts[c + 1]; drawn < wanted;) {
        int64_t run = end - 1;
        while (dlc_classes_tied(draw->classes, run))
            run--;
        for (int64_t place = run; place < end && drawn < wanted; place++)
            places[drawn++] = (uint32_t)place;
        end = run;
    }
}

void dlc_draw_class(const dlc_draw *draw, int64_t c, int64_t wanted, uint32_t *places) {
    const int64_t start = draw->classes->starts[c];
    switch (draw->options->method) {
    case DLC_METHOD_EASY:
        for (int64_t i = 0; i < wanted; i++)
            places[i] = (uint32_t)(start + i);
        break;
    case DLC_METHOD_HARD:
        draw_hardest(draw, c, wanted, places);
        break;
    case DLC_METHOD_RANDOM:
        dlc_draw_shuffle(draw->room.items, draw, start, dlc_classes_size(draw->classes, c), wanted);
        for (int64_t i = 0; i < wanted; i++)
            places[i] = draw->room.items[i].value;
        break;
    default: /* DLC_METHOD_FLEXRAND */
        draw_by_turns(draw, c, wanted, places);
        break;
    }
}
