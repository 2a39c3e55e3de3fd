/*
 * score_errors_tests.c - every wrong use of dlc_score with its message, and that a failed call has changed nothing.
 */
#include "support.h"

#include <math.h>
#include <stdlib.h>

#define message(score) dlc_score_message(score)

enum { SAMPLES = 5, CLASSES = 3, DIM = 2, LEVELS = 2 };

static const int64_t labels[SAMPLES] = {0, 1, 2, 2, 1};
static const float features[SAMPLES * DIM] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};

static dlc_score *created(void) {
    dlc_score *score;
    ck_ok(dlc_score_create(NULL, &score), "create");
    ck_assert_str_eq(message(score), "");
    return score;
}

static dlc_score *with_settings(void) {
    dlc_score *score = created();
    ck_ok(dlc_score_set_samples(score, SAMPLES, labels, CLASSES), message(score));
    ck_ok(dlc_score_set_head(score, DLC_HEAD_CENTROID, DIM), message(score));
    ck_ok(dlc_score_set_levels(score, LEVELS), message(score));
    return score;
}

static dlc_score *with_centroids(void) {
    dlc_score *score = with_settings();
    ck_ok(dlc_score_add_features(score, 0, NULL, SAMPLES, features, DIM), message(score));
    ck_ok(dlc_score_finish_centroids(score), message(score));
    return score;
}

static dlc_score *with_level(int64_t level) {
    dlc_score *score = with_centroids();
    ck_ok(dlc_score_begin_level(score, level), message(score));
    return score;
}

/* The rest of a pass after a failed call, up to scores: those of a scorer that never saw a failure. */
static void finish_and_check(dlc_score *score, int64_t observed) {
    dlc_score *untroubled = with_level(1);
    float own[SAMPLES];
    float expected[SAMPLES];
    ck_ok(dlc_score_observe(score, observed, NULL, SAMPLES - observed, features + observed * DIM, DIM), message(score));
    ck_ok(dlc_score_observe(untroubled, 0, NULL, SAMPLES, features, DIM), message(untroubled));
    dlc_score *both[] = {score, untroubled};
    for (int i = 0; i < 2; i++) {
        ck_ok(dlc_score_end_level(both[i]), message(both[i]));
        ck_ok(dlc_score_begin_level(both[i], 0), message(both[i]));
        ck_ok(dlc_score_observe(both[i], 0, NULL, SAMPLES, features, DIM), message(both[i]));
        ck_ok(dlc_score_end_level(both[i]), message(both[i]));
        ck_ok(dlc_score_get_scores(both[i], i == 0 ? own : expected), message(both[i]));
    }
    ck_assert(memcmp(own, expected, sizeof own) == 0);
    dlc_score_free(untroubled);
    dlc_score_free(score);
}

START_TEST(null_handles) {
    int64_t bytes;
    float value;
    ck_assert_int_eq(dlc_score_create(NULL, NULL), DLC_ERROR_ARGUMENT);
    dlc_score_free(NULL);
    ck_assert_str_eq(dlc_score_message(NULL), "the handle is NULL");
    ck_assert_int_eq(dlc_score_set_samples(NULL, 1, labels, 1), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_score_set_head(NULL, 0, 1), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_score_set_observation(NULL, 0), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_score_set_levels(NULL, 1), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_score_set_keep_curves(NULL, 1), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_score_set_threads(NULL, 1), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_score_memory_estimate(NULL, &bytes), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_score_add_features(NULL, 0, NULL, 0, &value, 1), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_score_finish_centroids(NULL), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_score_set_centroids(NULL, &value), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_score_get_centroids(NULL, &value), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_score_begin_level(NULL, 0), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_score_observe(NULL, 0, NULL, 0, &value, 1), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_score_end_level(NULL), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_score_reset(NULL), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_score_get_scores(NULL, &value), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_score_get_curves(NULL, &value), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_score_sample_count(NULL), -1);
    ck_assert_int_eq(dlc_score_class_count(NULL), -1);
    ck_assert_int_eq(dlc_score_width(NULL), -1);
    ck_assert_int_eq(dlc_score_head(NULL), -1);
    ck_assert_int_eq(dlc_score_has_centroids(NULL), -1);
}
END_TEST

