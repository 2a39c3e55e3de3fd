/*
 * centroids.c - the centroids: class means of the unmasked features, exact until they are rounded once; or the caller's
 * own. Called through the public API alone.
 */
#include "batch.h"

#include "../base/parallel.h"

#include <inttypes.h>
#include <string.h>

dlc_status dlc_score_require_centroid_head(dlc_score *score) {
    const dlc_score_settings *settings = &score->settings;
    if (settings->samples == 0)
        return dlc_fail(&score->error, DLC_ERROR_STATE, "the samples are not set");
    if (settings->head == DLC_NOT_SET)
        return dlc_fail(&score->error, DLC_ERROR_STATE, "the head is not set");
    if (settings->head != DLC_HEAD_CENTROID)
        return dlc_fail(&score->error, DLC_ERROR_STATE, "only head centroid has centroids");
    return DLC_OK;
}

dlc_status dlc_score_require_no_centroids(dlc_score *score) {
    DLC_TRY(dlc_score_require_centroid_head(score));
    if (score->centroids)
        return dlc_fail(&score->error, DLC_ERROR_STATE, "the centroids are final already");
    return DLC_OK;
}

/* ---- Features ---- */

typedef struct dlc_adding {
    dlc_score *score;
    const dlc_batch *batch;
} dlc_adding;

/* Adds one block of features of all rows: no two threads touch the same sum. */
static void add_block(void *context, int64_t block, int32_t thread) {
    (void)thread;
    const dlc_adding *adding = context;
    for (int64_t row = 0; row < adding->batch->rows; row++) {
        const int64_t sample = dlc_batch_sample(adding->batch, row);
        dlc_exact_sums_add(&adding->score->sums, adding->score->labels[sample], block,
                           dlc_batch_row(adding->batch, row));
    }
}

dlc_status dlc_score_add_features(dlc_score *score, int64_t first, const int64_t *samples, int64_t rows,
                                  const float *data, int64_t stride) {
    if (!score)
        return DLC_ERROR_ARGUMENT;
    DLC_TRY(dlc_score_require_no_centroids(score));
    const dlc_batch batch = {first, samples, rows, data, stride, score->settings.first};
    const int is_first = !score->sums.digits;
    if (is_first &&
        !dlc_exact_sums_start(&score->sums, &score->allocator, score->settings.classes, score->settings.width))
        return dlc_fail_memory(&score->error, "the sums of the features");
    const dlc_status status = dlc_batch_accept(score, &batch);
    if (status != DLC_OK) {
        if (is_first)
            dlc_exact_sums_stop(&score->sums, &score->allocator);
        return status;
    }
    dlc_adding adding = {score, &batch};
    const double nanoseconds = 2.0 * (double)rows * (double)score->settings.width;
    dlc_parallel(dlc_score_threads_for(score, nanoseconds), score->sums.blocks, add_block, &adding);
    return DLC_OK;
}

/* ---- Means ---- */

static int64_t padded_width(const dlc_score *score) {
    return dlc_pad(score->settings.width, DLC_LANES);
}

/* The samples that the sums stand for. */
static const int64_t *counts_of(const dlc_score *score) {
    return score->imported_counts ? score->imported_counts : score->class_counts;
}

static void divide_class(void *context, int64_t c, int32_t thread) {
    (void)thread;
    dlc_score *score = context;
    dlc_exact_sums_mean(&score->sums, c, counts_of(score)[c], score->centroids + c * padded_width(score));
}

dlc_status dlc_score_allocate_centroids(dlc_score *score) {
    const int64_t count = dlc_score_centroid_values(&score->settings);
    double *start = NULL;
    void *block = dlc_allocate_lines(&score->allocator, count, &start);
    if (!block)
        return dlc_fail_memory(&score->error, "the centroids");
    memset(start, 0, (size_t)count * sizeof *start);
    score->centroids_block = block;
    score->centroids = start;
    return DLC_OK;
}

dlc_status dlc_score_require_features(dlc_score *score) {
    DLC_TRY(dlc_score_require_no_centroids(score));
    if (!score->sums.digits)
        return dlc_fail(&score->error, DLC_ERROR_STATE, "no features were added");
    return DLC_OK;
}

dlc_status dlc_score_finish_centroids(dlc_score *score) {
    if (!score)
        return DLC_ERROR_ARGUMENT;
    DLC_TRY(dlc_score_require_features(score));
    DLC_TRY(dlc_batch_all_seen(score));
    const int64_t classes = score->settings.classes;
    for (int64_t c = 0; c < classes; c++)
        if (counts_of(score)[c] == 0)
            return dlc_fail(&score->error, DLC_ERROR_DATA, "class %" PRId64 " has no sample", c);
    DLC_TRY(dlc_score_allocate_centroids(score));
    const double nanoseconds = 80.0 * (double)classes * (double)score->settings.width;
    dlc_parallel(dlc_score_threads_for(score, nanoseconds), classes, divide_class, score);
    dlc_score_release_sums(score);
    dlc_batch_forget_seen(score);
    return DLC_OK;
}

dlc_status dlc_score_set_centroids(dlc_score *score, const float *centroids) {
    if (!score)
        return DLC_ERROR_ARGUMENT;
    DLC_TRY(dlc_score_require_centroid_head(score));
    if (score->sums.digits || score->level_done || (score->centroids && !score->centroids_given))
        return dlc_fail(&score->error, DLC_ERROR_STATE, "features came already: centroids are set before them");
    if (!centroids)
        return dlc_fail(&score->error, DLC_ERROR_ARGUMENT, "centroids is NULL");
    const int64_t width = score->settings.width;
    const int64_t count = score->settings.classes * width;
    for (int64_t i = 0; i < count; i++)
        if (!dlc_is_finite(centroids[i]))
            return dlc_fail(&score->error, DLC_ERROR_DATA, "feature %" PRId64 " of centroid %" PRId64 " is %s",
                            i % width, i / width, dlc_not_finite_text(centroids[i]));
    /* Centroids that were given before are of the same shape. */
    if (!score->centroids)
        DLC_TRY(dlc_score_allocate_centroids(score));
    for (int64_t i = 0; i < count; i++)
        score->centroids[i / width * padded_width(score) + i % width] = (double)centroids[i];
    score->centroids_given = 1;
    return DLC_OK;
}

int32_t dlc_score_has_centroids(const dlc_score *score) {
    if (!score)
        return -1;
    if (score->settings.head == DLC_NOT_SET)
        return 0;
    return score->settings.head != DLC_HEAD_CENTROID || score->centroids;
}

dlc_status dlc_score_get_centroids(dlc_score *score, float *centroids) {
    if (!score)
        return DLC_ERROR_ARGUMENT;
    if (!score->centroids)
        return dlc_fail(&score->error, DLC_ERROR_STATE, "there are no centroids yet");
    if (!centroids)
        return dlc_fail(&score->error, DLC_ERROR_ARGUMENT, "centroids is NULL");
    const int64_t width = score->settings.width;
    for (int64_t i = 0; i < score->settings.classes * width; i++)
        centroids[i] = (float)score->centroids[i / width * padded_width(score) + i % width];
    return DLC_OK;
}
