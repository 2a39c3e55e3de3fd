/*
 * tensors.h - looks up a model's tensors by name, and reads them as float32 whatever their dtype and alignment. Used by
 * the architectures; a dlc_tensor stays valid as long as the file that it came from.
 */
#ifndef DLC_LIB_ENCODER_TENSORS_H
#define DLC_LIB_ENCODER_TENSORS_H

#include "../base/allocator.h"
#include "../base/error.h"
#include "dlc/file.h"

/* One tensor, read where it is: what its owner writes into it is what the next read sees. */
typedef struct dlc_tensor {
    const unsigned char *data;
    int32_t dtype;
} dlc_tensor;

/* Elements first to first + count - 1 as float32. */
void dlc_tensor_read(const dlc_tensor *weight, int64_t first, int64_t count, float *out);

/* A file while an architecture goes through it. */
typedef struct dlc_tensors {
    const dlc_safetensors *file;
    dlc_allocator allocator;
    dlc_error *error;
    unsigned char *taken; /* for each tensor 1 once it was taken */
} dlc_tensors;

dlc_status dlc_tensors_start(dlc_tensors *tensors, const dlc_allocator *allocator, const dlc_safetensors *file,
                             dlc_error *error);
void dlc_tensors_end(dlc_tensors *tensors);

/* 1 if there is a tensor whose name starts like this. */
int dlc_tensors_have_prefix(const dlc_safetensors *file, const char *prefix);

/* Takes a tensor: it must be there, of this shape, of a floating-point dtype, and finite; else the error names it. */
dlc_status dlc_tensors_take(dlc_tensors *tensors, const char *name, int64_t rank, const int64_t *dims, dlc_tensor *out);

/* Every tensor must have been taken, but for the head (its prefix, such as "fc.") and batch norm's counters. */
dlc_status dlc_tensors_check_rest(dlc_tensors *tensors, const char *head);

#endif
