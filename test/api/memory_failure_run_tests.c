/*
 * memory_failure_run_tests.c - GUARANTEE G6, and G1 with it, for runs: every allocation of dlc_run fails in turn
 * (trial.h), with every head, with automatic levels, in parts, with checkpoints that are begun and gone on from.
 */
#include "files.h"
#include "toy_run.h"
#include "trial.h"

#include <stdlib.h>
#include <unistd.h>

/* ---- Settings ---- */

static void free_run(void *run) {
    dlc_run_free(run);
}

/* Fingerprints enough for their list to grow. */
static void settings(trial *t) {
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i"};
    dlc_run *run = NULL;
    attempt_create(t, dlc_run_create(t->allocator, &run), run, free_run);
    attempt(t, dlc_run_set_checkpoint_file(run, "one"), dlc_run_message(run));
    attempt(t, dlc_run_set_checkpoint_file(run, "another"), dlc_run_message(run));
    for (int i = 0; i < 9; i++)
        attempt(t, dlc_run_add_fingerprint(run, names[i], "data", 4), dlc_run_message(run));
    const dlc_status twice = dlc_run_add_fingerprint(run, "i", "data", 4);
    ck_assert_int_eq(twice, DLC_ERROR_ARGUMENT);
    trial_result(t, &twice, sizeof twice);
}

/* ---- Executions ---- */

static void free_toy(void *t) {
    toy_free(t); /* sees that the weights are untouched */
}

static toy *toy_of(trial *t, const toy_options *options) {
    trial_pause(t);
    toy *made = toy_create(options, t->allocator);
    trial_go_on(t);
    trial_keep(t, made, free_toy);
    trial_guard_bytes(t, made->weights, sizeof made->weights);
    trial_guard_bytes(t, made->others, sizeof made->others);
    return made;
}

static void execute(trial *t, toy *made) {
    attempt(t, dlc_run_execute(made->run), dlc_run_message(made->run));
    const toy_results results = toy_results_of(made);
    trial_result(t, &results, sizeof results);
}

static void plain(trial *t) {
    execute(t, toy_of(t, &(toy_options){.keep_curves = 0}));
}

static void starts_masked(trial *t) {
    execute(t, toy_of(t, &(toy_options){.keep_curves = 1, .starts_masked = 1, .criterion = DLC_CRITERION_RANDOM}));
}

static void given_centroids(trial *t) {
    execute(t, toy_of(t, &(toy_options){.given_centroids = 1, .observation = DLC_OBSERVE_MARGIN}));
}

static void logits(trial *t) {
    execute(t, toy_of(t, &(toy_options){.head = DLC_HEAD_LOGITS, .keep_curves = 1}));
}

static void losses(trial *t) {
    execute(t, toy_of(t, &(toy_options){.head = DLC_HEAD_LOSS}));
}

static void automatic(trial *t) {
    execute(t, toy_of(t, &(toy_options){.keep_curves = 1, .auto_spearman = 1}));
}

/* Twice the sums: the centroids of two equal parts are those of one. */
static void exchange(void *user, void *sums, int64_t bytes, int32_t *done) {
    (void)user;
    void *other = malloc((size_t)bytes);
    ck_assert_ptr_nonnull(other);
    memcpy(other, sums, (size_t)bytes);
    ck_assert_int_eq(dlc_score_merge_sums(sums, other, bytes), DLC_OK);
    free(other);
    *done = 1;
}

static void in_parts(trial *t) {
    toy *made = toy_of(t, &(toy_options){.keep_curves = 1});
    ck_ok(dlc_run_set_exchange(made->run, exchange, NULL), dlc_run_message(made->run));
    execute(t, made);
}

/* ---- Checkpoints ---- */

static void with_file(trial *t, const toy_options *options) {
    toy *made = toy_of(t, options);
    unlink(temp_path("run.ckpt"));
    trial_pause(t);
    ck_ok(dlc_run_set_checkpoint_file(made->run, temp_path("run.ckpt")), dlc_run_message(made->run));
    ck_ok(dlc_run_set_checkpoint_interval(made->run, 0), dlc_run_message(made->run));
    trial_go_on(t);
    execute(t, made);
    ck_assert_int_eq(temp_entries(""), 1);
}

static void checkpoint_file(trial *t) {
    with_file(t, &(toy_options){.keep_curves = 1});
}

/* From a checkpoint inside level 2. */
static void goes_on(trial *t) {
    toy *made = toy_of(t, &(toy_options){.keep_curves = 1, .auto_spearman = 1});
    unlink(temp_path("run.ckpt"));
    trial_pause(t);
    ck_ok(dlc_run_set_checkpoint_file(made->run, temp_path("run.ckpt")), dlc_run_message(made->run));
    made->stop_at = 15;
    ck_assert_int_eq(dlc_run_execute(made->run), DLC_ERROR_CANCELLED);
    made->stop_at = -1;
    trial_go_on(t);
    execute(t, made);
    ck_assert_int_ge(dlc_run_resumed_pass(made->run), 1);
}

static void free_store(void *s) {
    store_free(s);
}

static void checkpoint_callbacks(trial *t) {
    store *s = store_create();
    trial_keep(t, s, free_store);
    toy *made = toy_of(t, &(toy_options){.keep_curves = 1});
    ck_ok(dlc_run_set_checkpoint(made->run, store_write, store_read, s), dlc_run_message(made->run));
    execute(t, made);
    ck_assert_int_eq(s->is_open, 0);
}

/* Features that cannot be kept are computed again: the one failure that a run does without. */
static const trial_scenario scenarios[] = {
    {"run settings", settings, 0},
    {"run", plain, 1},
    {"run that starts masked", starts_masked, 0},
    {"run with given centroids", given_centroids, 0},
    {"run with logits", logits, 0},
    {"run with losses", losses, 0},
    {"run with automatic levels", automatic, 1},
    {"run in parts", in_parts, 1},
    {"run with a checkpoint file", checkpoint_file, 1},
    {"run that goes on", goes_on, 0},
    {"run with checkpoint callbacks", checkpoint_callbacks, 1},
};

START_TEST(g1_g6_every_allocation_fails_in_turn) {
    trial_run(&scenarios[_i / TRIAL_MODES], _i % TRIAL_MODES);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("memory_failure_run");
    TCase *tcase = tcase_create("memory_failure_run");
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, temp_folder_make, temp_folder_remove);
    tcase_add_loop_test(tcase, g1_g6_every_allocation_fails_in_turn, 0,
                        TRIAL_MODES * (int)(sizeof scenarios / sizeof scenarios[0]));
    suite_add_tcase(suite, tcase);
    return suite;
}
