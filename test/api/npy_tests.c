/*
 * npy_tests.c - dlc_npy against files that NumPy wrote (test/golden/files/npy, made by test/peer/make_files.py), and
 * against broken files made here.
 */
#include "files.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static dlc_npy *npy;

static void setup(void) {
    temp_folder_make();
    ck_ok(dlc_npy_create(NULL, &npy), "create");
}

static void teardown(void) {
    dlc_npy_free(npy);
    temp_folder_remove();
}

static const char *message(void) {
    return dlc_npy_message(npy);
}

static const char *golden(const char *name) {
    static char path[256];
    snprintf(path, sizeof path, "test/golden/files/npy/%s.npy", name);
    return path;
}

/* ---- What NumPy wrote ---- */

static const struct {
    const char *name;
    int32_t dtype;
    int64_t rank;
    int64_t dims[32];
} arrays[] = {
    {"f4", DLC_DTYPE_F32, 2, {3, 4}},
    {"f2", DLC_DTYPE_F16, 2, {3, 4}},
    {"f8", DLC_DTYPE_F64, 2, {3, 4}},
    {"i8", DLC_DTYPE_I64, 2, {3, 4}},
    {"i4", DLC_DTYPE_I32, 2, {3, 4}},
    {"u1", DLC_DTYPE_U8, 2, {3, 4}},
    {"i4_0d", DLC_DTYPE_I32, 0, {0}},
    {"i4_empty", DLC_DTYPE_I32, 1, {0}},
    {"i4_1d", DLC_DTYPE_I32, 1, {5}},
    {"i4_2d", DLC_DTYPE_I32, 2, {3, 4}},
    {"i4_hollow", DLC_DTYPE_I32, 3, {2, 0, 3}},
    {"i4_3d", DLC_DTYPE_I32, 3, {2, 3, 2}},
    {"i4_100", DLC_DTYPE_I32, 1, {100}},
    {"i4_12d", DLC_DTYPE_I32, 12, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2}},
    {"i4_16d", DLC_DTYPE_I32, 16, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2}},
    {"i4_18d", DLC_DTYPE_I32, 18, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2}},
    {"i4_32d", DLC_DTYPE_I32, 32, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                   1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2}},
    {"u1_256", DLC_DTYPE_U8, 1, {256}},
    {"version2", DLC_DTYPE_F32, 2, {3, 4}},
    {"version3", DLC_DTYPE_F32, 2, {3, 4}},
    {"fortran_1d", DLC_DTYPE_F32, 1, {5}},
};

#define ARRAYS ((int)(sizeof arrays / sizeof arrays[0]))

/* A binary16 that is normal or zero. */
static double from_half(uint16_t bits) {
    const int exponent = bits >> 10 & 31, mantissa = bits & 1023;
    const double magnitude = exponent == 0 ? 0.0 : ldexp(1024 + mantissa, exponent - 25);
    return bits >> 15 ? -magnitude : magnitude;
}

static double element(int32_t dtype, const unsigned char *data, int64_t i) {
    float f4 = 0.0F;
    double f8 = 0.0;
    uint16_t f2 = 0;
    int64_t i8 = 0;
    int32_t i4 = 0;
    switch (dtype) {
    case DLC_DTYPE_F32:
        memcpy(&f4, data + 4 * i, 4);
        return (double)f4;
    case DLC_DTYPE_F64:
        memcpy(&f8, data + 8 * i, 8);
        return f8;
    case DLC_DTYPE_F16:
        memcpy(&f2, data + 2 * i, 2);
        return from_half(f2);
    case DLC_DTYPE_I64:
        memcpy(&i8, data + 8 * i, 8);
        return (double)i8;
    case DLC_DTYPE_I32:
        memcpy(&i4, data + 4 * i, 4);
        return (double)i4;
    default:
        return data[i];
    }
}

