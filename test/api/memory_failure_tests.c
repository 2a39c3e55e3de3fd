/*
 * memory_failure_tests.c - GUARANTEE G6 for mask, score, flexrand and response: every allocation of every function
 * fails in turn (trial.h). The other modules: memory_failure_run_tests.c, memory_failure_files_tests.c,
 * memory_failure_images_tests.c, memory_failure_encoder_tests.c.
 */
#include "trial.h"

#include <stdio.h>

/* ---- Allocator ---- */

static void free_allocator(void *allocator) {
    dlc_allocator_free(allocator);
}

/* The few bytes of the allocator itself come from the caller's function too. */
static void allocate(void *user, int64_t size, void **result) {
    failing_allocator *state = user;
    (void)size;
    state->refused++;
    *result = NULL;
}

static void release(void *user, void *block) {
    (void)user;
    (void)block;
    ck_abort_msg("nothing was allocated");
}

START_TEST(g6_an_allocator_without_memory) {
    failing_allocator state = {.fail_at = 0};
    dlc_allocator *allocator = (dlc_allocator *)&state;
    ck_assert_int_eq(dlc_allocator_create(allocate, release, &state, NULL), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_allocator_create(NULL, release, &state, &allocator), DLC_ERROR_ARGUMENT);
    ck_assert_ptr_null(allocator);
    allocator = (dlc_allocator *)&state;
    ck_assert_int_eq(dlc_allocator_create(allocate, NULL, &state, &allocator), DLC_ERROR_ARGUMENT);
    ck_assert_ptr_null(allocator);
    allocator = (dlc_allocator *)&state;
    ck_assert_int_eq(dlc_allocator_create(allocate, release, &state, &allocator), DLC_ERROR_MEMORY);
    ck_assert_ptr_null(allocator);
    ck_assert_int_eq(state.refused, 1);
    free_allocator(allocator);
}
END_TEST

/* ---- Mask ---- */

static void free_mask(void *mask) {
    dlc_mask_free(mask);
}

/* Ten tensors, so that the list of them grows; of three dtypes, with many equal magnitudes. */
static void mask(trial *t) {
    enum { TENSORS = 10, EACH = 100 };
    static const int32_t dtypes[] = {DLC_DTYPE_F32, DLC_DTYPE_BF16, DLC_DTYPE_F64};
    static unsigned char weights[TENSORS][8 * EACH];
    unsigned char out[8 * EACH];
    uint64_t random = 4;
    memset(weights, 0, sizeof weights);
    for (int i = 0; i < TENSORS * EACH; i++) {
        const double value = (int)(test_uniform(&random) * 20) - 10;
        const float single = (float)value;
        unsigned char bits[4];
        memcpy(bits, &single, sizeof bits);
        if (i / EACH % 3 == 0)
            memcpy(weights[i / EACH] + 4 * (i % EACH), &single, 4);
        else if (i / EACH % 3 == 1)
            memcpy(weights[i / EACH] + 2 * (i % EACH), bits + 2, 2);
        else
            memcpy(weights[i / EACH] + 8 * (i % EACH), &value, 8);
    }
    trial_guard_bytes(t, weights, sizeof weights);
    dlc_mask *mask = NULL;
    attempt_create(t, dlc_mask_create(t->allocator, &mask), mask, free_mask);
    attempt(t, dlc_mask_set_list(mask, (const double[]){0, 0.5}, 2), dlc_mask_message(mask));
    attempt(t, dlc_mask_set_schedule(mask, "list:0.9,0.1,0.35"), dlc_mask_message(mask));
    for (int i = 0; i < TENSORS; i++) {
        char name[16];
        snprintf(name, sizeof name, "t%d", i);
        attempt(t, dlc_mask_add_tensor(mask, name, dtypes[i % 3], weights[i], EACH, i != 5), dlc_mask_message(mask));
    }
    attempt(t, dlc_mask_plan(mask), dlc_mask_message(mask));
    for (int64_t level = 0; level < 3; level++) {
        int64_t kept = 0, ties = 0;
        double threshold = 0;
        ck_ok(dlc_mask_get_level(mask, level, &kept, NULL, &threshold), dlc_mask_message(mask));
        ck_ok(dlc_mask_get_ties(mask, level, 3, &ties), dlc_mask_message(mask));
        trial_result(t, &kept, sizeof kept);
        trial_result(t, &threshold, sizeof threshold);
        trial_result(t, &ties, sizeof ties);
    }
    attempt(t, dlc_mask_apply(mask, 2), dlc_mask_message(mask));
    memset(out, 0, sizeof out);
    ck_ok(dlc_mask_copy(mask, 2, 4, out), dlc_mask_message(mask));
    ck_assert_mem_eq(out, weights[4], sizeof out);
    trial_result(t, out, sizeof out);
    ck_ok(dlc_mask_restore(mask), dlc_mask_message(mask));
    ck_assert_mem_eq(weights, t->guards[0].saved, sizeof weights);
}

