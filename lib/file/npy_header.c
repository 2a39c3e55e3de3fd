/*
 * npy_header.c - reads and writes the header of a .npy file (npy_header.h): magic, version, length, and a Python dict
 * literal with the keys descr, fortran_order and shape. Only that literal is understood, not Python.
 */
#include "npy_header.h"

#include <stdio.h>
#include <string.h>

#define MAGIC      "\x93NUMPY"
#define MAGIC_SIZE 6

/* A header is some 100 bytes; a structured dtype or a writer's padding makes it longer. */
#define HEADER_MAX (INT64_C(1) << 20)

/* NumPy leaves room for the first dimension to grow to this many digits in place. */
#define GROWTH_DIGITS 21
#define ALIGNMENT     64

static const struct {
    int32_t dtype;
    const char *descr;
} descrs[] = {
    {DLC_DTYPE_F32, "<f4"}, {DLC_DTYPE_F16, "<f2"}, {DLC_DTYPE_F64, "<f8"},
    {DLC_DTYPE_I64, "<i8"}, {DLC_DTYPE_I32, "<i4"}, {DLC_DTYPE_U8, "|u1"},
};

const char *dlc_npy_descr(int32_t dtype) {
    for (size_t i = 0; i < sizeof descrs / sizeof descrs[0]; i++)
        if (descrs[i].dtype == dtype)
            return descrs[i].descr;
    return NULL;
}

int64_t dlc_npy_product(int64_t rank, const int64_t *dims, int64_t size) {
    for (int64_t axis = 0; axis < rank; axis++)
        if (dims[axis] == 0)
            return 0;
    int64_t count = 1;
    for (int64_t axis = 0; axis < rank; axis++) {
        if (dims[axis] > INT64_MAX / size / count)
            return -1;
        count *= dims[axis];
    }
    return count;
}

/* ---- Reading ---- */

typedef struct dlc_npy_parser {
    const char *path;
    const char *at;
    const char *end; /* a NUL byte, so that *at may always be looked at */
    dlc_npy_header *header;
    unsigned seen; /* a bit per key */
    int fortran;
    dlc_error *error;
} dlc_npy_parser;

static dlc_status broken(const dlc_npy_parser *p, const char *what) {
    return dlc_fail(p->error, DLC_ERROR_FORMAT, "%s is not a .npy file: %s in its header", p->path, what);
}

static void skip_space(dlc_npy_parser *p) {
    while (*p->at == ' ' || (*p->at >= '\t' && *p->at <= '\r'))
        p->at++;
}

/* Takes the character, with the white space before it, if it comes next. */
static int take(dlc_npy_parser *p, char character) {
    skip_space(p);
    if (p->at == p->end || *p->at != character)
        return 0;
    p->at++;
    return 1;
}

static int take_word(dlc_npy_parser *p, const char *word) {
    skip_space(p);
    const size_t length = strlen(word);
    if ((size_t)(p->end - p->at) < length || memcmp(p->at, word, length) != 0)
        return 0;
    p->at += length;
    return 1;
}

/* A quoted string of printable ASCII without escapes. Returns its length, or -1. */
static int take_string(dlc_npy_parser *p, const char **text) {
    skip_space(p);
    const char quote = *p->at;
    if (quote != '\'' && quote != '"')
        return -1;
    *text = ++p->at;
    while (*p->at >= ' ' && *p->at <= '~' && *p->at != '\\' && *p->at != quote)
        p->at++;
    if (*p->at != quote || p->at - *text > 255)
        return -1;
    return (int)(p->at++ - *text);
}

static dlc_status read_descr(dlc_npy_parser *p) {
    skip_space(p);
    if (*p->at == '[')
        return dlc_fail(p->error, DLC_ERROR_UNSUPPORTED, "%s holds records, not plain numbers", p->path);
    const char *text = NULL;
    const int length = take_string(p, &text);
    if (length < 0)
        return broken(p, "no dtype");
    for (size_t i = 0; i < sizeof descrs / sizeof descrs[0]; i++)
        if (length == 3 && memcmp(text + 1, descrs[i].descr + 1, 2) == 0) {
            /* The byte order of single bytes does not matter. */
            if (text[0] == descrs[i].descr[0] || (descrs[i].dtype == DLC_DTYPE_U8 && strchr("<>=", text[0]))) {
                p->header->dtype = descrs[i].dtype;
                return DLC_OK;
            }
            if (text[0] == '>')
                return dlc_fail(p->error, DLC_ERROR_UNSUPPORTED, "%s is big-endian (dtype %.3s)", p->path, text);
        }
    return dlc_fail(p->error, DLC_ERROR_UNSUPPORTED,
                    "%s has dtype %.*s, not float32, float16, float64, int64, int32 or uint8", p->path, length, text);
}