START_TEST(reads_what_numpy_wrote) {
    const int32_t dtype = arrays[_i].dtype;
    const int is_float = dtype == DLC_DTYPE_F32 || dtype == DLC_DTYPE_F16 || dtype == DLC_DTYPE_F64;
    ck_ok(dlc_npy_open(npy, golden(arrays[_i].name)), message());
    ck_assert_int_eq(dlc_npy_dtype(npy), dtype);
    ck_assert_int_eq(dlc_npy_rank(npy), arrays[_i].rank);
    int64_t count = 1;
    for (int64_t axis = 0; axis < arrays[_i].rank; axis++) {
        ck_assert_int_eq(dlc_npy_dim(npy, axis), arrays[_i].dims[axis]);
        count *= arrays[_i].dims[axis];
    }
    ck_assert_int_eq(dlc_npy_dim(npy, arrays[_i].rank), -1);
    ck_assert_int_eq(dlc_npy_dim(npy, -1), -1);
    ck_assert_int_eq(dlc_npy_count(npy), count);
    unsigned char data[1024];
    ck_ok(dlc_npy_read(npy, 0, count, data), message());
    for (int64_t i = 0; i < count; i++)
        ck_assert_double_eq(element(dtype, data, i), is_float ? (double)(i - 3) / 4 : (double)i);
    if (count > 3) {
        ck_ok(dlc_npy_read(npy, 2, 2, data), message());
        ck_assert_double_eq(element(dtype, data, 1), is_float ? 0.0 : 3.0);
    }
}
END_TEST

START_TEST(writes_what_numpy_writes) {
    unsigned char data[1024];
    if (strncmp(arrays[_i].name, "version", 7) == 0)
        return; /* NumPy's save() takes version 1 for them, too */
    ck_ok(dlc_npy_open(npy, golden(arrays[_i].name)), message());
    ck_ok(dlc_npy_read(npy, 0, dlc_npy_count(npy), data), message());
    ck_ok(dlc_npy_write(npy, temp_path("out.npy"), arrays[_i].dtype, arrays[_i].rank, arrays[_i].dims, data),
          message());
    ck_assert_msg(same_bytes(golden(arrays[_i].name), temp_path("out.npy")), "%s", arrays[_i].name);
    ck_assert_int_eq(temp_entries(""), 1);
}
END_TEST

START_TEST(widens_integers) {
    static const char *const names[] = {"i8", "i4", "u1"};
    int64_t values[12];
    for (int n = 0; n < 3; n++) {
        ck_ok(dlc_npy_open(npy, golden(names[n])), message());
        ck_ok(dlc_npy_read_int64(npy, 0, 12, values), message());
        for (int64_t i = 0; i < 12; i++)
            ck_assert_int_eq(values[i], i);
        ck_ok(dlc_npy_read_int64(npy, 7, 3, values), message());
        ck_assert_int_eq(values[2], 9);
    }
    int64_t bytes[256];
    ck_ok(dlc_npy_open(npy, golden("u1_256")), message());
    ck_ok(dlc_npy_read_int64(npy, 0, 256, bytes), message());
    for (int64_t i = 0; i < 256; i++)
        ck_assert_int_eq(bytes[i], i);
    ck_ok(dlc_npy_open(npy, golden("negative")), message());
    ck_ok(dlc_npy_read_int64(npy, 0, 3, values), message());
    ck_assert_int_eq(values[0], -1);
    ck_assert_int_eq(values[1], INT32_MIN);
    ck_assert_int_eq(values[2], INT32_MAX);
    ck_ok(dlc_npy_open(npy, golden("f4")), message());
    ck_fails(dlc_npy_read_int64(npy, 0, 12, values), DLC_ERROR_UNSUPPORTED, message(),
             "f4.npy holds float32, not int64, int32 or uint8");
}
END_TEST

