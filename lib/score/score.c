/*
 * score.c - the scorer's handle: what is to come (samples, head, levels, ...), memory, reset. The data themselves go
 * through centroids.c, levels.c and results.c. Called through the public API; the helpers at the top serve the whole
 * folder.
 */
#include "handle.h"

#include "../base/parallel.h"
#include "access.h"
#include "batch.h"

#include <inttypes.h>

#define SAMPLES_MAX INT64_C(1000000000000)
#define CLASSES_MAX INT64_C(16777216)
#define WIDTH_MAX   INT64_C(16777216)
#define LEVELS_MAX  INT64_C(1000000)

#define CACHE_LINE 64

/* Starting a thread costs some tens of microseconds: it should have a few times that to do. */
#define NANOSECONDS_PER_THREAD 100000.0

/* ---- Shared by the folder (handle.h) ---- */

int64_t dlc_lines_bytes(int64_t count) {
    return count * (int64_t)sizeof(double) + CACHE_LINE;
}

void *dlc_allocate_lines(const dlc_allocator *allocator, int64_t count, double **start) {
    char *block = dlc_allocate(allocator, dlc_lines_bytes(count), 1);
    *start = block ? (double *)(void *)(block + (CACHE_LINE - (uintptr_t)block % CACHE_LINE)) : NULL;
    return block;
}

int32_t dlc_score_threads_for(const dlc_score *score, double nanoseconds) {
    const double worth = nanoseconds / NANOSECONDS_PER_THREAD;
    if (!(worth >= 2))
        return 1;
    return worth < score->settings.threads ? (int32_t)worth : score->settings.threads;
}

int64_t dlc_score_centroid_values(const dlc_score_settings *settings) {
    return dlc_pad(settings->classes, DLC_TILE_CLASSES) * dlc_pad(settings->width, DLC_LANES);
}

int64_t dlc_score_seen_bytes(int64_t samples) {
    return (samples + 63) / 64 * (int64_t)sizeof(uint64_t);
}

int dlc_score_counts_correct(const dlc_score_settings *settings) {
    return settings->keep_curves && settings->head != DLC_HEAD_LOSS;
}

/* ---- Handle ---- */

dlc_status dlc_score_create(const dlc_allocator *allocator, dlc_score **out) {
    if (!out)
        return DLC_ERROR_ARGUMENT;
    *out = NULL;
    const dlc_allocator used = dlc_allocator_or_default(allocator);
    dlc_score *score = dlc_allocate_zeroed(&used, 1, sizeof *score);
    if (!score)
        return DLC_ERROR_MEMORY;
    score->allocator = used;
    score->settings.head = DLC_NOT_SET;
    score->settings.observation = DLC_OBSERVE_LOSS;
    score->settings.threads = 1;
    score->kernels = dlc_kernels_at(0);
    score->level = DLC_NO_LEVEL;
    *out = score;
    return DLC_OK;
}

static void release_centroids(dlc_score *score) {
    dlc_release(&score->allocator, score->centroids_block);
    score->centroids_block = NULL;
    score->centroids = NULL;
    score->centroids_given = 0;
}

void dlc_score_release_sums(dlc_score *score) {
    dlc_exact_sums_stop(&score->sums, &score->allocator);
    dlc_release(&score->allocator, score->imported_counts);
    score->imported_counts = NULL;
}

/* Frees whatever the caller's data have made; the settings, labels among them, stay. */
static void release_results(dlc_score *score) {
    const dlc_allocator *allocator = &score->allocator;
    dlc_score_release_sums(score);
    for (int64_t level = 0; score->curves && level < score->settings.levels; level++)
        dlc_release(allocator, score->curves[level]);
    dlc_release(allocator, score->curves);
    dlc_release(allocator, score->totals);
    dlc_release(allocator, score->correct);
    dlc_release(allocator, score->level_done);
    dlc_release(allocator, score->scratch.block);
    score->curves = NULL;
    score->totals = NULL;
    score->correct = NULL;
    score->level_done = NULL;
    score->scratch = (dlc_score_scratch){0};
    score->levels_done = 0;
    score->level = DLC_NO_LEVEL;
    score->closed = 0;
}

