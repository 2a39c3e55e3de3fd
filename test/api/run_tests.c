/*
 * run_tests.c - the whole run over the golden encoder z = relu(x W1^T) W2^T: curves against the golden ones, and G1:
 * the weights are bit for bit what they were, however a run ends.
 */
#include "support.h"

#include <math.h>
#include <stdlib.h>

enum { INPUTS = 24, HIDDEN = 48, DIM = 16 };

/* What the callback should do at call number `at`, instead of its work. */
typedef enum trouble { NONE, RAISE, SHORT, LONG, NOT_A_NUMBER, CANCEL } trouble;

typedef struct model {
    int64_t samples, classes, levels;
    float *x, *w1, *w2;
    float *saved_w1, *saved_w2;
    int64_t *labels;
    dlc_mask *mask;
    dlc_score *score;
    dlc_run *run;
    int64_t calls;
    int64_t extra_calls; /* with level -1 */
    trouble trouble;
    int64_t at;
    int64_t stop_after_reports; /* progress: -1: never */
    int64_t reports;
    int64_t last_pass, passes;
} model;

static void forward(void *user, int64_t level, int64_t first, int64_t rows, float *out, int64_t *rows_written) {
    model *m = user;
    const int64_t call = m->calls++;
    m->extra_calls += level == -1;
    ck_assert_int_eq(*rows_written, -1);
    ck_assert(isnan(out[0]) && isnan(out[rows * DIM - 1]));
    for (int64_t r = 0; r < rows; r++) {
        float hidden[HIDDEN];
        for (int h = 0; h < HIDDEN; h++) {
            float sum = 0;
            for (int i = 0; i < INPUTS; i++)
                sum += m->x[(first + r) * INPUTS + i] * m->w1[h * INPUTS + i];
            hidden[h] = sum > 0 ? sum : 0;
        }
        for (int d = 0; d < DIM; d++) {
            float sum = 0;
            for (int h = 0; h < HIDDEN; h++)
                sum += hidden[h] * m->w2[d * HIDDEN + h];
            out[r * DIM + d] = sum;
        }
    }
    *rows_written = rows;
    if (call != m->at)
        return;
    if (m->trouble == RAISE)
        *rows_written = -1;
    if (m->trouble == SHORT)
        *rows_written = rows - 1;
    if (m->trouble == LONG)
        *rows_written = rows + 1;
    if (m->trouble == NOT_A_NUMBER)
        out[rows * DIM - 1] = NAN;
    if (m->trouble == CANCEL)
        dlc_run_cancel(m->run);
}

static void report(void *user, int64_t pass, int64_t passes, int64_t samples_done, int64_t samples, int32_t *go_on) {
    model *m = user;
    ck_assert_int_eq(*go_on, -1);
    ck_assert(samples_done > 0 && samples_done <= samples && samples == m->samples);
    ck_assert(pass >= m->last_pass && pass < passes);
    m->last_pass = pass;
    m->passes = passes;
    if (m->reports++ != m->stop_after_reports)
        *go_on = 1;
}

static float *copy_of(const float *values, int64_t count) {
    float *copy = malloc((size_t)count * sizeof *copy);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, values, (size_t)count * sizeof *copy);
    return copy;
}

static model *model_create(const char *golden, const dlc_allocator *allocator, dlc_status *status) {
    model *m = calloc(1, sizeof *m);
    ck_assert_ptr_nonnull(m);
    int64_t count = 0;
    m->x = golden_array(golden, "x.npy", "<f4", &count);
    m->w1 = golden_array(golden, "w1.npy", "<f4", &count);
    m->w2 = golden_array(golden, "w2.npy", "<f4", &count);
    m->saved_w1 = copy_of(m->w1, HIDDEN * INPUTS);
    m->saved_w2 = copy_of(m->w2, DIM * HIDDEN);
    m->labels = golden_array(golden, "labels.npy", "<i8", &m->samples);
    for (int64_t i = 0; i < m->samples; i++)
        m->classes = m->labels[i] >= m->classes ? m->labels[i] + 1 : m->classes;
    m->at = m->stop_after_reports = -1;
    *status = dlc_mask_create(allocator, &m->mask);
    if (*status == DLC_OK)
        *status = dlc_score_create(allocator, &m->score);
    if (*status == DLC_OK)
        *status = dlc_run_create(allocator, &m->run);
    if (*status == DLC_OK)
        *status = dlc_mask_add_tensor(m->mask, "w1", DLC_DTYPE_F32, m->w1, HIDDEN * INPUTS, 1);
    if (*status == DLC_OK)
        *status = dlc_mask_add_tensor(m->mask, "w2", DLC_DTYPE_F32, m->w2, DIM * HIDDEN, 1);
    if (*status == DLC_OK)
        *status = dlc_score_set_samples(m->score, m->samples, m->labels, m->classes);
    if (*status == DLC_OK)
        *status = dlc_score_set_head(m->score, DLC_HEAD_CENTROID, DIM);
    if (*status == DLC_OK)
        *status = dlc_score_set_keep_curves(m->score, 1);
    if (*status == DLC_OK)
        *status = dlc_run_set_mask(m->run, m->mask);
    if (*status == DLC_OK)
        *status = dlc_run_set_score(m->run, m->score);
    if (*status == DLC_OK)
        *status = dlc_run_set_forward(m->run, forward, m);
    if (*status == DLC_OK)
        *status = dlc_run_set_progress(m->run, report, m);
    return m;
}

