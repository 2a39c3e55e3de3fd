/*
 * npy.c - the dlc_npy handle (dlc/file.h): opens, reads and writes .npy arrays. Knows nothing of the header's text
 * (npy_header.c). Never maps a file.
 */
#include "dlc/file.h"

#include "atomic_file.h"
#include "npy_header.h"

#include <string.h>

struct dlc_npy {
    dlc_allocator allocator;
    dlc_error error;
    dlc_input_file file;
    dlc_npy_header header; /* of the open file */
};

dlc_status dlc_npy_create(const dlc_allocator *allocator, dlc_npy **out) {
    if (!out)
        return DLC_ERROR_ARGUMENT;
    const dlc_allocator own = dlc_allocator_or_default(allocator);
    *out = dlc_allocate_zeroed(&own, 1, sizeof **out);
    if (!*out)
        return DLC_ERROR_MEMORY;
    (*out)->allocator = own;
    return DLC_OK;
}

void dlc_npy_free(dlc_npy *npy) {
    if (!npy)
        return;
    dlc_input_file_close(&npy->file, &npy->allocator);
    const dlc_allocator allocator = npy->allocator;
    dlc_release(&allocator, npy);
}

const char *dlc_npy_message(const dlc_npy *npy) {
    return npy ? npy->error.text : "the handle is NULL";
}

dlc_status dlc_npy_open(dlc_npy *npy, const char *path) {
    if (!npy)
        return DLC_ERROR_ARGUMENT;
    dlc_input_file_close(&npy->file, &npy->allocator);
    if (!path)
        return dlc_fail(&npy->error, DLC_ERROR_ARGUMENT, "path is NULL");
    DLC_TRY(dlc_input_file_open(&npy->file, &npy->allocator, path, &npy->error));
    const dlc_status status = dlc_npy_header_read(&npy->file, &npy->allocator, &npy->header, &npy->error);
    if (status != DLC_OK)
        dlc_input_file_close(&npy->file, &npy->allocator);
    return status;
}

static int is_open(const dlc_npy *npy) {
    return npy && npy->file.path;
}

int32_t dlc_npy_dtype(const dlc_npy *npy) {
    return is_open(npy) ? npy->header.dtype : -1;
}

int64_t dlc_npy_rank(const dlc_npy *npy) {
    return is_open(npy) ? npy->header.rank : -1;
}

int64_t dlc_npy_dim(const dlc_npy *npy, int64_t axis) {
    return axis >= 0 && axis < dlc_npy_rank(npy) ? npy->header.dims[axis] : -1;
}

int64_t dlc_npy_count(const dlc_npy *npy) {
    return is_open(npy) ? npy->header.count : -1;
}

static dlc_status check_range(dlc_npy *npy, int64_t first, int64_t count, const void *out) {
    if (!npy)
        return DLC_ERROR_ARGUMENT;
    if (!is_open(npy))
        return dlc_fail(&npy->error, DLC_ERROR_STATE, "no .npy file is open");
    if (first < 0 || count < 0 || count > npy->header.count || first > npy->header.count - count)
        return dlc_fail(&npy->error, DLC_ERROR_ARGUMENT,
                        "elements %lld to %lld + %lld are not among the %lld elements of %s", (long long)first,
                        (long long)first, (long long)count, (long long)npy->header.count, npy->file.path);
    if (!out && count > 0)
        return dlc_fail(&npy->error, DLC_ERROR_ARGUMENT, "out is NULL");
    return DLC_OK;
}

static dlc_status read_elements(dlc_npy *npy, int64_t first, int64_t count, void *out) {
    const int64_t size = dlc_dtype_size(npy->header.dtype);
    return dlc_input_file_read(&npy->file, npy->header.data_offset + first * size, count * size, out, &npy->error);
}

dlc_status dlc_npy_read(dlc_npy *npy, int64_t first, int64_t count, void *out) {
    DLC_TRY(check_range(npy, first, count, out));
    return read_elements(npy, first, count, out);
}

/* Widens int32 or uint8. */
static void widen(int32_t dtype, const unsigned char *from, int64_t count, int64_t *out) {
    for (int64_t i = 0; i < count; i++) {
        int32_t value = from[i];
        if (dtype == DLC_DTYPE_I32)
            memcpy(&value, from + 4 * i, 4);
        out[i] = value;
    }
}

dlc_status dlc_npy_read_int64(dlc_npy *npy, int64_t first, int64_t count, int64_t *out) {
    DLC_TRY(check_range(npy, first, count, out));
    const int32_t dtype = npy->header.dtype;
    if (dtype == DLC_DTYPE_I64)
        return read_elements(npy, first, count, out);
    if (dtype != DLC_DTYPE_I32 && dtype != DLC_DTYPE_U8)
        return dlc_fail(&npy->error, DLC_ERROR_UNSUPPORTED, "%s holds %s, not int64, int32 or uint8", npy->file.path,
                        dlc_dtype_name(dtype));
    unsigned char part[16384];
    const int64_t part_count = (int64_t)sizeof part / dlc_dtype_size(dtype);
    for (int64_t done = 0; done < count; done += part_count) {
        const int64_t now = count - done < part_count ? count - done : part_count;
        DLC_TRY(read_elements(npy, first + done, now, part));
        widen(dtype, part, now, out + done);
    }
    return DLC_OK;
}

static dlc_status check_array(dlc_npy *npy, int32_t dtype, int64_t rank, const int64_t *dims) {
    if (!dlc_npy_descr(dtype))
        return dlc_fail(&npy->error, DLC_ERROR_ARGUMENT, "dtype %d (%s) has no place in a .npy file", (int)dtype,
                        dlc_dtype_name(dtype));
    if (rank < 0 || rank > DLC_NPY_RANK_MAX)
        return dlc_fail(&npy->error, DLC_ERROR_ARGUMENT, "rank %lld is not in 0 to %d", (long long)rank,
                        DLC_NPY_RANK_MAX);
    if (!dims && rank > 0)
        return dlc_fail(&npy->error, DLC_ERROR_ARGUMENT, "dims is NULL");
    for (int64_t axis = 0; axis < rank; axis++)
        if (dims[axis] < 0)
            return dlc_fail(&npy->error, DLC_ERROR_ARGUMENT, "dimension %lld is %lld", (long long)axis,
                            (long long)dims[axis]);
    return DLC_OK;
}

dlc_status dlc_npy_write(dlc_npy *npy, const char *path, int32_t dtype, int64_t rank, const int64_t *dims,
                         const void *data) {
    if (!npy)
        return DLC_ERROR_ARGUMENT;
    if (!path)
        return dlc_fail(&npy->error, DLC_ERROR_ARGUMENT, "path is NULL");
    DLC_TRY(check_array(npy, dtype, rank, dims));
    const int64_t size = dlc_dtype_size(dtype);
    const int64_t count = dlc_npy_product(rank, dims, size);
    if (count < 0)
        return dlc_fail(&npy->error, DLC_ERROR_ARGUMENT, "the dimensions come to more than 2^63 bytes");
    if (!data && count > 0)
        return dlc_fail(&npy->error, DLC_ERROR_ARGUMENT, "data is NULL");
    char header[DLC_NPY_HEADER_SIZE];
    const int64_t header_size = dlc_npy_header_format(dtype, rank, dims, header);
    dlc_atomic_file file;
    DLC_TRY(dlc_atomic_file_begin(&file, &npy->allocator, path, &npy->error));
    DLC_TRY(dlc_atomic_file_write(&file, header, header_size));
    DLC_TRY(dlc_atomic_file_write(&file, data, count * size));
    return dlc_atomic_file_commit(&file);
}
