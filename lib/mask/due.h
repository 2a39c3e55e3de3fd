/*
 * due.h - which lines of weights a level has to visit. The others stay as they are, and need not be read.
 *
 * A line is 64 bytes of a tensor's weights that share a cache line. For each, one byte says at which step the smallest
 * of what is left of it may be masked; a step is a level, or several that are close. Bytes are too small rather than
 * too large: to visit a line for nothing does no harm. They hold from one level to a deeper one. Criterion random has
 * none: its keys are not in the weights; nor has a machine that masks all lines faster (weights.h). Exists while a
 * level is applied. Called by apply.c, and by mask.c for what it takes.
 */
#ifndef DLC_LIB_MASK_DUE_H
#define DLC_LIB_MASK_DUE_H

#include "mask_internal.h"

/* Begins with every line due at once. Errors: DLC_ERROR_MEMORY. */
dlc_status dlc_due_start(dlc_mask *mask);

/* Releases it, if there is one. */
void dlc_due_end(dlc_mask *mask);

/* Masks a chunk's weights in place for a level; they are as a level that masks less has left them. 0 where it cannot,
 * and has done nothing: where there are no lines, and where the level's position among equal weights divides the chunk.
 */
int dlc_due_mask(const dlc_mask *mask, const dlc_chunk *chunk, int64_t level);

/* All lines of a chunk are due again: weights were put back. */
void dlc_due_forget(const dlc_mask *mask, const dlc_chunk *chunk);

/* Bytes that it will take. */
int64_t dlc_due_memory(const dlc_mask *mask);

#endif
