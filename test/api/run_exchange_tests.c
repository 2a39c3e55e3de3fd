/*
 * run_exchange_tests.c - runs over parts of the golden data that exchange their class sums: bit for bit the run over
 * the whole, and G1 when the exchange fails. The runs come one after the other here: each first stops in its exchange
 * and leaves its sums, then runs through with the total. (At once, over a network: examples/mpi_score.c.)
 */
#include "golden_run.h"

#include <stdlib.h>

enum { PARTS = 3 };

/* What the exchange callback does. */
typedef struct exchanging {
    model *of;
    void *sums; /* the run's own, taken when `total` is NULL; else the total, given */
    int64_t bytes;
    int64_t calls;
    int64_t forward_calls; /* before the exchange */
    int give;
    int32_t done;
} exchanging;

static void exchange(void *user, void *sums, int64_t bytes, int32_t *done) {
    exchanging *e = user;
    ck_assert_int_eq(*done, -1);
    e->calls++;
    e->forward_calls = e->of->calls;
    if (e->give) {
        ck_assert_int_eq(bytes, e->bytes);
        memcpy(sums, e->sums, (size_t)bytes);
    } else {
        free(e->sums);
        e->sums = malloc((size_t)bytes);
        memcpy(e->sums, sums, (size_t)bytes);
        e->bytes = bytes;
    }
    *done = e->done;
}

/* The run over samples first..first + samples - 1. */
static model *part_of(const char *golden, const dlc_allocator *allocator, int64_t first, int64_t samples) {
    model *m = model_create(golden, allocator);
    m->samples = samples;
    ck_ok(dlc_score_set_range(m->score, first), dlc_score_message(m->score));
    ck_ok(dlc_score_set_samples(m->score, samples, m->labels + first, m->classes), dlc_score_message(m->score));
    ck_ok(dlc_run_set_batch(m->run, 17), dlc_run_message(m->run));
    return m;
}

static exchanging with_exchange(model *m) {
    return (exchanging){.of = m, .done = -1};
}

/* Runs until the exchange, which keeps the sums. */
static void take_sums(model *m, exchanging *e) {
    e->give = 0;
    e->done = -1;
    m->calls = m->last_pass = 0;
    ck_ok(dlc_run_set_exchange(m->run, exchange, e), dlc_run_message(m->run));
    ck_fails(dlc_run_execute(m->run), DLC_ERROR_CALLBACK, dlc_run_message(m->run), "the exchange callback failed");
    ck_assert_int_eq(m->calls, (m->samples + 16) / 17); /* one pass */
    assert_weights_untouched(m);
}

static float *curves_of(model *m, int64_t levels) {
    float *curves = malloc((size_t)(levels * m->samples) * sizeof *curves);
    ck_ok(dlc_score_get_curves(m->score, curves), dlc_score_message(m->score));
    return curves;
}

