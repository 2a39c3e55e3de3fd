/*
 * hostile_files_tests.c - .npy and .safetensors files that were made to do harm (G7), both kinds alike: files that
 * claim more than there is, that shrink while they are read, that are no files, under paths that are no paths. What is
 * wrong inside a header is for npy_tests.c and safetensors_tests.c.
 */
#include "files.h"
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static dlc_npy *npy;
static dlc_safetensors *safetensors;
static counting_allocator memory;
static dlc_allocator *allocator;

static void setup(void) {
    temp_folder_make();
    memory = (counting_allocator){0};
    allocator = counting_allocator_start(&memory);
    ck_ok(dlc_npy_create(allocator, &npy), "create");
    ck_ok(dlc_safetensors_create(allocator, &safetensors), "create");
}

static void teardown(void) {
    dlc_npy_free(npy);
    dlc_safetensors_free(safetensors);
    dlc_allocator_free(allocator);
    ck_assert_int_eq(memory.held, 0);
    temp_folder_remove();
}

enum { NPY, SAFETENSORS, KINDS };

static dlc_status open_as(int kind, const char *path) {
    return kind == NPY ? dlc_npy_open(npy, path) : dlc_safetensors_open(safetensors, path);
}

static const char *message(int kind) {
    return kind == NPY ? dlc_npy_message(npy) : dlc_safetensors_message(safetensors);
}

/* ---- Claims ---- */

#define NPY_HEADER(shape) "\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', 'fortran_order': False, 'shape': (" shape ",), }"

/* A header of 128 bytes in front of nothing. */
static void write_npy_header(const char *path, const char *header, size_t size) {
    char bytes[128];
    memset(bytes, ' ', sizeof bytes);
    memcpy(bytes, header, size);
    write_bytes(path, bytes, sizeof bytes);
}

START_TEST(claims_cost_no_memory) {
    const char *path = temp_path("x");
    static const char huge[] = NPY_HEADER("1152921504606846976");
    write_npy_header(path, huge, sizeof huge - 1);
    ck_fails(open_as(NPY, path), DLC_ERROR_FORMAT, message(NPY), "1152921504606846976 elements of float32 need");
    write_safetensors(
        path, "{\"a\":{\"dtype\":\"F32\",\"shape\":[144115188075855871],\"data_offsets\":[0,576460752303423484]}}", 4);
    ck_fails(open_as(SAFETENSORS, path), DLC_ERROR_FORMAT, message(SAFETENSORS), "do not lie in the 4 bytes of data");
    write_safetensors(path, "{\"a\":{\"dtype\":\"F32\",\"shape\":[1152921504606846976],\"data_offsets\":[0,4]}}", 4);
    ck_fails(open_as(SAFETENSORS, path), DLC_ERROR_FORMAT, message(SAFETENSORS), "2^57 elements or more");
    ck_assert_int_lt(memory.peak, 16384);
}
END_TEST

/* The largest size that the file system takes, without anything on the disk. */
static int64_t make_sparse(const char *path) {
    int64_t size = INT64_C(1) << 62;
    while (truncate(path, size) != 0) {
        ck_assert_int_eq(errno, EFBIG);
        size /= 2;
        ck_assert_int_gt(size, INT64_C(1) << 40);
    }
    return size;
}

START_TEST(sparse_files) {
    const char *path = temp_path("sparse");
    for (int kind = 0; kind < KINDS; kind++) {
        write_bytes(path, "", 0);
        make_sparse(path);
        ck_fails(open_as(kind, path), DLC_ERROR_FORMAT, message(kind), path);
    }
    ck_assert_int_lt(memory.peak, 16384);
}
END_TEST

/* A file that is as large as it says is sound, however large that is; reading it needs no more memory than is asked
 * for. */
START_TEST(sparse_arrays_can_be_read) {
    const char *path = temp_path("sparse");
    char header[200];
    write_bytes(path, "", 0);
    const int64_t elements = (make_sparse(path) - 128) / 4;
    const int length = snprintf(header, sizeof header, "{'descr': '<f4', 'fortran_order': False, 'shape': (%lld,), }",
                                (long long)elements);
    char bytes[128];
    memset(bytes, ' ', sizeof bytes);
    memcpy(bytes, "\x93NUMPY\x01\x00\x76\x00", 10);
    memcpy(bytes + 10, header, (size_t)length);
    const int file = open(path, O_WRONLY | O_CLOEXEC);
    ck_assert_int_eq(write(file, bytes, sizeof bytes), (ssize_t)sizeof bytes);
    ck_assert_int_eq(ftruncate(file, 128 + 4 * elements), 0);
    close(file);
    ck_ok(open_as(NPY, path), message(NPY));
    ck_assert_int_eq(dlc_npy_count(npy), elements);
    float last[3] = {1, 1, 1};
    ck_ok(dlc_npy_read(npy, elements - 3, 3, last), message(NPY));
    ck_assert(last[0] == 0 && last[2] == 0);
    ck_fails(dlc_npy_read(npy, elements - 2, 3, last), DLC_ERROR_ARGUMENT, message(NPY), "are not among the");
    ck_assert_int_lt(memory.peak, 16384);
}
END_TEST

