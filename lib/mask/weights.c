/*
 * weights.c - loops over weights of 2, 4 and 8 bytes (weights.h). Written so that compilers turn them into vector code
 * for whatever processor they build for: no branch inside, memcpy for loads and stores.
 */
#include "weights.h"

#include <stddef.h>
#include <string.h>

/* ---- Magnitudes. They are compared as signed numbers, which every vector unit can. ---- */

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/*
 * mask_BITS() stores every weight, changed or not. To leave out the cache lines that stay the same brings nothing: the
 * reads alone take as long. Nor does a list of those that change: lines here and there cost six times as much as all of
 * them in a row, and more than a sixth change.
 */
#define DEFINE_LOOPS(BITS)                                                                                             \
    ALWAYS_INLINE void mask_##BITS(unsigned char *data, int64_t count, int##BITS##_t limit) {                          \
        for (int64_t i = 0; i < count; i++) {                                                                          \
            int##BITS##_t bits;                                                                                        \
            memcpy(&bits, data + i * (int64_t)sizeof bits, sizeof bits);                                               \
            bits = (bits & INT##BITS##_MAX) <= limit ? 0 : bits;                                                       \
            memcpy(data + i * (int64_t)sizeof bits, &bits, sizeof bits);                                               \
        }                                                                                                              \
    }                                                                                                                  \
    ALWAYS_INLINE void flag_##BITS(const unsigned char *data, int64_t count, int##BITS##_t limit,                      \
                                   unsigned char *flags) {                                                             \
        for (int64_t i = 0; i < count; i++) {                                                                          \
            int##BITS##_t bits;                                                                                        \
            memcpy(&bits, data + i * (int64_t)sizeof bits, sizeof bits);                                               \
            flags[i] = (bits & INT##BITS##_MAX) <= limit;                                                              \
        }                                                                                                              \
    }

DEFINE_LOOPS(16)
DEFINE_LOOPS(32)
DEFINE_LOOPS(64)

ALWAYS_INLINE void mask_any(int64_t size, unsigned char *data, int64_t count, int64_t limit) {
    if (limit < 0)
        return;
    switch (size) {
    case 2:
        mask_16(data, count, (int16_t)limit);
        break;
    case 4:
        mask_32(data, count, (int32_t)limit);
        break;
    default:
        mask_64(data, count, limit);
    }
}

ALWAYS_INLINE void flag_any(int64_t size, const unsigned char *data, int64_t count, int64_t limit,
                            unsigned char *flags) {
    switch (size) {
    case 2:
        flag_16(data, count, (int16_t)limit, flags);
        break;
    case 4:
        flag_32(data, count, (int32_t)limit, flags);
        break;
    default:
        flag_64(data, count, limit, flags);
    }
}

#define DEFINE_SET(SET, TARGET)                                                                                        \
    TARGET static void mask_##SET(int64_t size, unsigned char *data, int64_t count, int64_t limit) {                   \
        mask_any(size, data, count, limit);                                                                            \
    }                                                                                                                  \
    TARGET static void flag_##SET(int64_t size, const unsigned char *data, int64_t count, int64_t limit,               \
                                  unsigned char *flags) {                                                              \
        flag_any(size, data, count, limit, flags);                                                                     \
    }                                                                                                                  \
    static const dlc_weights_loops SET = {mask_##SET, flag_##SET};

DEFINE_SET(baseline, )
#if defined(__x86_64__)
DEFINE_SET(avx2, __attribute__((target("avx2"))))
#endif

const dlc_weights_loops *dlc_weights_loops_at(int32_t index) {
    const dlc_weights_loops *usable[3] = {NULL};
    int32_t count = 0;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2"))
        usable[count++] = &avx2;
#endif
    usable[count++] = &baseline;
    return index >= 0 && index < count ? usable[index] : NULL;
}

/* ---- The others ---- */

/* Written once for any size; called with a constant, the size is folded in. */

static inline void mask_by_keys(size_t size, unsigned char *data, const uint64_t *keys, int64_t count, uint64_t limit) {
    for (int64_t i = 0; i < count; i++) {
        unsigned char *weight = data + (size_t)i * size;
        uint64_t bits = 0;
        memcpy(&bits, weight, size);
        bits &= 0 - (uint64_t)(keys[i] > limit);
        memcpy(weight, &bits, size);
    }
}

void dlc_weights_mask_by_keys(int64_t size, unsigned char *data, const uint64_t *keys, int64_t count, int64_t limit) {
    if (limit < 0)
        return;
    switch (size) {
    case 2:
        mask_by_keys(2, data, keys, count, (uint64_t)limit);
        break;
    case 4:
        mask_by_keys(4, data, keys, count, (uint64_t)limit);
        break;
    default:
        mask_by_keys(8, data, keys, count, (uint64_t)limit);
    }
}

static inline int64_t save(size_t size, const unsigned char *data, const uint64_t *bits, int64_t count,
                           unsigned char *values) {
    size_t saved = 0;
    for (int64_t first = 0; first < count; first += 64) {
        /* Every weight is written and the place moves on for the saved ones: no branch to mispredict. */
        unsigned char word_values[64 * 8];
        size_t word_saved = 0;
        const uint64_t word = bits[first / 64];
        const int64_t in_word = count - first < 64 ? count - first : 64;
        const unsigned char *word_data = data + (size_t)first * size;
        for (int64_t i = 0; i < in_word; i++) {
            memcpy(word_values + word_saved * size, word_data + (size_t)i * size, size);
            word_saved += word >> i & 1;
        }
        memcpy(values + saved * size, word_values, word_saved * size);
        saved += word_saved;
    }
    return (int64_t)saved;
}

int64_t dlc_weights_save(int64_t size, const unsigned char *data, const uint64_t *bits, int64_t count,
                         unsigned char *values) {
    switch (size) {
    case 2:
        return save(2, data, bits, count, values);
    case 4:
        return save(4, data, bits, count, values);
    default:
        return save(8, data, bits, count, values);
    }
}

static inline int64_t put_back(size_t size, unsigned char *data, const uint64_t *bits, int64_t count,
                               const unsigned char *values) {
    size_t used = 0;
    for (int64_t first = 0; first < count; first += 64) {
        const uint64_t word = bits[first / 64];
        const int64_t in_word = count - first < 64 ? count - first : 64;
        unsigned char *word_data = data + (size_t)first * size;
        for (int64_t i = 0; i < in_word; i++) {
            uint64_t now = 0, saved = 0;
            memcpy(&now, word_data + (size_t)i * size, size);
            memcpy(&saved, values + used * size, size);
            const uint64_t bit = word >> i & 1;
            now ^= (now ^ saved) & (0 - bit);
            memcpy(word_data + (size_t)i * size, &now, size);
            used += bit;
        }
    }
    return (int64_t)used;
}

int64_t dlc_weights_put_back(int64_t size, unsigned char *data, const uint64_t *bits, int64_t count,
                             const unsigned char *values) {
    switch (size) {
    case 2:
        return put_back(2, data, bits, count, values);
    case 4:
        return put_back(4, data, bits, count, values);
    default:
        return put_back(8, data, bits, count, values);
    }
}