static void release_samples(dlc_score *score) {
    dlc_release(&score->allocator, score->labels);
    dlc_release(&score->allocator, score->class_counts);
    dlc_release(&score->allocator, score->seen);
    score->labels = NULL;
    score->class_counts = NULL;
    score->seen = NULL;
}

void dlc_score_free(dlc_score *score) {
    if (!score)
        return;
    release_results(score);
    release_centroids(score);
    release_samples(score);
    const dlc_allocator allocator = score->allocator;
    dlc_release(&allocator, score);
}

const char *dlc_score_message(const dlc_score *score) {
    return score ? score->error.text : "the handle is NULL";
}

dlc_status dlc_score_reset(dlc_score *score) {
    if (!score)
        return DLC_ERROR_ARGUMENT;
    release_results(score);
    if (!score->centroids_given)
        release_centroids(score);
    dlc_batch_forget_seen(score);
    return DLC_OK;
}

/* ---- Settings ---- */

static dlc_status require_idle(dlc_score *score) {
    if (score->sums.digits || (score->centroids && !score->centroids_given) || score->level_done)
        return dlc_fail(&score->error, DLC_ERROR_STATE,
                        "data came already: settings change before it or after a reset");
    return DLC_OK;
}

/* What the settings must be to fit each other, as far as they are set. */
static dlc_status check_agreement(dlc_score *score, const dlc_score_settings *settings) {
    if (settings->head == DLC_NOT_SET)
        return DLC_OK;
    if (settings->head == DLC_HEAD_LOSS && settings->observation != DLC_OBSERVE_LOSS)
        return dlc_fail(&score->error, DLC_ERROR_ARGUMENT, "head loss has no observation but loss");
    if (settings->head != DLC_HEAD_LOSS && settings->samples > 0 && settings->classes == 0)
        return dlc_fail(&score->error, DLC_ERROR_ARGUMENT, "only head loss works without labels");
    if (settings->head == DLC_HEAD_LOGITS && settings->samples > 0 && settings->width != settings->classes)
        return dlc_fail(&score->error, DLC_ERROR_ARGUMENT,
                        "width %" PRId64 " of head logits is not the number of classes, %" PRId64, settings->width,
                        settings->classes);
    const dlc_score_settings *now = &score->settings;
    if (score->centroids &&
        (settings->head != now->head || settings->width != now->width || settings->classes != now->classes))
        return dlc_fail(&score->error, DLC_ERROR_STATE,
                        "the centroids that were given are of %" PRId64 " classes and %" PRId64 " features",
                        now->classes, now->width);
    return DLC_OK;
}

static dlc_status check_labels(dlc_score *score, int64_t samples, const int64_t *labels, int64_t classes) {
    if (samples < 1 || samples > SAMPLES_MAX)
        return dlc_fail(&score->error, DLC_ERROR_ARGUMENT, "samples %" PRId64 " is not in 1..%" PRId64, samples,
                        SAMPLES_MAX);
    if (!labels && classes != 0)
        return dlc_fail(&score->error, DLC_ERROR_ARGUMENT, "labels is NULL, yet classes is %" PRId64, classes);
    if (labels && (classes < 1 || classes > CLASSES_MAX))
        return dlc_fail(&score->error, DLC_ERROR_ARGUMENT, "classes %" PRId64 " is not in 1..%" PRId64, classes,
                        CLASSES_MAX);
    for (int64_t i = 0; labels && i < samples; i++)
        if (labels[i] < 0 || labels[i] >= classes)
            return dlc_fail(&score->error, DLC_ERROR_DATA,
                            "label %" PRId64 " of sample %" PRId64 " is not within %" PRId64 " classes", labels[i],
                            score->settings.first + i, classes);
    return DLC_OK;
}

