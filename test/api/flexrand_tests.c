/*
 * flexrand_tests.c - dlc/flexrand.h as its users meet it: the published selections index for index, wrong use, what
 * errors leave behind. The exact budget has flexrand_exact_tests.c.
 */
#include "support.h"

#include "flexrand_twin.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT(array) ((int)(sizeof(array) / sizeof(array)[0]))

/* Sixteen samples in three classes of 6, 8 and 2; no scores tie. */
static const int64_t labels[16] = {3, 0, 3, 3, 0, 9, 3, 0, 3, 3, 0, 9, 3, 3, 0, 0};
static const float scores[16] = {.9F, .1F, .3F, .7F, .4F, .2F, .8F, .6F, .5F, .05F, .95F, .35F, .15F, .25F, .45F, .55F};

static dlc_flexrand *new_flexrand(void) {
    dlc_flexrand *flexrand = NULL;
    ck_ok(dlc_flexrand_create(NULL, &flexrand), "create");
    return flexrand;
}

static dlc_flexrand *with_samples(void) {
    dlc_flexrand *flexrand = new_flexrand();
    ck_ok(dlc_flexrand_set_samples(flexrand, 16, labels, scores, NULL), dlc_flexrand_message(flexrand));
    return flexrand;
}

static void set_paper_numpy(dlc_flexrand *flexrand) {
    ck_ok(dlc_flexrand_set_budget(flexrand, DLC_BUDGET_PAPER), dlc_flexrand_message(flexrand));
    ck_ok(dlc_flexrand_set_rng(flexrand, DLC_RNG_NUMPY), dlc_flexrand_message(flexrand));
}

