/*
 * levels.c - the observations of every level: from a batch's rows to logits, to what is recorded of each sample. What
 * becomes of the curves is results.c's. Called through the public API alone.
 */
#include "batch.h"

#include "../base/parallel.h"

#include <inttypes.h>
#include <string.h>

/* Work space of a thread, in doubles: a block of rows and their distances should stay in the second-level cache. */
#define SCRATCH_TARGET 32768

/* Rows that a thread takes at a time. */
#define ROWS_MIN       DLC_TILE_ROWS
#define ROWS_MAX       64
#define ROWS_OF_LOSSES 65536

/* ---- Begin and end ---- */

static dlc_status require_settings(dlc_score *score) {
    const dlc_score_settings *settings = &score->settings;
    if (settings->samples == 0)
        return dlc_fail(&score->error, DLC_ERROR_STATE, "the samples are not set");
    if (settings->head == DLC_NOT_SET)
        return dlc_fail(&score->error, DLC_ERROR_STATE, "the head is not set");
    if (settings->levels == 0)
        return dlc_fail(&score->error, DLC_ERROR_STATE, "the number of levels is not set");
    if (settings->head == DLC_HEAD_CENTROID && !score->centroids)
        return dlc_fail(&score->error, DLC_ERROR_STATE, "the centroids are not final yet");
    return DLC_OK;
}

/* What holds for all levels. */
static dlc_status allocate_results(dlc_score *score) {
    const dlc_allocator *allocator = &score->allocator;
    const dlc_score_settings *settings = &score->settings;
    const int keep = settings->keep_curves, count = dlc_score_counts_correct(settings);
    uint8_t *done = dlc_allocate_zeroed(allocator, settings->levels, sizeof *done);
    double *totals = keep ? NULL : dlc_allocate_zeroed(allocator, settings->samples, sizeof *totals);
    float **curves = keep ? dlc_allocate_zeroed(allocator, settings->levels, sizeof *curves) : NULL;
    int32_t *correct = count ? dlc_allocate_zeroed(allocator, settings->samples, sizeof *correct) : NULL;
    if (!done || (keep ? !curves : !totals) || (count && !correct)) {
        dlc_release(allocator, done);
        dlc_release(allocator, totals);
        dlc_release(allocator, curves);
        dlc_release(allocator, correct);
        return dlc_fail_memory(&score->error, keep ? "the curves" : "the sums of the curves");
    }
    score->level_done = done;
    score->totals = totals;
    score->curves = curves;
    score->correct = correct;
    return DLC_OK;
}

/* All that a level needs, or nothing. */
static dlc_status allocate_level(dlc_score *score, int64_t level) {
    float *curve = NULL;
    if (score->settings.keep_curves) {
        curve = dlc_allocate(&score->allocator, score->settings.samples, sizeof *curve);
        if (!curve)
            return dlc_fail_memory(&score->error, "the curves");
    }
    const dlc_status status = score->level_done ? DLC_OK : allocate_results(score);
    if (status != DLC_OK) {
        dlc_release(&score->allocator, curve);
        return status;
    }
    if (curve)
        score->curves[level] = curve;
    return DLC_OK;
}

dlc_status dlc_score_begin_level(dlc_score *score, int64_t level) {
    if (!score)
        return DLC_ERROR_ARGUMENT;
    DLC_TRY(require_settings(score));
    if (score->level != DLC_NO_LEVEL)
        return dlc_fail(&score->error, DLC_ERROR_STATE, "level %" PRId64 " is still under way", score->level);
    if (level < 0 || level >= score->settings.levels)
        return dlc_fail(&score->error, DLC_ERROR_ARGUMENT, "level %" PRId64 " is not within %" PRId64 " levels", level,
                        score->settings.levels);
    if (score->level_done && score->level_done[level])
        return dlc_fail(&score->error, DLC_ERROR_STATE, "level %" PRId64 " was done already", level);
    if (score->closed)
        return dlc_fail(&score->error, DLC_ERROR_STATE, "the score is closed after %" PRId64 " of %" PRId64 " levels",
                        score->levels_done, score->settings.levels);
    DLC_TRY(allocate_level(score, level));
    score->level = level;
    return DLC_OK;
}

