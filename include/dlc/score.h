/*
 * dlc/score.h - turns what the model says of every sample at every level into curves and hardness scores.
 *
 * The caller brings the model's outputs in batches, in any order; the mask module is not needed. The way of a pass:
 *
 *     dlc_score_set_samples, dlc_score_set_head, dlc_score_set_levels, ...
 *
 *     head centroid only: dlc_score_add_features for the unmasked features of every sample, in batches;
 *     then dlc_score_finish_centroids. Or dlc_score_set_centroids.
 *
 *     for every level, in any order: dlc_score_begin_level;
 *     dlc_score_observe for every sample exactly once, in batches; dlc_score_end_level.
 *     Where some of the levels are enough: dlc_score_close.
 *
 *     dlc_score_get_scores, dlc_score_get_curves
 *
 * Heads: what a row of a batch is.
 *
 *   centroid    the features z of a sample, float32[dim]. mu[c] is the mean of the unmasked features of class c, the
 *               same for the whole run; d[c] = sqrt(max(sum (z - mu[c])^2, 1e-12)), and the logits are 1 / d[c]. The
 *               training-free head.
 *
 *   logits      the model's own C logits.
 *
 *   loss        one number, the loss itself (for language models: the mean negative log-likelihood of the response
 *               tokens).
 *
 * Observations: what is recorded of it, as float32, with p = softmax(logits) and y the label.
 *
 *   loss        -log p[y], and float32's largest value where that is larger; with head loss, the row's number
 *
 *   correct     1 if the largest logit is the label's (ties to the lower class), else 0
 *
 *   confidence  p[y]
 *
 *   margin      p[y] - max over c != y of p[c]; with one class, p[y]
 *
 * Score: high = hard, always. The mean over the levels of a loss curve; 1 - mean for correct and confidence; -mean for
 * margin. The float32 observations are added in double, in ascending order of level where curves are kept and else in
 * the order in which the levels are visited, and the mean is rounded to float32 at the end: losses read back from a
 * stored curve, in the same order, give the same score.
 *
 * Estimate: the score from some of the levels. In place of the mean stands the integral of the curve over the level's
 * index by the trapezoid rule: with the visited levels v[0] < v[1] < ... < v[k-1] and the observations c[j] there,
 *
 *     sum over j of (v[j+1] - v[j]) * (c[j] + c[j+1]) / 2, divided by v[k-1] - v[0]
 *
 * and c[0] itself where one level was visited. Where every level was visited the estimate is the score, by the mean.
 *
 * Many machines. Samples meet in the centroids alone, so a data set may lie in parts, each with a scorer of its own:
 *
 *     every part: dlc_score_set_range says which samples it holds; dlc_score_add_features for each of them;
 *     dlc_score_export_sums. The sums of all parts: dlc_score_merge_sums, in any order. Every part:
 *     dlc_score_import_sums, dlc_score_finish_centroids, and the levels as ever.
 *
 * The results of a part are then the columns of its samples in the results of one scorer over the whole data set, bit
 * for bit: scores and counts of correct levels are put one after the other by range, curves likewise in every row. The
 * other heads have nothing to exchange. The levels must be the same in all parts, and where curves are not kept their
 * order too.
 *
 * Determinism. The centroid sums are exact (fixed point, wider than float32's range), so no order of samples, batches,
 * threads or parts can change a bit of them. Distances are sums of squared differences in double, in one fixed order,
 * and exponentials are the library's own: threads, batches and the processor's instruction set do not change a bit.
 * Scores thus depend on the outputs alone, where curves are not kept on the order of the levels too (and on log1p() of
 * the C library).
 *
 * Source: arXiv 2402.05356 and its published code (distances to class centroids, cross entropy of 1 / d, mean over the
 * levels).
 */
#ifndef DLC_SCORE_H
#define DLC_SCORE_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dlc_score dlc_score;

#define DLC_HEAD_CENTROID 0
#define DLC_HEAD_LOGITS   1
#define DLC_HEAD_LOSS     2

#define DLC_OBSERVE_LOSS       0
#define DLC_OBSERVE_CORRECT    1
#define DLC_OBSERVE_CONFIDENCE 2
#define DLC_OBSERVE_MARGIN     3

/*
 * dlc_score_create() - a scorer with observation loss, no curves kept, one thread; samples, head and levels are still
 * to be set. allocator: NULL: malloc(). Copied. Errors: DLC_ERROR_ARGUMENT, DLC_ERROR_MEMORY. Since 1.0.
 */
DLC_API dlc_status dlc_score_create(const dlc_allocator *allocator, dlc_score **out);

/* dlc_score_free() - frees the handle. Accepts NULL. Since 1.0. */
DLC_API void dlc_score_free(dlc_score *score);

