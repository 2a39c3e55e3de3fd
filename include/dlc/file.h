/*
 * dlc/file.h - reads and writes .npy arrays and .safetensors weights.
 *
 * Both kinds of handle hold at most one open file. Broken files of any kind end in DLC_ERROR_FORMAT with the file's
 * name in the message, never in a crash; nothing in a file's header is believed before it is checked against the file's
 * size. Files are read, not mapped, so that a file which shrinks under the reader is an error and not a SIGBUS. What is
 * written appears whole (GUARANTEE G4): into a temporary file beside it, synced, then renamed.
 */
#ifndef DLC_FILE_H
#define DLC_FILE_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- .npy: one array ---- */

typedef struct dlc_npy dlc_npy;

/* dlc_npy_create() - a handle with no file open. allocator: NULL: malloc(). Copied. Errors: DLC_ERROR_ARGUMENT,
 * DLC_ERROR_MEMORY. Since 1.0. */
DLC_API dlc_status dlc_npy_create(const dlc_allocator *allocator, dlc_npy **out);

/* dlc_npy_free() - closes the file and frees the handle. Accepts NULL. Since 1.0. */
DLC_API void dlc_npy_free(dlc_npy *npy);

/* dlc_npy_message() - what the last failed call said; borrowed until the next call. Since 1.0. */
DLC_API const char *dlc_npy_message(const dlc_npy *npy);

/*
 * dlc_npy_open() - opens an array for reading: format versions 1 to 3, C order (or of at most one dimension),
 * little-endian float32, float16, float64, int64, int32 or uint8. A file opened before is closed.
 *
 * Errors: DLC_ERROR_IO, DLC_ERROR_FORMAT, DLC_ERROR_UNSUPPORTED (other dtypes, big-endian, Fortran order: named),
 * DLC_ERROR_MEMORY; no file is open then. Since 1.0.
 */
DLC_API dlc_status dlc_npy_open(dlc_npy *npy, const char *path);

/* dlc_npy_dtype() - DLC_DTYPE_* of the open array; -1 where none is open. Since 1.0. */
DLC_API int32_t dlc_npy_dtype(const dlc_npy *npy);

/* dlc_npy_rank() - number of dimensions, 0 to 32. Since 1.0. */
DLC_API int64_t dlc_npy_rank(const dlc_npy *npy);

/* dlc_npy_dim() - size of dimension `axis`, counted from 0. Since 1.0. */
DLC_API int64_t dlc_npy_dim(const dlc_npy *npy, int64_t axis);

/* dlc_npy_count() - number of elements, the product of the dimensions. Since 1.0. */
DLC_API int64_t dlc_npy_count(const dlc_npy *npy);

/*
 * dlc_npy_read() - reads elements first to first + count - 1, in C order, as they are stored.
 * Errors: DLC_ERROR_STATE (no file), DLC_ERROR_ARGUMENT (out of range), DLC_ERROR_IO, DLC_ERROR_FORMAT (the file has
 * become shorter). Since 1.0.
 */
DLC_API dlc_status dlc_npy_read(dlc_npy *npy, int64_t first, int64_t count, void *out);

/* dlc_npy_read_int64() - the same, widened from int64, int32 or uint8 (labels, indices, ids). Other dtypes:
 * DLC_ERROR_UNSUPPORTED, naming the file and the dtype. Since 1.0. */
DLC_API dlc_status dlc_npy_read_int64(dlc_npy *npy, int64_t first, int64_t count, int64_t *out);

/*
 * dlc_npy_write() - writes an array, whole or not at all. It does not disturb the file that is open, and needs the
 * handle only for memory and message.
 *
 * dtype: not DLC_DTYPE_OTHER or BF16. dims: int64[rank]. data: product-of-dims elements in C order.
 * Errors: DLC_ERROR_ARGUMENT, DLC_ERROR_IO (names the file and the system's reason), DLC_ERROR_MEMORY. Since 1.0.
 */
DLC_API dlc_status dlc_npy_write(dlc_npy *npy, const char *path, int32_t dtype, int64_t rank, const int64_t *dims,
                                 const void *data);

/* ---- .safetensors: named tensors ---- */

typedef struct dlc_safetensors dlc_safetensors;

