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

/* What dlc_score_set_keep_curves() and dlc_score_set_observation() were given. */
int dlc_score_keeps_curves(const dlc_score *score);
int32_t dlc_score_observation(const dlc_score *score);

/* One class's centroid, double[width], if the caller gave the centroids; else NULL. */
const double *dlc_score_given_centroid(const dlc_score *score, int64_t class_id);

/* 1 if the level was ended, else 0. */
int dlc_score_level_is_done(const dlc_score *score, int64_t level);

/* The level that is under way, or -1. */
int64_t dlc_score_level_under_way(const dlc_score *score);

/* dlc_score_memory_estimate(), where the caller holds so many bytes more while the sums of the features are held. */
dlc_status dlc_score_memory_estimate_with(dlc_score *score, int64_t beside_sums, int64_t *bytes);

#endif