START_TEST(getters) {
    dlc_score *score = created();
    ck_assert_int_eq(dlc_score_sample_count(score), 0);
    ck_assert_int_eq(dlc_score_class_count(score), 0);
    ck_assert_int_eq(dlc_score_width(score), 0);
    ck_assert_int_eq(dlc_score_head(score), -1);
    ck_assert_int_eq(dlc_score_has_centroids(score), 0);
    dlc_score_free(score);
    score = with_settings();
    ck_assert_int_eq(dlc_score_sample_count(score), SAMPLES);
    ck_assert_int_eq(dlc_score_class_count(score), CLASSES);
    ck_assert_int_eq(dlc_score_width(score), DIM);
    ck_assert_int_eq(dlc_score_head(score), DLC_HEAD_CENTROID);
    dlc_score_free(score);
}
END_TEST

START_TEST(wrong_settings) {
    const int64_t too_high[] = {0, 1, 12};
    const int64_t negative[] = {0, -1, 2};
    dlc_score *score = created();
    ck_fails(dlc_score_set_samples(score, 0, labels, 3), DLC_ERROR_ARGUMENT, message(score), "samples 0 is not in 1..");
    ck_fails(dlc_score_set_samples(score, INT64_MAX, NULL, 0), DLC_ERROR_ARGUMENT, message(score),
             "samples 9223372036854775807 is not in 1..1000000000000");
    ck_fails(dlc_score_set_samples(score, 3, labels, 0), DLC_ERROR_ARGUMENT, message(score),
             "classes 0 is not in 1..16777216");
    ck_fails(dlc_score_set_samples(score, 3, labels, 16777217), DLC_ERROR_ARGUMENT, message(score), "16777217");
    ck_fails(dlc_score_set_samples(score, 3, NULL, 3), DLC_ERROR_ARGUMENT, message(score),
             "labels is NULL, yet classes is 3");
    ck_fails(dlc_score_set_samples(score, 3, too_high, 10), DLC_ERROR_DATA, message(score),
             "label 12 of sample 2 is not within 10 classes");
    ck_fails(dlc_score_set_samples(score, 3, negative, 10), DLC_ERROR_DATA, message(score),
             "label -1 of sample 1 is not within 10 classes");
    ck_fails(dlc_score_set_head(score, 3, 1), DLC_ERROR_ARGUMENT, message(score), "there is no head 3");
    ck_fails(dlc_score_set_head(score, -1, 1), DLC_ERROR_ARGUMENT, message(score), "there is no head -1");
    ck_fails(dlc_score_set_head(score, DLC_HEAD_CENTROID, 0), DLC_ERROR_ARGUMENT, message(score),
             "width 0 is not in 1..16777216");
    ck_fails(dlc_score_set_head(score, DLC_HEAD_CENTROID, 16777217), DLC_ERROR_ARGUMENT, message(score), "16777217");
    ck_fails(dlc_score_set_head(score, DLC_HEAD_LOSS, 2), DLC_ERROR_ARGUMENT, message(score),
             "width 2 of head loss is not 1");
    ck_fails(dlc_score_set_observation(score, 4), DLC_ERROR_ARGUMENT, message(score), "there is no observation 4");
    ck_fails(dlc_score_set_observation(score, -1), DLC_ERROR_ARGUMENT, message(score), "there is no observation -1");
    ck_fails(dlc_score_set_levels(score, 0), DLC_ERROR_ARGUMENT, message(score), "levels 0 is not in 1..1000000");
    ck_fails(dlc_score_set_levels(score, 1000001), DLC_ERROR_ARGUMENT, message(score), "1000001");
    ck_fails(dlc_score_set_keep_curves(score, 2), DLC_ERROR_ARGUMENT, message(score), "keep 2 is neither 0 nor 1");
    ck_fails(dlc_score_set_threads(score, -1), DLC_ERROR_ARGUMENT, message(score), "threads -1 is not in 0..1024");
    ck_fails(dlc_score_set_threads(score, 1025), DLC_ERROR_ARGUMENT, message(score), "threads 1025 is not in 0..1024");
    ck_assert_int_eq(dlc_score_sample_count(score), 0);
    ck_assert_int_eq(dlc_score_head(score), -1);
    dlc_score_free(score);
}
END_TEST

