/*
 * score_parts_tests.c - a data set in parts, a scorer each: bit for bit the results of one scorer over the whole,
 * however it is split and merged. (What is done to the bytes that travel: sums_bytes_tests.c.)
 */
#include "support.h"

#include <math.h>
#include <stdlib.h>

#define message(score) dlc_score_message(score)

enum { DIM = 16, PARTS_MAX = 5 };

typedef struct data_set {
    int64_t levels, samples, classes;
    int64_t *labels;
    float *features; /* [levels][samples][DIM] */
} data_set;

/* A scorer over samples first..first + samples - 1 of a data set. */
typedef struct part {
    int64_t first, samples;
    dlc_score *score;
} part;

static data_set golden_set(const char *name) {
    data_set set = {0};
    int64_t count;
    set.labels = golden_array(name, "labels.npy", "<i8", &set.samples);
    set.features = golden_array(name, "features.npy", "<f4", &count);
    set.levels = count / set.samples / DIM;
    for (int64_t i = 0; i < set.samples; i++)
        if (set.labels[i] >= set.classes)
            set.classes = set.labels[i] + 1;
    return set;
}

static void free_set(data_set *set) {
    free(set->labels);
    free(set->features);
}

static dlc_score *scorer(const data_set *set, int64_t first, int64_t samples) {
    dlc_score *score;
    ck_ok(dlc_score_create(NULL, &score), "create");
    ck_ok(dlc_score_set_range(score, first), message(score));
    ck_ok(dlc_score_set_samples(score, samples, set->labels + first, set->classes), message(score));
    ck_ok(dlc_score_set_head(score, DLC_HEAD_CENTROID, DIM), message(score));
    ck_ok(dlc_score_set_levels(score, set->levels), message(score));
    ck_ok(dlc_score_set_keep_curves(score, 1), message(score));
    return score;
}

typedef dlc_status (*give)(dlc_score *, int64_t, const int64_t *, int64_t, const float *, int64_t);

/* Batches by range and by list, both with numbers of the whole data set. */
static void pass(const part *of, give give_batch, const data_set *set, int64_t level) {
    const float *features = set->features + level * set->samples * DIM;
    const int64_t half = of->samples / 2;
    int64_t *numbers = malloc((size_t)of->samples * sizeof *numbers);
    for (int64_t i = half; i < of->samples; i++)
        numbers[i - half] = of->first + i;
    ck_ok(give_batch(of->score, -7, numbers, of->samples - half, features + (of->first + half) * DIM, DIM),
          message(of->score));
    ck_ok(give_batch(of->score, of->first, NULL, half, features + of->first * DIM, DIM), message(of->score));
    free(numbers);
}

static void *exported(dlc_score *score, int64_t *bytes) {
    ck_ok(dlc_score_sums_size(score, bytes), message(score));
    void *sums = malloc((size_t)*bytes);
    ck_ok(dlc_score_export_sums(score, sums, *bytes), message(score));
    return sums;
}

static void score_levels(const part *of, const data_set *set) {
    ck_ok(dlc_score_finish_centroids(of->score), message(of->score));
    for (int64_t level = 0; level < set->levels; level++) {
        ck_ok(dlc_score_begin_level(of->score, level), message(of->score));
        pass(of, dlc_score_observe, set, level);
        ck_ok(dlc_score_end_level(of->score), message(of->score));
    }
}

/* Splits at odd places, differently for every round. */
static void split(const data_set *set, part *parts, int64_t count, int64_t round) {
    int64_t first = 0;
    for (int64_t p = 0; p < count; p++) {
        const int64_t rest = set->samples - first;
        int64_t samples = p == count - 1 ? rest : (set->samples * (p + 1 + round) / (count * (round + 2))) | 1;
        if (samples > rest - (count - 1 - p))
            samples = rest - (count - 1 - p);
        parts[p] = (part){first, samples, scorer(set, first, samples)};
        first += samples;
    }
    ck_assert_int_eq(first, set->samples);
}

/* The total of the parts: chain after chain from another start, or as a tree. */
static void *merged(void **sums, int64_t count, int64_t bytes, int64_t start, int tree) {
    void *work[PARTS_MAX];
    for (int64_t p = 0; p < count; p++) {
        work[p] = malloc((size_t)bytes);
        memcpy(work[p], sums[(start + p) % count], (size_t)bytes);
    }
    if (tree)
        for (int64_t step = 1; step < count; step *= 2)
            for (int64_t p = 0; p + step < count; p += 2 * step)
                ck_assert_int_eq(dlc_score_merge_sums(work[p], work[p + step], bytes), DLC_OK);
    for (int64_t p = 1; !tree && p < count; p++)
        ck_assert_int_eq(dlc_score_merge_sums(work[0], work[p], bytes), DLC_OK);
    for (int64_t p = 1; p < count; p++)
        free(work[p]);
    return work[0];
}

