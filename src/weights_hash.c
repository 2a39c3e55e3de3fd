/* weights_hash.c - see weights_hash.h. */
#include "weights_hash.h"

#include <stdio.h>
#include <string.h>

/* "weight\0F32 16 3 3 3\0" */
static void hash_heading(XXH3_state_t *state, const dlc_safetensors *weights, int64_t tensor) {
    const char *name = dlc_safetensors_name(weights, tensor), *dtype = dlc_safetensors_dtype_text(weights, tensor);
    XXH3_128bits_update(state, name, strlen(name) + 1);
    XXH3_128bits_update(state, dtype, strlen(dtype));
    for (int64_t axis = 0; axis < dlc_safetensors_rank(weights, tensor); axis++) {
        char size[32];
        snprintf(size, sizeof size, " %lld", (long long)dlc_safetensors_dim(weights, tensor, axis));
        XXH3_128bits_update(state, size, strlen(size));
    }
    XXH3_128bits_update(state, "", 1);
}

int weights_hash(const dlc_safetensors *weights, XXH128_canonical_t *hash) {
    XXH3_state_t *state = XXH3_createState();
    if (!state)
        return 0;
    XXH3_128bits_reset(state);
    for (int64_t tensor = 0; tensor < dlc_safetensors_count(weights); tensor++) {
        hash_heading(state, weights, tensor);
        XXH3_128bits_update(state, dlc_safetensors_data(weights, tensor),
                            (size_t)dlc_safetensors_bytes(weights, tensor));
    }
    XXH128_canonicalFromHash(hash, XXH3_128bits_digest(state));
    XXH3_freeState(state);
    return 1;
}
