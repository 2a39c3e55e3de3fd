/*
 * access.h - what the run module needs of a score beside its public functions: a look, never a change.
 */
#ifndef DLC_LIB_SCORE_ACCESS_H
#define DLC_LIB_SCORE_ACCESS_H

#include "dlc/score.h"

/* What dlc_score_set_range() was given. */
int64_t dlc_score_first_sample(const dlc_score *score);

/* int32[samples], or NULL where there are no labels (head loss). Valid until dlc_score_set_samples(). */
const int32_t *dlc_score_labels(const dlc_score *score);

/* What dlc_score_set_keep_curves() was given. */
int dlc_score_keeps_curves(const dlc_score *score);

/* dlc_score_memory_estimate(), where the caller holds so many bytes more while the sums of the features are held. */
dlc_status dlc_score_memory_estimate_with(dlc_score *score, int64_t beside_sums, int64_t *bytes);

#endif
