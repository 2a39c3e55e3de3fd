/*
 * safetensors_tests.c - dlc_safetensors on files put together here, good and broken.
 */
#include "files.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static dlc_safetensors *file;

static void setup(void) {
    temp_folder_make();
    ck_ok(dlc_safetensors_create(NULL, &file), "create");
}

static void teardown(void) {
    dlc_safetensors_free(file);
    temp_folder_remove();
}

static const char *message(void) {
    return dlc_safetensors_message(file);
}

static const char *small_file(void) {
    const char *path = temp_path("small.safetensors");
    write_safetensors(
        path,
        "{\"__metadata__\": {\"format\": \"pt\", \"empty\": \"\"},"
        "\"second\": {\"dtype\": \"F16\", \"shape\": [2, 3], \"data_offsets\": [16, 28]},"
        "\"first\": {\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]},"
        "\"strange\": {\"data_offsets\": [32, 35], \"dtype\": \"X7\", \"shape\": [5, 9], \"more\": {\"a\": [1]}},"
        "\"scalar\": {\"dtype\": \"I32\", \"shape\": [], \"data_offsets\": [28, 32]}}   ",
        35);
    return path;
}

/* ---- Good files ---- */

START_TEST(reads_tensors_in_order_of_offset) {
    static const struct {
        const char *name, *dtype_text;
        int32_t dtype;
        int64_t rank, elements, begin;
    } expected[] = {
        {"first", "F32", DLC_DTYPE_F32, 1, 4, 0},
        {"second", "F16", DLC_DTYPE_F16, 2, 6, 16},
        {"scalar", "I32", DLC_DTYPE_I32, 0, 1, 28},
        {"strange", "X7", DLC_DTYPE_OTHER, 2, 45, 32},
    };
    ck_ok(dlc_safetensors_open(file, small_file()), message());
    ck_assert_int_eq(dlc_safetensors_count(file), 4);
    for (int64_t i = 0; i < 4; i++) {
        ck_assert_str_eq(dlc_safetensors_name(file, i), expected[i].name);
        ck_assert_str_eq(dlc_safetensors_dtype_text(file, i), expected[i].dtype_text);
        ck_assert_int_eq(dlc_safetensors_dtype(file, i), expected[i].dtype);
        ck_assert_int_eq(dlc_safetensors_rank(file, i), expected[i].rank);
        ck_assert_int_eq(dlc_safetensors_elements(file, i), expected[i].elements);
        ck_assert_int_eq(dlc_safetensors_find(file, expected[i].name), i);
        ck_assert_int_eq(*(const unsigned char *)dlc_safetensors_data(file, i), expected[i].begin);
    }
    ck_assert_int_eq(dlc_safetensors_dim(file, 1, 0), 2);
    ck_assert_int_eq(dlc_safetensors_dim(file, 1, 1), 3);
    ck_assert_int_eq(dlc_safetensors_dim(file, 1, 2), -1);
    ck_assert_int_eq(dlc_safetensors_dim(file, 1, -1), -1);
    ck_assert_int_eq(dlc_safetensors_dim(file, 2, 0), -1);
    ck_assert_int_eq(dlc_safetensors_find(file, "firs"), -1);
    ck_assert_int_eq(dlc_safetensors_find(file, "first.weight"), -1);
    ck_assert_int_eq(dlc_safetensors_find(file, "__metadata__"), -1);
    ck_assert_str_eq(dlc_safetensors_metadata(file, "format"), "pt");
    ck_assert_str_eq(dlc_safetensors_metadata(file, "empty"), "");
    ck_assert_ptr_null(dlc_safetensors_metadata(file, "none"));
}
END_TEST

