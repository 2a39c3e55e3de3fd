/*
 * tally.h - counts order keys: one read of all maskable weights, on several threads, without keeping a key.
 *
 * A key is looked at from its top. dlc_tally_top() counts the first digit of all keys. dlc_tally_digits() takes a group
 * of prefixes, the slots, and counts the next digit of those keys that start with one of them. dlc_tally_segments()
 * takes whole keys as slots, and counts in which part of the sequence of weights they are. Called by plan.c.
 */
#ifndef DLC_LIB_MASK_TALLY_H
#define DLC_LIB_MASK_TALLY_H

#include "mask_internal.h"
#include "pick.h"

typedef struct dlc_tally {
    const dlc_mask *mask;
    int32_t threads;
    int32_t top_bits;    /* of the first digit */
    int32_t digit_bits;  /* of the further ones, at most */
    int64_t slots_max;   /* how many a group may have */
    int64_t slots;       /* of the current group, set by the caller */
    uint64_t *prefixes;  /* of the slots, ascending, set by the caller */
    int32_t prefix_bits; /* their length, set by the caller */
    uint16_t *firsts;    /* by first digit: 1 + the first slot that starts with it, or 0 */
    dlc_picker picker;   /* of those */
    uint16_t *ends;      /* by slot: the slot after the last with the same first digit */
    int64_t *counts;     /* what was counted */
    int64_t counts_max;
    int64_t segments; /* parts of equal size, but for the last, that the chunks were split into */
    int64_t segment_chunks;
} dlc_tally;

/* A tally for a mask whose order is made. `targets`: the number of slots that there will be in all, at most. */
dlc_status dlc_tally_start(const dlc_mask *mask, int64_t targets, dlc_error *error, dlc_tally *out);
void dlc_tally_end(dlc_tally *tally);

/* Bytes that it allocates. bits: of the keys. */
int64_t dlc_tally_memory(const dlc_mask *mask, int32_t bits, int64_t targets);

/* counts[digit] for all keys; *not_finite receives the position of the first weight that is NaN or infinite, or -1 (the
 * counts are of no use then). */
void dlc_tally_top(dlc_tally *tally, int64_t *not_finite);

/* counts[slot << bits | digit], digit being the `bits` bits after the prefix. */
void dlc_tally_digits(dlc_tally *tally, int32_t bits);

/* counts[segment * slots + slot]. */
void dlc_tally_segments(dlc_tally *tally);

#endif
