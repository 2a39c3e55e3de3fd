/* resample_avx2.c - the resampling kernels for x86 processors with AVX2 (resample.h); nothing elsewhere. */
#include "resample.h"

#include <stddef.h>

#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#define AVX2 __attribute__((target("avx2")))

/* Two pixels of three channels at a time, each in its half. What a fourth element holds has no meaning; it is written
 * behind each pixel, where the next one goes. */
AVX2 static void across_colour(const dlc_taps *taps, const uint8_t *row, uint8_t *out) {
    const __m256i spread = _mm256_setr_epi8(0, -1, -1, -1, 1, -1, -1, -1, 2, -1, -1, -1, -1, -1, -1, -1, /**/
                                            3, -1, -1, -1, 4, -1, -1, -1, 5, -1, -1, -1, -1, -1, -1, -1);
    const __m256i halves = _mm256_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1);
    const __m256i start = _mm256_setr_epi32(DLC_RESAMPLE_HALF, DLC_RESAMPLE_HALF, DLC_RESAMPLE_HALF, 0, 0, 0, 0, 0);
    const int32_t *weights = taps->weights;
    const int64_t count = taps->count, width = taps->width;
    for (int64_t x = 0; x < count; x++, weights += width) {
        const uint8_t *from = row + 3 * taps->starts[x];
        __m256i sums = start;
        for (int64_t i = 0; i < width; i += 2) {
            const __m128i bytes = _mm_loadl_epi64((const __m128i_u *)(from + 3 * i));
            const __m128i pair = _mm_loadl_epi64((const __m128i_u *)(weights + i));
            const __m256i pixels = _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(bytes), spread);
            const __m256i factors = _mm256_permutevar8x32_epi32(_mm256_castsi128_si256(pair), halves);
            sums = _mm256_add_epi32(sums, _mm256_mullo_epi32(pixels, factors));
        }
        const __m128i sum = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
        const __m128i words = _mm_packs_epi32(_mm_srai_epi32(sum, DLC_RESAMPLE_BITS), sum);
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
    else
        across_colour(taps, row, out);
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
