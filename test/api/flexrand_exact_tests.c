/*
 * flexrand_exact_tests.c - what dlc/flexrand.h promises of the exact budget: exact totals (guarantee G3), one share for
 * all classes, larger budgets that contain smaller ones, intervals by turns, fair and uniform draws, floors, and
 * subsets that do not depend on the order of the input. Every pick order is also held against flexrand_twin.h.
 */
#include "support.h"

#include "flexrand_twin.h"

#include <math.h>
#include <stdlib.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

typedef struct data_set {
    int64_t count;
    int64_t *labels;
    float *scores;
    int64_t *ids;
} data_set;

typedef struct picks {
    int64_t count;
    int64_t *indices;
    int32_t *intervals;
} picks;

static void *checked_malloc(int64_t count, size_t size) {
    void *block = malloc((size_t)count * size + 1);
    ck_assert_ptr_nonnull(block);
    return block;
}

/* Classes 0, 1, ... of the sizes given, in mixed order, with scores in steps of 1/granularity (so that many tie). */
static data_set make_data(const int64_t *sizes, int64_t classes, double granularity, uint64_t state) {
    data_set data = {0};
    for (int64_t c = 0; c < classes; c++)
        data.count += sizes[c];
    data.labels = checked_malloc(data.count, sizeof *data.labels);
    data.scores = checked_malloc(data.count, sizeof *data.scores);
    data.ids = checked_malloc(data.count, sizeof *data.ids);
    int64_t made = 0;
    for (int64_t c = 0; c < classes; c++)
        for (int64_t i = 0; i < sizes[c]; i++)
            data.labels[made++] = c;
    for (int64_t i = data.count - 1; i >= 0; i--) {
        const int64_t j = (int64_t)(test_uniform(&state) * (double)(i + 1));
        const int64_t label = data.labels[i];
        data.labels[i] = data.labels[j];
        data.labels[j] = label;
        data.scores[i] = (float)(floor(test_uniform(&state) * granularity) / granularity - 0.5);
        /* Different, of both signs and far apart. */
        data.ids[i] = (int64_t)((uint64_t)i * UINT64_C(0x9E3779B97F4A7C15));
    }
    return data;
}

static void free_data(data_set *data) {
    free(data->labels);
    free(data->scores);
    free(data->ids);
}

static dlc_flexrand *open_data(const data_set *data, int with_ids) {
    dlc_flexrand *flexrand = NULL;
    ck_ok(dlc_flexrand_create(NULL, &flexrand), "create");
    ck_ok(dlc_flexrand_set_samples(flexrand, data->count, data->labels, data->scores, with_ids ? data->ids : NULL),
          dlc_flexrand_message(flexrand));
    return flexrand;
}

static void set_options(dlc_flexrand *flexrand, const twin_options *options) {
    ck_ok(dlc_flexrand_set_method(flexrand, options->method), dlc_flexrand_message(flexrand));
    ck_ok(dlc_flexrand_set_gamma(flexrand, options->gamma), dlc_flexrand_message(flexrand));
    ck_ok(dlc_flexrand_set_seed(flexrand, options->seed), dlc_flexrand_message(flexrand));
    ck_ok(dlc_flexrand_set_floor(flexrand, options->floor), dlc_flexrand_message(flexrand));
}

/* The current selection in an order. */
static picks get(dlc_flexrand *flexrand, int32_t order) {
    picks got = {.count = dlc_flexrand_selected_count(flexrand)};
    ck_assert_int_gt(got.count, 0);
    got.indices = checked_malloc(got.count, sizeof *got.indices);
    got.intervals = checked_malloc(got.count, sizeof *got.intervals);
    ck_ok(dlc_flexrand_get_selection(flexrand, order, got.indices, got.intervals), dlc_flexrand_message(flexrand));
    return got;
}