START_TEST(every_dtype_has_its_size) {
    static const struct {
        const char *text;
        int32_t dtype;
        int eight_take; /* bytes of eight elements */
    } dtypes[] = {
        {"F32", DLC_DTYPE_F32, 32},      {"F16", DLC_DTYPE_F16, 16},      {"BF16", DLC_DTYPE_BF16, 16},
        {"F64", DLC_DTYPE_F64, 64},      {"I64", DLC_DTYPE_I64, 64},      {"I32", DLC_DTYPE_I32, 32},
        {"U8", DLC_DTYPE_U8, 8},         {"BOOL", DLC_DTYPE_OTHER, 8},    {"I8", DLC_DTYPE_OTHER, 8},
        {"I16", DLC_DTYPE_OTHER, 16},    {"U16", DLC_DTYPE_OTHER, 16},    {"U32", DLC_DTYPE_OTHER, 32},
        {"U64", DLC_DTYPE_OTHER, 64},    {"C64", DLC_DTYPE_OTHER, 64},    {"F8_E4M3", DLC_DTYPE_OTHER, 8},
        {"F4", DLC_DTYPE_OTHER, 4},      {"F8_E5M2", DLC_DTYPE_OTHER, 8}, {"F8_E8M0", DLC_DTYPE_OTHER, 8},
        {"F6_E2M3", DLC_DTYPE_OTHER, 6}, {"F6_E3M2", DLC_DTYPE_OTHER, 6},
    };
    for (size_t i = 0; i < sizeof dtypes / sizeof dtypes[0]; i++)
        for (int more = 0; more <= 1; more++) {
            char header[256];
            const int size = dtypes[i].eight_take + more;
            snprintf(header, sizeof header, "{\"a\":{\"dtype\":\"%s\",\"shape\":[2,4],\"data_offsets\":[0,%d]}}",
                     dtypes[i].text, size);
            write_safetensors(temp_path("a"), header, (size_t)size);
            if (more) {
                ck_fails(dlc_safetensors_open(file, temp_path("a")), DLC_ERROR_FORMAT, message(), dtypes[i].text);
                continue;
            }
            ck_ok(dlc_safetensors_open(file, temp_path("a")), message());
            ck_assert_int_eq(dlc_safetensors_dtype(file, 0), dtypes[i].dtype);
        }
}
END_TEST

START_TEST(accepts_empty_things) {
    write_safetensors(temp_path("a"), "{}", 0);
    ck_ok(dlc_safetensors_open(file, temp_path("a")), message());
    ck_assert_int_eq(dlc_safetensors_count(file), 0);
    ck_assert_ptr_null(dlc_safetensors_metadata(file, "format"));
    write_safetensors(temp_path("a"), "{\"__metadata__\":{}}", 0);
    ck_ok(dlc_safetensors_open(file, temp_path("a")), message());
    ck_assert_int_eq(dlc_safetensors_count(file), 0);
    write_safetensors(temp_path("a"),
                      "{\"z\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]},"
                      "\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
                      "\"y\":{\"dtype\":\"F32\",\"shape\":[3,0,9223372036854775807],\"data_offsets\":[4,4]},"
                      "\"\":{\"dtype\":\"F32\",\"shape\":[0,1],\"data_offsets\":[0,0]},"
                      "\"x\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[4,4]}}",
                      4);
    ck_ok(dlc_safetensors_open(file, temp_path("a")), message());
    const char *const names[] = {"", "z", "w", "x", "y"};
    for (int64_t i = 0; i < 5; i++)
        ck_assert_str_eq(dlc_safetensors_name(file, i), names[i]);
    ck_assert_int_eq(dlc_safetensors_elements(file, 4), 0);
    ck_assert_int_eq(dlc_safetensors_find(file, ""), 0);
}
END_TEST