static dlc_status require_level(dlc_score *score) {
    if (score->level == DLC_NO_LEVEL)
        return dlc_fail(&score->error, DLC_ERROR_STATE, "no level is under way");
    return DLC_OK;
}

dlc_status dlc_score_end_level(dlc_score *score) {
    if (!score)
        return DLC_ERROR_ARGUMENT;
    DLC_TRY(require_level(score));
    DLC_TRY(dlc_batch_all_seen(score));
    dlc_batch_forget_seen(score);
    score->level_done[score->level] = 1;
    score->levels_done++;
    score->level = DLC_NO_LEVEL;
    return DLC_OK;
}

/* ---- Work space ---- */

/* Doubles of one row and its distances. */
static int64_t values_per_row(const dlc_score_settings *settings) {
    return dlc_pad(settings->width, DLC_LANES) + dlc_pad(settings->classes, DLC_LANES);
}

static int64_t rows_per_block(const dlc_score_settings *settings) {
    if (settings->head == DLC_HEAD_LOSS)
        return ROWS_OF_LOSSES;
    if (settings->head == DLC_HEAD_LOGITS)
        return ROWS_MAX;
    const int64_t rows = SCRATCH_TARGET / values_per_row(settings) / DLC_TILE_ROWS * DLC_TILE_ROWS;
    return rows < ROWS_MIN ? ROWS_MIN : rows > ROWS_MAX ? ROWS_MAX : rows;
}

int64_t dlc_score_scratch_values(const dlc_score_settings *settings) {
    if (settings->head == DLC_HEAD_LOSS)
        return 0;
    const int64_t values =
        settings->head == DLC_HEAD_LOGITS ? settings->classes : rows_per_block(settings) * values_per_row(settings);
    return dlc_pad(values, DLC_LANES);
}

static dlc_status require_scratch(dlc_score *score, int32_t threads) {
    const int64_t values = dlc_score_scratch_values(&score->settings);
    if (values == 0 || threads <= score->scratch.threads)
        return DLC_OK;
    dlc_release(&score->allocator, score->scratch.block);
    score->scratch = (dlc_score_scratch){0};
    score->scratch.block = dlc_allocate_lines(&score->allocator, threads * values, &score->scratch.start);
    if (!score->scratch.block)
        return dlc_fail_memory(&score->error, "the work space of a batch");
    score->scratch.threads = threads;
    return DLC_OK;
}

/* ---- Observe ---- */

typedef struct dlc_observing {
    dlc_score *score;
    const dlc_batch *batch;
    const dlc_observation *observation;
    float *curve; /* of the current level; NULL where there are totals */
    int64_t block_rows;
} dlc_observing;

/* No two rows of a batch are of one sample: threads do not meet here. */
static void record(const dlc_observing *observing, int64_t sample, float value) {
    if (observing->curve)
        observing->curve[sample] = value;
    else
        observing->score->totals[sample] += (double)value;
}

static void record_logits(const dlc_observing *observing, int64_t row, double *logits) {
    const dlc_score *score = observing->score;
    const int64_t sample = dlc_batch_sample(observing->batch, row);
    const int32_t label = score->labels[sample];
    const dlc_outcome outcome = dlc_outcome_of(score->kernels, logits, score->settings.classes, label);
    record(observing, sample, dlc_observation_round(observing->observation->record(&outcome)));
    if (score->correct && outcome.top == label)
        score->correct[sample]++;
}

static void observe_losses(const dlc_observing *observing, int64_t first, int64_t end) {
    for (int64_t row = first; row < end; row++)
        record(observing, dlc_batch_sample(observing->batch, row), *dlc_batch_row(observing->batch, row));
}

