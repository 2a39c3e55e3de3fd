/* resize_twin.c - see resize_twin.h. */
#include "resize_twin.h"

#include "support.h"

#include <math.h>
#include <stdlib.h>

/* ---- Weights ---- */

static long double triangle(long double x) {
    return fmaxl(0, 1 - fabsl(x));
}

/* Keys' cubic convolution for a = -1/2. */
static long double keys(long double x) {
    const long double d = fabsl(x);
    if (d < 1)
        return (3 * d * d * d - 5 * d * d + 2) / 2;
    return d < 2 ? (5 * d * d - d * d * d - 8 * d + 4) / 2 : 0;
}

int32_t *resize_twin_weights(int32_t interpolation, int64_t input, int64_t output) {
    int32_t *weights = malloc((size_t)(input * output) * sizeof *weights);
    long double *shares = malloc((size_t)input * sizeof *shares);
    ck_assert(weights && shares);
    const long double scale = (long double)input / (long double)output;
    for (int64_t x = 0; x < output; x++) {
        const long double centre = ((long double)x + 0.5L) * scale;
        long double total = 0;
        for (int64_t i = 0; i < input; i++) {
            const long double distance = ((long double)i + 0.5L - centre) / fmaxl(scale, 1);
            shares[i] = interpolation == DLC_INTERPOLATION_BICUBIC ? keys(distance) : triangle(distance);
            total += shares[i];
        }
        for (int64_t i = 0; i < input; i++)
            weights[x * input + i] = (int32_t)roundl(shares[i] / total * 0x1p22L);
    }
    free(shares);
    return weights;
}

/* ---- Pixels ---- */

uint8_t resize_twin_pixel(const int32_t *weights, const uint8_t *pixels, int64_t count, int64_t step) {
    int64_t sum = 0;
    for (int64_t i = 0; i < count; i++)
        sum += (int64_t)weights[i] * pixels[i * step];
    return (uint8_t)fmin(fmax(floor((double)sum * 0x1p-22 + 0.5), 0), 255);
}

uint8_t *resize_twin(const uint8_t *pixels, int64_t height, int64_t width, int32_t channels, int32_t interpolation,
                     int64_t new_height, int64_t new_width) {
    int32_t *across = resize_twin_weights(interpolation, width, new_width);
    int32_t *down = resize_twin_weights(interpolation, height, new_height);
    const int64_t row = width * channels, new_row = new_width * channels;
    uint8_t *between = malloc((size_t)(height * new_row)), *out = malloc((size_t)(new_height * new_row));
    ck_assert(between && out);
    for (int64_t y = 0; y < height; y++)
        for (int64_t i = 0; i < new_row; i++)
            between[y * new_row + i] =
                resize_twin_pixel(across + i / channels * width, pixels + y * row + i % channels, width, channels);
    for (int64_t y = 0; y < new_height; y++)
        for (int64_t i = 0; i < new_row; i++)
            out[y * new_row + i] = resize_twin_pixel(down + y * height, between + i, height, new_row);
    free(across);
    free(down);
    free(between);
    return out;
}
