/*
 * auto_tests.c - automatic levels of a run: which levels are visited, when it stops and with what scores, against a
 * twin that follows the definition word by word; and what must hold of any run (G1) in this mode too.
 */
#include "correlation_twin.h"
#include "golden_run.h"

#include <math.h>
#include <stdlib.h>

#define message(run) dlc_run_message(run)

enum { LEVELS_MAX = 70, ROUNDS_MAX = 10 };

/* ---- The twin ---- */

typedef struct settled {
    int rounds;
    int64_t visited[ROUNDS_MAX];
    double spearman[ROUNDS_MAX];
    int was_visited[LEVELS_MAX];
    float *scores;
} settled;

/* The trapezoid rule over the visited levels; the mean where all are. */
static float twin_score(const settled *twin, const float *curves, int64_t samples, int64_t levels, int64_t sample) {
    double area = 0, span = 0, sum = 0, height = 0;
    int64_t before = -1, count = 0;
    for (int64_t level = 0; level < levels; level++) {
        if (!twin->was_visited[level])
            continue;
        const double here = (double)curves[level * samples + sample];
        if (before >= 0) {
            area += (double)(level - before) * (height + here) / 2;
            span += (double)(level - before);
        }
        before = level;
        height = here;
        sum += here;
        count++;
    }
    return (float)(count == levels || count == 1 ? sum / (double)count : area / span);
}

/* What automatic levels come to, from the curves of all levels. The caller frees the scores. */
static settled twin_of(const float *curves, const int64_t *labels, int64_t samples, int64_t levels, double threshold) {
    settled twin = {0};
    float *before = calloc((size_t)samples, sizeof *before);
    twin.scores = calloc((size_t)samples, sizeof *twin.scores);
    int64_t visited = 0;
    for (int done = 0; !done; twin.rounds++) {
        int next[LEVELS_MAX] = {0};
        if (twin.rounds == 0)
            next[0] = next[levels - 1] = 1;
        for (int64_t low = 0, high; low < levels - 1 && twin.rounds > 0; low = high) {
            for (high = low + 1; !twin.was_visited[high]; high++)
                ;
            if (high - low > 1)
                next[(low + high) / 2] = 1;
        }
        for (int64_t level = 0; level < levels; level++) {
            visited += next[level];
            twin.was_visited[level] |= next[level];
        }
        memcpy(before, twin.scores, (size_t)samples * sizeof *before);
        for (int64_t i = 0; i < samples; i++)
            twin.scores[i] = twin_score(&twin, curves, samples, levels, i);
        const double spearman = twin.rounds > 0 ? correlation_twin(twin.scores, before, labels, samples) : NAN;
        ck_assert_int_lt(twin.rounds, ROUNDS_MAX);
        twin.visited[twin.rounds] = visited;
        twin.spearman[twin.rounds] = spearman;
        done = visited == levels || spearman >= threshold;
    }
    free(before);
    return twin;
}

static void assert_is_the_twins(dlc_run *run, dlc_score *score, const settled *twin, int64_t samples, int64_t levels) {
    ck_assert_int_eq(dlc_run_round_count(run), twin->rounds);
    for (int round = 0; round < twin->rounds; round++) {
        int64_t visited = 0;
        double spearman = 0;
        ck_ok(dlc_run_get_round(run, round, &visited, &spearman), message(run));
        ck_assert_int_eq(visited, twin->visited[round]);
        ck_assert(isnan(spearman) ? isnan(twin->spearman[round]) : fabs(spearman - twin->spearman[round]) < 1e-12);
    }
    int64_t visited[LEVELS_MAX], count = 0;
    ck_assert_int_eq(dlc_score_visited_count(score), twin->visited[twin->rounds - 1]);
    ck_ok(dlc_score_get_visited(score, visited), dlc_score_message(score));
    for (int64_t level = 0; level < levels; level++)
        if (twin->was_visited[level])
            ck_assert_int_eq(visited[count++], level);
    ck_assert_int_eq(count, dlc_score_visited_count(score));
    float *scores = calloc((size_t)samples, sizeof *scores);
    ck_ok(dlc_score_get_scores(score, scores), dlc_score_message(score));
    ck_assert_mem_eq(scores, twin->scores, (size_t)samples * sizeof *scores);
    free(scores);
}

