/*
 * access.h - what the run module needs of a score beside its public functions: a look, never a change.
 */
#ifndef DLC_LIB_SCORE_ACCESS_H
#define DLC_LIB_SCORE_ACCESS_H

#include "dlc/score.h"

/* int32[samples], or NULL where there are no labels (head loss). Valid until dlc_score_set_samples(). */
const int32_t *dlc_score_labels(const dlc_score *score);

/* What dlc_score_set_keep_curves() was given. */
int dlc_score_keeps_curves(const dlc_score *score);

#endif
