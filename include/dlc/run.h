/*
 * dlc/run.h - the whole scoring run: for every level mask, call the model for every batch, observe.
 *
 * A run borrows a dlc_mask (weights, schedule) and a dlc_score (samples, labels, head), which the caller has set up,
 * and a forward callback. Afterwards scores and curves are in the dlc_score, and the weights are as they were:
 *
 *     GUARANTEE G1. After every return of dlc_run_execute() - success, error, cancel, out of memory - the weights are
 * bit for bit what they were before the call.
 *
 * With head centroid and no centroids set, an unmasked pass comes first. Where level 0 is unmasked too (the published
 * schedule), its features are kept for that level if the memory limit allows, and computed a second time if not; else
 * the pass is extra and not part of the curve.
 */
#ifndef DLC_RUN_H
#define DLC_RUN_H

#include "base.h"
#include "mask.h"
#include "score.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dlc_run dlc_run;

/*
 * The caller's model: computes rows `first` to `first + rows - 1` of the data set with the weights as they are now.
 *
 * level: the level that is applied, for information; -1 for an extra unmasked pass.
 * out: float32[rows, width], width as set by dlc_score_set_head(); filled with NaN before the call, so that what is not
 * written is found. rows_written: preset to -1. Set it to rows. Anything else stops the run with DLC_ERROR_CALLBACK.
 */
typedef void (*dlc_forward_callback)(void *user, int64_t level, int64_t first, int64_t rows, float *out,
                                     int64_t *rows_written);

/*
 * Tells how far the run is, after every batch.
 *
 * pass, passes: forward passes over the data set, finished ones and all. samples_done, samples: within the current one.
 * go_on: preset to -1. Set it to 1 to go on; anything else stops the run with DLC_ERROR_CANCELLED.
 */
typedef void (*dlc_progress_callback)(void *user, int64_t pass, int64_t passes, int64_t samples_done, int64_t samples,
                                      int32_t *go_on);

/* dlc_run_create() - a run with batches of 64 and no memory limit. allocator: NULL: malloc(). Copied. Errors:
 * DLC_ERROR_ARGUMENT, DLC_ERROR_MEMORY. Since 1.0. */
DLC_API dlc_status dlc_run_create(const dlc_allocator *allocator, dlc_run **out);

/* dlc_run_free() - frees the run, not the mask and the score it borrowed. Accepts NULL. Since 1.0. */
DLC_API void dlc_run_free(dlc_run *run);

/* dlc_run_message() - what the last failed call said, whichever module it came from; borrowed until the next call.
 * Since 1.0. */
DLC_API const char *dlc_run_message(const dlc_run *run);

/* dlc_run_set_mask() - the weights and the schedule; borrowed until the run is freed. Planned by the run if it is not
 * yet. No level may be applied when the run starts. Errors: DLC_ERROR_ARGUMENT. Since 1.0. */
DLC_API dlc_status dlc_run_set_mask(dlc_run *run, dlc_mask *mask);

/* dlc_run_set_score() - where the observations go; borrowed until the run is freed. Samples and head must be set; the
 * run sets the number of levels. Errors: DLC_ERROR_ARGUMENT. Since 1.0. */
DLC_API dlc_status dlc_run_set_score(dlc_run *run, dlc_score *score);

/* dlc_run_set_forward() - the model. Errors: DLC_ERROR_ARGUMENT. Since 1.0. */
DLC_API dlc_status dlc_run_set_forward(dlc_run *run, dlc_forward_callback forward, void *user);

/* dlc_run_set_progress() - progress reports; NULL for none (default). Since 1.0. */
DLC_API dlc_status dlc_run_set_progress(dlc_run *run, dlc_progress_callback progress, void *user);

/* dlc_run_set_batch() - rows asked for in one forward call, at least 1 (the last batch of a pass may be smaller).
 * Scores do not depend on it as long as the model's outputs do not. Since 1.0. */
DLC_API dlc_status dlc_run_set_batch(dlc_run *run, int64_t rows);

/* dlc_run_set_memory_limit() - bytes that libdlc may hold for this run: mask, score, batch and kept features together;
 * 0 (default): no limit. A run that needs more refuses to start (DLC_ERROR_LIMIT). Since 1.0. */
DLC_API dlc_status dlc_run_set_memory_limit(dlc_run *run, int64_t bytes);

/*
 * dlc_run_memory_estimate() - bytes that libdlc will hold at most for this run within its limit, the mask's and the
 * score's included. Errors: DLC_ERROR_STATE (mask or score not set), DLC_ERROR_LIMIT. Since 1.0.
 */
DLC_API dlc_status dlc_run_memory_estimate(dlc_run *run, int64_t *bytes);

/*
 * dlc_run_execute() - does the run. May be called again: the score starts anew.
 *
 * Errors: DLC_ERROR_STATE (something is not set, or a level is applied), DLC_ERROR_CALLBACK (the model failed: names
 * level and batch), DLC_ERROR_CANCELLED, DLC_ERROR_DATA, DLC_ERROR_LIMIT, DLC_ERROR_MEMORY: from mask and score, with
 * their message. After an error the score holds no results. Since 1.0.
 */
DLC_API dlc_status dlc_run_execute(dlc_run *run);

/*
 * dlc_run_cancel() - makes the dlc_run_execute() that is under way, or the next one, return DLC_ERROR_CANCELLED after
 * the current batch. The one function that any thread (and any callback, and a signal handler) may call at any time
 * while the run exists. Since 1.0.
 */
DLC_API void dlc_run_cancel(dlc_run *run);

#ifdef __cplusplus
}
#endif
#endif
