/*
 * agreement_tests.c - rank correlation within classes, against ranks counted by comparing every sample with every
 * other.
 */
#include "correlation_twin.h"
#include "support.h"

#include "run/agreement.h"

#include <math.h>
#include <stdlib.h>

/* The agreement of two rankings. */
static double agreement_of(const float *one, const float *two, const int64_t *labels, int64_t count) {
    const dlc_allocator allocator = dlc_allocator_or_default(NULL);
    dlc_agreement agreement;
    int32_t *narrow = calloc((size_t)count, sizeof *narrow);
    for (int64_t i = 0; labels && i < count; i++)
        narrow[i] = (int32_t)labels[i];
    ck_assert_int_eq(dlc_agreement_start(&agreement, &allocator, count, labels ? narrow : NULL), 1);
    ck_assert(isnan(dlc_agreement_next(&agreement, one)));
    const double agreed = dlc_agreement_next(&agreement, two);
    dlc_agreement_stop(&agreement, &allocator);
    free(narrow);
    return agreed;
}

START_TEST(it_is_the_twins) {
    /* Classes; different scores (0: all different). Few scores make many ties. */
    static const struct {
        int64_t count;
        int32_t classes;
        int scores;
    } shapes[] = {{2, 1, 0}, {40, 1, 0}, {300, 1, 7}, {300, 7, 0}, {300, 7, 4}, {300, 250, 3}, {900, 20, 50}};
    uint64_t seed = 5;
    const int64_t count = shapes[_i].count;
    int64_t *labels = calloc((size_t)count, sizeof *labels);
    float *one = calloc((size_t)count, sizeof *one), *two = calloc((size_t)count, sizeof *two);
    for (int repeat = 0; repeat < 20; repeat++) {
        for (int64_t i = 0; i < count; i++) {
            /* Squared: class sizes are unlike. */
            const double share = test_uniform(&seed);
            labels[i] = (int64_t)(share * share * shapes[_i].classes);
            one[i] = (float)(test_uniform(&seed) - 0.5);
            two[i] = (float)(one[i] + repeat / 10.0 * (test_uniform(&seed) - 0.5));
            if (shapes[_i].scores > 0) {
                one[i] = (float)floor((double)one[i] * shapes[_i].scores);
                two[i] = (float)floor((double)two[i] * shapes[_i].scores);
            }
        }
        const double expected = correlation_twin(one, two, labels, count);
        const double got = agreement_of(one, two, labels, count);
        ck_assert_msg(fabs(got - expected) < 1e-12 || (isnan(got) && isnan(expected)), "%.17g, not %.17g", got,
                      expected);
        ck_assert_double_eq_tol(agreement_of(one, two, NULL, count), correlation_twin(one, two, NULL, count), 1e-12);
    }
    free(labels);
    free(one);
    free(two);
}
END_TEST

/* By hand: class 0 has the ranks 1 2.5 2.5 4 and 1 2 3 4, class 1 the ranks 1 2 and 2 1, class 2 one sample. With
 * x = (r - (n + 1) / 2) / n: sums 4.5 / 16, 4.5 / 16 and 5 / 16 in class 0; 1 / 8, -1 / 8 and 1 / 8 in class 1. */
START_TEST(a_case_by_hand) {
    const int64_t labels[] = {0, 1, 0, 2, 0, 1, 0};
    const float one[] = {-3, 7, 0.5F, 9, 0.5F, 8, 100};
    const float two[] = {-8, 6, -7, 1, 3, 5, 4};
    ck_assert_double_eq_tol(agreement_of(one, two, labels, 7), (4.5 - 2) / sqrt((4.5 + 2) * (5 + 2)), 1e-15);
}
END_TEST

START_TEST(equal_and_opposite_rankings_are_exact) {
    enum { COUNT = 20011 };
    uint64_t seed = 9;
    int64_t *labels = calloc(COUNT, sizeof *labels);
    float *one = calloc(COUNT, sizeof *one), *two = calloc(COUNT, sizeof *two);
    for (int i = 0; i < COUNT; i++) {
        labels[i] = (int64_t)(31 * test_uniform(&seed));
        one[i] = (float)floor(5000 * test_uniform(&seed)) - 2500;
        two[i] = one[i] * one[i] * one[i];
    }
    ck_assert(agreement_of(one, two, labels, COUNT) == 1);
    ck_assert(agreement_of(one, two, NULL, COUNT) == 1);
    for (int i = 0; i < COUNT; i++)
        two[i] = -two[i];
    ck_assert(agreement_of(one, two, labels, COUNT) == -1);
    free(labels);
    free(one);
    free(two);
}
END_TEST

START_TEST(where_there_is_none) {
    const int64_t alone[] = {3, 0, 2, 1};
    const int64_t pairs[] = {0, 0, 1, 1};
    const float different[] = {1, 2, 3, 4};
    const float tied[] = {5, 5, 6, 6};
    const float zeros[] = {0, -0.0F, 0, -0.0F}; /* equal */
    ck_assert(isnan(agreement_of(different, different, alone, 4)));
    ck_assert(isnan(agreement_of(different, tied, pairs, 4)));
    ck_assert(isnan(agreement_of(tied, different, pairs, 4)));
    ck_assert(isnan(agreement_of(different, zeros, NULL, 4)));
    ck_assert(isnan(agreement_of(different, different, NULL, 1)));
    ck_assert(agreement_of(different, tied, NULL, 4) > 0);
}
END_TEST

START_TEST(every_call_compares_with_the_one_before) {
    const float rankings[][3] = {{1, 2, 3}, {3, 2, 1}, {3, 2, 1}, {3, 1, 2}};
    const double expected[] = {NAN, -1, 1, 0.5};
    const dlc_allocator allocator = dlc_allocator_or_default(NULL);
    dlc_agreement agreement;
    ck_assert_int_eq(dlc_agreement_start(&agreement, &allocator, 3, NULL), 1);
    for (int i = 0; i < 4; i++) {
        const double agreed = dlc_agreement_next(&agreement, rankings[i]);
        ck_assert(i == 0 ? isnan(agreed) : agreed == expected[i]);
    }
    dlc_agreement_stop(&agreement, &allocator);
    dlc_agreement_stop(&agreement, &allocator);
}
END_TEST

START_TEST(failed_allocations_leave_nothing) {
    for (int64_t n = 0;; n++) {
        failing_allocator state = {.fail_at = -1, .from_then_on = _i};
        dlc_allocator *allocator = failing_allocator_start(&state);
        state.fail_at = n;
        const int64_t before = state.live;
        dlc_agreement agreement;
        const int started = dlc_agreement_start(&agreement, allocator, 10, NULL);
        if (!started)
            ck_assert_int_eq(state.live, before);
        dlc_agreement_stop(&agreement, allocator);
        ck_assert_int_eq(state.live, before);
        dlc_allocator_free(allocator);
        if (started) {
            ck_assert_int_eq(n, 3);
            return;
        }
    }
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("agreement");
    TCase *cases = tcase_create("agreement");
    tcase_set_timeout(cases, 60);
    tcase_add_loop_test(cases, it_is_the_twins, 0, 7);
    tcase_add_test(cases, a_case_by_hand);
    tcase_add_test(cases, equal_and_opposite_rankings_are_exact);
    tcase_add_test(cases, where_there_is_none);
    tcase_add_test(cases, every_call_compares_with_the_one_before);
    tcase_add_loop_test(cases, failed_allocations_leave_nothing, 0, 2);
    suite_add_tcase(suite, cases);
    return suite;
}
