/* safetensors_header.c - parses and checks the header of a .safetensors file (safetensors_header.h). */
#include "safetensors_header.h"

#include "base/hash.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define METADATA "__metadata__"

/* Every dtype that the format names, so that its size can be checked; libdlc works on those with a DLC_DTYPE_*. */
static const struct {
    const char *text;
    int64_t bits;
    int32_t dtype;
} dtypes[] = {
    {"F32", 32, DLC_DTYPE_F32},      {"F16", 16, DLC_DTYPE_F16},      {"BF16", 16, DLC_DTYPE_BF16},
    {"F64", 64, DLC_DTYPE_F64},      {"I64", 64, DLC_DTYPE_I64},      {"I32", 32, DLC_DTYPE_I32},
    {"U8", 8, DLC_DTYPE_U8},         {"BOOL", 8, DLC_DTYPE_OTHER},    {"I8", 8, DLC_DTYPE_OTHER},
    {"I16", 16, DLC_DTYPE_OTHER},    {"U16", 16, DLC_DTYPE_OTHER},    {"U32", 32, DLC_DTYPE_OTHER},
    {"U64", 64, DLC_DTYPE_OTHER},    {"C64", 64, DLC_DTYPE_OTHER},    {"F8_E4M3", 8, DLC_DTYPE_OTHER},
    {"F8_E5M2", 8, DLC_DTYPE_OTHER}, {"F8_E8M0", 8, DLC_DTYPE_OTHER}, {"F6_E2M3", 6, DLC_DTYPE_OTHER},
    {"F6_E3M2", 6, DLC_DTYPE_OTHER}, {"F4", 4, DLC_DTYPE_OTHER},
};

#define BITS_MAX 64

typedef struct dlc_header_parser {
    const char *path;
    dlc_error *error;
} dlc_header_parser;

/* The tensor's name comes last: it may be as long as the header, and a message is cut at its end. */
static dlc_status broken(const dlc_header_parser *p, const char *tensor, const char *format, ...) DLC_PRINTF(3, 4);

