/*
 * order.h - turns weights into order keys: unsigned integers that say which weight is masked first. Equal keys go by
 * position, which is not part of the key.
 *
 * Criterion l1: the key is the magnitude's bits in the narrowest dtype that holds all maskable tensors exactly, so that
 * keys compare as the real numbers do. Criterion random: 32 bits drawn for the weight's position. Bits are converted
 * with integers alone, so a host that flushes denormals changes nothing. Called by tally.c, plan.c, snapshot.c,
 * apply.c.
 */
#ifndef DLC_LIB_MASK_ORDER_H
#define DLC_LIB_MASK_ORDER_H

#include <stdint.h>

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

/* l1: the largest magnitude, as bits of `dtype`, whose key is at most `limit`; -1 where there is none. */
int64_t dlc_order_native_limit(const dlc_order *order, int32_t dtype, int64_t limit);

/* l1: the real number that a key stands for. */
double dlc_order_value(const dlc_order *order, uint64_t key);

/* The index of the first of `count` weights that is NaN or infinite, -1 for none. */
int64_t dlc_order_find_not_finite(int32_t dtype, const unsigned char *data, int64_t count);

/* 1 if the weight at `data` is NaN. */
int dlc_order_is_nan(int32_t dtype, const unsigned char *data);

#endif
