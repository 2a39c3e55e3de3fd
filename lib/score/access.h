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

/* Bytes that a score holds at most, stage by stage: each the whole of it, not what is added. */
typedef struct dlc_score_memory {
    int64_t settings;    /* before the first batch */
    int64_t sums;        /* while features are added, up to the centroids; no other stage where there are none to make */
    int64_t imported;    /* what sums of a larger data set add to that */
    int64_t first_level; /* the first level to be visited */
    int64_t levels;      /* the last one */
} dlc_score_memory;

/* Of so many levels, whatever came already: from the first batch on. Errors: as dlc_score_memory_estimate(). */
dlc_status dlc_score_memory_by_stage(dlc_score *score, int64_t levels, dlc_score_memory *out);

#endif
