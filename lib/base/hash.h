/*
 * hash.h - XXH3 with 128 bits, of bytes that come piece by piece: checksums and fingerprints. It finds damage and
 * difference, not malice: whoever wants two inputs of one hash can make them.
 *
 * The functions are compiled into libdlc (XXH_INLINE_ALL): nothing is linked.
 */
#ifndef DLC_LIB_HASH_H
#define DLC_LIB_HASH_H

#include <stdint.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

/* Canonical, that is big-endian: as xxhsum prints it, on every machine. */
typedef struct dlc_digest {
    unsigned char bytes[16];
} dlc_digest;

/* Aligned to 64 bytes: on the stack, not in a block of the allocator. */
typedef struct dlc_hash {
    XXH3_state_t state;
} dlc_hash;

void dlc_hash_begin(dlc_hash *hash);
void dlc_hash_add(dlc_hash *hash, const void *data, int64_t size);

/* Eight bytes, little-endian. */
void dlc_hash_add_int64(dlc_hash *hash, int64_t value);

/* The digest of all that came so far; more may come. */
dlc_digest dlc_hash_digest(const dlc_hash *hash);

/* The digest of one piece. */
dlc_digest dlc_hash_of(const void *data, int64_t size);

#endif
