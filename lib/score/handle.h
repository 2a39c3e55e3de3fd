/*
 * handle.h - the scorer behind dlc_score, shared by the files of this folder:
 *   score.c      settings, memory, reset
 *   batch.c      checks a batch and marks its samples as seen
 *   centroids.c  class means of the unmasked features (exact_sum.h)
 *   sums.c       the sums of the features out and in, for data sets on many machines (sums_format.h)
 *   levels.c     observations, level by level (kernels.h, observe.h)
 *   results.c    scores, estimates, curves, counts
 *   state.c      all of it to a checkpoint and back
 */
#ifndef DLC_LIB_SCORE_HANDLE_H
#define DLC_LIB_SCORE_HANDLE_H

#include "dlc/score.h"

#include "../base/allocator.h"
#include "../base/error.h"
#include "exact_sum.h"
#include "kernels.h"
#include "observe.h"

#define DLC_NOT_SET  (-1)
#define DLC_NO_LEVEL (-1)

typedef struct dlc_score_settings {
    int64_t samples; /* 0 until set, like classes, width and levels */
    int64_t classes;
    int64_t width;
    int64_t levels;
    int64_t first; /* what the caller calls sample 0 */
    int32_t head;  /* DLC_NOT_SET until set */
    int32_t observation;
    int32_t keep_curves;
    int32_t threads; /* resolved */
} dlc_score_settings;

/* Work space of the threads of dlc_score_observe(), kept from batch to batch. */
typedef struct dlc_score_scratch {
    void *block;
    double *start; /* the first address in it that is aligned to a cache line */
    int32_t threads;
} dlc_score_scratch;

struct dlc_score {
    dlc_allocator allocator;
    dlc_error error;
    dlc_score_settings settings;
    int32_t *labels;       /* [samples]; NULL for head loss without labels */
    int64_t *class_counts; /* [classes]; NULL likewise */
    uint64_t *seen;        /* one bit a sample: came in the pass that is under way (features, or one level) */
    const dlc_kernels *kernels;

    /* The means: sums while features come in, then centroids, padded as kernels.h wants them. */
    dlc_exact_sums sums;
    int64_t *imported_counts; /* [classes]: samples in imported sums; NULL: the sums are of this scorer's own */
    void *centroids_block;
    double *centroids;
    int centroids_given; /* by the caller: a reset keeps them */

    /* The levels: allocated when the first begins. */
    uint8_t *level_done; /* [levels] */
    double *totals;      /* [samples]: the sums of the curves so far; NULL where curves are kept */
    float **curves;      /* [levels], NULL where they are not kept; [samples] each, NULL before its level begins */
    int32_t *correct;    /* [samples]: levels at which the label was the largest logit's; NULL where not counted */
    int64_t levels_done;
    int64_t level; /* under way, or DLC_NO_LEVEL */
    int closed;    /* no more levels will come, though some were not visited */
    dlc_score_scratch scratch;
};

/* Bytes that dlc_allocate_lines() takes for `count` doubles. */
int64_t dlc_lines_bytes(int64_t count);

/* Room for `count` doubles from the first cache line's border on, stored in *start. Returns the block to release, or
 * NULL. */
void *dlc_allocate_lines(const dlc_allocator *allocator, int64_t count, double **start);

/* Threads worth starting for a call that takes about `nanoseconds` on one. */
int32_t dlc_score_threads_for(const dlc_score *score, double nanoseconds);

/* Checks of the pass over the features: the head has centroids; they are still to be made; some features came. */
dlc_status dlc_score_require_centroid_head(dlc_score *score);
dlc_status dlc_score_require_no_centroids(dlc_score *score);
dlc_status dlc_score_require_features(dlc_score *score);

/* Frees the sums of the features, and the counts that came with them. */
void dlc_score_release_sums(dlc_score *score);

/* Doubles of the centroids, padding included. */
int64_t dlc_score_centroid_values(const dlc_score_settings *settings);

/* Room for the centroids, all 0, padding included. Errors: DLC_ERROR_MEMORY. */
dlc_status dlc_score_allocate_centroids(dlc_score *score);

/* 1 where the levels at which a sample was classified correctly are counted. */
int dlc_score_counts_correct(const dlc_score_settings *settings);

/* Doubles of work space that a thread of dlc_score_observe() needs. */
int64_t dlc_score_scratch_values(const dlc_score_settings *settings);

/* Bytes of the bitmap of seen samples. */
int64_t dlc_score_seen_bytes(int64_t samples);

#endif