dlc_status dlc_score_set_samples(dlc_score *score, int64_t samples, const int64_t *labels, int64_t classes) {
    if (!score)
        return DLC_ERROR_ARGUMENT;
    DLC_TRY(require_idle(score));
    DLC_TRY(check_labels(score, samples, labels, classes));
    dlc_score_settings changed = score->settings;
    changed.samples = samples;
    changed.classes = classes;
    DLC_TRY(check_agreement(score, &changed));

    const dlc_allocator *allocator = &score->allocator;
    uint64_t *seen = dlc_allocate_zeroed(allocator, dlc_score_seen_bytes(samples), 1);
    int32_t *own = labels ? dlc_allocate(allocator, samples, sizeof *own) : NULL;
    int64_t *counts = labels ? dlc_allocate_zeroed(allocator, classes, sizeof *counts) : NULL;
    if (!seen || (labels && (!own || !counts))) {
        dlc_release(allocator, seen);
        dlc_release(allocator, own);
        dlc_release(allocator, counts);
        return dlc_fail_memory(&score->error, "the labels");
    }
    for (int64_t i = 0; labels && i < samples; i++) {
        own[i] = (int32_t)labels[i];
        counts[labels[i]]++;
    }
    release_samples(score);
    score->seen = seen;
    score->labels = own;
    score->class_counts = counts;
    score->settings = changed;
    return DLC_OK;
}

static dlc_status change(dlc_score *score, const dlc_score_settings *changed) {
    DLC_TRY(require_idle(score));
    DLC_TRY(check_agreement(score, changed));
    score->settings = *changed;
    return DLC_OK;
}

dlc_status dlc_score_set_range(dlc_score *score, int64_t first) {
    if (!score)
        return DLC_ERROR_ARGUMENT;
    if (first < 0 || first > SAMPLES_MAX)
        return dlc_fail(&score->error, DLC_ERROR_ARGUMENT, "first %" PRId64 " is not in 0..%" PRId64, first,
                        SAMPLES_MAX);
    dlc_score_settings changed = score->settings;
    changed.first = first;
    return change(score, &changed);
}

dlc_status dlc_score_set_head(dlc_score *score, int32_t head, int64_t width) {
    if (!score)
        return DLC_ERROR_ARGUMENT;
    if (head != DLC_HEAD_CENTROID && head != DLC_HEAD_LOGITS && head != DLC_HEAD_LOSS)
        return dlc_fail(&score->error, DLC_ERROR_ARGUMENT, "there is no head %" PRId32, head);
    if (width < 1 || width > WIDTH_MAX)
        return dlc_fail(&score->error, DLC_ERROR_ARGUMENT, "width %" PRId64 " is not in 1..%" PRId64, width, WIDTH_MAX);
    if (head == DLC_HEAD_LOSS && width != 1)
        return dlc_fail(&score->error, DLC_ERROR_ARGUMENT, "width %" PRId64 " of head loss is not 1", width);
    dlc_score_settings changed = score->settings;
    changed.head = head;
    changed.width = width;
    return change(score, &changed);
}

dlc_status dlc_score_set_observation(dlc_score *score, int32_t observation) {
    if (!score)
        return DLC_ERROR_ARGUMENT;
    if (!dlc_observation_find(observation))
        return dlc_fail(&score->error, DLC_ERROR_ARGUMENT, "there is no observation %" PRId32, observation);
    dlc_score_settings changed = score->settings;
    changed.observation = observation;
    return change(score, &changed);
}

dlc_status dlc_score_set_levels(dlc_score *score, int64_t levels) {
    if (!score)
        return DLC_ERROR_ARGUMENT;
    if (levels < 1 || levels > LEVELS_MAX)
        return dlc_fail(&score->error, DLC_ERROR_ARGUMENT, "levels %" PRId64 " is not in 1..%" PRId64, levels,
                        LEVELS_MAX);
    dlc_score_settings changed = score->settings;
    changed.levels = levels;
    return change(score, &changed);
}

dlc_status dlc_score_set_keep_curves(dlc_score *score, int32_t keep) {
    if (!score)
        return DLC_ERROR_ARGUMENT;
    if (keep != 0 && keep != 1)
        return dlc_fail(&score->error, DLC_ERROR_ARGUMENT, "keep %" PRId32 " is neither 0 nor 1", keep);
    dlc_score_settings changed = score->settings;
    changed.keep_curves = keep;
    return change(score, &changed);
}