/* ---- A model whose losses are a table ---- */

typedef struct table_run {
    int64_t samples, levels;
    float *losses; /* [levels][samples] */
    float weights[LEVELS_MAX * 3];
    dlc_mask *mask;
    dlc_score *score;
    dlc_run *run;
    int64_t order[LEVELS_MAX]; /* levels in the order asked for */
    int64_t asked;
    int64_t passes_reported; /* the last bound */
} table_run;

static void look_up(void *user, int64_t level, int64_t first, int64_t rows, float *out, int64_t *rows_written) {
    table_run *t = user;
    ck_assert(level >= 0 && level < t->levels);
    if (first == 0)
        t->order[t->asked++] = level;
    ck_assert_int_eq(t->order[t->asked - 1], level);
    ck_assert_int_eq(dlc_mask_current_level(t->mask), level);
    memcpy(out, t->losses + level * t->samples + first, (size_t)rows * sizeof *out);
    *rows_written = rows;
}

static void watch(void *user, int64_t pass, int64_t passes, int64_t samples_done, int64_t samples, int32_t *go_on) {
    table_run *t = user;
    ck_assert(pass == t->asked - 1 && passes == t->levels && samples_done <= samples);
    t->passes_reported = passes;
    *go_on = 1;
}

/* Losses that wander from level to level: multiples of 1/64 (so that sums are exact, and some tie). */
static table_run *table_create(int64_t samples, int64_t levels, const int64_t *labels, int64_t classes,
                               double restless) {
    table_run *t = calloc(1, sizeof *t);
    ck_assert_ptr_nonnull(t);
    t->samples = samples;
    t->levels = levels;
    t->losses = calloc((size_t)(samples * levels), sizeof *t->losses);
    uint64_t seed = (uint64_t)(samples + levels);
    for (int64_t i = 0; i < samples; i++) {
        double loss = 4 * test_uniform(&seed), slope = test_uniform(&seed) / (double)levels;
        for (int64_t level = 0; level < levels; level++) {
            t->losses[level * samples + i] = (float)(floor(64 * loss) / 64);
            loss += slope + restless * (test_uniform(&seed) - 0.5);
        }
    }
    for (int64_t i = 0; i < LEVELS_MAX * 3; i++)
        t->weights[i] = (float)(i + 1);
    ck_ok(dlc_mask_create(NULL, &t->mask), "mask");
    ck_ok(dlc_mask_add_tensor(t->mask, "w", DLC_DTYPE_F32, t->weights, LEVELS_MAX * 3, 1), dlc_mask_message(t->mask));
    ck_ok(dlc_mask_set_linear(t->mask, 0, 0.9, levels), dlc_mask_message(t->mask));
    ck_ok(dlc_score_create(NULL, &t->score), "score");
    ck_ok(dlc_score_set_samples(t->score, samples, labels, classes), dlc_score_message(t->score));
    ck_ok(dlc_score_set_head(t->score, DLC_HEAD_LOSS, 1), dlc_score_message(t->score));
    ck_ok(dlc_score_set_keep_curves(t->score, 1), dlc_score_message(t->score));
    ck_ok(dlc_run_create(NULL, &t->run), "run");
    ck_ok(dlc_run_set_mask(t->run, t->mask), message(t->run));
    ck_ok(dlc_run_set_score(t->run, t->score), message(t->run));
    ck_ok(dlc_run_set_forward(t->run, look_up, t), message(t->run));
    ck_ok(dlc_run_set_progress(t->run, watch, t), message(t->run));
    return t;
}

static void table_free(table_run *t) {
    dlc_run_free(t->run);
    dlc_score_free(t->score);
    dlc_mask_free(t->mask);
    free(t->losses);
    free(t);
}