static model *model_of_a(void) {
    dlc_status status = DLC_OK;
    model *m = model_create("a", NULL, &status);
    ck_assert_int_eq(status, DLC_OK);
    return m;
}

static void assert_weights_untouched(const model *m) {
    ck_assert_mem_eq(m->w1, m->saved_w1, HIDDEN * INPUTS * sizeof *m->w1);
    ck_assert_mem_eq(m->w2, m->saved_w2, DIM * HIDDEN * sizeof *m->w2);
}

static void model_free(model *m) {
    dlc_run_free(m->run);
    dlc_score_free(m->score);
    dlc_mask_free(m->mask);
    assert_weights_untouched(m);
    free(m->x);
    free(m->w1);
    free(m->w2);
    free(m->saved_w1);
    free(m->saved_w2);
    free(m->labels);
    free(m);
}

static void execute(model *m) {
    m->calls = m->extra_calls = m->reports = m->last_pass = 0;
    ck_ok(dlc_run_execute(m->run), dlc_run_message(m->run));
    assert_weights_untouched(m);
}

static float *scores_of(model *m) {
    float *scores = calloc((size_t)m->samples, sizeof *scores);
    ck_assert_ptr_nonnull(scores);
    ck_ok(dlc_score_get_scores(m->score, scores), dlc_score_message(m->score));
    return scores;
}

START_TEST(curves_are_the_golden_ones) {
    static const char *const cases[] = {"a", "b"};
    dlc_status status = DLC_OK;
    model *m = model_create(cases[_i], NULL, &status);
    ck_assert_int_eq(status, DLC_OK);
    if (_i == 1)
        ck_ok(dlc_mask_set_geometric(m->mask, 0.1, 20), dlc_mask_message(m->mask));
    execute(m);
    int64_t observations = 0, samples = 0;
    float *golden = golden_array(cases[_i], "loss_curves.npy", "<f4", &observations);
    float *golden_scores = golden_array(cases[_i], "score.npy", "<f4", &samples);
    float *curves = calloc((size_t)observations, sizeof *curves), *scores = scores_of(m);
    ck_assert_ptr_nonnull(curves);
    ck_ok(dlc_score_get_curves(m->score, curves), dlc_score_message(m->score));
    /* The features are this file's own, summed in another order than the golden ones. */
    for (int64_t i = 0; i < observations; i++)
        ck_assert_double_eq_tol(curves[i], golden[i], 2e-5);
    for (int64_t i = 0; i < samples; i++)
        ck_assert_double_eq_tol(scores[i], golden_scores[i], 1e-5);
    ck_assert_int_eq(m->extra_calls, 0);
    ck_assert_int_eq(m->passes, observations / samples);
    free(golden);
    free(golden_scores);
    free(curves);
    free(scores);
    model_free(m);
}
END_TEST

