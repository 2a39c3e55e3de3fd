/*
 * distance.h - squared distances of rows to centroids in double, by direct differences, in one fixed order: feature f
 * belongs to lane f % 8, each lane adds its squares in ascending order, and the lanes are added as a fixed tree.
 * Nothing is fused or expanded, so every instruction set, batch and thread count gives the same bits. Used by levels.c.
 */
#ifndef DLC_LIB_DISTANCE_H
#define DLC_LIB_DISTANCE_H

#include <stdint.h>

/* The caller pads with zeros: rows, classes and width to multiples of these. */
#define DLC_DISTANCE_ROWS    4
#define DLC_DISTANCE_CLASSES 2
#define DLC_DISTANCE_LANES   8

/* out[r * classes + c] = sum over f of (rows[r * width + f] - centroids[c * width + f])^2. Fastest where both inputs
 * are aligned to 64 bytes. */
typedef void (*dlc_distance_kernel)(const double *rows, int64_t row_count, const double *centroids, int64_t classes,
                                    int64_t width, double *out);

/* The kernels that this machine can run: number `index` (from 0, the fastest first), or NULL beyond the last. */
dlc_distance_kernel dlc_distance_kernel_at(int32_t index);

/* value rounded up to a multiple of `step`. */
static inline int64_t dlc_pad(int64_t value, int64_t step) {
    return (value + step - 1) / step * step;
}

#endif