static void table_execute(table_run *t, double threshold) {
    t->asked = 0;
    ck_ok(dlc_run_set_auto(t->run, threshold), message(t->run));
    ck_ok(dlc_run_execute(t->run), message(t->run));
}

/* ---- Which levels, and when ---- */

START_TEST(fifty_levels_come_in_this_order) {
    static const int64_t order[] = {
        0,  49,                                                             /* 2 */
        24,                                                                 /* 3 */
        12, 36,                                                             /* 5 */
        6,  18, 30, 42,                                                     /* 9 */
        3,  9,  15, 21, 27, 33, 39, 45,                                     /* 17 */
        1,  4,  7,  10, 13, 16, 19, 22, 25, 28, 31, 34, 37, 40, 43, 47,     /* 33 */
        2,  5,  8,  11, 14, 17, 20, 23, 26, 29, 32, 35, 38, 41, 44, 46, 48, /* 50 */
    };
    static const int64_t visited[] = {2, 3, 5, 9, 17, 33, 50};
    table_run *t = table_create(200, 50, NULL, 0, 0.5);
    table_execute(t, 1);
    ck_assert_int_eq(t->asked, 50);
    ck_assert_mem_eq(t->order, order, sizeof order);
    ck_assert_int_eq(dlc_run_round_count(t->run), 7);
    for (int64_t round = 0; round < 7; round++) {
        int64_t count = 0;
        ck_ok(dlc_run_get_round(t->run, round, &count, NULL), message(t->run));
        ck_assert_int_eq(count, visited[round]);
    }
    /* Every level was visited: the run without automatic levels has the same bits. */
    float scores[200], all[200];
    ck_ok(dlc_score_get_scores(t->score, scores), dlc_score_message(t->score));
    table_execute(t, 0);
    ck_ok(dlc_score_get_scores(t->score, all), dlc_score_message(t->score));
    ck_assert_mem_eq(scores, all, sizeof all);
    for (int64_t level = 0; level < 50; level++)
        ck_assert_int_eq(t->order[level], level);
    ck_assert_int_eq(dlc_run_round_count(t->run), 0);
    table_free(t);
}
END_TEST

START_TEST(it_stops_where_the_twin_stops) {
    static const int64_t levels[] = {1, 2, 3, 4, 5, 8, 17, 50, 64, 65};
    static const double restless[] = {0, 0.05, 0.3, 2};
    static const double thresholds[] = {0.5, 0.9, 0.99, 0.999, 1};
    int64_t labels[240];
    for (int64_t i = 0; i < 240; i++) /* the last classes have one sample */
        labels[i] = i < 230 ? i % 5 * (i % 3) : i;
    const int with_labels = _i % 2;
    int stopped_early = 0;
    for (size_t r = 0; r < sizeof restless / sizeof restless[0]; r++) {
        table_run *t =
            table_create(240, levels[_i / 2], with_labels ? labels : NULL, with_labels ? 240 : 0, restless[r]);
        for (size_t i = 0; i < sizeof thresholds / sizeof thresholds[0]; i++) {
            table_execute(t, thresholds[i]);
            settled twin = twin_of(t->losses, with_labels ? labels : NULL, t->samples, t->levels, thresholds[i]);
            assert_is_the_twins(t->run, t->score, &twin, t->samples, t->levels);
            ck_assert_int_eq(t->asked, twin.visited[twin.rounds - 1]);
            ck_assert_int_eq(t->passes_reported, t->levels);
            stopped_early += t->asked < t->levels;
            free(twin.scores);
        }
        table_free(t);
    }
    ck_assert_int_eq(stopped_early > 0, levels[_i / 2] > 3);
}
END_TEST

