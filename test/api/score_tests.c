/*
 * score_tests.c - centroids, curves and scores against golden data and a plain twin in long double; the same bits for
 * any batches, order, stride and number of threads.
 */
#include "support.h"

#include <math.h>
#include <stdlib.h>

/* ---- A data set, and one way to run it ---- */

typedef struct data_set {
    int64_t levels, samples, classes, width;
    int32_t head, observation;
    int64_t *labels;
    float *values; /* [levels][samples][width]; level 0 has the unmasked features */
} data_set;

/* How the data come. */
typedef struct way {
    int64_t batch;
    int shuffled;
    int64_t gap; /* floats between rows */
    int32_t threads;
} way;

typedef struct results {
    float *centroids, *curves, *scores;
} results;

static void free_results(results *r) {
    free(r->centroids);
    free(r->curves);
    free(r->scores);
}

static void free_data(data_set *set) {
    free(set->labels);
    free(set->values);
}

static int64_t *order_of(const data_set *set, int shuffled) {
    int64_t *order = malloc((size_t)set->samples * sizeof *order);
    for (int64_t i = 0; i < set->samples; i++)
        order[i] = i;
    uint64_t seed = 3;
    for (int64_t i = set->samples - 1; shuffled && i > 0; i--) {
        const int64_t j = (int64_t)(test_uniform(&seed) * (double)(i + 1));
        const int64_t kept = order[i];
        order[i] = order[j];
        order[j] = kept;
    }
    return order;
}

typedef dlc_status (*give)(dlc_score *, int64_t, const int64_t *, int64_t, const float *, int64_t);

/* One pass over all samples of a level. What lies between the rows is NaN: nobody may look at it. */
static void pass(dlc_score *score, give give_batch, const data_set *set, int64_t level, way how) {
    const int64_t stride = set->width + how.gap;
    int64_t *order = order_of(set, how.shuffled);
    float *batch = malloc((size_t)(how.batch * stride) * sizeof *batch);
    for (int64_t first = 0; first < set->samples; first += how.batch) {
        const int64_t rows = how.batch < set->samples - first ? how.batch : set->samples - first;
        for (int64_t i = 0; i < how.batch * stride; i++)
            batch[i] = NAN;
        for (int64_t r = 0; r < rows; r++)
            memcpy(batch + r * stride, set->values + (level * set->samples + order[first + r]) * set->width,
                   (size_t)set->width * sizeof *batch);
        ck_ok(give_batch(score, first, how.shuffled ? order + first : NULL, rows, batch, stride),
              dlc_score_message(score));
    }
    free(batch);
    free(order);
}

static dlc_score *scorer(const data_set *set, int32_t threads) {
    dlc_score *score;
    ck_ok(dlc_score_create(NULL, &score), "create");
    ck_ok(dlc_score_set_samples(score, set->samples, set->labels, set->classes), dlc_score_message(score));
    ck_ok(dlc_score_set_head(score, set->head, set->width), dlc_score_message(score));
    ck_ok(dlc_score_set_observation(score, set->observation), dlc_score_message(score));
    ck_ok(dlc_score_set_levels(score, set->levels), dlc_score_message(score));
    ck_ok(dlc_score_set_keep_curves(score, 1), dlc_score_message(score));
    ck_ok(dlc_score_set_threads(score, threads), dlc_score_message(score));
    return score;
}

static void run(dlc_score *score, const data_set *set, way how) {
    if (set->head == DLC_HEAD_CENTROID) {
        ck_assert_int_eq(dlc_score_has_centroids(score), 0);
        pass(score, dlc_score_add_features, set, 0, how);
        ck_ok(dlc_score_finish_centroids(score), dlc_score_message(score));
    }
    ck_assert_int_eq(dlc_score_has_centroids(score), 1);
    for (int64_t level = 0; level < set->levels; level++) {
        ck_ok(dlc_score_begin_level(score, level), dlc_score_message(score));
        pass(score, dlc_score_observe, set, level, how);
        ck_ok(dlc_score_end_level(score), dlc_score_message(score));
    }
}

static results read_results(dlc_score *score, const data_set *set) {
    results r = {
        .centroids = calloc((size_t)(set->classes * set->width + 1), sizeof(float)),
        .curves = malloc((size_t)(set->levels * set->samples) * sizeof(float)),
        .scores = malloc((size_t)set->samples * sizeof(float)),
    };
    if (set->head == DLC_HEAD_CENTROID)
        ck_ok(dlc_score_get_centroids(score, r.centroids), dlc_score_message(score));
    ck_ok(dlc_score_get_curves(score, r.curves), dlc_score_message(score));
    ck_ok(dlc_score_get_scores(score, r.scores), dlc_score_message(score));
    return r;
}