/* More than one buffer's worth, of an odd length. */
START_TEST(widens_long_arrays) {
    enum { COUNT = 50001 };
    int32_t *written = malloc(COUNT * sizeof *written);
    int64_t *values = malloc(COUNT * sizeof *values);
    ck_assert(written && values);
    for (int32_t i = 0; i < COUNT; i++)
        written[i] = i * 31 - 70000;
    const int64_t dims[] = {COUNT};
    ck_ok(dlc_npy_write(npy, temp_path("long.npy"), DLC_DTYPE_I32, 1, dims, written), message());
    ck_ok(dlc_npy_open(npy, temp_path("long.npy")), message());
    ck_ok(dlc_npy_read_int64(npy, 1, COUNT - 1, values), message());
    for (int32_t i = 1; i < COUNT; i++)
        ck_assert_int_eq(values[i - 1], written[i]);
    free(written);
    free(values);
}
END_TEST

START_TEST(refuses_other_kinds) {
    static const struct {
        const char *name;
        const char *part;
    } kinds[] = {
        {"big_endian", "big_endian.npy is big-endian (dtype >f4)"},
        {"fortran", "fortran.npy is in Fortran order"},
        {"bool", "has dtype |b1, not float32"},
        {"complex", "has dtype <c8"},
        {"text", "has dtype <U2"},
        {"records", "holds records"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        ck_ok(dlc_npy_open(npy, golden("f4")), message());
        ck_fails(dlc_npy_open(npy, golden(kinds[i].name)), DLC_ERROR_UNSUPPORTED, message(), kinds[i].part);
        ck_assert_int_eq(dlc_npy_dtype(npy), -1);
        ck_assert_int_eq(dlc_npy_count(npy), -1);
        ck_assert_int_eq(dlc_npy_rank(npy), -1);
    }
}
END_TEST

/* ---- Headers made here ---- */

/* A file of the given version with this header and data bytes of zeros. */
static void write_npy(const char *path, int version, const char *header, size_t header_size, size_t data_size) {
    unsigned char bytes[4096] = "\x93NUMPY";
    size_t at = 6;
    bytes[at++] = (unsigned char)version;
    bytes[at++] = 0;
    for (size_t i = 0; i < (version == 1 ? 2U : 4U); i++)
        bytes[at++] = (unsigned char)(header_size >> 8 * i & 255U);
    memcpy(bytes + at, header, header_size);
    memset(bytes + at + header_size, 0, data_size);
    write_bytes(path, bytes, at + header_size + data_size);
}

static const char *const good_headers[] = {
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }   \n",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}",
    "{'shape': (2, 3), 'fortran_order': False, 'descr': '<f4'}\n",
    "{\"descr\":\"<f4\",\"fortran_order\":False,\"shape\":(2,3,)}\n",
    "  {  'descr'  :  '<f4' ,\t'fortran_order' :\nFalse , 'shape' : ( 2 , 3 , ) , }  \n",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (6,)}",
    "{'descr': '<f4', 'fortran_order': True, 'shape': (6,)}",
    "{'descr': '<f8', 'fortran_order': False, 'shape': (3,)}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (24,)}",
    "{'descr': '<u1', 'fortran_order': False, 'shape': (24,)}",
    "{'descr':'<f4','fortran_order':False,'shape':(1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,6)}",
};

START_TEST(accepts_every_spelling) {
    for (int version = 1; version <= 3; version++)
        for (size_t i = 0; i < sizeof good_headers / sizeof good_headers[0]; i++) {
            write_npy(temp_path("a.npy"), version, good_headers[i], strlen(good_headers[i]), 24);
            ck_ok(dlc_npy_open(npy, temp_path("a.npy")), message());
            unsigned char data[24];
            ck_ok(dlc_npy_read(npy, 0, dlc_npy_count(npy), data), message());
        }
}
END_TEST

#define DESCR "{'descr': '<f4', "
#define ORDER "'fortran_order': False, "

