/*
 * arrays.h - .npy files in and out of memory, with checks of dtype and shape that name the file.
 */
#ifndef DLC_SRC_ARRAYS_H
#define DLC_SRC_ARRAYS_H

#include <dlc/dlc.h>

/*
 * Opens path and checks that it is float32 (dtype DLC_DTYPE_F32) or holds whole numbers (DLC_DTYPE_I64; int32 and uint8
 * too), with `rank` dimensions. shape: what the file should be, for messages ("[levels, samples, dim]"). EXIT_DONE, or
 * EXIT_FAILED after a message; *out is NULL then.
 */
int array_open(const char *path, int32_t dtype, int64_t rank, const char *shape, dlc_npy **out);

/* Reads a whole one-dimensional array; *count receives its length, and the caller frees *out with free(). Same outcome.
 */
int array_load_int64(const char *path, const char *shape, int64_t **out, int64_t *count);
int array_load_float(const char *path, int64_t rank, const char *shape, float **out, int64_t dims[]);

/* Writes an array. EXIT_DONE, or EXIT_FAILED after a message. */
int array_write(const char *path, int32_t dtype, int64_t rank, const int64_t *dims, const void *data);

#endif
