/*
 * score_estimate_tests.c - scores from some of the levels against the trapezoid rule written out; closing; visited
 * levels; counts of correct levels.
 */
#include "support.h"

#include <math.h>
#include <stdlib.h>

#define message(score) dlc_score_message(score)

enum { SAMPLES = 600, LEVELS = 50, CLASSES = 4 };

/* ---- A table of what the model says ---- */

/* float[LEVELS][SAMPLES][width]: multiples of 1/8, so that sums are exact and ties are many. */
static float *table_of(int64_t width) {
    float *table = calloc((size_t)(LEVELS * SAMPLES * width), sizeof *table);
    ck_assert_ptr_nonnull(table);
    uint64_t seed = 11;
    for (int64_t i = 0; i < LEVELS * SAMPLES * width; i++)
        table[i] = (float)floor(40 * test_uniform(&seed)) / 8;
    return table;
}

static int64_t label_of(int64_t sample) {
    return sample % 7 % CLASSES;
}

static dlc_score *scorer(const dlc_allocator *allocator, int32_t head, int32_t observation, int32_t keep) {
    int64_t labels[SAMPLES];
    for (int64_t i = 0; i < SAMPLES; i++)
        labels[i] = label_of(i);
    dlc_score *score = NULL;
    ck_ok(dlc_score_create(allocator, &score), "create");
    ck_ok(dlc_score_set_samples(score, SAMPLES, labels, CLASSES), message(score));
    ck_ok(dlc_score_set_head(score, head, head == DLC_HEAD_LOSS ? 1 : CLASSES), message(score));
    ck_ok(dlc_score_set_observation(score, observation), message(score));
    ck_ok(dlc_score_set_levels(score, LEVELS), message(score));
    ck_ok(dlc_score_set_keep_curves(score, keep), message(score));
    return score;
}

static void visit(dlc_score *score, const float *table, int64_t level) {
    const int64_t width = dlc_score_width(score);
    ck_ok(dlc_score_begin_level(score, level), message(score));
    ck_ok(dlc_score_observe(score, 0, NULL, SAMPLES, table + level * SAMPLES * width, width), message(score));
    ck_ok(dlc_score_end_level(score), message(score));
}

/* ---- Estimates ---- */

typedef struct subset {
    int64_t count;
    int64_t levels[LEVELS]; /* in the order of the visits */
} subset;

static const subset subsets[] = {
    {1, {0}},
    {1, {31}},
    {2, {0, 49}},
    {2, {49, 0}},
    {3, {0, 49, 24}},
    {4, {20, 7, 33, 8}},
    {5, {0, 49, 24, 12, 36}},
    {9, {0, 49, 24, 12, 36, 6, 18, 30, 42}},
    {13, {1, 2, 3, 5, 8, 13, 21, 34, 48, 40, 44, 45, 46}},
};
enum { SUBSETS = sizeof subsets / sizeof subsets[0] };

/* The trapezoid rule over the levels of the subset, straight from its definition. */
static double integral(const subset *of, const float *curves, int64_t sample) {
    int visited[LEVELS] = {0};
    for (int64_t i = 0; i < of->count; i++)
        visited[of->levels[i]] = 1;
    double area = 0, span = 0, height = 0;
    int64_t before = -1;
    for (int64_t level = 0; level < LEVELS; level++) {
        if (!visited[level])
            continue;
        const double here = (double)curves[level * SAMPLES + sample];
        if (before >= 0) {
            area += (double)(level - before) * (height + here) / 2;
            span += (double)(level - before);
        }
        before = level;
        height = here;
    }
    return span > 0 ? area / span : height;
}

START_TEST(the_estimate_is_the_trapezoid) {
    const subset *of = &subsets[_i];
    float *table = table_of(1), scores[SAMPLES], again[SAMPLES];
    dlc_score *score = scorer(NULL, DLC_HEAD_LOSS, DLC_OBSERVE_LOSS, 1);
    for (int64_t i = 0; i < of->count; i++)
        visit(score, table, of->levels[i]);
    ck_assert_int_eq(dlc_score_visited_count(score), of->count);
    ck_ok(dlc_score_get_estimate(score, scores), message(score));
    for (int64_t i = 0; i < SAMPLES; i++)
        ck_assert(scores[i] == (float)integral(of, table, i));
    ck_fails(dlc_score_get_scores(score, again), DLC_ERROR_STATE, message(score), "of 50 levels are done");
    ck_ok(dlc_score_close(score), message(score));
    ck_ok(dlc_score_get_scores(score, again), message(score));
    ck_assert_mem_eq(again, scores, sizeof scores);
    dlc_score_free(score);
    free(table);
}
END_TEST

