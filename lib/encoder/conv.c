/*
 * conv.c - convolution by columns and sgemm, and the affine step (conv.h).
 *
 * A strip of output rows at a time: the inputs of each pixel are gathered into a row [kernel][kernel][inputs] of a
 * matrix small enough to stay in the cache, which is multiplied with the weights. A row of the kernel is one run in
 * memory.
 */
#include "conv.h"
#include "winograd.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

/* Pixels in a strip: enough rows for sgemm to run near its full rate, few enough for the columns to stay in the cache,
 * and for products of few channels to be among those that OpenBLAS computes without packing. */
#define STRIP_PIXELS 196

#define EPSILON 1e-5 /* of batch norm, as in torchvision and timm */

static int by_winograd(const dlc_conv *conv) {
    return conv->kernel == 3 && conv->stride == 1 && conv->inputs >= 8;
}

/* ---- Weights ---- */

static int64_t weight_floats(const dlc_conv *conv) {
    if (by_winograd(conv))
        return dlc_winograd_ready_floats(conv);
    return conv->outputs * conv->inputs * conv->kernel * conv->kernel;
}

/* The weights are followed by batch norm's scale and shift, and by room to read one output's weights into. */
int64_t dlc_conv_ready_floats(const dlc_conv *conv) {
    return weight_floats(conv) + 2 * conv->outputs + conv->inputs * conv->kernel * conv->kernel;
}

/* One output's weights from [inputs][kernel * kernel], as stored, into its column of
 * [kernel * kernel][inputs][outputs], as gathered. */
static void reorder(const float *from, float *to, int64_t inputs, int64_t taps, int64_t outputs) {
    for (int64_t tap = 0; tap < taps; tap++)
        for (int64_t i = 0; i < inputs; i++, to += outputs)
            *to = from[i * taps + tap];
}

/* y = (x - mean) / sqrt(variance + epsilon) * gamma + beta as x * scale + shift. */
static void prepare_affine(const dlc_conv *conv, float *scale, float *shift) {
    for (int64_t o = 0; o < conv->outputs; o++) {
        float gamma, beta, mean, variance;
        dlc_tensor_read(&conv->gamma, o, 1, &gamma);
        dlc_tensor_read(&conv->beta, o, 1, &beta);
        dlc_tensor_read(&conv->mean, o, 1, &mean);
        dlc_tensor_read(&conv->variance, o, 1, &variance);
        const double factor = (double)gamma / sqrt((double)variance + EPSILON);
        scale[o] = (float)factor;
        shift[o] = (float)((double)beta - (double)mean * factor);
    }
}

void dlc_conv_prepare(const dlc_conv *conv) {
    const int64_t taps = conv->kernel * conv->kernel;
    float *scale = conv->ready + weight_floats(conv);
    float *row = scale + 2 * conv->outputs;
    prepare_affine(conv, scale, scale + conv->outputs);
    for (int64_t o = 0; o < conv->outputs; o++) {
        dlc_tensor_read(&conv->weight, o * conv->inputs * taps, conv->inputs * taps, row);
        if (by_winograd(conv))
            dlc_winograd_prepare(conv, o, row);
        else
            reorder(row, conv->ready + o, conv->inputs, taps, conv->outputs);
    }
}

/* ---- Forward ---- */

int64_t dlc_conv_size(const dlc_conv *conv, int64_t size) {
    return (size - 1) / conv->stride + 1;
}

static int64_t strip_rows(const dlc_map *to) {
    const int64_t rows = STRIP_PIXELS / to->width;
    return rows > 1 ? rows : 1;
}

int64_t dlc_conv_scratch_floats(const dlc_conv *conv, const dlc_map *to) {
    if (by_winograd(conv))
        return dlc_winograd_scratch_floats(conv, to);
    return strip_rows(to) * to->width * (conv->inputs * conv->kernel * conv->kernel + conv->outputs);
}

void dlc_conv_multiply(int64_t rows, int64_t columns, int64_t depth, const float *a, const float *b, float *c) {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (blasint)rows, (blasint)columns, (blasint)depth, 1.0F, a,
                (blasint)depth, b, (blasint)columns, 0.0F, c, (blasint)columns);
}

/* Comparisons are such that NaN stays NaN. */
void dlc_conv_finish(const dlc_conv *conv, const float *restrict in, float *restrict out, int64_t pixels,
                     int32_t after) {
    const int64_t channels = conv->outputs;
    const float *restrict scale = conv->ready + weight_floats(conv);
    const float *restrict shift = scale + channels;
    const float least = after & DLC_CONV_RELU ? 0.0F : -INFINITY;
    if (after & DLC_CONV_ADD) {
        for (int64_t p = 0; p < pixels; p++, in += channels, out += channels) {
            for (int64_t c = 0; c < channels; c++) {
                const float value = in[c] * scale[c] + shift[c] + out[c];
                out[c] = value < least ? least : value;
            }
        }
    } else {
        for (int64_t p = 0; p < pixels; p++, in += channels, out += channels) {
            for (int64_t c = 0; c < channels; c++) {
                const float value = in[c] * scale[c] + shift[c];
                out[c] = value < least ? least : value;
            }
        }
    }
}

/* The columns of one output row. */
static float *gather(const dlc_conv *conv, const dlc_map *from, int64_t image, int64_t y, int64_t width,
                     float *restrict columns) {
    const int64_t padding = conv->kernel / 2;
    const int64_t run = conv->kernel * conv->inputs;
    for (int64_t x = 0; x < width; x++) {
        for (int64_t k = 0; k < conv->kernel; k++, columns += run) {
            const float *in = dlc_map_at(from, image, y * conv->stride + k - padding, x * conv->stride - padding);
            memcpy(columns, in, (size_t)run * sizeof *columns);
        }
    }
    return columns;
}

static void forward_by_columns(const dlc_conv *conv, const dlc_map *from, const dlc_map *to, int64_t image,
                               int32_t after, float *scratch) {
    const int64_t depth = conv->inputs * conv->kernel * conv->kernel;
    const int64_t strip = strip_rows(to);
    float *result = scratch + strip * to->width * depth;
    const int64_t rows = from->images * to->height;
    for (int64_t first = 0; first < rows; first += strip) {
        const int64_t last = first + strip < rows ? first + strip : rows;
        float *columns = scratch;
        for (int64_t row = first; row < last; row++)
            columns = gather(conv, from, row / to->height, row % to->height, to->width, columns);
        dlc_conv_multiply((last - first) * to->width, conv->outputs, depth, scratch, conv->ready, result);
        for (int64_t row = first; row < last; row++)
            dlc_conv_finish(conv, result + (row - first) * to->width * conv->outputs,
                            dlc_map_at(to, image + row / to->height, row % to->height, 0), to->width, after);
    }
}

void dlc_conv_forward(const dlc_conv *conv, const dlc_map *from, const dlc_map *to, int64_t image, int32_t after,
                      float *scratch) {
    if (by_winograd(conv))
        dlc_winograd_forward(conv, from, to, image, after, scratch);
    else
        forward_by_columns(conv, from, to, image, after, scratch);
}