/* With kept features and without, and for a schedule that starts masked. */
START_TEST(parts_have_the_bits_of_the_whole) {
    static const char *const cases[] = {"a", "b"};
    static const int64_t cuts[][PARTS + 1] = {{0, 101, 102, 300}, {0, 7, 40, 150}};
    const double shares[] = {_i % 3 == 2 ? 0.1 : 0, 0.4, 0.8};
    model *whole = model_create(cases[_i / 3], NULL), *parts[PARTS];
    exchanging exchanges[PARTS];
    failing_allocator states[PARTS];
    ck_assert_int_eq(whole->samples, cuts[_i / 3][PARTS]);
    ck_ok(dlc_mask_set_list(whole->mask, shares, 3), dlc_mask_message(whole->mask));
    execute(whole);
    float *curves = curves_of(whole, 3), *scores = scores_of(whole);
    void *total = NULL;
    for (int p = PARTS - 1; p >= 0; p--) {
        const int64_t first = cuts[_i / 3][p], samples = cuts[_i / 3][p + 1] - first;
        states[p] = (failing_allocator){.fail_at = -1};
        if (_i % 3 == 1 && samples > 17) /* no room for the features of a part */
            states[p].refuse_size = samples * DIM * (int64_t)sizeof(float);
        dlc_allocator *allocator = failing_allocator_start(&states[p]);
        model *m = parts[p] = part_of(cases[_i / 3], allocator, first, samples);
        dlc_allocator_free(allocator);
        ck_ok(dlc_mask_set_list(m->mask, shares, 3), dlc_mask_message(m->mask));
        exchanges[p] = with_exchange(m);
        take_sums(m, &exchanges[p]);
        if (total)
            ck_assert_int_eq(dlc_score_merge_sums(total, exchanges[p].sums, exchanges[p].bytes), DLC_OK);
        else
            total = memcpy(malloc((size_t)exchanges[p].bytes), exchanges[p].sums, (size_t)exchanges[p].bytes);
    }
    for (int p = 0; p < PARTS; p++) {
        memcpy(exchanges[p].sums, total, (size_t)exchanges[p].bytes);
        exchanges[p].give = exchanges[p].done = 1;
        execute(parts[p]);
        ck_assert_int_eq(exchanges[p].calls, 2);
        ck_assert_int_eq(exchanges[p].forward_calls, (parts[p]->samples + 16) / 17);
        const int64_t first = cuts[_i / 3][p];
        float *own_curves = curves_of(parts[p], 3), *own_scores = scores_of(parts[p]);
        for (int64_t level = 0; level < 3; level++)
            ck_assert_mem_eq(own_curves + level * parts[p]->samples, curves + level * whole->samples + first,
                             (size_t)parts[p]->samples * sizeof *curves);
        ck_assert_mem_eq(own_scores, scores + first, (size_t)parts[p]->samples * sizeof *scores);
        free(own_curves);
        free(own_scores);
        free(exchanges[p].sums);
        model_free(parts[p]);
    }
    free(total);
    free(curves);
    free(scores);
    model_free(whole);
}
END_TEST

/* A total that is not one: the message is the score's, the weights are back, the handle goes on. */
START_TEST(g1_a_bad_total_is_refused) {
    model *m = part_of("b", NULL, 0, 150);
    exchanging e = with_exchange(m);
    take_sums(m, &e);
    e.give = 1;
    e.done = 0;
    ck_fails(dlc_run_execute(m->run), DLC_ERROR_CALLBACK, dlc_run_message(m->run), "the exchange callback failed");
    assert_weights_untouched(m);
    e.done = 1;
    unsigned char *last = (unsigned char *)e.sums + e.bytes - 1;
    *last = (unsigned char)(*last + 1);
    m->last_pass = 0;
    ck_fails(dlc_run_execute(m->run), DLC_ERROR_FORMAT, dlc_run_message(m->run), "the class sums are damaged");
    assert_weights_untouched(m);
    float none = 0;
    ck_assert_int_eq(dlc_score_get_scores(m->score, &none), DLC_ERROR_STATE);
    *last = (unsigned char)(*last - 1);
    execute(m);
    ck_ok(dlc_run_set_exchange(m->run, NULL, NULL), dlc_run_message(m->run));
    execute(m);
    ck_assert_int_eq(e.calls, 4);
    free(e.sums);
    model_free(m);
}
END_TEST

START_TEST(nothing_to_exchange) {
    model *m = part_of("a", NULL, 0, 300);
    exchanging e = with_exchange(m);
    int64_t count = 0;
    float *centroids = golden_array("a", "centroids.npy", "<f4", &count);
    ck_ok(dlc_run_set_exchange(m->run, exchange, &e), dlc_run_message(m->run));
    ck_ok(dlc_score_set_centroids(m->score, centroids), dlc_score_message(m->score));
    execute(m);
    ck_assert_int_eq(e.calls, 0);
    free(centroids);
    model_free(m);
}
END_TEST

START_TEST(automatic_levels_are_refused) {
    model *m = part_of("a", NULL, 0, 300);
    exchanging e = with_exchange(m);
    int64_t bytes = 0;
    ck_ok(dlc_run_set_exchange(m->run, exchange, &e), dlc_run_message(m->run));
    ck_ok(dlc_run_set_auto(m->run, DLC_AUTO_SPEARMAN), dlc_run_message(m->run));
    ck_fails(dlc_run_execute(m->run), DLC_ERROR_STATE, dlc_run_message(m->run),
             "automatic levels and an exchange do not go together");
    ck_fails(dlc_run_memory_estimate(m->run, &bytes), DLC_ERROR_STATE, dlc_run_message(m->run), "do not go together");
    ck_assert_int_eq(m->calls, 0);
    ck_assert_int_eq(dlc_run_set_exchange(NULL, exchange, &e), DLC_ERROR_ARGUMENT);
    ck_ok(dlc_run_set_exchange(m->run, NULL, NULL), dlc_run_message(m->run));
    execute(m);
    model_free(m);
}
END_TEST