static dlc_status read_order(dlc_npy_parser *p) {
    if (take_word(p, "True"))
        p->fortran = 1;
    else if (!take_word(p, "False"))
        return broken(p, "a fortran_order that is not True or False");
    return DLC_OK;
}

/* A decimal number without sign or leading zeros. */
static dlc_status read_dimension(dlc_npy_parser *p, int64_t *value) {
    skip_space(p);
    if (*p->at < '0' || *p->at > '9' || (p->at[0] == '0' && p->at[1] >= '0' && p->at[1] <= '9'))
        return broken(p, "a shape that is not a tuple of natural numbers");
    *value = 0;
    for (; *p->at >= '0' && *p->at <= '9'; p->at++) {
        const int digit = *p->at - '0';
        if (*value > (INT64_MAX - digit) / 10)
            return broken(p, "a dimension that does not fit 64 bits");
        *value = *value * 10 + digit;
    }
    return DLC_OK;
}

static dlc_status read_shape(dlc_npy_parser *p) {
    dlc_npy_header *header = p->header;
    int comma = 1;
    header->rank = 0;
    if (!take(p, '('))
        return broken(p, "a shape that is not a tuple");
    while (!take(p, ')')) {
        if (!comma)
            return broken(p, "a shape that is not a tuple");
        if (header->rank == DLC_NPY_RANK_MAX)
            return dlc_fail(p->error, DLC_ERROR_UNSUPPORTED, "%s has more than %d dimensions", p->path,
                            DLC_NPY_RANK_MAX);
        DLC_TRY(read_dimension(p, &header->dims[header->rank]));
        header->rank++;
        comma = take(p, ',');
    }
    /* (5) is a number in Python; only (5,) is a tuple. */
    if (header->rank == 1 && !comma)
        return broken(p, "a shape that is not a tuple");
    return DLC_OK;
}

static const struct {
    const char *name;
    dlc_status (*read)(dlc_npy_parser *p);
} keys[] = {{"descr", read_descr}, {"fortran_order", read_order}, {"shape", read_shape}};

#define KEYS (sizeof keys / sizeof keys[0])

/* The value of a key, which must be known and new. */
static dlc_status read_value(dlc_npy_parser *p, const char *key, int length) {
    for (size_t i = 0; i < KEYS; i++)
        if ((size_t)length == strlen(keys[i].name) && memcmp(key, keys[i].name, (size_t)length) == 0) {
            if (p->seen >> i & 1U)
                return broken(p, "a key that comes twice");
            p->seen |= 1U << i;
            return keys[i].read(p);
        }
    return broken(p, "an unknown key");
}

static dlc_status read_dict(dlc_npy_parser *p) {
    if (!take(p, '{'))
        return broken(p, "no dict");
    int comma = 1;
    while (!take(p, '}')) {
        const char *key = NULL;
        const int length = comma ? take_string(p, &key) : -1;
        if (length < 0 || !take(p, ':'))
            return broken(p, "a broken dict");
        DLC_TRY(read_value(p, key, length));
        comma = take(p, ',');
    }
    skip_space(p);
    if (p->at != p->end)
        return broken(p, "something after the dict");
    if (p->seen != (1U << KEYS) - 1)
        return broken(p, "descr, fortran_order or shape missing");
    return DLC_OK;
}

/* What the dict says must fit the file. */
static dlc_status check_size(const dlc_npy_parser *p, int64_t bytes) {
    dlc_npy_header *header = p->header;
    if (p->fortran && header->rank > 1)
        return dlc_fail(p->error, DLC_ERROR_UNSUPPORTED, "%s is in Fortran order", p->path);
    const int64_t size = dlc_dtype_size(header->dtype);
    header->count = dlc_npy_product(header->rank, header->dims, size);
    if (header->count < 0)
        return dlc_fail(p->error, DLC_ERROR_FORMAT, "%s has a shape of more than 2^63 bytes", p->path);
    if (header->count * size != bytes)
        return dlc_fail(p->error, DLC_ERROR_FORMAT,
                        "%s holds %lld bytes of elements; %lld elements of %s need %lld bytes", p->path,
                        (long long)bytes, (long long)header->count, dlc_dtype_name(header->dtype),
                        (long long)(header->count * size));
    return DLC_OK;
}

