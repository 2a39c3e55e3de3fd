/*
 * weights.h - looks up a model's tensors by name, and reads them as float32 whatever their dtype and alignment. Used by
 * the architectures; a dlc_weight stays valid as long as the file that it came from.
 */
#ifndef DLC_LIB_ENCODER_WEIGHTS_H
#define DLC_LIB_ENCODER_WEIGHTS_H

#include "../base/allocator.h"
#include "../base/error.h"
#include "dlc/file.h"

/* One tensor, read where it is: what its owner writes into it is what the next read sees. */
typedef struct dlc_weight {
    const unsigned char *data;
    int32_t dtype;
} dlc_weight;

/* Elements first to first + count - 1 as float32. */
void dlc_weight_read(const dlc_weight *weight, int64_t first, int64_t count, float *out);

/* A file while an architecture goes through it. */
typedef struct dlc_weights {
    const dlc_safetensors *file;
    dlc_allocator allocator;
    dlc_error *error;
    unsigned char *taken; /* for each tensor 1 once it was taken */
} dlc_weights;

dlc_status dlc_weights_start(dlc_weights *weights, const dlc_allocator *allocator, const dlc_safetensors *file,
                             dlc_error *error);
void dlc_weights_end(dlc_weights *weights);

/* 1 if there is a tensor whose name starts like this. */
int dlc_weights_have_prefix(const dlc_safetensors *file, const char *prefix);

/* Takes a tensor: it must be there, of this shape, of a floating-point dtype, and finite; else the error names it. */
dlc_status dlc_weights_take(dlc_weights *weights, const char *name, int64_t rank, const int64_t *dims, dlc_weight *out);

/* Every tensor must have been taken, but for the head (its prefix, such as "fc.") and batch norm's counters. */
dlc_status dlc_weights_check_rest(dlc_weights *weights, const char *head);

#endif
