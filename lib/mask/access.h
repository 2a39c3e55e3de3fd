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

/* 1 once there is a plan, else 0. */
int dlc_mask_is_planned(const dlc_mask *mask);

/* 1 where level 0 masks nothing, else 0; known before the plan. */
int dlc_mask_starts_unmasked(const dlc_mask *mask);

/* Bytes that a mask holds at most, stage by stage: each the whole of it, not what is added. */
typedef struct dlc_mask_memory {
    int64_t planned; /* while no level is applied */
    int64_t plan;    /* while the plan is made; as planned where it was made */
    int64_t applied;
} dlc_mask_memory;

dlc_mask_memory dlc_mask_memory_by_stage(const dlc_mask *mask);

#endif