/* What dlc/run.h advises instead: the levels that an automatic run visited, as a list of masked shares for all parts.
 */
START_TEST(levels_of_an_automatic_run_as_a_list) {
    model *m = model_create("a", NULL);
    ck_ok(dlc_run_set_auto(m->run, 0.9), dlc_run_message(m->run));
    execute(m);
    const int64_t count = dlc_score_visited_count(m->score), weights = dlc_mask_weight_count(m->mask);
    ck_assert(count > 2 && count < 50);
    int64_t visited[50], kept[50];
    double shares[50];
    ck_ok(dlc_score_get_visited(m->score, visited), dlc_score_message(m->score));
    for (int64_t i = 0; i < count; i++) {
        ck_ok(dlc_mask_get_level(m->mask, visited[i], &kept[i], NULL, NULL), dlc_mask_message(m->mask));
        shares[i] = 1 - (double)kept[i] / (double)weights;
    }
    float *curves = curves_of(m, count);
    model_free(m);
    m = model_create("a", NULL);
    ck_ok(dlc_mask_set_list(m->mask, shares, count), dlc_mask_message(m->mask));
    execute(m);
    float *again = curves_of(m, count);
    ck_assert_mem_eq(again, curves, (size_t)(count * m->samples) * sizeof *curves);
    free(curves);
    free(again);
    model_free(m);
}
END_TEST

START_TEST(the_estimate_counts_the_sums) {
    counting_allocator state = {0, 0};
    dlc_allocator *allocator = counting_allocator_start(&state);
    model *m = part_of("a", allocator, 0, 300);
    dlc_allocator_free(allocator);
    exchanging e = with_exchange(m);
    /* So many classes that the sums are what counts. */
    int64_t with = 0, without = 0, bytes = 0;
    ck_ok(dlc_score_set_samples(m->score, 300, m->labels, 5000), dlc_score_message(m->score));
    ck_ok(dlc_score_set_keep_curves(m->score, 0), dlc_score_message(m->score));
    ck_ok(dlc_score_sums_size(m->score, &bytes), dlc_score_message(m->score));
    ck_ok(dlc_run_memory_estimate(m->run, &without), dlc_run_message(m->run));
    ck_ok(dlc_run_set_exchange(m->run, exchange, &e), dlc_run_message(m->run));
    ck_ok(dlc_run_memory_estimate(m->run, &with), dlc_run_message(m->run));
    ck_assert_int_ge(with - without, bytes);
    ck_assert_int_le(with - without, bytes + 5000 * 8); /* the samples that were imported */
    ck_ok(dlc_run_set_memory_limit(m->run, with), dlc_run_message(m->run));
    e.done = 1;
    ck_fails(dlc_run_execute(m->run), DLC_ERROR_DATA, dlc_run_message(m->run), "has no sample");
    const int64_t others = 5000 * DIM * (int64_t)sizeof(double); /* the centroids were never made */
    ck_assert_msg(state.peak <= with && (double)(with - others) <= 1.1 * (double)state.peak, "estimate %lld, peak %lld",
                  (long long)with, (long long)state.peak);
    free(e.sums);
    model_free(m);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("run_exchange");
    TCase *cases = tcase_create("run_exchange");
    tcase_set_timeout(cases, 120);
    tcase_add_loop_test(cases, parts_have_the_bits_of_the_whole, 0, 6);
    tcase_add_test(cases, g1_a_bad_total_is_refused);
    tcase_add_test(cases, nothing_to_exchange);
    tcase_add_test(cases, automatic_levels_are_refused);
    tcase_add_test(cases, levels_of_an_automatic_run_as_a_list);
    tcase_add_test(cases, the_estimate_counts_the_sums);
    suite_add_tcase(suite, cases);
    return suite;
}
