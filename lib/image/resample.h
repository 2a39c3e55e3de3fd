/*
 * resample.h - resizing with antialiasing as Pillow's Image.resize() does it for 8-bit images: each axis on its own, by
 * weights in fixed point, rounded to 8 bits after each axis. For transform.c.
 *
 * Sums are integers, so every kernel gives the same bytes as Pillow, whatever the order of additions.
 */
#ifndef DLC_LIB_RESAMPLE_H
#define DLC_LIB_RESAMPLE_H

#include "../base/allocator.h"
#include "../base/error.h"

/* Weights are in units of 2^-22: 8 bits of pixel and the sign leave two for sums beyond 1, which the bicubic filter
 * has.
 */
#define DLC_RESAMPLE_BITS 22

/* Bytes that a kernel may read beyond the end of a row, and write beyond the end of one that it makes across. */
#define DLC_RESAMPLE_SLACK 64

/* What some outputs of one axis are made of. */
typedef struct dlc_taps {
    int64_t count;    /* outputs */
    int64_t width;    /* weights that each output has room for, a multiple of 4; those that it does not need are 0 */
    int64_t *starts;  /* [count]: the first input of each */
    int64_t *lengths; /* [count]: how many inputs of it count; neither starts nor ends go down */
    int32_t *weights; /* [count][width] */
} dlc_taps;

/*
 * The taps of outputs first to first + count - 1 of an axis that goes from `input` to `output` pixels, all positive.
 * *taps holds nothing before. Errors: DLC_ERROR_MEMORY; what it holds then is for dlc_taps_free().
 */
dlc_status dlc_taps_make(dlc_taps *taps, const dlc_allocator *allocator, int32_t interpolation, int64_t input,
                         int64_t output, int64_t first, int64_t count, dlc_error *error);

/* Frees what *taps holds, which may be all bytes 0. */
void dlc_taps_free(dlc_taps *taps, const dlc_allocator *allocator);

/* Rows are of 1 or 3 interleaved channels. */
typedef struct dlc_resample_kernel {
    /* Bytes that across() wants the taps laid out in, in an order of its own; and that layout. */
    int64_t (*layout_size)(const dlc_taps *taps, int32_t channels);
    void (*lay_out)(const dlc_taps *taps, int32_t channels, void *layout);
    /* One row -> the row of the taps' outputs. `row` can be read for taps->width pixels and the slack beyond its last
     * pixel, `out` written for the slack beyond its last. */
    void (*across)(const dlc_taps *taps, const void *layout, int32_t channels, const uint8_t *row, uint8_t *out);
    /* out[i] from rows[0..count-1][i] for every byte i; rows can be read for the slack beyond `bytes`. */
    void (*down)(const uint8_t *const *rows, const int32_t *weights, int64_t count, int64_t bytes, uint8_t *out);
} dlc_resample_kernel;

/* The kernels that this machine can run, the fastest first; NULL beyond the last. */
const dlc_resample_kernel *dlc_resample_kernel_at(int32_t index);

/* Those for AVX-512 (with its byte permutations and dot products) and AVX2, or NULL where the machine has none. */
const dlc_resample_kernel *dlc_resample_avx512(void);
const dlc_resample_kernel *dlc_resample_avx2(void);

/* What a sum starts from, and the byte that it comes to. */
#define DLC_RESAMPLE_HALF (1 << (DLC_RESAMPLE_BITS - 1))

static inline uint8_t dlc_resample_clip(int32_t sum) {
    const int32_t value = sum >> DLC_RESAMPLE_BITS;
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

#endif
