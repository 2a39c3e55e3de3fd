/*
 * exact_sum.h - sums of float32 values that are exact, and so the same in any order: the class means are made of them.
 *
 * Every sum is a fixed-point number, an integer count of 2^-149, the smallest float32. It lies in ten 64-bit limbs,
 * each standing for 32 bits and the last for all that is above: 352 bits hold 2^62 values of float32's full range.
 * Adding a value touches one limb; the spare bits of the limbs take 255 values before carries must be passed on.
 *
 * Settled (no carries pending), equal sums have equal limbs: 32 bits in each but the last, which has the sign. Two sums
 * of disjoint sets of values merge by adding limb to limb and settling.
 *
 * Sums come in groups (one a class) of `width` (one a feature), limb by limb: digits[group][limb][feature], since the
 * features of one model differ little in their exponents. Used by centroids.c; never looks at labels, never sees a NaN.
 */
#ifndef DLC_LIB_EXACT_SUM_H
#define DLC_LIB_EXACT_SUM_H

#include "../base/allocator.h"

#define DLC_EXACT_LIMBS 10

/* Features that are added by one call: the unit of work of a thread. */
#define DLC_EXACT_BLOCK 128

typedef struct dlc_exact_sums {
    int64_t groups;
    int64_t width;
    int64_t blocks;   /* of DLC_EXACT_BLOCK features; the last may be shorter */
    int64_t *digits;  /* [groups][DLC_EXACT_LIMBS][width]; NULL before dlc_exact_sums_start() */
    uint8_t *pending; /* [blocks][groups]: values added since the last settling */
} dlc_exact_sums;

/* Sets up groups * width sums of 0. Returns 0 and leaves *sums empty where there is no memory, else 1. */
int dlc_exact_sums_start(dlc_exact_sums *sums, const dlc_allocator *allocator, int64_t groups, int64_t width);

/* Frees the sums and leaves *sums empty. Accepts an empty one. */
void dlc_exact_sums_stop(dlc_exact_sums *sums, const dlc_allocator *allocator);

/* Bytes that groups * width sums take. */
int64_t dlc_exact_sums_bytes(int64_t groups, int64_t width);

/* Adds the features of one block of a row (finite float32[width]) to a group. Several threads may add at once as long
 * as they add to different blocks. */
void dlc_exact_sums_add(dlc_exact_sums *sums, int64_t group, int64_t block, const float *row);

/* Passes on the carries of a group. */
void dlc_exact_sums_settle(dlc_exact_sums *sums, int64_t group);

/* The limbs of a group, int64[DLC_EXACT_LIMBS][width]. */
int64_t *dlc_exact_sums_digits(const dlc_exact_sums *sums, int64_t group);

/* 1 where these settled limbs can be the sum of n (0 to 2^62) float32 values, else 0: it is n times the largest at
 * most. */
int dlc_exact_sum_is_possible(const int64_t digits[DLC_EXACT_LIMBS], int64_t n);

/* The group's sums divided by n (1 to 2^62), each exact quotient rounded once, half to even, to float32: out[width]. A
 * quotient of 0 is +0. Settles the group. */
void dlc_exact_sums_mean(dlc_exact_sums *sums, int64_t group, int64_t n, double *out);

#endif
