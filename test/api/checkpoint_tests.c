/*
 * checkpoint_tests.c - GUARANTEE G5: wherever a run was stopped, going on from its checkpoint gives the bits of a run
 * that was never stopped; for every head, observation and kind of run. Other runs and damage:
 * checkpoint_refusal_tests.c; callbacks and files that fail: checkpoint_failure_tests.c.
 */
#include "toy_run.h"

#include <math.h>
#include <stdlib.h>

#define message(run) dlc_run_message(run)

/* ---- All kinds of runs ---- */

static const toy_options kinds[] = {
    {.head = DLC_HEAD_CENTROID},
    {.head = DLC_HEAD_CENTROID, .keep_curves = 1},
    {.head = DLC_HEAD_CENTROID, .keep_curves = 1, .observation = DLC_OBSERVE_CORRECT},
    {.head = DLC_HEAD_CENTROID, .keep_curves = 1, .observation = DLC_OBSERVE_CONFIDENCE, .starts_masked = 1},
    {.head = DLC_HEAD_CENTROID, .observation = DLC_OBSERVE_MARGIN, .criterion = DLC_CRITERION_RANDOM},
    {.head = DLC_HEAD_CENTROID, .keep_curves = 1, .given_centroids = 1},
    {.head = DLC_HEAD_CENTROID, .keep_curves = 1, .auto_spearman = 1},
    {.head = DLC_HEAD_CENTROID, .keep_curves = 1, .auto_spearman = 0.5, .starts_masked = 1},
    {.head = DLC_HEAD_CENTROID, .keep_curves = 1, .auto_spearman = 1, .criterion = DLC_CRITERION_RANDOM},
    {.head = DLC_HEAD_LOGITS},
    {.head = DLC_HEAD_LOGITS, .keep_curves = 1},
    {.head = DLC_HEAD_LOGITS, .keep_curves = 1, .observation = DLC_OBSERVE_MARGIN, .auto_spearman = 1},
    {.head = DLC_HEAD_LOGITS, .observation = DLC_OBSERVE_CONFIDENCE},
    {.head = DLC_HEAD_LOGITS, .observation = DLC_OBSERVE_CORRECT, .criterion = DLC_CRITERION_RANDOM},
    {.head = DLC_HEAD_LOSS},
    {.head = DLC_HEAD_LOSS, .keep_curves = 1, .starts_masked = 1},
    {.head = DLC_HEAD_LOSS, .keep_curves = 1, .auto_spearman = 1},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static int has_unmasked_pass(const toy_options *kind) {
    return kind->head == DLC_HEAD_CENTROID && !kind->given_centroids;
}

/* The passes that a run needs: its levels, and the unmasked pass if it is an extra one. */
static int64_t passes_of(const toy_options *kind, const toy_results *results) {
    return results->visited_count + (has_unmasked_pass(kind) && kind->starts_masked);
}

/* Of the whole run: what the reference took and, where features were kept and got lost, one more pass over them. */
static void assert_rows(const toy_options *kind, const toy_results *reference, int64_t rows) {
    const int64_t least = passes_of(kind, reference) * TOY_SAMPLES;
    const int may_be_more = has_unmasked_pass(kind) && !kind->starts_masked;
    ck_assert_msg(rows == least || (may_be_more && rows == least + TOY_SAMPLES), "%lld rows, not %lld", (long long)rows,
                  (long long)least);
}

/* ---- Stopped ---- */

/* Stops at every call, in every way; another run, with other batches and threads, goes on. No row is asked for twice.
 */
START_TEST(g5_stopped_at_any_batch_a_run_goes_on_to_the_same_bits) {
    static const toy_stop stops[] = {TOY_CANCEL, TOY_RAISE, TOY_NAN, TOY_PROGRESS};
    static const dlc_status statuses[] = {DLC_ERROR_CANCELLED, DLC_ERROR_CALLBACK, DLC_ERROR_DATA, DLC_ERROR_CANCELLED};
    const toy_options *kind = &kinds[_i / 4];
    const toy_results reference = toy_reference(kind);
    for (int64_t at = 0;; at++) {
        store *s = store_create();
        toy *t = toy_create_stored(kind, s);
        ck_ok(dlc_run_set_checkpoint_interval(t->run, INFINITY), message(t->run));
        t->stop = stops[_i % 4];
        t->stop_at = at;
        const dlc_status status = toy_execute(t, s);
        const int64_t before = t->rows - (t->stop == TOY_RAISE || t->stop == TOY_NAN ? TOY_BATCH : 0);
        ck_assert_int_eq(dlc_run_resumed_pass(t->run), -1);
        ck_assert_int_eq(dlc_run_resumed_samples(t->run), -1);
        if (status == DLC_OK) {
            ck_assert_int_gt(at, 4);
            store_free(s);
            toy_free(t);
            break;
        }
        ck_assert_int_eq(status, statuses[_i % 4]);
        ck_assert_int_eq(dlc_score_visited_count(t->score), 0);
        toy_free(t);

        t = toy_create_stored(kind, s);
        ck_ok(dlc_run_set_batch(t->run, 1 + at % 7), message(t->run));
        ck_ok(dlc_score_set_threads(t->score, 1 + (int32_t)at % 3), dlc_score_message(t->score));
        ck_ok(dlc_mask_set_threads(t->mask, 1 + (int32_t)at % 2), dlc_mask_message(t->mask));
        ck_ok(toy_execute(t, s), message(t->run));
        ck_assert_int_ge(dlc_run_resumed_pass(t->run), 0);
        if (stops[_i % 4] != TOY_RAISE && stops[_i % 4] != TOY_NAN) /* else the last batch may have been a short one */
            assert_rows(kind, &reference, before + t->rows);
        toy_results results = toy_results_of(t);
        toy_assert_same(&results, &reference);

        /* The last checkpoint has the results. */
        toy_free(t);
        t = toy_create_stored(kind, s);
        ck_ok(toy_execute(t, s), message(t->run));
        ck_assert_int_eq(t->calls, 0);
        ck_assert_int_ge(dlc_run_resumed_pass(t->run), passes_of(kind, &reference));
        ck_assert_int_eq(dlc_run_resumed_samples(t->run), 0);
        results = toy_results_of(t);
        toy_assert_same(&results, &reference);
        toy_free(t);
        store_free(s);
    }
}
END_TEST

/* Stopped after every single batch, with the same handles or with new ones. */
START_TEST(g5_stopped_at_every_batch_a_run_ends_all_the_same) {
    const toy_options *kind = &kinds[_i / 2];
    const int new_handles = _i % 2;
    const toy_results reference = toy_reference(kind);
    store *s = store_create();
    toy *t = toy_create_stored(kind, s);
    int64_t rows = 0, stops = 0;
    for (;;) {
        t->stop_at = 0;
        const dlc_status status = toy_execute(t, s);
        rows += t->rows;
        if (status == DLC_OK)
            break;
        stops++;
        ck_assert_int_eq(status, DLC_ERROR_CANCELLED);
        if (new_handles) {
            toy_free(t);
            t = toy_create_stored(kind, s);
        }
    }
    ck_assert_int_ge(stops, (passes_of(kind, &reference) - 1) * 6);
    assert_rows(kind, &reference, rows);
    const toy_results results = toy_results_of(t);
    toy_assert_same(&results, &reference);
    toy_free(t);
    store_free(s);
}
END_TEST

/* ---- Killed ---- */

/* A process that is killed leaves the last checkpoint, whichever that was. */
START_TEST(g5_every_checkpoint_goes_on_to_the_same_bits) {
    const toy_options *kind = &kinds[_i];
    const toy_results reference = toy_reference(kind);
    store *all = store_create();
    all->keeps_all = 1;
    toy *t = toy_create_stored(kind, all);
    ck_ok(toy_execute(t, all), message(t->run));
    const toy_results written = toy_results_of(t);
    toy_assert_same(&written, &reference);
    toy_free(t);
    /* One before the first batch, and one after every batch. */
    ck_assert_int_eq(all->commit_count, 1 + passes_of(kind, &reference) * 6);
    int64_t pass = 0, samples = 0;
    for (int64_t i = 0; i < all->commit_count; i++) {
        store *s = store_create();
        store_put(s, all->commits[i].bytes, all->commits[i].size);
        t = toy_create_stored(kind, s);
        ck_ok(dlc_run_set_batch(t->run, 1 + i % 30), message(t->run));
        ck_ok(toy_execute(t, s), message(t->run));
        const toy_results results = toy_results_of(t);
        toy_assert_same(&results, &reference);
        /* Each is further than the one before. */
        ck_assert(dlc_run_resumed_pass(t->run) > pass ||
                  (dlc_run_resumed_pass(t->run) == pass && dlc_run_resumed_samples(t->run) > samples) || i == 0);
        pass = dlc_run_resumed_pass(t->run);
        samples = dlc_run_resumed_samples(t->run);
        ck_assert(samples >= 0 && samples < TOY_SAMPLES);
        toy_free(t);
        store_free(s);
    }
    store_free(all);
}
END_TEST

/* With no room for kept features the unmasked pass is an extra one; who goes on may have the room. */
START_TEST(g5_memory_may_be_other_when_a_run_goes_on) {
    const toy_options kind = {.keep_curves = 1};
    const toy_results reference = toy_reference(&kind);
    for (int64_t at = 0; at < 24; at++) {
        store *s = store_create();
        failing_allocator state = {.fail_at = -1};
        dlc_allocator *allocator = failing_allocator_start(&state);
        toy *t = toy_create(&kind, allocator);
        dlc_allocator_free(allocator);
        toy_store_in(t, s);
        const int64_t kept = TOY_SAMPLES * TOY_WIDTH * (int64_t)sizeof(float);
        state.refuse_size = at % 2 ? kept : 0;
        t->stop_at = at;
        ck_assert_int_eq(toy_execute(t, s), DLC_ERROR_CANCELLED);
        state.refuse_size = at % 2 ? 0 : kept;
        t->stop_at = -1;
        ck_ok(toy_execute(t, s), message(t->run));
        const toy_results results = toy_results_of(t);
        toy_assert_same(&results, &reference);
        toy_free(t);
        store_free(s);
    }
}
END_TEST

/* ---- More than fits the buffers ---- */

enum { MANY = 100000 };

typedef struct many {
    dlc_run *run;
    int64_t calls, stop_at;
} many;

static void many_losses(void *user, int64_t level, int64_t first, int64_t rows, float *out, int64_t *rows_written) {
    many *m = user;
    for (int64_t r = 0; r < rows; r++)
        out[r] = (float)((first + r) * 7919 % 1009) * 0.01F + (float)level;
    if (m->calls++ == m->stop_at)
        dlc_run_cancel(m->run);
    *rows_written = rows;
}

START_TEST(g5_large_states_too) {
    float weights[10] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    many m = {.stop_at = -1};
    dlc_mask *mask = NULL;
    dlc_score *score = NULL;
    store *s = store_create();
    float *whole = calloc(MANY, sizeof *whole), *again = calloc(MANY, sizeof *again);
    ck_ok(dlc_mask_create(NULL, &mask), "mask");
    ck_ok(dlc_score_create(NULL, &score), "score");
    ck_ok(dlc_run_create(NULL, &m.run), "run");
    ck_ok(dlc_mask_add_tensor(mask, "w", DLC_DTYPE_F32, weights, 10, 1), dlc_mask_message(mask));
    ck_ok(dlc_mask_set_linear(mask, 0, 0.9, 4), dlc_mask_message(mask));
    ck_ok(dlc_score_set_samples(score, MANY, NULL, 0), dlc_score_message(score));
    ck_ok(dlc_score_set_head(score, DLC_HEAD_LOSS, 1), dlc_score_message(score));
    ck_ok(dlc_score_set_keep_curves(score, _i), dlc_score_message(score));
    ck_ok(dlc_run_set_mask(m.run, mask), message(m.run));
    ck_ok(dlc_run_set_score(m.run, score), message(m.run));
    ck_ok(dlc_run_set_forward(m.run, many_losses, &m), message(m.run));
    ck_ok(dlc_run_set_batch(m.run, 10001), message(m.run));
    ck_ok(dlc_run_execute(m.run), message(m.run));
    ck_ok(dlc_score_get_scores(score, whole), dlc_score_message(score));
    ck_ok(dlc_run_set_checkpoint(m.run, store_write, store_read, s), message(m.run));
    m.calls = 0;
    for (m.stop_at = 4; dlc_run_execute(m.run) != DLC_OK; m.stop_at += 5)
        s->read_at = 0;
    ck_assert_int_eq(m.calls, 40);
    ck_assert_int_gt(s->last.size, _i ? 4 * 4 * MANY : 8 * MANY);
    ck_assert_int_lt(s->last.size, (_i ? 4 * 4 * MANY : 8 * MANY) + 2000);
    ck_ok(dlc_score_get_scores(score, again), dlc_score_message(score));
    ck_assert_mem_eq(again, whole, MANY * sizeof *whole);
    dlc_run_free(m.run);
    dlc_score_free(score);
    dlc_mask_free(mask);
    store_free(s);
    free(whole);
    free(again);
}
END_TEST

/* ---- When ---- */

START_TEST(checkpoints_come_when_they_should) {
    const toy_options kind = {.keep_curves = 1, .starts_masked = 1};
    static const double intervals[] = {INFINITY, 3600, 0};
    for (int i = 0; i < 3; i++) {
        store *s = store_create();
        toy *t = toy_create_stored(&kind, s);
        ck_ok(dlc_run_set_checkpoint_interval(t->run, intervals[i]), message(t->run));
        ck_ok(toy_execute(t, s), message(t->run));
        ck_assert_int_eq(s->commit_count, intervals[i] == 0 ? 1 + 7 * 6 : 1 + 7);
        ck_assert_int_eq(s->steps[DLC_CHECKPOINT_BEGIN], s->commit_count);
        ck_assert_int_eq(s->steps[DLC_CHECKPOINT_COMMIT], s->commit_count);
        ck_assert_int_eq(s->steps[DLC_CHECKPOINT_ABORT], 0);
        toy_free(t);
        store_free(s);
    }
}
END_TEST

/* A run that was cancelled before it did anything is written once; going on, and stopped at once again, not at all. */
START_TEST(nothing_new_is_not_written_again) {
    const toy_options kind = {.keep_curves = 1};
    store *s = store_create();
    toy *t = toy_create_stored(&kind, s);
    for (int64_t i = 0; i < 3; i++) {
        dlc_run_cancel(t->run);
        ck_fails(toy_execute(t, s), DLC_ERROR_CANCELLED, message(t->run), "cancelled");
        ck_assert_int_eq(s->commit_count, 1);
        ck_assert_int_eq(dlc_run_resumed_pass(t->run), i == 0 ? -1 : 0);
    }
    toy_free(t);
    store_free(s);
}
END_TEST

/* ---- Settings ---- */

START_TEST(wrong_uses_say_what_is_wrong) {
    const toy_options kind = {.head = DLC_HEAD_LOSS};
    char long_name[257];
    memset(long_name, 'n', 256);
    long_name[256] = '\0';
    toy *t = toy_create(&kind, NULL);
    ck_fails(dlc_run_set_checkpoint(t->run, store_write, NULL, NULL), DLC_ERROR_ARGUMENT, message(t->run), "read");
    ck_fails(dlc_run_set_checkpoint(t->run, NULL, store_read, NULL), DLC_ERROR_ARGUMENT, message(t->run), "write");
    ck_fails(dlc_run_set_checkpoint_file(t->run, ""), DLC_ERROR_ARGUMENT, message(t->run), "empty");
    ck_fails(dlc_run_set_checkpoint_interval(t->run, -1), DLC_ERROR_ARGUMENT, message(t->run), "-1");
    ck_fails(dlc_run_set_checkpoint_interval(t->run, NAN), DLC_ERROR_ARGUMENT, message(t->run), "nan");
    ck_fails(dlc_run_add_fingerprint(t->run, NULL, "x", 1), DLC_ERROR_ARGUMENT, message(t->run), "1 to 255 bytes");
    ck_fails(dlc_run_add_fingerprint(t->run, "", "x", 1), DLC_ERROR_ARGUMENT, message(t->run), "1 to 255 bytes");
    ck_fails(dlc_run_add_fingerprint(t->run, long_name, "x", 1), DLC_ERROR_ARGUMENT, message(t->run), "255");
    ck_ok(dlc_run_add_fingerprint(t->run, long_name + 1, "x", 1), message(t->run));
    ck_fails(dlc_run_add_fingerprint(t->run, "list", "x", -1), DLC_ERROR_ARGUMENT, message(t->run), "size -1 of");
    ck_fails(dlc_run_add_fingerprint(t->run, "list", NULL, 1), DLC_ERROR_ARGUMENT, message(t->run), "NULL");
    ck_ok(dlc_run_add_fingerprint(t->run, "list", NULL, 0), message(t->run));
    ck_fails(dlc_run_add_fingerprint(t->run, "list", "x", 1), DLC_ERROR_ARGUMENT, message(t->run), "two fingerprints");
    ck_assert_int_eq(dlc_run_set_checkpoint(NULL, store_write, store_read, NULL), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_run_set_checkpoint_file(NULL, "x"), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_run_set_checkpoint_interval(NULL, 1), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_run_add_fingerprint(NULL, "x", "x", 1), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_run_resumed_pass(NULL), -1);
    ck_assert_int_eq(dlc_run_resumed_samples(NULL), -1);
    /* None of it set a checkpoint; and NULL takes one away. */
    store *s = store_create();
    ck_ok(toy_execute(t, s), message(t->run));
    ck_ok(dlc_run_set_checkpoint(t->run, store_write, store_read, s), message(t->run));
    ck_ok(dlc_run_set_checkpoint(t->run, NULL, NULL, NULL), message(t->run));
    ck_ok(toy_execute(t, s), message(t->run));
    ck_ok(dlc_run_set_checkpoint(t->run, store_write, store_read, s), message(t->run));
    ck_ok(dlc_run_set_checkpoint_file(t->run, "never-made"), message(t->run));
    ck_ok(dlc_run_set_checkpoint_file(t->run, NULL), message(t->run));
    ck_ok(toy_execute(t, s), message(t->run));
    ck_assert_int_eq(s->reads + s->steps[DLC_CHECKPOINT_BEGIN], 0);
    toy_free(t);
    store_free(s);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("checkpoint");
    TCase *cases = tcase_create("checkpoint");
    tcase_set_timeout(cases, 300);
    tcase_add_loop_test(cases, g5_stopped_at_any_batch_a_run_goes_on_to_the_same_bits, 0, 4 * KINDS);
    tcase_add_loop_test(cases, g5_stopped_at_every_batch_a_run_ends_all_the_same, 0, 2 * KINDS);
    tcase_add_loop_test(cases, g5_every_checkpoint_goes_on_to_the_same_bits, 0, KINDS);
    tcase_add_test(cases, g5_memory_may_be_other_when_a_run_goes_on);
    tcase_add_loop_test(cases, g5_large_states_too, 0, 2);
    tcase_add_test(cases, checkpoints_come_when_they_should);
    tcase_add_test(cases, nothing_new_is_not_written_again);
    tcase_add_test(cases, wrong_uses_say_what_is_wrong);
    suite_add_tcase(suite, cases);
    return suite;
}
