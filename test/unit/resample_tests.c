/*
 * resample_tests.c - weights, and the resampling kernels of every instruction set that this machine can run, against
 * sums over all pixels (resize_twin.h). Buffers are as small as resample.h allows, and what it lets kernels read beyond
 * the pixels is noise.
 */
#include "resize_twin.h"
#include "support.h"

#include "image/resample.h"

#include <stdlib.h>

/* From `input` to `output` pixels, of which `count` from `first` are wanted. */
typedef struct axis {
    int64_t input, output, first, count;
} axis;

typedef struct sample {
    axis a;
    dlc_taps taps;
    int32_t *weights; /* [output][input] */
} sample;

static dlc_allocator allocator;

static sample sample_of(int32_t interpolation, const axis *a) {
    sample s = {.a = *a, .weights = resize_twin_weights(interpolation, a->input, a->output)};
    dlc_error error;
    ck_ok(dlc_taps_make(&s.taps, &allocator, interpolation, a->input, a->output, a->first, a->count, &error),
          error.text);
    return s;
}

static void sample_free(sample *s) {
    dlc_taps_free(&s->taps, &allocator);
    free(s->weights);
}

/* The weights of the wanted output `x`, one for each input. */
static const int32_t *weights_of(const sample *s, int64_t x) {
    return s->weights + (s->a.first + x) * s->a.input;
}

/* ---- Axes ---- */

static const int64_t inputs[] = {1, 2, 3, 5, 8, 13, 31, 64, 101};
static const int64_t outputs[] = {1, 2, 3, 4, 7, 16, 33, 64, 150};

enum { INPUTS = sizeof inputs / sizeof inputs[0], OUTPUTS = sizeof outputs / sizeof outputs[0] };

/* All outputs; the middle; the first; the last. */
static axis axis_of(int64_t input, int64_t output, int crop) {
    switch (crop) {
    case 0:
        return (axis){input, output, 0, output};
    case 1:
        return (axis){input, output, output / 3, output - output / 3 * 2};
    default:
        return (axis){input, output, crop == 2 ? 0 : output - 1, 1};
    }
}

/* Every pair of sizes and every crop, by both filters. */
static void each_sample(void (*check)(const sample *s)) {
    for (int32_t interpolation = DLC_INTERPOLATION_BILINEAR; interpolation <= DLC_INTERPOLATION_BICUBIC;
         interpolation++)
        for (int i = 0; i < INPUTS; i++)
            for (int o = 0; o < OUTPUTS; o++)
                for (int crop = 0; crop < 4; crop++) {
                    const axis a = axis_of(inputs[i], outputs[o], crop);
                    sample s = sample_of(interpolation, &a);
                    check(&s);
                    sample_free(&s);
                }
}

/* ---- Taps ---- */

static void check_weights(const sample *s) {
    const dlc_taps *taps = &s->taps;
    ck_assert_int_eq(taps->count, s->a.count);
    ck_assert_int_eq(taps->width % 4, 0);
    for (int64_t x = 0; x < taps->count; x++) {
        const int64_t start = taps->starts[x], end = start + taps->lengths[x];
        ck_assert_int_ge(start, 0);
        ck_assert_int_le(end, s->a.input);
        ck_assert_int_le(taps->lengths[x], taps->width);
        ck_assert(x == 0 || (start >= taps->starts[x - 1] && end >= taps->starts[x - 1] + taps->lengths[x - 1]));
        int64_t wrong = 0, not_zero = 0;
        for (int64_t i = 0; i < s->a.input; i++)
            wrong += weights_of(s, x)[i] != (i >= start && i < end ? taps->weights[x * taps->width + i - start] : 0);
        for (int64_t i = taps->lengths[x]; i < taps->width; i++)
            not_zero += taps->weights[x * taps->width + i] != 0;
        ck_assert_msg(wrong == 0, "%lld -> %lld: %lld weights of output %lld", (long long)s->a.input,
                      (long long)s->a.output, (long long)wrong, (long long)(s->a.first + x));
        ck_assert_int_eq(not_zero, 0);
    }
}

START_TEST(weights_are_those_of_the_filters) {
    each_sample(check_weights);
}
END_TEST

/* ---- Kernels ---- */

/* Noise of all values, or of black and white alone, which makes the bicubic filter overshoot. */
static uint8_t *noise(int64_t bytes, int is_hard) {
    static uint64_t seed = 5;
    uint8_t *values = malloc((size_t)bytes);
    ck_assert_ptr_nonnull(values);
    for (int64_t i = 0; i < bytes; i++)
        values[i] = (uint8_t)(is_hard ? (test_uniform(&seed) < 0.5 ? 0 : 255) : test_uniform(&seed) * 256);
    return values;
}