/* Whichever of two that do not go together comes second is refused, and the first stays. */
START_TEST(settings_that_disagree) {
    dlc_score *score = created();
    ck_ok(dlc_score_set_samples(score, SAMPLES, labels, CLASSES), message(score));
    ck_fails(dlc_score_set_head(score, DLC_HEAD_LOGITS, 4), DLC_ERROR_ARGUMENT, message(score),
             "width 4 of head logits is not the number of classes, 3");
    ck_ok(dlc_score_set_head(score, DLC_HEAD_LOGITS, 3), message(score));
    ck_fails(dlc_score_set_samples(score, SAMPLES, labels, 7), DLC_ERROR_ARGUMENT, message(score),
             "width 3 of head logits is not the number of classes, 7");
    ck_fails(dlc_score_set_samples(score, SAMPLES, NULL, 0), DLC_ERROR_ARGUMENT, message(score),
             "only head loss works without labels");
    ck_assert_int_eq(dlc_score_class_count(score), CLASSES);
    ck_ok(dlc_score_set_observation(score, DLC_OBSERVE_MARGIN), message(score));
    ck_fails(dlc_score_set_head(score, DLC_HEAD_LOSS, 1), DLC_ERROR_ARGUMENT, message(score),
             "head loss has no observation but loss");
    ck_ok(dlc_score_set_observation(score, DLC_OBSERVE_LOSS), message(score));
    ck_ok(dlc_score_set_head(score, DLC_HEAD_LOSS, 1), message(score));
    ck_fails(dlc_score_set_observation(score, DLC_OBSERVE_CORRECT), DLC_ERROR_ARGUMENT, message(score),
             "head loss has no observation but loss");
    ck_ok(dlc_score_set_samples(score, SAMPLES, NULL, 0), message(score));
    ck_fails(dlc_score_set_head(score, DLC_HEAD_CENTROID, 2), DLC_ERROR_ARGUMENT, message(score),
             "only head loss works without labels");
    dlc_score_free(score);
}
END_TEST

START_TEST(settings_after_data) {
    dlc_score *score = with_level(0);
    const char *late = "data came already: settings change before it or after a reset";
    ck_fails(dlc_score_set_samples(score, SAMPLES, labels, 3), DLC_ERROR_STATE, message(score), late);
    ck_fails(dlc_score_set_head(score, DLC_HEAD_LOSS, 1), DLC_ERROR_STATE, message(score), late);
    ck_fails(dlc_score_set_observation(score, DLC_OBSERVE_LOSS), DLC_ERROR_STATE, message(score), late);
    ck_fails(dlc_score_set_levels(score, 2), DLC_ERROR_STATE, message(score), late);
    ck_fails(dlc_score_set_keep_curves(score, 1), DLC_ERROR_STATE, message(score), late);
    ck_ok(dlc_score_set_threads(score, 2), message(score));
    ck_ok(dlc_score_reset(score), message(score));
    ck_ok(dlc_score_set_levels(score, 2), message(score));
    dlc_score_free(score);
}
END_TEST

