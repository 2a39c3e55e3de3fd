/* arrays.c - see arrays.h. */
#include "arrays.h"

#include "interrupt.h"
#include "message.h"

#include <stdlib.h>

static int is_of(int32_t dtype, int32_t wanted) {
    return dtype == wanted || (wanted == DLC_DTYPE_I64 && (dtype == DLC_DTYPE_I32 || dtype == DLC_DTYPE_U8));
}

int array_open(const char *path, int32_t dtype, int64_t rank, const char *shape, dlc_npy **out) {
    *out = NULL;
    dlc_npy *npy = NULL;
    if (dlc_npy_create(NULL, &npy) != DLC_OK)
        return failed("%s: out of memory", path);
    int status = EXIT_DONE;
    if (dlc_npy_open(npy, path) != DLC_OK)
        status = failed("%s", dlc_npy_message(npy));
    else if (!is_of(dlc_npy_dtype(npy), dtype))
        status = failed("%s: the dtype is %s, not %s", path, dlc_dtype_name(dlc_npy_dtype(npy)),
                        dtype == DLC_DTYPE_I64 ? "int64, int32 or uint8" : dlc_dtype_name(dtype));
    else if (dlc_npy_rank(npy) != rank)
        status = failed("%s: %lld dimensions, not %lld: %s is expected", path, (long long)dlc_npy_rank(npy),
                        (long long)rank, shape);
    else if (dlc_npy_count(npy) == 0)
        status = failed("%s: the array is empty", path);
    if (status == EXIT_DONE)
        *out = npy;
    else
        dlc_npy_free(npy);
    return status;
}

int array_load_int64(const char *path, const char *shape, int64_t **out, int64_t *count) {
    *out = NULL;
    dlc_npy *npy = NULL;
    int status = array_open(path, DLC_DTYPE_I64, 1, shape, &npy);
    if (status != EXIT_DONE)
        return status;
    *count = dlc_npy_count(npy);
    int64_t *data = malloc((size_t)*count * sizeof *data);
    if (!data)
        status = failed("%s: out of memory", path);
    else if (dlc_npy_read_int64(npy, 0, *count, data) != DLC_OK)
        status = failed("%s", dlc_npy_message(npy));
    if (status == EXIT_DONE)
        *out = data;
    else
        free(data);
    dlc_npy_free(npy);
    return status;
}

int array_load_float(const char *path, int64_t rank, const char *shape, float **out, int64_t dims[]) {
    *out = NULL;
    dlc_npy *npy = NULL;
    int status = array_open(path, DLC_DTYPE_F32, rank, shape, &npy);
    if (status != EXIT_DONE)
        return status;
    for (int64_t axis = 0; axis < rank; axis++)
        dims[axis] = dlc_npy_dim(npy, axis);
    float *data = malloc((size_t)dlc_npy_count(npy) * sizeof *data);
    if (!data)
        status = failed("%s: out of memory", path);
    else if (dlc_npy_read(npy, 0, dlc_npy_count(npy), data) != DLC_OK)
        status = failed("%s", dlc_npy_message(npy));
    if (status == EXIT_DONE)
        *out = data;
    else
        free(data);
    dlc_npy_free(npy);
    return status;
}

int array_write(const char *path, int32_t dtype, int64_t rank, const int64_t *dims, const void *data) {
    dlc_npy *npy = NULL;
    if (dlc_npy_create(NULL, &npy) != DLC_OK)
        return failed("%s: out of memory", path);
    int status = EXIT_DONE;
    interrupt_hold(NULL); /* not in the middle of a file: its temporary one has a name that only libdlc knows */
    if (dlc_npy_write(npy, path, dtype, rank, dims, data) != DLC_OK)
        status = failed("%s", dlc_npy_message(npy));
    dlc_npy_free(npy);
    return status;
}
