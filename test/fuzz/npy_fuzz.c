/*
 * npy_fuzz.c - the input is a .npy file. One that opens is read whole, in parts and as int64, written again, and must
 * come back with the same dtype, shape and elements.
 */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

static void check_dims(const dlc_npy *npy) {
    const int64_t rank = dlc_npy_rank(npy);
    fuzz_check(rank >= 0 && rank <= 32);
    for (int64_t axis = 0; axis < rank; axis++)
        fuzz_check(dlc_npy_dim(npy, axis) >= 0);
    fuzz_check(dlc_npy_dim(npy, rank) == -1 && dlc_npy_dim(npy, -1) == -1);
}

static void check_nothing_open(dlc_npy *npy) {
    char out[8];
    fuzz_check(dlc_npy_dtype(npy) == -1 && dlc_npy_rank(npy) == -1 && dlc_npy_count(npy) == -1);
    fuzz_check(fuzz_status(dlc_npy_read(npy, 0, 1, out), dlc_npy_message(npy)) == DLC_ERROR_STATE);
}

/* The second half alone must be the second half of the whole. */
static void check_parts(dlc_npy *npy, const unsigned char *whole, int64_t count, int64_t size) {
    const int64_t first = count / 2;
    unsigned char *half = malloc((size_t)((count - first) * size) + 1);
    fuzz_check(half != NULL);
    fuzz_check(dlc_npy_read(npy, first, count - first, half) == DLC_OK);
    fuzz_check(memcmp(half, whole + first * size, (size_t)((count - first) * size)) == 0);
    free(half);
    fuzz_check(dlc_npy_read(npy, first, count - first + 1, NULL) == DLC_ERROR_ARGUMENT);
}

static void check_integers(dlc_npy *npy, const unsigned char *whole, int64_t count) {
    int64_t *integers = malloc((size_t)count * sizeof *integers + 1);
    fuzz_check(integers != NULL);
    const int32_t dtype = dlc_npy_dtype(npy);
    const int is_integer = dtype == DLC_DTYPE_I64 || dtype == DLC_DTYPE_I32 || dtype == DLC_DTYPE_U8;
    fuzz_check(fuzz_status(dlc_npy_read_int64(npy, 0, count, integers), dlc_npy_message(npy)) ==
               (is_integer ? DLC_OK : DLC_ERROR_UNSUPPORTED));
    for (int64_t i = 0; is_integer && i < count; i++)
        fuzz_check(memcmp(whole + i * dlc_dtype_size(dtype), &integers[i], (size_t)dlc_dtype_size(dtype)) == 0);
    free(integers);
}

static void check_writing(dlc_npy *npy, const unsigned char *whole, int64_t count, int64_t size) {
    int64_t dims[32];
    const int64_t rank = dlc_npy_rank(npy);
    const int32_t dtype = dlc_npy_dtype(npy);
    for (int64_t axis = 0; axis < rank; axis++)
        dims[axis] = dlc_npy_dim(npy, axis);
    const char *path = fuzz_path("again.npy");
    const dlc_status status = fuzz_status(dlc_npy_write(npy, path, dtype, rank, dims, whole), dlc_npy_message(npy));
    fuzz_check(status == DLC_OK);
    fuzz_check(fuzz_status(dlc_npy_open(npy, path), dlc_npy_message(npy)) == DLC_OK);
    fuzz_check(dlc_npy_dtype(npy) == dtype && dlc_npy_rank(npy) == rank && dlc_npy_count(npy) == count);
    for (int64_t axis = 0; axis < rank; axis++)
        fuzz_check(dlc_npy_dim(npy, axis) == dims[axis]);
    unsigned char *again = malloc((size_t)(count * size) + 1);
    fuzz_check(again != NULL);
    fuzz_check(dlc_npy_read(npy, 0, count, again) == DLC_OK);
    fuzz_check(memcmp(again, whole, (size_t)(count * size)) == 0);
    free(again);
}

static void check_open(dlc_npy *npy, size_t file_size) {
    const int64_t count = dlc_npy_count(npy), size = dlc_dtype_size(dlc_npy_dtype(npy));
    fuzz_check(size > 0);
    fuzz_check(count >= 0 && count * size <= (int64_t)file_size);
    check_dims(npy);
    unsigned char *whole = malloc((size_t)(count * size) + 1);
    fuzz_check(whole != NULL);
    fuzz_check(fuzz_status(dlc_npy_read(npy, 0, count, whole), dlc_npy_message(npy)) == DLC_OK);
    check_parts(npy, whole, count, size);
    check_integers(npy, whole, count);
    check_writing(npy, whole, count, size);
    free(whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_memory memory = {.limit = 1 << 20, .fail_at = -1};
    dlc_allocator *allocator = fuzz_allocator(&memory);
    dlc_npy *npy = NULL;
    fuzz_check(dlc_npy_create(allocator, &npy) == DLC_OK);
    const char *path = fuzz_path("x.npy");
    fuzz_put(path, data, size);
    if (fuzz_status(dlc_npy_open(npy, path), dlc_npy_message(npy)) == DLC_OK)
        check_open(npy, size);
    else
        check_nothing_open(npy);
    dlc_npy_free(npy);
    fuzz_allocator_end(allocator, &memory);
    return 0;
}