START_TEST(things_not_set_yet) {
    int64_t bytes;
    dlc_score *score = created();
    ck_fails(dlc_score_add_features(score, 0, NULL, 1, features, 2), DLC_ERROR_STATE, message(score),
             "the samples are not set");
    ck_fails(dlc_score_begin_level(score, 0), DLC_ERROR_STATE, message(score), "the samples are not set");
    ck_fails(dlc_score_get_scores(score, (float[SAMPLES]){0}), DLC_ERROR_STATE, message(score), "0 of 0 levels");
    ck_ok(dlc_score_set_samples(score, SAMPLES, labels, CLASSES), message(score));
    ck_fails(dlc_score_set_centroids(score, features), DLC_ERROR_STATE, message(score), "the head is not set");
    ck_fails(dlc_score_begin_level(score, 0), DLC_ERROR_STATE, message(score), "the head is not set");
    ck_ok(dlc_score_set_head(score, DLC_HEAD_CENTROID, DIM), message(score));
    ck_fails(dlc_score_begin_level(score, 0), DLC_ERROR_STATE, message(score), "the number of levels is not set");
    ck_fails(dlc_score_memory_estimate(score, &bytes), DLC_ERROR_STATE, message(score),
             "samples, head and levels are not all set");
    ck_fails(dlc_score_memory_estimate(score, NULL), DLC_ERROR_ARGUMENT, message(score), "bytes is NULL");
    ck_ok(dlc_score_set_levels(score, LEVELS), message(score));
    ck_fails(dlc_score_begin_level(score, 0), DLC_ERROR_STATE, message(score), "the centroids are not final yet");
    ck_fails(dlc_score_observe(score, 0, NULL, 1, features, 2), DLC_ERROR_STATE, message(score),
             "no level is under way");
    ck_fails(dlc_score_end_level(score), DLC_ERROR_STATE, message(score), "no level is under way");
    ck_fails(dlc_score_finish_centroids(score), DLC_ERROR_STATE, message(score), "no features were added");
    ck_fails(dlc_score_get_centroids(score, (float[6]){0}), DLC_ERROR_STATE, message(score),
             "there are no centroids yet");
    ck_ok(dlc_score_set_head(score, DLC_HEAD_LOGITS, CLASSES), message(score));
    ck_fails(dlc_score_add_features(score, 0, NULL, 1, features, 3), DLC_ERROR_STATE, message(score),
             "only head centroid has centroids");
    dlc_score_free(score);
}
END_TEST

START_TEST(wrong_centroids) {
    float centroids[CLASSES * DIM] = {1, 2, 3, 4, 5, 6};
    dlc_score *score = with_settings();
    ck_fails(dlc_score_set_centroids(score, NULL), DLC_ERROR_ARGUMENT, message(score), "centroids is NULL");
    centroids[5] = -INFINITY;
    ck_fails(dlc_score_set_centroids(score, centroids), DLC_ERROR_DATA, message(score),
             "feature 1 of centroid 2 is infinite");
    centroids[2] = NAN;
    ck_fails(dlc_score_set_centroids(score, centroids), DLC_ERROR_DATA, message(score),
             "feature 0 of centroid 1 is NaN");
    ck_ok(dlc_score_add_features(score, 0, NULL, 1, features, DIM), message(score));
    ck_fails(dlc_score_set_centroids(score, features), DLC_ERROR_STATE, message(score), "features came already");
    ck_fails(dlc_score_finish_centroids(score), DLC_ERROR_DATA, message(score),
             "the features of sample 1 never came (nor 3 others)");
    ck_ok(dlc_score_add_features(score, 1, NULL, 3, features + DIM, DIM), message(score));
    ck_fails(dlc_score_finish_centroids(score), DLC_ERROR_DATA, message(score), "the features of sample 4 never came");
    ck_ok(dlc_score_add_features(score, 4, NULL, 1, features + 4 * DIM, DIM), message(score));
    ck_ok(dlc_score_finish_centroids(score), message(score));
    ck_fails(dlc_score_get_centroids(score, NULL), DLC_ERROR_ARGUMENT, message(score), "centroids is NULL");
    ck_fails(dlc_score_finish_centroids(score), DLC_ERROR_STATE, message(score), "the centroids are final already");
    ck_fails(dlc_score_add_features(score, 0, NULL, 1, features, 2), DLC_ERROR_STATE, message(score),
             "the centroids are final already");
    ck_fails(dlc_score_set_centroids(score, features), DLC_ERROR_STATE, message(score), "features came already");
    dlc_score_free(score);
    score = with_settings();
    ck_ok(dlc_score_set_samples(score, SAMPLES, labels, 4), message(score));
    ck_ok(dlc_score_add_features(score, 0, NULL, SAMPLES, features, DIM), message(score));
    ck_fails(dlc_score_finish_centroids(score), DLC_ERROR_DATA, message(score), "class 3 has no sample");
    dlc_score_free(score);
}
END_TEST

