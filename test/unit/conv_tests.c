/*
 * conv_tests.c - one convolution with batch norm, shortcut and ReLU, either way of computing it, against the plain sum
 * in double; over kernels, strides, channels and sizes down to one pixel. And that maps keep their borders.
 */
#include "blas.h"
#include "support.h"

#include "encoder/conv.h"

#include <math.h>
#include <stdlib.h>

static float *random_floats(int64_t count, uint64_t seed, double least) {
    float *values = malloc((size_t)count * sizeof *values);
    ck_assert_ptr_nonnull(values);
    for (int64_t i = 0; i < count; i++)
        values[i] = (float)(test_uniform(&seed) + least);
    return values;
}

static dlc_tensor tensor_of(const float *values) {
    return (dlc_tensor){(const unsigned char *)values, DLC_DTYPE_F32};
}

static dlc_map filled_map(int64_t images, int64_t height, int64_t width, int64_t channels, int64_t border) {
    dlc_map map = dlc_map_shape(images, height, width, channels, border);
    map.data = random_floats(dlc_map_floats(&map), 5, -0.5);
    dlc_map_clear_border(&map);
    return map;
}

/* The values that batch norm is made of, four runs of `outputs`. */
static double expected_at(const dlc_conv *conv, const float *weights, const float *norm, const dlc_map *from,
                          int64_t image, int64_t y, int64_t x, int64_t output) {
    double sum = 0;
    for (int64_t i = 0; i < conv->inputs; i++) {
        for (int64_t ky = 0; ky < conv->kernel; ky++) {
            for (int64_t kx = 0; kx < conv->kernel; kx++) {
                const int64_t row = y * conv->stride + ky - conv->kernel / 2;
                const int64_t column = x * conv->stride + kx - conv->kernel / 2;
                if (row >= 0 && row < from->height && column >= 0 && column < from->width)
                    sum += (double)*weights * (double)dlc_map_at(from, image, row, column)[i];
                weights++;
            }
        }
    }
    const int64_t n = conv->outputs;
    const double gamma = (double)norm[output], beta = (double)norm[n + output];
    const double mean = (double)norm[2 * n + output], variance = (double)norm[3 * n + output];
    return (sum - mean) / sqrt(variance + 1e-5) * gamma + beta;
}

static void check(dlc_conv *conv, int64_t height, int64_t width, int32_t after) {
    const int64_t images = 3, taps = conv->inputs * conv->kernel * conv->kernel;
    float *weights = random_floats(conv->outputs * taps, 1, -0.5);
    float *norm = random_floats(conv->outputs * 4, 2, 0.25);
    conv->weight = tensor_of(weights);
    conv->gamma = tensor_of(norm);
    conv->beta = tensor_of(norm + conv->outputs);
    conv->mean = tensor_of(norm + 2 * conv->outputs);
    conv->variance = tensor_of(norm + 3 * conv->outputs);
    conv->ready = malloc((size_t)dlc_conv_ready_floats(conv) * sizeof(float));
    dlc_map from = filled_map(images, height, width, conv->inputs, conv->kernel == 7 ? 3 : 1);
    dlc_map to = filled_map(images + 1, dlc_conv_size(conv, height), dlc_conv_size(conv, width), conv->outputs, 1);
    dlc_map before = to;
    const size_t bytes = (size_t)dlc_map_floats(&to) * sizeof(float);
    before.data = malloc(bytes);
    float *scratch = malloc((size_t)dlc_conv_scratch_floats(conv, &to) * sizeof(float));
    ck_assert(conv->ready && before.data && scratch);
    memcpy(before.data, to.data, bytes);

    dlc_conv_prepare(conv);
    dlc_conv_forward(conv, &from, &to, 1, after, scratch);

    for (int64_t image = 0; image < images; image++) {
        for (int64_t y = 0; y < to.height; y++) {
            for (int64_t x = 0; x < to.width; x++) {
                float *found = dlc_map_at(&to, image + 1, y, x), *was = dlc_map_at(&before, image + 1, y, x);
                for (int64_t o = 0; o < conv->outputs; o++) {
                    double expected = expected_at(conv, weights + o * taps, norm, &from, image, y, x, o);
                    if (after & DLC_CONV_ADD)
                        expected += (double)was[o];
                    if (after & DLC_CONV_RELU)
                        expected = fmax(expected, 0);
                    ck_assert_msg(fabs((double)found[o] - expected) < 1e-5 * sqrt((double)taps),
                                  "%dx%d stride %d, %d -> %d channels, %dx%d: %g, not %g", (int)conv->kernel,
                                  (int)conv->kernel, (int)conv->stride, (int)conv->inputs, (int)conv->outputs,
                                  (int)height, (int)width, (double)found[o], expected);
                    found[o] = was[o];
                }
            }
        }
    }
    /* Nothing else was written: other images and the border are as they were. */
    ck_assert(memcmp(to.data, before.data, bytes) == 0);
    free(scratch);
    free(before.data);
    free(to.data);
    free(from.data);
    free(conv->ready);
    free(norm);
    free(weights);
}

