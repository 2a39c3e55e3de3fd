/*
 * paper.c - the published selection (paper.h): its shares, its rounding and, with the numpy generator, its very draws.
 * The arithmetic is in double, operation by operation as Python does it. Called by flexrand.c.
 */
#include "flexrand/paper.h"

#include "base/rounding.h"
#include "dlc/flexrand.h"
#include "flexrand/draw.h"
#include "flexrand/ids.h"
#include "flexrand/mt19937.h"

#include <inttypes.h>
#include <stddef.h>

typedef struct dlc_paper {
    dlc_draw draw;
    double keep;
    dlc_mt19937 generator;
    uint32_t *permutation; /* [classes->largest] with the numpy generator, else NULL */
} dlc_paper;

/* What class c gives with method flexrand: sizes[DLC_INTERVAL_*]. */
static void interval_sizes(const dlc_paper *paper, int64_t c, int64_t sizes[2]) {
    const double gamma = paper->draw.options->gamma;
    const double half = paper->keep / 2;
    double easy, hard;
    if (gamma <= 0.5) {
        easy = gamma < half ? gamma : half;
        hard = paper->keep - easy;
    } else {
        hard = 1 - gamma < half ? 1 - gamma : half;
        easy = paper->keep - hard;
    }
    const double n = (double)dlc_classes_size(paper->draw.classes, c);
    sizes[DLC_INTERVAL_EASY] = dlc_round_half_even(n * easy);
    sizes[DLC_INTERVAL_HARD] = dlc_round_half_even(n * hard);
}

static dlc_status count_class(const dlc_paper *paper, dlc_error *error, int64_t c, int64_t *count) {
    const dlc_classes *classes = paper->draw.classes;
    const int64_t n = dlc_classes_size(classes, c);
    if (paper->draw.options->method != DLC_METHOD_FLEXRAND) {
        *count = dlc_round_half_even((double)n * paper->keep);
        return DLC_OK;
    }
    const int64_t cut = dlc_selection_cut(classes, paper->draw.options->gamma, c);
    int64_t sizes[2];
    interval_sizes(paper, c, sizes);
    *count = sizes[DLC_INTERVAL_EASY] + sizes[DLC_INTERVAL_HARD];
    /* The easy share is never above gamma, so that its interval suffices; two roundings up can overdraw the hard one.
     */
    if (sizes[DLC_INTERVAL_HARD] > n - cut)
        return dlc_fail(error, DLC_ERROR_DATA,
                        "class %" PRId64 ": %" PRId64 " samples to draw from a hard interval of %" PRId64,
                        classes->labels[c], sizes[DLC_INTERVAL_HARD], n - cut);
    return DLC_OK;
}

/* numpy.random.choice(places, size, replace=False): permutes all of them, for size 0 too. */
static void choose(dlc_paper *paper, const dlc_radix_item *items, int64_t count, int64_t size, uint32_t *places) {
    dlc_mt19937_permutation(&paper->generator, paper->permutation, count);
    for (int64_t i = 0; i < size; i++)
        places[i] = items[paper->permutation[i]].value;
}

static void list_places(dlc_radix_item *items, int64_t first, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        items[i].value = (uint32_t)(first + i);
}

static void draw_interval(dlc_paper *paper, int64_t first, int64_t count, int64_t size, uint32_t *places) {
    dlc_radix_item *items = paper->draw.room.items;
    if (paper->permutation) {
        list_places(items, first, count);
        choose(paper, items, count, size, places);
        return;
    }
    dlc_draw_shuffle(items, &paper->draw, first, count, size);
    for (int64_t i = 0; i < size; i++)
        places[i] = items[i].value;
}

/* From the class in the order of its ids, not of its scores. */
static void choose_from_class(dlc_paper *paper, int64_t c, int64_t size, uint32_t *places) {
    const dlc_classes *classes = paper->draw.classes;
    const dlc_radix_room *room = &paper->draw.room;
    const int64_t n = dlc_classes_size(classes, c);
    list_places(room->items, classes->starts[c], n);
    for (int64_t i = 0; i < n; i++)
        room->items[i].key = dlc_ids_key(dlc_classes_id(classes, room->items[i].value));
    dlc_radix_sort(room->items, room->scratch, n, n);
    choose(paper, room->items, n, size, places);
}

static void draw_class(dlc_paper *paper, int64_t c, int64_t count, uint32_t *places) {
    const dlc_classes *classes = paper->draw.classes;
    const dlc_flexrand_options *options = paper->draw.options;
    if (options->method == DLC_METHOD_FLEXRAND) {
        const int64_t start = classes->starts[c];
        const int64_t cut = dlc_selection_cut(classes, options->gamma, c);
        int64_t sizes[2];
        interval_sizes(paper, c, sizes);
        draw_interval(paper, start, cut, sizes[DLC_INTERVAL_EASY], places);
        draw_interval(paper, start + cut, dlc_classes_size(classes, c) - cut, sizes[DLC_INTERVAL_HARD],
                      places + sizes[DLC_INTERVAL_EASY]);
    } else if (options->method == DLC_METHOD_RANDOM && paper->permutation) {
        choose_from_class(paper, c, count, places);
    } else {
        dlc_draw_class(&paper->draw, c, count, places);
    }
}

static dlc_status set_counts(const dlc_paper *paper, dlc_selection *selection, dlc_error *error) {
    const dlc_classes *classes = paper->draw.classes;
    for (int64_t c = 0; c < classes->count; c++) {
        DLC_TRY(count_class(paper, error, c, &selection->counts[c]));
        selection->count += selection->counts[c];
    }
    if (selection->count == 0)
        return dlc_fail(error, DLC_ERROR_ARGUMENT,
                        "keep %.10g of %" PRId64 " samples comes to 0 by the published rounding", paper->keep,
                        classes->samples);
    return DLC_OK;
}

static void draw_places(dlc_paper *paper, const dlc_selection *selection) {
    uint32_t *places = selection->places;
    for (int64_t c = 0; c < paper->draw.classes->count; c++) {
        draw_class(paper, c, selection->counts[c], places);
        places += selection->counts[c];
    }
}

dlc_status dlc_paper_select(dlc_selection *selection, const dlc_classes *classes, const dlc_flexrand_options *options,
                            double keep, const dlc_allocator *allocator, dlc_error *error) {
    dlc_paper paper = {.draw = {.classes = classes, .options = options}, .keep = keep};
    selection->gamma = options->gamma;
    selection->counts = dlc_allocate(allocator, classes->count, sizeof *selection->counts);
    if (!selection->counts)
        return dlc_fail_memory(error, "the selection");
    DLC_TRY(set_counts(&paper, selection, error));
    selection->places = dlc_allocate(allocator, selection->count, sizeof *selection->places);
    if (!selection->places)
        return dlc_fail_memory(error, "the selection");
    DLC_TRY(dlc_draw_start(&paper.draw, classes, options, allocator, error));
    dlc_status status = DLC_OK;
    if (options->rng == DLC_RNG_NUMPY) {
        dlc_mt19937_seed(&paper.generator, (uint32_t)options->seed);
        paper.permutation = dlc_allocate(allocator, classes->largest, sizeof *paper.permutation);
        if (!paper.permutation)
            status = dlc_fail_memory(error, "drawing from a class");
    }
    if (status == DLC_OK)
        draw_places(&paper, selection);
    dlc_release(allocator, paper.permutation);
    dlc_draw_release(&paper.draw, allocator);
    return status;
}
