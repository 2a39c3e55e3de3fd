/*
 * normalize.h - 8-bit pixels -> float32 planes, (pixel / 255 - mean) / deviation in float32 step by step, as
 * torchvision's ToTensor and Normalize do it. For images.c. Every step is rounded as IEEE 754 has it, so every
 * instruction set gives the same bits.
 */
#ifndef DLC_LIB_NORMALIZE_H
#define DLC_LIB_NORMALIZE_H

#include <stdint.h>

#define DLC_NORMALIZE_CHANNELS_MAX 3

typedef struct dlc_normalization {
    int32_t channels; /* 1 or 3 */
    float mean[DLC_NORMALIZE_CHANNELS_MAX];
    float deviation[DLC_NORMALIZE_CHANNELS_MAX];
} dlc_normalization;

/* uint8[count, channels] -> float[channels, count]. */
typedef void (*dlc_normalize)(const dlc_normalization *normalization, const uint8_t *pixels, int64_t count, float *out);

/* The one that this machine can run: number `index` (from 0, the fastest first), or NULL beyond the last. */
dlc_normalize dlc_normalize_at(int32_t index);

#endif
