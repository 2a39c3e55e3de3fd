/*
 * fingerprint.h - digests of a model's weights: every byte of every registered tensor, read once, on the mask's
 * threads. Used by identity.c. The bytes are hashed as they lie in memory, so a machine of the other byte order has
 * other digests.
 */
#ifndef DLC_LIB_RUN_FINGERPRINT_H
#define DLC_LIB_RUN_FINGERPRINT_H

#include "base/allocator.h"
#include "base/error.h"
#include "base/hash.h"
#include "dlc/mask.h"

/*
 * digests[tensor]: name, dtype, count, whether it is maskable, and weights. No level may be applied. Errors:
 * DLC_ERROR_MEMORY.
 */
dlc_status dlc_fingerprint_weights(const dlc_mask *mask, const dlc_allocator *allocator, dlc_error *error,
                                   dlc_digest *digests);

/* Bytes that it allocates. */
int64_t dlc_fingerprint_bytes(const dlc_mask *mask);

#endif
