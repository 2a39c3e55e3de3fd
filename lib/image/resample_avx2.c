/* resample_avx2.c - the resampling kernels for x86 processors with AVX2 (resample.h); nothing elsewhere. */
#include "resample.h"

#include <stddef.h>

#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#define AVX2        __attribute__((target("avx2")))
#define AVX2_INLINE AVX2 static inline __attribute__((always_inline))

/* ---- Layout: int16[(count + 3) / 4 * 2][width / 4][2][2][2][8], of two outputs and four taps. First the upper parts
 * of the weights, then what these leave; of the first two taps, then of the others; for one output, then for the other;
 * each pair of them four times. ---- */

/* A weight is upper * 2^11 + lower, and both fit 16 bits: they are multiplied two by two. */
#define LOWER_BITS 11

/* Numbers for two outputs and four taps. */
#define PARTS 64

static int64_t layout_size(const dlc_taps *taps, int32_t channels) {
    const int64_t pairs = (taps->count + 3) / 4 * 2; /* those beyond the last output have weights of 0 */
    return channels == 3 ? pairs * taps->width / 4 * PARTS * (int64_t)sizeof(int16_t) : 0;
}

static void put_parts(int16_t *parts, int32_t weight) {
    const int32_t unit = 1 << LOWER_BITS, lower = weight & (unit - 1);
    for (int64_t i = 0; i < 4; i++) {
        parts[2 * i] = (int16_t)((weight - lower) / unit);
        parts[2 * i + PARTS / 2] = (int16_t)lower;
    }
}

static void lay_out(const dlc_taps *taps, int32_t channels, void *layout) {
    memset(layout, 0, (size_t)layout_size(taps, channels));
    for (int64_t output = 0; channels == 3 && output < taps->count; output++) {
        int16_t *pair = (int16_t *)layout + output / 2 * (taps->width / 4 * PARTS) + output % 2 * 8;
        for (int64_t i = 0; i < taps->width; i++)
            put_parts(pair + i / 4 * PARTS + i % 4 / 2 * 16 + i % 2, taps->weights[output * taps->width + i]);
    }
}

/* ---- Kernels ---- */

AVX2_INLINE __m256i load(const void *at) {
    return _mm256_loadu_si256((const __m256i_u *)at);
}

AVX2_INLINE __m256i load_both(const uint8_t *first, const uint8_t *second) {
    return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const __m128i_u *)first)),
                                   _mm_loadu_si128((const __m128i_u *)second), 1);
}

/* Two output pixels, one in each half: red, green and blue, and a number without meaning, before they are clipped. A
 * channel's bytes stand two by two as 16-bit numbers, against the two weights. */
AVX2_INLINE __m256i make_pair(const uint8_t *first, const uint8_t *second, const int16_t *parts, int64_t width) {
    const __m256i taps01 =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1));
    const __m256i taps23 =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1));
    __m256i uppers = _mm256_setzero_si256(), lowers = _mm256_set1_epi32(DLC_RESAMPLE_HALF);
    for (int64_t i = 0; i < width; i += 4, parts += PARTS) {
        const __m256i pixels = load_both(first + 3 * i, second + 3 * i);
        const __m256i two = _mm256_shuffle_epi8(pixels, taps01), others = _mm256_shuffle_epi8(pixels, taps23);
        uppers = _mm256_add_epi32(
            uppers, _mm256_add_epi32(_mm256_madd_epi16(two, load(parts)), _mm256_madd_epi16(others, load(parts + 16))));
        lowers = _mm256_add_epi32(lowers, _mm256_add_epi32(_mm256_madd_epi16(two, load(parts + 32)),
                                                           _mm256_madd_epi16(others, load(parts + 48))));
    }
    return _mm256_srai_epi32(_mm256_add_epi32(_mm256_slli_epi32(uppers, LOWER_BITS), lowers), DLC_RESAMPLE_BITS);
}

