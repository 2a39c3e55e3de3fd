/*
 * tokens.c - layer norm, biases, GELU, exponentials (tokens.h). Plain loops that compilers vectorise: sums go in LANES
 * running parts, and functions are made of what every instruction set has.
 */
#include "tokens.h"

#include <math.h>
#include <string.h>

#define EPSILON 1e-6 /* of layer norm, as in torchvision's and timm's vision transformers */

/* Element i of a row is added in lane i % LANES. */
#define LANES 16

/* ---- Layer norm ---- */

static float add_lanes(float *lane) {
    for (int step = LANES / 2; step > 0; step /= 2)
        for (int i = 0; i < step; i++)
            lane[i] += lane[i + step];
    return lane[0];
}

/* The means of (row[i] - shift) and of its square. */
static void moments(const float *row, int64_t count, float shift, float *first, float *second) {
    float sums[LANES] = {0}, squares[LANES] = {0};
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        for (int lane = 0; lane < LANES; lane++) {
            const float value = row[i + lane] - shift;
            sums[lane] += value;
            squares[lane] += value * value;
        }
    }
    for (; i < count; i++) {
        const float value = row[i] - shift;
        sums[i % LANES] += value;
        squares[i % LANES] += value * value;
    }
    *first = add_lanes(sums) / (float)count;
    *second = add_lanes(squares) / (float)count;
}

void dlc_tokens_normalise(const float *in, int64_t rows, int64_t dim, const float *gamma, const float *beta,
                          float *out) {
    for (int64_t r = 0; r < rows; r++, in += dim, out += dim) {
        float mean, rest, square;
        moments(in, dim, 0, &mean, &square);
        /* The differences are summed once more, since the squares above cancel. */
        moments(in, dim, mean, &rest, &square);
        const float scale = (float)(1 / sqrt((double)square + EPSILON));
        for (int64_t i = 0; i < dim; i++)
            out[i] = (in[i] - mean) * scale * gamma[i] + beta[i];
    }
}

/* ---- Bias, GELU ---- */

void dlc_tokens_add(float *tokens, int64_t rows, int64_t dim, const float *bias) {
    if (!bias)
        return;
    for (int64_t r = 0; r < rows; r++, tokens += dim)
        for (int64_t i = 0; i < dim; i++)
            tokens[i] += bias[i];
}

#define LOG2_E   0x1.715476p0F
#define LN2_HIGH 0x1.62e4p-1F /* so short that n times it is exact */
#define LN2_LOW  0x1.7f7d1cp-20F

/* A sum with this number has the nearest integer in its lowest bits. */
#define ROUNDER       0x1.8p23F
#define MANTISSA_BITS 23

/* Below it the result is 0. */
#define EXP_SMALLEST (-87.0F)

/* exp(x), x <= 0: 2^n exp(r) with n = round(x / ln 2), |r| <= ln 2 / 2, and exp(r) by its Taylor series. */
static inline float exp_of_negative(float x) {
    const float shifted = x * LOG2_E + ROUNDER;
    const float n = shifted - ROUNDER;
    const float r = (x - n * LN2_HIGH) - n * LN2_LOW;
    float power = 1.0F / 5040;
    power = power * r + 1.0F / 720;
    power = power * r + 1.0F / 120;
    power = power * r + 1.0F / 24;
    power = power * r + 1.0F / 6;
    power = power * r + 0.5F;
    power = power * r + 1.0F;
    power = power * r + 1.0F;
    uint32_t bits, exponent;
    memcpy(&bits, &power, sizeof bits);
    memcpy(&exponent, &shifted, sizeof exponent);
    bits += exponent << MANTISSA_BITS;
    memcpy(&power, &bits, sizeof power);
    /* x - x is NaN if x is. */
    return x < EXP_SMALLEST ? 0.0F : power + (x - x);
}

/* The coefficients of 26.2.17, divided by sqrt(2 pi). */
static inline float gelu(float x) {
    const float u = x < 0 ? -x : x;
    const float t = 1 / (1 + 0.2316419F * u);
    float tail = 0.530702715F;
    tail = tail * t - 0.726576014F;
    tail = tail * t + 0.710706871F;
    tail = tail * t - 0.142248368F;
    tail = tail * t + 0.127414796F;
    tail = tail * t * exp_of_negative(-0.5F * u * u);
    return (x < 0 ? 0 : x) - u * tail;
}

void dlc_tokens_gelu(float *tokens, int64_t rows, int64_t dim, const float *bias) {
    for (int64_t r = 0; r < rows; r++, tokens += dim)
        for (int64_t i = 0; i < dim; i++)
            tokens[i] = gelu(tokens[i] + bias[i]);
}

/* ---- Attention ---- */

int64_t dlc_tokens_pitch(int64_t tokens) {
    return (tokens + LANES - 1) / LANES * LANES;
}

/* count: a multiple of LANES. NaN is passed over. */
static float largest(const float *row, int64_t count) {
    float most[LANES];
    memcpy(most, row, sizeof most);
    for (int64_t i = LANES; i < count; i += LANES)
        for (int lane = 0; lane < LANES; lane++)
            most[lane] = row[i + lane] > most[lane] ? row[i + lane] : most[lane];
    for (int step = LANES / 2; step > 0; step /= 2)
        for (int i = 0; i < step; i++)
            most[i] = most[i + step] > most[i] ? most[i + step] : most[i];
    return most[0];
}

void dlc_tokens_exponentials(float *scores, int64_t rows, int64_t tokens, float *inverse) {
    const int64_t pitch = dlc_tokens_pitch(tokens);
    for (int64_t r = 0; r < rows; r++, scores += pitch) {
        for (int64_t i = tokens; i < pitch; i++)
            scores[i] = -INFINITY;
        const float top = largest(scores, pitch);
        float sums[LANES] = {0};
        for (int64_t i = 0; i < pitch; i += LANES) {
            for (int lane = 0; lane < LANES; lane++) {
                const float power = exp_of_negative(scores[i + lane] - top);
                scores[i + lane] = power;
                sums[lane] += power;
            }
        }
        inverse[r] = 1 / add_lanes(sums);
    }
}

void dlc_tokens_scale(float *tokens, int64_t rows, int64_t count, int64_t pitch, const float *factors) {
    for (int64_t r = 0; r < rows; r++, tokens += pitch)
        for (int64_t i = 0; i < count; i++)
            tokens[i] *= factors[r];
}
