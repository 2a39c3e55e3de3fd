/*
 * dlc/mask.h - masks the weights of a model level by level, smallest first, and puts them back.
 *
 * Register the model's weight tensors (dlc_mask_add_tensor), choose a schedule and a criterion, and call
 * dlc_mask_plan(): a few reads of the weights find how many weights every level masks and the exact threshold of each.
 * Then either apply levels in place (dlc_mask_apply) and run the model between; or copy a tensor as it is at a level
 * (dlc_mask_copy); or read the thresholds (dlc_mask_get_level, dlc_mask_get_ties) and mask elsewhere, on a GPU say.
 *
 * The tensors' buffers stay the caller's: they must stay where they are, and nobody else may write to them, from
 * dlc_mask_plan() until the handle is used no more, since a plan is one of the weights as they were: not while a level
 * is applied, nor between dlc_mask_restore() and the next level. For weights that changed, make a new handle and a new
 * plan. dlc_mask_free() never touches them.
 *
 * Which weights go. Criterion l1: those of the smallest magnitude, over all maskable tensors together; magnitudes of
 * several dtypes compare as real numbers. Equal magnitudes go in the order (tensor registered first, lower index).
 * Criterion random: in an order drawn from a counter-based generator keyed by the seed and the weight's place. Either
 * way one run's masks are nested: what a level masks, every level that masks more masks too. A masked weight is +0.
 *
 * Memory. Beside the caller's buffers, dlc_mask_apply() holds the values that the deepest level masks and one bit a
 * weight; for criterion l1, on processors with AVX2, also one byte for every 64 bytes of weights and 64 KB a dtype.
 * dlc_mask_memory_estimate() tells how much that will be.
 *
 * Source: the schedule and the criteria of the paper's published code (torch.nn.utils.prune.global_unstructured, called
 * once a level); `linear` is the paper's figure.
 */
#ifndef DLC_MASK_H
#define DLC_MASK_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dlc_mask dlc_mask;

#define DLC_CRITERION_L1     0 /* smallest magnitude first, global over all maskable tensors */
#define DLC_CRITERION_RANDOM 1 /* in random order */

/*
 * dlc_mask_create() - an empty registry with the published schedule (geometric, 0.02, 50 levels), criterion l1, seed 1,
 * one thread.
 *
 * allocator: where its memory comes from; NULL: malloc(). Copied.
 * Errors: DLC_ERROR_ARGUMENT (out is NULL), DLC_ERROR_MEMORY. Since 1.0.
 */
DLC_API dlc_status dlc_mask_create(const dlc_allocator *allocator, dlc_mask **out);

/* dlc_mask_free() - frees the handle and what it saved; the weights stay as they are (dlc_mask_restore() first, where
 * they are still needed). Accepts NULL. Since 1.0. */
DLC_API void dlc_mask_free(dlc_mask *mask);

/* dlc_mask_message() - what the last failed call said; borrowed, see dlc/base.h. Since 1.0. */
DLC_API const char *dlc_mask_message(const dlc_mask *mask);

/*
 * dlc_mask_add_tensor() - registers one weight tensor. The order of registration settles ties.
 *
 * name: for messages; copied. No two tensors may share a name.
 * dtype: DLC_DTYPE_F32, F16, BF16 or F64.
 * data: count elements of that type, in the order of their flat index. Borrowed until the handle is used no more. Need
 * not be aligned. May be NULL if count is 0. maskable: 1, or 0 for a tensor that is only guarded against overlap.
 *
 * Errors: DLC_ERROR_ARGUMENT (dtype, count, NULL, a name twice, a buffer that overlaps another: the message names
 * both; more than 2^53 maskable weights), DLC_ERROR_STATE (a plan was made), DLC_ERROR_MEMORY. Since 1.0.
 */
DLC_API dlc_status dlc_mask_add_tensor(dlc_mask *mask, const char *name, int32_t dtype, void *data, int64_t count,
                                       int32_t maskable);

