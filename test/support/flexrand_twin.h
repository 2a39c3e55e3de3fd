/*
 * flexrand_twin.h - a second FlexRand, written from the method's text with qsort() and no thought of speed: what the
 * tests hold the library against. It shares no code with the library, the Philox generator included.
 */
#ifndef DLC_TEST_FLEXRAND_TWIN_H
#define DLC_TEST_FLEXRAND_TWIN_H

#include <stdint.h>

typedef struct twin_samples {
    int64_t count;
    const int64_t *labels;
    const float *scores;
    const int64_t *ids; /* NULL: the index */
} twin_samples;

typedef struct twin_options {
    int32_t method;
    double gamma;
    uint64_t seed;
    int64_t floor;
} twin_options;

typedef struct twin_pick {
    int64_t index;
    int64_t label;
    int32_t interval;
    int32_t granted; /* by the floor */
    double time;
    /* For the sorts on the way: */
    int64_t id;
    float score;
    uint64_t key;
} twin_pick;

/* The pick order over all samples: picks[0..count-1]; every exact budget is a prefix. */
void twin_pick_order(const twin_samples *samples, const twin_options *options, twin_pick *picks);

/* 64 bits of Philox4x32-10: counter (position, stream), key seed. */
uint64_t twin_philox(uint64_t seed, uint32_t stream, uint64_t position);

#endif
