/*
 * snapshot.h - the values that the deepest level masks, and one bit a weight that says whose they are. With it any
 * level can be made from any other, and the caller's weights put back bit for bit. Exists while a level is applied.
 * Called by apply.c.
 */
#ifndef DLC_LIB_MASK_SNAPSHOT_H
#define DLC_LIB_MASK_SNAPSHOT_H

#include "mask_internal.h"

/* Saves the values; the weights must be the caller's own. Writes no weight. Errors: DLC_ERROR_MEMORY, DLC_ERROR_STATE
 * (the deepest level would not mask as many weights as it did when the plan was made). */
dlc_status dlc_snapshot_take(dlc_mask *mask);

/* Puts the saved values of `count` weights of a chunk back into `data`, which holds those weights as they are at any
 * level: first is a multiple of 64. `values` is where the caller left off: NULL at the chunk's start, then what came
 * back. */
const unsigned char *dlc_snapshot_put_back(const dlc_mask *mask, const dlc_chunk *chunk, int64_t first, int64_t count,
                                           const unsigned char *values, unsigned char *data);

/* Releases the snapshot, if there is one. */
void dlc_snapshot_release(dlc_mask *mask);

/* Bytes that a snapshot will take at most. */
int64_t dlc_snapshot_memory(const dlc_mask *mask);

#endif