static picks select_count(dlc_flexrand *flexrand, int64_t count) {
    ck_ok(dlc_flexrand_select_count(flexrand, count), dlc_flexrand_message(flexrand));
    ck_assert_int_eq(dlc_flexrand_selected_count(flexrand), count);
    return get(flexrand, DLC_ORDER_PICK);
}

static void free_picks(picks *got) {
    free(got->indices);
    free(got->intervals);
}

/* ---- Against the twin ---- */

static const struct {
    int64_t classes;
    int64_t sizes[12];
    double granularity;
} shapes[] = {
    {1, {1}, 10},
    {1, {60}, 5},
    {2, {1, 4}, 10},
    {5, {1, 1, 1, 1, 1}, 10},
    {6, {30, 7, 7, 7, 1, 2}, 8},
    {12, {3, 40, 1, 17, 8, 8, 90, 2, 5, 33, 1, 64}, 1e6},
    {3, {100, 100, 100}, 1}, /* all scores tie */
    {2, {700, 3}, 1e6},
};

static void compare_with_twin(const data_set *data, int with_ids, const twin_options *options, twin_pick *expected) {
    const twin_samples samples = {data->count, data->labels, data->scores, with_ids ? data->ids : NULL};
    twin_pick_order(&samples, options, expected);
    dlc_flexrand *flexrand = open_data(data, with_ids);
    set_options(flexrand, options);
    int64_t granted = 1;
    for (int64_t i = 0; i < data->count; i++)
        granted += expected[i].granted && i > 0;
    for (int64_t budget = granted; budget <= data->count; budget += 1 + (data->count - budget) / 3) {
        picks got = select_count(flexrand, budget);
        int64_t same = 0; /* one check in all: Check writes a record of each */
        while (same < budget && got.indices[same] == expected[same].index &&
               got.intervals[same] == expected[same].interval)
            same++;
        ck_assert_msg(same == budget, "method %d, gamma %g, floor %d: pick %d of %d is another", (int)options->method,
                      options->gamma, (int)options->floor, (int)same, (int)budget);
        free_picks(&got);
    }
    dlc_flexrand_free(flexrand);
}

START_TEST(pick_order_is_the_twins) {
    static const double gammas[] = {0.001, 0.3, 0.5, 0.62, 0.999};
    static const int64_t floors[] = {0, 1, 3, 1000};
    data_set data = make_data(shapes[_i].sizes, shapes[_i].classes, shapes[_i].granularity, 77);
    twin_pick *expected = checked_malloc(data.count, sizeof *expected);
    for (int32_t method = DLC_METHOD_FLEXRAND; method <= DLC_METHOD_RANDOM; method++)
        for (int g = 0; g < COUNT(gammas); g++)
            for (int f = 0; f < COUNT(floors); f++)
                for (uint64_t seed = 0; seed < 6; seed++) {
                    const twin_options options = {method, gammas[g], seed * UINT64_C(0x123456789abcdef), floors[f]};
                    compare_with_twin(&data, seed % 2 == 1, &options, expected);
                }
    free(expected);
    free_data(&data);
}
END_TEST

/* So many samples that the library copies the pick order out in several parts. */
START_TEST(long_pick_order_is_the_twins) {
    static const int64_t sizes[] = {9000, 50, 1, 6000};
    data_set data = make_data(sizes, COUNT(sizes), 1e6, 78);
    twin_pick *expected = checked_malloc(data.count, sizeof *expected);
    for (uint64_t seed = 0; seed < 4; seed++) {
        const twin_options options = {DLC_METHOD_FLEXRAND, 0.4, seed, seed % 2 == 0 ? 0 : 4000};
        compare_with_twin(&data, seed >= 2, &options, expected);
    }
    free(expected);
    free_data(&data);
}
END_TEST