/* dlc_mask_tensor_count() - how many tensors are registered; they are numbered from 0 in that order. Since 1.0. */
DLC_API int64_t dlc_mask_tensor_count(const dlc_mask *mask);

/* ---- Options: before dlc_mask_plan(), else DLC_ERROR_STATE ---- */

/* dlc_mask_set_criterion() - which weights go first. criterion: DLC_CRITERION_L1 (default) or DLC_CRITERION_RANDOM.
 * Errors: DLC_ERROR_ARGUMENT, DLC_ERROR_STATE. Since 1.0. */
DLC_API dlc_status dlc_mask_set_criterion(dlc_mask *mask, int32_t criterion);

/* dlc_mask_set_seed() - the seed of criterion random (default 1); without effect on l1. Errors: DLC_ERROR_STATE.
 * Since 1.0. */
DLC_API dlc_status dlc_mask_set_seed(dlc_mask *mask, uint64_t seed);

/* dlc_mask_set_threads() - threads that plan, apply and copy may use: 1 (default) to 1024, or 0 for one per online
 * processor. Results do not depend on it. Allowed at any time. Errors: DLC_ERROR_ARGUMENT. Since 1.0. */
DLC_API dlc_status dlc_mask_set_threads(dlc_mask *mask, int32_t threads);

/*
 * dlc_mask_set_geometric() - level 0 masks nothing; each further level masks `amount` of the weights still unmasked:
 * K[0] = 0, K[t+1] = K[t] + round(amount * (P - K[t])), with P maskable weights and round half to even. The published
 * schedule is amount 0.02, 50 levels (default).
 *
 * amount: in (0, 1). levels: 1 to 1,000,000.
 * Errors: DLC_ERROR_ARGUMENT, DLC_ERROR_STATE. Since 1.0.
 */
DLC_API dlc_status dlc_mask_set_geometric(dlc_mask *mask, double amount, int64_t levels);

/*
 * dlc_mask_set_linear() - masked shares evenly spread from first to last: K[t] = round(share[t] * P) with
 * share[t] = first + t * (last - first) / (levels - 1). One level: share[0] = first. The paper's figure is 0.02 to 0.98
 * in 49 levels.
 *
 * first, last: in [0, 1]. levels: 1 to 1,000,000. Errors: as above. Since 1.0.
 */
DLC_API dlc_status dlc_mask_set_linear(dlc_mask *mask, double first, double last, int64_t levels);

/*
 * dlc_mask_set_list() - masked shares one by one: K[t] = round(shares[t] * P). Copied.
 * shares: double[levels] in [0, 1], in the order in which they are to be visited.
 * Errors: DLC_ERROR_ARGUMENT, DLC_ERROR_STATE, DLC_ERROR_MEMORY. Since 1.0.
 */
DLC_API dlc_status dlc_mask_set_list(dlc_mask *mask, const double *shares, int64_t levels);

/*
 * dlc_mask_set_schedule() - the same three from text, as the dlc command takes them.
 *
 * spec: "geometric:0.02x50", "linear:0.02-0.98x49", "list:0,0.1,0.5". Numbers are digits with or without a decimal
 * part, of at most 18 digits that count, read to the nearest double; the decimal point is '.', whatever the locale.
 * Errors: as above; the message quotes the text. Since 1.0.
 */
DLC_API dlc_status dlc_mask_set_schedule(dlc_mask *mask, const char *spec);

/* ---- The plan ---- */

/*
 * dlc_mask_plan() - finds the kept count and the exact threshold of every level.
 *
 * Reads the weights two times (dtypes of up to 32 bits; four times with f64 among them), and once more where weights of
 * equal magnitude must be divided between levels; more often where there are more than a few hundred levels. Needs
 * some MB for its histograms while it runs (never more than 70, and 64 bytes a level), no copy of the weights. Called
 * again after success: DLC_ERROR_STATE.
 *
 * Errors: DLC_ERROR_DATA (a NaN or infinity in a maskable tensor: names tensor and index; no maskable weight at all),
 * DLC_ERROR_MEMORY. Since 1.0.
 */
