/*
 * threads_tests.c - many runs at once in one process, each with handles of its own, over arrays that all of them read:
 * the bits of a run alone, also with threads inside every handle and a cancel from outside. Made for ThreadSanitizer.
 * (The same bits for any number of threads and any batch: score_tests.c, mask_tests.c, run_tests.c, encoder_tests.c,
 * image_tests.c, response_tests.c.)
 */
#include "golden_run.h"

#include <pthread.h>
#include <stdlib.h>

enum { RUNS = 6 };

typedef struct job {
    model *m;
    const float *scores; /* of all runs: read by every selection at once */
    const int64_t *labels;
    int64_t samples;
    int32_t threads;
    dlc_status status;
    int64_t picked[64];
} job;

static void *run_job(void *argument) {
    job *j = argument;
    j->m->calls = j->m->extra_calls = j->m->reports = j->m->last_pass = 0;
    j->status = dlc_run_execute(j->m->run);
    return NULL;
}

static void *cancel_job(void *argument) {
    dlc_run_cancel(((const job *)argument)->m->run);
    return NULL;
}

static model *model_with(int32_t threads, int64_t batch) {
    model *m = model_create("b", NULL);
    ck_ok(dlc_mask_set_threads(m->mask, threads), dlc_mask_message(m->mask));
    ck_ok(dlc_score_set_threads(m->score, threads), dlc_score_message(m->score));
    ck_ok(dlc_run_set_batch(m->run, batch), dlc_run_message(m->run));
    return m;
}

START_TEST(g2_runs_at_once_have_the_bits_of_a_run_alone) {
    static const int32_t threads[RUNS] = {1, 2, 4, 8, 3, 2};
    static const int64_t batches[RUNS] = {1, 7, 64, 150, 64, 7};
    model *alone = model_with(1, 64);
    execute(alone);
    float *expected = scores_of(alone);
    job jobs[RUNS];
    pthread_t workers[RUNS];
    for (int i = 0; i < RUNS; i++)
        jobs[i] = (job){.m = model_with(threads[i], batches[i])};
    for (int i = 0; i < RUNS; i++)
        ck_assert_int_eq(pthread_create(&workers[i], NULL, run_job, &jobs[i]), 0);
    for (int i = 0; i < RUNS; i++) {
        ck_assert_int_eq(pthread_join(workers[i], NULL), 0);
        ck_ok(jobs[i].status, dlc_run_message(jobs[i].m->run));
        float *scores = scores_of(jobs[i].m);
        ck_assert_mem_eq(scores, expected, (size_t)alone->samples * sizeof *scores);
        free(scores);
        model_free(jobs[i].m);
    }
    free(expected);
    model_free(alone);
}
END_TEST

/* Every run is cancelled by a thread that belongs to none of them. */
START_TEST(g1_runs_are_cancelled_from_outside) {
    job jobs[RUNS];
    pthread_t workers[RUNS], cancellers[RUNS];
    for (int i = 0; i < RUNS; i++)
        jobs[i] = (job){.m = model_with(2, 1)};
    for (int i = 0; i < RUNS; i++) {
        ck_assert_int_eq(pthread_create(&workers[i], NULL, run_job, &jobs[i]), 0);
        ck_assert_int_eq(pthread_create(&cancellers[i], NULL, cancel_job, &jobs[i]), 0);
    }
    for (int i = 0; i < RUNS; i++) {
        ck_assert_int_eq(pthread_join(workers[i], NULL), 0);
        ck_assert_int_eq(pthread_join(cancellers[i], NULL), 0);
        ck_assert(jobs[i].status == DLC_OK || jobs[i].status == DLC_ERROR_CANCELLED);
        model_free(jobs[i].m); /* sees that the weights are untouched */
    }
}
END_TEST

static void *select_job(void *argument) {
    job *j = argument;
    dlc_flexrand *flexrand = NULL;
    j->status = dlc_flexrand_create(NULL, &flexrand);
    if (j->status == DLC_OK)
        j->status = dlc_flexrand_set_samples(flexrand, j->samples, j->labels, j->scores, NULL);
    if (j->status == DLC_OK)
        j->status = dlc_flexrand_select_count(flexrand, 64);
    if (j->status == DLC_OK)
        j->status = dlc_flexrand_get_selection(flexrand, DLC_ORDER_PICK, j->picked, NULL);
    dlc_flexrand_free(flexrand);
    return NULL;
}

START_TEST(g2_selections_share_scores_and_labels) {
    job jobs[RUNS];
    pthread_t workers[RUNS];
    int64_t samples = 0, labelled = 0;
    float *scores = golden_array("a", "score.npy", "<f4", &samples);
    int64_t *labels = golden_array("a", "labels.npy", "<i8", &labelled);
    ck_assert_int_eq(samples, labelled);
    for (int i = 0; i < RUNS; i++) {
        jobs[i] = (job){.scores = scores, .labels = labels, .samples = samples};
        ck_assert_int_eq(pthread_create(&workers[i], NULL, select_job, &jobs[i]), 0);
    }
    for (int i = 0; i < RUNS; i++) {
        ck_assert_int_eq(pthread_join(workers[i], NULL), 0);
        ck_assert_int_eq(jobs[i].status, DLC_OK);
        ck_assert_mem_eq(jobs[i].picked, jobs[0].picked, sizeof jobs[0].picked);
    }
    free(scores);
    free(labels);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("threads");
    TCase *tcase = tcase_create("threads");
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, g2_runs_at_once_have_the_bits_of_a_run_alone);
    tcase_add_test(tcase, g1_runs_are_cancelled_from_outside);
    tcase_add_test(tcase, g2_selections_share_scores_and_labels);
    suite_add_tcase(suite, tcase);
    return suite;
}
