/*
 * run_callbacks_tests.c - callbacks that do what they must not, G1 after each: rows that are short, long or NaN at
 * every call, a write past the end of the batch, calls back into the run, and a cancel from another thread at any
 * moment.
 */
#include "support.h"
#include "toy_run.h"

#include <math.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#define message(run) dlc_run_message(run)

/* ---- Guard bytes ---- */

enum { GUARD = 64 };

typedef struct guarded {
    int64_t held, broken;
} guarded;

/* GUARD bytes before the block, the first of which hold its size, and GUARD bytes after it. */
static void allocate(void *user, int64_t size, void **result) {
    guarded *state = user;
    unsigned char *block = malloc((size_t)size + 2 * GUARD);
    if (!block)
        return;
    memset(block, 0xA5, (size_t)size + 2 * GUARD);
    memcpy(block, &size, sizeof size);
    state->held++;
    *result = block + GUARD;
}

static void release(void *user, void *released) {
    guarded *state = user;
    unsigned char *block = (unsigned char *)released - GUARD;
    int64_t size = 0;
    memcpy(&size, block, sizeof size);
    for (int64_t i = (int64_t)sizeof size; i < GUARD; i++)
        state->broken += block[i] != 0xA5;
    for (int64_t i = 0; i < GUARD; i++)
        state->broken += block[GUARD + size + i] != 0xA5;
    state->held--;
    free(block);
}

/* Whatever a run does, it writes inside its own blocks; and a model that writes past its rows is seen by them. */
START_TEST(no_block_is_written_past_its_end) {
    static const toy_options kinds[] = {
        {.keep_curves = 1}, {.keep_curves = 1, .auto_spearman = 1}, {.head = DLC_HEAD_LOGITS}, {.head = DLC_HEAD_LOSS}};
    guarded state = {0, 0};
    dlc_allocator *allocator = NULL;
    ck_ok(dlc_allocator_create(allocate, release, &state, &allocator), "create");
    toy *t = toy_create(&kinds[_i], allocator);
    ck_ok(dlc_run_execute(t->run), message(t->run));
    toy_free(t);
    dlc_allocator_free(allocator);
    ck_assert_int_eq(state.held, 0);
    ck_assert_int_eq(state.broken, 0);
}
END_TEST

typedef struct writer {
    int64_t width, too_many;
} writer;

static void write_too_much(void *user, int64_t level, int64_t first, int64_t rows, float *out, int64_t *rows_written) {
    const writer *w = user;
    (void)level;
    for (int64_t i = 0; i < rows * w->width + w->too_many; i++)
        out[i] = (float)(first + i);
    *rows_written = rows;
}

START_TEST(guards_see_a_write_past_the_end) {
    guarded state = {0, 0};
    dlc_allocator *allocator = NULL;
    ck_ok(dlc_allocator_create(allocate, release, &state, &allocator), "create");
    toy *t = toy_create(&(toy_options){.starts_masked = 1}, allocator);
    writer w = {t->width, _i};
    ck_ok(dlc_run_set_forward(t->run, write_too_much, &w), message(t->run));
    ck_ok(dlc_run_set_batch(t->run, TOY_SAMPLES), message(t->run));
    ck_ok(dlc_run_execute(t->run), message(t->run));
    toy_free(t);
    dlc_allocator_free(allocator);
    ck_assert_int_eq(state.broken > 0, _i > 0);
}
END_TEST

/* ---- Failing at every call ---- */

START_TEST(g1_every_call_may_be_the_one_that_fails) {
    static const toy_stop stops[] = {TOY_RAISE, TOY_NAN, TOY_CANCEL, TOY_PROGRESS};
    static const dlc_status statuses[] = {DLC_ERROR_CALLBACK, DLC_ERROR_DATA, DLC_ERROR_CANCELLED, DLC_ERROR_CANCELLED};
    const toy_options options = {.keep_curves = 1, .starts_masked = _i / 4};
    const toy_results reference = toy_reference(&options);
    toy *t = toy_create(&options, NULL);
    store none = {.fail_write = -1};
    int64_t at = 0;
    for (t->stop = stops[_i % 4];; at++) {
        t->stop_at = at;
        const dlc_status status = toy_execute(t, &none); /* sees that the weights are untouched */
        if (status == DLC_OK)
            break;
        ck_assert_int_eq(status, statuses[_i % 4]);
        ck_assert_int_eq(dlc_score_visited_count(t->score), 0);
    }
    ck_assert_int_ge(at, TOY_LEVELS * (TOY_SAMPLES / TOY_BATCH));
    const toy_results results = toy_results_of(t);
    toy_assert_same(&results, &reference);
    toy_free(t);
}
END_TEST

