/*
 * batch.h - a batch of rows as the caller gave it: checked whole before anything is done with it, so that recording it
 * cannot fail. Used by centroids.c and levels.c.
 */
#ifndef DLC_LIB_SCORE_BATCH_H
#define DLC_LIB_SCORE_BATCH_H

#include "handle.h"

#include <string.h>

typedef struct dlc_batch {
    int64_t first;
    const int64_t *samples; /* NULL: row r is sample first + r */
    int64_t rows;
    const float *data;
    int64_t stride;
    int64_t origin; /* the number of the scorer's first sample */
} dlc_batch;

/* The caller's number of a row's sample. */
static inline int64_t dlc_batch_number(const dlc_batch *batch, int64_t row) {
    return batch->samples ? batch->samples[row] : batch->first + row;
}

/* Its place in the scorer's arrays: of a batch that was checked. */
static inline int64_t dlc_batch_sample(const dlc_batch *batch, int64_t row) {
    return dlc_batch_number(batch, row) - batch->origin;
}

static inline const float *dlc_batch_row(const dlc_batch *batch, int64_t row) {
    return batch->data + row * batch->stride;
}

/* By the bits: holds whatever the host's compiler flags and floating-point modes are. */
static inline int dlc_is_finite(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (bits & UINT32_C(0x7F800000)) != UINT32_C(0x7F800000);
}

/* What a message calls a value that is not finite. */
static inline const char *dlc_not_finite_text(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return (bits & UINT32_C(0x007FFFFF)) != 0 ? "NaN" : "infinite";
}

/*
 * Takes the batch in for the pass that is under way: the samples exist, none of them was seen before or comes twice,
 * and every value is finite. They are marked as seen then. After an error nothing is marked.
 */
dlc_status dlc_batch_accept(dlc_score *score, const dlc_batch *batch);

/* DLC_OK where every sample was seen; else DLC_ERROR_DATA, naming the first that was not. */
dlc_status dlc_batch_all_seen(dlc_score *score);

/* 1 where the sample (counted from 0) came in the pass that is under way. */
int dlc_batch_is_seen(const dlc_score *score, int64_t sample);

/* Forgets which samples were seen: the next pass begins. */
void dlc_batch_forget_seen(dlc_score *score);

#endif