static results results_of(const data_set *set, way how) {
    dlc_score *score = scorer(set, how.threads);
    run(score, set, how);
    const results r = read_results(score, set);
    dlc_score_free(score);
    return r;
}

static void check_same(const data_set *set, const results *a, const results *b) {
    ck_assert(memcmp(a->centroids, b->centroids, (size_t)(set->classes * set->width) * sizeof(float)) == 0);
    ck_assert(memcmp(a->curves, b->curves, (size_t)(set->levels * set->samples) * sizeof(float)) == 0);
    ck_assert(memcmp(a->scores, b->scores, (size_t)set->samples * sizeof(float)) == 0);
}

/* ---- Golden data ---- */

static const char *const golden_names[] = {"a", "b"};

static data_set golden_set(const char *name, int32_t observation) {
    data_set set = {.width = 16, .head = DLC_HEAD_CENTROID, .observation = observation};
    int64_t count;
    set.labels = golden_array(name, "labels.npy", "<i8", &set.samples);
    set.values = golden_array(name, "features.npy", "<f4", &count);
    set.levels = count / set.samples / set.width;
    for (int64_t i = 0; i < set.samples; i++)
        if (set.labels[i] >= set.classes)
            set.classes = set.labels[i] + 1;
    return set;
}

static const way at_once = {.batch = 10000, .threads = 1};

START_TEST(golden_losses) {
    data_set set = golden_set(golden_names[_i], DLC_OBSERVE_LOSS);
    results r = results_of(&set, at_once);
    int64_t count;
    float *curves = golden_array(golden_names[_i], "loss_curves.npy", "<f4", &count);
    ck_assert_int_eq(count, set.levels * set.samples);
    for (int64_t i = 0; i < count; i++)
        ck_assert_msg(fabs((double)r.curves[i] - (double)curves[i]) <= 2e-6, "curve %lld: %.9g, not %.9g", (long long)i,
                      (double)r.curves[i], (double)curves[i]);
    float *scores = golden_array(golden_names[_i], "score.npy", "<f4", &count);
    ck_assert_int_eq(count, set.samples);
    for (int64_t i = 0; i < count; i++)
        ck_assert_msg(fabs((double)r.scores[i] - (double)scores[i]) <= 1e-6, "score %lld: %.9g, not %.9g", (long long)i,
                      (double)r.scores[i], (double)scores[i]);
    free(curves);
    free(scores);
    free_results(&r);
    free_data(&set);
}
END_TEST

START_TEST(golden_correctness) {
    data_set set = golden_set(golden_names[_i], DLC_OBSERVE_CORRECT);
    results r = results_of(&set, at_once);
    int64_t count;
    uint8_t *correct = golden_array(golden_names[_i], "correct_curves.npy", "|u1", &count);
    ck_assert_int_eq(count, set.levels * set.samples);
    for (int64_t i = 0; i < count; i++)
        ck_assert(r.curves[i] == (float)correct[i]);
    free(correct);
    free_results(&r);
    free_data(&set);
}
END_TEST

/* Means of float32 in long double: within half an ulp, and what long double may be off. */
START_TEST(golden_centroids) {
    data_set set = golden_set(golden_names[_i], DLC_OBSERVE_LOSS);
    results r = results_of(&set, at_once);
    int64_t count;
    float *golden = golden_array(golden_names[_i], "centroids.npy", "<f4", &count);
    ck_assert_int_eq(count, set.classes * set.width);
    for (int64_t c = 0; c < set.classes; c++)
        for (int64_t f = 0; f < set.width; f++) {
            long double sum = 0;
            int64_t n = 0;
            for (int64_t i = 0; i < set.samples; i++)
                if (set.labels[i] == c) {
                    sum += (long double)set.values[i * set.width + f];
                    n++;
                }
            const long double mean = sum / (long double)n;
            const float own = r.centroids[c * set.width + f];
            const long double ulp = (long double)nextafterf(fabsf(own), INFINITY) - (long double)fabsf(own);
            ck_assert(fabsl((long double)own - mean) <= ulp * 0.5001L);
            ck_assert(fabsf(own - golden[c * set.width + f]) <= 1e-6F * (1 + fabsf(own)));
        }
    free(golden);
    free_results(&r);
    free_data(&set);
}
END_TEST

/* ---- The same bits, however the data come ---- */