/* ---- Back into the run ---- */

static void call_back(void *user, int64_t level, int64_t first, int64_t rows, float *out, int64_t *rows_written) {
    toy *t = user;
    const dlc_status refused[] = {
        dlc_run_execute(t->run),
        dlc_run_set_batch(t->run, 1000),
        dlc_run_set_mask(t->run, t->mask),
        dlc_run_set_score(t->run, t->score),
        dlc_run_set_forward(t->run, call_back, t),
        dlc_run_set_progress(t->run, NULL, NULL),
        dlc_run_set_exchange(t->run, NULL, NULL),
        dlc_run_set_memory_limit(t->run, 1),
        dlc_run_set_auto(t->run, 0.5),
        dlc_run_memory_estimate(t->run, &t->rows),
        dlc_run_set_checkpoint_file(t->run, "none"),
        dlc_run_set_checkpoint(t->run, store_write, store_read, NULL),
        dlc_run_set_checkpoint_interval(t->run, 1),
        dlc_run_add_fingerprint(t->run, "name", "data", 4),
    };
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        ck_assert_msg(refused[i] == DLC_ERROR_STATE, "call %zu: %s", i, dlc_status_name(refused[i]));
    ck_assert_ptr_nonnull(strstr(message(t->run), "must not call back"));
    for (int64_t i = 0; i < rows * t->width; i++)
        out[i] = (float)(first * 7 + i * i % 11 + level);
    *rows_written = rows;
}

START_TEST(a_callback_cannot_change_its_run) {
    toy *t = toy_create(&(toy_options){.keep_curves = 1}, NULL);
    ck_ok(dlc_run_set_forward(t->run, call_back, t), message(t->run));
    ck_ok(dlc_run_execute(t->run), message(t->run));
    toy_assert_weights_untouched(t);
    ck_ok(dlc_run_set_batch(t->run, 1000), message(t->run)); /* after it, it can be changed again */
    toy_free(t);
}
END_TEST

/* ---- From another thread ---- */

static void wait_for(long nanoseconds) {
    const struct timespec time = {0, nanoseconds};
    nanosleep(&time, NULL);
}

typedef struct canceller {
    dlc_run *run;
    long delay;
} canceller;

static void *cancel(void *argument) {
    const canceller *c = argument;
    wait_for(c->delay);
    dlc_run_cancel(c->run);
    return NULL;
}

START_TEST(g1_a_cancel_may_come_from_another_thread_at_any_moment) {
    const toy_options options = {.keep_curves = 1};
    const toy_results reference = toy_reference(&options);
    store none = {.fail_write = -1};
    uint64_t random = 3;
    int stopped = 0;
    /* More rounds where the other thread was kept waiting in all of them. */
    for (int round = 0; round < 200 || (stopped == 0 && round < 20000); round++) {
        toy *t = toy_create(&options, NULL);
        canceller c = {t->run, (long)(test_uniform(&random) * 300000)};
        pthread_t thread;
        ck_assert_int_eq(pthread_create(&thread, NULL, cancel, &c), 0);
        const dlc_status status = toy_execute(t, &none);
        ck_assert_int_eq(pthread_join(thread, NULL), 0);
        ck_assert(status == DLC_OK || status == DLC_ERROR_CANCELLED);
        stopped += status != DLC_OK;
        if (toy_execute(t, &none) != DLC_OK) /* the cancel came after the first one's end */
            ck_ok(toy_execute(t, &none), message(t->run));
        const toy_results results = toy_results_of(t);
        toy_assert_same(&results, &reference);
        toy_free(t);
    }
    ck_assert_int_gt(stopped, 0);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("run_callbacks");
    TCase *tcase = tcase_create("run_callbacks");
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, no_block_is_written_past_its_end, 0, 4);
    tcase_add_loop_test(tcase, guards_see_a_write_past_the_end, 0, 2);
    tcase_add_loop_test(tcase, g1_every_call_may_be_the_one_that_fails, 0, 8);
    tcase_add_test(tcase, a_callback_cannot_change_its_run);
    tcase_add_test(tcase, g1_a_cancel_may_come_from_another_thread_at_any_moment);
    suite_add_tcase(suite, tcase);
    return suite;
}