/* Where no correlation can be had every level is visited, and the scores are the plain means. */
START_TEST(no_correlation_means_every_level) {
    int64_t labels[30];
    for (int64_t i = 0; i < 30; i++)
        labels[i] = _i == 0 ? i : 0;
    table_run *t = table_create(30, 20, labels, 30, 0.1);
    for (int64_t i = 0; _i == 1 && i < 30 * 20; i++)
        t->losses[i] = 2;
    table_execute(t, 0.1);
    ck_assert_int_eq(t->asked, 20);
    ck_assert_int_eq(dlc_run_round_count(t->run), 6);
    for (int64_t round = 0; round < 6; round++) {
        double spearman = 0;
        ck_ok(dlc_run_get_round(t->run, round, NULL, &spearman), message(t->run));
        ck_assert(isnan(spearman));
    }
    table_free(t);
}
END_TEST

/* ---- The golden run ---- */

static model *golden_of(int which, failing_allocator *state) {
    dlc_allocator *allocator = failing_allocator_start(state);
    model *m = model_create(which == 0 ? "a" : "b", allocator);
    dlc_allocator_free(allocator);
    if (which == 1)
        ck_ok(dlc_mask_set_geometric(m->mask, 0.1, 20), dlc_mask_message(m->mask));
    return m;
}

static float *curves_of(model *m) {
    float *curves = calloc((size_t)(dlc_score_visited_count(m->score) * m->samples), sizeof *curves);
    ck_assert_ptr_nonnull(curves);
    ck_ok(dlc_score_get_curves(m->score, curves), dlc_score_message(m->score));
    return curves;
}

START_TEST(threshold_1_gives_the_full_scores) {
    failing_allocator state = {.fail_at = -1};
    model *m = golden_of(_i, &state);
    execute(m);
    float *scores = scores_of(m), *curves = curves_of(m);
    const int64_t levels = dlc_score_visited_count(m->score);
    ck_ok(dlc_run_set_auto(m->run, 1), message(m->run));
    execute(m);
    ck_assert_int_eq(dlc_score_visited_count(m->score), levels);
    float *again = scores_of(m), *again_curves = curves_of(m);
    ck_assert_mem_eq(again, scores, (size_t)m->samples * sizeof *scores);
    ck_assert_mem_eq(again_curves, curves, (size_t)(levels * m->samples) * sizeof *curves);
    ck_assert_int_eq(m->extra_calls, 0); /* level 0's features were kept for level 0 */
    ck_assert_int_eq(m->passes, levels);
    free(scores);
    free(curves);
    free(again);
    free(again_curves);
    model_free(m);
}
END_TEST

/* The full run's curves say what an automatic run must come to; batches, threads and kept features do not matter. */
START_TEST(golden_runs_stop_where_the_twin_stops) {
    static const double thresholds[] = {0.9, 0.99, 0.999, 0.9999};
    failing_allocator state = {.fail_at = -1};
    model *m = golden_of(_i, &state);
    execute(m);
    float *curves = curves_of(m);
    const int64_t levels = dlc_score_visited_count(m->score);
    for (int i = 0; i < 4; i++) {
        settled twin = twin_of(curves, m->labels, m->samples, levels, thresholds[i]);
        ck_ok(dlc_run_set_auto(m->run, thresholds[i]), message(m->run));
        ck_ok(dlc_run_set_batch(m->run, 40 + 30 * i), message(m->run));
        ck_ok(dlc_score_set_threads(m->score, i + 1), dlc_score_message(m->score));
        state.refuse_size = i % 2 ? m->samples * DIM * (int64_t)sizeof(float) : 0;
        execute(m);
        ck_assert_int_eq(m->extra_calls > 0, i % 2);
        ck_assert_int_eq(m->passes, levels + i % 2);
        ck_assert_int_eq(m->last_pass, dlc_score_visited_count(m->score) - 1 + i % 2);
        int64_t visited[LEVELS_MAX];
        ck_ok(dlc_score_get_visited(m->score, visited), dlc_score_message(m->score));
        float *own = curves_of(m);
        for (int64_t v = 0; v < dlc_score_visited_count(m->score); v++)
            ck_assert_mem_eq(own + v * m->samples, curves + visited[v] * m->samples,
                             (size_t)m->samples * sizeof *curves);
        free(own);
        /* The estimates of these curves are not exact: the twin's may differ in the last bit. */
        float *scores = scores_of(m);
        for (int64_t s = 0; s < m->samples; s++)
            ck_assert_double_eq_tol(scores[s], twin.scores[s], 1e-6);
        memcpy(twin.scores, scores, (size_t)m->samples * sizeof *scores);
        assert_is_the_twins(m->run, m->score, &twin, m->samples, levels);
        free(scores);
        free(twin.scores);
    }
    free(curves);
    model_free(m);
}
END_TEST

