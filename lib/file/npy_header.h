/*
 * npy_header.h - the header of a .npy file: read strictly, written as NumPy writes it. For npy.c.
 * Format: NumPy Enhancement Proposal 1, https://numpy.org/neps/nep-0001-npy-format.html
 */
#ifndef DLC_LIB_NPY_HEADER_H
#define DLC_LIB_NPY_HEADER_H

#include "input_file.h"

#define DLC_NPY_RANK_MAX 32

typedef struct dlc_npy_header {
    int32_t dtype;
    int64_t rank;
    int64_t dims[DLC_NPY_RANK_MAX];
    int64_t count;       /* product of the dimensions */
    int64_t data_offset; /* where the elements start in the file */
} dlc_npy_header;

/* Reads and checks the header of an open file, its size against the file's included. Errors: as dlc_npy_open(). */
dlc_status dlc_npy_header_read(const dlc_input_file *file, const dlc_allocator *allocator, dlc_npy_header *header,
                               dlc_error *error);

/* dims[0] * ... * dims[rank - 1], or -1 where the elements would fill more than INT64_MAX bytes of `size` each. */
int64_t dlc_npy_product(int64_t rank, const int64_t *dims, int64_t size);

/* Bytes that hold any header that dlc_npy_header_format() makes. */
#define DLC_NPY_HEADER_SIZE 1024

/* Writes magic, version 1 and header to `out`, the bytes that NumPy's save() writes; returns their number. dtype: one
 * that has a .npy name. */
int64_t dlc_npy_header_format(int32_t dtype, int64_t rank, const int64_t *dims, char out[DLC_NPY_HEADER_SIZE]);

/* The .npy name of a dtype, "<f4"; NULL where there is none. */
const char *dlc_npy_descr(int32_t dtype);

#endif
