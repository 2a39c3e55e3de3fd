/*
 * pick.h - picks those keys out of many whose first digit is wanted: the inner loop of the plan's later reads, which
 * look for few. Never changes a key. Called by tally.c.
 */
#ifndef DLC_LIB_MASK_PICK_H
#define DLC_LIB_MASK_PICK_H

#include "order.h"

#include <stdint.h>

/* A set of numbers from 0 to 255. */
typedef struct dlc_byte_set {
    uint32_t words[8]; /* value v: bit v % 32 of word v / 32 */
} dlc_byte_set;

/* Which first digits are wanted. Filled with 0 and `wanted` and `shift`, then by dlc_pick_want(). */
typedef struct dlc_picker {
    const uint16_t *wanted; /* by first digit: not 0 for those that are */
    int32_t shift;          /* key >> shift: its first digit */
    /* The low eight bits of the wanted ones, and of what dlc_pick_mix() makes of them. Most other digits are not in
     * both, and a set fits a vector register. */
    dlc_byte_set low, mixed;
} dlc_picker;

/* The bits above the low eight, mixed with what is known of those. */
static inline uint64_t dlc_pick_mix(uint64_t digit) {
    return (digit >> 5) + (digit << 3);
}

/* Counts a first digit in whose `wanted` is not 0. */
void dlc_pick_want(dlc_picker *picker, uint64_t digit);

/* Writes the keys among `count` whose first digit is wanted, in order, to `picked`, which has room for `count`; what is
 * written behind them has no meaning. Returns how many they are. */
typedef int64_t (*dlc_pick_loop)(const dlc_picker *picker, dlc_keys keys, int64_t count, uint64_t *picked);

/* The loops that this machine can run: number `index` (from 0, the fastest first), or NULL beyond the last. */
dlc_pick_loop dlc_pick_loop_at(int32_t index);

/* That for AVX2, or NULL where the machine has none. */
dlc_pick_loop dlc_pick_avx2(void);

/* That in plain C. */
int64_t dlc_pick_plain(const dlc_picker *picker, dlc_keys keys, int64_t count, uint64_t *picked);

#endif
