/*
 * ids.h - stable ids of samples: that they are all different.
 */
#ifndef DLC_LIB_IDS_H
#define DLC_LIB_IDS_H

#include "base/allocator.h"
#include "base/error.h"

/* DLC_ERROR_DATA with both samples where an id comes twice, DLC_ERROR_MEMORY. */
dlc_status dlc_ids_check(const int64_t *ids, int64_t samples, const dlc_allocator *allocator, dlc_error *error);

/* An id as a key that sorts as ids do, negative ones first. */
static inline uint64_t dlc_ids_key(int64_t id) {
    return (uint64_t)id ^ UINT64_C(1) << 63;
}

#endif
