/*
 * dlc/flexrand.h - scores, and labels if there are any -> the indices of the subset.
 *
 * Give it the samples once (dlc_flexrand_set_samples), then select as often as wanted with other gammas, keeps or
 * seeds, and copy each selection out. It knows nothing of masks or models: any score will do, high = hard.
 *
 * FlexRand(gamma, keep), per class of n samples sorted by (score, id). The split gamma cuts the class: the first
 * round(gamma * n) are its easy interval, the rest its hard one. The shares drawn from them are
 *     gamma <= 0.5:  easy = min(gamma, keep / 2),      hard = keep - easy
 *     else:          hard = min(1 - gamma, keep / 2),  easy = keep - hard
 * Every round here is half to even, in double.
 *
 * Budget exact (default). One pick order over the whole data set, of which every budget is a prefix: the total is
 * exact, and a larger keep contains every smaller one.
 *
 *   - In a class each interval is shuffled by a key from (seed, sample id), and the two take turns until one is used
 *     up, then the other goes on; a coin keyed by (seed, class) says who starts.
 *   - Across classes the j-th pick (from 0) of a class of n comes at time (j + u) / n, with
 *     u = frac(v + r * 0.6180339887498949), v uniform from the seed and r the class's place in ascending order of size
 *     (equal sizes shuffled by the seed); the pick order is by time, ties to the lower class. So there is a share t
 *     with every class's count within one of t * n, and over the seeds small classes are drawn without bias.
 *   - A floor gives every class its first min(floor, n) picks before all others.
 *
 *     GUARANTEE G3. An exact budget is exact.
 *
 * Budget paper. The published rounding: class by class, in ascending order of label, round(n * easy) from the easy
 * interval, then round(n * hard) from the hard one. With the numpy generator these are the very indices of the
 * published selection function (numpy.random.seed(seed), then numpy.random.choice(interval, size, replace=False), easy
 * before hard), where no scores tie; with philox each interval gives the first of the shuffle above. A hard interval
 * smaller than its share - two roundings up can make it so, 3 samples at gamma 0.5 and keep 1 for one - is an error, as
 * there.
 *
 * Methods besides flexrand: easy (lowest scores first), hard (highest first), ties to the lower id in both, and random,
 * each per class; exact across classes by the same pick order, or round(n * keep) of a class with the paper budget
 * (random with the numpy generator: numpy.random.choice over the class in ascending order of id).
 *
 * Source: arXiv 2402.05356 and its published code (FlexRand, the paper budget); the pick order is libdlc's own.
 */
#ifndef DLC_FLEXRAND_H
#define DLC_FLEXRAND_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dlc_flexrand dlc_flexrand;

#define DLC_METHOD_FLEXRAND 0
#define DLC_METHOD_EASY     1
#define DLC_METHOD_HARD     2
#define DLC_METHOD_RANDOM   3

#define DLC_BUDGET_EXACT 0
#define DLC_BUDGET_PAPER 1

#define DLC_RNG_PHILOX 0 /* counter-based, keyed by (seed, sample id); seeds of 64 bits */
#define DLC_RNG_NUMPY  1 /* NumPy's legacy MT19937 stream; seeds of 32 bits; paper budget only */

#define DLC_ORDER_INDEX 0 /* ascending */
#define DLC_ORDER_PICK  1 /* as picked: the pick order (exact); as drawn, class by class (paper) */

#define DLC_INTERVAL_EASY 0
#define DLC_INTERVAL_HARD 1

/*
 * dlc_flexrand_create() - a selector with method flexrand, gamma 0.5, budget exact, generator philox, seed 1, no floor.
 * allocator: NULL: malloc(). Copied. Errors: DLC_ERROR_ARGUMENT, DLC_ERROR_MEMORY. Since 1.0.
 */
DLC_API dlc_status dlc_flexrand_create(const dlc_allocator *allocator, dlc_flexrand **out);

/* dlc_flexrand_free() - frees the handle. Accepts NULL. Since 1.0. */
DLC_API void dlc_flexrand_free(dlc_flexrand *flexrand);

/* dlc_flexrand_message() - what the last failed call said; borrowed, see dlc/base.h. Since 1.0. */
DLC_API const char *dlc_flexrand_message(const dlc_flexrand *flexrand);

