/*
 * score_memory_tests.c - bytes a sample, and the estimate against what is really held.
 */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

#define message(score) dlc_score_message(score)

static dlc_score *counted(counting_allocator *state) {
    dlc_allocator *allocator = counting_allocator_start(state);
    dlc_score *score;
    ck_ok(dlc_score_create(allocator, &score), "create");
    dlc_allocator_free(allocator);
    return score;
}

/* ---- Runs ---- */

typedef struct shape {
    int64_t samples, classes, width, levels;
    int32_t head, keep_curves, threads;
} shape;

static void set_up(dlc_score *score, const shape *of) {
    int64_t *labels = malloc((size_t)of->samples * sizeof *labels);
    for (int64_t i = 0; i < of->samples; i++)
        labels[i] = i % of->classes;
    ck_ok(dlc_score_set_samples(score, of->samples, labels, of->classes), message(score));
    free(labels);
    ck_ok(dlc_score_set_head(score, of->head, of->width), message(score));
    ck_ok(dlc_score_set_levels(score, of->levels), message(score));
    ck_ok(dlc_score_set_keep_curves(score, of->keep_curves), message(score));
    ck_ok(dlc_score_set_threads(score, of->threads), message(score));
}

/* Gives every sample the rows of one batch, over and over, at the first `visited` levels. */
static void run(dlc_score *score, const shape *of, int64_t batch, int64_t visited) {
    float *data = malloc((size_t)(batch * of->width) * sizeof *data);
    uint64_t seed = 1;
    for (int64_t i = 0; i < batch * of->width; i++)
        data[i] = (float)test_uniform(&seed);
    for (int64_t level = of->head == DLC_HEAD_CENTROID ? -1 : 0; level < visited; level++) {
        if (level >= 0)
            ck_ok(dlc_score_begin_level(score, level), message(score));
        for (int64_t first = 0; first < of->samples; first += batch) {
            const int64_t rows = batch < of->samples - first ? batch : of->samples - first;
            ck_ok(level < 0 ? dlc_score_add_features(score, first, NULL, rows, data, of->width)
                            : dlc_score_observe(score, first, NULL, rows, data, of->width),
                  message(score));
        }
        ck_ok(level < 0 ? dlc_score_finish_centroids(score) : dlc_score_end_level(score), message(score));
    }
    free(data);
}

static const shape shapes[] = {
    {1000000, 10, 8, 1, DLC_HEAD_CENTROID, 0, 1}, {2000, 50, 512, 10, DLC_HEAD_CENTROID, 1, 2},
    {3000, 300, 700, 2, DLC_HEAD_CENTROID, 0, 4}, {500000, 3, 3, 3, DLC_HEAD_LOGITS, 1, 2},
    {1000000, 1, 1, 2, DLC_HEAD_LOSS, 0, 1},      {100000, 2, 1, 20, DLC_HEAD_LOSS, 1, 8},
};

START_TEST(estimate_is_near_the_peak) {
    counting_allocator state = {0, 0};
    dlc_score *score = counted(&state);
    int64_t estimate;
    set_up(score, &shapes[_i]);
    ck_ok(dlc_score_memory_estimate(score, &estimate), message(score));
    run(score, &shapes[_i], 1000, shapes[_i].levels);
    ck_assert_msg(state.peak <= estimate && (double)estimate <= 1.1 * (double)state.peak, "estimate %lld, peak %lld",
                  (long long)estimate, (long long)state.peak);
    dlc_score_free(score);
    ck_assert_int_eq(state.held, 0);
}
END_TEST

/* Curves are held level by level: a score closed early has not held the levels that never came. */
START_TEST(levels_that_never_come_take_no_memory) {
    const shape many = {100000, 2, 2, 50, DLC_HEAD_LOGITS, 1, 1};
    counting_allocator state = {0, 0};
    dlc_score *score = counted(&state);
    set_up(score, &many);
    run(score, &many, 1000, 9);
    ck_ok(dlc_score_close(score), message(score));
    const int64_t per_sample = 9 * 4 /* curves */ + 4 /* counts */ + 4 /* labels */ + 1 /* bits, and the rest */;
    ck_assert_msg(state.peak <= per_sample * many.samples, "%lld bytes", (long long)state.peak);
    dlc_score_free(score);
    ck_assert_int_eq(state.held, 0);
}
END_TEST

/* Running sums only: 10^7 samples, or 10^8 (`make torture`), are held in 12.125 bytes each, whatever the number of
 * levels. */
START_TEST(millions_of_samples) {
    const int64_t samples = getenv("DLC_TEST_LONG") ? 100000000 : getenv("DLC_TEST_SHORT") ? 1000000 : 10000000;
    const shape large = {samples, 1000, 1, 3, DLC_HEAD_LOSS, 0, 2};
    counting_allocator state = {0, 0};
    dlc_score *score = counted(&state);
    set_up(score, &large);
    run(score, &large, 1000000, large.levels);
    ck_assert_msg(state.peak <= 13 * large.samples, "%lld bytes", (long long)state.peak);
    printf("%lld samples: %.3f bytes each\n", (long long)samples, (double)state.peak / (double)samples);
    float *scores = malloc((size_t)large.samples * sizeof *scores);
    ck_ok(dlc_score_get_scores(score, scores), message(score));
    free(scores);
    dlc_score_free(score);
}
END_TEST

/* 10^8 samples: at most 16 bytes each, labels included, beside what does not grow with them. */
START_TEST(arithmetic_of_a_hundred_million) {
    dlc_score *score;
    int64_t small;
    int64_t large;
    ck_ok(dlc_score_create(NULL, &score), "create");
    ck_ok(dlc_score_set_head(score, DLC_HEAD_LOSS, 1), message(score));
    ck_ok(dlc_score_set_levels(score, 50), message(score));
    ck_ok(dlc_score_set_samples(score, 1, NULL, 0), message(score));
    ck_ok(dlc_score_memory_estimate(score, &small), message(score));
    ck_ok(dlc_score_set_samples(score, 100000000, NULL, 0), message(score));
    ck_ok(dlc_score_memory_estimate(score, &large), message(score));
    const int64_t labels = 4;
    ck_assert_int_le(large - small + labels * 100000000, 16 * INT64_C(100000000));
    dlc_score_free(score);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("score_memory");
    TCase *bytes = tcase_create("bytes");
    tcase_set_timeout(bytes, 120);
    tcase_add_loop_test(bytes, estimate_is_near_the_peak, 0, (int)(sizeof shapes / sizeof shapes[0]));
    tcase_add_test(bytes, levels_that_never_come_take_no_memory);
    tcase_add_test(bytes, arithmetic_of_a_hundred_million);
    suite_add_tcase(suite, bytes);
    TCase *many = tcase_create("long");
    tcase_set_timeout(many, getenv("DLC_TEST_LONG") ? 3600 : 120);
    tcase_add_test(many, millions_of_samples);
    suite_add_tcase(suite, many);
    return suite;
}