/* Large enough that a call with several threads starts them. */
static data_set random_set(int32_t head, int32_t observation) {
    const int64_t samples = getenv("DLC_TEST_SHORT") ? 307 : 6007;
    data_set set = {.levels = 3, .samples = samples, .classes = 30, .head = head, .observation = observation};
    set.width = head == DLC_HEAD_CENTROID ? 203 : head == DLC_HEAD_LOGITS ? set.classes : 1;
    set.labels = malloc((size_t)set.samples * sizeof *set.labels);
    const int64_t count = set.levels * set.samples * set.width;
    set.values = malloc((size_t)count * sizeof *set.values);
    uint64_t seed = 11;
    for (int64_t i = 0; i < set.samples; i++)
        set.labels[i] = i < set.classes ? i : (int64_t)(test_uniform(&seed) * (double)set.classes);
    for (int64_t i = 0; i < count; i++)
        set.values[i] = (float)((test_uniform(&seed) - 0.5) * ldexp(1, (int)(test_uniform(&seed) * 6)));
    return set;
}

static const int32_t heads[][2] = {
    {DLC_HEAD_CENTROID, DLC_OBSERVE_LOSS},       {DLC_HEAD_CENTROID, DLC_OBSERVE_CORRECT},
    {DLC_HEAD_CENTROID, DLC_OBSERVE_CONFIDENCE}, {DLC_HEAD_CENTROID, DLC_OBSERVE_MARGIN},
    {DLC_HEAD_LOGITS, DLC_OBSERVE_LOSS},         {DLC_HEAD_LOGITS, DLC_OBSERVE_CORRECT},
    {DLC_HEAD_LOGITS, DLC_OBSERVE_CONFIDENCE},   {DLC_HEAD_LOGITS, DLC_OBSERVE_MARGIN},
    {DLC_HEAD_LOSS, DLC_OBSERVE_LOSS},
};
enum { HEADS = sizeof heads / sizeof heads[0] };

/* GUARANTEE G2 of the design: the same input gives the same scores for any thread count and batch size. */
START_TEST(same_bits_for_any_batches_order_stride_threads) {
    const way ways[] = {
        {1, 0, 0, 1}, {7, 1, 5, 1}, {64, 0, 1, 2}, {64, 1, 0, 4}, {6007, 0, 3, 8}, {6007, 1, 0, 2}, {9000, 0, 0, 0},
    };
    data_set set = random_set(heads[_i][0], heads[_i][1]);
    results first = results_of(&set, (way){.batch = 6007, .threads = 1});
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        results other = results_of(&set, ways[i]);
        check_same(&set, &first, &other);
        free_results(&other);
    }
    free_results(&first);
    free_data(&set);
}
END_TEST

START_TEST(reset_starts_anew) {
    data_set set = random_set(heads[_i][0], heads[_i][1]);
    dlc_score *score = scorer(&set, 2);
    run(score, &set, at_once);
    results first = read_results(score, &set);
    /* In the middle of a pass, and with other features. */
    ck_ok(dlc_score_reset(score), dlc_score_message(score));
    if (set.head == DLC_HEAD_CENTROID)
        ck_ok(dlc_score_add_features(score, 5, NULL, 9, set.values, set.width), dlc_score_message(score));
    ck_ok(dlc_score_reset(score), dlc_score_message(score));
    run(score, &set, at_once);
    results second = read_results(score, &set);
    check_same(&set, &first, &second);
    /* Settings may change now. */
    ck_ok(dlc_score_reset(score), dlc_score_message(score));
    ck_ok(dlc_score_set_levels(score, 1), dlc_score_message(score));
    set.levels = 1;
    run(score, &set, at_once);
    free_results(&first);
    free_results(&second);
    first = read_results(score, &set);
    free_results(&first);
    dlc_score_free(score);
    free_data(&set);
}
END_TEST

/* ---- The twin ---- */

/* The formulas of dlc/score.h in long double, by the plain definitions. */
static long double twin(const data_set *set, const float *row, const float *centroids, int64_t label) {
    if (set->head == DLC_HEAD_LOSS)
        return (long double)row[0];
    long double logits[64] = {0};
    long double top = -INFINITY;
    for (int64_t c = 0; c < set->classes; c++) {
        long double squared = 0;
        for (int64_t f = 0; f < set->width; f++) {
            const long double difference = (long double)row[f] - (long double)centroids[c * set->width + f];
            squared += difference * difference;
        }
        logits[c] = set->head == DLC_HEAD_LOGITS ? (long double)row[c] : 1 / sqrtl(fmaxl(squared, 1e-12L));
        top = fmaxl(top, logits[c]);
    }
    long double sum = 0;
    for (int64_t c = 0; c < set->classes; c++)
        sum += expl(logits[c] - top);
    const long double confidence = expl(logits[label] - top) / sum;
    int64_t nearest = 0;
    long double rival = 0;
    for (int64_t c = 0; c < set->classes; c++) {
        if (logits[c] > logits[nearest])
            nearest = c;
        if (c != label)
            rival = fmaxl(rival, expl(logits[c] - top) / sum);
    }
    switch (set->observation) {
    case DLC_OBSERVE_LOSS:
        return (top - logits[label]) + logl(sum);
    case DLC_OBSERVE_CORRECT:
        return nearest == label;
    case DLC_OBSERVE_CONFIDENCE:
        return confidence;
    default:
        return confidence - rival;
    }
}