/* Four output pixels; the source of each begins at its start. 16 bytes are written. */
AVX2_INLINE void make_four(const uint8_t *row, const int64_t starts[4], const int16_t *parts, int64_t width,
                           uint8_t *out) {
    const __m256i close_up = _mm256_setr_epi8(0, 1, 2, -1, -1, -1, 4, 5, 6, -1, -1, -1, -1, -1, -1, -1, /**/
                                              -1, -1, -1, 0, 1, 2, -1, -1, -1, 4, 5, 6, -1, -1, -1, -1);
    const __m256i pair01 = make_pair(row + 3 * starts[0], row + 3 * starts[1], parts, width);
    const __m256i pair23 = make_pair(row + 3 * starts[2], row + 3 * starts[3], parts + width / 4 * PARTS, width);
    /* The packing clips, first to 16 bits, then to 0 to 255. Pixels 0 and 2 are in one half then, 1 and 3 in the
     * other. */
    const __m256i words = _mm256_packs_epi32(pair01, pair23);
    const __m256i bytes = _mm256_shuffle_epi8(_mm256_packus_epi16(words, words), close_up);
    _mm_storeu_si128((__m128i_u *)out, _mm_or_si128(_mm256_castsi256_si128(bytes), _mm256_extracti128_si256(bytes, 1)));
}

/* More bytes are written than pixels have, where the next ones go. Called with a constant, the width is folded in. */
AVX2_INLINE void across_colour(const dlc_taps *taps, const int16_t *parts, int64_t width, const uint8_t *row,
                               uint8_t *out) {
    const int64_t *starts = taps->starts;
    int64_t x = 0;
    for (; x + 4 <= taps->count; x += 4, parts += width * PARTS / 2)
        make_four(row, starts + x, parts, width, out + 3 * x);
    if (x < taps->count) {
        const int64_t last = taps->count - 1;
        const int64_t rest[4] = {starts[x], starts[x + 1 < last ? x + 1 : last], starts[last], starts[last]};
        make_four(row, rest, parts, width, out + 3 * x);
    }
}

AVX2 static void across_grey(const dlc_taps *taps, const uint8_t *row, uint8_t *out) {
    const int32_t *weights = taps->weights;
    for (int64_t x = 0; x < taps->count; x++, weights += taps->width) {
        const uint8_t *from = row + taps->starts[x];
        int32_t sum = DLC_RESAMPLE_HALF;
        for (int64_t i = 0; i < taps->width; i += 2)
            sum += from[i] * weights[i] + from[i + 1] * weights[i + 1];
        out[x] = dlc_resample_clip(sum);
    }
}

AVX2 static void across(const dlc_taps *taps, const void *layout, int32_t channels, const uint8_t *row, uint8_t *out) {
    if (channels == 1)
        across_grey(taps, row, out);
    else if (taps->width == 4)
        across_colour(taps, layout, 4, row, out);
    else
        across_colour(taps, layout, taps->width, row, out);
}

/* Sixteen bytes, from byte `at` of the rows. */
AVX2 static inline __m128i down16(const uint8_t *const *rows, const int32_t *weights, int64_t count, int64_t at) {
    __m256i low = _mm256_set1_epi32(DLC_RESAMPLE_HALF), high = low;
    for (int64_t i = 0; i < count; i++) {
        const __m128i bytes = _mm_loadu_si128((const __m128i_u *)(rows[i] + at));
        const __m256i factor = _mm256_set1_epi32(weights[i]);
        low = _mm256_add_epi32(low, _mm256_mullo_epi32(_mm256_cvtepu8_epi32(bytes), factor));
        high = _mm256_add_epi32(high, _mm256_mullo_epi32(_mm256_cvtepu8_epi32(_mm_srli_si128(bytes, 8)), factor));
    }
    /* The packing clips, first to 16 bits, then to 0 to 255. */
    const __m256i words =
        _mm256_packs_epi32(_mm256_srai_epi32(low, DLC_RESAMPLE_BITS), _mm256_srai_epi32(high, DLC_RESAMPLE_BITS));
    const __m256i ordered = _mm256_permute4x64_epi64(words, 0xD8);
    return _mm_packus_epi16(_mm256_castsi256_si128(ordered), _mm256_extracti128_si256(ordered, 1));
}

AVX2 static void down(const uint8_t *const *rows, const int32_t *weights, int64_t count, int64_t bytes, uint8_t *out) {
    int64_t at = 0;
    for (; at + 16 <= bytes; at += 16)
        _mm_storeu_si128((__m128i_u *)(out + at), down16(rows, weights, count, at));
    if (at < bytes) {
        const __m128i rest = down16(rows, weights, count, at);
        memcpy(out + at, &rest, (size_t)(bytes - at));
    }
}

static const dlc_resample_kernel kernel = {layout_size, lay_out, across, down};

const dlc_resample_kernel *dlc_resample_avx2(void) {
    return __builtin_cpu_supports("avx2") ? &kernel : NULL;
}

#else

const dlc_resample_kernel *dlc_resample_avx2(void) {
    return NULL;
}

#endif