START_TEST(batches_threads_and_memory_do_not_matter) {
    static const int64_t batches[] = {1, 7, 64, 300, 100000, INT64_MAX};
    model *m = model_of_a();
    execute(m);
    float *first = scores_of(m);
    for (size_t i = 0; i < sizeof batches / sizeof batches[0]; i++) {
        ck_ok(dlc_run_set_batch(m->run, batches[i]), dlc_run_message(m->run));
        ck_ok(dlc_mask_set_threads(m->mask, (int32_t)i + 1), dlc_mask_message(m->mask));
        ck_ok(dlc_score_set_threads(m->score, (int32_t)i + 1), dlc_score_message(m->score));
        /* A limit that leaves no room for kept features: the unmasked pass is done twice. */
        int64_t bytes = 0;
        ck_ok(dlc_run_set_memory_limit(m->run, 0), dlc_run_message(m->run));
        ck_ok(dlc_run_memory_estimate(m->run, &bytes), dlc_run_message(m->run));
        ck_ok(dlc_run_set_memory_limit(m->run, i % 2 ? bytes - 1 : 0), dlc_run_message(m->run));
        execute(m);
        ck_assert_int_eq(m->passes, i % 2 ? 51 : 50);
        ck_assert_int_eq(m->extra_calls > 0, i % 2);
        float *scores = scores_of(m);
        ck_assert_mem_eq(scores, first, (size_t)m->samples * sizeof *scores);
        free(scores);
    }
    free(first);
    model_free(m);
}
END_TEST

START_TEST(a_schedule_that_starts_masked_costs_an_extra_pass) {
    model *m = model_of_a();
    ck_ok(dlc_mask_set_list(m->mask, (const double[]){0.5, 0}, 2), dlc_mask_message(m->mask));
    execute(m);
    ck_assert_int_eq(m->passes, 3);
    ck_assert_int_gt(m->extra_calls, 0);
    float *curves = calloc((size_t)m->samples * 2, sizeof *curves);
    ck_assert_ptr_nonnull(curves);
    ck_ok(dlc_score_get_curves(m->score, curves), dlc_score_message(m->score));
    int64_t count = 0;
    float *golden = golden_array("a", "loss_curves.npy", "<f4", &count);
    for (int64_t i = 0; i < m->samples; i++) /* the centroids are the unmasked model's */
        ck_assert_double_eq_tol(curves[m->samples + i], golden[i], 2e-5);
    free(curves);
    free(golden);
    model_free(m);
}
END_TEST

START_TEST(given_centroids_are_used_and_kept) {
    model *m = model_of_a();
    int64_t count = 0;
    float *centroids = golden_array("a", "centroids.npy", "<f4", &count);
    ck_ok(dlc_score_set_centroids(m->score, centroids), dlc_score_message(m->score));
    for (int i = 0; i < 2; i++) {
        execute(m);
        float *got = calloc((size_t)count, sizeof *got);
        ck_assert_ptr_nonnull(got);
        ck_ok(dlc_score_get_centroids(m->score, got), dlc_score_message(m->score));
        ck_assert_mem_eq(got, centroids, (size_t)count * sizeof *got);
        free(got);
    }
    free(centroids);
    model_free(m);
}
END_TEST

/* G1, for every way in which the callback can end a run, at every call of a short run; then the same handles do a whole
 * run. */
START_TEST(g1_weights_come_back_whatever_the_callback_does) {
    static const struct {
        trouble trouble;
        dlc_status status;
        const char *part;
    } troubles[] = {
        {RAISE, DLC_ERROR_CALLBACK, "the forward callback failed at level"},
        {SHORT, DLC_ERROR_CALLBACK, "wrote"},
        {LONG, DLC_ERROR_CALLBACK, "wrote"},
        {NOT_A_NUMBER, DLC_ERROR_DATA, "is NaN"},
        {CANCEL, DLC_ERROR_CANCELLED, "cancelled"},
    };
    model *m = model_of_a();
    ck_ok(dlc_mask_set_list(m->mask, (const double[]){0, 0.3, 0.9}, 3), dlc_mask_message(m->mask));
    ck_ok(dlc_run_set_batch(m->run, 100), dlc_run_message(m->run));
    execute(m);
    float *whole = scores_of(m);
    const int64_t calls = m->calls;
    ck_assert_int_eq(calls, 9);
    for (m->at = 0; m->at < calls; m->at++) {
        m->trouble = troubles[_i].trouble;
        m->calls = 0;
        if (m->trouble == CANCEL && m->at == calls - 1)
            break; /* after the last batch there is nothing left to cancel */
        m->last_pass = 0;
        ck_fails(dlc_run_execute(m->run), troubles[_i].status, dlc_run_message(m->run), troubles[_i].part);
        assert_weights_untouched(m);
        float none = 0;
        ck_assert_int_eq(dlc_score_get_scores(m->score, &none), DLC_ERROR_STATE);
    }
    m->at = -1;
    execute(m);
    float *again = scores_of(m);
    ck_assert_mem_eq(again, whole, (size_t)m->samples * sizeof *again);
    free(whole);
    free(again);
    model_free(m);
}
END_TEST