/* The columns of a part in the whole's results. */
static void check_part(const part *of, const part *whole, const data_set *set) {
    float *own = malloc((size_t)(set->levels * of->samples) * sizeof *own);
    float *all = malloc((size_t)(set->levels * set->samples) * sizeof *all);
    ck_ok(dlc_score_get_curves(of->score, own), message(of->score));
    ck_ok(dlc_score_get_curves(whole->score, all), message(whole->score));
    for (int64_t level = 0; level < set->levels; level++)
        ck_assert_mem_eq(own + level * of->samples, all + level * set->samples + of->first,
                         (size_t)of->samples * sizeof *own);
    ck_ok(dlc_score_get_scores(of->score, own), message(of->score));
    ck_ok(dlc_score_get_scores(whole->score, all), message(whole->score));
    ck_assert_mem_eq(own, all + of->first, (size_t)of->samples * sizeof *own);
    int32_t *own_counts = malloc((size_t)of->samples * sizeof *own_counts);
    int32_t *all_counts = malloc((size_t)set->samples * sizeof *all_counts);
    ck_ok(dlc_score_get_correct_counts(of->score, own_counts), message(of->score));
    ck_ok(dlc_score_get_correct_counts(whole->score, all_counts), message(whole->score));
    ck_assert_mem_eq(own_counts, all_counts + of->first, (size_t)of->samples * sizeof *own_counts);
    free(own);
    free(all);
    free(own_counts);
    free(all_counts);
    const size_t values = (size_t)(set->classes * DIM);
    float *centroids = malloc(2 * values * sizeof *centroids);
    ck_ok(dlc_score_get_centroids(of->score, centroids), message(of->score));
    ck_ok(dlc_score_get_centroids(whole->score, centroids + values), message(whole->score));
    ck_assert_mem_eq(centroids, centroids + values, values * sizeof *centroids);
    free(centroids);
}

static int parts_without_some_class(const part *parts, int64_t count, const data_set *set) {
    int without = 0;
    for (int64_t p = 0; p < count; p++)
        for (int64_t c = 0; c < set->classes; c++) {
            int64_t samples = 0;
            for (int64_t i = 0; i < parts[p].samples; i++)
                samples += set->labels[parts[p].first + i] == c;
            without += samples == 0;
        }
    return without;
}

/* Data set a or b, in 1 to 5 parts. */
START_TEST(parts_have_the_bits_of_the_whole) {
    data_set set = golden_set(_i % 2 == 0 ? "a" : "b");
    const int64_t count = _i / 2 + 1;
    part whole = {0, set.samples, scorer(&set, 0, set.samples)};
    pass(&whole, dlc_score_add_features, &set, 0);
    int64_t bytes = 0;
    void *expected = exported(whole.score, &bytes);
    score_levels(&whole, &set);
    int missing = 0;
    for (int64_t round = 0; round < 3; round++) {
        part parts[PARTS_MAX];
        void *sums[PARTS_MAX];
        split(&set, parts, count, round);
        missing += parts_without_some_class(parts, count, &set);
        for (int64_t p = 0; p < count; p++) {
            int64_t own_bytes = 0;
            pass(&parts[p], dlc_score_add_features, &set, 0);
            sums[p] = exported(parts[p].score, &own_bytes);
            ck_assert_int_eq(own_bytes, bytes);
        }
        for (int64_t p = 0; p < count; p++) {
            void *total = merged(sums, count, bytes, p, (int)(p + round) % 2);
            ck_assert_mem_eq(total, expected, (size_t)bytes);
            ck_ok(dlc_score_import_sums(parts[p].score, total, bytes), message(parts[p].score));
            free(total);
            score_levels(&parts[p], &set);
            check_part(&parts[p], &whole, &set);
        }
        for (int64_t p = 0; p < count; p++) {
            free(sums[p]);
            dlc_score_free(parts[p].score);
        }
    }
    if (count > 2)
        ck_assert_int_gt(missing, 0); /* the case is there: class sizes go down to one */
    free(expected);
    dlc_score_free(whole.score);
    free_set(&set);
}
END_TEST

