/*
 * hostile_images_tests.c - image folders that were made to do harm (G7): decompression bombs, files that shrink under
 * the decoder, strange files and names, depth and numbers without measure. What random damage does is for test/fuzz.
 */
#include "files.h"
#include "png_file.h"
#include "support.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static dlc_images *images;
static counting_allocator memory;
static dlc_allocator *allocator;
static unsigned char *png;
static size_t png_size;

static void setup(void) {
    temp_folder_make();
    memory = (counting_allocator){0};
    allocator = counting_allocator_start(&memory);
    ck_ok(dlc_images_create(allocator, &images), "create");
    png = read_bytes("test/golden/files/png/chunks/solid.png", &png_size);
    temp_subfolder("data/a");
}

static void teardown(void) {
    dlc_images_free(images);
    dlc_allocator_free(allocator);
    ck_assert_int_eq(memory.held, 0);
    free(png);
    temp_folder_remove();
}

static const char *message(void) {
    return dlc_images_message(images);
}

static dlc_status open_data(void) {
    return dlc_images_open(images, temp_path("data"));
}

/* ---- PNG bombs ---- */

/* Bytes in the order of a file, with a place for bits. */
typedef struct writer {
    unsigned char *bytes;
    size_t size;
    unsigned bits, bit_count;
} writer;

static void put_byte(writer *w, unsigned value) {
    w->bytes[w->size++] = (unsigned char)value;
}

static void put_number(writer *w, uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8)
        put_byte(w, value >> shift & 255U);
}

/* Bits of deflate, the first one lowest. */
static void put_bits(writer *w, unsigned value, unsigned count) {
    w->bits |= value << w->bit_count;
    for (w->bit_count += count; w->bit_count >= 8; w->bit_count -= 8) {
        put_byte(w, w->bits & 255U);
        w->bits >>= 8;
    }
}

/* A zlib stream of `size` zeros, size 1 more than a multiple of 258: one, and then "as before, 258 times" over and
 * over. */
static void put_zeros(writer *w, size_t size) {
    put_byte(w, 0x78);
    put_byte(w, 0x01);
    put_bits(w, 3, 3); /* the last block, with the fixed codes */
    put_bits(w, 0x0C, 8);
    for (size_t done = 1; done < size; done += 258) {
        put_bits(w, 0xA3, 8); /* length 258: 11000101, from its other end */
        put_bits(w, 0, 5);    /* distance 1 */
    }
    put_bits(w, 0, 7);
    if (w->bit_count > 0)
        put_bits(w, 0, 8 - w->bit_count);
    /* Adler-32 of zeros. */
    put_number(w, (uint32_t)(size % 65521) << 16 | 1U);
}

/* Begins a chunk; returns where, for its end. */
static size_t begin_chunk(writer *w, const char *type) {
    put_number(w, 0);
    memcpy(w->bytes + w->size, type, 4);
    w->size += 4;
    return w->size;
}

static void end_chunk(writer *w, size_t start) {
    const size_t end = w->size;
    w->size = start - 8;
    put_number(w, (uint32_t)(end - start));
    w->size = end;
    put_number(w, png_crc(w->bytes + start - 4, end - start + 4));
}

static void put_start(writer *w, uint32_t width, uint32_t height) {
    memcpy(w->bytes, "\x89PNG\r\n\x1a\n", 8);
    w->size = 8;
    const size_t header = begin_chunk(w, "IHDR");
    put_number(w, width);
    put_number(w, height);
    put_byte(w, 1); /* a bit a pixel, grey, not interlaced */
    for (int i = 0; i < 4; i++)
        put_byte(w, 0);
    end_chunk(w, header);
}

static void put_end(writer *w, const char *name) {
    end_chunk(w, begin_chunk(w, "IEND"));
    write_bytes(temp_path(name), w->bytes, w->size);
    free(w->bytes);
}

static writer new_writer(void) {
    writer w = {.bytes = malloc(1 << 20)};
    ck_assert_ptr_nonnull(w.bytes);
    return w;
}