static const struct {
    const char *header;
    dlc_status status;
    const char *part;
} bad_headers[] = {
    {"", DLC_ERROR_FORMAT, "no dict in its header"},
    {"hello", DLC_ERROR_FORMAT, "no dict"},
    {"{", DLC_ERROR_FORMAT, "a broken dict"},
    {"{}", DLC_ERROR_FORMAT, "descr, fortran_order or shape missing"},
    {"{,}", DLC_ERROR_FORMAT, "a broken dict"},
    {"{'descr'}", DLC_ERROR_FORMAT, "a broken dict"},
    {"{'descr': }", DLC_ERROR_FORMAT, "no dtype"},
    {"{'descr': '<f4}", DLC_ERROR_FORMAT, "no dtype"},
    {"{'descr': '<f4\"}", DLC_ERROR_FORMAT, "no dtype"},
    {"{'descr': 4}", DLC_ERROR_FORMAT, "no dtype"},
    {"{'descr': '\\x3cf4'}", DLC_ERROR_FORMAT, "no dtype"},
    {"{'descr': '\xC3\xA9'}", DLC_ERROR_FORMAT, "no dtype"},
    {"{'descr': ''}", DLC_ERROR_UNSUPPORTED, "has dtype , not"},
    {"{'descr': 'f4'}", DLC_ERROR_UNSUPPORTED, "has dtype f4"},
    {"{'descr': '<f16'}", DLC_ERROR_UNSUPPORTED, "has dtype <f16"},
    {"{'descr': '|f4'}", DLC_ERROR_UNSUPPORTED, "has dtype |f4"},
    {"{'descr': '>i8'}", DLC_ERROR_UNSUPPORTED, "is big-endian (dtype >i8)"},
    {"{'descr': '|O'}", DLC_ERROR_UNSUPPORTED, "has dtype |O"},
    {"{'descr': [('a', '<f4')]}", DLC_ERROR_UNSUPPORTED, "holds records"},
    {DESCR "'descr': '<f4', " ORDER "'shape': (6,)}", DLC_ERROR_FORMAT, "a key that comes twice"},
    {DESCR ORDER "'shape': (6,), 'more': 1}", DLC_ERROR_FORMAT, "an unknown key"},
    {DESCR ORDER "'shap': (6,)}", DLC_ERROR_FORMAT, "an unknown key"},
    {DESCR "'shape': (6,)}", DLC_ERROR_FORMAT, "descr, fortran_order or shape missing"},
    {DESCR ORDER "}", DLC_ERROR_FORMAT, "descr, fortran_order or shape missing"},
    {"{" ORDER "'shape': (6,)}", DLC_ERROR_FORMAT, "descr, fortran_order or shape missing"},
    {DESCR "'fortran_order': 0, 'shape': (6,)}", DLC_ERROR_FORMAT, "not True or False"},
    {DESCR "'fortran_order': Falsehood, 'shape': (6,)}", DLC_ERROR_FORMAT, "a broken dict"},
    {DESCR "'fortran_order': True, 'shape': (2, 3)}", DLC_ERROR_UNSUPPORTED, "is in Fortran order"},
    {DESCR ORDER "'shape': 6}", DLC_ERROR_FORMAT, "a shape that is not a tuple"},
    {DESCR ORDER "'shape': (6)}", DLC_ERROR_FORMAT, "a shape that is not a tuple"},
    {DESCR ORDER "'shape': [6]}", DLC_ERROR_FORMAT, "a shape that is not a tuple"},
    {DESCR ORDER "'shape': (,)}", DLC_ERROR_FORMAT, "a shape that is not a tuple of natural numbers"},
    {DESCR ORDER "'shape': (2 3)}", DLC_ERROR_FORMAT, "a shape that is not a tuple"},
    {DESCR ORDER "'shape': (2,,3)}", DLC_ERROR_FORMAT, "natural numbers"},
    {DESCR ORDER "'shape': (-6,)}", DLC_ERROR_FORMAT, "natural numbers"},
    {DESCR ORDER "'shape': (+6,)}", DLC_ERROR_FORMAT, "natural numbers"},
    {DESCR ORDER "'shape': (06,)}", DLC_ERROR_FORMAT, "natural numbers"},
    {DESCR ORDER "'shape': (6.0,)}", DLC_ERROR_FORMAT, "a shape that is not a tuple"},
    {DESCR ORDER "'shape': (0x6,)}", DLC_ERROR_FORMAT, "a shape that is not a tuple"},
    {DESCR ORDER "'shape': (None,)}", DLC_ERROR_FORMAT, "natural numbers"},
    {DESCR ORDER "'shape': (6,", DLC_ERROR_FORMAT, "natural numbers"},
    {DESCR ORDER "'shape': (6,)", DLC_ERROR_FORMAT, "a broken dict"},
    {DESCR ORDER "'shape': (6,)} x", DLC_ERROR_FORMAT, "something after the dict"},
    {DESCR ORDER "'shape': (6,)}}", DLC_ERROR_FORMAT, "something after the dict"},
    {DESCR ORDER "'shape': (5,)}", DLC_ERROR_FORMAT, "24 bytes of elements; 5 elements of float32 need 20 bytes"},
    {DESCR ORDER "'shape': (7,)}", DLC_ERROR_FORMAT, "24 bytes of elements; 7 elements of float32 need 28 bytes"},
    {DESCR ORDER "'shape': (2, 0)}", DLC_ERROR_FORMAT, "0 elements of float32 need 0 bytes"},
    {DESCR ORDER "'shape': (1152921504606846976,)}", DLC_ERROR_FORMAT, "1152921504606846976 elements of float32"},
    {DESCR ORDER "'shape': (2305843009213693952,)}", DLC_ERROR_FORMAT, "a shape of more than 2^63 bytes"},
    {DESCR ORDER "'shape': (4294967296, 4294967296)}", DLC_ERROR_FORMAT, "a shape of more than 2^63 bytes"},
    {DESCR ORDER "'shape': (9223372036854775808,)}", DLC_ERROR_FORMAT, "a dimension that does not fit 64 bits"},
    {DESCR ORDER "'shape': (99999999999999999999999,)}", DLC_ERROR_FORMAT, "a dimension that does not fit"},
    {DESCR ORDER "'shape': (1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,6)}", DLC_ERROR_UNSUPPORTED,
     "more than 32 dimensions"},
};