static void check_against_twin(const data_set *set, const results *r) {
    for (int64_t i = 0; i < set->samples; i++) {
        long double total = 0;
        for (int64_t level = 0; level < set->levels; level++) {
            const int64_t at = level * set->samples + i;
            const long double expected = twin(set, set->values + at * set->width, r->centroids, set->labels[i]);
            const float own = r->curves[at];
            ck_assert_msg(fabsl((long double)own - expected) <= 6e-8L * (fabsl(expected) + 1e-9L),
                          "sample %lld, level %lld: %.9g, not %.12Lg", (long long)i, (long long)level, (double)own,
                          expected);
            total += (long double)own;
        }
        long double score = total / (long double)set->levels;
        if (set->observation == DLC_OBSERVE_CORRECT || set->observation == DLC_OBSERVE_CONFIDENCE)
            score = 1 - score;
        if (set->observation == DLC_OBSERVE_MARGIN)
            score = -score;
        ck_assert(fabsl((long double)r->scores[i] - score) <= 6e-8L * fabsl(score) + 1e-15L);
    }
}

START_TEST(observations_against_the_twin) {
    data_set set = random_set(heads[_i][0], heads[_i][1]);
    results r = results_of(&set, at_once);
    check_against_twin(&set, &r);
    free_results(&r);
    free_data(&set);
}
END_TEST

/* ---- Small cases worked out by hand ---- */

/* Observes one sample of one level of head logits. */
static float observe_logits(int32_t observation, int64_t classes, const float *logits, int64_t label) {
    dlc_score *score;
    float curve;
    ck_ok(dlc_score_create(NULL, &score), "create");
    ck_ok(dlc_score_set_samples(score, 1, &label, classes), dlc_score_message(score));
    ck_ok(dlc_score_set_head(score, DLC_HEAD_LOGITS, classes), dlc_score_message(score));
    ck_ok(dlc_score_set_observation(score, observation), dlc_score_message(score));
    ck_ok(dlc_score_set_levels(score, 1), dlc_score_message(score));
    ck_ok(dlc_score_set_keep_curves(score, 1), dlc_score_message(score));
    ck_ok(dlc_score_begin_level(score, 0), dlc_score_message(score));
    ck_ok(dlc_score_observe(score, 0, NULL, 1, logits, 0), dlc_score_message(score));
    ck_ok(dlc_score_end_level(score), dlc_score_message(score));
    ck_fails(dlc_score_get_curves(score, NULL), DLC_ERROR_ARGUMENT, dlc_score_message(score), "curves is NULL");
    ck_ok(dlc_score_get_curves(score, &curve), dlc_score_message(score));
    dlc_score_free(score);
    return curve;
}

START_TEST(logits_at_the_edges) {
    const float tie[] = {2, 5, 5};
    ck_assert(observe_logits(DLC_OBSERVE_CORRECT, 3, tie, 1) == 1);
    ck_assert(observe_logits(DLC_OBSERVE_CORRECT, 3, tie, 2) == 0);
    ck_assert(observe_logits(DLC_OBSERVE_MARGIN, 3, tie, 2) == 0);
    const float one[] = {-7};
    ck_assert(observe_logits(DLC_OBSERVE_LOSS, 1, one, 0) == 0);
    ck_assert(observe_logits(DLC_OBSERVE_CORRECT, 1, one, 0) == 1);
    ck_assert(observe_logits(DLC_OBSERVE_CONFIDENCE, 1, one, 0) == 1);
    ck_assert(observe_logits(DLC_OBSERVE_MARGIN, 1, one, 0) == 1);
    /* Far apart: nothing overflows on the way, and a loss beyond float32 is its largest value. */
    const float far[] = {3e38F, -3e38F};
    ck_assert(observe_logits(DLC_OBSERVE_LOSS, 2, far, 0) == 0);
    ck_assert(observe_logits(DLC_OBSERVE_LOSS, 2, far, 1) == 0x1.fffffep127F);
    ck_assert(observe_logits(DLC_OBSERVE_CONFIDENCE, 2, far, 0) == 1);
    ck_assert(observe_logits(DLC_OBSERVE_MARGIN, 2, far, 1) == -1);
    /* A loss far below 1's rounding is still told from 0: exp(-60). */
    const float sure[] = {60, 0};
    ck_assert(fabs(observe_logits(DLC_OBSERVE_LOSS, 2, sure, 0) / 8.756510762696520e-27 - 1) < 1e-6);
}
END_TEST