/* Sixteen million pixels in some kilobytes: of them no more is ever held than the crop and a few rows. */
START_TEST(a_bomb_costs_what_is_wanted_of_it) {
    /* 258 * 7812 + 1 = 4001 rows of 1 + 503 bytes and a bit of rest that is never looked at. */
    enum { SIDE = 4000, ROW = 1 + SIDE / 8, ZEROS = (SIDE * ROW / 258 + 1) * 258 + 1 };
    writer w = new_writer();
    put_start(&w, SIDE, SIDE);
    const size_t data = begin_chunk(&w, "IDAT");
    put_zeros(&w, ZEROS);
    end_chunk(&w, data);
    ck_assert_uint_lt(w.size, 16000);
    put_end(&w, "data/a/1.png");
    ck_ok(dlc_images_set_size(images, 32), message());
    ck_ok(dlc_images_set_crop(images, 32), message());
    ck_ok(open_data(), message());
    ck_assert_int_eq(dlc_images_height(images), 32);
    ck_assert_int_lt(memory.peak, 1 << 20);
}
END_TEST

/* 64 MB of text, compressed: chunks that change no pixel are not unpacked. */
START_TEST(text_is_not_unpacked) {
    static const char *const types[] = {"zTXt", "iCCP", "iTXt"};
    writer w = new_writer();
    put_start(&w, 8, 2);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        const size_t text = begin_chunk(&w, types[i]);
        memcpy(w.bytes + w.size, "name\0\0", 6);
        w.size += 6;
        put_zeros(&w, 258 * 80000 + 1);
        end_chunk(&w, text);
    }
    const size_t data = begin_chunk(&w, "IDAT");
    put_zeros(&w, 259);
    end_chunk(&w, data);
    put_end(&w, "data/a/1.png");
    ck_ok(open_data(), message());
    ck_assert_int_eq(dlc_images_width(images), 8);
    ck_assert_int_lt(memory.peak, 1 << 18);
}
END_TEST

/* Just more than Pillow takes, in a file that is large enough to hold them. */
START_TEST(more_pixels_than_pillow_takes) {
    writer w = new_writer();
    put_start(&w, 1000000, 179);
    const size_t data = begin_chunk(&w, "IDAT");
    w.size += 30000;
    memset(w.bytes + data, 0, 30000);
    end_chunk(&w, data);
    put_end(&w, "data/a/1.png");
    ck_fails(open_data(), DLC_ERROR_UNSUPPORTED, message(), "has 1000000 x 179 pixels, more than 178956970");
    ck_assert_int_lt(memory.peak, 1 << 18);
    write_bytes(temp_path("data/a/2.png"), png, png_size);
    ck_ok(dlc_images_set_skip_broken(images, 1), message());
    ck_ok(open_data(), message());
    ck_assert_str_eq(dlc_images_skipped_reason(images, 0), "has 1000000 x 179 pixels, more than 178956970");
}
END_TEST

/* ---- JPEG bombs ---- */

static unsigned char *read_jpeg(const char *name, size_t *size) {
    char path[128];
    snprintf(path, sizeof path, "test/fuzz/corpus/jpeg/seed_%s", name);
    return read_bytes(path, size);
}

START_TEST(a_jpeg_that_claims_what_it_cannot_hold) {
    size_t size = 0;
    unsigned char *bytes = read_jpeg("rgb", &size);
    unsigned char *frame = bytes;
    while (frame[0] != 0xFF || frame[1] != 0xC0)
        frame++;
    memcpy(frame + 5, "\xFF\xDC\xFF\xDC", 4); /* 65500, libjpeg's limit */
    write_bytes(temp_path("data/a/1.jpg"), bytes, size);
    ck_fails(open_data(), DLC_ERROR_FORMAT, message(), "65500 x 65500 pixels cannot be in its");
    memset(frame + 5, 0, 4);
    write_bytes(temp_path("data/a/1.jpg"), bytes, size);
    ck_fails(open_data(), DLC_ERROR_FORMAT, message(), "is not a sound JPEG image");
    free(bytes);
}
END_TEST

/* The place of the first scan, which adds nothing but work where it comes again: from its marker to the next. */
static void find_first_scan(const unsigned char *bytes, size_t *begin, size_t *end) {
    *begin = 0;
    while (bytes[*begin] != 0xFF || bytes[*begin + 1] != 0xDA)
        ++*begin;
    *end = *begin + 2;
    while (bytes[*end] != 0xFF || bytes[*end + 1] == 0)
        ++*end;
}