/* Ascending order is the same set with the same intervals. */
START_TEST(ascending_order_is_the_same_set) {
    data_set data = make_data(shapes[5].sizes, shapes[5].classes, 100, 5);
    dlc_flexrand *flexrand = open_data(&data, 1);
    ck_ok(dlc_flexrand_select_keep(flexrand, 0.4), dlc_flexrand_message(flexrand));
    picks by_index = get(flexrand, DLC_ORDER_INDEX);
    picks by_pick = get(flexrand, DLC_ORDER_PICK);
    int32_t *interval_of = checked_malloc(data.count, sizeof *interval_of);
    for (int64_t i = 0; i < data.count; i++)
        interval_of[i] = -1;
    for (int64_t i = 0; i < by_pick.count; i++)
        interval_of[by_pick.indices[i]] = by_pick.intervals[i];
    int64_t found = 0;
    for (int64_t i = 0; i < data.count; i++)
        if (interval_of[i] >= 0) {
            ck_assert_int_eq(by_index.indices[found], i);
            ck_assert_int_eq(by_index.intervals[found++], interval_of[i]);
        }
    ck_assert_int_eq(found, by_index.count);
    free(interval_of);
    free_picks(&by_index);
    free_picks(&by_pick);
    dlc_flexrand_free(flexrand);
    free_data(&data);
}
END_TEST

/* ---- Properties, whatever the implementation ---- */

static void count_per_class(const data_set *data, const picks *got, int64_t *counts, int64_t classes) {
    memset(counts, 0, (size_t)classes * sizeof *counts);
    for (int64_t i = 0; i < got->count; i++)
        counts[data->labels[got->indices[i]]]++;
}

/* There is a share t with every class's count within one of t * n: the ranges [(k - 1) / n, (k + 1) / n] meet. */
static void check_one_share(const int64_t *sizes, const int64_t *counts, int64_t classes) {
    double low = 0, high = 1;
    for (int64_t c = 0; c < classes; c++) {
        ck_assert_int_le(counts[c], sizes[c]);
        low = fmax(low, (double)(counts[c] - 1) / (double)sizes[c]);
        high = fmin(high, (double)(counts[c] + 1) / (double)sizes[c]);
    }
    ck_assert_double_le(low, high + 1e-12);
}

enum { SIZES = 300 };

/* Class sizes 1 to 300; gamma 0.05, 0.10, ... 0.95 (the loop); keep 0.1, 0.2, ... 0.9. */
START_TEST(totals_shares_and_prefixes) {
    int64_t sizes[SIZES], counts[SIZES];
    for (int64_t c = 0; c < SIZES; c++)
        sizes[c] = c + 1;
    data_set data = make_data(sizes, SIZES, 1e6, 1);
    dlc_flexrand *flexrand = open_data(&data, 0);
    ck_ok(dlc_flexrand_set_gamma(flexrand, _i * 0.05), dlc_flexrand_message(flexrand));
    ck_ok(dlc_flexrand_set_seed(flexrand, (uint64_t)_i), dlc_flexrand_message(flexrand));
    picks smaller = {0};
    for (int k = 1; k <= 9; k++) {
        ck_ok(dlc_flexrand_select_keep(flexrand, k / 10.0), dlc_flexrand_message(flexrand));
        picks got = get(flexrand, DLC_ORDER_PICK);
        ck_assert_int_eq(got.count, (int64_t)rint(k / 10.0 * (double)data.count));
        count_per_class(&data, &got, counts, SIZES);
        check_one_share(sizes, counts, SIZES);
        ck_assert_mem_eq(got.indices, smaller.count ? smaller.indices : got.indices,
                         (size_t)smaller.count * sizeof *got.indices);
        free_picks(&smaller);
        smaller = got;
    }
    free_picks(&smaller);
    dlc_flexrand_free(flexrand);
    free_data(&data);
}
END_TEST