DLC_API dlc_status dlc_mask_plan(dlc_mask *mask);

/* dlc_mask_level_count() - levels of the schedule; known before the plan. Since 1.0. */
DLC_API int64_t dlc_mask_level_count(const dlc_mask *mask);

/* dlc_mask_weight_count() - P, the number of maskable weights registered. Since 1.0. */
DLC_API int64_t dlc_mask_weight_count(const dlc_mask *mask);

/*
 * dlc_mask_get_level() - what a level does. Each out pointer may be NULL.
 *
 * kept: maskable weights left, P - K. capacity: kept / P.
 * threshold: the largest magnitude that is masked at this level (0 where nothing is): every weight below it is masked,
 * none above it, and of those equal to it the first dlc_mask_get_ties() of each tensor. NaN with criterion random.
 *
 * Errors: DLC_ERROR_STATE (no plan), DLC_ERROR_ARGUMENT (no such level). Since 1.0.
 */
DLC_API dlc_status dlc_mask_get_level(dlc_mask *mask, int64_t level, int64_t *kept, double *capacity,
                                      double *threshold);

/*
 * dlc_mask_get_ties() - how many of a tensor's weights of magnitude equal to the level's threshold are masked: the
 * first `ties` ones, by flat index. 0 for a tensor that is not maskable. Reads the tensor once, whatever level is
 * applied.
 *
 * Errors: DLC_ERROR_STATE (no plan; criterion random), DLC_ERROR_ARGUMENT (no such level or tensor). Since 1.0.
 */
DLC_API dlc_status dlc_mask_get_ties(dlc_mask *mask, int64_t level, int64_t tensor, int64_t *ties);

/*
 * dlc_mask_memory_estimate() - bytes that this handle will hold at most beside the caller's weights, the histograms of
 * the plan included, with the threads that are set now. Needs the schedule and all tensors, not the plan. For dtypes of
 * several sizes it takes the masked weights to be of the larger ones. Errors: DLC_ERROR_ARGUMENT. Since 1.0.
 */
DLC_API dlc_status dlc_mask_memory_estimate(dlc_mask *mask, int64_t *bytes);

/* ---- Levels ---- */

/*
 * dlc_mask_apply() - sets the caller's weights to what they are at a level, from whatever level they are at: all of it
 * or nothing. The first call saves the values that any level will mask.
 *
 * Errors: DLC_ERROR_STATE (no plan; the weights are not those of the plan, where that shows in how many the deepest
 * level would mask), DLC_ERROR_ARGUMENT (no such level), DLC_ERROR_MEMORY. The weights are as before then.
 * Since 1.0.
 */
DLC_API dlc_status dlc_mask_apply(dlc_mask *mask, int64_t level);

/*
 * dlc_mask_restore() - puts every weight back, bit for bit, and releases what was saved; then any level can be applied
 * anew. Nothing to do where no level is applied. Never fails for want of memory. Errors: DLC_ERROR_ARGUMENT (NULL).
 * Since 1.0.
 */
DLC_API dlc_status dlc_mask_restore(dlc_mask *mask);

/* dlc_mask_current_level() - the level that the weights are at; -1 where they are the caller's own. Since 1.0. */
DLC_API int64_t dlc_mask_current_level(const dlc_mask *mask);

/*
 * dlc_mask_copy() - writes one tensor as it is at a level into out (count elements of its dtype, not overlapping any
 * registered buffer), whatever level is applied; the weights are not touched. A tensor that is not maskable is copied
 * as it is. Needs no memory worth naming.
 *
 * Errors: DLC_ERROR_STATE (no plan), DLC_ERROR_ARGUMENT (no such level or tensor, NULL, an overlap: names the tensor).
 * Since 1.0.
 */
DLC_API dlc_status dlc_mask_copy(dlc_mask *mask, int64_t level, int64_t tensor, void *out);

#ifdef __cplusplus
}
#endif
#endif
