/* pick_avx2.c - the pick loop for x86 processors with AVX2 (pick.h); nothing elsewhere. */
#include "pick.h"

#include <stddef.h>

#if defined(__x86_64__)

#include <immintrin.h>

#define AVX2        __attribute__((target("avx2,bmi,popcnt")))
#define AVX2_INLINE AVX2 static inline __attribute__((always_inline))

/* Keys that are looked through at a time. */
#define BLOCK 512

/* Bits of a word that hardly any has more of, where the sieve is fine. */
#define USUAL 6

AVX2_INLINE __m256i load(const void *at) {
    return _mm256_loadu_si256((const __m256i_u *)at);
}

/* The sign bits say whose value is in the set: value v has its bit moved there. Bits of v above 7 do not matter. */
AVX2_INLINE __m256i look_up(__m256i set, __m256i values) {
    const __m256i words = _mm256_permutevar8x32_epi32(set, _mm256_srli_epi32(values, 5));
    const __m256i last = _mm256_set1_epi32(31);
    return _mm256_sllv_epi32(words, _mm256_andnot_si256(values, last));
}

typedef struct sieve {
    __m256i low, mixed;
    __m128i shift;
} sieve;

/* The bits of those of 64 keys whose first digit may be wanted. A bit beyond the key's own, the weight's sign, does no
 * harm: it is above those that are looked up. */
AVX2_INLINE uint64_t sift(sieve by, const unsigned char *keys) {
    uint64_t maybe = 0;
    for (int64_t i = 0; i < 64; i += 8) {
        const __m256i digits = _mm256_srl_epi32(load(keys + 4 * i), by.shift);
        const __m256i mixed = _mm256_add_epi32(_mm256_srli_epi32(digits, 5), _mm256_slli_epi32(digits, 3));
        const __m256i both = _mm256_and_si256(look_up(by.low, digits), look_up(by.mixed, mixed));
        maybe |= (uint64_t)_mm256_movemask_ps(_mm256_castsi256_ps(both)) << i;
    }
    return maybe;
}

AVX2_INLINE int64_t size_of(const dlc_byte_set *set) {
    int64_t size = 0;
    for (int64_t i = 0; i < 8; i++)
        size += _mm_popcnt_u32(set->words[i]);
    return size;
}

/* 1 where the sieve lets through few enough of keys that are spread evenly, one in eight, for the sieving to pay. */
AVX2_INLINE int is_fine(const dlc_picker *picker) {
    return size_of(&picker->low) * size_of(&picker->mixed) <= 256 * 256 / 8;
}

/* Appends the indices of a word's bits, counted from `first`. USUAL at least are written, so that most words have no
 * branch to mispredict; room for 64. */
AVX2_INLINE int64_t put_indices(uint64_t word, int64_t first, uint16_t *indices) {
    const int64_t count = _mm_popcnt_u64(word);
    for (int64_t i = 0; i < USUAL; i++, word &= word - 1)
        indices[i] = (uint16_t)(first + (int64_t)_tzcnt_u64(word));
    for (int64_t i = USUAL; i < count; i++, word &= word - 1)
        indices[i] = (uint16_t)(first + (int64_t)_tzcnt_u64(word));
    return count;
}

/* Of BLOCK keys. */
AVX2_INLINE int64_t pick_block(const dlc_picker *picker, sieve by, dlc_keys keys, uint64_t *picked) {
    uint16_t indices[BLOCK + 64];
    int64_t maybe = 0, found = 0;
    for (int64_t first = 0; first < BLOCK; first += 64)
        maybe += put_indices(sift(by, keys.data + 4 * first), first, indices + maybe);
    for (int64_t i = 0; i < maybe; i++) {
        const uint64_t key = dlc_keys_at(keys, 4, indices[i]);
        picked[found] = key;
        found += picker->wanted[key >> picker->shift] != 0;
    }
    return found;
}

AVX2 static int64_t pick(const dlc_picker *picker, dlc_keys keys, int64_t count, uint64_t *picked) {
    if (keys.size != 4 || !is_fine(picker))
        return dlc_pick_plain(picker, keys, count, picked);
    const sieve by = {load(&picker->low), load(&picker->mixed), _mm_cvtsi32_si128(picker->shift)};
    int64_t found = 0;
    for (; count >= BLOCK; count -= BLOCK, keys.data += 4 * BLOCK)
        found += pick_block(picker, by, keys, picked + found);
    return found + dlc_pick_plain(picker, keys, count, picked + found);
}

dlc_pick_loop dlc_pick_avx2(void) {
    const int usable =
        __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("popcnt");
    return usable ? pick : NULL;
}

#else

dlc_pick_loop dlc_pick_avx2(void) {
    return NULL;
}

#endif