START_TEST(refuses_broken_headers) {
    const char *path = temp_path("bad.npy");
    for (int version = 1; version <= 2; version++) {
        write_npy(path, version, bad_headers[_i].header, strlen(bad_headers[_i].header), 24);
        ck_fails(dlc_npy_open(npy, path), bad_headers[_i].status, message(), bad_headers[_i].part);
        ck_assert_msg(strstr(message(), path) != NULL, "%s", message());
    }
}
END_TEST

START_TEST(refuses_other_starts) {
    static const char header[] = DESCR ORDER "'shape': (6,)}\0";
    write_npy(temp_path("a.npy"), 1, header, sizeof header, 24);
    ck_fails(dlc_npy_open(npy, temp_path("a.npy")), DLC_ERROR_FORMAT, message(), "something after the dict");
    static const int versions[] = {0, 4, 255};
    for (int i = 0; i < 3; i++) {
        write_npy(temp_path("a.npy"), versions[i], header, sizeof header - 2, 24);
        ck_fails(dlc_npy_open(npy, temp_path("a.npy")), DLC_ERROR_UNSUPPORTED, message(), "of the .npy format");
    }
    write_bytes(temp_path("a.npy"), "PK\3\4 this is an .npz", 20);
    ck_fails(dlc_npy_open(npy, temp_path("a.npy")), DLC_ERROR_FORMAT, message(), "does not start as one");
    /* A header of 4 GiB in a file of 2 MB; and one that is there, but far too long. */
    const size_t size = (2U << 20) + 12;
    unsigned char *bytes = calloc(1, size);
    ck_assert_ptr_nonnull(bytes);
    memcpy(bytes, "\x93NUMPY\2\0\xFF\xFF\xFF\xFF", 12);
    write_bytes(temp_path("a.npy"), bytes, size);
    ck_fails(dlc_npy_open(npy, temp_path("a.npy")), DLC_ERROR_FORMAT, message(), "ends in its header");
    memcpy(bytes + 8, "\0\0\x20\0", 4);
    write_bytes(temp_path("a.npy"), bytes, size);
    ck_fails(dlc_npy_open(npy, temp_path("a.npy")), DLC_ERROR_FORMAT, message(), "a header of 2097152 bytes");
    free(bytes);
}
END_TEST