/* Scores of parts, one after the other or in any order with stable ids, select the same samples. */
START_TEST(a_selection_does_not_depend_on_the_parts) {
    data_set set = golden_set("a");
    int64_t count = 0;
    float *scores = golden_array("a", "score.npy", "<f4", &count);
    const int64_t samples = set.samples, turned = 117;
    int64_t *ids = malloc((size_t)samples * sizeof *ids), *labels = malloc((size_t)samples * sizeof *labels);
    float *moved = malloc((size_t)samples * sizeof *moved);
    for (int64_t i = 0; i < samples; i++) {
        ids[i] = (i + turned) % samples;
        labels[i] = set.labels[ids[i]];
        moved[i] = scores[ids[i]];
    }
    dlc_flexrand *one, *other;
    ck_ok(dlc_flexrand_create(NULL, &one), "create");
    ck_ok(dlc_flexrand_create(NULL, &other), "create");
    ck_ok(dlc_flexrand_set_samples(one, samples, set.labels, scores, NULL), dlc_flexrand_message(one));
    ck_ok(dlc_flexrand_set_samples(other, samples, labels, moved, ids), dlc_flexrand_message(other));
    int64_t *picks = malloc(2 * (size_t)samples * sizeof *picks);
    ck_ok(dlc_flexrand_select_count(one, 90), dlc_flexrand_message(one));
    ck_ok(dlc_flexrand_select_count(other, 90), dlc_flexrand_message(other));
    ck_ok(dlc_flexrand_get_selection(one, DLC_ORDER_PICK, picks, NULL), dlc_flexrand_message(one));
    ck_ok(dlc_flexrand_get_selection(other, DLC_ORDER_PICK, picks + samples, NULL), dlc_flexrand_message(other));
    for (int64_t i = 0; i < 90; i++)
        ck_assert_int_eq(picks[i], ids[picks[samples + i]]);
    dlc_flexrand_free(one);
    dlc_flexrand_free(other);
    free(picks);
    free(ids);
    free(labels);
    free(moved);
    free(scores);
    free_set(&set);
}
END_TEST

/* ---- Ranges ---- */

static const int64_t labels[] = {0, 1, 1, 0};
static const float rows[] = {1, 2, 3, 4, 5, 6, 7, 8};

static dlc_score *four_from(int64_t first) {
    dlc_score *score;
    ck_ok(dlc_score_create(NULL, &score), "create");
    ck_ok(dlc_score_set_samples(score, 4, labels, 2), message(score));
    ck_ok(dlc_score_set_head(score, DLC_HEAD_CENTROID, 2), message(score));
    ck_ok(dlc_score_set_levels(score, 1), message(score));
    ck_ok(dlc_score_set_range(score, first), message(score));
    return score;
}

START_TEST(messages_have_numbers_of_the_larger_data_set) {
    const float bad[] = {1, 2, 3, NAN};
    dlc_score *score = four_from(1000);
    ck_fails(dlc_score_set_samples(score, 4, labels, 1), DLC_ERROR_DATA, message(score), "label 1 of sample 1001 is");
    ck_fails(dlc_score_add_features(score, 999, NULL, 1, rows, 2), DLC_ERROR_ARGUMENT, message(score),
             "1 rows from sample 999 on are not within samples 1000 to 1003");
    ck_fails(dlc_score_add_features(score, 0, NULL, 4, rows, 2), DLC_ERROR_ARGUMENT, message(score),
             "4 rows from sample 0 on are not within samples 1000 to 1003");
    ck_fails(dlc_score_add_features(score, 1003, NULL, 2, rows, 2), DLC_ERROR_ARGUMENT, message(score),
             "2 rows from sample 1003 on are not within samples 1000 to 1003");
    ck_fails(dlc_score_add_features(score, 0, (const int64_t[]){1001, 1}, 2, rows, 2), DLC_ERROR_ARGUMENT,
             message(score), "sample 1 of row 1 is not within samples 1000 to 1003");
    ck_fails(dlc_score_add_features(score, 0, (const int64_t[]){INT64_MIN}, 1, rows, 2), DLC_ERROR_ARGUMENT,
             message(score), "sample -9223372036854775808 of row 0 is not within samples 1000 to 1003");
    ck_fails(dlc_score_add_features(score, 0, (const int64_t[]){1002, 1002}, 2, rows, 2), DLC_ERROR_DATA,
             message(score), "the features of sample 1002 come a second time");
    ck_fails(dlc_score_add_features(score, 1002, NULL, 2, bad, 2), DLC_ERROR_DATA, message(score),
             "feature 1 of sample 1003 is NaN");
    ck_ok(dlc_score_add_features(score, 0, (const int64_t[]){1001, 1000}, 2, rows, 2), message(score));
    ck_fails(dlc_score_finish_centroids(score), DLC_ERROR_DATA, message(score),
             "the features of sample 1002 never came (nor 1 others)");
    ck_ok(dlc_score_add_features(score, 1002, NULL, 2, rows, 2), message(score));
    ck_ok(dlc_score_finish_centroids(score), message(score));
    ck_ok(dlc_score_begin_level(score, 0), message(score));
    ck_fails(dlc_score_observe(score, 1002, NULL, 2, bad, 2), DLC_ERROR_DATA, message(score),
             "feature 1 of sample 1003 at level 0 is NaN");
    ck_ok(dlc_score_observe(score, 1001, NULL, 3, rows, 2), message(score));
    ck_fails(dlc_score_observe(score, 1000, NULL, 2, rows, 2), DLC_ERROR_DATA, message(score),
             "sample 1001 is observed a second time at level 0");
    ck_fails(dlc_score_end_level(score), DLC_ERROR_DATA, message(score), "sample 1000 was not observed at level 0");
    dlc_score_free(score);
}
END_TEST