/* A sample on its centroid, a class of one: distance 0 counts as 1e-6, logit 1e6. */
START_TEST(distances_at_the_edges) {
    int64_t labels[] = {0, 1, 2, 2};
    float values[] = {0, 0, 3, 4, 3e30F, 0, -3e30F, 0};
    data_set set = {1, 4, 3, 2, DLC_HEAD_CENTROID, DLC_OBSERVE_LOSS, labels, values};
    dlc_score *score = scorer(&set, 1);
    run(score, &set, at_once);
    results r = read_results(score, &set);
    const float centroids[] = {0, 0, 3, 4, 0, 0};
    ck_assert(memcmp(r.centroids, centroids, sizeof centroids) == 0);
    /* Class 2's mean is class 0's only sample: a tie at logit 1e6, then 1/5 with exp(-1e6) = 0. */
    ck_assert(fabs((double)r.curves[0] - log(2)) < 1e-7);
    ck_assert(r.curves[1] == 0);
    ck_assert(fabs((double)r.curves[2] - log(3)) < 1e-7);
    free_results(&r);
    dlc_score_free(score);
}
END_TEST

START_TEST(own_centroids) {
    data_set set = random_set(DLC_HEAD_CENTROID, DLC_OBSERVE_LOSS);
    results first = results_of(&set, at_once);
    dlc_score *score = scorer(&set, 1);
    ck_ok(dlc_score_set_centroids(score, first.centroids), dlc_score_message(score));
    for (int64_t level = set.levels - 1; level >= 0; level--) {
        ck_ok(dlc_score_begin_level(score, level), dlc_score_message(score));
        pass(score, dlc_score_observe, &set, level, at_once);
        ck_ok(dlc_score_end_level(score), dlc_score_message(score));
    }
    results second = read_results(score, &set);
    ck_assert(memcmp(first.centroids, second.centroids, (size_t)(set.classes * set.width) * sizeof(float)) == 0);
    ck_assert(memcmp(first.curves, second.curves, (size_t)(set.levels * set.samples) * sizeof(float)) == 0);
    dlc_score_free(score);
    free_results(&first);
    free_results(&second);
    free_data(&set);
}
END_TEST

/* Curves that were written to a file and scored again as losses give the same scores, bit for bit. */
START_TEST(curves_scored_as_losses) {
    data_set set = random_set(DLC_HEAD_CENTROID, DLC_OBSERVE_LOSS);
    results first = results_of(&set, at_once);
    data_set losses = set;
    losses.head = DLC_HEAD_LOSS;
    losses.width = 1;
    losses.labels = NULL;
    losses.classes = 0;
    losses.values = first.curves;
    results second = results_of(&losses, at_once);
    ck_assert(memcmp(first.scores, second.scores, (size_t)set.samples * sizeof(float)) == 0);
    free_results(&first);
    free_results(&second);
    free_data(&set);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("score");
    TCase *golden = tcase_create("golden");
    tcase_set_timeout(golden, 60);
    tcase_add_loop_test(golden, golden_losses, 0, 2);
    tcase_add_loop_test(golden, golden_correctness, 0, 2);
    tcase_add_loop_test(golden, golden_centroids, 0, 2);
    suite_add_tcase(suite, golden);
    TCase *bits = tcase_create("bits");
    tcase_set_timeout(bits, 60);
    tcase_add_loop_test(bits, same_bits_for_any_batches_order_stride_threads, 0, HEADS);
    tcase_add_loop_test(bits, reset_starts_anew, 0, HEADS);
    tcase_add_test(bits, curves_scored_as_losses);
    suite_add_tcase(suite, bits);
    TCase *values = tcase_create("values");
    tcase_set_timeout(values, 60);
    tcase_add_loop_test(values, observations_against_the_twin, 0, HEADS);
    tcase_add_test(values, logits_at_the_edges);
    tcase_add_test(values, distances_at_the_edges);
    tcase_add_test(values, own_centroids);
    suite_add_tcase(suite, values);
    return suite;
}