START_TEST(names_may_be_any_text) {
    write_safetensors(temp_path("a"),
                      "{\"k\\u00e4se.\\ud83d\\ude00\\n\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1);
    ck_ok(dlc_safetensors_open(file, temp_path("a")), message());
    ck_assert_str_eq(dlc_safetensors_name(file, 0), "k\xC3\xA4se.\xF0\x9F\x98\x80\n");
    ck_assert_int_eq(dlc_safetensors_find(file, "k\xC3\xA4se.\xF0\x9F\x98\x80\n"), 0);
}
END_TEST

/* 2000 tensors, in the header in another order than in the data. */
START_TEST(finds_each_of_many) {
    enum { COUNT = 2000 };
    char *header = malloc(COUNT * 100);
    ck_assert_ptr_nonnull(header);
    size_t at = 0;
    for (int i = 0; i < COUNT; i++) {
        const int place = i * 7 % COUNT;
        at += (size_t)sprintf(header + at,
                              "%c\"layer.%d.weight\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[%d,%d]}",
                              i == 0 ? '{' : ',', place, place, place + 1);
    }
    strcpy(header + at, "}");
    write_safetensors(temp_path("a"), header, COUNT);
    free(header);
    ck_ok(dlc_safetensors_open(file, temp_path("a")), message());
    for (int i = 0; i < COUNT; i++) {
        char name[64];
        snprintf(name, sizeof name, "layer.%d.weight", i);
        ck_assert_int_eq(dlc_safetensors_find(file, name), i);
        ck_assert_int_eq(*(const unsigned char *)dlc_safetensors_data(file, i), i % 256);
    }
    ck_assert_int_eq(dlc_safetensors_find(file, "layer.2000.weight"), -1);
}
END_TEST

/* ---- Saving ---- */

START_TEST(saves_what_it_read) {
    const char *path = small_file();
    ck_ok(dlc_safetensors_open(file, path), message());
    ck_ok(dlc_safetensors_save(file, temp_path("copy")), message());
    ck_assert(same_bytes(path, temp_path("copy")));
    /* Onto itself, too. */
    ck_ok(dlc_safetensors_save(file, path), message());
    ck_assert(same_bytes(path, temp_path("copy")));
    ck_assert_int_eq(temp_entries(""), 2);
}
END_TEST

START_TEST(saves_what_was_changed_and_nothing_else) {
    ck_ok(dlc_safetensors_open(file, small_file()), message());
    memset(dlc_safetensors_data(file, 1), 0xAB, 12);
    ck_ok(dlc_safetensors_save(file, temp_path("copy")), message());
    size_t size = 0, copy_size = 0;
    unsigned char *bytes = read_bytes(small_file(), &size), *copy = read_bytes(temp_path("copy"), &copy_size);
    ck_assert_uint_eq(size, copy_size);
    for (size_t i = 0; i < size; i++) {
        const int changed = i >= size - 35 + 16 && i < size - 35 + 28;
        ck_assert_uint_eq(copy[i], changed ? 0xAB : bytes[i]);
    }
    free(bytes);
    free(copy);
}
END_TEST

/* ---- Broken files ---- */

#define A(rest) "{\"a\":{" rest "}}"
#define F32     "\"dtype\":\"F32\","
#define SHAPE   "\"shape\":[4],"
#define OFFSETS "\"data_offsets\":[0,16]"
#define TWO(first, second)                                                                                             \
    "{\"a\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":" first "},"                                              \
    "\"b\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":" second "}}"