/* Every budget from one sample to all, on classes of unlike sizes: exact, nested, one share; without any twin. */
START_TEST(every_prefix) {
    static const int64_t sizes[] = {1, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 55, 1, 200};
    enum { CLASSES = COUNT(sizes) };
    int64_t counts[CLASSES];
    data_set data = make_data(sizes, CLASSES, 1e6, 2);
    dlc_flexrand *flexrand = open_data(&data, 1);
    ck_ok(dlc_flexrand_set_seed(flexrand, (uint64_t)_i), dlc_flexrand_message(flexrand));
    picks all = select_count(flexrand, data.count);
    uint8_t *seen = checked_malloc(data.count, 1);
    memset(seen, 0, (size_t)data.count);
    for (int64_t i = 0; i < all.count; i++)
        ck_assert_int_eq(seen[all.indices[i]]++, 0);
    for (int64_t budget = 1; budget <= data.count; budget++) {
        picks got = select_count(flexrand, budget);
        ck_assert_mem_eq(got.indices, all.indices, (size_t)budget * sizeof *got.indices);
        ck_assert_mem_eq(got.intervals, all.intervals, (size_t)budget * sizeof *got.intervals);
        count_per_class(&data, &got, counts, CLASSES);
        check_one_share(sizes, counts, CLASSES);
        free_picks(&got);
    }
    free(seen);
    free_picks(&all);
    dlc_flexrand_free(flexrand);
    free_data(&data);
}
END_TEST

/* In each class the intervals alternate until one is used up. */
START_TEST(intervals_take_turns) {
    static const int64_t sizes[] = {1, 2, 3, 10, 41, 100};
    data_set data = make_data(sizes, COUNT(sizes), 1e6, 3);
    dlc_flexrand *flexrand = open_data(&data, 0);
    const double gamma = _i * 0.05;
    ck_ok(dlc_flexrand_set_gamma(flexrand, gamma), dlc_flexrand_message(flexrand));
    picks all = select_count(flexrand, data.count);
    for (int64_t c = 0; c < COUNT(sizes); c++) {
        const int64_t cut = (int64_t)rint(gamma * (double)sizes[c]);
        const int64_t both = 2 * (cut < sizes[c] - cut ? cut : sizes[c] - cut);
        int64_t taken[2] = {0, 0}, place = 0;
        int32_t previous = -1;
        for (int64_t i = 0; i < all.count; i++)
            if (data.labels[all.indices[i]] == c) {
                ck_assert(place == 0 || place >= both || all.intervals[i] != previous);
                previous = all.intervals[i];
                taken[previous]++;
                place++;
            }
        ck_assert_int_eq(taken[DLC_INTERVAL_EASY], cut);
        ck_assert_int_eq(taken[DLC_INTERVAL_HARD], sizes[c] - cut);
    }
    free_picks(&all);
    dlc_flexrand_free(flexrand);
    free_data(&data);
}
END_TEST

/* The larger scores of each class are in the hard interval. */
START_TEST(intervals_follow_the_scores) {
    static const int64_t sizes[] = {9, 40, 3};
    data_set data = make_data(sizes, COUNT(sizes), 1e6, 4);
    dlc_flexrand *flexrand = open_data(&data, 0);
    ck_ok(dlc_flexrand_set_method(flexrand, _i), dlc_flexrand_message(flexrand));
    ck_ok(dlc_flexrand_set_gamma(flexrand, 0.4), dlc_flexrand_message(flexrand));
    picks all = select_count(flexrand, data.count);
    for (int64_t i = 0; i < all.count; i++) {
        const int64_t sample = all.indices[i], label = data.labels[sample];
        int64_t easier = 0;
        for (int64_t j = 0; j < data.count; j++)
            easier += data.labels[j] == label && data.scores[j] < data.scores[sample];
        const int easy = easier < (int64_t)rint(0.4 * (double)sizes[label]);
        ck_assert_int_eq(all.intervals[i], easy ? DLC_INTERVAL_EASY : DLC_INTERVAL_HARD);
    }
    free_picks(&all);
    dlc_flexrand_free(flexrand);
    free_data(&data);
}
END_TEST

/* ---- Chance ---- */