START_TEST(scans_without_end) {
    size_t size = 0, begin = 0, end = 0;
    unsigned char *bytes = read_jpeg("progressive_grey", &size);
    find_first_scan(bytes, &begin, &end);
    const size_t scan = end - begin;
    unsigned char *many = malloc(size + 1000 * scan);
    ck_assert_ptr_nonnull(many);
    memcpy(many, bytes, end);
    for (int scans = 1000; scans >= 10; scans -= 990) {
        size_t at = end;
        for (int i = 0; i < scans; i++, at += scan)
            memcpy(many + at, bytes + begin, scan);
        memcpy(many + at, bytes + end, size - end);
        write_bytes(temp_path("data/a/1.jpg"), many, at + size - end);
        if (scans > 100)
            ck_fails(open_data(), DLC_ERROR_FORMAT, message(), "is not a sound JPEG image: more than 100 scans");
        else
            ck_ok(open_data(), message());
    }
    free(many);
    free(bytes);
}
END_TEST

START_TEST(every_jpeg_truncation_is_an_error) {
    static const char *const names[] = {"rgb", "progressive", "arithmetic"};
    size_t size = 0;
    unsigned char *bytes = read_jpeg(names[_i], &size);
    ck_assert_uint_gt(size, 300);
    /* The eight bytes behind the end are the fuzzer's; the end itself may be missing, as in many files of the wild. */
    for (size_t length = 0; length < size - 10; length++) {
        write_bytes(temp_path("data/a/1.jpg"), bytes, length);
        ck_fails(open_data(), DLC_ERROR_FORMAT, message(), "data/a/1.jpg is ");
    }
    write_bytes(temp_path("data/a/1.jpg"), bytes, size);
    ck_ok(open_data(), message());
    free(bytes);
}
END_TEST

/* Codes that mean nothing: libjpeg (djpeg too) only warns of them, and makes pixels up. */
START_TEST(bad_codes_are_an_error) {
    static const char *const names[] = {"progressive", "arithmetic"};
    static const char *const faults[] = {"bad Huffman code", "bad arithmetic code"};
    static const int codes[] = {7, 88};
    size_t size = 0, begin = 0, end = 0;
    unsigned char *bytes = read_jpeg(names[_i], &size);
    find_first_scan(bytes, &begin, &end);
    const size_t header = 2 + (size_t)bytes[begin + 3];
    memset(bytes + begin + header, codes[_i], end - begin - header);
    write_bytes(temp_path("data/a/1.jpg"), bytes, size);
    ck_fails(open_data(), DLC_ERROR_FORMAT, message(), faults[_i]);
    free(bytes);
}
END_TEST

/* libjpeg takes a memory limit of its own from there, and calls a sound progressive image broken where that is low. */
START_TEST(jpegmem_of_the_environment_does_not_count) {
    size_t size = 0;
    unsigned char *bytes = read_bytes("test/golden/files/tall.jpg", &size);
    write_bytes(temp_path("data/a/1.jpg"), bytes, size);
    ck_assert_int_eq(setenv("JPEGMEM", "1", 1), 0);
    ck_ok(open_data(), message());
    ck_assert_int_eq(unsetenv("JPEGMEM"), 0);
    free(bytes);
}
END_TEST

/* ---- Files that change under the decoder ---- */

/* An allocator that cuts a file off at its call number `at`. */
typedef struct cutter {
    const char *path;
    int64_t at, calls;
    off_t length;
} cutter;

static void cut_and_allocate(void *user, int64_t size, void **result) {
    cutter *state = user;
    if (state->calls++ == state->at)
        ck_assert_int_eq(truncate(state->path, state->length), 0);
    *result = malloc((size_t)size);
}

static void release(void *user, void *block) {
    (void)user;
    free(block);
}

/* At every point where the library allocates, the file gets shorter: what was read stays good, what was not is an
 * error, and nobody is killed by a signal. */
START_TEST(files_shrink_at_any_moment) {
    static const char *const names[] = {"data/a/1.png", "data/a/1.jpg"};
    size_t size = 0;
    unsigned char *jpeg = read_jpeg("progressive", &size);
    const unsigned char *bytes = _i == 0 ? png : jpeg;
    size = _i == 0 ? png_size : size;
    int shrunk = 0, last = 0;
    for (int64_t at = 0; !last; at++) {
        const char *path = temp_path(names[_i]);
        cutter state = {.path = path, .at = at, .length = at % 3 == 0 ? 0 : (off_t)size / 2};
        dlc_allocator *cutting = NULL;
        dlc_images *victim = NULL;
        write_bytes(path, bytes, size);
        ck_ok(dlc_allocator_create(cut_and_allocate, release, &state, &cutting), "create");
        ck_ok(dlc_images_create(cutting, &victim), "create");
        const dlc_status status = dlc_images_open(victim, temp_path("data"));
        ck_assert_msg(status == DLC_OK || status == DLC_ERROR_FORMAT, "%s", dlc_images_message(victim));
        shrunk += status != DLC_OK;
        last = state.calls <= at;
        dlc_images_free(victim);
        dlc_allocator_free(cutting);
    }
    ck_assert_int_ge(shrunk, 3);
    free(jpeg);
}
END_TEST