/* ---- What holds of any run ---- */

static void set_short_auto(model *m) {
    ck_ok(dlc_mask_set_list(m->mask, (const double[]){0, 0.1, 0.3, 0.6, 0.9}, 5), dlc_mask_message(m->mask));
    ck_ok(dlc_run_set_auto(m->run, 1), message(m->run));
}

START_TEST(g1_weights_come_back_whatever_the_callback_does) {
    static const struct {
        trouble trouble;
        dlc_status status;
    } troubles[] = {
        {RAISE, DLC_ERROR_CALLBACK},
        {SHORT, DLC_ERROR_CALLBACK},
        {NOT_A_NUMBER, DLC_ERROR_DATA},
        {CANCEL, DLC_ERROR_CANCELLED},
    };
    model *m = model_create("a", NULL);
    set_short_auto(m);
    ck_ok(dlc_run_set_batch(m->run, 100), message(m->run));
    execute(m);
    float *whole = scores_of(m);
    const int64_t calls = m->calls;
    ck_assert_int_eq(calls, 15);
    m->trouble = troubles[_i].trouble;
    for (m->at = 0; m->at < calls - (m->trouble == CANCEL); m->at++) {
        m->calls = m->last_pass = 0;
        ck_assert_int_eq(dlc_run_execute(m->run), troubles[_i].status);
        assert_weights_untouched(m);
        ck_assert_int_eq(dlc_mask_current_level(m->mask), -1);
        ck_assert_int_eq(dlc_run_round_count(m->run), 0);
        ck_assert_int_eq(dlc_score_visited_count(m->score), 0);
        float none = 0;
        ck_assert_int_eq(dlc_score_get_estimate(m->score, &none), DLC_ERROR_STATE);
    }
    m->at = -1;
    execute(m);
    float *again = scores_of(m);
    ck_assert_mem_eq(again, whole, (size_t)m->samples * sizeof *again);
    free(whole);
    free(again);
    model_free(m);
}
END_TEST

/* The bytes held at most by a run with this threshold, and what was estimated. */
static int64_t peak_of(model *m, counting_allocator *state, double threshold, int64_t *estimate) {
    ck_ok(dlc_run_set_auto(m->run, threshold), message(m->run));
    ck_ok(dlc_run_memory_estimate(m->run, estimate), message(m->run));
    ck_ok(dlc_score_reset(m->score), dlc_score_message(m->score)); /* the results of the run before */
    state->peak = state->held;
    execute(m);
    ck_assert_int_le(state->peak, *estimate);
    return state->peak;
}