/* dlc_score_message() - what the last failed call said; borrowed, see dlc/base.h. Since 1.0. */
DLC_API const char *dlc_score_message(const dlc_score *score);

/*
 * ---- What is to come ----
 *
 * Set before the first batch or after a reset, else DLC_ERROR_STATE. Settings may come in any order; one that does not
 * go with those before it is refused (DLC_ERROR_ARGUMENT). With centroids given by dlc_score_set_centroids(), head,
 * width and classes stay (DLC_ERROR_STATE).
 */

/*
 * dlc_score_set_samples() - the samples and their labels.
 *
 * samples: N, 1 to 1,000,000,000,000; they are numbered from 0 on, or from where dlc_score_set_range() says.
 * labels: int64[N], each in [0, classes); copied. May be NULL, with classes 0, for head loss.
 * classes: C, 1 to 16,777,216.
 *
 * Errors: DLC_ERROR_ARGUMENT, DLC_ERROR_DATA (a label out of range: names the sample), DLC_ERROR_STATE,
 * DLC_ERROR_MEMORY. Since 1.0.
 */
DLC_API dlc_status dlc_score_set_samples(dlc_score *score, int64_t samples, const int64_t *labels, int64_t classes);

/*
 * dlc_score_set_head() - what a row of a batch holds.
 * head: DLC_HEAD_*. width: floats in a row: dim (1 to 16,777,216) for centroid, C for logits, 1 for loss. Errors:
 * DLC_ERROR_ARGUMENT, DLC_ERROR_STATE. Since 1.0.
 */
DLC_API dlc_status dlc_score_set_head(dlc_score *score, int32_t head, int64_t width);

/*
 * dlc_score_set_range() - this scorer holds samples first to first + N - 1 of a larger data set.
 *
 * Sample numbers are the larger data set's from then on: in calls (`first`, `samples`), in dlc_run's forward callback
 * and in messages. Arrays that come out hold this scorer's N samples, in ascending order of number.
 *
 * first: 0 (default) to 1,000,000,000,000. Errors: DLC_ERROR_ARGUMENT, DLC_ERROR_STATE. Since 1.0.
 */
DLC_API dlc_status dlc_score_set_range(dlc_score *score, int64_t first);

/* dlc_score_set_observation() - what is recorded. observation: DLC_OBSERVE_*; default loss. Head loss knows loss alone.
 * Since 1.0. */
DLC_API dlc_status dlc_score_set_observation(dlc_score *score, int32_t observation);

/* dlc_score_set_levels() - the number of levels, 1 to 1,000,000. Since 1.0. */
DLC_API dlc_status dlc_score_set_levels(dlc_score *score, int64_t levels);

/*
 * dlc_score_set_keep_curves() - 0 (default) for running sums only: 13 bytes a sample, so that 10^8 samples fit. 1 to
 * keep every observation, 4 bytes a sample and level, taken level by level as they begin; and with heads centroid and
 * logits 4 bytes a sample for dlc_score_get_correct_counts(). Since 1.0.
 */
DLC_API dlc_status dlc_score_set_keep_curves(dlc_score *score, int32_t keep);

/* dlc_score_set_threads() - threads that a call may use: 1 (default) to 1024, or 0 for one per online processor. A call
 * with little to do uses fewer. Results do not depend on it. Allowed at any time. Since 1.0. */
DLC_API dlc_status dlc_score_set_threads(dlc_score *score, int32_t threads);

/* dlc_score_sample_count(), dlc_score_class_count(), dlc_score_width(), dlc_score_head() - what was set; 0 before (-1
 * for the head). Since 1.0. */
DLC_API int64_t dlc_score_sample_count(const dlc_score *score);
DLC_API int64_t dlc_score_class_count(const dlc_score *score);
DLC_API int64_t dlc_score_width(const dlc_score *score);
DLC_API int32_t dlc_score_head(const dlc_score *score);

/*
 * dlc_score_memory_estimate() - bytes that this handle will hold at most with what is set now, once every level was
 * visited. Needs samples, head and levels (DLC_ERROR_STATE). Since 1.0.
 */
DLC_API dlc_status dlc_score_memory_estimate(dlc_score *score, int64_t *bytes);

/* ---- Centroids (head centroid only) ---- */

/*
 * Batches, here and in dlc_score_observe():
 *
 * first, samples: which sample each row is of. With samples NULL, row r is sample first + r; else it is int64[rows],
 * row r is sample samples[r], and first is ignored. rows: number of rows, 0 allowed. data: float[rows, width]; row r
 * starts at data + r * stride. stride: floats from one row to the next; at least width, or anything for one row.
 *
 * A call is all or nothing: after an error the batch counts as not given.
 */

