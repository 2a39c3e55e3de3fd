/*
 * safetensors.c - the dlc_safetensors handle (dlc/file.h): a weight file held in memory as one block, the way it lies
 * on disk, and a table of its tensors (safetensors_header.c). Never maps a file.
 */
#include "dlc/file.h"

#include "atomic_file.h"
#include "default_mask.h"
#include "input_file.h"
#include "safetensors_header.h"

#include <string.h>

/* The file starts with the length of the header, 64 bits, little-endian. */
#define PREFIX_SIZE 8

/* The format's own limit on the header. */
#define HEADER_MAX INT64_C(100000000)

struct dlc_safetensors {
    dlc_allocator allocator;
    dlc_error error;
    unsigned char *bytes; /* the whole file; NULL where none is open */
    int64_t size;
    int64_t data_offset;
    dlc_safetensors_header header;
    dlc_family family;
};

dlc_status dlc_safetensors_create(const dlc_allocator *allocator, dlc_safetensors **out) {
    if (!out)
        return DLC_ERROR_ARGUMENT;
    const dlc_allocator own = dlc_allocator_or_default(allocator);
    *out = dlc_allocate_zeroed(&own, 1, sizeof **out);
    if (!*out)
        return DLC_ERROR_MEMORY;
    (*out)->allocator = own;
    return DLC_OK;
}

static void drop(dlc_safetensors *file) {
    dlc_safetensors_header_free(&file->header, &file->allocator);
    dlc_release(&file->allocator, file->bytes);
    file->bytes = NULL;
}

void dlc_safetensors_free(dlc_safetensors *file) {
    if (!file)
        return;
    drop(file);
    const dlc_allocator allocator = file->allocator;
    dlc_release(&allocator, file);
}

const char *dlc_safetensors_message(const dlc_safetensors *file) {
    return file ? file->error.text : "the handle is NULL";
}

/* ---- Opening ---- */

/* The length of the header, checked against the format's limit and the file's size. */
static dlc_status read_header_length(const dlc_input_file *input, int64_t *length, dlc_error *error) {
    unsigned char prefix[PREFIX_SIZE];
    if (input->size < PREFIX_SIZE)
        return dlc_fail(error, DLC_ERROR_FORMAT, "%s is not a .safetensors file: it has only %lld bytes", input->path,
                        (long long)input->size);
    DLC_TRY(dlc_input_file_read(input, 0, PREFIX_SIZE, prefix, error));
    uint64_t value = 0;
    for (int i = PREFIX_SIZE - 1; i >= 0; i--)
        value = value << 8 | prefix[i];
    if (value > (uint64_t)HEADER_MAX)
        return dlc_fail(error, DLC_ERROR_FORMAT,
                        "%s is not a .safetensors file: a header of %llu bytes, more than %lld", input->path,
                        (unsigned long long)value, (long long)HEADER_MAX);
    if ((int64_t)value > input->size - PREFIX_SIZE)
        return dlc_fail(error, DLC_ERROR_FORMAT, "%s ends in its header: %lld of %llu bytes are there", input->path,
                        (long long)(input->size - PREFIX_SIZE), (unsigned long long)value);
    *length = (int64_t)value;
    return DLC_OK;
}

/* The block for the whole file, its start filled in with the bytes that were checked. */
static dlc_status make_room(dlc_safetensors *file, const char *start, const char *path) {
    file->bytes = dlc_allocate(&file->allocator, file->size, 1);
    if (!file->bytes)
        return dlc_fail(&file->error, DLC_ERROR_MEMORY, "out of memory for the %lld bytes of %s", (long long)file->size,
                        path);
    memcpy(file->bytes, start, (size_t)file->data_offset);
    return DLC_OK;
}

static dlc_status read_header(dlc_safetensors *file, const dlc_input_file *input, char *start) {
    DLC_TRY(dlc_input_file_read(input, 0, file->data_offset, start, &file->error));
    return dlc_safetensors_header_parse(&file->header, &file->allocator, start + PREFIX_SIZE,
                                        file->data_offset - PREFIX_SIZE, file->size - file->data_offset, input->path,
                                        &file->error);
}

/* The header is read and checked before there is memory for the data: a file may be as large as it likes, and still be
 * none. What was allocated when this fails is for drop(). */
