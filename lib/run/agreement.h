/*
 * agreement.h - how well two rankings of the same samples agree: Spearman's rank correlation within classes, pooled.
 * Used by run.c to see whether a further round of levels still changes the ranking; knows nothing of levels.
 *
 * In every class of n >= 2 samples each sample has its rank r by score, 1 to n, tied scores the mean of their ranks.
 * With x = (r - (n + 1) / 2) / n in one ranking and y in the other, the agreement is
 *
 *     sum(x y) / sqrt(sum(x x) * sum(y y))
 *
 * over the samples of all these classes. The division by n makes sum(x x) of a class without ties (n - 1 / n) / 12, so
 * that a class counts by its samples. Equal rankings have the agreement 1 exactly.
 */
#ifndef DLC_LIB_AGREEMENT_H
#define DLC_LIB_AGREEMENT_H

#include "base/allocator.h"
#include "base/radix.h"

typedef struct dlc_agreement {
    const int32_t *labels; /* borrowed; NULL: all samples are one class */
    int64_t samples;
    dlc_radix_room room;
    double *deviations; /* of the ranking before: 2 r - (n + 1), an integer */
} dlc_agreement;

/* Bytes that a dlc_agreement holds. */
int64_t dlc_agreement_bytes(int64_t samples);

/* Returns 0, with nothing to release, where there is no memory, else 1. */
int dlc_agreement_start(dlc_agreement *agreement, const dlc_allocator *allocator, int64_t samples,
                        const int32_t *labels);

/* Accepts one that is all 0, or was stopped already. */
void dlc_agreement_stop(dlc_agreement *agreement, const dlc_allocator *allocator);

/*
 * The agreement of the ranking by these scores (no NaN) with that of the call before, in [-1, 1]; NaN where there is
 * none: at the first call, where no class has two samples, where all ranks of either ranking are tied.
 */
double dlc_agreement_next(dlc_agreement *agreement, const float *scores);

#endif
