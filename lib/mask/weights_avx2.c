/* weights_avx2.c - loops over weights for x86 processors with AVX2 (weights.h); nothing elsewhere. */
#include "weights.h"

#include <stddef.h>

#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#define AVX2        __attribute__((target("avx2,bmi,popcnt")))
#define AVX2_INLINE AVX2 static inline __attribute__((always_inline))

/* Bytes of a vector: half a line. */
#define VECTOR 32

AVX2_INLINE __m256i load(const unsigned char *at) {
    return _mm256_loadu_si256((const __m256i_u *)at);
}

AVX2_INLINE void store(unsigned char *at, __m256i vector) {
    _mm256_storeu_si256((__m256i_u *)at, vector);
}

/* ---- A vector. `size` is a constant where these are called, and folded in. ---- */

AVX2_INLINE __m256i spread(int64_t size, int64_t value) {
    return size == 2   ? _mm256_set1_epi16((int16_t)value)
           : size == 4 ? _mm256_set1_epi32((int32_t)value)
                       : _mm256_set1_epi64x(value);
}

/* All ones in the weights above the limit, zeros in those up to it. */
AVX2_INLINE __m256i above(int64_t size, __m256i weights, __m256i limits) {
    const __m256i magnitudes = _mm256_and_si256(weights, spread(size, INT64_MAX >> (64 - 8 * size)));
    return size == 2   ? _mm256_cmpgt_epi16(magnitudes, limits)
           : size == 4 ? _mm256_cmpgt_epi32(magnitudes, limits)
                       : _mm256_cmpgt_epi64(magnitudes, limits);
}

/* Of non-negative numbers. */
AVX2_INLINE __m256i smaller(int64_t size, __m256i a, __m256i b) {
    return size == 2   ? _mm256_min_epi16(a, b)
           : size == 4 ? _mm256_min_epi32(a, b)
                       : _mm256_blendv_epi8(a, b, _mm256_cmpgt_epi64(a, b));
}

/* ---- Mask ---- */

/* Returns what it leaves. */
AVX2_INLINE __m256i mask_vector(int64_t size, unsigned char *at, __m256i limits) {
    const __m256i weights = load(at), left = _mm256_and_si256(weights, above(size, weights, limits));
    store(at, left);
    return left;
}

AVX2_INLINE void mask_all(int64_t size, unsigned char *data, int64_t count, int64_t limit) {
    const __m256i limits = spread(size, limit);
    const int64_t bytes = count * size;
    int64_t at = 0;
    for (; at + VECTOR <= bytes; at += VECTOR)
        mask_vector(size, data + at, limits);
    unsigned char rest[VECTOR] = {0};
    memcpy(rest, data + at, (size_t)(bytes - at));
    mask_vector(size, rest, limits);
    memcpy(data + at, rest, (size_t)(bytes - at));
}

AVX2 static void mask(int64_t size, unsigned char *data, int64_t count, int64_t limit) {
    if (limit < 0)
        return;
    switch (size) {
    case 2:
        mask_all(2, data, count, limit);
        break;
    case 4:
        mask_all(4, data, count, limit);
        break;
    default:
        mask_all(8, data, count, limit);
    }
}

/* ---- Mask what is due ---- */

/* Lines that are listed at a time, and how many lines ahead of their use they are fetched: far ones into the second
 * cache, which has more fetches under way than the first. */
#define BLOCK 4096
#define FAR   64
#define NEAR  8

/* The magnitudes, and the largest number for weights that are +0: those cannot change any more. */
AVX2_INLINE __m256i left_over(int64_t size, __m256i weights) {
    const __m256i zero = _mm256_setzero_si256(), largest = spread(size, INT64_MAX >> (64 - 8 * size));
    const __m256i are_zero = size == 2   ? _mm256_cmpeq_epi16(weights, zero)
                             : size == 4 ? _mm256_cmpeq_epi32(weights, zero)
                                         : _mm256_cmpeq_epi64(weights, zero);
    return _mm256_and_si256(_mm256_or_si256(weights, are_zero), largest);
}