static dlc_status broken(const dlc_header_parser *p, const char *tensor, const char *format, ...) {
    char reason[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    return dlc_fail(p->error, DLC_ERROR_FORMAT, "%s: %s: tensor \"%s\"", p->path, reason, tensor);
}

static int is_natural(const json_t *value) {
    return json_is_integer(value) && json_integer_value(value) >= 0;
}

/* Sets shape and elements. */
static dlc_status read_shape(const dlc_header_parser *p, const json_t *shape, dlc_tensor *tensor) {
    if (!json_is_array(shape))
        return broken(p, tensor->name, "shape is missing or not an array");
    int empty = 0;
    for (size_t axis = 0; axis < json_array_size(shape); axis++) {
        if (!is_natural(json_array_get(shape, axis)))
            return broken(p, tensor->name, "dimension %zu is not a natural number", axis);
        empty = empty || json_integer_value(json_array_get(shape, axis)) == 0;
    }
    int64_t elements = empty ? 0 : 1;
    for (size_t axis = 0; axis < json_array_size(shape) && !empty; axis++) {
        const int64_t dimension = json_integer_value(json_array_get(shape, axis));
        if (dimension > INT64_MAX / BITS_MAX / elements)
            return broken(p, tensor->name, "a shape of 2^57 elements or more");
        elements *= dimension;
    }
    tensor->shape = shape;
    tensor->elements = elements;
    return DLC_OK;
}

/* Sets begin and end. */
static dlc_status read_offsets(const dlc_header_parser *p, const json_t *offsets, int64_t data_size,
                               dlc_tensor *tensor) {
    if (!json_is_array(offsets) || json_array_size(offsets) != 2 || !is_natural(json_array_get(offsets, 0)) ||
        !is_natural(json_array_get(offsets, 1)))
        return broken(p, tensor->name, "data_offsets is missing or not two natural numbers");
    tensor->begin = json_integer_value(json_array_get(offsets, 0));
    tensor->end = json_integer_value(json_array_get(offsets, 1));
    if (tensor->begin > tensor->end || tensor->end > data_size)
        return broken(p, tensor->name, "data_offsets [%lld, %lld] do not lie in the %lld bytes of data",
                      (long long)tensor->begin, (long long)tensor->end, (long long)data_size);
    return DLC_OK;
}

/* Sets the dtype, and checks the size of one that is known. */
static dlc_status read_dtype(const dlc_header_parser *p, const json_t *dtype, dlc_tensor *tensor) {
    if (!json_is_string(dtype))
        return broken(p, tensor->name, "dtype is missing or not a string");
    tensor->dtype_text = json_string_value(dtype);
    tensor->dtype = DLC_DTYPE_OTHER;
    const int64_t bytes = tensor->end - tensor->begin;
    for (size_t i = 0; i < sizeof dtypes / sizeof dtypes[0]; i++)
        if (strcmp(tensor->dtype_text, dtypes[i].text) == 0) {
            tensor->dtype = dtypes[i].dtype;
            const int64_t bits = tensor->elements * dtypes[i].bits;
            if (bits % 8 != 0 || bits / 8 != bytes)
                return broken(p, tensor->name, "%lld elements of %s do not fill the %lld bytes of its data_offsets",
                              (long long)tensor->elements, dtypes[i].text, (long long)bytes);
        }
    return DLC_OK;
}

static dlc_status read_tensor(const dlc_header_parser *p, const char *name, const json_t *info, int64_t data_size,
                              dlc_tensor *tensor) {
    tensor->name = name;
    if (!json_is_object(info))
        return broken(p, name, "not an object");
    DLC_TRY(read_shape(p, json_object_get(info, "shape"), tensor));
    DLC_TRY(read_offsets(p, json_object_get(info, "data_offsets"), data_size, tensor));
    return read_dtype(p, json_object_get(info, "dtype"), tensor);
}

static dlc_status check_metadata(const dlc_header_parser *p, json_t *metadata) {
    if (!json_is_object(metadata))
        return dlc_fail(p->error, DLC_ERROR_FORMAT, "%s: " METADATA " is not an object", p->path);
    const char *key;
    json_t *value;
    json_object_foreach(metadata, key, value) {
        if (!json_is_string(value))
            return dlc_fail(p->error, DLC_ERROR_FORMAT,
                            "%s: the value of a key of " METADATA " is not a string: \"%s\"", p->path, key);
    }
    return DLC_OK;
}

static int compare_places(const void *left, const void *right) {
    const dlc_tensor *a = left, *b = right;
    if (a->begin != b->begin)
        return a->begin < b->begin ? -1 : 1;
    if (a->end != b->end)
        return a->end < b->end ? -1 : 1;
    return strcmp(a->name, b->name);
}

static int compare_names(const void *left, const void *right) {
    dlc_tensor *const *a = left, *const *b = right;
    return strcmp((*a)->name, (*b)->name);
}

/* The tensors, in order, must fill the data without overlap or gap. */
static dlc_status check_places(const dlc_header_parser *p, const dlc_safetensors_header *header, int64_t data_size) {
    int64_t end = 0;
    for (int64_t i = 0; i < header->count; i++) {
        const dlc_tensor *tensor = &header->tensors[i];
        if (tensor->begin != end)
            return broken(p, tensor->name, "data_offsets start at %lld, %s at %lld", (long long)tensor->begin,
                          tensor->begin < end ? "inside the tensor that ends" : "after a gap", (long long)end);
        end = tensor->end;
    }
    if (end != data_size)
        return dlc_fail(p->error, DLC_ERROR_FORMAT, "%s: %lld bytes of data after the last tensor", p->path,
                        (long long)(data_size - end));
    return DLC_OK;
}

/* Fills the table from the parsed JSON. */
static dlc_status read_tensors(const dlc_header_parser *p, dlc_safetensors_header *header, int64_t data_size) {
    const char *name;
    json_t *info;
    json_object_foreach(header->root, name, info) {
        if (strcmp(name, METADATA) == 0)
            DLC_TRY(check_metadata(p, info));
        else
            DLC_TRY(read_tensor(p, name, info, data_size, &header->tensors[header->count++]));
    }
    qsort(header->tensors, (size_t)header->count, sizeof *header->tensors, compare_places);
    for (int64_t i = 0; i < header->count; i++)
        header->by_name[i] = &header->tensors[i];
    qsort(header->by_name, (size_t)header->count, sizeof *header->by_name, compare_names);
    return check_places(p, header, data_size);
}

/* Why the JSON library refused the header. It quotes the file, perhaps from the middle of a character. */
static dlc_status fail_json(const dlc_header_parser *p, const json_error_t *reason) {
    char text[JSON_ERROR_TEXT_LENGTH];
    snprintf(text, sizeof text, "%s", reason->text);
    for (char *c = text; *c; c++)
        if ((unsigned char)*c >= 0x80)
            *c = '?';
    return dlc_fail(p->error, DLC_ERROR_FORMAT, "%s: broken JSON in its header, byte %d: %s", p->path, reason->position,
                    text);
}

static int is_same_reason(const json_error_t *a, const json_error_t *b) {
    return a->text[0] != '\0' && a->position == b->position && strcmp(a->text, b->text) == 0;
}

static int add_to_hash(const char *text, size_t size, void *hash) {
    dlc_hash_add(hash, text, (int64_t)size);
    return 0;
}

/* Of all that the JSON holds; 0 where memory is short. */
static int digest_json(const json_t *root, dlc_digest *out) {
    dlc_hash hash;
    dlc_hash_begin(&hash);
    const int is_done = json_dump_callback(root, add_to_hash, &hash, JSON_COMPACT) == 0;
    *out = dlc_hash_digest(&hash);
    return is_done;
}

/*
 * Sets the root. The JSON library does not tell when it runs out of memory inside a string: it leaves out a character
 * and goes on, or blames the token that comes next. So the header is parsed twice, and believed, or refused, only if
 * nothing has changed from one time to the other. (Its errno says nothing: it is 0 after every number.) One tree at a
 * time is held.
 */
static dlc_status load_json(const dlc_header_parser *p, const char *text, int64_t length, json_t **root) {
    json_error_t reason, other_reason;
    dlc_digest first_digest = {{0}}, digest = {{0}};
    json_t *first = json_loadb(text, (size_t)length, JSON_REJECT_DUPLICATES, &other_reason);
    const int was_sound = first != NULL, is_whole = was_sound && digest_json(first, &first_digest);
    json_decref(first);
    *root = json_loadb(text, (size_t)length, JSON_REJECT_DUPLICATES, &reason);
    const int is_same = was_sound ? is_whole && *root && digest_json(*root, &digest) &&
                                        memcmp(&first_digest, &digest, sizeof digest) == 0
                                  : !*root && is_same_reason(&reason, &other_reason);
    if (!is_same)
        return dlc_fail_memory(p->error, "the header of a .safetensors file");
    return *root ? DLC_OK : fail_json(p, &reason);
}

static dlc_status parse(const dlc_header_parser *p, dlc_safetensors_header *header, const dlc_allocator *allocator,
                        const char *text, int64_t length, int64_t data_size) {
    DLC_TRY(load_json(p, text, length, &header->root));
    const int64_t room = (int64_t)json_object_size(header->root);
    header->tensors = dlc_allocate(allocator, room, sizeof *header->tensors);
    header->by_name = dlc_allocate(allocator, room, sizeof *header->by_name);
    if (!header->tensors || !header->by_name)
        return dlc_fail_memory(p->error, "the table of tensors");
    return read_tensors(p, header, data_size);
}

dlc_status dlc_safetensors_header_parse(dlc_safetensors_header *header, const dlc_allocator *allocator,
                                        const char *text, int64_t length, int64_t data_size, const char *path,
                                        dlc_error *error) {
    const dlc_header_parser parser = {path, error};
    *header = (dlc_safetensors_header){0};
    if (length == 0 || text[0] != '{')
        return dlc_fail(error, DLC_ERROR_FORMAT, "%s: its header does not start with {", path);
    const dlc_status status = parse(&parser, header, allocator, text, length, data_size);
    if (status != DLC_OK)
        dlc_safetensors_header_free(header, allocator);
    return status;
}

void dlc_safetensors_header_free(dlc_safetensors_header *header, const dlc_allocator *allocator) {
    dlc_release(allocator, header->tensors);
    dlc_release(allocator, header->by_name);
    json_decref(header->root);
    *header = (dlc_safetensors_header){0};
}

const dlc_tensor *dlc_safetensors_header_find(const dlc_safetensors_header *header, const char *prefix,
                                              size_t prefix_length, const char *rest) {
    int64_t low = 0, high = header->count;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        const char *name = header->by_name[middle]->name;
        int order = strncmp(prefix, name, prefix_length);
        if (order == 0)
            order = strcmp(rest, name + prefix_length);
        if (order == 0)
            return header->by_name[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}