static dlc_status load(dlc_safetensors *file, const dlc_input_file *input) {
    int64_t length = 0;
    DLC_TRY(read_header_length(input, &length, &file->error));
    file->data_offset = PREFIX_SIZE + length;
    file->size = input->size;
    char *start = dlc_allocate(&file->allocator, file->data_offset, 1);
    if (!start)
        return dlc_fail_memory(&file->error, "the header of a .safetensors file");
    dlc_status status = read_header(file, input, start);
    if (status == DLC_OK)
        status = make_room(file, start, input->path);
    dlc_release(&file->allocator, start);
    if (status != DLC_OK)
        return status;
    file->family = dlc_default_mask_family(&file->header);
    return dlc_input_file_read(input, file->data_offset, file->size - file->data_offset,
                               file->bytes + file->data_offset, &file->error);
}

dlc_status dlc_safetensors_open(dlc_safetensors *file, const char *path) {
    if (!file)
        return DLC_ERROR_ARGUMENT;
    drop(file);
    if (!path)
        return dlc_fail(&file->error, DLC_ERROR_ARGUMENT, "path is NULL");
    dlc_input_file input = {0};
    DLC_TRY(dlc_input_file_open(&input, &file->allocator, path, &file->error));
    const dlc_status status = load(file, &input);
    dlc_input_file_close(&input, &file->allocator);
    if (status != DLC_OK)
        drop(file);
    return status;
}

/* ---- Tensors ---- */

static const dlc_tensor *tensor_at(const dlc_safetensors *file, int64_t tensor) {
    return file && tensor >= 0 && tensor < file->header.count ? &file->header.tensors[tensor] : NULL;
}

int64_t dlc_safetensors_count(const dlc_safetensors *file) {
    return file ? file->header.count : -1;
}

int64_t dlc_safetensors_find(const dlc_safetensors *file, const char *name) {
    if (!file || !name)
        return -1;
    const dlc_tensor *found = dlc_safetensors_header_find(&file->header, name, strlen(name), "");
    return found ? found - file->header.tensors : -1;
}

const char *dlc_safetensors_name(const dlc_safetensors *file, int64_t tensor) {
    const dlc_tensor *t = tensor_at(file, tensor);
    return t ? t->name : NULL;
}

int32_t dlc_safetensors_dtype(const dlc_safetensors *file, int64_t tensor) {
    const dlc_tensor *t = tensor_at(file, tensor);
    return t ? t->dtype : -1;
}

const char *dlc_safetensors_dtype_text(const dlc_safetensors *file, int64_t tensor) {
    const dlc_tensor *t = tensor_at(file, tensor);
    return t ? t->dtype_text : NULL;
}

int64_t dlc_safetensors_rank(const dlc_safetensors *file, int64_t tensor) {
    const dlc_tensor *t = tensor_at(file, tensor);
    return t ? (int64_t)json_array_size(t->shape) : -1;
}

int64_t dlc_safetensors_dim(const dlc_safetensors *file, int64_t tensor, int64_t axis) {
    if (axis < 0 || axis >= dlc_safetensors_rank(file, tensor))
        return -1;
    return json_integer_value(json_array_get(tensor_at(file, tensor)->shape, (size_t)axis));
}

int64_t dlc_safetensors_elements(const dlc_safetensors *file, int64_t tensor) {
    const dlc_tensor *t = tensor_at(file, tensor);
    return t ? t->elements : -1;
}

int64_t dlc_safetensors_bytes(const dlc_safetensors *file, int64_t tensor) {
    const dlc_tensor *t = tensor_at(file, tensor);
    return t ? t->end - t->begin : -1;
}

void *dlc_safetensors_data(const dlc_safetensors *file, int64_t tensor) {
    const dlc_tensor *t = tensor_at(file, tensor);
    return t ? file->bytes + file->data_offset + t->begin : NULL;
}

const char *dlc_safetensors_metadata(const dlc_safetensors *file, const char *key) {
    if (!file || !key)
        return NULL;
    return json_string_value(json_object_get(json_object_get(file->header.root, "__metadata__"), key));
}

int32_t dlc_safetensors_masked_by_default(const dlc_safetensors *file, int64_t tensor) {
    const dlc_tensor *t = tensor_at(file, tensor);
    return t ? dlc_default_mask_includes(file->family, t) : -1;
}

/* ---- Saving ---- */

dlc_status dlc_safetensors_save(dlc_safetensors *file, const char *path) {
    if (!file)
        return DLC_ERROR_ARGUMENT;
    if (!path)
        return dlc_fail(&file->error, DLC_ERROR_ARGUMENT, "path is NULL");
    if (!file->bytes)
        return dlc_fail(&file->error, DLC_ERROR_STATE, "no .safetensors file is open");
    dlc_atomic_file out;
    DLC_TRY(dlc_atomic_file_begin(&out, &file->allocator, path, &file->error));
    DLC_TRY(dlc_atomic_file_write(&out, file->bytes, file->size));
    return dlc_atomic_file_commit(&out);
}