/* dlc_safetensors_create() - a handle with no file. allocator: NULL: malloc(). Copied. Errors: DLC_ERROR_ARGUMENT,
 * DLC_ERROR_MEMORY. Since 1.0. */
DLC_API dlc_status dlc_safetensors_create(const dlc_allocator *allocator, dlc_safetensors **out);

/* dlc_safetensors_free() - frees the handle and all tensors. Accepts NULL. Since 1.0. */
DLC_API void dlc_safetensors_free(dlc_safetensors *file);

/* dlc_safetensors_message() - what the last failed call said; borrowed until the next call. Since 1.0. */
DLC_API const char *dlc_safetensors_message(const dlc_safetensors *file);

/*
 * dlc_safetensors_open() - reads a file whole into memory. Its tensors are numbered in the order of their data offset;
 * tensors without elements come where their offset puts them, ties by name. A file opened before is dropped.
 *
 * The header is checked in full: sizes against shapes and dtypes, offsets without overlap, gap or overrun. Tensors of
 * dtypes unknown to libdlc are carried as bytes.
 *
 * Errors: DLC_ERROR_IO, DLC_ERROR_FORMAT (says what and in which tensor), DLC_ERROR_MEMORY; nothing is open then.
 * Since 1.0.
 */
DLC_API dlc_status dlc_safetensors_open(dlc_safetensors *file, const char *path);

/* dlc_safetensors_count() - number of tensors; 0 where no file is open. Since 1.0. */
DLC_API int64_t dlc_safetensors_count(const dlc_safetensors *file);

/* dlc_safetensors_find() - the number of the tensor of that name, or -1. Since 1.0. */
DLC_API int64_t dlc_safetensors_find(const dlc_safetensors *file, const char *name);

/* What is known of tensor `tensor`. Names and texts are borrowed until the file is dropped; NULL or -1 for no such
 * tensor. Since 1.0. */
DLC_API const char *dlc_safetensors_name(const dlc_safetensors *file, int64_t tensor);
DLC_API int32_t dlc_safetensors_dtype(const dlc_safetensors *file, int64_t tensor); /* DLC_DTYPE_* */
DLC_API const char *dlc_safetensors_dtype_text(const dlc_safetensors *file,
                                               int64_t tensor); /* as in the file: "F32", "I8" */
DLC_API int64_t dlc_safetensors_rank(const dlc_safetensors *file, int64_t tensor);
DLC_API int64_t dlc_safetensors_dim(const dlc_safetensors *file, int64_t tensor, int64_t axis);
DLC_API int64_t dlc_safetensors_elements(const dlc_safetensors *file, int64_t tensor);

/* dlc_safetensors_data() - the tensor's elements, in memory that the caller may write to (dlc_safetensors_save() writes
 * what is there then); valid until the file is dropped. Any alignment. NULL for no such tensor. Since 1.0. */
DLC_API void *dlc_safetensors_data(const dlc_safetensors *file, int64_t tensor);

/* dlc_safetensors_metadata() - the value of a key of the file's "__metadata__", borrowed; NULL where there is none.
 * Since 1.0. */
DLC_API const char *dlc_safetensors_metadata(const dlc_safetensors *file, const char *key);

/*
 * dlc_safetensors_masked_by_default() - 1 if the tensor belongs to the set that is masked where the caller does not say
 * otherwise, 0 if not, -1 for no such tensor.
 *
 * One rule: the published set where the architecture is recognised from the names (a ResNet: the weights of all
 * convolutions; a ViT: the weights of all linear layers but the head); otherwise every floating-point tensor of two or
 * more dimensions that is not a head, an embedding table or a token. Since 1.0.
 */
DLC_API int32_t dlc_safetensors_masked_by_default(const dlc_safetensors *file, int64_t tensor);

/*
 * dlc_safetensors_save() - writes the header as it was read and the tensors as they are now in memory, whole or not at
 * all. Errors: DLC_ERROR_STATE (no file), DLC_ERROR_ARGUMENT, DLC_ERROR_IO, DLC_ERROR_MEMORY. Since 1.0.
 */
DLC_API dlc_status dlc_safetensors_save(dlc_safetensors *file, const char *path);

#ifdef __cplusplus
}
#endif
#endif
