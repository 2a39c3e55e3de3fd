/*
 * tokens.h - the layers of a vision transformer without a matrix product, on rows of tokens float32 [rows][dim]: layer
 * norm, biases, GELU, the exponentials of attention. Used by vit.c.
 *
 * Every row is worked on alone and in a fixed order, so its bits depend on nothing else. NaN stays NaN.
 */
#ifndef DLC_LIB_ENCODER_TOKENS_H
#define DLC_LIB_ENCODER_TOKENS_H

#include <stdint.h>

/* Layer norm with epsilon 1e-6: (row - mean) / sqrt(variance + epsilon) * gamma + beta. out may be in. */
void dlc_tokens_normalise(const float *in, int64_t rows, int64_t dim, const float *gamma, const float *beta,
                          float *out);

/* Adds the bias to every row; NULL: nothing to add. */
void dlc_tokens_add(float *tokens, int64_t rows, int64_t dim, const float *bias);

/*
 * GELU(token + bias): x times the normal distribution function of x, exact but for some 3e-7 * max(1, |x|).
 *
 * As max(x, 0) - |x| tail(|x|), where tail(u) = exp(-u^2 / 2) times a polynomial in 1 / (1 + 0.2316419 u): M.
 * Abramowitz, I. Stegun, "Handbook of Mathematical Functions", 26.2.17.
 */
void dlc_tokens_gelu(float *tokens, int64_t rows, int64_t dim, const float *bias);

/* Floats from one row of attention's scores to the next. */
int64_t dlc_tokens_pitch(int64_t tokens);

/* scores[r][i] = exp(scores[r][i] - the row's largest), in place, and inverse[r] = 1 / the row's sum. What lies between
 * `tokens` and the pitch is scratch. */
void dlc_tokens_exponentials(float *scores, int64_t rows, int64_t tokens, float *inverse);

/* Multiplies `rows` runs of `count` floats, `pitch` apart, with a factor each. */
void dlc_tokens_scale(float *tokens, int64_t rows, int64_t count, int64_t pitch, const float *factors);

#endif