/* ---- Files that change ---- */

/* An allocator that cuts a file off when a block of at least `least` bytes is asked for. */
typedef struct cutter {
    const char *path;
    int64_t least;
    off_t length;
} cutter;

static void cut_and_allocate(void *user, int64_t size, void **result) {
    const cutter *state = user;
    if (size >= state->least)
        ck_assert_int_eq(truncate(state->path, state->length), 0);
    *result = malloc((size_t)size);
}

static void release(void *user, void *block) {
    (void)user;
    free(block);
}

#define ONE_TENSOR "{\"a\":{\"dtype\":\"U8\",\"shape\":[100000],\"data_offsets\":[0,100000]}}"

/* Its size is known by the time when memory for its header is taken, or for all of it; then it gets shorter. */
START_TEST(a_file_that_shrinks_while_it_is_read) {
    static const off_t lengths[] = {0, 5, 40, 100, 50000};
    for (int i = 0; i < 10; i++) {
        cutter state = {.path = temp_path("x"), .least = INT64_MAX, .length = lengths[i % 5]};
        dlc_allocator *cutting = NULL;
        dlc_safetensors *file = NULL;
        write_safetensors(state.path, ONE_TENSOR, 100000);
        ck_ok(dlc_allocator_create(cut_and_allocate, release, &state, &cutting), "create");
        ck_ok(dlc_safetensors_create(cutting, &file), "create");
        state.least = i < 5 ? (int64_t)strlen(ONE_TENSOR) : 100000;
        ck_fails(dlc_safetensors_open(file, state.path), DLC_ERROR_FORMAT, dlc_safetensors_message(file),
                 "has become shorter while it was read");
        ck_assert_int_eq(dlc_safetensors_count(file), 0);
        dlc_safetensors_free(file);
        dlc_allocator_free(cutting);
    }
}
END_TEST

/* Tensors are memory and not the file: whoever cuts it off later changes nothing, and raises no SIGBUS. */
START_TEST(an_open_file_is_not_mapped) {
    const char *path = temp_path("x");
    write_safetensors(path, ONE_TENSOR, 100000);
    ck_ok(open_as(SAFETENSORS, path), message(SAFETENSORS));
    ck_assert_int_eq(truncate(path, 0), 0);
    const unsigned char *data = dlc_safetensors_data(safetensors, 0);
    for (int i = 0; i < 100000; i++)
        ck_assert_uint_eq(data[i], (unsigned char)i);
    ck_ok(dlc_safetensors_save(safetensors, path), message(SAFETENSORS));
    write_safetensors(temp_path("y"), ONE_TENSOR, 100000);
    ck_assert(same_bytes(path, temp_path("y")));
}
END_TEST

/* ---- What is no file ---- */

START_TEST(empty_files_and_files_of_proc) {
    static const char *const paths[] = {"/proc/self/status", "/proc/self/maps", "/proc/self/mem", "/proc/version"};
    write_bytes(temp_path("empty"), "", 0);
    for (int kind = 0; kind < KINDS; kind++) {
        ck_fails(open_as(kind, temp_path("empty")), DLC_ERROR_FORMAT, message(kind), "it has only 0 bytes");
        for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
            const dlc_status status = open_as(kind, paths[i]);
            ck_assert_msg(status == DLC_ERROR_FORMAT || status == DLC_ERROR_IO, "%s", message(kind));
            ck_assert_ptr_nonnull(strstr(message(kind), paths[i]));
        }
    }
}
END_TEST

START_TEST(devices_folders_and_loops) {
    static const char *const devices[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/urandom"};
    ck_assert_int_eq(symlink("loop", temp_path("loop")), 0);
    ck_assert_int_eq(mkfifo(temp_path("fifo"), 0666), 0);
    for (int kind = 0; kind < KINDS; kind++) {
        for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++)
            ck_fails(open_as(kind, devices[i]), DLC_ERROR_IO, message(kind), "it is not a regular file");
        ck_fails(open_as(kind, temp_path("fifo")), DLC_ERROR_IO, message(kind), "it is not a regular file");
        ck_fails(open_as(kind, temp_path("loop")), DLC_ERROR_IO, message(kind), "Too many levels of symbolic links");
        ck_fails(open_as(kind, "/"), DLC_ERROR_IO, message(kind), "it is a folder");
    }
}
END_TEST

