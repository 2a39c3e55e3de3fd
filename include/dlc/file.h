/*
 * dlc/file.h - reads and writes .npy arrays and .safetensors weights.
 *
 * Both kinds of handle hold at most one open file. Broken files of any kind end in DLC_ERROR_FORMAT with the file's
 * name in the message, never in a crash; nothing in a file's header is believed before it is checked against the file's
 * size. Files are read, not mapped, so that a file which shrinks under the reader is an error and not a SIGBUS. Only
 * regular files are read: a folder, a FIFO or a device is DLC_ERROR_IO at once, never a wait.
 *
 *     GUARANTEE G4. What is written appears whole or not at all: into a temporary file in the same folder, synced, then
 * renamed. A file of that name that was there before is replaced in one step, and untouched after an error.
 *
 * A symbolic link is replaced itself, not what it points at; a target that is there and is not a regular file is
 * refused. A process killed half way may leave a file ".dlc-PID-N.tmp" behind.
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

/* dlc_npy_message() - what the last failed call said; borrowed, see dlc/base.h. Since 1.0. */
DLC_API const char *dlc_npy_message(const dlc_npy *npy);

/*
 * dlc_npy_open() - opens the array in the file `path` for reading: format versions 1 to 3, C order (or of at most one
 * dimension), little-endian float32, float16, float64, int64, int32 or uint8, at most 32 dimensions. A file opened
 * before is closed. The elements must fill the file to its end: a file that holds more than its one array is broken.
 *
 * Errors: DLC_ERROR_IO, DLC_ERROR_FORMAT, DLC_ERROR_UNSUPPORTED (other dtypes, big-endian, Fortran order, more
 * dimensions: named), DLC_ERROR_MEMORY; no file is open then. Source of the format: NumPy Enhancement Proposal 1.
 * Since 1.0.
 */
DLC_API dlc_status dlc_npy_open(dlc_npy *npy, const char *path);

/* dlc_npy_dtype() - DLC_DTYPE_* of the open array; -1 where none is open. Since 1.0. */
DLC_API int32_t dlc_npy_dtype(const dlc_npy *npy);

/* dlc_npy_rank() - number of dimensions, 0 to 32; -1 where no file is open. Since 1.0. */
DLC_API int64_t dlc_npy_rank(const dlc_npy *npy);

/* dlc_npy_dim() - size of dimension `axis`, counted from 0; -1 where there is none. Since 1.0. */
DLC_API int64_t dlc_npy_dim(const dlc_npy *npy, int64_t axis);

/* dlc_npy_count() - number of elements, the product of the dimensions; -1 where no file is open. Since 1.0. */
DLC_API int64_t dlc_npy_count(const dlc_npy *npy);

/*
 * dlc_npy_read() - reads elements first to first + count - 1, in C order, as they are stored, into out.
 * Errors: DLC_ERROR_STATE (no file), DLC_ERROR_ARGUMENT (out of range), DLC_ERROR_IO, DLC_ERROR_FORMAT (the file has
 * become shorter); what `out` holds is not defined then. Since 1.0.
 */
DLC_API dlc_status dlc_npy_read(dlc_npy *npy, int64_t first, int64_t count, void *out);

/* dlc_npy_read_int64() - the same, widened from int64, int32 or uint8 (labels, indices, ids). out: int64[count]. Other
 * dtypes: DLC_ERROR_UNSUPPORTED, naming the file and the dtype. Since 1.0. */
DLC_API dlc_status dlc_npy_read_int64(dlc_npy *npy, int64_t first, int64_t count, int64_t *out);

/*
 * dlc_npy_write() - writes an array, whole or not at all, byte for byte as numpy.save() writes it. It does not disturb
 * the file that is open, and needs the handle only for memory and message.
 *
 * path: the file. dtype: not DLC_DTYPE_OTHER or BF16. rank: 0 to 32. dims: int64[rank]; may be NULL for rank 0. data:
 * product-of-dims elements in C order; may be NULL for none. Errors: DLC_ERROR_ARGUMENT, DLC_ERROR_IO (names the file
 * and the system's reason), DLC_ERROR_MEMORY. Since 1.0.
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

/* dlc_safetensors_message() - what the last failed call said; borrowed, see dlc/base.h. Since 1.0. */
DLC_API const char *dlc_safetensors_message(const dlc_safetensors *file);