START_TEST(g1_weights_come_back_when_progress_stops_the_run) {
    model *m = model_of_a();
    ck_ok(dlc_mask_set_list(m->mask, (const double[]){0, 0.3, 0.9}, 3), dlc_mask_message(m->mask));
    for (m->stop_after_reports = 0; m->stop_after_reports < 15; m->stop_after_reports++) {
        m->reports = m->last_pass = 0;
        ck_fails(dlc_run_execute(m->run), DLC_ERROR_CANCELLED, dlc_run_message(m->run), "progress");
        assert_weights_untouched(m);
    }
    m->stop_after_reports = -1;
    execute(m);
    ck_assert_int_eq(m->reports, 15);
    model_free(m);
}
END_TEST

START_TEST(a_cancel_before_the_run_counts_once) {
    model *m = model_of_a();
    dlc_run_cancel(m->run);
    ck_fails(dlc_run_execute(m->run), DLC_ERROR_CANCELLED, dlc_run_message(m->run), "cancelled");
    ck_assert_int_eq(m->calls, 0);
    execute(m);
    dlc_run_cancel(NULL);
    model_free(m);
}
END_TEST

/* G1 and G6: every allocation of a run fails in turn, once or from then on; then the same handles do a whole run. */
START_TEST(g1_g6_every_failed_allocation_is_reported) {
    for (int64_t n = 0;; n++) {
        failing_allocator state = {.fail_at = -1, .from_then_on = _i};
        dlc_allocator *allocator = failing_allocator_start(&state);
        dlc_status status = DLC_OK;
        model *m = model_create("b", allocator, &status);
        ck_assert_int_eq(status, DLC_OK);
        ck_ok(dlc_mask_set_list(m->mask, (const double[]){0, 0.3, 0.9}, 3), dlc_mask_message(m->mask));
        const int64_t first = state.calls;
        state.fail_at = first + n;
        status = dlc_run_execute(m->run);
        const int met = state.calls > first + n;
        assert_weights_untouched(m);
        if (!met)
            ck_assert_int_eq(status, DLC_OK);
        if (status != DLC_OK) /* without room to keep features a run succeeds all the same */
            ck_fails(status, DLC_ERROR_MEMORY, dlc_run_message(m->run), "memory");
        state.fail_at = -1;
        execute(m);
        model_free(m);
        dlc_allocator_free(allocator);
        ck_assert_int_eq(state.live, 0);
        if (!met) {
            ck_assert_int_gt(n, 5);
            return;
        }
    }
}
END_TEST

START_TEST(a_run_refuses_more_memory_than_its_limit) {
    model *m = model_of_a();
    ck_ok(dlc_run_set_memory_limit(m->run, 1000), dlc_run_message(m->run));
    ck_fails(dlc_run_execute(m->run), DLC_ERROR_LIMIT, dlc_run_message(m->run), "more than the limit of 1000");
    int64_t bytes = 0;
    ck_fails(dlc_run_memory_estimate(m->run, &bytes), DLC_ERROR_LIMIT, dlc_run_message(m->run), "1000");
    ck_assert_int_eq(m->calls, 0);
    model_free(m);
}
END_TEST

START_TEST(other_heads_need_no_extra_pass) {
    model *m = model_of_a();
    dlc_score *losses = NULL;
    ck_ok(dlc_score_create(NULL, &losses), "create");
    ck_ok(dlc_score_set_samples(losses, m->samples, NULL, 0), dlc_score_message(losses));
    ck_ok(dlc_score_set_head(losses, DLC_HEAD_LOSS, 1), dlc_score_message(losses));
    dlc_score *logits = NULL;
    ck_ok(dlc_score_create(NULL, &logits), "create");
    ck_ok(dlc_score_set_samples(logits, m->samples, m->labels, DIM), dlc_score_message(logits));
    ck_ok(dlc_score_set_head(logits, DLC_HEAD_LOGITS, DIM), dlc_score_message(logits));
    ck_ok(dlc_run_set_score(m->run, logits), dlc_run_message(m->run));
    execute(m);
    ck_assert_int_eq(m->passes, 50);
    ck_assert_int_eq(m->extra_calls, 0);
    dlc_score_free(losses);
    dlc_score_free(logits);
    model_free(m);
}
END_TEST