/* How often each sample is among the first `budget` picks, over seeds 0..seeds-1. */
static void inclusion(const data_set *data, double gamma, int64_t budget, int seeds, int64_t *hits) {
    dlc_flexrand *flexrand = open_data(data, 0);
    ck_ok(dlc_flexrand_set_gamma(flexrand, gamma), dlc_flexrand_message(flexrand));
    memset(hits, 0, (size_t)data->count * sizeof *hits);
    for (int seed = 0; seed < seeds; seed++) {
        ck_ok(dlc_flexrand_set_seed(flexrand, (uint64_t)seed), dlc_flexrand_message(flexrand));
        picks got = select_count(flexrand, budget);
        for (int64_t i = 0; i < budget; i++)
            hits[got.indices[i]]++;
        free_picks(&got);
    }
    dlc_flexrand_free(flexrand);
}

/* A small class gives as many picks as its share of the samples says, within 0.03 a sample. */
START_TEST(small_classes_are_drawn_without_bias) {
    static const struct {
        int64_t classes, sizes[6], budget;
    } cases[] = {{5, {1, 1, 1, 1, 1}, 1},          {5, {1, 1, 1, 1, 1}, 3}, {2, {1, 4}, 1},      {2, {1, 4}, 2},
                 {6, {1, 60, 60, 60, 60, 59}, 30}, {4, {1, 2, 3, 94}, 10},  {3, {1, 300, 2}, 91}};
    enum { SEEDS = 20000 };
    data_set data = make_data(cases[_i].sizes, cases[_i].classes, 1e6, 6);
    int64_t *hits = checked_malloc(data.count, sizeof *hits);
    inclusion(&data, 0.5, cases[_i].budget, SEEDS, hits);
    const double share = (double)cases[_i].budget / (double)data.count;
    for (int64_t c = 0; c < cases[_i].classes && cases[_i].sizes[c] <= 3; c++) {
        int64_t drawn = 0;
        for (int64_t i = 0; i < data.count; i++)
            drawn += data.labels[i] == c ? hits[i] : 0;
        const double rate = (double)drawn / SEEDS / (double)cases[_i].sizes[c];
        ck_assert_msg(fabs(rate - share) < 0.03, "class of %d: %f of it, share %f", (int)cases[_i].sizes[c], rate,
                      share);
    }
    free(hits);
    free_data(&data);
}
END_TEST

/* Chi-square over how often each sample of an interval of 20 is among 5 drawn: 19 degrees of freedom, 99.9 % quantile
 * 43.8. Draws without replacement vary less than independent ones, by (1 - 5/20) * 20/19. */
START_TEST(draws_in_an_interval_are_uniform) {
    enum { SEEDS = 20000, INTERVAL = 20, DRAWN = 5 };
    static const int64_t sizes[] = {2 * INTERVAL};
    data_set data = make_data(sizes, 1, 1e6, 8);
    int64_t hits[2 * INTERVAL];
    inclusion(&data, 0.5, 2 * DRAWN, SEEDS, hits);
    double chi_square[2] = {0, 0};
    const double expected = (double)SEEDS * DRAWN / INTERVAL;
    for (int64_t i = 0; i < data.count; i++) {
        int64_t easier = 0;
        for (int64_t j = 0; j < data.count; j++)
            easier += data.scores[j] < data.scores[i];
        const double off = (double)hits[i] - expected;
        chi_square[easier >= INTERVAL] += off * off / expected;
    }
    const double factor = (1.0 - (double)DRAWN / INTERVAL) * INTERVAL / (INTERVAL - 1.0);
    ck_assert_double_lt(chi_square[0] / factor, 43.8);
    ck_assert_double_lt(chi_square[1] / factor, 43.8);
    free_data(&data);
}
END_TEST

/* The very first pick of a class: a fair coin between the intervals, and uniform inside them (9 degrees of freedom,
 * 99.9 % quantile 27.9). */
