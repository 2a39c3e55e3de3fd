/*
 * philox.h - the counter-based generator Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3",
 * SC 2011). No state: the same (seed, stream, position) gives the same numbers on any thread, in any order.
 *
 * Streams keep the uses of one seed apart; their numbers are pinned, since subsets depend on them.
 */
#ifndef DLC_LIB_PHILOX_H
#define DLC_LIB_PHILOX_H

#include <stdint.h>

enum {
    DLC_STREAM_MASK = 1,      /* order of weights, criterion random */
    DLC_STREAM_SHUFFLE = 2,   /* order of samples in an interval, by sample id */
    DLC_STREAM_COIN = 3,      /* which interval starts, by class */
    DLC_STREAM_SIZE_TIES = 4, /* order of classes of equal size, by class */
    DLC_STREAM_OFFSET = 5     /* the offset v shared by all classes */
};

/* One block: four 32-bit numbers from a 128-bit counter and a 64-bit key. */
void dlc_philox_block(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* 64 bits for a position of a stream under a seed. */
uint64_t dlc_philox_bits(uint64_t seed, uint32_t stream, uint64_t position);

/* A uniform double in [0, 1) with 53 bits, from the same. */
double dlc_philox_uniform(uint64_t seed, uint32_t stream, uint64_t position);

#endif
