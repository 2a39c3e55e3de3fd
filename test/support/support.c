/* support.c - see support.h. */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>

void *golden_array(const char *directory, const char *name, int32_t dtype, int64_t *count) {
    char path[512];
    snprintf(path, sizeof path, "test/golden/%s/%s", directory, name);
    dlc_npy *npy = NULL;
    ck_ok(dlc_npy_create(NULL, &npy), "create");
    ck_ok(dlc_npy_open(npy, path), dlc_npy_message(npy));
    ck_assert_int_eq(dlc_npy_dtype(npy), dtype);
    *count = dlc_npy_count(npy);
    void *data = malloc((size_t)(*count * dlc_dtype_size(dtype)) + 1);
    ck_assert_ptr_nonnull(data);
    ck_ok(dlc_npy_read(npy, 0, *count, data), dlc_npy_message(npy));
    dlc_npy_free(npy);
    return data;
}

double test_uniform(uint64_t *state) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(*state >> 11) * 0x1p-53;
}

static void allocate(void *user, int64_t size, void **result) {
    failing_allocator *state = user;
    const int64_t call = state->calls++;
    if (call == state->fail_at || (state->from_then_on && call > state->fail_at && state->fail_at >= 0))
        return;
    *result = malloc((size_t)size);
    if (*result)
        state->live++;
}

static void release(void *user, void *block) {
    failing_allocator *state = user;
    state->live--;
    free(block);
}

dlc_allocator *failing_allocator_start(failing_allocator *state) {
    const int64_t fail_at = state->fail_at;
    dlc_allocator *allocator = NULL;
    state->fail_at = -1;
    ck_ok(dlc_allocator_create(allocate, release, state, &allocator), "create");
    state->fail_at = fail_at;
    state->calls = 0;
    return allocator;
}