/*
 * dlc_safetensors_open() - reads the file `path` whole into memory. Its tensors are numbered in the order of their data
 * offset; tensors without elements come before the tensor that starts where they lie, among themselves by name. A file
 * opened before is dropped.
 *
 * The header, of 100 MB at most, is checked in full, before there is memory for the data (the JSON library meanwhile
 * holds some ten bytes for every byte of a usual header, and up to fifty where it was made to be a burden): JSON
 * without duplicate keys, sizes against shapes and dtypes, offsets without overlap, gap, overrun or rest, metadata of
 * strings. Keys of a tensor that the format does not know are passed over. Tensors of dtypes that libdlc does not work
 * with are carried as bytes; where the format defines the dtype, its size is checked, else only its place.
 *
 * Errors: DLC_ERROR_IO, DLC_ERROR_FORMAT (says what and in which tensor), DLC_ERROR_MEMORY; nothing is open then.
 * Since 1.0.
 */
DLC_API dlc_status dlc_safetensors_open(dlc_safetensors *file, const char *path);

/* dlc_safetensors_count() - number of tensors; 0 where no file is open. Since 1.0. */
DLC_API int64_t dlc_safetensors_count(const dlc_safetensors *file);

/* dlc_safetensors_find() - the number of the tensor of that name, or -1. Since 1.0. */
DLC_API int64_t dlc_safetensors_find(const dlc_safetensors *file, const char *name);

/* What is known of tensor `tensor`; dim is the size of dimension `axis`. Names and texts are borrowed until the file is
 * dropped; NULL or -1 for no such tensor or axis. Since 1.0. */
DLC_API const char *dlc_safetensors_name(const dlc_safetensors *file, int64_t tensor);
DLC_API int32_t dlc_safetensors_dtype(const dlc_safetensors *file, int64_t tensor); /* DLC_DTYPE_* */
DLC_API const char *dlc_safetensors_dtype_text(const dlc_safetensors *file,
                                               int64_t tensor); /* as in the file: "F32", "I8" */
DLC_API int64_t dlc_safetensors_rank(const dlc_safetensors *file, int64_t tensor);
DLC_API int64_t dlc_safetensors_dim(const dlc_safetensors *file, int64_t tensor, int64_t axis);
DLC_API int64_t dlc_safetensors_elements(const dlc_safetensors *file, int64_t tensor);
DLC_API int64_t dlc_safetensors_bytes(const dlc_safetensors *file, int64_t tensor);

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
 * One rule, from names, dtypes and numbers of dimensions alone. Only float32, float16, bfloat16 and float64 are masked.
 * A name is taken apart at its dots; the parts are called components here.
 *
 * ResNet (torchvision, timm): there are layer1.0.conv1.weight and conv1.weight (or conv1.0.weight), each of four
 * dimensions, behind one and the same prefix, such as none or "backbone.". Masked are the weights of all convolutions:
 * every tensor of four dimensions whose name ends in "weight".
 *
 * ViT: behind one and the same prefix there are (timm) blocks.0.attn.qkv.weight of two dimensions and
 * patch_embed.proj.weight of four, or (torchvision) encoder.layers.encoder_layer_0.self_attention.in_proj_weight of two
 * and conv_proj.weight of four. Masked are the weights of all linear layers but the head: every tensor of two
 * dimensions whose name ends in "weight" and is not excluded below.
 *
 * Anything else: every tensor of two or more dimensions whose name is not excluded:
 *   heads       a component is head, heads, head_dist, lm_head, classifier or score, or the first one is fc or output
 *   embeddings  a component is wte, wpe or emb, ends in "_emb", or contains "embed" without starting with "patch_embed"
 *               (which is a convolution); or the name is shared.weight
 *   tokens      the last component ends in "token" or "tokens" (cls_token, register_tokens)
 *   the like    a component contains "bias" or starts with "rel_pos" (tables of positions), or the last one ends in
 *               "mask" (masks of attention kept as buffers)
 * Leading components module, _orig_mod, model, backbone, net and network do not count as first.
 * Since 1.0.
 */
DLC_API int32_t dlc_safetensors_masked_by_default(const dlc_safetensors *file, int64_t tensor);

/*
 * dlc_safetensors_save() - writes the header as it was read and the tensors as they are now in memory to the file
 * `path`, whole or not at all. Errors: DLC_ERROR_STATE (no file), DLC_ERROR_ARGUMENT, DLC_ERROR_IO, DLC_ERROR_MEMORY.
 * Since 1.0.
 */
DLC_API dlc_status dlc_safetensors_save(dlc_safetensors *file, const char *path);

#ifdef __cplusplus
}
#endif
#endif
