/* hash.c - see hash.h. */
#include "hash.h"

#include <string.h>

static dlc_digest digest_of(XXH128_hash_t value) {
    XXH128_canonical_t canonical;
    dlc_digest digest;
    XXH128_canonicalFromHash(&canonical, value);
    memcpy(digest.bytes, canonical.digest, sizeof digest.bytes);
    return digest;
}

void dlc_hash_begin(dlc_hash *hash) {
    XXH3_128bits_reset(&hash->state);
}

void dlc_hash_add(dlc_hash *hash, const void *data, int64_t size) {
    if (size > 0)
        XXH3_128bits_update(&hash->state, data, (size_t)size);
}

void dlc_hash_add_int64(dlc_hash *hash, int64_t value) {
    unsigned char bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (unsigned char)((uint64_t)value >> 8 * i);
    dlc_hash_add(hash, bytes, sizeof bytes);
}

dlc_digest dlc_hash_digest(const dlc_hash *hash) {
    return digest_of(XXH3_128bits_digest(&hash->state));
}

dlc_digest dlc_hash_of(const void *data, int64_t size) {
    return digest_of(XXH3_128bits(data, size > 0 ? (size_t)size : 0));
}