/* High is hard, in an estimate too. */
START_TEST(every_observation_has_its_estimate) {
    static const struct {
        double offset, sign;
    } scales[] = {
        [DLC_OBSERVE_LOSS] = {0, 1},
        [DLC_OBSERVE_CORRECT] = {1, -1},
        [DLC_OBSERVE_CONFIDENCE] = {1, -1},
        [DLC_OBSERVE_MARGIN] = {0, -1},
    };
    float *table = table_of(CLASSES), scores[SAMPLES];
    float *curves = calloc((size_t)LEVELS * SAMPLES, sizeof *curves);
    dlc_score *whole = scorer(NULL, DLC_HEAD_LOGITS, _i, 1);
    for (int64_t level = 0; level < LEVELS; level++)
        visit(whole, table, level);
    ck_ok(dlc_score_get_curves(whole, curves), message(whole));
    for (int s = 0; s < SUBSETS; s++) {
        dlc_score *score = scorer(NULL, DLC_HEAD_LOGITS, _i, 1);
        for (int64_t i = 0; i < subsets[s].count; i++)
            visit(score, table, subsets[s].levels[i]);
        ck_ok(dlc_score_get_estimate(score, scores), message(score));
        for (int64_t i = 0; i < SAMPLES; i++)
            ck_assert_double_eq_tol(scores[i], scales[_i].offset + scales[_i].sign * integral(&subsets[s], curves, i),
                                    1e-6);
        dlc_score_free(score);
    }
    dlc_score_free(whole);
    free(curves);
    free(table);
}
END_TEST

/* All levels: the plain mean, with the same bits whether curves are kept or not, and in any order where they are. */
START_TEST(every_level_makes_the_score_itself) {
    float *table = table_of(CLASSES), sums[SAMPLES], kept[SAMPLES], estimate[SAMPLES];
    dlc_score *running = scorer(NULL, DLC_HEAD_LOGITS, DLC_OBSERVE_LOSS, 0);
    dlc_score *score = scorer(NULL, DLC_HEAD_LOGITS, DLC_OBSERVE_LOSS, 1);
    for (int64_t level = 0; level < LEVELS; level++) {
        visit(running, table, level);
        visit(score, table, level * 17 % LEVELS);
    }
    ck_ok(dlc_score_get_scores(running, sums), message(running));
    ck_ok(dlc_score_get_estimate(running, estimate), message(running));
    ck_assert_mem_eq(estimate, sums, sizeof sums);
    ck_ok(dlc_score_get_scores(score, kept), message(score));
    ck_assert_mem_eq(kept, sums, sizeof sums);
    ck_ok(dlc_score_get_estimate(score, estimate), message(score));
    ck_assert_mem_eq(estimate, sums, sizeof sums);
    ck_ok(dlc_score_close(running), message(running));
    ck_ok(dlc_score_close(score), message(score));
    ck_ok(dlc_score_get_scores(score, kept), message(score));
    ck_assert_mem_eq(kept, sums, sizeof sums);
    ck_fails(dlc_score_begin_level(score, 3), DLC_ERROR_STATE, message(score), "level 3 was done already");
    dlc_score_free(running);
    dlc_score_free(score);
    free(table);
}
END_TEST

START_TEST(a_closed_score_tells_what_was_visited) {
    static const int64_t sorted[] = {1, 2, 3, 5, 8, 13, 21, 34, 40, 44, 45, 46, 48};
    const subset *of = &subsets[SUBSETS - 1];
    float *table = table_of(1);
    float *curves = calloc((size_t)LEVELS * SAMPLES, sizeof *curves);
    dlc_score *score = scorer(NULL, DLC_HEAD_LOSS, DLC_OBSERVE_LOSS, 1);
    for (int repeat = 0; repeat < 2; repeat++) {
        ck_assert_int_eq(dlc_score_visited_count(score), 0);
        for (int64_t i = 0; i < of->count; i++)
            visit(score, table, of->levels[i]);
        ck_fails(dlc_score_get_curves(score, curves), DLC_ERROR_STATE, message(score), "13 of 50 levels are done");
        ck_ok(dlc_score_close(score), message(score));
        ck_ok(dlc_score_close(score), message(score));
        int64_t visited[LEVELS + 1] = {0};
        ck_assert_int_eq(dlc_score_visited_count(score), 13);
        ck_ok(dlc_score_get_visited(score, visited), message(score));
        ck_assert_mem_eq(visited, sorted, sizeof sorted);
        ck_assert_int_eq(visited[13], 0);
        curves[of->count * SAMPLES] = -1;
        ck_ok(dlc_score_get_curves(score, curves), message(score));
        for (int64_t i = 0; i < of->count; i++)
            ck_assert_mem_eq(curves + i * SAMPLES, table + sorted[i] * SAMPLES, SAMPLES * sizeof *curves);
        ck_assert(curves[of->count * SAMPLES] == -1);
        ck_fails(dlc_score_begin_level(score, 0), DLC_ERROR_STATE, message(score), "closed after 13 of 50 levels");
        ck_ok(dlc_score_reset(score), message(score));
    }
    dlc_score_free(score);
    free(curves);
    free(table);
}
END_TEST