/* ---- Score ---- */

enum { SAMPLES = 6, CLASSES = 2, DIM = 3 };
static const float features[SAMPLES * DIM + 1] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 3, 5, 7, 9, 2, 4, 6, 8, 3};
static const int64_t labels[SAMPLES] = {0, 1, 0, 1, 1, 0};

static void free_score(void *score) {
    dlc_score_free(score);
}

static dlc_score *score_of(trial *t, int32_t head, int64_t width, int32_t keep_curves) {
    dlc_score *score = NULL;
    attempt_create(t, dlc_score_create(t->allocator, &score), score, free_score);
    attempt(t, dlc_score_set_samples(score, SAMPLES, labels, CLASSES), dlc_score_message(score));
    ck_ok(dlc_score_set_head(score, head, width), dlc_score_message(score));
    ck_ok(dlc_score_set_levels(score, 2), dlc_score_message(score));
    ck_ok(dlc_score_set_keep_curves(score, keep_curves), dlc_score_message(score));
    return score;
}

static void observe_level(trial *t, dlc_score *score, int64_t level, int64_t width) {
    attempt(t, dlc_score_begin_level(score, level), dlc_score_message(score));
    attempt(t, dlc_score_observe(score, 0, NULL, SAMPLES, features + level, width), dlc_score_message(score));
    ck_ok(dlc_score_end_level(score), dlc_score_message(score));
}

static void take_scores(trial *t, dlc_score *score) {
    float scores[SAMPLES];
    ck_ok(dlc_score_get_scores(score, scores), dlc_score_message(score));
    trial_result(t, scores, sizeof scores);
}

static void score_with_centroids(trial *t) {
    dlc_score *score = score_of(t, DLC_HEAD_CENTROID, DIM, 1);
    attempt(t, dlc_score_add_features(score, 0, NULL, SAMPLES, features, DIM), dlc_score_message(score));
    attempt(t, dlc_score_finish_centroids(score), dlc_score_message(score));
    observe_level(t, score, 1, DIM);
    observe_level(t, score, 0, DIM);
    take_scores(t, score);
}

static void score_with_given_centroids(trial *t) {
    dlc_score *score = score_of(t, DLC_HEAD_CENTROID, DIM, 0);
    attempt(t, dlc_score_set_centroids(score, features), dlc_score_message(score));
    observe_level(t, score, 0, DIM);
    observe_level(t, score, 1, DIM);
    take_scores(t, score);
}

static void score_of_logits(trial *t) {
    dlc_score *score = score_of(t, DLC_HEAD_LOGITS, CLASSES, 1);
    observe_level(t, score, 0, CLASSES);
    observe_level(t, score, 1, CLASSES);
    take_scores(t, score);
}

static void score_in_parts(trial *t) {
    enum { BYTES = 48 + CLASSES * (8 + 44 * DIM) };
    unsigned char sums[BYTES], total[BYTES];
    float centroids[CLASSES * DIM];
    dlc_score *score = score_of(t, DLC_HEAD_CENTROID, DIM, 0);
    attempt(t, dlc_score_add_features(score, 0, NULL, SAMPLES, features, DIM), dlc_score_message(score));
    ck_ok(dlc_score_export_sums(score, sums, BYTES), dlc_score_message(score));
    memcpy(total, sums, BYTES);
    ck_assert_int_eq(dlc_score_merge_sums(total, sums, BYTES), DLC_OK);
    attempt(t, dlc_score_import_sums(score, total, BYTES), dlc_score_message(score));
    ck_ok(dlc_score_export_sums(score, sums, BYTES), dlc_score_message(score));
    ck_assert_mem_eq(sums, total, BYTES);
    attempt(t, dlc_score_finish_centroids(score), dlc_score_message(score));
    ck_ok(dlc_score_get_centroids(score, centroids), dlc_score_message(score));
    trial_result(t, centroids, sizeof centroids);
}

/* ---- FlexRand ---- */

static void free_flexrand(void *flexrand) {
    dlc_flexrand_free(flexrand);
}

static void take_selection(trial *t, dlc_flexrand *flexrand, int32_t order) {
    int64_t indices[64];
    int32_t intervals[64];
    const int64_t count = dlc_flexrand_selected_count(flexrand);
    ck_assert(count > 0 && count <= 64);
    attempt(t, dlc_flexrand_get_selection(flexrand, order, indices, intervals), dlc_flexrand_message(flexrand));
    trial_result(t, indices, (size_t)count * sizeof *indices);
    trial_result(t, intervals, (size_t)count * sizeof *intervals);
}

