/*
 * state.c - see state.h. In order of the stream, all integers int64 unless said otherwise:
 *
 *     stage, taken
 *     features under way, taken > 0   class by class the settled sums: uint32[9][width], int64[width] (exact_sum.h)
 *     levels   centroids              float[classes][width], if they were made of features
 *              level by level         0: to come; 1: under way; 2: done
 *                                     float[taken] or [samples] its curve, where curves are kept
 *              sums                   double[samples], where they are not
 *              counts                 int32[samples], where correct levels are counted
 */
#include "state.h"

#include "handle.h"

#define FEATURES_UNDER_WAY 0
#define LEVELS_UNDER_WAY   1

#define TO_COME   0
#define UNDER_WAY 1
#define DONE      2

/* Values that are converted at a time. */
#define PIECE 512

/* ---- Features ---- */

static void lower_limb_state(dlc_stream *stream, int64_t *digits, int64_t width) {
    int32_t words[PIECE];
    for (int64_t first = 0; first < width; first += PIECE) {
        const int64_t count = width - first < PIECE ? width - first : PIECE;
        for (int64_t f = 0; f < count; f++)
            words[f] = (int32_t)(uint32_t)digits[first + f];
        dlc_stream_int32s(stream, words, count);
        for (int64_t f = 0; f < count; f++)
            digits[first + f] = (int64_t)(uint32_t)words[f];
    }
}

/* A class's sums are such as its samples can have. */
static int are_possible(const dlc_score *score, int64_t c) {
    const int64_t width = score->settings.width;
    const int64_t *limbs = dlc_exact_sums_digits(&score->sums, c);
    int possible = 1;
    for (int64_t f = 0; f < width && possible; f++) {
        int64_t digits[DLC_EXACT_LIMBS];
        for (int limb = 0; limb < DLC_EXACT_LIMBS; limb++)
            digits[limb] = limbs[limb * width + f];
        possible = dlc_exact_sum_is_possible(digits, score->class_counts[c]);
    }
    return possible;
}

static dlc_status sums_state(dlc_score *score, dlc_stream *stream) {
    const int64_t width = score->settings.width;
    dlc_exact_sums *sums = &score->sums;
    if (stream->reading && !dlc_exact_sums_start(sums, &score->allocator, score->settings.classes, width))
        return dlc_fail_memory(&score->error, "the sums of the features");
    for (int64_t c = 0; c < sums->groups; c++) {
        dlc_exact_sums_settle(sums, c);
        int64_t *digits = dlc_exact_sums_digits(sums, c);
        for (int limb = 0; limb < DLC_EXACT_LIMBS - 1; limb++)
            lower_limb_state(stream, digits + limb * width, width);
        dlc_stream_int64s(stream, digits + (DLC_EXACT_LIMBS - 1) * width, width);
        dlc_stream_expect(stream, !stream->reading || are_possible(score, c));
    }
    return DLC_OK;
}

/* ---- Centroids ---- */

/* Each is a float32, held as double. */
static dlc_status centroids_state(dlc_score *score, dlc_stream *stream) {
    if (stream->reading)
        DLC_TRY(dlc_score_allocate_centroids(score));
    const int64_t width = score->settings.width;
    float values[PIECE];
    for (int64_t c = 0; c < score->settings.classes; c++) {
        double *centroid = score->centroids + c * dlc_pad(width, DLC_LANES);
        for (int64_t first = 0; first < width; first += PIECE) {
            const int64_t count = width - first < PIECE ? width - first : PIECE;
            for (int64_t f = 0; f < count; f++)
                values[f] = (float)centroid[first + f];
            dlc_stream_floats(stream, values, count);
            for (int64_t f = 0; f < count; f++)
                centroid[first + f] = (double)values[f];
        }
    }
    return DLC_OK;
}

/* ---- Levels ---- */

static int64_t mark_of(const dlc_score *score, int64_t level) {
    if (score->level == level)
        return UNDER_WAY;
    return score->level_done && score->level_done[level] ? DONE : TO_COME;
}

/* One level; *under_way becomes its number if that is what it is. */
static dlc_status level_state(dlc_score *score, dlc_stream *stream, int64_t level, int64_t taken, int64_t *under_way) {
    int64_t mark = stream->reading ? TO_COME : mark_of(score, level);
    dlc_stream_int64(stream, &mark);
    dlc_stream_expect(stream, mark >= TO_COME && mark <= DONE && (mark != UNDER_WAY || *under_way == DLC_NO_LEVEL));
    if (stream->fault != DLC_STREAM_GOOD || mark == TO_COME)
        return DLC_OK;
    if (stream->reading)
        DLC_TRY(dlc_score_begin_level(score, level));
    if (score->curves)
        dlc_stream_floats(stream, score->curves[level], mark == DONE ? score->settings.samples : taken);
    if (mark == UNDER_WAY)
        *under_way = level;
    if (stream->reading) {
        score->level = DLC_NO_LEVEL; /* for the next one: dlc_score_begin_level() */
        score->level_done[level] = mark == DONE;
        score->levels_done += mark == DONE;
    }
    return DLC_OK;
}

static dlc_status levels_state(dlc_score *score, dlc_stream *stream, int64_t taken) {
    int64_t under_way = DLC_NO_LEVEL;
    for (int64_t level = 0; level < score->settings.levels; level++)
        DLC_TRY(level_state(score, stream, level, taken, &under_way));
    dlc_stream_expect(stream, taken == 0 || under_way != DLC_NO_LEVEL);
    score->level = under_way;
    if (score->totals)
        dlc_stream_doubles(stream, score->totals, score->settings.samples);
    if (score->correct)
        dlc_stream_int32s(stream, score->correct, score->settings.samples);
    const int64_t begun = score->levels_done + (under_way != DLC_NO_LEVEL);
    for (int64_t i = 0; stream->reading && score->correct && i < score->settings.samples; i++)
        dlc_stream_expect(stream, score->correct[i] >= 0 && score->correct[i] <= begun);
    return DLC_OK;
}

/* ---- The whole ---- */

static void mark_seen(dlc_score *score, int64_t taken) {
    for (int64_t sample = 0; sample < taken; sample++)
        score->seen[sample / 64] |= UINT64_C(1) << (sample % 64);
}

static int64_t stage_of(const dlc_score *score) {
    return dlc_score_has_centroids(score) ? LEVELS_UNDER_WAY : FEATURES_UNDER_WAY;
}

dlc_status dlc_score_state(dlc_score *score, dlc_stream *stream, int64_t *taken) {
    const int makes_centroids = score->settings.head == DLC_HEAD_CENTROID && !score->centroids_given;
    int64_t stage = stage_of(score);
    dlc_stream_int64(stream, &stage);
    dlc_stream_int64(stream, taken);
    dlc_stream_expect(stream, stage == LEVELS_UNDER_WAY || (stage == FEATURES_UNDER_WAY && makes_centroids));
    dlc_stream_expect(stream, *taken >= 0 && *taken <= score->settings.samples);
    if (stream->fault != DLC_STREAM_GOOD)
        return DLC_OK;
    if (stage == FEATURES_UNDER_WAY)
        DLC_TRY(*taken > 0 ? sums_state(score, stream) : DLC_OK);
    else {
        if (makes_centroids)
            DLC_TRY(centroids_state(score, stream));
        DLC_TRY(levels_state(score, stream, *taken));
    }
    if (stream->reading && stream->fault == DLC_STREAM_GOOD)
        mark_seen(score, *taken);
    return DLC_OK;
}