dlc_status dlc_score_set_threads(dlc_score *score, int32_t threads) {
    if (!score)
        return DLC_ERROR_ARGUMENT;
    if (threads < 0 || threads > DLC_THREADS_MAX)
        return dlc_fail(&score->error, DLC_ERROR_ARGUMENT, "threads %" PRId32 " is not in 0..%d", threads,
                        DLC_THREADS_MAX);
    score->settings.threads = dlc_threads_resolve(threads);
    return DLC_OK;
}

int64_t dlc_score_sample_count(const dlc_score *score) {
    return score ? score->settings.samples : -1;
}

int64_t dlc_score_class_count(const dlc_score *score) {
    return score ? score->settings.classes : -1;
}

int64_t dlc_score_width(const dlc_score *score) {
    return score ? score->settings.width : -1;
}

int32_t dlc_score_head(const dlc_score *score) {
    return score ? score->settings.head : DLC_NOT_SET;
}

int64_t dlc_score_first_sample(const dlc_score *score) {
    return score->settings.first;
}

const int32_t *dlc_score_labels(const dlc_score *score) {
    return score->labels;
}

int dlc_score_keeps_curves(const dlc_score *score) {
    return score->settings.keep_curves;
}

int32_t dlc_score_observation(const dlc_score *score) {
    return score->settings.observation;
}

const double *dlc_score_given_centroid(const dlc_score *score, int64_t class_id) {
    return score->centroids_given ? score->centroids + class_id * dlc_pad(score->settings.width, DLC_LANES) : NULL;
}

int dlc_score_level_is_done(const dlc_score *score, int64_t level) {
    return score->level_done && score->level_done[level];
}

int64_t dlc_score_level_under_way(const dlc_score *score) {
    return score->level;
}

/* ---- Memory ---- */

dlc_status dlc_score_memory_estimate(dlc_score *score, int64_t *bytes) {
    if (!score)
        return DLC_ERROR_ARGUMENT;
    if (!bytes)
        return dlc_fail(&score->error, DLC_ERROR_ARGUMENT, "bytes is NULL");
    dlc_score_memory by_stage = {0};
    DLC_TRY(dlc_score_memory_by_stage(score, score->settings.levels, &by_stage));
    const int64_t sums = by_stage.sums + by_stage.imported;
    *bytes = sums > by_stage.levels ? sums : by_stage.levels;
    return DLC_OK;
}

dlc_status dlc_score_memory_by_stage(dlc_score *score, int64_t levels, dlc_score_memory *out) {
    const dlc_score_settings *settings = &score->settings;
    if (settings->samples == 0 || settings->head == DLC_NOT_SET || levels == 0)
        return dlc_fail(&score->error, DLC_ERROR_STATE, "samples, head and levels are not all set");
    const int64_t samples = settings->samples;
    const int64_t labels = score->labels ? samples * (int64_t)sizeof *score->labels : 0;
    const int64_t counts = settings->classes * (int64_t)sizeof *score->class_counts;
    const int64_t always = (int64_t)sizeof *score + labels + counts + dlc_score_seen_bytes(samples);

    const int is_centroid = settings->head == DLC_HEAD_CENTROID, adds_up = is_centroid && !score->centroids_given;
    const int64_t centroids = is_centroid ? dlc_lines_bytes(dlc_score_centroid_values(settings)) : 0;
    const int64_t row = samples * (int64_t)sizeof **score->curves;
    const int64_t observing =
        levels * (int64_t)sizeof *score->level_done +
        (settings->keep_curves ? levels * (int64_t)sizeof *score->curves : samples * (int64_t)sizeof *score->totals) +
        (dlc_score_counts_correct(settings) ? samples * (int64_t)sizeof *score->correct : 0) +
        (settings->head != DLC_HEAD_LOSS ? dlc_lines_bytes(settings->threads * dlc_score_scratch_values(settings)) : 0);
    *out = (dlc_score_memory){
        .settings = always + (score->centroids_given ? centroids : 0),
        .sums = always + centroids + (adds_up ? dlc_exact_sums_bytes(settings->classes, settings->width) : 0),
        .imported = adds_up ? counts : 0,
        .first_level = always + centroids + observing + (settings->keep_curves ? row : 0),
        .levels = always + centroids + observing + (settings->keep_curves ? levels * row : 0),
    };
    return DLC_OK;
}
