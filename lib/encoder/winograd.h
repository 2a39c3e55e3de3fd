/*
 * winograd.h - 3x3 convolutions of stride 1 by Winograd's minimal filtering F(2x2, 3x3): 2.25 times fewer
 * multiplications than the plain sum, with transforms that only add, subtract and halve, so that rounding stays that of
 * float32 sums. Called by conv.c alone.
 *
 * Each 2x2 tile of the result comes from a 4x4 patch d of the input: Y = A' [ (G g G') . (B' d B) ] A, where the
 * products over all channels and tiles are 16 matrix products. The matrices, with ' for the transpose, are
 *
 *          1  0 -1  0          1    0    0
 *     B' = 0  1  1  0     G =  1/2  1/2  1/2     A' = 1  1  1  0
 *          0 -1  1  0          1/2 -1/2  1/2          0  1 -1 -1
 *          0  1  0 -1          0    0    1
 *
 * Source: A. Lavin, S. Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016 (arXiv 1509.09308).
 */
#ifndef DLC_LIB_ENCODER_WINOGRAD_H
#define DLC_LIB_ENCODER_WINOGRAD_H

#include "conv.h"

/* Floats that the transformed weights take. */
int64_t dlc_winograd_ready_floats(const dlc_conv *conv);

/* Transforms the weights [inputs][9] of one output into conv->ready. */
void dlc_winograd_prepare(const dlc_conv *conv, int64_t output, const float *weights);

/* As the functions of conv.h. */
int64_t dlc_winograd_scratch_floats(const dlc_conv *conv, const dlc_map *to);
void dlc_winograd_forward(const dlc_conv *conv, const dlc_map *from, const dlc_map *to, int64_t image, int32_t after,
                          float *scratch);

#endif