static int ascending(const void *left, const void *right) {
    const int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

/* Both orders of a selection: `expected` as picked, and the same sorted. */
static void check_selection(dlc_flexrand *flexrand, int64_t count, const int64_t *expected, const int32_t *intervals) {
    ck_assert_int_eq(dlc_flexrand_selected_count(flexrand), count);
    int64_t *indices = malloc((size_t)count * sizeof *indices);
    int32_t *got = malloc((size_t)count * sizeof *got);
    int64_t *sorted = malloc((size_t)count * sizeof *sorted);
    ck_assert(indices && got && sorted);
    ck_ok(dlc_flexrand_get_selection(flexrand, DLC_ORDER_PICK, indices, got), dlc_flexrand_message(flexrand));
    ck_assert_mem_eq(indices, expected, (size_t)count * sizeof *indices);
    if (intervals)
        ck_assert_mem_eq(got, intervals, (size_t)count * sizeof *got);
    memcpy(sorted, indices, (size_t)count * sizeof *sorted);
    qsort(sorted, (size_t)count, sizeof *sorted, ascending);
    ck_ok(dlc_flexrand_get_selection(flexrand, DLC_ORDER_INDEX, indices, NULL), dlc_flexrand_message(flexrand));
    ck_assert_mem_eq(indices, sorted, (size_t)count * sizeof *indices);
    free(indices);
    free(got);
    free(sorted);
}

/* ---- The published selection ---- */

/* All subsets of golden.json, in the order drawn, on one handle: selections do not disturb each other. */
START_TEST(golden_subsets) {
    const char *directory = _i == 0 ? "a" : "b";
    int64_t n = 0, n_scores = 0;
    int64_t *golden_labels = golden_array(directory, "labels.npy", "<i8", &n);
    float *golden_scores = golden_array(directory, "score.npy", "<f4", &n_scores);
    ck_assert_int_eq(n, n_scores);
    dlc_flexrand *flexrand = new_flexrand();
    ck_ok(dlc_flexrand_set_samples(flexrand, n, golden_labels, golden_scores, NULL), dlc_flexrand_message(flexrand));
    set_paper_numpy(flexrand);

    char path[64];
    snprintf(path, sizeof path, "test/golden/%s/subsets.txt", directory);
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    int64_t *expected = malloc((size_t)n * sizeof *expected);
    ck_assert_ptr_nonnull(expected);
    int subsets = 0;
    double gamma, keep;
    unsigned long long seed;
    for (; fscanf(file, "%lf %lf %llu", &gamma, &keep, &seed) == 3; subsets++) {
        int64_t count = 0;
        for (long long index; getc(file) != '\n' && fscanf(file, "%lld", &index) == 1;)
            expected[count++] = index;
        ck_ok(dlc_flexrand_set_gamma(flexrand, gamma), dlc_flexrand_message(flexrand));
        ck_ok(dlc_flexrand_set_seed(flexrand, seed), dlc_flexrand_message(flexrand));
        ck_ok(dlc_flexrand_select_keep(flexrand, keep), dlc_flexrand_message(flexrand));
        check_selection(flexrand, count, expected, NULL);
    }
    ck_assert_int_eq(subsets, 70);
    fclose(file);
    free(expected);
    dlc_flexrand_free(flexrand);
    free(golden_labels);
    free(golden_scores);
}
END_TEST

/* From NumPy 1.24: per class np.random.seed(5), gamma 0.3, keep 0.5, the class's samples in order of index (random) or
 * of score (the others). */
static const struct {
    int32_t method;
    int64_t indices[8];
    int32_t intervals[8];
} numpy_methods[] = {
    {DLC_METHOD_FLEXRAND, {1, 4, 10, 14, 12, 9, 8, 6}, {0, 0, 1, 1, 0, 0, 1, 1}},
    {DLC_METHOD_EASY, {1, 4, 14, 9, 12, 13, 2, 5}, {0, 0, 1, 0, 0, 1, 1, 0}},
    {DLC_METHOD_HARD, {10, 7, 15, 0, 6, 3, 8, 11}, {1, 1, 1, 1, 1, 1, 1, 1}},
    {DLC_METHOD_RANDOM, {15, 7, 14, 9, 2, 8, 3, 11}, {1, 1, 1, 0, 1, 1, 1, 1}},
};

START_TEST(methods_of_numpy) {
    dlc_flexrand *flexrand = with_samples();
    set_paper_numpy(flexrand);
    ck_ok(dlc_flexrand_set_method(flexrand, numpy_methods[_i].method), dlc_flexrand_message(flexrand));
    ck_ok(dlc_flexrand_set_gamma(flexrand, 0.3), dlc_flexrand_message(flexrand));
    ck_ok(dlc_flexrand_set_seed(flexrand, 5), dlc_flexrand_message(flexrand));
    ck_ok(dlc_flexrand_select_keep(flexrand, 0.5), dlc_flexrand_message(flexrand));
    check_selection(flexrand, 8, numpy_methods[_i].indices, numpy_methods[_i].intervals);
    ck_ok(dlc_flexrand_select_count(flexrand, 8), dlc_flexrand_message(flexrand));
    check_selection(flexrand, 8, numpy_methods[_i].indices, numpy_methods[_i].intervals);
    dlc_flexrand_free(flexrand);
}
END_TEST

/* With ids the rows may come in any order: here reversed. Each id is the row that the sample had before. */
START_TEST(numpy_with_ids_ignores_input_order) {
    int64_t turned_labels[16], ids[16], indices[8];
    float turned_scores[16];
    for (int i = 0; i < 16; i++) {
        ids[i] = 15 - i;
        turned_labels[i] = labels[15 - i];
        turned_scores[i] = scores[15 - i];
    }
    dlc_flexrand *flexrand = new_flexrand();
    ck_ok(dlc_flexrand_set_samples(flexrand, 16, turned_labels, turned_scores, ids), dlc_flexrand_message(flexrand));
    set_paper_numpy(flexrand);
    ck_ok(dlc_flexrand_set_method(flexrand, numpy_methods[_i].method), dlc_flexrand_message(flexrand));
    ck_ok(dlc_flexrand_set_gamma(flexrand, 0.3), dlc_flexrand_message(flexrand));
    ck_ok(dlc_flexrand_set_seed(flexrand, 5), dlc_flexrand_message(flexrand));
    ck_ok(dlc_flexrand_select_keep(flexrand, 0.5), dlc_flexrand_message(flexrand));
    ck_ok(dlc_flexrand_get_selection(flexrand, DLC_ORDER_PICK, indices, NULL), dlc_flexrand_message(flexrand));
    for (int i = 0; i < 8; i++)
        ck_assert_int_eq(ids[indices[i]], numpy_methods[_i].indices[i]);
    dlc_flexrand_free(flexrand);
}
END_TEST

/* Paper counts with the philox generator: from each interval the first of its shuffle, which is where the twin's pick
 * order lists it. Shares by hand: class 0 (n 6, cut 2): 2 + 2, class 3 (n 8, cut 2): 2 + 2, class 9 (n 2, cut 1): 0. */
START_TEST(paper_with_philox) {
    static const struct {
        int64_t label;
        int32_t interval;
        int size;
    } parts[] = {
        {0, DLC_INTERVAL_EASY, 2}, {0, DLC_INTERVAL_HARD, 2}, {3, DLC_INTERVAL_EASY, 2}, {3, DLC_INTERVAL_HARD, 2}};
    for (uint64_t seed = 0; seed < 50; seed++) {
        const twin_samples samples = {16, labels, scores, NULL};
        const twin_options options = {DLC_METHOD_FLEXRAND, 0.3, seed, 0};
        twin_pick picks[16];
        twin_pick_order(&samples, &options, picks);
        int64_t expected[8];
        int32_t intervals[8];
        int count = 0;
        for (int part = 0; part < COUNT(parts); part++) {
            int left = parts[part].size;
            for (int i = 0; i < 16 && left > 0; i++)
                if (picks[i].label == parts[part].label && picks[i].interval == parts[part].interval) {
                    expected[count] = picks[i].index;
                    intervals[count++] = picks[i].interval;
                    left--;
                }
        }
        dlc_flexrand *flexrand = with_samples();
        ck_ok(dlc_flexrand_set_budget(flexrand, DLC_BUDGET_PAPER), dlc_flexrand_message(flexrand));
        ck_ok(dlc_flexrand_set_gamma(flexrand, 0.3), dlc_flexrand_message(flexrand));
        ck_ok(dlc_flexrand_set_seed(flexrand, seed), dlc_flexrand_message(flexrand));
        ck_ok(dlc_flexrand_select_keep(flexrand, 0.5), dlc_flexrand_message(flexrand));
        check_selection(flexrand, 8, expected, intervals);
        dlc_flexrand_free(flexrand);
    }
}
END_TEST

/* ---- Groups ---- */

/* Every method and budget draws the same with no labels as with labels that are all 0. */
START_TEST(without_labels_all_are_one_class) {
    const int64_t zeros[16] = {0}, ids[16] = {7, 3, 99, -4, 5, 6, 1, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    dlc_flexrand *flexrand = new_flexrand();
    for (int32_t method = DLC_METHOD_FLEXRAND; method <= DLC_METHOD_RANDOM; method++)
        for (int32_t budget = DLC_BUDGET_EXACT; budget <= DLC_BUDGET_PAPER; budget++) {
            int64_t expected[16];
            int32_t intervals[16];
            ck_ok(dlc_flexrand_set_method(flexrand, method), dlc_flexrand_message(flexrand));
            ck_ok(dlc_flexrand_set_budget(flexrand, budget), dlc_flexrand_message(flexrand));
            ck_ok(dlc_flexrand_set_samples(flexrand, 16, zeros, scores, ids), dlc_flexrand_message(flexrand));
            ck_ok(dlc_flexrand_select_keep(flexrand, 0.4), dlc_flexrand_message(flexrand));
            ck_ok(dlc_flexrand_get_selection(flexrand, DLC_ORDER_PICK, expected, intervals),
                  dlc_flexrand_message(flexrand));
            ck_ok(dlc_flexrand_set_samples(flexrand, 16, NULL, scores, ids), dlc_flexrand_message(flexrand));
            ck_ok(dlc_flexrand_select_keep(flexrand, 0.4), dlc_flexrand_message(flexrand));
            check_selection(flexrand, 6, expected, intervals);
        }
    dlc_flexrand_free(flexrand);
}
END_TEST

/* ---- Wrong use ---- */

typedef dlc_status (*wrong_call)(dlc_flexrand *flexrand);

static const int64_t twice[16] = {7, 1, 2, 3, 4, 5, 6, 0, 8, 9, 10, 11, 12, 7, 14, 15};
static const int64_t negative[2] = {0, -4};
static const float with_nan[2] = {0, NAN};

static dlc_status no_samples(dlc_flexrand *f) {
    return dlc_flexrand_set_samples(f, 0, labels, scores, NULL);
}
static dlc_status too_many_samples(dlc_flexrand *f) {
    return dlc_flexrand_set_samples(f, INT64_C(4294967296), labels, scores, NULL);
}
static dlc_status no_scores(dlc_flexrand *f) {
    return dlc_flexrand_set_samples(f, 16, labels, NULL, NULL);
}
static dlc_status negative_label(dlc_flexrand *f) {
    return dlc_flexrand_set_samples(f, 2, negative, scores, NULL);
}
static dlc_status nan_score(dlc_flexrand *f) {
    return dlc_flexrand_set_samples(f, 2, labels, with_nan, NULL);
}
static dlc_status id_twice(dlc_flexrand *f) {
    return dlc_flexrand_set_samples(f, 16, labels, scores, twice);
}
static dlc_status unknown_method(dlc_flexrand *f) {
    return dlc_flexrand_set_method(f, 4);
}
static dlc_status negative_method(dlc_flexrand *f) {
    return dlc_flexrand_set_method(f, -1);
}
static dlc_status unknown_budget(dlc_flexrand *f) {
    return dlc_flexrand_set_budget(f, 2);
}
static dlc_status unknown_generator(dlc_flexrand *f) {
    return dlc_flexrand_set_rng(f, 2);
}
static dlc_status gamma_0(dlc_flexrand *f) {
    return dlc_flexrand_set_gamma(f, 0);
}
static dlc_status gamma_1(dlc_flexrand *f) {
    return dlc_flexrand_set_gamma(f, 1);
}
static dlc_status gamma_nan(dlc_flexrand *f) {
    return dlc_flexrand_set_gamma(f, NAN);
}
static dlc_status negative_floor(dlc_flexrand *f) {
    return dlc_flexrand_set_floor(f, -2);
}
static dlc_status keep_0(dlc_flexrand *f) {
    return dlc_flexrand_select_keep(f, 0);
}
static dlc_status keep_above_1(dlc_flexrand *f) {
    return dlc_flexrand_select_keep(f, 1.5);
}
static dlc_status keep_nan(dlc_flexrand *f) {
    return dlc_flexrand_select_keep(f, NAN);
}
static dlc_status keep_too_little(dlc_flexrand *f) {
    return dlc_flexrand_select_keep(f, 0.03125); /* half a sample: rounds to even */
}
static dlc_status count_0(dlc_flexrand *f) {
    return dlc_flexrand_select_count(f, 0);
}
static dlc_status count_above(dlc_flexrand *f) {
    return dlc_flexrand_select_count(f, 17);
}
static dlc_status floors_above_budget(dlc_flexrand *f) {
    dlc_flexrand_set_floor(f, 3);
    return dlc_flexrand_select_count(f, 7);
}
static dlc_status floor_with_paper(dlc_flexrand *f) {
    dlc_flexrand_set_floor(f, 3);
    dlc_flexrand_set_budget(f, DLC_BUDGET_PAPER);
    return dlc_flexrand_select_keep(f, 0.5);
}
static dlc_status numpy_with_exact(dlc_flexrand *f) {
    dlc_flexrand_set_rng(f, DLC_RNG_NUMPY);
    return dlc_flexrand_select_keep(f, 0.5);
}
static dlc_status numpy_seed_too_large(dlc_flexrand *f) {
    set_paper_numpy(f);
    dlc_flexrand_set_seed(f, UINT64_C(4294967296));
    return dlc_flexrand_select_keep(f, 0.5);
}
static dlc_status paper_total_0(dlc_flexrand *f) {
    set_paper_numpy(f);
    return dlc_flexrand_select_keep(f, 0.01);
}
static dlc_status paper_small_interval(dlc_flexrand *f) {
    static const int64_t one_class[3] = {5, 5, 5};
    dlc_flexrand_set_samples(f, 3, one_class, scores, NULL);
    set_paper_numpy(f);
    return dlc_flexrand_select_keep(f, 1); /* cut round(1.5) = 2, shares round(1.5) = 2 and 2 */
}
static dlc_status paper_small_interval_above_half(dlc_flexrand *f) {
    static const int64_t one_class[5] = {8, 8, 8, 8, 8};
    dlc_flexrand_set_samples(f, 5, one_class, scores, NULL);
    dlc_flexrand_set_budget(f, DLC_BUDGET_PAPER);
    dlc_flexrand_set_gamma(f, 0.7); /* cut round(3.5) = 4, shares round(5 * 0.3) = 2 and 2 */
    return dlc_flexrand_select_keep(f, 0.6);
}
static dlc_status get_unknown_order(dlc_flexrand *f) {
    int64_t indices[16];
    dlc_flexrand_select_count(f, 16);
    return dlc_flexrand_get_selection(f, 2, indices, NULL);
}
static dlc_status get_null(dlc_flexrand *f) {
    dlc_flexrand_select_count(f, 16);
    return dlc_flexrand_get_selection(f, DLC_ORDER_INDEX, NULL, NULL);
}
static dlc_status get_nothing(dlc_flexrand *f) {
    int64_t indices[16];
    return dlc_flexrand_get_selection(f, DLC_ORDER_INDEX, indices, NULL);
}

static const struct {
    wrong_call call;
    dlc_status status;
    const char *message;
} wrong[] = {
    {no_samples, DLC_ERROR_ARGUMENT, "0 samples are not between 1 and 4294967295"},
    {too_many_samples, DLC_ERROR_ARGUMENT, "4294967296 samples are not between 1 and 4294967295"},
    {no_scores, DLC_ERROR_ARGUMENT, "scores are NULL"},
    {negative_label, DLC_ERROR_DATA, "label -4 of sample 1 is negative"},
    {nan_score, DLC_ERROR_DATA, "the score of sample 1 is NaN"},
    {id_twice, DLC_ERROR_DATA, "samples 0 and 13 have the same id 7"},
    {unknown_method, DLC_ERROR_ARGUMENT, "method 4 is unknown"},
    {negative_method, DLC_ERROR_ARGUMENT, "method -1 is unknown"},
    {unknown_budget, DLC_ERROR_ARGUMENT, "budget 2 is unknown"},
    {unknown_generator, DLC_ERROR_ARGUMENT, "generator 2 is unknown"},
    {gamma_0, DLC_ERROR_ARGUMENT, "gamma 0 is not above 0 and below 1"},
    {gamma_1, DLC_ERROR_ARGUMENT, "gamma 1 is not above 0 and below 1"},
    {gamma_nan, DLC_ERROR_ARGUMENT, "gamma nan is not above 0 and below 1"},
    {negative_floor, DLC_ERROR_ARGUMENT, "floor -2 is negative"},
    {keep_0, DLC_ERROR_ARGUMENT, "keep 0 is not above 0 and at most 1"},
    {keep_above_1, DLC_ERROR_ARGUMENT, "keep 1.5 is not above 0 and at most 1"},
    {keep_nan, DLC_ERROR_ARGUMENT, "keep nan is not above 0 and at most 1"},
    {keep_too_little, DLC_ERROR_ARGUMENT, "keep 0.03125 of 16 samples comes to 0"},
    {count_0, DLC_ERROR_ARGUMENT, "count 0 is not between 1 and the 16 samples"},
    {count_above, DLC_ERROR_ARGUMENT, "count 17 is not between 1 and the 16 samples"},
    {floors_above_budget, DLC_ERROR_ARGUMENT, "a floor of 3 comes to 8 samples, more than the budget of 7"},
    {floor_with_paper, DLC_ERROR_ARGUMENT, "floor 3 does not go with budget paper"},
    {numpy_with_exact, DLC_ERROR_ARGUMENT, "generator numpy does not go with budget exact"},
    {numpy_seed_too_large, DLC_ERROR_ARGUMENT, "seed 4294967296 has more than the 32 bits of generator numpy"},
    {paper_total_0, DLC_ERROR_ARGUMENT, "keep 0.01 of 16 samples comes to 0 by the published rounding"},
    {paper_small_interval, DLC_ERROR_DATA, "class 5: 2 samples to draw from a hard interval of 1"},
    {paper_small_interval_above_half, DLC_ERROR_DATA, "class 8: 2 samples to draw from a hard interval of 1"},
    {get_unknown_order, DLC_ERROR_ARGUMENT, "order 2 is unknown"},
    {get_null, DLC_ERROR_ARGUMENT, "indices are NULL"},
    {get_nothing, DLC_ERROR_STATE, "there is no selection"},
};

START_TEST(wrong_use) {
    dlc_flexrand *flexrand = with_samples();
    ck_assert_str_eq(dlc_flexrand_message(flexrand), "");
    ck_fails(wrong[_i].call(flexrand), wrong[_i].status, dlc_flexrand_message(flexrand), wrong[_i].message);
    ck_assert_str_eq(dlc_flexrand_message(flexrand), wrong[_i].message);
    dlc_flexrand_free(flexrand);
}
END_TEST

START_TEST(selecting_before_samples) {
    dlc_flexrand *flexrand = new_flexrand();
    ck_fails(dlc_flexrand_select_keep(flexrand, 0.5), DLC_ERROR_STATE, dlc_flexrand_message(flexrand),
             "there are no samples to select from");
    ck_fails(dlc_flexrand_select_count(flexrand, 1), DLC_ERROR_STATE, dlc_flexrand_message(flexrand),
             "there are no samples to select from");
    ck_assert_int_eq(dlc_flexrand_selected_count(flexrand), -1);
    dlc_flexrand_free(flexrand);
}
END_TEST

START_TEST(null_handles) {
    int64_t index;
    ck_assert_int_eq(dlc_flexrand_create(NULL, NULL), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_flexrand_set_samples(NULL, 16, labels, scores, NULL), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_flexrand_set_method(NULL, DLC_METHOD_EASY), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_flexrand_set_gamma(NULL, 0.5), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_flexrand_set_budget(NULL, DLC_BUDGET_EXACT), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_flexrand_set_rng(NULL, DLC_RNG_PHILOX), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_flexrand_set_seed(NULL, 1), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_flexrand_set_floor(NULL, 0), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_flexrand_select_keep(NULL, 0.5), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_flexrand_select_count(NULL, 1), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_flexrand_selected_count(NULL), -1);
    ck_assert_int_eq(dlc_flexrand_get_selection(NULL, DLC_ORDER_INDEX, &index, NULL), DLC_ERROR_ARGUMENT);
    ck_assert_str_eq(dlc_flexrand_message(NULL), "the handle is NULL");
    dlc_flexrand_free(NULL);
}
END_TEST

/* ---- What calls leave behind ---- */

START_TEST(failed_set_samples_keeps_samples_and_selection) {
    dlc_flexrand *flexrand = with_samples();
    int64_t before[8], after[8];
    ck_ok(dlc_flexrand_select_count(flexrand, 8), dlc_flexrand_message(flexrand));
    ck_ok(dlc_flexrand_get_selection(flexrand, DLC_ORDER_PICK, before, NULL), dlc_flexrand_message(flexrand));
    ck_assert_int_eq(id_twice(flexrand), DLC_ERROR_DATA);
    ck_assert_int_eq(nan_score(flexrand), DLC_ERROR_DATA);
    ck_ok(dlc_flexrand_get_selection(flexrand, DLC_ORDER_PICK, after, NULL), dlc_flexrand_message(flexrand));
    ck_assert_mem_eq(before, after, sizeof before);
    ck_ok(dlc_flexrand_select_count(flexrand, 8), dlc_flexrand_message(flexrand));
    ck_ok(dlc_flexrand_get_selection(flexrand, DLC_ORDER_PICK, after, NULL), dlc_flexrand_message(flexrand));
    ck_assert_mem_eq(before, after, sizeof before);
    ck_ok(dlc_flexrand_set_samples(flexrand, 16, labels, scores, NULL), dlc_flexrand_message(flexrand));
    ck_assert_int_eq(dlc_flexrand_selected_count(flexrand), -1);
    dlc_flexrand_free(flexrand);
}
END_TEST

START_TEST(options_do_not_touch_a_selection_that_was_made) {
    dlc_flexrand *flexrand = with_samples();
    int64_t before[8], after[8];
    int32_t intervals[8], intervals_after[8];
    ck_ok(dlc_flexrand_select_count(flexrand, 8), dlc_flexrand_message(flexrand));
    ck_ok(dlc_flexrand_get_selection(flexrand, DLC_ORDER_PICK, before, intervals), dlc_flexrand_message(flexrand));
    ck_ok(dlc_flexrand_set_gamma(flexrand, 0.1), dlc_flexrand_message(flexrand));
    ck_ok(dlc_flexrand_set_seed(flexrand, 99), dlc_flexrand_message(flexrand));
    ck_ok(dlc_flexrand_set_floor(flexrand, 2), dlc_flexrand_message(flexrand));
    ck_ok(dlc_flexrand_set_method(flexrand, DLC_METHOD_HARD), dlc_flexrand_message(flexrand));
    ck_ok(dlc_flexrand_get_selection(flexrand, DLC_ORDER_PICK, after, intervals_after), dlc_flexrand_message(flexrand));
    ck_assert_mem_eq(before, after, sizeof before);
    ck_assert_mem_eq(intervals, intervals_after, sizeof intervals);
    dlc_flexrand_free(flexrand);
}
END_TEST

START_TEST(failed_select_leaves_no_selection) {
    dlc_flexrand *flexrand = with_samples();
    ck_ok(dlc_flexrand_select_count(flexrand, 8), dlc_flexrand_message(flexrand));
    ck_assert_int_eq(keep_above_1(flexrand), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_flexrand_selected_count(flexrand), -1);
    ck_assert_int_eq(get_nothing(flexrand), DLC_ERROR_STATE);
    dlc_flexrand_free(flexrand);
}
END_TEST

START_TEST(defaults_are_what_the_header_says) {
    dlc_flexrand *flexrand = with_samples();
    dlc_flexrand *set = with_samples();
    ck_ok(dlc_flexrand_set_method(set, DLC_METHOD_FLEXRAND), dlc_flexrand_message(set));
    ck_ok(dlc_flexrand_set_gamma(set, 0.5), dlc_flexrand_message(set));
    ck_ok(dlc_flexrand_set_budget(set, DLC_BUDGET_EXACT), dlc_flexrand_message(set));
    ck_ok(dlc_flexrand_set_rng(set, DLC_RNG_PHILOX), dlc_flexrand_message(set));
    ck_ok(dlc_flexrand_set_seed(set, 1), dlc_flexrand_message(set));
    ck_ok(dlc_flexrand_set_floor(set, 0), dlc_flexrand_message(set));
    int64_t expected[8];
    ck_ok(dlc_flexrand_select_count(set, 8), dlc_flexrand_message(set));
    ck_ok(dlc_flexrand_get_selection(set, DLC_ORDER_PICK, expected, NULL), dlc_flexrand_message(set));
    ck_ok(dlc_flexrand_select_count(flexrand, 8), dlc_flexrand_message(flexrand));
    check_selection(flexrand, 8, expected, NULL);
    dlc_flexrand_free(flexrand);
    dlc_flexrand_free(set);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("flexrand");
    TCase *paper = tcase_create("paper");
    tcase_set_timeout(paper, 60);
    tcase_add_loop_test(paper, golden_subsets, 0, 2);
    tcase_add_loop_test(paper, methods_of_numpy, 0, COUNT(numpy_methods));
    tcase_add_loop_test(paper, numpy_with_ids_ignores_input_order, 0, COUNT(numpy_methods));
    tcase_add_test(paper, paper_with_philox);
    suite_add_tcase(suite, paper);
    TCase *groups = tcase_create("groups");
    tcase_add_test(groups, without_labels_all_are_one_class);
    suite_add_tcase(suite, groups);
    TCase *wrongs = tcase_create("wrong use");
    tcase_add_loop_test(wrongs, wrong_use, 0, COUNT(wrong));
    tcase_add_test(wrongs, selecting_before_samples);
    tcase_add_test(wrongs, null_handles);
    suite_add_tcase(suite, wrongs);
    TCase *state = tcase_create("state");
    tcase_add_test(state, failed_set_samples_keeps_samples_and_selection);
    tcase_add_test(state, options_do_not_touch_a_selection_that_was_made);
    tcase_add_test(state, failed_select_leaves_no_selection);
    tcase_add_test(state, defaults_are_what_the_header_says);
    suite_add_tcase(suite, state);
    return suite;
}