static void check_across(const dlc_resample_kernel *kernel, const sample *s, int32_t channels, int is_hard) {
    const dlc_taps *taps = &s->taps;
    uint8_t *row = noise((s->a.input + taps->width) * channels + DLC_RESAMPLE_SLACK, is_hard);
    uint8_t *out = noise(taps->count * channels + DLC_RESAMPLE_SLACK, is_hard);
    uint8_t *layout = malloc((size_t)kernel->layout_size(taps, channels) + 1);
    ck_assert_ptr_nonnull(layout);
    kernel->lay_out(taps, channels, layout);
    kernel->across(taps, layout, channels, row, out);
    int64_t wrong = 0;
    for (int64_t i = 0; i < taps->count * channels; i++)
        wrong += out[i] != resize_twin_pixel(weights_of(s, i / channels), row + i % channels, s->a.input, channels);
    ck_assert_msg(wrong == 0, "across, %lld -> %lld, %lld from %lld, %d channels: %lld bytes", (long long)s->a.input,
                  (long long)s->a.output, (long long)s->a.count, (long long)s->a.first, channels, (long long)wrong);
    free(layout);
    free(row);
    free(out);
}

static void check_all_across(const sample *s) {
    const dlc_resample_kernel *kernel;
    for (int32_t set = 0; (kernel = dlc_resample_kernel_at(set)) != NULL; set++)
        for (int32_t channels = 1; channels <= 3; channels += 2)
            for (int is_hard = 0; is_hard < 2; is_hard++)
                check_across(kernel, s, channels, is_hard);
}

START_TEST(across_weighs_the_pixels_of_a_row) {
    each_sample(check_all_across);
}
END_TEST

/* One output from rows of `bytes` bytes, behind which nothing may be written. */
static void check_down(const dlc_resample_kernel *kernel, const sample *s, int64_t x, int64_t bytes, int is_hard) {
    enum { GUARD = 0xA5 };
    const dlc_taps *taps = &s->taps;
    const int64_t count = taps->lengths[x], stride = bytes + DLC_RESAMPLE_SLACK;
    uint8_t *rows = noise(s->a.input * stride, is_hard), *out = malloc((size_t)stride);
    const uint8_t **window = malloc((size_t)count * sizeof *window);
    ck_assert(out && window);
    memset(out, GUARD, (size_t)stride);
    for (int64_t i = 0; i < count; i++)
        window[i] = rows + (taps->starts[x] + i) * stride;
    kernel->down(window, taps->weights + x * taps->width, count, bytes, out);
    int64_t wrong = 0, beyond = 0;
    for (int64_t i = 0; i < bytes; i++)
        wrong += out[i] != resize_twin_pixel(weights_of(s, x), rows + i, s->a.input, stride);
    for (int64_t i = bytes; i < stride; i++)
        beyond += out[i] != GUARD;
    ck_assert_msg(wrong == 0, "down, %lld -> %lld: %lld of %lld bytes of output %lld", (long long)s->a.input,
                  (long long)s->a.output, (long long)wrong, (long long)bytes, (long long)(s->a.first + x));
    ck_assert_int_eq(beyond, 0);
    free(window);
    free(rows);
    free(out);
}

static void check_all_down(const sample *s) {
    static const int64_t sizes[] = {1, 3, 15, 16, 17, 63, 64, 150};
    const dlc_resample_kernel *kernel;
    for (int32_t set = 0; (kernel = dlc_resample_kernel_at(set)) != NULL; set++)
        for (int64_t x = 0; x < s->taps.count; x += 1 + x / 2)
            for (int is_hard = 0; is_hard < 2; is_hard++)
                check_down(kernel, s, x, sizes[(x + s->a.input) % 8], is_hard);
}

START_TEST(down_weighs_the_pixels_of_a_column) {
    each_sample(check_all_down);
}
END_TEST

START_TEST(the_fastest_kernel_is_first) {
    int32_t sets = 0;
    while (dlc_resample_kernel_at(sets))
        sets++;
    ck_assert_int_eq(sets, dlc_resample_avx512() ? 3 : dlc_resample_avx2() ? 2 : 1);
    ck_assert(!dlc_resample_avx512() || dlc_resample_kernel_at(0) == dlc_resample_avx512());
    ck_assert(!dlc_resample_avx2() || dlc_resample_kernel_at(sets - 2) == dlc_resample_avx2());
    ck_assert_ptr_null(dlc_resample_kernel_at(-1));
    ck_assert_ptr_null(dlc_resample_kernel_at(sets + 1));
}
END_TEST

static void setup(void) {
    allocator = dlc_allocator_or_default(NULL);
}

Suite *tests(void) {
    Suite *suite = suite_create("resample");
    TCase *tcase = tcase_create("resample");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, weights_are_those_of_the_filters);
    tcase_add_test(tcase, across_weighs_the_pixels_of_a_row);
    tcase_add_test(tcase, down_weighs_the_pixels_of_a_column);
    tcase_add_test(tcase, the_fastest_kernel_is_first);
    suite_add_tcase(suite, tcase);
    return suite;
}