START_TEST(a_range_is_a_setting) {
    dlc_score *score = four_from(1000000000000);
    ck_assert_int_eq(dlc_score_set_range(NULL, 0), DLC_ERROR_ARGUMENT);
    ck_fails(dlc_score_set_range(score, -1), DLC_ERROR_ARGUMENT, message(score), "first -1 is not in 0..1000000000000");
    ck_fails(dlc_score_set_range(score, 1000000000001), DLC_ERROR_ARGUMENT, message(score), "1000000000001");
    ck_ok(dlc_score_add_features(score, 1000000000000, NULL, 4, rows, 2), message(score));
    ck_fails(dlc_score_set_range(score, 0), DLC_ERROR_STATE, message(score), "data came already");
    ck_ok(dlc_score_reset(score), message(score));
    ck_fails(dlc_score_add_features(score, 0, NULL, 4, rows, 2), DLC_ERROR_ARGUMENT, message(score),
             "1000000000000 to 1000000000003");
    ck_ok(dlc_score_set_range(score, 0), message(score));
    ck_ok(dlc_score_add_features(score, 0, NULL, 4, rows, 2), message(score));
    dlc_score_free(score);
}
END_TEST

/* ---- Memory ---- */

enum { BYTES = 48 + 2 * (8 + 44 * 2) };

START_TEST(the_estimate_holds_with_imported_sums) {
    const int64_t classes = _i == 0 ? 20000 : 500, width = _i == 0 ? 1 : 64, samples = 2 * classes;
    counting_allocator state = {0, 0};
    dlc_allocator *allocator = counting_allocator_start(&state);
    dlc_score *score;
    int64_t *all = malloc((size_t)samples * sizeof *all);
    float *features = calloc((size_t)(samples * width), sizeof *features);
    for (int64_t i = 0; i < samples; i++)
        all[i] = i % classes;
    ck_ok(dlc_score_create(allocator, &score), "create");
    dlc_allocator_free(allocator);
    ck_ok(dlc_score_set_samples(score, samples, all, classes), message(score));
    ck_ok(dlc_score_set_head(score, DLC_HEAD_CENTROID, width), message(score));
    ck_ok(dlc_score_set_levels(score, 1), message(score));
    int64_t estimate = 0, bytes = 0;
    ck_ok(dlc_score_memory_estimate(score, &estimate), message(score));
    ck_ok(dlc_score_add_features(score, 0, NULL, samples, features, width), message(score));
    void *sums = exported(score, &bytes);
    ck_ok(dlc_score_import_sums(score, sums, bytes), message(score));
    ck_ok(dlc_score_finish_centroids(score), message(score));
    ck_assert_msg(state.peak <= estimate && (double)estimate <= 1.1 * (double)state.peak, "estimate %lld, peak %lld",
                  (long long)estimate, (long long)state.peak);
    free(sums);
    free(all);
    free(features);
    dlc_score_free(score);
    ck_assert_int_eq(state.held, 0);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("score_parts");
    TCase *parts = tcase_create("parts");
    tcase_set_timeout(parts, 120);
    tcase_add_loop_test(parts, parts_have_the_bits_of_the_whole, 0, 2 * PARTS_MAX);
    tcase_add_test(parts, a_selection_does_not_depend_on_the_parts);
    suite_add_tcase(suite, parts);
    TCase *ranges = tcase_create("ranges");
    tcase_add_test(ranges, messages_have_numbers_of_the_larger_data_set);
    tcase_add_test(ranges, a_range_is_a_setting);
    suite_add_tcase(suite, ranges);
    TCase *memory = tcase_create("memory");
    tcase_set_timeout(memory, 60);
    tcase_add_loop_test(memory, the_estimate_holds_with_imported_sums, 0, 2);
    suite_add_tcase(suite, memory);
    return suite;
}