/* Labels enough for their table to grow. */
static void flexrand(trial *t) {
    enum { COUNT = 200, GROUPS = 80 };
    int64_t groups[COUNT], ids[COUNT];
    float scores[COUNT];
    uint64_t random = 8;
    for (int i = 0; i < COUNT; i++) {
        groups[i] = i % GROUPS;
        ids[i] = 1000 - 7 * i;
        scores[i] = (float)test_uniform(&random);
    }
    dlc_flexrand *flexrand = NULL;
    attempt_create(t, dlc_flexrand_create(t->allocator, &flexrand), flexrand, free_flexrand);
    attempt(t, dlc_flexrand_set_samples(flexrand, COUNT, groups, scores, ids), dlc_flexrand_message(flexrand));
    attempt(t, dlc_flexrand_select_keep(flexrand, 0.3), dlc_flexrand_message(flexrand));
    take_selection(t, flexrand, DLC_ORDER_INDEX);
    attempt(t, dlc_flexrand_select_count(flexrand, 33), dlc_flexrand_message(flexrand));
    take_selection(t, flexrand, DLC_ORDER_PICK);
    static const int32_t methods[] = {DLC_METHOD_EASY, DLC_METHOD_RANDOM};
    for (int i = 0; i < 2; i++) {
        ck_ok(dlc_flexrand_set_method(flexrand, methods[i]), dlc_flexrand_message(flexrand));
        attempt(t, dlc_flexrand_select_count(flexrand, 20), dlc_flexrand_message(flexrand));
    }
}

static void flexrand_of_the_paper(trial *t) {
    enum { COUNT = 40 };
    int64_t groups[COUNT];
    float scores[COUNT];
    uint64_t random = 8;
    for (int i = 0; i < COUNT; i++) {
        groups[i] = i % 2;
        scores[i] = (float)test_uniform(&random);
    }
    dlc_flexrand *flexrand = NULL;
    attempt_create(t, dlc_flexrand_create(t->allocator, &flexrand), flexrand, free_flexrand);
    attempt(t, dlc_flexrand_set_samples(flexrand, COUNT, groups, scores, NULL), dlc_flexrand_message(flexrand));
    ck_ok(dlc_flexrand_set_budget(flexrand, DLC_BUDGET_PAPER), dlc_flexrand_message(flexrand));
    for (int32_t rng = DLC_RNG_PHILOX; rng <= DLC_RNG_NUMPY; rng++) {
        ck_ok(dlc_flexrand_set_rng(flexrand, rng), dlc_flexrand_message(flexrand));
        attempt(t, dlc_flexrand_select_keep(flexrand, 0.5), dlc_flexrand_message(flexrand));
        take_selection(t, flexrand, rng == DLC_RNG_PHILOX ? DLC_ORDER_INDEX : DLC_ORDER_PICK);
    }
}

/* ---- Response ---- */

static void free_response(void *response) {
    dlc_response_free(response);
}

static void response(trial *t) {
    enum { ROWS = 3, TOKENS = 4, VOCABULARY = 50 };
    static float logits[ROWS * TOKENS * VOCABULARY];
    int64_t targets[ROWS * TOKENS], counts[ROWS];
    float losses[ROWS];
    uint64_t random = 2;
    for (int i = 0; i < ROWS * TOKENS * VOCABULARY; i++)
        logits[i] = (float)test_uniform(&random) * 8;
    for (int i = 0; i < ROWS * TOKENS; i++)
        targets[i] = i % 4 == 0 ? DLC_RESPONSE_IGNORE : i;
    dlc_response *response = NULL;
    attempt_create(t, dlc_response_create(t->allocator, &response), response, free_response);
    ck_ok(dlc_response_set_logits(response, DLC_DTYPE_F32, VOCABULARY), dlc_response_message(response));
    attempt(t, dlc_response_begin(response, ROWS), dlc_response_message(response));
    attempt(t,
            dlc_response_add(response, 0, ROWS, TOKENS, logits, (int64_t)TOKENS * VOCABULARY, VOCABULARY, targets,
                             TOKENS, NULL, 0),
            dlc_response_message(response));
    ck_ok(dlc_response_get_losses(response, losses, counts), dlc_response_message(response));
    trial_result(t, losses, sizeof losses);
    trial_result(t, counts, sizeof counts);
}

static const trial_scenario scenarios[] = {
    {"mask", mask, 0},
    {"score with centroids", score_with_centroids, 0},
    {"score with given centroids", score_with_given_centroids, 0},
    {"score of logits", score_of_logits, 0},
    {"score in parts", score_in_parts, 0},
    {"flexrand", flexrand, 0},
    {"flexrand of the paper", flexrand_of_the_paper, 0},
    {"response", response, 0},
};

START_TEST(g6_every_allocation_fails_in_turn) {
    trial_run(&scenarios[_i / TRIAL_MODES], _i % TRIAL_MODES);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("memory_failure");
    TCase *tcase = tcase_create("memory_failure");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, g6_an_allocator_without_memory);
    tcase_add_loop_test(tcase, g6_every_allocation_fails_in_turn, 0,
                        TRIAL_MODES * (int)(sizeof scenarios / sizeof scenarios[0]));
    suite_add_tcase(suite, tcase);
    return suite;
}