/* Given centroids outlive a reset, can be given anew, and hold the settings that shape them. */
START_TEST(centroids_that_were_given) {
    const float first[CLASSES * DIM] = {1, 2, 3, 4, 5, 6};
    const float second[CLASSES * DIM] = {6, 5, 4, 3, 2, 1};
    const char *of = "the centroids that were given are of 3 classes and 2 features";
    float out[CLASSES * DIM];
    dlc_score *score = with_settings();
    ck_ok(dlc_score_set_centroids(score, first), message(score));
    ck_fails(dlc_score_set_samples(score, SAMPLES, labels, 4), DLC_ERROR_STATE, message(score), of);
    ck_fails(dlc_score_set_head(score, DLC_HEAD_CENTROID, 3), DLC_ERROR_STATE, message(score), of);
    ck_fails(dlc_score_set_head(score, DLC_HEAD_LOGITS, CLASSES), DLC_ERROR_STATE, message(score), of);
    ck_fails(dlc_score_add_features(score, 0, NULL, 1, features, DIM), DLC_ERROR_STATE, message(score),
             "the centroids are final already");
    ck_ok(dlc_score_set_samples(score, SAMPLES - 1, labels, CLASSES), message(score));
    ck_ok(dlc_score_set_levels(score, 1), message(score));
    ck_ok(dlc_score_begin_level(score, 0), message(score));
    ck_fails(dlc_score_set_centroids(score, second), DLC_ERROR_STATE, message(score), "features came already");
    ck_ok(dlc_score_reset(score), message(score));
    ck_assert_int_eq(dlc_score_has_centroids(score), 1);
    ck_ok(dlc_score_get_centroids(score, out), message(score));
    ck_assert(memcmp(out, first, sizeof out) == 0);
    ck_ok(dlc_score_set_levels(score, 2), message(score));
    ck_ok(dlc_score_set_centroids(score, second), message(score));
    ck_ok(dlc_score_get_centroids(score, out), message(score));
    ck_assert(memcmp(out, second, sizeof out) == 0);
    ck_ok(dlc_score_begin_level(score, 0), message(score));
    dlc_score_free(score);
}
END_TEST

/* The parameters of a batch are checked alike by both functions that take one. */
static const struct {
    int64_t first;
    const int64_t *samples;
    int64_t rows;
    int has_data;
    int64_t stride;
    dlc_status status;
    const char *part;
} wrong_batches[] = {
    {1, NULL, -1, 1, DIM, DLC_ERROR_ARGUMENT, "rows -1 is negative"},
    {1, NULL, 1, 0, DIM, DLC_ERROR_ARGUMENT, "data is NULL"},
    {1, NULL, 2, 1, 1, DLC_ERROR_ARGUMENT, "stride 1 is below the width 2"},
    {1, NULL, 2, 1, -2, DLC_ERROR_ARGUMENT, "stride -2 is below the width 2"},
    {-1, NULL, 1, 1, DIM, DLC_ERROR_ARGUMENT, "1 rows from sample -1 on are not within samples 0 to 4"},
    {1, NULL, 5, 1, DIM, DLC_ERROR_ARGUMENT, "5 rows from sample 1 on are not within samples 0 to 4"},
    {INT64_MAX, NULL, INT64_MAX, 1, DIM, DLC_ERROR_ARGUMENT, "are not within samples 0 to 4"},
    {6, NULL, 0, 0, DIM, DLC_ERROR_ARGUMENT, "0 rows from sample 6 on are not within samples 0 to 4"},
    {0, (const int64_t[]){1, 2, 5}, 3, 1, DIM, DLC_ERROR_ARGUMENT, "sample 5 of row 2 is not within samples 0 to 4"},
    {0, (const int64_t[]){1, 2, -3}, 3, 1, DIM, DLC_ERROR_ARGUMENT, "sample -3 of row 2 is not within samples 0 to 4"},
};

