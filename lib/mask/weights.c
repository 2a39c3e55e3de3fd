/*
 * weights.c - loops over weights of 2, 4 and 8 bytes (weights.h). Written so that compilers turn them into vector code
 * for whatever processor they build for: no branch inside, memcpy for loads and stores.
 */
#include "weights.h"

#include <string.h>

/*
 * Stores every weight, changed or not: to leave out the cache lines that stay the same costs a branch a line that
 * cannot be predicted, and was measured to be three times slower than the stores. Magnitudes are compared as signed
 * numbers, which every vector unit can.
 */
#define DEFINE_MASK(NAME, BITS, SIGNED)                                                                                \
    static void NAME(unsigned char *data, int64_t count, SIGNED limit) {                                               \
        const BITS magnitude = (BITS)((BITS) ~(BITS)0 >> 1);                                                           \
        for (int64_t i = 0; i < count; i++) {                                                                          \
            BITS bits;                                                                                                 \
            memcpy(&bits, data + i * (int64_t)sizeof bits, sizeof bits);                                               \
            bits = (SIGNED)(bits & magnitude) <= limit ? 0 : bits;                                                     \
            memcpy(data + i * (int64_t)sizeof bits, &bits, sizeof bits);                                               \
        }                                                                                                              \
    }

DEFINE_MASK(mask_2, uint16_t, int16_t)
DEFINE_MASK(mask_4, uint32_t, int32_t)
DEFINE_MASK(mask_8, uint64_t, int64_t)

void dlc_weights_mask(int64_t size, unsigned char *data, int64_t count, int64_t limit) {
    if (limit < 0)
        return;
    switch (size) {
    case 2:
        mask_2(data, count, (int16_t)limit);
        break;
    case 4:
        mask_4(data, count, (int32_t)limit);
        break;
    default:
        mask_8(data, count, limit);
    }
}

/* The others are written once for any size; called with a constant, the size is folded in. */

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