START_TEST(refuses_every_truncation) {
    static const char *const names[] = {"f4", "version2", "u1"};
    for (int n = 0; n < 3; n++) {
        size_t size = 0;
        unsigned char *bytes = read_bytes(golden(names[n]), &size);
        for (size_t length = 0; length < size; length++) {
            write_bytes(temp_path("cut.npy"), bytes, length);
            ck_fails(dlc_npy_open(npy, temp_path("cut.npy")), DLC_ERROR_FORMAT, message(), "cut.npy");
        }
        write_bytes(temp_path("cut.npy"), bytes, size + 1);
        ck_fails(dlc_npy_open(npy, temp_path("cut.npy")), DLC_ERROR_FORMAT, message(), "bytes of elements");
        free(bytes);
    }
}
END_TEST

START_TEST(survives_random_damage) {
    uint64_t state = 5;
    size_t size = 0;
    unsigned char *bytes = read_bytes(golden("i4"), &size);
    unsigned char *damaged = malloc(size);
    ck_assert_ptr_nonnull(damaged);
    int opened = 0;
    for (int round = 0; round < 3000; round++) {
        memcpy(damaged, bytes, size);
        for (int hit = 0; hit <= round % 3; hit++)
            damaged[(size_t)(test_uniform(&state) * (double)size)] = (unsigned char)(test_uniform(&state) * 256);
        write_bytes(temp_path("hit.npy"), damaged, size);
        if (dlc_npy_open(npy, temp_path("hit.npy")) != DLC_OK) {
            ck_assert_ptr_nonnull(strstr(message(), "hit.npy"));
            continue;
        }
        int64_t values[64];
        ck_assert_int_le(dlc_npy_count(npy), 64);
        ck_ok(dlc_npy_read(npy, 0, dlc_npy_count(npy), values), message());
        opened++;
    }
    ck_assert_int_gt(opened, 100);
    free(bytes);
    free(damaged);
}
END_TEST

START_TEST(notices_a_file_that_shrinks) {
    char data[48];
    ck_ok(dlc_npy_open(npy, golden("f4")), message());
    ck_ok(dlc_npy_read(npy, 0, 12, data), message());
    const int64_t dims[] = {12};
    ck_ok(dlc_npy_write(npy, temp_path("a.npy"), DLC_DTYPE_F32, 1, dims, data), message());
    ck_ok(dlc_npy_open(npy, temp_path("a.npy")), message());
    ck_assert_int_eq(truncate(temp_path("a.npy"), 150), 0);
    ck_fails(dlc_npy_read(npy, 0, 12, data), DLC_ERROR_FORMAT, message(), "has become shorter");
    ck_ok(dlc_npy_read(npy, 0, 5, data), message());
}
END_TEST

/* ---- The system says no ---- */