/* All with 16 bytes of data. */
static const struct {
    const char *header;
    const char *part;
} bad_headers[] = {
    {"", "does not start with {"},
    {" {}", "does not start with {"},
    {"[]", "does not start with {"},
    {"nonsense", "does not start with {"},
    {"{", "broken JSON"},
    {"{}}", "broken JSON"},
    {"{} x", "broken JSON"},
    {"{'a': 1}", "broken JSON"},
    {"{\"a\": 1,}", "broken JSON"},
    {"{\"a\": NaN}", "broken JSON"},
    {"{\"a\\u0000b\": 1}", "broken JSON"},
    {"{\"a\xFF\": 1}", "broken JSON"},
    {"{\"a\xC3\xA4\": 1,}", "broken JSON"},
    {"{\xC3\xA4}", "near '??"},
    {"{\"\\ud800\": 1}", "broken JSON"},
    {"{}", "16 bytes of data after the last tensor"},
    {"{\"a\": 1}", "not an object: tensor \"a\""},
    {"{\"a\": []}", "not an object: tensor \"a\""},
    {"{\"a\": null}", "not an object: tensor \"a\""},
    {A(""), "shape is missing or not an array: tensor \"a\""},
    {A(SHAPE OFFSETS), "dtype is missing or not a string"},
    {A("\"dtype\":32," SHAPE OFFSETS), "dtype is missing or not a string"},
    {A("\"dtype\":null," SHAPE OFFSETS), "dtype is missing or not a string"},
    {A(F32 OFFSETS), "shape is missing"},
    {A(F32 "\"shape\":4," OFFSETS), "shape is missing or not an array"},
    {A(F32 "\"shape\":{\"0\":4}," OFFSETS), "shape is missing or not an array"},
    {A(F32 "\"shape\":[2,-2]," OFFSETS), "dimension 1 is not a natural number"},
    {A(F32 "\"shape\":[4.0]," OFFSETS), "dimension 0 is not a natural number"},
    {A(F32 "\"shape\":[\"4\"]," OFFSETS), "dimension 0 is not a natural number"},
    {A(F32 "\"shape\":[[4]]," OFFSETS), "dimension 0 is not a natural number"},
    {A(F32 "\"shape\":[true]," OFFSETS), "dimension 0 is not a natural number"},
    {A(F32 "\"shape\":[9223372036854775808]," OFFSETS), "broken JSON"},
    {A(F32 "\"shape\":[9223372036854775807]," OFFSETS), "a shape of 2^57 elements or more"},
    {A(F32 "\"shape\":[4294967296,4294967296]," OFFSETS), "a shape of 2^57 elements or more"},
    {A(F32 "\"shape\":[4611686018427387904,4,4]," OFFSETS), "a shape of 2^57 elements or more"},
    {A("\"dtype\":\"?\",\"shape\":[4294967296,4294967296]," OFFSETS), "a shape of 2^57 elements or more"},
    {A(F32 "\"shape\":[3]," OFFSETS), "3 elements of F32 do not fill the 16 bytes"},
    {A(F32 "\"shape\":[5]," OFFSETS), "5 elements of F32 do not fill the 16 bytes"},
    {A(F32 "\"shape\":[]," OFFSETS), "1 elements of F32 do not fill the 16 bytes"},
    {A(F32 "\"shape\":[0]," OFFSETS), "0 elements of F32 do not fill the 16 bytes"},
    {A("\"dtype\":\"F4\",\"shape\":[31]," OFFSETS), "31 elements of F4 do not fill the 16 bytes"},
    {A("\"dtype\":\"F4\",\"shape\":[33]," OFFSETS), "33 elements of F4 do not fill the 16 bytes"},
    {A("\"dtype\":\"F6_E2M3\",\"shape\":[21]," OFFSETS), "21 elements of F6_E2M3 do not fill"},
    {A(F32 "\"shape\":[4]"), "data_offsets is missing or not two natural numbers"},
    {A(F32 SHAPE "\"data_offsets\":16"), "data_offsets is missing or not two"},
    {A(F32 SHAPE "\"data_offsets\":[0]"), "data_offsets is missing or not two"},
    {A(F32 SHAPE "\"data_offsets\":[0,8,16]"), "data_offsets is missing or not two"},
    {A(F32 SHAPE "\"data_offsets\":[-16,0]"), "data_offsets is missing or not two"},
    {A(F32 SHAPE "\"data_offsets\":[0,16.0]"), "data_offsets is missing or not two"},
    {A(F32 SHAPE "\"data_offsets\":[0,1e1]"), "data_offsets is missing or not two"},
    {A(F32 SHAPE "\"data_offsets\":[16,0]"), "[16, 0] do not lie in the 16 bytes of data"},
    {A(F32 SHAPE "\"data_offsets\":[0,17]"), "[0, 17] do not lie in the 16 bytes of data"},
    {A(F32 SHAPE "\"data_offsets\":[16,32]"), "[16, 32] do not lie in the 16 bytes of data"},
    {A(F32 SHAPE "\"data_offsets\":[9223372036854775791,9223372036854775807]"), "do not lie in the 16 bytes"},
    {A(F32 SHAPE OFFSETS "," OFFSETS), "duplicate"},
    {"{\"a\":{" F32 SHAPE OFFSETS "},\"a\":{" F32 SHAPE OFFSETS "}}", "duplicate"},
    {TWO("[0,8]", "[0,8]"), "data_offsets start at 0, inside the tensor that ends at 8: tensor \"b\""},
    {TWO("[0,8]", "[7,15]"), "data_offsets start at 7, inside the tensor that ends at 8: tensor \"b\""},
    {TWO("[0,8]", "[9,17]"), "[9, 17] do not lie in the 16 bytes of data: tensor \"b\""},
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[15],\"data_offsets\":[1,16]}}", "start at 1, after a gap at 0: tensor \"a\""},
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[15],\"data_offsets\":[0,15]}}", "1 bytes of data after the last tensor"},
    {"{\"a\":{\"dtype\":\"U8\",\"shape\":[7],\"data_offsets\":[0,7]},"
     "\"b\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[8,16]}}",
     "start at 8, after a gap at 7: tensor \"b\""},
    {"{\"e\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[9,9]},"
     "\"b\":{\"dtype\":\"U8\",\"shape\":[16],\"data_offsets\":[0,16]}}",
     "start at 9, inside the tensor that ends at 16: tensor \"e\""},
    {"{\"__metadata__\":\"pt\"}", "__metadata__ is not an object"},
    {"{\"__metadata__\":[]}", "__metadata__ is not an object"},
    {"{\"__metadata__\":{\"a\":1}}", "the value of a key of __metadata__ is not a string: \"a\""},
    {"{\"__metadata__\":{\"a\":\"b\",\"c\":{}}}", "not a string: \"c\""},
    {"{\"__metadata__\":{},\"__metadata__\":{}}", "duplicate"},
};