START_TEST(memory_is_counted) {
    counting_allocator state = {0, 0};
    dlc_allocator *allocator = counting_allocator_start(&state);
    model *m = model_create("a", allocator);
    dlc_allocator_free(allocator);
    int64_t plain = 0, automatic = 0, early = 0, count = 0;
    float *centroids = golden_array("a", "centroids.npy", "<f4", &count); /* so that no features are kept */
    ck_ok(dlc_score_set_centroids(m->score, centroids), dlc_score_message(m->score));
    free(centroids);
    ck_ok(dlc_mask_plan(m->mask), dlc_mask_message(m->mask)); /* its histograms are more than all the rest */
    const int64_t peak_plain = peak_of(m, &state, 0, &plain);
    const int64_t peak_automatic = peak_of(m, &state, 1, &automatic); /* every level is visited */
    const int64_t peak_early = peak_of(m, &state, 0.9, &early);
    /* What automatic levels take beside the run itself is in the estimate, and no more. */
    ck_assert_int_le(peak_automatic - peak_plain, automatic - plain);
    ck_assert_int_le(automatic - plain, (peak_automatic - peak_plain) * 11 / 10);
    ck_assert_int_eq(early, automatic);
    const int64_t saved = 50 - dlc_score_visited_count(m->score);
    ck_assert_int_gt(saved, 20);
    ck_assert_int_eq(peak_early, peak_automatic - saved * m->samples * 4);
    ck_ok(dlc_run_set_memory_limit(m->run, m->samples * 4 * 50), message(m->run)); /* the curves alone */
    m->calls = 0;
    ck_fails(dlc_run_execute(m->run), DLC_ERROR_LIMIT, message(m->run), "more than the limit");
    ck_assert_int_eq(m->calls, 0);
    model_free(m);
    ck_assert_int_eq(state.held, 0);
}
END_TEST

START_TEST(wrong_uses_say_what_is_wrong) {
    static const double none[] = {-0.1, 1.0001, NAN, INFINITY, -INFINITY};
    model *m = model_create("a", NULL);
    int64_t bytes = 0;
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        ck_fails(dlc_run_set_auto(m->run, none[i]), DLC_ERROR_ARGUMENT, message(m->run), "neither 0 nor in (0, 1]");
    ck_fails(dlc_run_set_auto(m->run, 1.5), DLC_ERROR_ARGUMENT, message(m->run), "a correlation of 1.5");
    ck_fails(dlc_run_get_round(m->run, 0, NULL, NULL), DLC_ERROR_ARGUMENT, message(m->run), "round 0 is not within 0");
    ck_ok(dlc_score_set_keep_curves(m->score, 0), dlc_score_message(m->score));
    execute(m); /* none of these has set it */
    ck_ok(dlc_run_set_auto(m->run, 0.9), message(m->run));
    ck_fails(dlc_run_execute(m->run), DLC_ERROR_STATE, message(m->run), "keeps curves");
    ck_fails(dlc_run_memory_estimate(m->run, &bytes), DLC_ERROR_STATE, message(m->run), "keeps curves");
    ck_ok(dlc_score_reset(m->score), dlc_score_message(m->score));
    ck_ok(dlc_score_set_keep_curves(m->score, 1), dlc_score_message(m->score));
    execute(m);
    const int64_t rounds = dlc_run_round_count(m->run);
    ck_assert_int_ge(rounds, 2);
    ck_fails(dlc_run_get_round(m->run, rounds, NULL, NULL), DLC_ERROR_ARGUMENT, message(m->run), "is not within");
    ck_fails(dlc_run_get_round(m->run, -1, NULL, NULL), DLC_ERROR_ARGUMENT, message(m->run), "round -1");
    ck_ok(dlc_run_get_round(m->run, 0, NULL, NULL), message(m->run));
    ck_assert_int_eq(dlc_run_set_auto(NULL, 1), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_run_round_count(NULL), -1);
    ck_assert_int_eq(dlc_run_get_round(NULL, 0, NULL, NULL), DLC_ERROR_ARGUMENT);
    model_free(m);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("auto");
    TCase *cases = tcase_create("auto");
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, fifty_levels_come_in_this_order);
    tcase_add_loop_test(cases, it_stops_where_the_twin_stops, 0, 20);
    tcase_add_loop_test(cases, no_correlation_means_every_level, 0, 2);
    tcase_add_loop_test(cases, threshold_1_gives_the_full_scores, 0, 2);
    tcase_add_loop_test(cases, golden_runs_stop_where_the_twin_stops, 0, 2);
    tcase_add_loop_test(cases, g1_weights_come_back_whatever_the_callback_does, 0, 4);
    tcase_add_test(cases, memory_is_counted);
    tcase_add_test(cases, wrong_uses_say_what_is_wrong);
    suite_add_tcase(suite, cases);
    return suite;
}
