/*
 * weights.c - loops over weights of 2, 4 and 8 bytes (weights.h) in plain C. Written so that compilers turn them into
 * vector code for whatever processor they build for: no branch inside, memcpy for loads and stores.
 */
#include "weights.h"

#include <stddef.h>
#include <string.h>

/* ---- Magnitudes. They are compared as signed numbers, which every vector unit can. ---- */

#define DEFINE_LOOPS(BITS)                                                                                             \
    static void mask_##BITS(unsigned char *data, int64_t count, int##BITS##_t limit) {                                 \
        for (int64_t i = 0; i < count; i++) {                                                                          \
            int##BITS##_t bits;                                                                                        \
            memcpy(&bits, data + i * (int64_t)sizeof bits, sizeof bits);                                               \
            bits = (bits & INT##BITS##_MAX) <= limit ? 0 : bits;                                                       \
            memcpy(data + i * (int64_t)sizeof bits, &bits, sizeof bits);                                               \
        }                                                                                                              \
    }                                                                                                                  \
    static void flag_##BITS(const unsigned char *data, int64_t count, int##BITS##_t limit, unsigned char *flags) {     \
        for (int64_t i = 0; i < count; i++) {                                                                          \
            int##BITS##_t bits;                                                                                        \
            memcpy(&bits, data + i * (int64_t)sizeof bits, sizeof bits);                                               \
            flags[i] = (bits & INT##BITS##_MAX) <= limit;                                                              \
        }                                                                                                              \
    }

DEFINE_LOOPS(16)
DEFINE_LOOPS(32)
DEFINE_LOOPS(64)

static void mask(int64_t size, unsigned char *data, int64_t count, int64_t limit) {
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

static void flag(int64_t size, const unsigned char *data, int64_t count, int64_t limit, unsigned char *flags) {
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

/* Eight flags of 0 or 1, the first one's byte lowest. Compilers make one load of this. */
static uint64_t load_flags(const unsigned char *f) {
    return (uint64_t)f[0] | (uint64_t)f[1] << 8 | (uint64_t)f[2] << 16 | (uint64_t)f[3] << 24 | (uint64_t)f[4] << 32 |
           (uint64_t)f[5] << 40 | (uint64_t)f[6] << 48 | (uint64_t)f[7] << 56;
}

/* 64 flags as one word of bits, the first lowest; adds up those that are 1. One factor moves each of eight to a place
 * of its own in the top byte, the other adds them up there. */
static uint64_t pack_flags(const unsigned char flags[64], int64_t *ones) {
    uint64_t word = 0, sum = 0;
    for (int byte = 0; byte < 8; byte++) {
        const uint64_t eight = load_flags(flags + 8 * byte);
        word |= (eight * UINT64_C(0x0102040810204080) >> 56) << 8 * byte;
        sum += eight * UINT64_C(0x0101010101010101) >> 56;
    }
    *ones += (int64_t)sum;
    return word;
}

static int64_t mark(int64_t size, const unsigned char *data, int64_t count, int64_t limit, uint64_t *bits) {
    int64_t marked = 0;
    for (int64_t first = 0; first < count; first += 64) {
        unsigned char flags[64] = {0};
        flag(size, data + first * size, count - first < 64 ? count - first : 64, limit, flags);
        bits[first / 64] = pack_flags(flags, &marked);
    }
    return marked;
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

/* ---- By instruction set ---- */

static const dlc_weights_loops baseline = {mask, NULL, mark, dlc_weights_save};

const dlc_weights_loops *dlc_weights_loops_at(int32_t index) {
    const dlc_weights_loops *usable[3] = {NULL};
    int32_t count = 0;
    if (dlc_weights_avx2())
        usable[count++] = dlc_weights_avx2();
    usable[count++] = &baseline;
    return index >= 0 && index < count ? usable[index] : NULL;
}
