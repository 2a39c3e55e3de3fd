/* resample_avx2.c - the resampling kernels for x86 processors with AVX2 (resample.h); nothing elsewhere. */
#include "resample.h"

#include <stddef.h>

#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#define AVX2        __attribute__((target("avx2")))
#define AVX2_INLINE AVX2 static inline __attribute__((always_inline))

/*
 * The sums of one output pixel, red, green and blue and one without meaning, in two halves to be added. Four inputs at
 * a time, two in each half: a channel's two bytes side by side as 16-bit numbers, against the two weights.
 */
AVX2_INLINE __m256i sum_pixel(const uint8_t *from, const int16_t *parts, int64_t width) {
    const __m256i spread = _mm256_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1, /**/
                                            6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1);
    __m256i uppers = _mm256_setzero_si256(), lowers = uppers;
    for (int64_t i = 0; i < width; i += 4) {
        const __m128i bytes = _mm_loadu_si128((const __m128i_u *)(from + 3 * i));
        const __m256i pixels = _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(bytes), spread);
        const __m256i upper = _mm256_loadu_si256((const __m256i_u *)(parts + 8 * i));
        const __m256i lower = _mm256_loadu_si256((const __m256i_u *)(parts + 8 * i + 16));
        uppers = _mm256_add_epi32(uppers, _mm256_madd_epi16(pixels, upper));
        lowers = _mm256_add_epi32(lowers, _mm256_madd_epi16(pixels, lower));
    }
    return _mm256_add_epi32(_mm256_slli_epi32(uppers, DLC_RESAMPLE_LOWER_BITS), lowers);
}

/* Two pixels' sums as values, one in each half. */
AVX2_INLINE __m256i finish_pair(__m256i first, __m256i second) {
    const __m256i sums = _mm256_add_epi32(_mm256_permute2x128_si256(first, second, 0x20),
                                          _mm256_permute2x128_si256(first, second, 0x31));
    return _mm256_srai_epi32(_mm256_add_epi32(sums, _mm256_set1_epi32(DLC_RESAMPLE_HALF)), DLC_RESAMPLE_BITS);
}

/* Four output pixels at a time; more bytes are written than they have, where the next ones go. Called with a constant,
 * the width is folded in. */
AVX2_INLINE void across_colour(const dlc_taps *taps, int64_t width, const uint8_t *row, uint8_t *out) {
    const __m256i close_up = _mm256_setr_epi8(0, 1, 2, -1, -1, -1, 4, 5, 6, -1, -1, -1, -1, -1, -1, -1, /**/
                                              -1, -1, -1, 0, 1, 2, -1, -1, -1, 4, 5, 6, -1, -1, -1, -1);
    const int16_t *parts = taps->parts;
    const int64_t *starts = taps->starts;
    const int64_t count = taps->count;
    int64_t x = 0;
    for (; x + 4 <= count; x += 4, parts += 32 * width) {
        const __m256i even = finish_pair(sum_pixel(row + 3 * starts[x], parts, width),
                                         sum_pixel(row + 3 * starts[x + 1], parts + 8 * width, width));
        const __m256i odd = finish_pair(sum_pixel(row + 3 * starts[x + 2], parts + 16 * width, width),
                                        sum_pixel(row + 3 * starts[x + 3], parts + 24 * width, width));
        /* The packing clips, first to 16 bits, then to 0 to 255. Pixels 0 and 2 are in one half then, 1 and 3 in the
         * other. */
        const __m256i words = _mm256_packs_epi32(even, odd);
        const __m256i bytes = _mm256_shuffle_epi8(_mm256_packus_epi16(words, words), close_up);
        _mm_storeu_si128((__m128i_u *)(out + 3 * x),
                         _mm_or_si128(_mm256_castsi256_si128(bytes), _mm256_extracti128_si256(bytes, 1)));
    }
    for (; x < count; x++, parts += 8 * width) {
        const __m256i sum = sum_pixel(row + 3 * starts[x], parts, width);
        const __m128i words = _mm256_castsi256_si128(_mm256_packs_epi32(finish_pair(sum, sum), sum));
        const int32_t pixel = _mm_cvtsi128_si32(_mm_packus_epi16(words, words));
        memcpy(out + 3 * x, &pixel, sizeof pixel);
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

AVX2 static void across(const dlc_taps *taps, int32_t channels, const uint8_t *row, uint8_t *out) {
    if (channels == 1)
        across_grey(taps, row, out);
    else if (taps->width == 4)
        across_colour(taps, 4, row, out);
    else
        across_colour(taps, taps->width, row, out);
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

static const dlc_resample_kernel kernel = {across, down};

const dlc_resample_kernel *dlc_resample_avx2(void) {
    return __builtin_cpu_supports("avx2") ? &kernel : NULL;
}

#else

const dlc_resample_kernel *dlc_resample_avx2(void) {
    return NULL;
}

#endif
