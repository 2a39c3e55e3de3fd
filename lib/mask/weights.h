/*
 * weights.h - the inner loops over weights: mask, flag, save, put back. They know the size of a weight and nothing else
 * of its dtype, and move bits, never floats. Buffers need not be aligned. Called by apply.c and snapshot.c.
 *
 * size: bytes of a weight, 2, 4 or 8. bits: one bit a weight, lowest first; bits beyond `count` are 0.
 */
#ifndef DLC_LIB_MASK_WEIGHTS_H
#define DLC_LIB_MASK_WEIGHTS_H

#include <stdint.h>

/* The loops that compare magnitudes, once for each instruction set. */
typedef struct dlc_weights_loops {
    /* Sets to +0 every weight whose magnitude bits are at most `limit` (-1: none). */
    void (*mask)(int64_t size, unsigned char *data, int64_t count, int64_t limit);
    /* flags[i] = 1 for such a weight, else 0. */
    void (*flag)(int64_t size, const unsigned char *data, int64_t count, int64_t limit, unsigned char *flags);
} dlc_weights_loops;

/* The loops that this machine can run: number `index` (from 0, the fastest first), or NULL beyond the last. */
const dlc_weights_loops *dlc_weights_loops_at(int32_t index);

/* Sets to +0 every weight whose key is at most `limit`. */
void dlc_weights_mask_by_keys(int64_t size, unsigned char *data, const uint64_t *keys, int64_t count, int64_t limit);

/* Appends the weights whose bit is set to `values`; returns how many. */
int64_t dlc_weights_save(int64_t size, const unsigned char *data, const uint64_t *bits, int64_t count,
                         unsigned char *values);

/* The reverse; returns how many values it took. One value more than that must be readable. */
int64_t dlc_weights_put_back(int64_t size, unsigned char *data, const uint64_t *bits, int64_t count,
                             const unsigned char *values);

#endif