/* ---- Paths ---- */

/* The reason is there, at the end, and no character was cut in two where the middle is missing. */
START_TEST(paths_that_are_too_long) {
    enum { LENGTH = 6000 };
    static const char *const parts[] = {"x", "./", "\xC3\xA4", "\xF0\x9F\x90\xA7"};
    const char *part = parts[_i];
    char path[LENGTH + 1];
    for (size_t i = 0; i < LENGTH; i++)
        path[i] = part[i % strlen(part)];
    path[LENGTH] = '\0';
    for (int kind = 0; kind < KINDS; kind++) {
        ck_fails(open_as(kind, path), DLC_ERROR_IO, message(kind), ": File name too long");
        ck_assert_uint_lt(strlen(message(kind)), 1024);
        ck_assert_uint_gt(strlen(message(kind)), 1000);
        ck_assert_ptr_nonnull(strstr(message(kind), "..."));
        ck_assert_ptr_null(strchr(message(kind), '?'));
    }
    const float value = 1;
    ck_assert_int_eq(dlc_npy_write(npy, path, DLC_DTYPE_F32, 0, NULL, &value), DLC_ERROR_IO);
    ck_assert_int_eq(temp_entries(""), 0);
}
END_TEST

/* A message is one line of UTF-8 whatever the path. */
START_TEST(paths_of_any_bytes) {
    static const struct {
        const char *path, *shown;
    } paths[] = {
        {"/n/\xFF\xFE", "/n/??"},           {"/n/\xC3\xA4\n", "/n/\xC3\xA4?"},
        {"/n/\xE2\x82", "/n/??"},           {"/n/\xC0\xAF", "/n/??"},
        {"/n/\xED\xA0\x80", "/n/???"},      {"/n/\xF0\x9F\x90\xA7", "/n/\xF0\x9F\x90\xA7:"},
        {"/n/\xF4\x90\x80\x80", "/n/????"}, {"/n/\x1B[2J\x7F", "/n/?[2J?"},
        {"/n/\xF0\x82\x82\xAC", "/n/????"},
    };
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        for (int kind = 0; kind < KINDS; kind++)
            ck_fails(open_as(kind, paths[i].path), DLC_ERROR_IO, message(kind), paths[i].shown);
}
END_TEST

START_TEST(files_that_may_not_be_read_or_written) {
    const float value = 1;
    if (geteuid() != 0) /* those who have made them may */
        return;
    write_bytes(temp_path("secret"), "x", 1);
    ck_assert_int_eq(chmod(temp_path(""), 0755), 0);
    ck_assert_int_eq(chmod(temp_path("secret"), 0600), 0);
    for (int kind = 0; kind < KINDS; kind++) {
        ck_assert_int_eq(seteuid(65534), 0);
        const dlc_status status = open_as(kind, temp_path("secret"));
        ck_assert_int_eq(seteuid(0), 0);
        ck_fails(status, DLC_ERROR_IO, message(kind), "secret: Permission denied");
    }
    ck_assert_int_eq(seteuid(65534), 0);
    const dlc_status status = dlc_npy_write(npy, temp_path("new"), DLC_DTYPE_F32, 0, NULL, &value);
    ck_assert_int_eq(seteuid(0), 0);
    ck_fails(status, DLC_ERROR_IO, message(NPY), "new: Permission denied");
    ck_assert_int_eq(temp_entries(""), 1);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("hostile_files");
    TCase *tcase = tcase_create("hostile_files");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, claims_cost_no_memory);
    tcase_add_test(tcase, sparse_files);
    tcase_add_test(tcase, sparse_arrays_can_be_read);
    tcase_add_test(tcase, a_file_that_shrinks_while_it_is_read);
    tcase_add_test(tcase, an_open_file_is_not_mapped);
    tcase_add_test(tcase, empty_files_and_files_of_proc);
    tcase_add_test(tcase, devices_folders_and_loops);
    tcase_add_loop_test(tcase, paths_that_are_too_long, 0, 4);
    tcase_add_test(tcase, paths_of_any_bytes);
    tcase_add_test(tcase, files_that_may_not_be_read_or_written);
    suite_add_tcase(suite, tcase);
    return suite;
}