START_TEST(opens_regular_files_only) {
    ck_fails(dlc_npy_open(npy, temp_path("none.npy")), DLC_ERROR_IO, message(), "none.npy: No such file");
    ck_fails(dlc_npy_open(npy, ""), DLC_ERROR_IO, message(), "No such file");
    ck_fails(dlc_npy_open(npy, temp_path("")), DLC_ERROR_IO, message(), "it is a folder");
    ck_fails(dlc_npy_open(npy, "/dev/zero"), DLC_ERROR_IO, message(), "/dev/zero: it is not a regular file");
    ck_assert_int_eq(mkfifo(temp_path("pipe"), 0666), 0);
    ck_fails(dlc_npy_open(npy, temp_path("pipe")), DLC_ERROR_IO, message(), "it is not a regular file");
    ck_assert_int_eq(symlink("loop", temp_path("loop")), 0);
    ck_fails(dlc_npy_open(npy, temp_path("loop")), DLC_ERROR_IO, message(), "loop: Too many levels");
    /* A line break in a name does not break the message's one line. */
    ck_fails(dlc_npy_open(npy, "two\nlines"), DLC_ERROR_IO, message(), "two?lines");
}
END_TEST

/* ---- Wrong use ---- */

START_TEST(writing_does_not_disturb_reading) {
    float data[12];
    ck_ok(dlc_npy_open(npy, golden("f4")), message());
    ck_ok(dlc_npy_write(npy, temp_path("a.npy"), DLC_DTYPE_F32, 0, NULL, &(float){7.0F}), message());
    ck_assert_int_eq(dlc_npy_count(npy), 12);
    ck_ok(dlc_npy_read(npy, 0, 12, data), message());
    ck_assert_float_eq(data[11], 2.0F);
}
END_TEST

START_TEST(wrong_use_of_reading) {
    float data[12];
    int64_t numbers[12];
    ck_fails(dlc_npy_read(npy, 0, 0, data), DLC_ERROR_STATE, message(), "no .npy file is open");
    ck_fails(dlc_npy_read_int64(npy, 0, 0, numbers), DLC_ERROR_STATE, message(), "no .npy file is open");
    ck_assert_int_eq(dlc_npy_rank(npy), -1);
    ck_assert_int_eq(dlc_npy_dtype(npy), -1);
    ck_ok(dlc_npy_open(npy, golden("f4")), message());
    ck_fails(dlc_npy_read(npy, -1, 2, data), DLC_ERROR_ARGUMENT, message(), "elements -1 to -1 + 2");
    ck_fails(dlc_npy_read(npy, 0, -1, data), DLC_ERROR_ARGUMENT, message(), "are not among the 12");
    ck_fails(dlc_npy_read(npy, 0, 13, data), DLC_ERROR_ARGUMENT, message(), "are not among the 12");
    ck_fails(dlc_npy_read(npy, 12, 1, data), DLC_ERROR_ARGUMENT, message(), "are not among the 12");
    ck_fails(dlc_npy_read(npy, INT64_MAX, INT64_MAX, data), DLC_ERROR_ARGUMENT, message(), "are not among");
    ck_fails(dlc_npy_read(npy, 0, 1, NULL), DLC_ERROR_ARGUMENT, message(), "out is NULL");
    ck_ok(dlc_npy_read(npy, 12, 0, NULL), message());
    ck_fails(dlc_npy_open(npy, NULL), DLC_ERROR_ARGUMENT, message(), "path is NULL");
    ck_assert_int_eq(dlc_npy_count(npy), -1);
}
END_TEST

