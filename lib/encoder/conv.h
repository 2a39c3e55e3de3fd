/*
 * conv.h - a convolution, the batch norm after it, and what follows: shortcut and ReLU. Used by the convolutional
 * architectures.
 *
 * The convolution works on its real weights; batch norm is an affine step of its own on the result while that is in the
 * cache. Two ways to compute it, chosen by the shape alone: gathered columns times the weights (any kernel and stride,
 * below), and Winograd's (winograd.h) for 3x3 kernels of stride 1.
 */
#ifndef DLC_LIB_ENCODER_CONV_H
#define DLC_LIB_ENCODER_CONV_H

#include "map.h"
#include "tensors.h"

/* With padding kernel / 2. */
typedef struct dlc_conv {
    int64_t inputs, outputs; /* channels */
    int64_t kernel, stride;
    dlc_tensor weight, gamma, beta, mean, variance;
    float *ready; /* weights and affine as dlc_conv_prepare() leaves them; the architecture's memory */
} dlc_conv;

/* Floats of `ready`. */
int64_t dlc_conv_ready_floats(const dlc_conv *conv);

/* Reads the weights as they are now. */
void dlc_conv_prepare(const dlc_conv *conv);

/* Height or width of the result. */
int64_t dlc_conv_size(const dlc_conv *conv, int64_t size);

/* Floats of scratch for a result of this shape. */
int64_t dlc_conv_scratch_floats(const dlc_conv *conv, const dlc_map *to);

#define DLC_CONV_ADD  1 /* adds what is in the result's map: the shortcut */
#define DLC_CONV_RELU 2

/*
 * The images of `from`, convolved and normalised, into images image, image + 1, ... of `to`. The border of `from` must
 * be at least the padding; that of `to` is not touched.
 */
void dlc_conv_forward(const dlc_conv *conv, const dlc_map *from, const dlc_map *to, int64_t image, int32_t after,
                      float *scratch);

/* ---- Shared by the two ways ---- */

/* Calls sgemm: c[rows][columns] = a[rows][depth] * b[depth][columns]. */
void dlc_conv_multiply(int64_t rows, int64_t columns, int64_t depth, const float *a, const float *b, float *c);

/* One row of pixels on its way from the convolution into the result's map: affine, shortcut, ReLU. */
void dlc_conv_finish(const dlc_conv *conv, const float *in, float *out, int64_t pixels, int32_t after);

#endif
