/*
 * paper.c - the published selection (paper.h): its shares, its rounding and, with the numpy generator, its very draws.
 * The arithmetic is in double, operation by operation as Python does it. Called by flexrand.c.
 */
#include "flexrand/paper.h"

#include "base/rounding.h"
#include "dlc/flexrand.h"
#include "flexrand/mt19937.h"

#include <inttypes.h>
#include <stddef.h>

typedef struct dlc_paper {
    dlc_draw draw;
    double keep;
    dlc_mt19937 generator;
    uint32_t *permutation; /* [classes->largest] with the numpy generator, else NULL */
} dlc_paper;

/* Shares of a class to be drawn from its two intervals. */
static void interval_shares(double gamma, double keep, double shares[2]) {
    const int easy_is_small = gamma <= 0.5;
    const double smaller = easy_is_small ? gamma : 1 - gamma;
    const double limited = smaller < keep / 2 ? smaller : keep / 2;
    shares[DLC_INTERVAL_EASY] = easy_is_small ? limited : keep - limited;
    shares[DLC_INTERVAL_HARD] = easy_is_small ? keep - limited : limited;
}

/* What class c gives: from its easy and its hard interval, or in all (sizes[1] is 0) for the other methods. */
static void class_sizes(const dlc_paper *paper, int64_t c, int64_t sizes[2]) {
    const double n = (double)dlc_classes_size(paper->draw.classes, c);
    double shares[2] = {paper->keep, 0};
    if (paper->draw.options->method == DLC_METHOD_FLEXRAND)
        interval_shares(paper->draw.options->gamma, paper->keep, shares);
    sizes[0] = dlc_round_half_even(n * shares[0]);
    sizes[1] = dlc_round_half_even(n * shares[1]);
}

static dlc_status check_interval(dlc_error *error, int64_t label, int64_t size, const char *name, int64_t interval) {
    if (size <= interval)
        return DLC_OK;
    return dlc_fail(error, DLC_ERROR_DATA,
                    "class %" PRId64 ": %" PRId64 " samples to draw from %s interval of %" PRId64, label, size, name,
                    interval);
}

/* Adds up what the classes give, and refuses what an interval cannot give. */
static dlc_status count_picks(const dlc_paper *paper, dlc_error *error, int64_t *count) {
    const dlc_classes *classes = paper->draw.classes;
    *count = 0;
    for (int64_t c = 0; c < classes->count; c++) {
        int64_t sizes[2];
        class_sizes(paper, c, sizes);
        if (paper->draw.options->method == DLC_METHOD_FLEXRAND) {
            const int64_t cut = dlc_draw_cut(&paper->draw, c);
            DLC_TRY(check_interval(error, classes->labels[c], sizes[0], "an easy", cut));
            DLC_TRY(check_interval(error, classes->labels[c], sizes[1], "a hard", dlc_classes_size(classes, c) - cut));
        }
        *count += sizes[0] + sizes[1];
    }
    if (*count == 0)
        return dlc_fail(error, DLC_ERROR_ARGUMENT,
                        "keep %.10g of %" PRId64 " samples comes to 0 by the published rounding", paper->keep,
                        classes->samples);
    return DLC_OK;
}

/* numpy.random.choice(places, size, replace=False): permutes all of them, for size 0 too. items[i] is the i-th. */
static void choose(dlc_paper *paper, int64_t c, const dlc_radix_item *items, int64_t count, int64_t size,
                   dlc_pick *picks) {
    dlc_mt19937_permutation(&paper->generator, paper->permutation, count);
    for (int64_t i = 0; i < size; i++)
        picks[i] = dlc_draw_pick(&paper->draw, c, items[paper->permutation[i]].value);
}

/* The places of a part of a class, in order. */
static void list_places(dlc_radix_item *items, int64_t first, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        items[i].value = (uint32_t)(first + i);
}

static void draw_interval(dlc_paper *paper, int64_t c, int64_t first, int64_t count, int64_t size, dlc_pick *picks) {
    dlc_radix_item *items = paper->draw.room.items;
    if (paper->permutation) {
        list_places(items, first, count);
        choose(paper, c, items, count, size, picks);
        return;
    }
    dlc_draw_shuffle(items, &paper->draw, first, count, size);
    for (int64_t i = 0; i < size; i++)
        picks[i] = dlc_draw_pick(&paper->draw, c, items[i].value);
}

/* The published random selection draws from a class in the order of its ids, not of its scores. */
static void draw_whole_class(dlc_paper *paper, int64_t c, int64_t size, dlc_pick *picks) {
    const dlc_classes *classes = paper->draw.classes;
    const dlc_radix_room *room = &paper->draw.room;
    const int64_t n = dlc_classes_size(classes, c);
    list_places(room->items, classes->starts[c], n);
    for (int64_t i = 0; i < n; i++)
        room->items[i].key = dlc_classes_id_key(dlc_classes_id(classes, room->items[i].value));
    dlc_radix_sort(room->items, room->scratch, n, n);
    choose(paper, c, room->items, n, size, picks);
}

static void draw_class(dlc_paper *paper, int64_t c, const int64_t sizes[2], dlc_pick *picks) {
    const int64_t start = paper->draw.classes->starts[c];
    const int64_t n = dlc_classes_size(paper->draw.classes, c);
    const int64_t cut = dlc_draw_cut(&paper->draw, c);
    if (paper->draw.options->method == DLC_METHOD_FLEXRAND) {
        draw_interval(paper, c, start, cut, sizes[0], picks);
        draw_interval(paper, c, start + cut, n - cut, sizes[1], picks + sizes[0]);
    } else if (paper->draw.options->method == DLC_METHOD_RANDOM && paper->permutation) {
        draw_whole_class(paper, c, sizes[0], picks);
    } else {
        dlc_draw_class(&paper->draw, c, sizes[0], picks);
    }
}

static dlc_status select_with(dlc_paper *paper, const dlc_allocator *allocator, dlc_error *error, dlc_pick **picks,
                              int64_t *count) {
    const dlc_classes *classes = paper->draw.classes;
    if (paper->draw.options->rng == DLC_RNG_NUMPY) {
        dlc_mt19937_seed(&paper->generator, (uint32_t)paper->draw.options->seed);
        paper->permutation = dlc_allocate(allocator, classes->largest, sizeof *paper->permutation);
        if (!paper->permutation)
            return dlc_fail_memory(error, "drawing from a class");
    }
    *picks = dlc_allocate(allocator, *count, sizeof **picks);
    if (!*picks)
        return dlc_fail_memory(error, "the selection");
    int64_t drawn = 0;
    for (int64_t c = 0; c < classes->count; c++) {
        int64_t sizes[2];
        class_sizes(paper, c, sizes);
        draw_class(paper, c, sizes, *picks + drawn);
        drawn += sizes[0] + sizes[1];
    }
    return DLC_OK;
}

dlc_status dlc_paper_select(const dlc_classes *classes, const dlc_flexrand_options *options, double keep,
                            const dlc_allocator *allocator, dlc_error *error, dlc_pick **picks, int64_t *count) {
    dlc_paper paper = {.draw = {.classes = classes, .options = options}, .keep = keep};
    *picks = NULL;
    DLC_TRY(count_picks(&paper, error, count));
    DLC_TRY(dlc_draw_start(&paper.draw, classes, options, allocator, error));
    const dlc_status status = select_with(&paper, allocator, error, picks, count);
    dlc_release(allocator, paper.permutation);
    dlc_draw_release(&paper.draw, allocator);
    return status;
}