/* ---- Counts of correct levels ---- */

START_TEST(correct_counts_whatever_the_observation) {
    float *table = table_of(CLASSES);
    dlc_score *score = scorer(NULL, DLC_HEAD_LOGITS, _i, 1);
    int32_t counts[SAMPLES], expected[SAMPLES] = {0};
    ck_ok(dlc_score_set_threads(score, 3), message(score));
    for (int64_t v = 0; v < 9; v++) {
        const int64_t level = subsets[7].levels[v];
        visit(score, table, level);
        for (int64_t i = 0; i < SAMPLES; i++) {
            const float *logits = table + (level * SAMPLES + i) * CLASSES;
            int beaten = 0;
            for (int64_t c = 0; c < CLASSES; c++)
                beaten |= logits[c] > logits[label_of(i)] || (logits[c] == logits[label_of(i)] && c < label_of(i));
            expected[i] += !beaten;
        }
        ck_ok(dlc_score_get_correct_counts(score, counts), message(score));
        ck_assert_mem_eq(counts, expected, sizeof expected);
    }
    dlc_score_free(score);
    free(table);
}
END_TEST

START_TEST(correct_counts_of_golden_features) {
    static const char *const cases[] = {"a", "b"};
    int64_t values = 0, observations = 0, samples = 0, classes = 0;
    float *features = golden_array(cases[_i], "features.npy", "<f4", &values);
    uint8_t *correct = golden_array(cases[_i], "correct_curves.npy", "|u1", &observations);
    int64_t *labels = golden_array(cases[_i], "labels.npy", "<i8", &samples);
    const int64_t levels = observations / samples, width = values / observations;
    for (int64_t i = 0; i < samples; i++)
        classes = labels[i] >= classes ? labels[i] + 1 : classes;
    int32_t *counts = calloc((size_t)samples, sizeof *counts);
    dlc_score *score = NULL;
    ck_ok(dlc_score_create(NULL, &score), "create");
    ck_ok(dlc_score_set_samples(score, samples, labels, classes), message(score));
    ck_ok(dlc_score_set_head(score, DLC_HEAD_CENTROID, width), message(score));
    ck_ok(dlc_score_set_levels(score, levels), message(score));
    ck_ok(dlc_score_set_keep_curves(score, 1), message(score));
    ck_ok(dlc_score_add_features(score, 0, NULL, samples, features, width), message(score));
    ck_ok(dlc_score_finish_centroids(score), message(score));
    for (int64_t level = 0; level < levels; level++) {
        ck_ok(dlc_score_begin_level(score, level), message(score));
        ck_ok(dlc_score_observe(score, 0, NULL, samples, features + level * samples * width, width), message(score));
        ck_ok(dlc_score_end_level(score), message(score));
    }
    ck_ok(dlc_score_get_correct_counts(score, counts), message(score));
    for (int64_t i = 0; i < samples; i++) {
        int32_t expected = 0;
        for (int64_t level = 0; level < levels; level++)
            expected += correct[level * samples + i];
        ck_assert_int_eq(counts[i], expected);
    }
    dlc_score_free(score);
    free(counts);
    free(features);
    free(correct);
    free(labels);
}
END_TEST

/* ---- Wrong use, and no memory ---- */