static const struct { int64_t kernel, stride; } shapes[] = {{3, 1}, {3, 2}, {1, 1}, {1, 2}, {7, 2}};

START_TEST(convolutions_are_the_plain_sum) {
    static const int64_t channels[][2] = {{1, 8}, {3, 5}, {8, 1}, {8, 16}, {13, 7}, {16, 16}};
    static const int64_t sizes[][2] = {{1, 1}, {1, 6}, {2, 1}, {3, 2}, {4, 4}, {5, 7}, {8, 9}, {2, 410}, {30, 19}};
    int32_t after = 0;
    for (size_t c = 0; c < sizeof channels / sizeof channels[0]; c++) {
        for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
            dlc_conv conv = {.inputs = channels[c][0],
                             .outputs = channels[c][1],
                             .kernel = shapes[_i].kernel,
                             .stride = shapes[_i].stride};
            check(&conv, sizes[s][0], sizes[s][1], after);
            after = (after + 1) % 4;
        }
    }
}
END_TEST

/* Every bit pattern of the two 16-bit dtypes, against values put together from their definition. */
START_TEST(half_precision_is_read_exactly) {
    for (uint32_t pattern = 0; pattern < 65536; pattern++) {
        const uint16_t bits = (uint16_t)pattern;
        const dlc_tensor half = {(const unsigned char *)&bits, DLC_DTYPE_F16};
        const dlc_tensor brain = {(const unsigned char *)&bits, DLC_DTYPE_BF16};
        const double sign = bits >> 15 ? -1 : 1;
        const int half_exponent = bits >> 10 & 31, brain_exponent = bits >> 7 & 255;
        float value = 0;
        if (half_exponent != 31) {
            const double fraction = (bits & 1023) / 1024.0 + (half_exponent ? 1 : 0);
            dlc_tensor_read(&half, 0, 1, &value);
            ck_assert((double)value == sign * fraction * pow(2, (half_exponent ? half_exponent : 1) - 15));
        } else {
            dlc_tensor_read(&half, 0, 1, &value);
            ck_assert(!isfinite(value));
        }
        dlc_tensor_read(&brain, 0, 1, &value);
        if (brain_exponent != 255) {
            const double fraction = (bits & 127) / 128.0 + (brain_exponent ? 1 : 0);
            ck_assert((double)value == sign * fraction * pow(2, (brain_exponent ? brain_exponent : 1) - 127));
        } else {
            ck_assert(!isfinite(value));
        }
    }
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("conv");
    TCase *tcase = tcase_create("conv");
    tcase_add_checked_fixture(tcase, use_one_blas_thread, NULL);
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, convolutions_are_the_plain_sum, 0, (int)(sizeof shapes / sizeof shapes[0]));
    tcase_add_test(tcase, half_precision_is_read_exactly);
    suite_add_tcase(suite, tcase);
    return suite;
}
