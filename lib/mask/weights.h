/*
 * weights.h - the inner loops over weights: mask, mark, save, put back. They know the size of a weight and nothing else
 * of its dtype, and move bits, never floats. Buffers need not be aligned. Called by apply.c, due.c and snapshot.c.
 *
 * size: bytes of a weight, 2, 4 or 8. bits: one bit a weight, lowest first; bits beyond `count` are 0.
 */
#ifndef DLC_LIB_MASK_WEIGHTS_H
#define DLC_LIB_MASK_WEIGHTS_H

#include <stdint.h>

/* Weights are masked in pieces of this many bytes, those of a cache line. */
#define DLC_LINE 64

/* A line whose least magnitude, but for weights that are +0, is m is due at step number
 * steps[dlc_weights_step_index(size, m)]: no earlier one masks any of it. Where all are +0, m is the largest number. */
#define DLC_STEPS 65536

/* Which of DLC_STEPS a magnitude belongs to: its top bits, so that larger magnitudes have no smaller index. */
static inline int64_t dlc_weights_step_index(int64_t size, uint64_t magnitude) {
    return (int64_t)(size == 2 ? magnitude : magnitude >> (8 * size - 17));
}

/* The loops that have code of their own for some instruction sets. Magnitude bits are compared with `limit`; none is
 * up to -1. */
typedef struct dlc_weights_loops {
    /* Sets to +0 every weight up to the limit. */
    void (*mask)(int64_t size, unsigned char *data, int64_t count, int64_t limit);
    /* The same in those of `lines` lines whose due[line] is at most `step`, and writes for these which step the line is
     * due at next. The others are not read. NULL where to mask all of them is faster: in plain C by six times. */
    void (*mask_lines)(int64_t size, unsigned char *data, int64_t lines, int64_t limit, const uint8_t *steps,
                       uint8_t step, uint8_t *due);
    /* Writes the bits: 1 for a weight up to the limit. Returns how many are. */
    int64_t (*mark)(int64_t size, const unsigned char *data, int64_t count, int64_t limit, uint64_t *bits);
    /* As dlc_weights_save(). */
    int64_t (*save)(int64_t size, const unsigned char *data, const uint64_t *bits, int64_t count,
                    unsigned char *values);
} dlc_weights_loops;

/* The loops that this machine can run: number `index` (from 0, the fastest first), or NULL beyond the last. */
const dlc_weights_loops *dlc_weights_loops_at(int32_t index);

/* Those for AVX2, or NULL where the machine has none. */
const dlc_weights_loops *dlc_weights_avx2(void);

/* Sets to +0 every weight whose key is at most `limit`. */
void dlc_weights_mask_by_keys(int64_t size, unsigned char *data, const uint64_t *keys, int64_t count, int64_t limit);

/* Appends the weights whose bit is set to `values`; returns how many. */
int64_t dlc_weights_save(int64_t size, const unsigned char *data, const uint64_t *bits, int64_t count,
                         unsigned char *values);

/* The reverse; returns how many values it took. One value more than that must be readable. */
int64_t dlc_weights_put_back(int64_t size, unsigned char *data, const uint64_t *bits, int64_t count,
                             const unsigned char *values);

#endif
