/*
 * sums.c - the class sums of a scorer that holds one part of a larger data set: out as bytes, and the total of all
 * parts back in (sums_format.h). Called through the public API alone.
 */
#include "batch.h"

#include "sums_format.h"

#include <inttypes.h>

static int64_t size_of(const dlc_score *score) {
    return dlc_sums_size(score->settings.classes, score->settings.width);
}

dlc_status dlc_score_sums_size(dlc_score *score, int64_t *bytes) {
    if (!score)
        return DLC_ERROR_ARGUMENT;
    DLC_TRY(dlc_score_require_centroid_head(score));
    if (!bytes)
        return dlc_fail(&score->error, DLC_ERROR_ARGUMENT, "bytes is NULL");
    *bytes = size_of(score);
    return DLC_OK;
}

/* ---- Out ---- */

/* The samples that came so far, class by class; or those that imported sums stand for. */
static void put_counts(const dlc_score *score, void *sums) {
    for (int64_t c = 0; score->imported_counts && c < score->settings.classes; c++)
        dlc_sums_set_count(sums, c, score->imported_counts[c]);
    for (int64_t i = 0; !score->imported_counts && i < score->settings.samples; i++)
        if (dlc_batch_is_seen(score, i))
            dlc_sums_set_count(sums, score->labels[i], dlc_sums_count(sums, score->labels[i]) + 1);
}

dlc_status dlc_score_export_sums(dlc_score *score, void *sums, int64_t bytes) {
    if (!score)
        return DLC_ERROR_ARGUMENT;
    DLC_TRY(dlc_score_require_features(score));
    if (!sums)
        return dlc_fail(&score->error, DLC_ERROR_ARGUMENT, "sums is NULL");
    if (bytes != size_of(score))
        return dlc_fail(&score->error, DLC_ERROR_ARGUMENT, "bytes %" PRId64 " is not the size of the sums, %" PRId64,
                        bytes, size_of(score));
    dlc_sums_begin(sums, score->settings.classes, score->settings.width);
    put_counts(score, sums);
    for (int64_t c = 0; c < score->settings.classes; c++) {
        dlc_exact_sums_settle(&score->sums, c);
        dlc_sums_put_class(sums, c, dlc_exact_sums_digits(&score->sums, c));
    }
    dlc_sums_seal(sums, bytes);
    return DLC_OK;
}

/* ---- In ---- */

/* Sums of this scorer's classes and features, that may hold its own samples. */
static dlc_status check_fit(dlc_score *score, const void *sums) {
    const dlc_score_settings *settings = &score->settings;
    if (dlc_sums_classes(sums) != settings->classes || dlc_sums_width(sums) != settings->width)
        return dlc_fail(&score->error, DLC_ERROR_FORMAT,
                        "the class sums are of %" PRId64 " classes and %" PRId64 " features, not of %" PRId64
                        " and %" PRId64,
                        dlc_sums_classes(sums), dlc_sums_width(sums), settings->classes, settings->width);
    for (int64_t c = 0; c < settings->classes; c++)
        if (dlc_sums_count(sums, c) < score->class_counts[c])
            return dlc_fail(&score->error, DLC_ERROR_DATA,
                            "the class sums hold %" PRId64 " samples of class %" PRId64 ", fewer than the %" PRId64
                            " of this part",
                            dlc_sums_count(sums, c), c, score->class_counts[c]);
    return DLC_OK;
}

static dlc_status check_sums(dlc_score *score, const void *sums) {
    int64_t digits[DLC_EXACT_LIMBS];
    for (int64_t c = 0; c < score->settings.classes; c++)
        for (int64_t f = 0; f < score->settings.width; f++) {
            dlc_sums_get(sums, c, f, digits);
            if (!dlc_exact_sum_is_possible(digits, dlc_sums_count(sums, c)))
                return dlc_fail(&score->error, DLC_ERROR_FORMAT,
                                "the class sums are damaged: feature %" PRId64 " of class %" PRId64
                                " is more than %" PRId64 " samples can have",
                                f, c, dlc_sums_count(sums, c));
        }
    return DLC_OK;
}

static void take_class(dlc_score *score, const void *sums, int64_t c) {
    const int64_t width = score->settings.width;
    int64_t *own = dlc_exact_sums_digits(&score->sums, c);
    int64_t digits[DLC_EXACT_LIMBS];
    for (int64_t f = 0; f < width; f++) {
        dlc_sums_get(sums, c, f, digits);
        for (int limb = 0; limb < DLC_EXACT_LIMBS; limb++)
            own[limb * width + f] = digits[limb];
    }
}

dlc_status dlc_score_import_sums(dlc_score *score, const void *sums, int64_t bytes) {
    if (!score)
        return DLC_ERROR_ARGUMENT;
    DLC_TRY(dlc_score_require_features(score));
    DLC_TRY(dlc_batch_all_seen(score));
    if (!sums)
        return dlc_fail(&score->error, DLC_ERROR_ARGUMENT, "sums is NULL");
    DLC_TRY(dlc_sums_check(&score->error, sums, bytes));
    DLC_TRY(check_fit(score, sums));
    DLC_TRY(check_sums(score, sums));
    if (!score->imported_counts)
        score->imported_counts =
            dlc_allocate(&score->allocator, score->settings.classes, sizeof *score->imported_counts);
    if (!score->imported_counts)
        return dlc_fail_memory(&score->error, "the samples of the class sums");
    for (int64_t c = 0; c < score->settings.classes; c++) {
        score->imported_counts[c] = dlc_sums_count(sums, c);
        take_class(score, sums, c);
    }
    return DLC_OK;
}
