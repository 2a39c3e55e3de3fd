/*
 * run_tests.c - the whole run over the golden encoder z = relu(x W1^T) W2^T: curves against the golden ones, and G1:
 * the weights are bit for bit what they were, however a run ends.
 */
#include "golden_run.h"

#include <math.h>
#include <stdlib.h>

START_TEST(curves_are_the_golden_ones) {
    static const char *const cases[] = {"a", "b"};
    model *m = model_create(cases[_i], NULL);
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
    static const int64_t batches[] = {1, 7, 64, 299, 100000, INT64_MAX};
    failing_allocator state = {.fail_at = -1};
    dlc_allocator *allocator = failing_allocator_start(&state);
    model *m = model_create("a", allocator);
    dlc_allocator_free(allocator);
    execute(m);
    float *first = scores_of(m);
    for (size_t i = 0; i < sizeof batches / sizeof batches[0]; i++) {
        ck_ok(dlc_run_set_batch(m->run, batches[i]), dlc_run_message(m->run));
        ck_ok(dlc_mask_set_threads(m->mask, (int32_t)i + 1), dlc_mask_message(m->mask));
        ck_ok(dlc_score_set_threads(m->score, (int32_t)i + 1), dlc_score_message(m->score));
        /* No memory for kept features: the unmasked pass is done twice. A batch as large needs it all the same. */
        const int has_no_room = batches[i] < m->samples && i % 2;
        state.refuse_size = has_no_room ? m->samples * DIM * (int64_t)sizeof(float) : 0;
        execute(m);
        ck_assert_int_eq(m->passes, has_no_room ? 51 : 50);
        ck_assert_int_eq(m->extra_calls > 0, has_no_room);
        float *scores = scores_of(m);
        ck_assert_mem_eq(scores, first, (size_t)m->samples * sizeof *scores);
        free(scores);
    }
    free(first);
    model_free(m);
}
END_TEST

START_TEST(a_schedule_that_starts_masked_costs_an_extra_pass) {
    model *m = model_create("a", NULL);
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
    model *m = model_create("a", NULL);
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
    model *m = model_create("a", NULL);
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
    model *m = model_create("a", NULL);
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
    model *m = model_create("a", NULL);
    dlc_run_cancel(m->run);
    ck_fails(dlc_run_execute(m->run), DLC_ERROR_CANCELLED, dlc_run_message(m->run), "cancelled");
    ck_assert_int_eq(m->calls, 0);
    execute(m);
    dlc_run_cancel(NULL);
    model_free(m);
}
END_TEST

/* A question, which leaves the results where they are; and the answer does not depend on them. */
START_TEST(an_estimate_leaves_the_results) {
    model *m = model_create("a", NULL);
    int64_t before = 0, after = 0;
    ck_ok(dlc_mask_plan(m->mask), dlc_mask_message(m->mask));
    ck_ok(dlc_run_memory_estimate(m->run, &before), dlc_run_message(m->run));
    execute(m);
    float *scores = scores_of(m);
    ck_ok(dlc_run_memory_estimate(m->run, &after), dlc_run_message(m->run));
    ck_assert_int_eq(after, before);
    ck_ok(dlc_run_set_memory_limit(m->run, 100), dlc_run_message(m->run));
    ck_fails(dlc_run_memory_estimate(m->run, &after), DLC_ERROR_LIMIT, dlc_run_message(m->run), "more than the limit");
    float *again = scores_of(m);
    ck_assert_mem_eq(again, scores, (size_t)m->samples * sizeof *again);
    ck_assert_int_eq(dlc_score_has_centroids(m->score), 1);
    free(scores);
    free(again);
    model_free(m);
}
END_TEST

/* Also where the run does not even start: nobody takes the results of the one before for its own. */
START_TEST(after_an_error_there_are_no_results) {
    model *m = model_create("a", NULL);
    float none = 0;
    execute(m);
    ck_assert_str_eq(dlc_mask_message(m->mask), "");
    ck_ok(dlc_mask_apply(m->mask, 3), dlc_mask_message(m->mask));
    ck_fails(dlc_run_execute(m->run), DLC_ERROR_STATE, dlc_run_message(m->run), "level 3 of the mask is applied");
    ck_assert_int_eq(dlc_score_get_scores(m->score, &none), DLC_ERROR_STATE);
    ck_assert_int_eq(dlc_mask_current_level(m->mask), 3);
    ck_ok(dlc_mask_restore(m->mask), dlc_mask_message(m->mask));
    execute(m);
    model_free(m);
}
END_TEST

START_TEST(a_run_refuses_more_memory_than_its_limit) {
    model *m = model_create("a", NULL);
    ck_ok(dlc_run_set_memory_limit(m->run, 1000), dlc_run_message(m->run));
    ck_fails(dlc_run_execute(m->run), DLC_ERROR_LIMIT, dlc_run_message(m->run), "more than the limit of 1000");
    int64_t bytes = 0;
    ck_fails(dlc_run_memory_estimate(m->run, &bytes), DLC_ERROR_LIMIT, dlc_run_message(m->run), "1000");
    ck_assert_int_eq(m->calls, 0);
    model_free(m);
}
END_TEST

START_TEST(other_heads_need_no_extra_pass) {
    model *m = model_create("a", NULL);
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
    model *m = model_create("a", NULL);
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
    dlc_run_free(NULL);
    dlc_run_free(run);
    dlc_score_free(empty);
    model_free(m);
}
END_TEST

START_TEST(every_call_refuses_null) {
    int64_t bytes = 0;
    ck_assert_int_eq(dlc_run_set_mask(NULL, NULL), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_run_set_score(NULL, NULL), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_run_set_forward(NULL, NULL, NULL), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_run_set_progress(NULL, NULL, NULL), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_run_set_exchange(NULL, NULL, NULL), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_run_set_batch(NULL, 1), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_run_set_memory_limit(NULL, 0), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_run_memory_estimate(NULL, &bytes), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_run_execute(NULL), DLC_ERROR_ARGUMENT);
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
    tcase_add_test(cases, a_run_refuses_more_memory_than_its_limit);
    tcase_add_test(cases, an_estimate_leaves_the_results);
    tcase_add_test(cases, after_an_error_there_are_no_results);
    tcase_add_test(cases, other_heads_need_no_extra_pass);
    tcase_add_test(cases, wrong_uses_say_what_is_wrong);
    tcase_add_test(cases, every_call_refuses_null);
    suite_add_tcase(suite, cases);
    return suite;
}