/*
 * dlc_flexrand_set_samples() - the samples to select from; sorted once, for all selections. Nothing is borrowed
 * afterwards.
 *
 * samples: N, 1 to 4,294,967,295.
 * labels: int64[N], none negative, any values (classes need not be consecutive). Any grouping will do: by source, by
 * task. NULL: no groups; all samples are one class, as if every label were 0.
 * scores: float32[N], high = hard; no NaN (infinities sort as they are, -0 is 0).
 * ids: int64[N], a stable id of each sample (a file's hash, a database key), of any sign, all different; NULL: the
 * index. With ids the subset does not depend on the order of the samples.
 *
 * Holds about 4 bytes a sample, 12 with ids.
 *
 * A selection made before is dropped; after an error both it and the samples set before stay.
 *
 * Errors: DLC_ERROR_ARGUMENT, DLC_ERROR_DATA (a negative label, a NaN score, an id twice: names the samples),
 * DLC_ERROR_MEMORY. Since 1.0.
 */
DLC_API dlc_status dlc_flexrand_set_samples(dlc_flexrand *flexrand, int64_t samples, const int64_t *labels,
                                            const float *scores, const int64_t *ids);

/*
 * ---- Options ----
 *
 * At any time, in any order, for the selections to come; whether they go together is checked when selecting. Errors:
 * DLC_ERROR_ARGUMENT.
 */

/* dlc_flexrand_set_method() - what a class is drawn by. method: DLC_METHOD_*. Since 1.0. */
DLC_API dlc_status dlc_flexrand_set_method(dlc_flexrand *flexrand, int32_t method);

/* dlc_flexrand_set_gamma() - the split. gamma: in (0, 1). Since 1.0. */
DLC_API dlc_status dlc_flexrand_set_gamma(dlc_flexrand *flexrand, double gamma);

/* dlc_flexrand_set_budget() - how the total is kept. budget: DLC_BUDGET_*. Since 1.0. */
DLC_API dlc_status dlc_flexrand_set_budget(dlc_flexrand *flexrand, int32_t budget);

/* dlc_flexrand_set_rng() - the generator. rng: DLC_RNG_*. Since 1.0. */
DLC_API dlc_status dlc_flexrand_set_rng(dlc_flexrand *flexrand, int32_t rng);

/* dlc_flexrand_set_seed() - the seed of all that is drawn. Since 1.0. */
DLC_API dlc_status dlc_flexrand_set_seed(dlc_flexrand *flexrand, uint64_t seed);

/* dlc_flexrand_set_floor() - picks that every class is given first, min(floor, n); 0 (default): none. Budget exact
 * only. Since 1.0. */
DLC_API dlc_status dlc_flexrand_set_floor(dlc_flexrand *flexrand, int64_t floor);

/* ---- Selecting ---- */

/*
 * dlc_flexrand_select_keep() - selects a share of the samples: round(keep * N) in all (exact), or by the published
 * rounding in every class (paper).
 *
 * keep: in (0, 1].
 * Errors: DLC_ERROR_STATE (no samples), DLC_ERROR_ARGUMENT (keep; a total of 0; options that do not go together; a
 * numpy seed of more than 32 bits; floors that add up to more than the budget: says both), DLC_ERROR_DATA (paper: an
 * interval smaller than its share: names class and both numbers), DLC_ERROR_MEMORY. After an error there is no
 * selection. Since 1.0.
 */
DLC_API dlc_status dlc_flexrand_select_keep(dlc_flexrand *flexrand, double keep);

/* dlc_flexrand_select_count() - the same for a number of samples, 1 to N; with the paper budget keep is count / N.
 * Since 1.0. */
DLC_API dlc_status dlc_flexrand_select_count(dlc_flexrand *flexrand, int64_t count);

/* dlc_flexrand_selected_count() - samples in the selection; -1 where there is none. Since 1.0. */
DLC_API int64_t dlc_flexrand_selected_count(const dlc_flexrand *flexrand);

/*
 * dlc_flexrand_get_selection() - copies the selection out.
 *
 * order: DLC_ORDER_*.
 * indices: int64[selected_count], places in the arrays given (never ids). intervals: int32[selected_count],
 * DLC_INTERVAL_* of each with the gamma of the selection, whatever the method; may be NULL.
 *
 * Errors: DLC_ERROR_STATE (no selection), DLC_ERROR_ARGUMENT, DLC_ERROR_MEMORY. Since 1.0.
 */
DLC_API dlc_status dlc_flexrand_get_selection(dlc_flexrand *flexrand, int32_t order, int64_t *indices,
                                              int32_t *intervals);

#ifdef __cplusplus
}
#endif
#endif
