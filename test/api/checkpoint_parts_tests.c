/*
 * checkpoint_parts_tests.c - G5 where each run holds a part of the data set and exchanges class sums: stopped anywhere,
 * a part goes on to its columns of the whole run's results, and gives and takes its sums once.
 */
#include "toy_run.h"

#include <math.h>
#include <stdlib.h>

#define message(run) dlc_run_message(run)

enum { SUMS_MAX = 4096, FIRST_OF_B = 9 };

/* An exchange with a part whose sums are known already. */
typedef struct partner {
    unsigned char sums[SUMS_MAX]; /* of the other part */
    int64_t bytes;                /* 0: the sums of the caller are kept here instead, and it fails */
    int64_t calls;
    int fails;
} partner;

static void exchange(void *user, void *sums, int64_t bytes, int32_t *done) {
    partner *p = user;
    p->calls++;
    ck_assert_int_le(bytes, SUMS_MAX);
    if (p->fails)
        return;
    if (p->bytes == 0) {
        memcpy(p->sums, sums, (size_t)bytes);
        p->bytes = bytes;
        return;
    }
    ck_assert_int_eq(p->bytes, bytes);
    ck_assert_int_eq(dlc_score_merge_sums(sums, p->sums, bytes), DLC_OK);
    *done = 1;
}

/* Part A is samples 0 to FIRST_OF_B - 1, part B the rest. */
static toy_options part_of(const toy_options *whole, int is_b) {
    toy_options part = *whole;
    part.first = is_b ? FIRST_OF_B : 0;
    part.count = is_b ? TOY_SAMPLES - FIRST_OF_B : FIRST_OF_B;
    return part;
}

static partner *partner_of(const toy_options *whole, int is_b) {
    partner *p = calloc(1, sizeof *p);
    ck_assert_ptr_nonnull(p);
    const toy_options other = part_of(whole, !is_b);
    toy *t = toy_create(&other, NULL);
    ck_ok(dlc_run_set_exchange(t->run, exchange, p), message(t->run));
    ck_fails(dlc_run_execute(t->run), DLC_ERROR_CALLBACK, message(t->run), "exchange");
    ck_assert_int_gt(p->bytes, 0);
    p->calls = 0;
    toy_free(t);
    return p;
}

static toy *part_create(const toy_options *part, store *s, partner *p) {
    toy *t = toy_create_stored(part, s);
    ck_ok(dlc_run_set_exchange(t->run, exchange, p), message(t->run));
    ck_ok(dlc_run_set_checkpoint_interval(t->run, INFINITY), message(t->run));
    return t;
}

static void assert_columns(toy *t, const toy_results *whole) {
    const toy_results own = toy_results_of(t);
    const int64_t first = t->options.first, count = t->options.count;
    ck_assert_mem_eq(own.scores, whole->scores + first, (size_t)count * sizeof *own.scores);
    for (int64_t level = 0; level < TOY_LEVELS && t->options.keep_curves; level++)
        ck_assert_mem_eq(own.curves + level * count, whole->curves + level * TOY_SAMPLES + first,
                         (size_t)count * sizeof *own.curves);
    ck_assert_mem_eq(own.correct, whole->correct + first, (size_t)count * sizeof *own.correct);
}

static const toy_options kinds[] = {{.keep_curves = 1}, {.starts_masked = 1}};

START_TEST(g5_a_part_goes_on_to_its_columns) {
    const toy_options *whole = &kinds[_i / 2];
    const toy_options part = part_of(whole, _i % 2);
    const toy_results reference = toy_reference(whole);
    partner *p = partner_of(whole, _i % 2);
    for (int64_t at = 0;; at++) {
        store *s = store_create();
        toy *t = part_create(&part, s, p);
        p->calls = 0;
        t->stop_at = at;
        const dlc_status status = toy_execute(t, s);
        if (status == DLC_OK) {
            ck_assert_int_gt(at, 10);
            assert_columns(t, &reference);
            ck_assert_int_eq(p->calls, 1);
            toy_free(t);
            store_free(s);
            break;
        }
        ck_assert_int_eq(status, DLC_ERROR_CANCELLED);
        toy_free(t);
        t = part_create(&part, s, p);
        ck_ok(dlc_run_set_batch(t->run, 1 + at % 5), message(t->run));
        ck_ok(toy_execute(t, s), message(t->run));
        ck_assert_int_ge(dlc_run_resumed_pass(t->run), 0);
        ck_assert_int_eq(p->calls, 1);
        assert_columns(t, &reference);
        toy_free(t);
        store_free(s);
    }
    free(p);
}
END_TEST

/* An exchange that failed is tried again with this part's own sums, not with sums that hold others already. */
START_TEST(g5_an_exchange_that_failed_is_tried_again) {
    const toy_options *whole = &kinds[_i / 2];
    const toy_options part = part_of(whole, _i % 2);
    const toy_results reference = toy_reference(whole);
    partner *p = partner_of(whole, _i % 2);
    store *s = store_create();
    toy *t = part_create(&part, s, p);
    p->fails = 1;
    for (int i = 0; i < 2; i++) {
        ck_fails(toy_execute(t, s), DLC_ERROR_CALLBACK, message(t->run), "exchange");
        ck_assert_int_eq(t->calls > 0, i == 0);
    }
    p->fails = 0;
    ck_ok(toy_execute(t, s), message(t->run));
    ck_assert_int_eq(p->calls, 3);
    assert_columns(t, &reference);
    toy_free(t);
    store_free(s);
    free(p);
}
END_TEST

/* The memory for what follows the exchange fails in turn. */
START_TEST(g5_g6_failures_after_the_exchange_do_not_count_sums_twice) {
    const toy_options *whole = &kinds[_i];
    const toy_options part = part_of(whole, 1);
    const toy_results reference = toy_reference(whole);
    partner *p = partner_of(whole, 1);
    for (int64_t n = 0;; n++) {
        store *s = store_create();
        failing_allocator state = {.fail_at = -1};
        dlc_allocator *allocator = failing_allocator_start(&state);
        toy *t = toy_create(&part, allocator);
        ck_ok(dlc_run_set_checkpoint(t->run, store_write, store_read, s), message(t->run));
        ck_ok(dlc_run_set_exchange(t->run, exchange, p), message(t->run));
        const int64_t first = state.calls;
        state.fail_at = first + n;
        const dlc_status status = toy_execute(t, s);
        const int met = state.calls > first + n;
        ck_assert(status == DLC_OK || status == DLC_ERROR_MEMORY);
        state.fail_at = -1;
        ck_ok(toy_execute(t, s), message(t->run));
        assert_columns(t, &reference);
        toy_free(t);
        dlc_allocator_free(allocator);
        ck_assert_int_eq(state.live, 0);
        store_free(s);
        if (!met) {
            ck_assert_int_gt(n, 8);
            break;
        }
    }
    free(p);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("checkpoint_parts");
    TCase *cases = tcase_create("checkpoint_parts");
    tcase_set_timeout(cases, 120);
    tcase_add_loop_test(cases, g5_a_part_goes_on_to_its_columns, 0, 4);
    tcase_add_loop_test(cases, g5_an_exchange_that_failed_is_tried_again, 0, 4);
    tcase_add_loop_test(cases, g5_g6_failures_after_the_exchange_do_not_count_sums_twice, 0, 2);
    suite_add_tcase(suite, cases);
    return suite;
}
