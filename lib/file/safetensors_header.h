/*
 * safetensors_header.h - the JSON header of a .safetensors file, checked in full and turned into a table of tensors.
 * For safetensors.c and default_mask.c. The one place that knows the JSON library. Format:
 * https://github.com/huggingface/safetensors#format
 */
#ifndef DLC_LIB_SAFETENSORS_HEADER_H
#define DLC_LIB_SAFETENSORS_HEADER_H

#include "../base/allocator.h"
#include "../base/error.h"

#include <jansson.h>

/* Texts and shape are borrowed from the parsed JSON. */
typedef struct dlc_tensor {
    const char *name;
    const char *dtype_text;
    const json_t *shape; /* an array of natural numbers */
    int64_t elements;
    int64_t begin, end; /* bytes, from the start of the data */
    int32_t dtype;
} dlc_tensor;

typedef struct dlc_safetensors_header {
    json_t *root;
    int64_t count;
    dlc_tensor *tensors;  /* by (begin, end, name) */
    dlc_tensor **by_name; /* the same, sorted by name */
} dlc_safetensors_header;

/*
 * Parses `length` bytes of JSON that describe `data_size` bytes of data. path: for messages. Errors: DLC_ERROR_FORMAT,
 * DLC_ERROR_MEMORY; *header needs no freeing then.
 */
dlc_status dlc_safetensors_header_parse(dlc_safetensors_header *header, const dlc_allocator *allocator,
                                        const char *text, int64_t length, int64_t data_size, const char *path,
                                        dlc_error *error);

/* Frees what *header holds, which may be all bytes 0. */
void dlc_safetensors_header_free(dlc_safetensors_header *header, const dlc_allocator *allocator);

/* The tensor whose name is the first `prefix_length` bytes of `prefix` followed by `rest`, or NULL. */
const dlc_tensor *dlc_safetensors_header_find(const dlc_safetensors_header *header, const char *prefix,
                                              size_t prefix_length, const char *rest);

#endif