/*
 * dlc_score_add_features() - adds a batch of unmasked features to the class means. Every sample must come exactly once.
 *
 * Errors: DLC_ERROR_STATE (not head centroid; centroids are final already), DLC_ERROR_ARGUMENT (a sample out of range,
 * stride), DLC_ERROR_DATA (a sample for the second time; a NaN or infinity: names sample and feature),
 * DLC_ERROR_MEMORY. Since 1.0.
 */
DLC_API dlc_status dlc_score_add_features(dlc_score *score, int64_t first, const int64_t *samples, int64_t rows,
                                          const float *data, int64_t stride);

/*
 * dlc_score_finish_centroids() - divides the sums; the centroids are final then, float32[C, dim], rounded once from the
 * exact sum's quotient. Errors: DLC_ERROR_DATA (a class without a sample, a sample that never came: named),
 * DLC_ERROR_STATE, DLC_ERROR_MEMORY. Since 1.0.
 */
DLC_API dlc_status dlc_score_finish_centroids(dlc_score *score);

/*
 * dlc_score_set_centroids() - the caller's own centroids, float32[C, dim]; copied. Then no features are added. A
 * setting: given after samples and head, whose classes and width they fix from then on, and kept by dlc_score_reset();
 * may be given anew before the first level begins.
 *
 * Errors: DLC_ERROR_DATA (a NaN or infinity: named), DLC_ERROR_STATE, DLC_ERROR_ARGUMENT, DLC_ERROR_MEMORY. Since 1.0.
 */
DLC_API dlc_status dlc_score_set_centroids(dlc_score *score, const float *centroids);

/* dlc_score_has_centroids() - 1 once the centroids are final (always for the other heads), else 0. Since 1.0. */
DLC_API int32_t dlc_score_has_centroids(const dlc_score *score);

/* dlc_score_get_centroids() - copies them out. centroids: float32[C, dim]. Errors: DLC_ERROR_STATE (not final),
 * DLC_ERROR_ARGUMENT. Since 1.0. */
DLC_API dlc_status dlc_score_get_centroids(dlc_score *score, float *centroids);

/*
 * ---- Sums of a data set in parts (head centroid only) ----
 *
 * Sums travel as bytes: the exact sum of every feature over the samples of every class, and how many samples that were.
 * The form is the same on every machine (little-endian, versioned, with a checksum), its size depends on classes and
 * width alone, and equal sums have equal bytes. Nothing in it is believed unchecked. Nothing of it is secret either: a
 * class of one sample travels as that sample's features.
 */

/* dlc_score_sums_size() - bytes of the sums: 48 + C * (8 + 44 * dim). Errors: DLC_ERROR_STATE (samples or head are not
 * set; not head centroid), DLC_ERROR_ARGUMENT. Since 1.0. */
DLC_API dlc_status dlc_score_sums_size(dlc_score *score, int64_t *bytes);

/*
 * dlc_score_export_sums() - copies out the sums of the features added so far (or of those that were imported).
 *
 * sums: `bytes` bytes, at no particular alignment. bytes: what dlc_score_sums_size() says.
 * Errors: DLC_ERROR_STATE (not head centroid; no features were added; centroids are final already),
 * DLC_ERROR_ARGUMENT. Since 1.0.
 */
DLC_API dlc_status dlc_score_export_sums(dlc_score *score, void *sums, int64_t bytes);

/*
 * dlc_score_merge_sums() - adds the sums `from` to the sums `into`, both of `bytes` bytes as they were exported.
 *
 * A function of the two buffers alone: it needs no handle and no memory, and may be called anywhere, in the body of an
 * MPI_Op for one. Neither the order nor the grouping of several merges changes a bit. After an error `into` is as it
 * was. Any thread.
 *
 * Errors: DLC_ERROR_ARGUMENT (NULL), DLC_ERROR_FORMAT (one of the two is damaged or something else, or they are of
 * different classes or widths), DLC_ERROR_UNSUPPORTED (sums of a later version), DLC_ERROR_DATA (more than 2^62 samples
 * of a class). Since 1.0.
 */
DLC_API dlc_status dlc_score_merge_sums(void *into, const void *from, int64_t bytes);

/*
 * dlc_score_import_sums() - puts the sums of the whole data set in the place of this part's own, which they must
 * include. All features of this part must have come. dlc_score_finish_centroids() then divides by the samples of the
 * whole, so a class may be missing here as long as the whole has it. May be repeated; forgotten by dlc_score_reset().
 *
 * Errors: DLC_ERROR_STATE (not head centroid; no features were added; centroids are final already), DLC_ERROR_ARGUMENT
 * (NULL), DLC_ERROR_FORMAT (damaged, something else, or of other classes or another width: says which),
 * DLC_ERROR_UNSUPPORTED (a later version), DLC_ERROR_DATA (a sample never came; fewer samples of a class than this part
 * has: not the whole), DLC_ERROR_MEMORY. Since 1.0.
 */