static dlc_status read_text(const dlc_input_file *file, int64_t length, char *text, dlc_npy_header *header,
                            dlc_error *error) {
    DLC_TRY(dlc_input_file_read(file, header->data_offset - length, length, text, error));
    text[length] = '\0';
    dlc_npy_parser parser = {.path = file->path, .at = text, .end = text + length, .header = header, .error = error};
    DLC_TRY(read_dict(&parser));
    return check_size(&parser, file->size - header->data_offset);
}

dlc_status dlc_npy_header_read(const dlc_input_file *file, const dlc_allocator *allocator, dlc_npy_header *header,
                               dlc_error *error) {
    /* Magic, two bytes of version, two (version 1) or four bytes of length. */
    unsigned char start[MAGIC_SIZE + 6];
    if (file->size < MAGIC_SIZE + 4)
        return dlc_fail(error, DLC_ERROR_FORMAT, "%s is not a .npy file: it has only %lld bytes", file->path,
                        (long long)file->size);
    DLC_TRY(dlc_input_file_read(file, 0, MAGIC_SIZE + 4, start, error));
    if (memcmp(start, MAGIC, MAGIC_SIZE) != 0)
        return dlc_fail(error, DLC_ERROR_FORMAT, "%s is not a .npy file: it does not start as one", file->path);
    const int major = start[MAGIC_SIZE], minor = start[MAGIC_SIZE + 1];
    if (major < 1 || major > 3 || minor != 0)
        return dlc_fail(error, DLC_ERROR_UNSUPPORTED, "%s has version %d.%d of the .npy format, not 1.0, 2.0 or 3.0",
                        file->path, major, minor);
    int64_t length = start[MAGIC_SIZE + 2] | start[MAGIC_SIZE + 3] << 8;
    int64_t offset = MAGIC_SIZE + 4;
    if (major > 1) {
        if (file->size < MAGIC_SIZE + 6)
            return dlc_fail(error, DLC_ERROR_FORMAT, "%s ends in its header", file->path);
        DLC_TRY(dlc_input_file_read(file, offset, 2, start + offset, error));
        length |= (int64_t)start[MAGIC_SIZE + 4] << 16 | (int64_t)start[MAGIC_SIZE + 5] << 24;
        offset += 2;
    }
    if (length > file->size - offset)
        return dlc_fail(error, DLC_ERROR_FORMAT, "%s ends in its header", file->path);
    if (length > HEADER_MAX)
        return dlc_fail(error, DLC_ERROR_FORMAT, "%s has a header of %lld bytes, more than %lld", file->path,
                        (long long)length, (long long)HEADER_MAX);
    header->data_offset = offset + length;
    char *text = dlc_allocate(allocator, length + 1, 1);
    if (!text)
        return dlc_fail_memory(error, "the header of a .npy file");
    const dlc_status status = read_text(file, length, text, header, error);
    dlc_release(allocator, text);
    return status;
}

/* ---- Writing ---- */

int64_t dlc_npy_header_format(int32_t dtype, int64_t rank, const int64_t *dims, char out[DLC_NPY_HEADER_SIZE]) {
    const int start = MAGIC_SIZE + 4;
    int at = start + snprintf(out + start, (size_t)(DLC_NPY_HEADER_SIZE - start),
                              "{'descr': '%s', 'fortran_order': False, 'shape': (", dlc_npy_descr(dtype));
    int first_digits = GROWTH_DIGITS;
    for (int64_t axis = 0; axis < rank; axis++) {
        const int digits = snprintf(out + at, (size_t)(DLC_NPY_HEADER_SIZE - at), "%lld", (long long)dims[axis]);
        if (axis == 0)
            first_digits = digits;
        at += digits;
        at += snprintf(out + at, (size_t)(DLC_NPY_HEADER_SIZE - at), "%s",
                       axis + 1 < rank ? ", " : (rank == 1 ? "," : ""));
    }
    at += snprintf(out + at, (size_t)(DLC_NPY_HEADER_SIZE - at), "), }");
    const int growth = at + GROWTH_DIGITS - first_digits;
    const int end = (growth + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    memset(out + at, ' ', (size_t)(end - at - 1));
    out[end - 1] = '\n';
    memcpy(out, MAGIC, MAGIC_SIZE);
    out[MAGIC_SIZE] = 1;
    out[MAGIC_SIZE + 1] = 0;
    out[MAGIC_SIZE + 2] = (char)((end - start) & 0xFF);
    out[MAGIC_SIZE + 3] = (char)((end - start) >> 8);
    return end;
}
