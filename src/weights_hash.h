/*
 * weights_hash.h - one hash of an open weight file's tensors: tells whether two runs had the same weights, not more.
 */
#ifndef DLC_SRC_WEIGHTS_HASH_H
#define DLC_SRC_WEIGHTS_HASH_H

#include <dlc/dlc.h>
#include <xxhash.h>

/* XXH3, 128 bits, over names, dtypes, shapes and elements of all tensors, in the order of the file's data. Returns 0
 * where memory is short, else 1. */
int weights_hash(const dlc_safetensors *weights, XXH128_canonical_t *hash);

#endif