START_TEST(calls_out_of_turn) {
    float *table = table_of(CLASSES), out[SAMPLES];
    int32_t counts[SAMPLES];
    dlc_score *score = scorer(NULL, DLC_HEAD_LOGITS, DLC_OBSERVE_LOSS, 1);
    dlc_score *running = scorer(NULL, DLC_HEAD_LOGITS, DLC_OBSERVE_LOSS, 0);
    dlc_score *losses = scorer(NULL, DLC_HEAD_LOSS, DLC_OBSERVE_LOSS, 1);

    ck_fails(dlc_score_get_estimate(score, out), DLC_ERROR_STATE, message(score), "no level is done");
    ck_fails(dlc_score_get_correct_counts(score, counts), DLC_ERROR_STATE, message(score), "no level is done");
    ck_fails(dlc_score_close(score), DLC_ERROR_STATE, message(score), "no level is done");
    visit(score, table, 8);
    ck_ok(dlc_score_begin_level(score, 9), message(score));
    ck_fails(dlc_score_get_estimate(score, out), DLC_ERROR_STATE, message(score), "level 9 is still under way");
    ck_fails(dlc_score_get_correct_counts(score, counts), DLC_ERROR_STATE, message(score),
             "level 9 is still under way");
    ck_fails(dlc_score_close(score), DLC_ERROR_STATE, message(score), "level 9 is still under way");
    ck_assert_int_eq(dlc_score_visited_count(score), 1);

    visit(running, table, 8);
    ck_fails(dlc_score_get_estimate(running, out), DLC_ERROR_STATE, message(running), "needs kept curves");
    ck_fails(dlc_score_close(running), DLC_ERROR_STATE, message(running), "1 of 50 levels are done");
    ck_fails(dlc_score_get_correct_counts(running, counts), DLC_ERROR_STATE, message(running), "not kept");
    visit(running, table, 9); /* it was not closed */

    visit(losses, table, 8);
    ck_fails(dlc_score_get_correct_counts(losses, counts), DLC_ERROR_STATE, message(losses), "head loss");
    ck_fails(dlc_score_get_estimate(losses, NULL), DLC_ERROR_ARGUMENT, message(losses), "scores is NULL");
    ck_fails(dlc_score_get_visited(losses, NULL), DLC_ERROR_ARGUMENT, message(losses), "levels is NULL");

    ck_ok(dlc_score_reset(score), message(score));
    visit(score, table, 8);
    ck_fails(dlc_score_get_correct_counts(score, NULL), DLC_ERROR_ARGUMENT, message(score), "counts is NULL");

    ck_assert_int_eq(dlc_score_visited_count(NULL), -1);
    ck_assert_int_eq(dlc_score_get_visited(NULL, NULL), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_score_get_estimate(NULL, out), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_score_get_correct_counts(NULL, counts), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_score_close(NULL), DLC_ERROR_ARGUMENT);
    dlc_score_free(score);
    dlc_score_free(running);
    dlc_score_free(losses);
    free(table);
}
END_TEST

/* G6: a level for which there is no memory has not begun, and may begin later. */
START_TEST(g6_a_level_without_memory_can_begin_later) {
    failing_allocator state = {.fail_at = -1};
    dlc_allocator *allocator = failing_allocator_start(&state);
    dlc_score *score = scorer(allocator, DLC_HEAD_LOGITS, DLC_OBSERVE_LOSS, 1);
    float *table = table_of(CLASSES), scores[SAMPLES];
    for (int64_t v = 0; v < 3; v++) {
        int64_t failures = 0;
        for (dlc_status status = DLC_ERROR_MEMORY; status != DLC_OK;) {
            state.calls = 0;
            state.fail_at = failures;
            const int64_t live = state.live;
            status = dlc_score_begin_level(score, subsets[4].levels[v]);
            state.fail_at = -1;
            if (status == DLC_OK)
                break;
            failures++;
            ck_fails(status, DLC_ERROR_MEMORY, message(score), "out of memory for the curves");
            ck_assert_int_eq(state.live, live);
            if (v == 0) /* nothing came yet: settings can still change */
                ck_ok(dlc_score_set_levels(score, LEVELS), message(score));
            ck_assert_int_eq(dlc_score_visited_count(score), v);
        }
        ck_assert_int_eq(failures, v == 0 ? 4 : 1);
        ck_ok(dlc_score_observe(score, 0, NULL, SAMPLES, table + subsets[4].levels[v] * SAMPLES * CLASSES, CLASSES),
              message(score));
        ck_ok(dlc_score_end_level(score), message(score));
    }
    ck_ok(dlc_score_close(score), message(score));
    ck_ok(dlc_score_get_scores(score, scores), message(score));
    ck_ok(dlc_score_reset(score), message(score));
    visit(score, table, 0);
    ck_ok(dlc_score_begin_level(score, 1), message(score)); /* freed with a level under way */
    dlc_score_free(score);
    dlc_allocator_free(allocator);
    ck_assert_int_eq(state.live, 0);
    free(table);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("score_estimate");
    TCase *cases = tcase_create("estimate");
    tcase_set_timeout(cases, 60);
    tcase_add_loop_test(cases, the_estimate_is_the_trapezoid, 0, SUBSETS);
    tcase_add_loop_test(cases, every_observation_has_its_estimate, 0, 4);
    tcase_add_test(cases, every_level_makes_the_score_itself);
    tcase_add_test(cases, a_closed_score_tells_what_was_visited);
    tcase_add_loop_test(cases, correct_counts_whatever_the_observation, 0, 4);
    tcase_add_loop_test(cases, correct_counts_of_golden_features, 0, 2);
    tcase_add_test(cases, calls_out_of_turn);
    tcase_add_test(cases, g6_a_level_without_memory_can_begin_later);
    suite_add_tcase(suite, cases);
    return suite;
}