START_TEST(first_pick_is_fair) {
    enum { SEEDS = 20000, SIZE = 10 };
    static const int64_t sizes[] = {SIZE};
    data_set data = make_data(sizes, 1, 1e6, 9);
    int64_t hits[SIZE];
    inclusion(&data, 0.5, 1, SEEDS, hits);
    double chi_square = 0;
    const double expected = (double)SEEDS / SIZE;
    for (int i = 0; i < SIZE; i++)
        chi_square += ((double)hits[i] - expected) * ((double)hits[i] - expected) / expected;
    ck_assert_double_lt(chi_square, 27.9);
    free_data(&data);
}
END_TEST

/* ---- Order of input, labels, scores ---- */

/* The same samples in another order, with their ids: the same picks in the same order. */
START_TEST(ids_make_the_order_of_input_irrelevant) {
    data_set data = make_data(shapes[5].sizes, shapes[5].classes, 6, 10);
    data_set turned = make_data(shapes[5].sizes, shapes[5].classes, 6, 10);
    uint64_t state = 11;
    for (int64_t i = data.count - 1; i > 0; i--) {
        const int64_t j = (int64_t)(test_uniform(&state) * (double)(i + 1));
        const int64_t label = turned.labels[i], id = turned.ids[i];
        const float score = turned.scores[i];
        turned.labels[i] = turned.labels[j], turned.ids[i] = turned.ids[j], turned.scores[i] = turned.scores[j];
        turned.labels[j] = label, turned.ids[j] = id, turned.scores[j] = score;
    }
    dlc_flexrand *first = open_data(&data, 1);
    dlc_flexrand *second = open_data(&turned, 1);
    for (int32_t budget = DLC_BUDGET_EXACT; budget <= DLC_BUDGET_PAPER; budget++) {
        const twin_options options = {_i, 0.35, 12, 0};
        set_options(first, &options);
        set_options(second, &options);
        ck_ok(dlc_flexrand_set_budget(first, budget), dlc_flexrand_message(first));
        ck_ok(dlc_flexrand_set_budget(second, budget), dlc_flexrand_message(second));
        ck_ok(dlc_flexrand_select_keep(first, 0.4), dlc_flexrand_message(first));
        ck_ok(dlc_flexrand_select_keep(second, 0.4), dlc_flexrand_message(second));
        picks a = get(first, DLC_ORDER_PICK), b = get(second, DLC_ORDER_PICK);
        ck_assert_int_eq(a.count, b.count);
        for (int64_t i = 0; i < a.count; i++) {
            ck_assert_int_eq(data.ids[a.indices[i]], turned.ids[b.indices[i]]);
            ck_assert_int_eq(a.intervals[i], b.intervals[i]);
        }
        free_picks(&a);
        free_picks(&b);
    }
    dlc_flexrand_free(first);
    dlc_flexrand_free(second);
    free_data(&data);
    free_data(&turned);
}
END_TEST

/* Labels and ids at the ends of their ranges; more labels than a small table has room for. */
START_TEST(any_labels_and_ids) {
    enum { SAMPLES = 600 };
    data_set data = make_data((const int64_t[]){SAMPLES}, 1, 50, 13);
    for (int64_t i = 0; i < SAMPLES; i++)
        data.labels[i] = i % 3 == 0   ? INT64_MAX - i % 60
                         : i % 3 == 1 ? (INT64_C(1) << 62) + (i % 30) * (INT64_C(1) << 40)
                                      : i % 90 * 4096;
    data.ids[0] = INT64_MIN;
    data.ids[1] = INT64_MAX;
    twin_pick *expected = checked_malloc(SAMPLES, sizeof *expected);
    for (uint64_t seed = 0; seed < 4; seed++) {
        const twin_options options = {_i, 0.4, seed, (int64_t)seed};
        compare_with_twin(&data, seed % 2 == 0, &options, expected);
    }
    free(expected);
    free_data(&data);
}
END_TEST

