/*
 * access.h - what the run module needs of a mask beside its public functions: a look, never a change.
 */
#ifndef DLC_LIB_MASK_ACCESS_H
#define DLC_LIB_MASK_ACCESS_H

#include "dlc/mask.h"

/* A tensor as it was registered; borrowed. */
typedef struct dlc_mask_look {
    const char *name;
    const unsigned char *data;
    int64_t count;
    int32_t dtype;
    int32_t maskable;
} dlc_mask_look;

/* Tensor number `tensor` of 0 .. dlc_mask_tensor_count() - 1. */
dlc_mask_look dlc_mask_look_at(const dlc_mask *mask, int64_t tensor);

/* What the options were set to; the threads are resolved. */
int32_t dlc_mask_criterion(const dlc_mask *mask);
uint64_t dlc_mask_seed(const dlc_mask *mask);
int32_t dlc_mask_threads(const dlc_mask *mask);

#endif
