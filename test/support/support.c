/* support.c - see support.h. */
#include "support.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Reads the header on its own terms, so that tests of other modules do not lean on dlc/file.h. */
void *golden_array(const char *directory, const char *name, const char *descr, int64_t *count) {
    char path[512];
    snprintf(path, sizeof path, "test/golden/%s/%s", directory, name);
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s cannot be opened", path);
    unsigned char start[10];
    ck_assert_uint_eq(fread(start, 1, sizeof start, file), sizeof start);
    const size_t length = start[8] + 256U * start[9];
    char header[65536];
    ck_assert_uint_eq(fread(header, 1, length, file), length);
    header[length] = '\0';
    ck_assert_msg(strstr(header, descr) != NULL, "%s is not %s but %s", path, descr, header);
    const char *shape = strstr(header, "'shape': (");
    ck_assert_ptr_nonnull(shape);
    shape += strlen("'shape': (");
    *count = 1;
    while (*shape != ')') {
        char *end = NULL;
        *count *= strtoll(shape, &end, 10);
        ck_assert_ptr_ne(end, shape);
        shape = end + strspn(end, ", ");
    }
    const size_t bytes = (size_t)*count * (size_t)(descr[2] - '0');
    void *data = malloc(bytes + 1);
    ck_assert_ptr_nonnull(data);
    ck_assert_uint_eq(fread(data, 1, bytes, file), bytes);
    fclose(file);
    return data;
}

double test_uniform(uint64_t *state) {
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (double)(*state >> 11) * 0x1p-53;
}

static void allocate(void *user, int64_t size, void **result) {
    failing_allocator *state = user;
    const int64_t call = state->calls++;
    if (call == state->fail_at || (state->from_then_on && call > state->fail_at && state->fail_at >= 0) ||
        size == state->refuse_size) {
        state->refused++;
        return;
    }
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

/* Before every block, so that its size is known when it goes. */
typedef union header {
    int64_t size;
    max_align_t align;
} header;

static void count_allocate(void *user, int64_t size, void **result) {
    counting_allocator *state = user;
    header *block = malloc(sizeof *block + (size_t)size);
    if (!block)
        return;
    block->size = size;
    state->held += size;
    if (state->held > state->peak)
        state->peak = state->held;
    *result = block + 1;
}

static void count_release(void *user, void *released) {
    counting_allocator *state = user;
    header *block = (header *)released - 1;
    state->held -= block->size;
    free(block);
}

dlc_allocator *counting_allocator_start(counting_allocator *state) {
    dlc_allocator *allocator = NULL;
    ck_ok(dlc_allocator_create(count_allocate, count_release, state, &allocator), "create");
    return allocator;
}