START_TEST(wrong_batch) {
    dlc_score *score = with_level(1);
    const float *data = wrong_batches[_i].has_data ? features : NULL;
    ck_ok(dlc_score_observe(score, 0, NULL, 1, features, DIM), message(score));
    ck_fails(dlc_score_observe(score, wrong_batches[_i].first, wrong_batches[_i].samples, wrong_batches[_i].rows, data,
                               wrong_batches[_i].stride),
             wrong_batches[_i].status, message(score), wrong_batches[_i].part);
    finish_and_check(score, 1);
    score = with_settings();
    ck_fails(dlc_score_add_features(score, wrong_batches[_i].first, wrong_batches[_i].samples, wrong_batches[_i].rows,
                                    data, wrong_batches[_i].stride),
             wrong_batches[_i].status, message(score), wrong_batches[_i].part);
    /* As if it had not been tried: the settings are still open. */
    ck_ok(dlc_score_set_levels(score, 3), message(score));
    ck_ok(dlc_score_add_features(score, 0, NULL, SAMPLES, features, DIM), message(score));
    ck_ok(dlc_score_finish_centroids(score), message(score));
    dlc_score_free(score);
}
END_TEST

/* Duplicates and bad values in a batch whose other rows are good: nothing of it counts. */
START_TEST(batches_are_all_or_nothing) {
    float bad[SAMPLES * DIM];
    dlc_score *score = with_level(1);
    ck_ok(dlc_score_observe(score, 0, NULL, 2, features, DIM), message(score));
    ck_fails(dlc_score_observe(score, 0, (const int64_t[]){3, 2, 1}, 3, features, DIM), DLC_ERROR_DATA, message(score),
             "sample 1 is observed a second time at level 1");
    ck_fails(dlc_score_observe(score, 0, (const int64_t[]){4, 2, 4}, 3, features, DIM), DLC_ERROR_DATA, message(score),
             "sample 4 is observed a second time at level 1");
    memcpy(bad, features, sizeof bad);
    bad[7] = NAN;
    bad[8] = INFINITY;
    ck_fails(dlc_score_observe(score, 2, NULL, 3, bad + 4, DIM), DLC_ERROR_DATA, message(score),
             "feature 1 of sample 3 at level 1 is NaN");
    ck_fails(dlc_score_observe(score, 0, (const int64_t[]){4}, 1, bad + 8, DIM), DLC_ERROR_DATA, message(score),
             "feature 0 of sample 4 at level 1 is infinite");
    ck_fails(dlc_score_end_level(score), DLC_ERROR_DATA, message(score),
             "sample 2 was not observed at level 1 (nor 2 others)");
    finish_and_check(score, 2);

    score = with_settings();
    ck_ok(dlc_score_add_features(score, 0, NULL, 2, features, DIM), message(score));
    ck_fails(dlc_score_add_features(score, 1, NULL, 3, features, DIM), DLC_ERROR_DATA, message(score),
             "the features of sample 1 come a second time");
    ck_fails(dlc_score_add_features(score, 2, NULL, 3, bad + 4, DIM), DLC_ERROR_DATA, message(score),
             "feature 1 of sample 3 is NaN");
    ck_ok(dlc_score_add_features(score, 2, NULL, 3, features + 4, DIM), message(score));
    ck_ok(dlc_score_finish_centroids(score), message(score));
    float centroids[CLASSES * DIM];
    const float expected[CLASSES * DIM] = {0, 1, 5, 6, 5, 6};
    ck_ok(dlc_score_get_centroids(score, centroids), message(score));
    ck_assert(memcmp(centroids, expected, sizeof centroids) == 0);
    dlc_score_free(score);
}
END_TEST

/* The lowest bad row is named, however many threads look. */
START_TEST(first_bad_row_of_many) {
    enum { MANY = 20000, WIDTH = 100 };
    float *values = calloc((size_t)MANY * WIDTH, sizeof *values);
    int64_t *zeros = calloc(MANY, sizeof *zeros);
    values[19000 * WIDTH + 1] = NAN;
    values[7001 * WIDTH + 99] = INFINITY;
    values[7002 * WIDTH] = NAN;
    dlc_score *score = created();
    ck_ok(dlc_score_set_samples(score, MANY, zeros, 1), message(score));
    ck_ok(dlc_score_set_head(score, DLC_HEAD_CENTROID, WIDTH), message(score));
    ck_ok(dlc_score_set_threads(score, 8), message(score));
    ck_fails(dlc_score_add_features(score, 0, NULL, MANY, values, WIDTH), DLC_ERROR_DATA, message(score),
             "feature 99 of sample 7001 is infinite");
    dlc_score_free(score);
    free(values);
    free(zeros);
}
END_TEST

