/*
 * order.h - turns weights into order keys: unsigned integers that say which weight is masked first. Equal keys go by
 * position, which is not part of the key.
 *
 * Criterion l1: the key is the magnitude's bits in the narrowest dtype that holds all maskable tensors exactly, so that
 * keys compare as the real numbers do. Criterion random: 32 bits drawn for the weight's position. Bits are converted
 * with integers alone, so a host that flushes denormals changes nothing. Called by the other files
 * of lib/mask.
 */
#ifndef DLC_LIB_MASK_ORDER_H
#define DLC_LIB_MASK_ORDER_H

#include <stdint.h>
#include <string.h>

typedef struct dlc_order {
    int32_t criterion; /* DLC_CRITERION_* */
    int32_t dtype;     /* l1: whose magnitude bits the keys are; 0 before the first tensor */
    int32_t bits;      /* significant bits of a key: 15, 31, 32 or 63 */
    uint64_t seed;
} dlc_order;

/* The dtype that holds all values of both; `a` may be 0 for none yet. */
int32_t dlc_order_join(int32_t a, int32_t b);

/* An order; dtype is what dlc_order_join() made of the maskable tensors' dtypes. */
dlc_order dlc_order_make(int32_t criterion, int32_t dtype, uint64_t seed);

/* The keys of `count` weights, the first at `data` and at `position` among all maskable weights. */
void dlc_order_keys(const dlc_order *order, int32_t dtype, const unsigned char *data, int64_t position, int64_t count,
                    uint64_t *keys);

/* Keys where they lie: key i is the `size` bytes at data + i * size, without the bits that are not in `bits`. */
typedef struct dlc_keys {
    const unsigned char *data;
    int64_t size; /* 2, 4 or 8 */
    uint64_t bits;
} dlc_keys;

/* The same keys: in the weights themselves where they are their magnitude bits, else written to `room`. */
dlc_keys dlc_order_look(const dlc_order *order, int32_t dtype, const unsigned char *data, int64_t position,
                        int64_t count, uint64_t *room);

/* Key number i of keys.size == size. Fast where the size is a constant. */
static inline uint64_t dlc_keys_at(dlc_keys keys, int64_t size, int64_t i) {
    uint16_t narrow;
    uint32_t single;
    uint64_t wide;
    switch (size) {
    case 2:
        memcpy(&narrow, keys.data + 2 * i, 2);
        return narrow & keys.bits;
    case 4:
        memcpy(&single, keys.data + 4 * i, 4);
        return single & keys.bits;
    default:
        memcpy(&wide, keys.data + 8 * i, 8);
        return wide & keys.bits;
    }
}

/* l1: the largest magnitude, as bits of `dtype`, whose key is at most `limit`; -1 where there is none. */
int64_t dlc_order_native_limit(const dlc_order *order, int32_t dtype, int64_t limit);

/* l1: the real number that a key stands for. */
double dlc_order_value(const dlc_order *order, uint64_t key);

/* The index of the first of `count` weights that is NaN or infinite, -1 for none. */
int64_t dlc_order_find_not_finite(int32_t dtype, const unsigned char *data, int64_t count);

/* l1: the key from which on weights of the order's own dtype are infinite or NaN. */
uint64_t dlc_order_infinity(const dlc_order *order);

/* 1 if the weight at `data` is NaN. */
int dlc_order_is_nan(int32_t dtype, const unsigned char *data);

#endif