START_TEST(refuses_broken_headers) {
    const char *path = temp_path("bad.safetensors");
    ck_ok(dlc_safetensors_open(file, small_file()), message());
    write_safetensors(path, bad_headers[_i].header, 16);
    ck_fails(dlc_safetensors_open(file, path), DLC_ERROR_FORMAT, message(), bad_headers[_i].part);
    ck_assert_msg(strncmp(message(), path, strlen(path)) == 0, "%s", message());
    ck_assert_int_eq(dlc_safetensors_count(file), 0);
    ck_assert_ptr_null(dlc_safetensors_name(file, 0));
}
END_TEST

START_TEST(refuses_deep_nesting) {
    enum { DEPTH = 100000 };
    char *header = malloc(2 * DEPTH + 1);
    ck_assert_ptr_nonnull(header);
    for (int kind = 0; kind < 2; kind++) {
        char *at = header + sprintf(header, "{\"a\":");
        while (at < header + DEPTH)
            at += sprintf(at, "%s", kind == 0 ? "[" : "{\"a\":");
        write_safetensors(temp_path("deep"), header, 0);
        ck_fails(dlc_safetensors_open(file, temp_path("deep")), DLC_ERROR_FORMAT, message(), "broken JSON");
    }
    free(header);
}
END_TEST

/* A name of a megabyte does not push the reason out of the message. */
START_TEST(long_names_do_not_hide_the_reason) {
    enum { LENGTH = 1 << 20 };
    char *header = malloc(LENGTH + 100);
    ck_assert_ptr_nonnull(header);
    header[0] = '{';
    header[1] = '"';
    memset(header + 2, 'n', LENGTH);
    strcpy(header + 2 + LENGTH, "\":{}}");
    write_safetensors(temp_path("long"), header, 0);
    free(header);
    ck_fails(dlc_safetensors_open(file, temp_path("long")), DLC_ERROR_FORMAT, message(), "shape is missing");
    ck_assert_uint_lt(strlen(message()), 1024);
}
END_TEST