START_TEST(wrong_use_of_writing) {
    const char *path = temp_path("a.npy");
    const float value = 1.0F;
    const int64_t dims[] = {1, -1, INT64_MAX, 2};
    ck_fails(dlc_npy_write(npy, NULL, DLC_DTYPE_F32, 0, NULL, &value), DLC_ERROR_ARGUMENT, message(), "path is NULL");
    ck_fails(dlc_npy_write(npy, path, DLC_DTYPE_BF16, 0, NULL, &value), DLC_ERROR_ARGUMENT, message(), "bfloat16");
    ck_fails(dlc_npy_write(npy, path, DLC_DTYPE_OTHER, 0, NULL, &value), DLC_ERROR_ARGUMENT, message(), "dtype 0");
    ck_fails(dlc_npy_write(npy, path, 99, 0, NULL, &value), DLC_ERROR_ARGUMENT, message(), "dtype 99");
    ck_fails(dlc_npy_write(npy, path, DLC_DTYPE_F32, -1, dims, &value), DLC_ERROR_ARGUMENT, message(), "rank -1");
    ck_fails(dlc_npy_write(npy, path, DLC_DTYPE_F32, 33, dims, &value), DLC_ERROR_ARGUMENT, message(), "rank 33");
    ck_fails(dlc_npy_write(npy, path, DLC_DTYPE_F32, 1, NULL, &value), DLC_ERROR_ARGUMENT, message(), "dims is NULL");
    ck_fails(dlc_npy_write(npy, path, DLC_DTYPE_F32, 2, dims, &value), DLC_ERROR_ARGUMENT, message(),
             "dimension 1 is -1");
    ck_fails(dlc_npy_write(npy, path, DLC_DTYPE_F32, 1, dims + 2, &value), DLC_ERROR_ARGUMENT, message(),
             "more than 2^63 bytes");
    ck_fails(dlc_npy_write(npy, path, DLC_DTYPE_U8, 2, dims + 2, &value), DLC_ERROR_ARGUMENT, message(),
             "more than 2^63 bytes");
    ck_fails(dlc_npy_write(npy, path, DLC_DTYPE_F32, 1, dims, NULL), DLC_ERROR_ARGUMENT, message(), "data is NULL");
    ck_assert_int_eq(temp_entries(""), 0);
}
END_TEST

START_TEST(null_handles) {
    int64_t number = 0;
    ck_assert_int_eq(dlc_npy_create(NULL, NULL), DLC_ERROR_ARGUMENT);
    dlc_npy_free(NULL);
    ck_assert_ptr_nonnull(dlc_npy_message(NULL));
    ck_assert_int_eq(dlc_npy_open(NULL, "a"), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_npy_dtype(NULL), -1);
    ck_assert_int_eq(dlc_npy_rank(NULL), -1);
    ck_assert_int_eq(dlc_npy_dim(NULL, 0), -1);
    ck_assert_int_eq(dlc_npy_count(NULL), -1);
    ck_assert_int_eq(dlc_npy_read(NULL, 0, 1, &number), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_npy_read_int64(NULL, 0, 1, &number), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_npy_write(NULL, "a", DLC_DTYPE_F32, 0, NULL, &number), DLC_ERROR_ARGUMENT);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("npy");
    TCase *tcase = tcase_create("npy");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, reads_what_numpy_wrote, 0, ARRAYS);
    tcase_add_loop_test(tcase, writes_what_numpy_writes, 0, ARRAYS);
    tcase_add_test(tcase, widens_integers);
    tcase_add_test(tcase, widens_long_arrays);
    tcase_add_test(tcase, refuses_other_kinds);
    tcase_add_test(tcase, accepts_every_spelling);
    tcase_add_loop_test(tcase, refuses_broken_headers, 0, (int)(sizeof bad_headers / sizeof bad_headers[0]));
    tcase_add_test(tcase, refuses_other_starts);
    tcase_add_test(tcase, refuses_every_truncation);
    tcase_add_test(tcase, survives_random_damage);
    tcase_add_test(tcase, notices_a_file_that_shrinks);
    tcase_add_test(tcase, opens_regular_files_only);
    tcase_add_test(tcase, writing_does_not_disturb_reading);
    tcase_add_test(tcase, wrong_use_of_reading);
    tcase_add_test(tcase, wrong_use_of_writing);
    tcase_add_test(tcase, null_handles);
    suite_add_tcase(suite, tcase);
    return suite;
}
