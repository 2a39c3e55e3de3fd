/*
 * mt19937.h - the Mersenne Twister (Matsumoto and Nishimura, ACM TOMACS 8, 1998) with the conventions of NumPy's legacy
 * generator, so that a published selection can be drawn again index for index.
 */
#ifndef DLC_LIB_MT19937_H
#define DLC_LIB_MT19937_H

#include <stdint.h>

#define DLC_MT19937_STATE 624

typedef struct dlc_mt19937 {
    uint32_t state[DLC_MT19937_STATE];
    int32_t used; /* numbers of this state that were given out */
} dlc_mt19937;

/* As numpy.random.seed(seed). */
void dlc_mt19937_seed(dlc_mt19937 *generator, uint32_t seed);

/* The next 32 bits. */
uint32_t dlc_mt19937_next(dlc_mt19937 *generator);

/* Fills out[0..count-1] as numpy.random.permutation(count) does. */
void dlc_mt19937_permutation(dlc_mt19937 *generator, uint32_t *out, int64_t count);

#endif