/* ---- Folders ---- */

/* A hundred thousand entries, further names of two empty files: of them one is decoded. */
START_TEST(a_folder_of_a_hundred_thousand) {
    const int files = getenv("DLC_TEST_SHORT") ? 2000 : 50000;
    char name[64], last[64];
    const int folder = open(temp_path("data/a"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_ge(folder, 0);
    write_bytes(temp_path("data/a/00000.png"), png, png_size);
    write_bytes(temp_path("data/a/00001.png"), "", 0);
    write_bytes(temp_path("data/a/00000.txt"), "", 0);
    for (int i = 1; i < files; i++) {
        snprintf(name, sizeof name, "%05d.png", i);
        ck_assert(i == 1 || linkat(folder, "00001.png", folder, name, 0) == 0);
        snprintf(name, sizeof name, "%05d.txt", i);
        ck_assert_int_eq(linkat(folder, "00000.txt", folder, name, 0), 0);
    }
    close(folder);
    ck_ok(open_data(), message());
    ck_assert_int_eq(dlc_images_count(images), files);
    ck_assert_int_eq(dlc_images_skipped_count(images), files);
    snprintf(last, sizeof last, "a/%05d.png", files - 1);
    ck_assert_str_eq(dlc_images_path(images, files - 1), last);
    float pixels[3 * 11 * 13];
    ck_fails(dlc_images_read(images, 1, 1, pixels), DLC_ERROR_FORMAT, message(), "a/00001.png is neither");
}
END_TEST

/* Deeper than any path may be long: an error, and no crash. Made and removed step by step. */
START_TEST(paths_longer_than_the_system_takes) {
    enum { DEPTH = 30 };
    char name[200];
    memset(name, 'd', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    int folders[DEPTH + 1];
    folders[0] = open(temp_path("data/a"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; i < DEPTH; i++) {
        ck_assert_int_eq(mkdirat(folders[i], name, 0777), 0);
        folders[i + 1] = openat(folders[i], name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        ck_assert_int_ge(folders[i + 1], 0);
    }
    ck_fails(open_data(), DLC_ERROR_IO, message(), ": File name too long");
    ck_assert_uint_lt(strlen(message()), 1024);
    for (int i = DEPTH; i > 0; i--) {
        close(folders[i]);
        ck_assert_int_eq(unlinkat(folders[i - 1], name, AT_REMOVEDIR), 0);
    }
    close(folders[0]);
}
END_TEST

/* Where the message of a broken file has no room for its path, the reason is still there. */
START_TEST(long_paths_do_not_hide_the_reason) {
    enum { DEPTH = 6 };
    char path[DEPTH * 200] = "data/a";
    for (int i = 0; i < DEPTH - 1; i++)
        snprintf(path + strlen(path), sizeof path - strlen(path), "/%0190d", i);
    /* The test's own folder functions know no paths like this. */
    const int home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ck_assert_int_eq(chdir(temp_path("")), 0);
    for (char *slash = strchr(path + 7, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        ck_assert(mkdir(path, 0777) == 0 || errno == EEXIST);
        *slash = '/';
    }
    ck_assert_int_eq(mkdir(path, 0777), 0);
    strcat(path, "/1.png");
    write_bytes(path, "no", 2);
    ck_fails(open_data(), DLC_ERROR_FORMAT, message(), "1.png is neither a PNG nor a JPEG image");
    ck_assert_uint_lt(strlen(message()), 1024);
    write_bytes("data/a/2.png", png, png_size);
    ck_ok(dlc_images_set_skip_broken(images, 1), message());
    ck_ok(open_data(), message());
    ck_assert_ptr_nonnull(strstr(dlc_images_skipped_reason(images, 0), "neither a PNG nor a JPEG image"));
    ck_assert_int_eq(unlink(path), 0);
    for (char *slash = strrchr(path, '/'); slash > path + 7; slash = strrchr(path, '/')) {
        *slash = '\0';
        ck_assert_int_eq(rmdir(path), 0);
    }
    ck_assert_int_eq(fchdir(home), 0);
    close(home);
}
END_TEST

/* Names need not be UTF-8; messages are. */
START_TEST(names_may_be_any_bytes) {
    write_bytes(temp_path("data/a/\xFF\xC3.png"), png, png_size);
    ck_ok(open_data(), message());
    ck_assert_str_eq(dlc_images_path(images, 0), "a/\xFF\xC3.png");
    write_bytes(temp_path("data/a/\xE2\x82.png"), "no", 2);
    ck_fails(open_data(), DLC_ERROR_FORMAT, message(), "data/a/??.png is neither a PNG nor a JPEG image");
    write_bytes(temp_path("data/a/0\xC3\xA4\x1B.png"), "no", 2);
    ck_fails(open_data(), DLC_ERROR_FORMAT, message(), "data/a/0\xC3\xA4?.png is neither a PNG nor a JPEG image");
}
END_TEST

/* Files of /proc say that they are empty. Devices and FIFOs beside the images are passed over, never opened. */
START_TEST(strange_files) {
    write_bytes(temp_path("data/a/1.png"), png, png_size);
    ck_assert_int_eq(symlink("/dev/zero", temp_path("data/a/zero.txt")), 0);
    ck_assert_int_eq(symlink("/dev/zero", temp_path("data/zero.png")), 0);
    ck_assert_int_eq(mkfifo(temp_path("data/a/fifo"), 0666), 0);
    ck_ok(open_data(), message());
    ck_assert_int_eq(dlc_images_skipped_count(images), 3);
    ck_assert_int_eq(symlink("/proc/self/status", temp_path("data/a/0.png")), 0);
    ck_fails(open_data(), DLC_ERROR_FORMAT, message(), "0.png is neither a PNG nor a JPEG image");
}
END_TEST

START_TEST(folders_that_may_not_be_read) {
    if (geteuid() != 0) /* those who have made them may */
        return;
    write_bytes(temp_path("data/a/1.png"), png, png_size);
    ck_assert_int_eq(chmod(temp_path(""), 0755), 0);
    ck_assert_int_eq(chmod(temp_path("data/a"), 0700), 0);
    ck_assert_int_eq(seteuid(65534), 0);
    const dlc_status folder = open_data();
    ck_assert_int_eq(seteuid(0), 0);
    ck_fails(folder, DLC_ERROR_IO, message(), "data/a: Permission denied");
    ck_assert_int_eq(chmod(temp_path("data/a"), 0755), 0);
    ck_assert_int_eq(chmod(temp_path("data/a/1.png"), 0600), 0);
    ck_assert_int_eq(seteuid(65534), 0);
    const dlc_status file = open_data();
    ck_assert_int_eq(seteuid(0), 0);
    ck_fails(file, DLC_ERROR_IO, message(), "data/a/1.png: Permission denied");
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("hostile_images");
    TCase *tcase = tcase_create("hostile_images");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_bomb_costs_what_is_wanted_of_it);
    tcase_add_test(tcase, text_is_not_unpacked);
    tcase_add_test(tcase, more_pixels_than_pillow_takes);
    tcase_add_test(tcase, a_jpeg_that_claims_what_it_cannot_hold);
    tcase_add_test(tcase, scans_without_end);
    tcase_add_loop_test(tcase, every_jpeg_truncation_is_an_error, 0, 3);
    tcase_add_loop_test(tcase, bad_codes_are_an_error, 0, 2);
    tcase_add_test(tcase, jpegmem_of_the_environment_does_not_count);
    tcase_add_loop_test(tcase, files_shrink_at_any_moment, 0, 2);
    tcase_add_test(tcase, paths_longer_than_the_system_takes);
    tcase_add_test(tcase, long_paths_do_not_hide_the_reason);
    tcase_add_test(tcase, names_may_be_any_bytes);
    tcase_add_test(tcase, strange_files);
    tcase_add_test(tcase, folders_that_may_not_be_read);
    suite_add_tcase(suite, tcase);
    TCase *many = tcase_create("many_files");
    tcase_add_checked_fixture(many, setup, teardown);
    tcase_set_timeout(many, 120);
    tcase_add_test(many, a_folder_of_a_hundred_thousand);
    suite_add_tcase(suite, many);
    return suite;
}