AVX2_INLINE uint64_t least(int64_t size, __m256i numbers) {
    const __m256i quarters = smaller(size, numbers, _mm256_permute4x64_epi64(numbers, 0x4E /* the halves swapped */));
    const __m256i pairs = smaller(size, quarters, _mm256_shuffle_epi32(quarters, 0x4E));
    if (size == 8)
        return (uint64_t)_mm256_extract_epi64(pairs, 0);
    if (size == 2)
        return (uint64_t)_mm_cvtsi128_si32(_mm_minpos_epu16(_mm256_castsi256_si128(pairs))) & UINT16_MAX;
    return (uint32_t)_mm256_extract_epi32(smaller(size, pairs, _mm256_shuffle_epi32(pairs, 0xB1)), 0);
}

/* Masks a line; returns the least magnitude that is left. */
AVX2_INLINE uint64_t mask_line(int64_t size, unsigned char *line, __m256i limits) {
    const __m256i first = mask_vector(size, line, limits), second = mask_vector(size, line + VECTOR, limits);
    return least(size, smaller(size, left_over(size, first), left_over(size, second)));
}

/* The indices of those of `lines` lines, BLOCK at most, that are due at `step`; returns how many. Those that follow,
 * FAR of them, repeat the last. */
AVX2_INLINE int64_t list_due(int64_t lines, uint8_t step, const uint8_t *due, uint16_t *listed) {
    const __m256i steps = _mm256_set1_epi8((char)step);
    int64_t count = 0, first = 0;
    for (; first + VECTOR <= lines; first += VECTOR) {
        const __m256i numbers = load(due + first);
        const __m256i is_due = _mm256_cmpeq_epi8(_mm256_min_epu8(numbers, steps), numbers);
        for (uint32_t bits = (uint32_t)_mm256_movemask_epi8(is_due); bits; bits &= bits - 1)
            listed[count++] = (uint16_t)(first + __builtin_ctz(bits));
    }
    for (; first < lines; first++)
        if (due[first] <= step)
            listed[count++] = (uint16_t)first;
    for (int64_t i = 0; i < FAR; i++)
        listed[count + i] = count > 0 ? listed[count - 1] : 0;
    return count;
}

/* From one level to the next most lines stay as they are. To read only the others takes half the time of reading all,
 * though it is far more work a line: memory is what both wait for. */
AVX2_INLINE void mask_block(int64_t size, unsigned char *data, int64_t lines, __m256i limits, const uint8_t *steps,
                            uint8_t step, uint8_t *due) {
    uint16_t listed[BLOCK + FAR];
    const int64_t count = list_due(lines, step, due, listed);
    for (int64_t i = 0; i < FAR && i < count; i++)
        _mm_prefetch((const char *)data + listed[i] * DLC_LINE, _MM_HINT_T1);
    for (int64_t i = 0; i < count; i++) {
        _mm_prefetch((const char *)data + listed[i + FAR] * DLC_LINE, _MM_HINT_T1);
        _mm_prefetch((const char *)data + listed[i + NEAR] * DLC_LINE, _MM_HINT_T0);
        const uint64_t left = mask_line(size, data + listed[i] * DLC_LINE, limits);
        due[listed[i]] = steps[dlc_weights_step_index(size, left)];
    }
}

AVX2_INLINE void mask_due(int64_t size, unsigned char *data, int64_t lines, int64_t limit, const uint8_t *steps,
                          uint8_t step, uint8_t *due) {
    const __m256i limits = spread(size, limit);
    for (int64_t first = 0; first < lines; first += BLOCK)
        mask_block(size, data + first * DLC_LINE, lines - first < BLOCK ? lines - first : BLOCK, limits, steps, step,
                   due + first);
}

AVX2 static void mask_lines(int64_t size, unsigned char *data, int64_t lines, int64_t limit, const uint8_t *steps,
                            uint8_t step, uint8_t *due) {
    switch (size) {
    case 2:
        mask_due(2, data, lines, limit, steps, step, due);
        break;
    case 4:
        mask_due(4, data, lines, limit, steps, step, due);
        break;
    default:
        mask_due(8, data, lines, limit, steps, step, due);
    }
}

/* ---- Mark ---- */