START_TEST(wrong_uses_say_what_is_wrong) {
    model *m = model_of_a();
    dlc_run *run = NULL;
    int64_t bytes = 0;
    ck_assert_int_eq(dlc_run_create(NULL, NULL), DLC_ERROR_ARGUMENT);
    ck_ok(dlc_run_create(NULL, &run), "create");
    ck_assert_str_eq(dlc_run_message(run), "");
    ck_fails(dlc_run_execute(run), DLC_ERROR_STATE, dlc_run_message(run), "no mask");
    ck_fails(dlc_run_memory_estimate(run, &bytes), DLC_ERROR_STATE, dlc_run_message(run), "no mask");
    ck_ok(dlc_run_set_mask(run, m->mask), dlc_run_message(run));
    ck_fails(dlc_run_execute(run), DLC_ERROR_STATE, dlc_run_message(run), "no score");
    dlc_score *empty = NULL;
    ck_ok(dlc_score_create(NULL, &empty), "create");
    ck_ok(dlc_run_set_score(run, empty), dlc_run_message(run));
    ck_fails(dlc_run_execute(run), DLC_ERROR_STATE, dlc_run_message(run), "no samples");
    ck_ok(dlc_run_set_score(run, m->score), dlc_run_message(run));
    ck_fails(dlc_run_execute(run), DLC_ERROR_STATE, dlc_run_message(run), "no forward callback");
    ck_fails(dlc_run_set_mask(run, NULL), DLC_ERROR_ARGUMENT, dlc_run_message(run), "mask is NULL");
    ck_fails(dlc_run_set_score(run, NULL), DLC_ERROR_ARGUMENT, dlc_run_message(run), "score is NULL");
    ck_fails(dlc_run_set_forward(run, NULL, NULL), DLC_ERROR_ARGUMENT, dlc_run_message(run), "NULL");
    ck_fails(dlc_run_set_batch(run, 0), DLC_ERROR_ARGUMENT, dlc_run_message(run), "batch of 0");
    ck_fails(dlc_run_set_memory_limit(run, -1), DLC_ERROR_ARGUMENT, dlc_run_message(run), "-1");
    ck_fails(dlc_run_memory_estimate(run, NULL), DLC_ERROR_ARGUMENT, dlc_run_message(run), "NULL");
    ck_ok(dlc_mask_plan(m->mask), dlc_mask_message(m->mask));
    ck_ok(dlc_mask_apply(m->mask, 3), dlc_mask_message(m->mask));
    ck_fails(dlc_run_execute(m->run), DLC_ERROR_STATE, dlc_run_message(m->run), "level 3");
    ck_ok(dlc_mask_restore(m->mask), dlc_mask_message(m->mask));
    execute(m);
    ck_assert_int_eq(dlc_run_execute(NULL), DLC_ERROR_ARGUMENT);
    dlc_run_free(NULL);
    dlc_run_free(run);
    dlc_score_free(empty);
    model_free(m);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("run");
    TCase *cases = tcase_create("run");
    tcase_set_timeout(cases, 120);
    tcase_add_loop_test(cases, curves_are_the_golden_ones, 0, 2);
    tcase_add_test(cases, batches_threads_and_memory_do_not_matter);
    tcase_add_test(cases, a_schedule_that_starts_masked_costs_an_extra_pass);
    tcase_add_test(cases, given_centroids_are_used_and_kept);
    tcase_add_loop_test(cases, g1_weights_come_back_whatever_the_callback_does, 0, 5);
    tcase_add_test(cases, g1_weights_come_back_when_progress_stops_the_run);
    tcase_add_test(cases, a_cancel_before_the_run_counts_once);
    tcase_add_loop_test(cases, g1_g6_every_failed_allocation_is_reported, 0, 2);
    tcase_add_test(cases, a_run_refuses_more_memory_than_its_limit);
    tcase_add_test(cases, other_heads_need_no_extra_pass);
    tcase_add_test(cases, wrong_uses_say_what_is_wrong);
    suite_add_tcase(suite, cases);
    return suite;
}