START_TEST(refuses_broken_lengths) {
    static const struct {
        unsigned char bytes[10];
        const char *part;
    } starts[] = {
        {{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, '{', '}'}, "a header of 18446744073709551615 bytes"},
        {{0, 0, 0, 0, 0, 0, 0, 0x80, '{', '}'}, "a header of 9223372036854775808 bytes"},
        {{0x01, 0xE1, 0xF5, 0x05, 0, 0, 0, 0, '{', '}'}, "a header of 100000001 bytes, more than 100000000"},
        {{0x00, 0xE1, 0xF5, 0x05, 0, 0, 0, 0, '{', '}'}, "ends in its header: 2 of 100000000 bytes are there"},
        {{3, 0, 0, 0, 0, 0, 0, 0, '{', '}'}, "ends in its header: 2 of 3 bytes"},
        {{0, 0, 0, 0, 0, 0, 0, 0, '{', '}'}, "does not start with {"},
    };
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        write_bytes(temp_path("a"), starts[i].bytes, 10);
        ck_fails(dlc_safetensors_open(file, temp_path("a")), DLC_ERROR_FORMAT, message(), starts[i].part);
    }
    write_bytes(temp_path("a"), "", 0);
    ck_fails(dlc_safetensors_open(file, temp_path("a")), DLC_ERROR_FORMAT, message(), "it has only 0 bytes");
}
END_TEST

START_TEST(refuses_every_truncation) {
    size_t size = 0;
    unsigned char *bytes = read_bytes(small_file(), &size);
    for (size_t length = 0; length < size; length++) {
        write_bytes(temp_path("cut"), bytes, length);
        ck_fails(dlc_safetensors_open(file, temp_path("cut")), DLC_ERROR_FORMAT, message(), "cut");
    }
    write_bytes(temp_path("cut"), bytes, size + 1);
    ck_fails(dlc_safetensors_open(file, temp_path("cut")), DLC_ERROR_FORMAT, message(), "1 bytes of data after");
    free(bytes);
}
END_TEST

START_TEST(survives_random_damage) {
    uint64_t state = 11;
    size_t size = 0;
    unsigned char *bytes = read_bytes(small_file(), &size);
    unsigned char *damaged = malloc(size);
    ck_assert_ptr_nonnull(damaged);
    int opened = 0;
    for (int round = 0; round < 5000; round++) {
        memcpy(damaged, bytes, size);
        for (int hit = 0; hit <= round % 3; hit++) {
            unsigned char *byte = damaged + (size_t)(test_uniform(&state) * (double)size);
            const double draw = test_uniform(&state);
            *byte = round % 2 ? (unsigned char)(draw * 256) : *byte ^ (unsigned char)(1U << (int)(draw * 8));
        }
        write_bytes(temp_path("hit"), damaged, size);
        if (dlc_safetensors_open(file, temp_path("hit")) != DLC_OK) {
            ck_assert_ptr_nonnull(strstr(message(), "hit"));
            continue;
        }
        int64_t sum = 0;
        for (int64_t i = 0; i < dlc_safetensors_count(file); i++) {
            const unsigned char *data = dlc_safetensors_data(file, i);
            const int64_t width = dlc_dtype_size(dlc_safetensors_dtype(file, i));
            for (int64_t at = 0; at < dlc_safetensors_elements(file, i) * width; at++)
                sum += data[at];
            ck_assert_ptr_nonnull(dlc_safetensors_name(file, i));
            ck_assert_int_ge(dlc_safetensors_masked_by_default(file, i), 0);
        }
        ck_assert_int_le(sum, 35 * 255);
        ck_ok(dlc_safetensors_save(file, temp_path("copy")), message());
        ck_assert(same_bytes(temp_path("hit"), temp_path("copy")));
        opened++;
    }
    ck_assert_int_gt(opened, 100);
    free(bytes);
    free(damaged);
}
END_TEST

START_TEST(opens_regular_files_only) {
    ck_fails(dlc_safetensors_open(file, temp_path("none")), DLC_ERROR_IO, message(), "none: No such file");
    ck_fails(dlc_safetensors_open(file, temp_path("")), DLC_ERROR_IO, message(), "it is a folder");
    ck_fails(dlc_safetensors_open(file, "/dev/zero"), DLC_ERROR_IO, message(), "it is not a regular file");
    ck_assert_int_eq(mkfifo(temp_path("pipe"), 0666), 0);
    ck_fails(dlc_safetensors_open(file, temp_path("pipe")), DLC_ERROR_IO, message(), "it is not a regular file");
}
END_TEST

/* ---- Wrong use ---- */