static void observe_logits(const dlc_observing *observing, int64_t first, int64_t end, double *scratch) {
    for (int64_t row = first; row < end; row++) {
        const float *logits = dlc_batch_row(observing->batch, row);
        for (int64_t c = 0; c < observing->score->settings.classes; c++)
            scratch[c] = (double)logits[c];
        record_logits(observing, row, scratch);
    }
}

static void observe_features(const dlc_observing *observing, int64_t first, int64_t end, double *scratch) {
    const dlc_score *score = observing->score;
    const int64_t width = score->settings.width;
    const int64_t padded_width = dlc_pad(width, DLC_LANES);
    const int64_t classes = score->settings.classes;
    const int64_t stride = dlc_pad(classes, DLC_LANES);
    const int64_t rows = dlc_pad(end - first, DLC_TILE_ROWS);
    double *logits = scratch + rows * padded_width;
    for (int64_t row = first; row < end; row++) {
        const float *features = dlc_batch_row(observing->batch, row);
        double *wide = scratch + (row - first) * padded_width;
        for (int64_t f = 0; f < width; f++)
            wide[f] = (double)features[f];
        memset(wide + width, 0, (size_t)(padded_width - width) * sizeof *wide);
    }
    const int64_t unused = rows - (end - first);
    memset(logits - unused * padded_width, 0, (size_t)(unused * padded_width) * sizeof *scratch);
    score->kernels->distances(scratch, rows, score->centroids, dlc_pad(classes, DLC_TILE_CLASSES), padded_width, logits,
                              stride);
    for (int64_t row = first; row < end; row++) {
        double *own = logits + (row - first) * stride;
        dlc_logits_from_distances(score->kernels, own, classes);
        record_logits(observing, row, own);
    }
}

static void observe_block(void *context, int64_t task, int32_t thread) {
    const dlc_observing *observing = context;
    const dlc_score *score = observing->score;
    const int64_t first = task * observing->block_rows;
    const int64_t rest = observing->batch->rows - first;
    const int64_t end = first + (rest < observing->block_rows ? rest : observing->block_rows);
    if (score->settings.head == DLC_HEAD_LOSS) {
        observe_losses(observing, first, end);
        return;
    }
    double *scratch = score->scratch.start + thread * dlc_score_scratch_values(&score->settings);
    if (score->settings.head == DLC_HEAD_LOGITS)
        observe_logits(observing, first, end, scratch);
    else
        observe_features(observing, first, end, scratch);
}

/* Rough time of a batch on one thread. */
static double nanoseconds_for(const dlc_score_settings *settings, int64_t rows) {
    const double per_class = settings->head == DLC_HEAD_CENTROID ? 4 + 0.06 * (double)settings->width : 4;
    return (double)rows * (2 + per_class * (double)(settings->head == DLC_HEAD_LOSS ? 0 : settings->classes));
}

dlc_status dlc_score_observe(dlc_score *score, int64_t first, const int64_t *samples, int64_t rows, const float *data,
                             int64_t stride) {
    if (!score)
        return DLC_ERROR_ARGUMENT;
    DLC_TRY(require_level(score));
    const dlc_batch batch = {first, samples, rows, data, stride, score->settings.first};
    const int32_t threads = dlc_score_threads_for(score, nanoseconds_for(&score->settings, rows));
    DLC_TRY(require_scratch(score, threads));
    DLC_TRY(dlc_batch_accept(score, &batch));

    dlc_observing observing = {
        .score = score,
        .batch = &batch,
        .observation = dlc_observation_find(score->settings.observation),
        .curve = score->curves ? score->curves[score->level] : NULL,
        .block_rows = rows_per_block(&score->settings),
    };
    /* A small batch is cut finer, so that every thread gets a share. */
    const int64_t share = dlc_pad((rows + threads - 1) / threads, DLC_TILE_ROWS);
    if (share > 0 && share < observing.block_rows)
        observing.block_rows = share;
    const int64_t blocks = (rows + observing.block_rows - 1) / observing.block_rows;
    dlc_parallel(threads, blocks, observe_block, &observing);
    return DLC_OK;
}
