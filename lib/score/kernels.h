/*
 * kernels.h - the inner loops of an observation, once for each instruction set: squared distances, the logits made of
 * them, exponentials.
 *
 * Sums have eight lanes, element i in lane i % 8: each lane adds in ascending order, and the lanes are added as a
 * fixed tree. Nothing is fused. So every instruction set, batch and thread count gives the same bits. Used by levels.c
 * and observe.c.
 */
#ifndef DLC_LIB_SCORE_KERNELS_H
#define DLC_LIB_SCORE_KERNELS_H

#include <stdint.h>

#define DLC_LANES 8

/* The distances of so many rows to so many centroids are computed together. */
#define DLC_TILE_ROWS    4
#define DLC_TILE_CLASSES 2

typedef struct dlc_kernels {
    /*
     * out[r * stride + c] = sum over f of (rows[r * width + f] - centroids[c * width + f])^2, by direct differences.
     * The caller pads: row_count, classes and width are multiples of DLC_TILE_ROWS, DLC_TILE_CLASSES and DLC_LANES.
     * Fastest where all is aligned to 64 bytes.
     */
    void (*distances)(const double *rows, int64_t row_count, const double *centroids, int64_t classes, int64_t width,
                      double *out, int64_t stride);
    /* values[i] = 1 / sqrt(max(values[i], 1e-12)), in place: squared distances become logits. count is a multiple of
     * DLC_LANES. */
    void (*logits)(double *values, int64_t count);
    /*
     * values[i] = exp(values[i] - top), to a few units in the last place, and 0 where that is below 1e-307. Returns the
     * sum. values[i] <= top, -INFINITY allowed; count is a multiple of DLC_LANES. Not the C library's exp(): that is
     * slower, and its last bit differs from machine to machine.
     */
    double (*exponentials)(double *values, int64_t count, double top);
} dlc_kernels;

/* The kernels that this machine can run: number `index` (from 0, the fastest first), or NULL beyond the last. */
const dlc_kernels *dlc_kernels_at(int32_t index);

/* value rounded up to a multiple of `step`. */
static inline int64_t dlc_pad(int64_t value, int64_t step) {
    return (value + step - 1) / step * step;
}

#endif