/* Infinities sort, -0 ties with 0, denormals are numbers of their own. */
START_TEST(unusual_scores) {
    static const int64_t labels[8] = {0};
    static const float scores[8] = {0.0F, INFINITY, -0.0F, 1e-45F, -INFINITY, -1e-45F, -0.0F, 0.0F};
    static const int64_t easiest_first[8] = {4, 5, 0, 2, 6, 7, 3, 1};
    static const int64_t hardest_first[8] = {1, 3, 0, 2, 6, 7, 5, 4};
    const data_set data = {.count = 8, .labels = (int64_t *)(uintptr_t)labels, .scores = (float *)(uintptr_t)scores};
    dlc_flexrand *flexrand = open_data(&data, 0);
    ck_ok(dlc_flexrand_set_method(flexrand, DLC_METHOD_EASY), dlc_flexrand_message(flexrand));
    picks got = select_count(flexrand, 8);
    ck_assert_mem_eq(got.indices, easiest_first, sizeof easiest_first);
    free_picks(&got);
    ck_ok(dlc_flexrand_set_method(flexrand, DLC_METHOD_HARD), dlc_flexrand_message(flexrand));
    got = select_count(flexrand, 8);
    ck_assert_mem_eq(got.indices, hardest_first, sizeof hardest_first);
    free_picks(&got);
    dlc_flexrand_free(flexrand);
}
END_TEST

/* ---- Floors ---- */

START_TEST(floor_is_given_first) {
    static const int64_t sizes[] = {1, 2, 5, 300, 300};
    int64_t counts[COUNT(sizes)];
    data_set data = make_data(sizes, COUNT(sizes), 1e6, 14);
    dlc_flexrand *flexrand = open_data(&data, 0);
    ck_ok(dlc_flexrand_set_floor(flexrand, 3), dlc_flexrand_message(flexrand));
    for (int64_t budget = 1 + 2 + 3 * 3; budget <= data.count; budget += 7) {
        picks got = select_count(flexrand, budget);
        count_per_class(&data, &got, counts, COUNT(sizes));
        for (int c = 0; c < COUNT(sizes); c++)
            ck_assert_int_ge(counts[c], sizes[c] < 3 ? sizes[c] : 3);
        free_picks(&got);
    }
    dlc_flexrand_free(flexrand);
    free_data(&data);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("flexrand, exact budget");
    TCase *order = tcase_create("pick order");
    tcase_set_timeout(order, 120);
    tcase_add_loop_test(order, pick_order_is_the_twins, 0, COUNT(shapes));
    tcase_add_test(order, long_pick_order_is_the_twins);
    tcase_add_test(order, ascending_order_is_the_same_set);
    suite_add_tcase(suite, order);
    TCase *properties = tcase_create("properties");
    tcase_set_timeout(properties, 120);
    tcase_add_loop_test(properties, totals_shares_and_prefixes, 1, 20);
    tcase_add_loop_test(properties, every_prefix, 0, 10);
    tcase_add_loop_test(properties, intervals_take_turns, 1, 20);
    tcase_add_loop_test(properties, intervals_follow_the_scores, 0, 4);
    tcase_add_test(properties, floor_is_given_first);
    suite_add_tcase(suite, properties);
    TCase *chance = tcase_create("chance");
    tcase_set_timeout(chance, 120);
    tcase_add_loop_test(chance, small_classes_are_drawn_without_bias, 0, 7);
    tcase_add_test(chance, draws_in_an_interval_are_uniform);
    tcase_add_test(chance, first_pick_is_fair);
    suite_add_tcase(suite, chance);
    TCase *input = tcase_create("input");
    tcase_set_timeout(input, 60);
    tcase_add_loop_test(input, ids_make_the_order_of_input_irrelevant, 0, 4);
    tcase_add_loop_test(input, any_labels_and_ids, 0, 4);
    tcase_add_test(input, unusual_scores);
    suite_add_tcase(suite, input);
    return suite;
}
