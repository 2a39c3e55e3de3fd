/*
 * results.c - what the observations come to: scores, estimates from some of the levels, curves, counts of correct
 * levels. Never changes an observation. Called through the public API alone.
 */
#include "handle.h"

#include <inttypes.h>
#include <string.h>

/* Samples whose sums are on the stack at a time. */
#define BLOCK 512

/* ---- Visited levels ---- */

int64_t dlc_score_visited_count(const dlc_score *score) {
    return score ? score->levels_done : -1;
}

/* The first visited level from `level` on, or the number of levels. */
static int64_t next_visited(const dlc_score *score, int64_t level) {
    while (level < score->settings.levels && !score->level_done[level])
        level++;
    return level;
}

dlc_status dlc_score_get_visited(dlc_score *score, int64_t *levels) {
    if (!score)
        return DLC_ERROR_ARGUMENT;
    if (!levels)
        return dlc_fail(&score->error, DLC_ERROR_ARGUMENT, "levels is NULL");
    int64_t level = -1;
    for (int64_t i = 0; i < score->levels_done; i++)
        levels[i] = level = next_visited(score, level + 1);
    return DLC_OK;
}

static int all_visited(const dlc_score *score) {
    return score->settings.levels > 0 && score->levels_done == score->settings.levels;
}

/* Every level was visited, or the caller said that no more will come. */
static dlc_status require_complete(dlc_score *score) {
    if (all_visited(score) || score->closed)
        return DLC_OK;
    return dlc_fail(&score->error, DLC_ERROR_STATE, "%" PRId64 " of %" PRId64 " levels are done", score->levels_done,
                    score->settings.levels);
}

static dlc_status require_between_levels(dlc_score *score) {
    if (score->level != DLC_NO_LEVEL)
        return dlc_fail(&score->error, DLC_ERROR_STATE, "level %" PRId64 " is still under way", score->level);
    if (score->levels_done == 0)
        return dlc_fail(&score->error, DLC_ERROR_STATE, "no level is done");
    return DLC_OK;
}

static dlc_status require_estimable(dlc_score *score) {
    DLC_TRY(require_between_levels(score));
    if (!all_visited(score) && !score->curves)
        return dlc_fail(&score->error, DLC_ERROR_STATE,
                        "%" PRId64 " of %" PRId64 " levels are done: an estimate from them needs kept curves",
                        score->levels_done, score->settings.levels);
    return DLC_OK;
}

dlc_status dlc_score_close(dlc_score *score) {
    if (!score)
        return DLC_ERROR_ARGUMENT;
    DLC_TRY(require_estimable(score));
    score->closed = !all_visited(score);
    return DLC_OK;
}

/* ---- Scores ---- */

/* The plain mean: of all levels, or of the one that was visited. */
static int is_mean(const dlc_score *score) {
    return all_visited(score) || score->levels_done == 1;
}

/* Adds the curves' weighted sum of samples first..first + count - 1 to sums, in ascending order of level. */
static void sum_curves(const dlc_score *score, int64_t first, int64_t count, double *sums) {
    const int64_t levels = score->settings.levels;
    int64_t level = next_visited(score, 0);
    int64_t before = level;
    while (level < levels) {
        const int64_t next = next_visited(score, level + 1);
        const int64_t after = next < levels ? next : level;
        const double weight = is_mean(score) ? 1 : (double)(after - before) / 2;
        const float *curve = score->curves[level] + first;
        for (int64_t i = 0; i < count; i++)
            sums[i] += weight * (double)curve[i];
        before = level;
        level = next;
    }
}

/* What the weights add up to: the number of levels, or the span of the trapezoids. */
static double sum_of_weights(const dlc_score *score) {
    if (is_mean(score))
        return (double)score->levels_done;
    int64_t last = score->settings.levels - 1;
    while (!score->level_done[last])
        last--;
    return (double)(last - next_visited(score, 0));
}

static void write_scores(const dlc_score *score, float *scores) {
    const dlc_observation *observation = dlc_observation_find(score->settings.observation);
    const double weights = sum_of_weights(score);
    for (int64_t first = 0; first < score->settings.samples; first += BLOCK) {
        const int64_t rest = score->settings.samples - first;
        const int64_t count = rest < BLOCK ? rest : BLOCK;
        double sums[BLOCK] = {0};
        if (score->curves)
            sum_curves(score, first, count, sums);
        else
            memcpy(sums, score->totals + first, (size_t)count * sizeof *sums);
        for (int64_t i = 0; i < count; i++)
            scores[first + i] = (float)(observation->offset + observation->sign * (sums[i] / weights));
    }
}

dlc_status dlc_score_get_scores(dlc_score *score, float *scores) {
    if (!score)
        return DLC_ERROR_ARGUMENT;
    DLC_TRY(require_complete(score));
    if (!scores)
        return dlc_fail(&score->error, DLC_ERROR_ARGUMENT, "scores is NULL");
    write_scores(score, scores);
    return DLC_OK;
}

dlc_status dlc_score_get_estimate(dlc_score *score, float *scores) {
    if (!score)
        return DLC_ERROR_ARGUMENT;
    DLC_TRY(require_estimable(score));
    if (!scores)
        return dlc_fail(&score->error, DLC_ERROR_ARGUMENT, "scores is NULL");
    write_scores(score, scores);
    return DLC_OK;
}

/* ---- Curves and counts ---- */

dlc_status dlc_score_get_curves(dlc_score *score, float *curves) {
    if (!score)
        return DLC_ERROR_ARGUMENT;
    DLC_TRY(require_complete(score));
    if (!score->curves)
        return dlc_fail(&score->error, DLC_ERROR_STATE, "curves were not kept");
    if (!curves)
        return dlc_fail(&score->error, DLC_ERROR_ARGUMENT, "curves is NULL");
    const int64_t samples = score->settings.samples;
    int64_t row = 0;
    for (int64_t level = next_visited(score, 0); level < score->settings.levels; level = next_visited(score, level + 1))
        memcpy(curves + row++ * samples, score->curves[level], (size_t)samples * sizeof *curves);
    return DLC_OK;
}

dlc_status dlc_score_get_correct_counts(dlc_score *score, int32_t *counts) {
    if (!score)
        return DLC_ERROR_ARGUMENT;
    if (score->settings.head == DLC_HEAD_LOSS)
        return dlc_fail(&score->error, DLC_ERROR_STATE, "head loss does not know which class is the nearest");
    if (!score->settings.keep_curves)
        return dlc_fail(&score->error, DLC_ERROR_STATE, "curves were not kept, nor correct levels counted");
    DLC_TRY(require_between_levels(score));
    if (!counts)
        return dlc_fail(&score->error, DLC_ERROR_ARGUMENT, "counts is NULL");
    memcpy(counts, score->correct, (size_t)score->settings.samples * sizeof *counts);
    return DLC_OK;
}