DLC_API dlc_status dlc_score_import_sums(dlc_score *score, const void *sums, int64_t bytes);

/* ---- Levels ---- */

/*
 * dlc_score_begin_level() - the batches to come are of this level. Each level once, in any order.
 * Errors: DLC_ERROR_STATE (samples, head, levels or centroids are not there yet; a level is under way; this one was
 * done; the score is closed), DLC_ERROR_ARGUMENT (no such level), DLC_ERROR_MEMORY. Since 1.0.
 */
DLC_API dlc_status dlc_score_begin_level(dlc_score *score, int64_t level);

/*
 * dlc_score_observe() - records a batch at the current level; parameters as above.
 *
 * Errors: DLC_ERROR_STATE (no level begun), DLC_ERROR_ARGUMENT (a sample out of range, stride), DLC_ERROR_DATA (a
 * sample for the second time at this level; a NaN or infinity: names sample, level and place), DLC_ERROR_MEMORY.
 * Since 1.0.
 */
DLC_API dlc_status dlc_score_observe(dlc_score *score, int64_t first, const int64_t *samples, int64_t rows,
                                     const float *data, int64_t stride);

/* dlc_score_end_level() - closes the level. Errors: DLC_ERROR_DATA (a sample was not observed: named; the level stays
 * open), DLC_ERROR_STATE. Since 1.0. */
DLC_API dlc_status dlc_score_end_level(dlc_score *score);

/*
 * dlc_score_close() - no more levels will come: dlc_score_get_scores() gives the estimate from those that were visited,
 * dlc_score_get_curves() their rows. Nothing changes where every level was visited, or where it is closed already.
 * Opened again by dlc_score_reset().
 *
 * Errors: DLC_ERROR_STATE (a level is under way; none was visited; some were not, and curves are not kept). Since 1.0.
 */
DLC_API dlc_status dlc_score_close(dlc_score *score);

/*
 * dlc_score_reset() - forgets the observations and the centroids made from features; keeps the settings, and centroids
 * that dlc_score_set_centroids() gave. A new pass may start. Errors: DLC_ERROR_ARGUMENT (NULL). Since 1.0.
 */
DLC_API dlc_status dlc_score_reset(dlc_score *score);

/* ---- Results ---- */

/* dlc_score_visited_count() - levels that were ended, from 0 to the number of levels. Since 1.0. */
DLC_API int64_t dlc_score_visited_count(const dlc_score *score);

/* dlc_score_get_visited() - which they are. levels: int64[visited], ascending. Errors: DLC_ERROR_ARGUMENT. Since 1.0.
 */
DLC_API dlc_status dlc_score_get_visited(dlc_score *score, int64_t *levels);

/* dlc_score_get_scores() - the outcome. scores: float32[N], high = hard. Errors: DLC_ERROR_STATE (a level is still to
 * come, and the score is not closed), DLC_ERROR_ARGUMENT. Since 1.0. */
DLC_API dlc_status dlc_score_get_scores(dlc_score *score, float *scores);

/*
 * dlc_score_get_estimate() - scores: float32[N], the scores from the levels visited so far; more may come. Needs kept
 * curves until every level was visited.
 *
 * Errors: DLC_ERROR_STATE (a level is under way; none was visited; some were not, and curves are not kept),
 * DLC_ERROR_ARGUMENT. Since 1.0.
 */
DLC_API dlc_status dlc_score_get_estimate(dlc_score *score, float *scores);

/*
 * dlc_score_get_curves() - curves: float32[visited, N], a row for every level that was visited, in ascending order of
 * level (every level, unless the score was closed before). Errors: DLC_ERROR_STATE (curves are not kept; a level is
 * still to come, and the score is not closed), DLC_ERROR_ARGUMENT. Since 1.0.
 */
DLC_API dlc_status dlc_score_get_curves(dlc_score *score, float *curves);

/*
 * dlc_score_get_correct_counts() - counts: int32[N], at how many of the levels visited so far the largest logit (the
 * nearest centroid) is the label's, ties to the lower class, whatever the observation. A sample with 0 looks
 * mislabelled: the model took it for another class at every level.
 *
 * Errors: DLC_ERROR_STATE (head loss; curves are not kept; a level is under way; none was visited), DLC_ERROR_ARGUMENT.
 * Since 1.0.
 */
DLC_API dlc_status dlc_score_get_correct_counts(dlc_score *score, int32_t *counts);

#ifdef __cplusplus
}
#endif
#endif
