/*
 * numbers_tests.c - numbers at the edge, against what the definition gives on paper: the smallest and largest weights
 * (also where the host flushes denormals to zero), huge features, features that are all equal, one class, one sample,
 * one dimension, constant curves.
 */
#include "support.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#if defined(__SSE__)
#include <xmmintrin.h>
#endif

/* ---- Weights ---- */

/* Magnitudes in ascending order; a level masks the first of them. */
START_TEST(g1_the_smallest_and_the_largest_weights) {
    float weights[] = {1e-45F, -3e-45F, 1e-38F, -1e-37F, 1.0F, -1e38F, 3e38F, -FLT_MAX};
    enum { COUNT = 8 };
    float original[COUNT];
    memcpy(original, weights, sizeof original);
#if defined(__SSE__)
    const unsigned control = _mm_getcsr();
    if (_i == 1)
        _mm_setcsr(control | 0x8040U); /* flush to zero, denormals are zero */
#endif
    const double shares[] = {0, 0.125, 0.25, 0.5, 0.875};
    const int64_t masked[] = {0, 1, 2, 4, 7};
    dlc_mask *mask = NULL;
    ck_ok(dlc_mask_create(NULL, &mask), "create");
    ck_ok(dlc_mask_add_tensor(mask, "w", DLC_DTYPE_F32, weights, COUNT, 1), dlc_mask_message(mask));
    ck_ok(dlc_mask_set_list(mask, shares, 5), dlc_mask_message(mask));
    ck_ok(dlc_mask_plan(mask), dlc_mask_message(mask));
    for (int64_t level = 0; level < 5; level++) {
        static const float none[COUNT];
        ck_ok(dlc_mask_apply(mask, level), dlc_mask_message(mask));
        const size_t gone = (size_t)masked[level] * sizeof *weights;
        ck_assert_mem_eq(weights, none, gone);
        ck_assert_mem_eq(weights + masked[level], original + masked[level], sizeof original - gone);
    }
    ck_ok(dlc_mask_restore(mask), dlc_mask_message(mask));
    dlc_mask_free(mask);
#if defined(__SSE__)
    _mm_setcsr(control);
#endif
    ck_assert_mem_eq(weights, original, sizeof original);
}
END_TEST

/* ---- Features ---- */

typedef struct features_case {
    const char *what;
    int64_t samples, classes, dim;
    float features[8];
    int64_t labels[8];
    double losses[8];
} features_case;

#define LOG2 0.69314718055994531

static const features_case cases[] = {
    {"one sample of one class", 1, 1, 1, {5}, {0}, {0}},
    {"one class", 3, 1, 2, {1, 2, 3, 4, 5, 6}, {0, 0, 0}, {0, 0, 0}},
    {"all features are equal", 4, 2, 2, {3, 3, 3, 3, 3, 3, 3, 3}, {0, 1, 0, 1}, {LOG2, LOG2, LOG2, LOG2}},
    {"all features are 0", 4, 2, 1, {0}, {0, 1, 0, 1}, {LOG2, LOG2, LOG2, LOG2}},
    /* Distances of 1e30 and more: logits of nearly 0. A class of one sample lies in its centroid: 1 / 1e-6. */
    {"features of 1e30", 3, 2, 1, {1e30F, 3e30F, -1e30F}, {0, 0, 1}, {LOG2, LOG2, 0}},
    {"features of 1e38 in many dimensions",
     2,
     2,
     4,
     {1e38F, 1e38F, 1e38F, 1e38F, -1e38F, -1e38F, -1e38F, -1e38F},
     {0, 1},
     {0, 0}},
    /* Differences below the floor of the distance, which is 1e-6. */
    {"features of 1e-45", 2, 2, 1, {1e-45F, 3e-45F}, {0, 1}, {LOG2, LOG2}},
};

START_TEST(losses_at_the_edge) {
    const features_case *c = &cases[_i];
    float scores[8], curves[8];
    dlc_score *score = NULL;
    ck_ok(dlc_score_create(NULL, &score), "create");
    ck_ok(dlc_score_set_samples(score, c->samples, c->labels, c->classes), dlc_score_message(score));
    ck_ok(dlc_score_set_head(score, DLC_HEAD_CENTROID, c->dim), dlc_score_message(score));
    ck_ok(dlc_score_set_levels(score, 1), dlc_score_message(score));
    ck_ok(dlc_score_set_keep_curves(score, 1), dlc_score_message(score));
    ck_ok(dlc_score_add_features(score, 0, NULL, c->samples, c->features, c->dim), dlc_score_message(score));
    ck_ok(dlc_score_finish_centroids(score), dlc_score_message(score));
    ck_ok(dlc_score_begin_level(score, 0), dlc_score_message(score));
    ck_ok(dlc_score_observe(score, 0, NULL, c->samples, c->features, c->dim), dlc_score_message(score));
    ck_ok(dlc_score_end_level(score), dlc_score_message(score));
    ck_ok(dlc_score_get_scores(score, scores), dlc_score_message(score));
    ck_ok(dlc_score_get_curves(score, curves), dlc_score_message(score));
    for (int64_t i = 0; i < c->samples; i++) {
        ck_assert_msg(fabs((double)scores[i] - c->losses[i]) <= 1e-6, "%s: sample %d has %g, not %g", c->what, (int)i,
                      (double)scores[i], c->losses[i]);
        ck_assert_float_eq(curves[i], scores[i]);
    }
    dlc_score_free(score);
}
END_TEST

/* A curve of one value has that value as its score, to the bit, in any order of levels and with curves or without. */
START_TEST(constant_curves) {
    enum { LEVELS = 50 };
    static const float values[] = {0, 2.5F, 0.1F, 1e30F, FLT_MAX, 1e-45F};
    enum { SAMPLES = 6 };
    float scores[SAMPLES];
    dlc_score *score = NULL;
    ck_ok(dlc_score_create(NULL, &score), "create");
    ck_ok(dlc_score_set_samples(score, SAMPLES, NULL, 0), dlc_score_message(score));
    ck_ok(dlc_score_set_head(score, DLC_HEAD_LOSS, 1), dlc_score_message(score));
    ck_ok(dlc_score_set_levels(score, LEVELS), dlc_score_message(score));
    ck_ok(dlc_score_set_keep_curves(score, _i), dlc_score_message(score));
    for (int64_t level = LEVELS; level-- > 0;) {
        ck_ok(dlc_score_begin_level(score, level), dlc_score_message(score));
        ck_ok(dlc_score_observe(score, 0, NULL, SAMPLES, values, 1), dlc_score_message(score));
        ck_ok(dlc_score_end_level(score), dlc_score_message(score));
    }
    ck_ok(dlc_score_get_scores(score, scores), dlc_score_message(score));
    ck_assert_mem_eq(scores, values, sizeof scores);
    dlc_score_free(score);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("numbers");
    TCase *tcase = tcase_create("numbers");
    tcase_add_loop_test(tcase, g1_the_smallest_and_the_largest_weights, 0, 2);
    tcase_add_loop_test(tcase, losses_at_the_edge, 0, (int)(sizeof cases / sizeof cases[0]));
    tcase_add_loop_test(tcase, constant_curves, 0, 2);
    suite_add_tcase(suite, tcase);
    return suite;
}