START_TEST(wrong_use) {
    ck_fails(dlc_safetensors_save(file, temp_path("a")), DLC_ERROR_STATE, message(), "no .safetensors file is open");
    ck_assert_int_eq(dlc_safetensors_count(file), 0);
    ck_assert_int_eq(dlc_safetensors_find(file, "first"), -1);
    ck_assert_ptr_null(dlc_safetensors_metadata(file, "format"));
    ck_ok(dlc_safetensors_open(file, small_file()), message());
    ck_fails(dlc_safetensors_save(file, NULL), DLC_ERROR_ARGUMENT, message(), "path is NULL");
    ck_assert_int_eq(dlc_safetensors_find(file, NULL), -1);
    ck_assert_ptr_null(dlc_safetensors_metadata(file, NULL));
    for (int64_t i = -1; i <= 4; i += 5) {
        ck_assert_ptr_null(dlc_safetensors_name(file, i));
        ck_assert_ptr_null(dlc_safetensors_dtype_text(file, i));
        ck_assert_ptr_null(dlc_safetensors_data(file, i));
        ck_assert_int_eq(dlc_safetensors_dtype(file, i), -1);
        ck_assert_int_eq(dlc_safetensors_rank(file, i), -1);
        ck_assert_int_eq(dlc_safetensors_dim(file, i, 0), -1);
        ck_assert_int_eq(dlc_safetensors_elements(file, i), -1);
        ck_assert_int_eq(dlc_safetensors_masked_by_default(file, i), -1);
    }
    ck_fails(dlc_safetensors_open(file, NULL), DLC_ERROR_ARGUMENT, message(), "path is NULL");
    ck_assert_int_eq(dlc_safetensors_count(file), 0);
}
END_TEST

START_TEST(null_handles) {
    ck_assert_int_eq(dlc_safetensors_create(NULL, NULL), DLC_ERROR_ARGUMENT);
    dlc_safetensors_free(NULL);
    ck_assert_ptr_nonnull(dlc_safetensors_message(NULL));
    ck_assert_int_eq(dlc_safetensors_open(NULL, "a"), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_safetensors_save(NULL, "a"), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_safetensors_count(NULL), -1);
    ck_assert_int_eq(dlc_safetensors_find(NULL, "a"), -1);
    ck_assert_ptr_null(dlc_safetensors_name(NULL, 0));
    ck_assert_ptr_null(dlc_safetensors_data(NULL, 0));
    ck_assert_ptr_null(dlc_safetensors_dtype_text(NULL, 0));
    ck_assert_ptr_null(dlc_safetensors_metadata(NULL, "a"));
    ck_assert_int_eq(dlc_safetensors_dtype(NULL, 0), -1);
    ck_assert_int_eq(dlc_safetensors_rank(NULL, 0), -1);
    ck_assert_int_eq(dlc_safetensors_dim(NULL, 0, 0), -1);
    ck_assert_int_eq(dlc_safetensors_elements(NULL, 0), -1);
    ck_assert_int_eq(dlc_safetensors_masked_by_default(NULL, 0), -1);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("safetensors");
    TCase *tcase = tcase_create("safetensors");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, reads_tensors_in_order_of_offset);
    tcase_add_test(tcase, every_dtype_has_its_size);
    tcase_add_test(tcase, accepts_empty_things);
    tcase_add_test(tcase, names_may_be_any_text);
    tcase_add_test(tcase, finds_each_of_many);
    tcase_add_test(tcase, saves_what_it_read);
    tcase_add_test(tcase, saves_what_was_changed_and_nothing_else);
    tcase_add_loop_test(tcase, refuses_broken_headers, 0, (int)(sizeof bad_headers / sizeof bad_headers[0]));
    tcase_add_test(tcase, refuses_deep_nesting);
    tcase_add_test(tcase, long_names_do_not_hide_the_reason);
    tcase_add_test(tcase, refuses_broken_lengths);
    tcase_add_test(tcase, refuses_every_truncation);
    tcase_add_test(tcase, survives_random_damage);
    tcase_add_test(tcase, opens_regular_files_only);
    tcase_add_test(tcase, wrong_use);
    tcase_add_test(tcase, null_handles);
    suite_add_tcase(suite, tcase);
    return suite;
}