START_TEST(other_heads_name_bad_values) {
    dlc_score *score = created();
    ck_ok(dlc_score_set_samples(score, SAMPLES, labels, CLASSES), message(score));
    ck_ok(dlc_score_set_levels(score, 8), message(score));
    ck_ok(dlc_score_set_head(score, DLC_HEAD_LOGITS, CLASSES), message(score));
    ck_ok(dlc_score_begin_level(score, 7), message(score));
    ck_fails(dlc_score_observe(score, 3, NULL, 1, (const float[]){0, 0, -INFINITY}, 3), DLC_ERROR_DATA, message(score),
             "logit 2 of sample 3 at level 7 is infinite");
    ck_ok(dlc_score_reset(score), message(score));
    ck_ok(dlc_score_set_head(score, DLC_HEAD_LOSS, 1), message(score));
    ck_ok(dlc_score_begin_level(score, 2), message(score));
    ck_fails(dlc_score_observe(score, 4, NULL, 1, (const float[]){NAN}, 1), DLC_ERROR_DATA, message(score),
             "the loss of sample 4 at level 2 is NaN");
    dlc_score_free(score);
}
END_TEST

START_TEST(levels_out_of_turn) {
    float out[LEVELS * SAMPLES];
    dlc_score *score = with_level(1);
    ck_fails(dlc_score_begin_level(score, 0), DLC_ERROR_STATE, message(score), "level 1 is still under way");
    ck_fails(dlc_score_get_scores(score, out), DLC_ERROR_STATE, message(score), "0 of 2 levels are done");
    ck_ok(dlc_score_observe(score, 0, NULL, 0, NULL, 0), message(score));
    ck_ok(dlc_score_observe(score, 0, NULL, SAMPLES, features, DIM), message(score));
    ck_ok(dlc_score_end_level(score), message(score));
    ck_fails(dlc_score_begin_level(score, 1), DLC_ERROR_STATE, message(score), "level 1 was done already");
    ck_fails(dlc_score_begin_level(score, 2), DLC_ERROR_ARGUMENT, message(score), "level 2 is not within 2 levels");
    ck_fails(dlc_score_begin_level(score, -1), DLC_ERROR_ARGUMENT, message(score), "level -1 is not within 2 levels");
    ck_fails(dlc_score_get_scores(score, out), DLC_ERROR_STATE, message(score), "1 of 2 levels are done");
    ck_ok(dlc_score_begin_level(score, 0), message(score));
    ck_ok(dlc_score_observe(score, 0, NULL, SAMPLES, features, DIM), message(score));
    ck_ok(dlc_score_end_level(score), message(score));
    ck_fails(dlc_score_get_scores(score, NULL), DLC_ERROR_ARGUMENT, message(score), "scores is NULL");
    ck_fails(dlc_score_get_curves(score, out), DLC_ERROR_STATE, message(score), "curves were not kept");
    ck_ok(dlc_score_get_scores(score, out), message(score));
    dlc_score_free(score);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("score_errors");
    TCase *settings = tcase_create("settings");
    tcase_set_timeout(settings, 60);
    tcase_add_test(settings, null_handles);
    tcase_add_test(settings, getters);
    tcase_add_test(settings, wrong_settings);
    tcase_add_test(settings, settings_that_disagree);
    tcase_add_test(settings, settings_after_data);
    tcase_add_test(settings, things_not_set_yet);
    suite_add_tcase(suite, settings);
    TCase *data = tcase_create("data");
    tcase_set_timeout(data, 60);
    tcase_add_test(data, wrong_centroids);
    tcase_add_test(data, centroids_that_were_given);
    tcase_add_loop_test(data, wrong_batch, 0, (int)(sizeof wrong_batches / sizeof wrong_batches[0]));
    tcase_add_test(data, batches_are_all_or_nothing);
    tcase_add_test(data, first_bad_row_of_many);
    tcase_add_test(data, other_heads_name_bad_values);
    tcase_add_test(data, levels_out_of_turn);
    suite_add_tcase(suite, data);
    return suite;
}
