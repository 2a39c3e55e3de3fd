/*
 * score_memory_tests.c - bytes a sample, the estimate against what is really held, and every allocation failing in
 * turn.
 */
#include "support.h"

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

/* Running sums only: 10^7 samples are held in 12.125 bytes each, whatever the number of levels. */
START_TEST(ten_million_samples) {
    const int64_t samples = getenv("DLC_TEST_SHORT") ? 1000000 : 10000000;
    const shape large = {samples, 1000, 1, 3, DLC_HEAD_LOSS, 0, 2};
    counting_allocator state = {0, 0};
    dlc_score *score = counted(&state);
    set_up(score, &large);
    run(score, &large, 1000000, large.levels);
    ck_assert_msg(state.peak <= 13 * large.samples, "%lld bytes", (long long)state.peak);
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

/* ---- Failing allocations ---- */

enum { SAMPLES = 6, CLASSES = 2, DIM = 3 };
static const float values[SAMPLES * DIM] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 3, 5, 7, 9, 2, 4, 6, 8};

/* A whole scoring; stops at the first status that is not DLC_OK. */
static dlc_status score_all(dlc_score *score, float scores[SAMPLES]) {
    const int64_t labels[SAMPLES] = {0, 1, 0, 1, 1, 0};
    const dlc_status settings[] = {
        dlc_score_set_head(score, DLC_HEAD_CENTROID, DIM),
        dlc_score_set_levels(score, 1),
        dlc_score_set_keep_curves(score, 1),
    };
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(settings[i], DLC_OK);
    dlc_status status = dlc_score_set_samples(score, SAMPLES, labels, CLASSES);
    if (status == DLC_OK)
        status = dlc_score_add_features(score, 0, NULL, SAMPLES, values, DIM);
    if (status == DLC_OK)
        status = dlc_score_finish_centroids(score);
    if (status == DLC_OK)
        status = dlc_score_begin_level(score, 0);
    if (status == DLC_OK)
        status = dlc_score_observe(score, 0, NULL, SAMPLES, values, DIM);
    if (status == DLC_OK)
        status = dlc_score_end_level(score);
    if (status == DLC_OK)
        status = dlc_score_get_scores(score, scores);
    return status;
}

/* GUARANTEE G6 of the design: every failed allocation is reported, nothing leaks, the handle can be used again. */
START_TEST(every_allocation_fails_in_turn) {
    float expected[SAMPLES];
    dlc_score *score;
    ck_ok(dlc_score_create(NULL, &score), "create");
    ck_ok(score_all(score, expected), message(score));
    dlc_score_free(score);
    int64_t fail_at = 0;
    int done = 0;
    for (; !done; fail_at++) {
        ck_assert_int_lt(fail_at, 100);
        failing_allocator state = {.fail_at = fail_at, .from_then_on = _i};
        dlc_allocator *allocator = failing_allocator_start(&state);
        const dlc_status created = dlc_score_create(allocator, &score);
        if (created != DLC_OK) {
            ck_assert_int_eq(created, DLC_ERROR_MEMORY);
            ck_assert_ptr_null(score);
        } else {
            float scores[SAMPLES];
            const dlc_status status = score_all(score, scores);
            done = status == DLC_OK;
            if (!done) {
                ck_assert_int_eq(status, DLC_ERROR_MEMORY);
                ck_assert_msg(strstr(message(score), "out of memory for ") != NULL, "%s", message(score));
                /* With memory again, the same handle does it all. */
                state.fail_at = -1;
                ck_ok(dlc_score_reset(score), message(score));
                ck_ok(score_all(score, scores), message(score));
            }
            ck_assert(memcmp(scores, expected, sizeof scores) == 0);
            dlc_score_free(score);
        }
        dlc_allocator_free(allocator);
        ck_assert_int_eq(state.live, 0);
    }
    ck_assert_int_gt(fail_at, 8);
}
END_TEST

/* A call that failed for want of memory may simply be made again. */
START_TEST(failed_calls_can_be_repeated) {
    float expected[SAMPLES];
    float scores[SAMPLES];
    const int64_t labels[SAMPLES] = {0, 1, 0, 1, 1, 0};
    failing_allocator state = {.fail_at = -1};
    dlc_allocator *allocator = failing_allocator_start(&state);
    dlc_score *score;
    ck_ok(dlc_score_create(allocator, &score), "create");
    ck_ok(score_all(score, expected), message(score));
    ck_ok(dlc_score_reset(score), message(score));
#define ck_repeat(call)                                                                                                \
    do {                                                                                                               \
        dlc_status repeated = DLC_ERROR_MEMORY;                                                                        \
        for (int64_t n = 0; repeated != DLC_OK; n++) {                                                                 \
            ck_assert_int_lt(n, 10);                                                                                   \
            state.calls = 0;                                                                                           \
            state.fail_at = n;                                                                                         \
            repeated = (call);                                                                                         \
            ck_assert(repeated == DLC_OK || repeated == DLC_ERROR_MEMORY);                                             \
        }                                                                                                              \
    } while (0)
    ck_repeat(dlc_score_set_samples(score, SAMPLES, labels, CLASSES));
    ck_repeat(dlc_score_add_features(score, 0, NULL, SAMPLES, values, DIM));
    ck_repeat(dlc_score_finish_centroids(score));
    ck_repeat(dlc_score_begin_level(score, 0));
    ck_repeat(dlc_score_observe(score, 0, NULL, SAMPLES, values, DIM));
    ck_repeat(dlc_score_end_level(score));
    ck_repeat(dlc_score_get_scores(score, scores));
    ck_assert(memcmp(scores, expected, sizeof scores) == 0);
    dlc_score_free(score);
    dlc_allocator_free(allocator);
    ck_assert_int_eq(state.live, 0);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("score_memory");
    TCase *bytes = tcase_create("bytes");
    tcase_set_timeout(bytes, 120);
    tcase_add_loop_test(bytes, estimate_is_near_the_peak, 0, (int)(sizeof shapes / sizeof shapes[0]));
    tcase_add_test(bytes, levels_that_never_come_take_no_memory);
    tcase_add_test(bytes, ten_million_samples);
    tcase_add_test(bytes, arithmetic_of_a_hundred_million);
    suite_add_tcase(suite, bytes);
    TCase *failures = tcase_create("failures");
    tcase_set_timeout(failures, 60);
    tcase_add_loop_test(failures, every_allocation_fails_in_turn, 0, 2);
    tcase_add_test(failures, failed_calls_can_be_repeated);
    suite_add_tcase(suite, failures);
    return suite;
}