/* The bits of the weights above the limit, of 64. */
AVX2_INLINE uint64_t above_word(int64_t size, const unsigned char *data, __m256i limits) {
    uint64_t word = 0;
    for (int64_t i = 0; i < 64; i += 2 * VECTOR / size) {
        const __m256i first = above(size, load(data + i * size), limits);
        const __m256i second = above(size, load(data + i * size + VECTOR), limits);
        const uint64_t bits = size == 2   ? (uint32_t)_mm256_movemask_epi8(_mm256_permute4x64_epi64(
                                                _mm256_packs_epi16(first, second), 0xD8 /* pack halves apart */))
                              : size == 4 ? (uint64_t)(_mm256_movemask_ps(_mm256_castsi256_ps(first)) |
                                                       _mm256_movemask_ps(_mm256_castsi256_ps(second)) << 8)
                                          : (uint64_t)(_mm256_movemask_pd(_mm256_castsi256_pd(first)) |
                                                       _mm256_movemask_pd(_mm256_castsi256_pd(second)) << 4);
        word |= bits << i;
    }
    return word;
}

AVX2_INLINE int64_t mark_all(int64_t size, const unsigned char *data, int64_t count, int64_t limit, uint64_t *bits) {
    const __m256i limits = spread(size, limit);
    int64_t marked = 0, first = 0;
    for (; first + 64 <= count; first += 64) {
        *bits = ~above_word(size, data + first * size, limits);
        marked += _mm_popcnt_u64(*bits++);
    }
    if (first < count) {
        unsigned char rest[64 * 8] = {0};
        memcpy(rest, data + first * size, (size_t)((count - first) * size));
        *bits = ~above_word(size, rest, limits) & ((UINT64_C(1) << (count - first)) - 1);
        marked += _mm_popcnt_u64(*bits);
    }
    return marked;
}

AVX2 static int64_t mark(int64_t size, const unsigned char *data, int64_t count, int64_t limit, uint64_t *bits) {
    switch (size) {
    case 2:
        return mark_all(2, data, count, limit, bits);
    case 4:
        return mark_all(4, data, count, limit, bits);
    default:
        return mark_all(8, data, count, limit, bits);
    }
}

/* ---- Save ---- */

/* By four bits: the bytes of the 4-byte weights whose bit is 1, moved up to the front. What comes behind has no
 * meaning. */
#define W(I) 4 * (I), 4 * (I) + 1, 4 * (I) + 2, 4 * (I) + 3
#define F(A, B, C, D)                                                                                                  \
    { W(A), W(B), W(C), W(D) }
static const uint8_t fronts[16][16] = {F(0, 0, 0, 0), F(0, 0, 0, 0), F(1, 0, 0, 0), F(0, 1, 0, 0),
                                       F(2, 0, 0, 0), F(0, 2, 0, 0), F(1, 2, 0, 0), F(0, 1, 2, 0),
                                       F(3, 0, 0, 0), F(0, 3, 0, 0), F(1, 3, 0, 0), F(0, 1, 3, 0),
                                       F(2, 3, 0, 0), F(0, 2, 3, 0), F(1, 2, 3, 0), F(0, 1, 2, 3)};
#undef W
#undef F

/* Of 64 weights of 4 bytes; four are written at a time. */
AVX2_INLINE int64_t save_word(const unsigned char *data, uint64_t word, unsigned char *values) {
    unsigned char room[64 * 4 + 16];
    int64_t saved = 0;
    for (int64_t i = 0; i < 64; i += 4, word >>= 4) {
        const __m128i weights = _mm_loadu_si128((const __m128i_u *)(data + 4 * i));
        const __m128i front = _mm_loadu_si128((const __m128i_u *)fronts[word & 15]);
        _mm_storeu_si128((__m128i_u *)(room + 4 * saved), _mm_shuffle_epi8(weights, front));
        saved += _mm_popcnt_u32((uint32_t)(word & 15));
    }
    memcpy(values, room, (size_t)(4 * saved));
    return saved;
}

AVX2 static int64_t save(int64_t size, const unsigned char *data, const uint64_t *bits, int64_t count,
                         unsigned char *values) {
    if (size != 4)
        return dlc_weights_save(size, data, bits, count, values);
    int64_t saved = 0, first = 0;
    for (; first + 64 <= count; first += 64)
        saved += save_word(data + 4 * first, *bits++, values + 4 * saved);
    return saved + dlc_weights_save(4, data + 4 * first, bits, count - first, values + 4 * saved);
}

static const dlc_weights_loops loops = {mask, mask_lines, mark, save};

const dlc_weights_loops *dlc_weights_avx2(void) {
    const int usable =
        __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("popcnt");
    return usable ? &loops : NULL;
}

#else

const dlc_weights_loops *dlc_weights_avx2(void) {
    return NULL;
}

#endif
