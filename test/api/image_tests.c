/*
 * image_tests.c - pixels of dlc_images against what Pillow read from the same files (test/golden/files, made by
 * test/peer/make_files.py), and files that are broken on purpose.
 */
#include "files.h"
#include "png_file.h"
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define GOLDEN "test/golden/files/png"

enum { HEIGHT = 11, WIDTH = 13, PLANE = HEIGHT * WIDTH };

static dlc_images *images;

static void setup(void) {
    temp_folder_make();
    ck_ok(dlc_images_create(NULL, &images), "create");
}

static void teardown(void) {
    dlc_images_free(images);
    temp_folder_remove();
}

static const char *message(void) {
    return dlc_images_message(images);
}

/* ---- Pixels ---- */

/* Every kind of PNG, in grey and in RGB, by one thread and by several, all at once and one by one. */
START_TEST(pixels_are_those_of_pillow) {
    static const int32_t threads[] = {1, 2, 7, 0};
    const int32_t channels = _i == 0 ? 1 : 3;
    int64_t values = 0;
    uint8_t *expected = golden_array("files", channels == 1 ? "pillow_grey.npy" : "pillow_rgb.npy", "|u1", &values);
    float *out = malloc((size_t)values * sizeof *out);
    ck_assert_ptr_nonnull(out);
    ck_ok(dlc_images_set_channels(images, channels), message());
    for (int t = 0; t < 8; t++) {
        ck_ok(dlc_images_set_threads(images, threads[t % 4]), message());
        ck_ok(dlc_images_open(images, GOLDEN), message());
        const int64_t count = dlc_images_count(images), size = channels * PLANE;
        ck_assert_int_eq(count * size, values);
        ck_assert_int_eq(dlc_images_height(images), HEIGHT);
        ck_assert_int_eq(dlc_images_width(images), WIDTH);
        ck_assert_int_eq(dlc_images_channels(images), channels);
        const int64_t rows = t < 4 ? count : 1;
        for (int64_t first = 0; first < count; first += rows)
            ck_ok(dlc_images_read(images, first, rows, out + first * size), message());
        for (int64_t i = 0; i < values; i++)
            ck_assert_msg(out[i] == (float)expected[i] / 255.0F, "%s: value %lld is %g, not %d",
                          dlc_images_path(images, i / size), (long long)(i % size), (double)out[i] * 255, expected[i]);
    }
    free(expected);
    free(out);
}
END_TEST

START_TEST(normalization_is_that_of_torchvision) {
    const float mean[] = {0.485F, 0.456F, 0.406F}, deviation[] = {0.229F, 0.224F, 0.225F};
    float plain[3 * PLANE], out[3 * PLANE];
    ck_ok(dlc_images_open(images, GOLDEN), message());
    ck_ok(dlc_images_read(images, 20, 1, plain), message());
    ck_ok(dlc_images_set_normalization(images, mean, deviation), message());
    ck_ok(dlc_images_read(images, 20, 1, out), message());
    for (int channel = 0; channel < 3; channel++)
        for (int i = channel * PLANE; i < (channel + 1) * PLANE; i++) {
            const float centred = plain[i] - mean[channel];
            ck_assert_float_eq(out[i], centred / deviation[channel]);
        }
    /* Other channels, other meaning: back to plain values. */
    ck_fails(dlc_images_set_channels(images, 1), DLC_ERROR_STATE, message(), "while a folder is open");
    ck_fails(dlc_images_open(images, "none"), DLC_ERROR_IO, message(), "none");
    ck_ok(dlc_images_set_channels(images, 3), message());
    ck_ok(dlc_images_open(images, GOLDEN), message());
    ck_ok(dlc_images_read(images, 20, 1, out), message());
    ck_assert_int_eq(memcmp(out, plain, sizeof out), 0);
}
END_TEST

/* ---- A folder of copies, some of them broken ---- */

static void put(const char *name, const void *bytes, size_t size) {
    temp_subfolder("data/a");
    char path[128];
    snprintf(path, sizeof path, "data/a/%s", name);
    write_bytes(temp_path(path), bytes, size);
}

static void put_copy(const char *name, const char *golden) {
    char path[256];
    size_t size = 0;
    snprintf(path, sizeof path, GOLDEN "/%s.png", golden);
    unsigned char *bytes = read_bytes(path, &size);
    put(name, bytes, size);
    free(bytes);
}

static dlc_status open_data(void) {
    return dlc_images_open(images, temp_path("data"));
}

/* The header of a golden file with other contents, and its checksum: IHDR's data is at byte 16, 13 bytes long. */
static void put_header(const char *name, uint32_t width, uint32_t height, unsigned char bits, unsigned char colour) {
    size_t size = 0;
    unsigned char *bytes = read_bytes(GOLDEN "/chunks/solid.png", &size);
    png_put_number(bytes + 16, width);
    png_put_number(bytes + 20, height);
    bytes[24] = bits;
    bytes[25] = colour;
    png_put_number(bytes + 29, png_crc(bytes + 12, 17));
    put(name, bytes, size);
    free(bytes);
}

START_TEST(headers_that_claim_nonsense) {
    static const struct {
        uint32_t width, height;
        unsigned char bits, colour;
        dlc_status status;
        const char *part;
    } headers[] = {
        {0, 11, 8, 2, DLC_ERROR_FORMAT, "is not a sound PNG image"},
        {13, 0, 8, 2, DLC_ERROR_FORMAT, "is not a sound PNG image"},
        {0x80000000U, 1, 8, 2, DLC_ERROR_FORMAT, "is not a sound PNG image"},
        {UINT32_MAX, UINT32_MAX, 8, 2, DLC_ERROR_FORMAT, "is not a sound PNG image"},
        {13, 11, 3, 2, DLC_ERROR_FORMAT, "is not a sound PNG image"},
        {13, 11, 8, 7, DLC_ERROR_FORMAT, "is not a sound PNG image"},
        {13, 11, 8, 3, DLC_ERROR_FORMAT, "is not a sound PNG image"}, /* a palette image without a palette */
        {50000, 40000, 8, 2, DLC_ERROR_FORMAT, "50000 x 40000 pixels cannot be in its"},
        {100000, 100000, 8, 2, DLC_ERROR_FORMAT, "100000 x 100000 pixels cannot be in its"},
        {13, 12, 8, 2, DLC_ERROR_FORMAT, "is not a sound PNG image"}, /* a row more than there is */
    };
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        put_header("x.png", headers[i].width, headers[i].height, headers[i].bits, headers[i].colour);
        ck_fails(open_data(), headers[i].status, message(), headers[i].part);
        ck_assert_msg(strstr(message(), "data/a/x.png") != NULL, "%s", message());
    }
    put_header("x.png", 13, 11, 8, 2);
    ck_ok(open_data(), message());
}
END_TEST

START_TEST(files_that_are_no_png) {
    static const char *const texts[] = {"", "x", "\x89PNG\r\n\x1a\n", "GIF89a and so on and on and on",
                                        "\xFF\xD8 JFIF"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        put("x.png", texts[i], strlen(texts[i]));
        ck_fails(open_data(), DLC_ERROR_FORMAT, message(),
                 i == 2 ? "x.png is not a sound PNG image" : "x.png is neither a PNG nor a JPEG image");
    }
}
END_TEST

START_TEST(every_truncation_is_an_error) {
    static const char *const names[] = {"colour/rgb08_interlaced", "palette/palette2", "chunks/profile"};
    char path[256];
    snprintf(path, sizeof path, GOLDEN "/%s.png", names[_i]);
    size_t size = 0;
    unsigned char *bytes = read_bytes(path, &size);
    for (size_t length = 0; length < size; length++) {
        put("cut.png", bytes, length);
        ck_fails(open_data(), DLC_ERROR_FORMAT, message(),
                 length < 8 ? "cut.png is neither a PNG nor a JPEG image" : "cut.png is not a sound PNG image");
    }
    put("cut.png", bytes, size);
    ck_ok(open_data(), message());
    free(bytes);
}
END_TEST

START_TEST(random_damage_is_survived) {
    static const char *const names[] = {"colour/rgb16_interlaced", "palette/palette4", "chunks/profile", "grey/grey01"};
    uint64_t state = 3;
    char path[256];
    snprintf(path, sizeof path, GOLDEN "/%s.png", names[_i]);
    size_t size = 0;
    unsigned char *bytes = read_bytes(path, &size);
    unsigned char *damaged = malloc(size);
    ck_assert_ptr_nonnull(damaged);
    for (int round = 0; round < 1500; round++) {
        memcpy(damaged, bytes, size);
        for (int hit = 0; hit <= round % 3; hit++)
            damaged[(size_t)(test_uniform(&state) * (double)size)] = (unsigned char)(test_uniform(&state) * 256);
        /* Half of them with a sound checksum of the header, so that what it claims is looked at. */
        if (round % 2)
            png_put_number(damaged + 29, png_crc(damaged + 12, 17));
        put("hit.png", damaged, size);
        const dlc_status status = open_data();
        if (status == DLC_OK)
            ck_assert_int_gt(dlc_images_height(images) * dlc_images_width(images), 0);
        else
            ck_assert_msg(status == DLC_ERROR_FORMAT || status == DLC_ERROR_UNSUPPORTED, "%s", message());
    }
    free(bytes);
    free(damaged);
}
END_TEST

/* ---- Several images ---- */

static void put_two_pixels(const char *name) {
    char path[128];
    snprintf(path, sizeof path, "data/a/%s", name);
    png_write(temp_path(path), (const uint8_t[]){255, 0}, 1, 2, 1);
}

START_TEST(all_images_have_the_size_of_the_first) {
    float out[2 * 3 * PLANE];
    put_copy("1.png", "colour/rgb08");
    put_two_pixels("2.png");
    ck_ok(open_data(), message());
    ck_ok(dlc_images_read(images, 0, 1, out), message());
    ck_fails(dlc_images_read(images, 0, 2, out), DLC_ERROR_DATA, message(),
             "data/a/2.png has 2 x 1 pixels, the first image 13 x 11");
    put_two_pixels("1.png");
    ck_ok(open_data(), message());
    ck_assert_int_eq(dlc_images_height(images), 1);
    ck_assert_int_eq(dlc_images_width(images), 2);
    ck_ok(dlc_images_read(images, 0, 2, out), message());
    ck_assert_float_eq(out[0], 1.0F);
    ck_assert_float_eq(out[1], 0.0F);
}
END_TEST

/* A broken image that takes its time to show it: a golden file cut off behind an ancillary chunk of `length` bytes. */
static void put_slow_failure(const char *name, uint32_t length) {
    size_t size = 0;
    unsigned char *golden = read_bytes(GOLDEN "/colour/rgb08.png", &size);
    unsigned char *bytes = calloc(1, 45 + (size_t)length);
    ck_assert_ptr_nonnull(bytes);
    memcpy(bytes, golden, 33);
    png_put_number(bytes + 33, length);
    memcpy(bytes + 37, "teSt", 4);
    png_put_number(bytes + 41 + length, png_crc(bytes + 37, 4 + (size_t)length));
    put(name, bytes, 45 + (size_t)length);
    free(golden);
    free(bytes);
}

/* Whatever the threads, and whichever fails first, the first of the broken images is named; the rest goes on working.
 */
START_TEST(the_first_failure_is_reported) {
    enum { COUNT = 60 };
    char name[32];
    float *out = malloc(COUNT * 3 * PLANE * sizeof *out);
    ck_assert_ptr_nonnull(out);
    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "%02d.png", i);
        put_copy(name, "colour/rgb08");
    }
    put("50.png", "broken", 6);
    put_slow_failure("23.png", _i == 0 ? 2000000 : 100000);
    put_slow_failure("24.png", _i == 0 ? 0 : 2000000);
    for (int32_t threads = 1; threads <= 8; threads++) {
        ck_ok(dlc_images_set_threads(images, threads), message());
        ck_ok(open_data(), message());
        for (int again = 0; again < 3; again++)
            ck_fails(dlc_images_read(images, 0, COUNT, out), DLC_ERROR_FORMAT, message(), "/23.png is not a sound PNG");
        ck_fails(dlc_images_read(images, 24, 30, out), DLC_ERROR_FORMAT, message(), "/24.png is not a sound PNG");
        ck_ok(dlc_images_read(images, 25, 25, out), message());
        ck_ok(dlc_images_read(images, 0, 23, out), message());
    }
    /* Mended while the folder is open. */
    put_copy("23.png", "colour/rgb08");
    ck_ok(dlc_images_read(images, 0, 24, out), message());
    free(out);
}
END_TEST

START_TEST(images_are_decoded_once) {
    float first[3 * PLANE], second[3 * PLANE];
    put_copy("1.png", "colour/rgb08");
    put_copy("2.png", "colour/rgb16");
    ck_ok(open_data(), message());
    ck_ok(dlc_images_read(images, 1, 1, first), message());
    ck_assert_int_eq(unlink(temp_path("data/a/1.png")), 0);
    ck_assert_int_eq(unlink(temp_path("data/a/2.png")), 0);
    ck_ok(dlc_images_read(images, 1, 1, second), message());
    ck_assert_int_eq(memcmp(first, second, sizeof first), 0);
    ck_ok(dlc_images_read(images, 0, 1, second), message());
}
END_TEST

START_TEST(an_image_that_goes_away_is_an_error) {
    float out[2 * 3 * PLANE];
    put_copy("1.png", "colour/rgb08");
    put_copy("2.png", "colour/rgb16");
    ck_ok(open_data(), message());
    ck_assert_int_eq(unlink(temp_path("data/a/2.png")), 0);
    ck_fails(dlc_images_read(images, 0, 2, out), DLC_ERROR_IO, message(), "data/a/2.png: No such file");
    ck_ok(dlc_images_read(images, 0, 1, out), message());
}
END_TEST

/* ---- Wrong use ---- */

START_TEST(wrong_use) {
    float out[3 * PLANE];
    const float one[] = {1.0F, 1.0F, 1.0F}, zero[] = {1.0F, 0.0F, 1.0F}, odd[] = {1.0F, 1.0F, NAN};
    ck_fails(dlc_images_read(images, 0, 0, out), DLC_ERROR_STATE, message(), "no folder is open");
    ck_assert_int_eq(dlc_images_count(images), 0);
    ck_assert_int_eq(dlc_images_class_count(images), 0);
    ck_assert_int_eq(dlc_images_height(images), 0);
    ck_assert_int_eq(dlc_images_width(images), 0);
    ck_assert_int_eq(dlc_images_channels(images), 3);
    ck_fails(dlc_images_open(images, NULL), DLC_ERROR_ARGUMENT, message(), "directory is NULL");
    ck_fails(dlc_images_set_channels(images, 2), DLC_ERROR_ARGUMENT, message(), "channels is 2, not 1 or 3");
    ck_fails(dlc_images_set_channels(images, -1), DLC_ERROR_ARGUMENT, message(), "channels is -1");
    ck_fails(dlc_images_set_threads(images, -1), DLC_ERROR_ARGUMENT, message(), "threads is -1");
    ck_fails(dlc_images_set_threads(images, 1025), DLC_ERROR_ARGUMENT, message(), "threads is 1025");
    ck_fails(dlc_images_set_memory_limit(images, -1), DLC_ERROR_ARGUMENT, message(), "memory limit is -1");
    ck_fails(dlc_images_set_normalization(images, NULL, one), DLC_ERROR_ARGUMENT, message(), "mean is NULL");
    ck_fails(dlc_images_set_normalization(images, one, NULL), DLC_ERROR_ARGUMENT, message(), "deviation is NULL");
    ck_fails(dlc_images_set_normalization(images, one, zero), DLC_ERROR_ARGUMENT, message(),
             "deviation 0 of channel 1");
    ck_fails(dlc_images_set_normalization(images, odd, one), DLC_ERROR_ARGUMENT, message(), "of channel 2");
    ck_fails(dlc_images_set_normalization(images, one, odd), DLC_ERROR_ARGUMENT, message(), "of channel 2");
    ck_ok(dlc_images_open(images, GOLDEN), message());
    ck_assert_int_eq(dlc_images_count(images), 39);
    ck_fails(dlc_images_read(images, -1, 1, out), DLC_ERROR_ARGUMENT, message(), "samples -1 to -1 + 1");
    ck_fails(dlc_images_read(images, 0, -1, out), DLC_ERROR_ARGUMENT, message(), "are not among the 39");
    ck_fails(dlc_images_read(images, 39, 1, out), DLC_ERROR_ARGUMENT, message(), "are not among the 39");
    ck_fails(dlc_images_read(images, 1, INT64_MAX, out), DLC_ERROR_ARGUMENT, message(), "are not among the 39");
    ck_fails(dlc_images_read(images, 0, 1, NULL), DLC_ERROR_ARGUMENT, message(), "out is NULL");
    ck_ok(dlc_images_read(images, 39, 0, NULL), message());
    ck_assert_ptr_null(dlc_images_path(images, 39));
    ck_assert_ptr_null(dlc_images_path(images, -1));
    ck_assert_ptr_null(dlc_images_class_name(images, 5));
    ck_assert_ptr_null(dlc_images_class_name(images, -1));
    ck_assert_int_eq(dlc_images_label(images, 39), -1);
    ck_assert_int_eq(dlc_images_label(images, -1), -1);
}
END_TEST

START_TEST(null_handles) {
    float value = 0.5F;
    ck_assert_int_eq(dlc_images_create(NULL, NULL), DLC_ERROR_ARGUMENT);
    dlc_images_free(NULL);
    ck_assert_ptr_nonnull(dlc_images_message(NULL));
    ck_assert_int_eq(dlc_images_set_channels(NULL, 3), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_images_set_normalization(NULL, &value, &value), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_images_set_threads(NULL, 1), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_images_set_memory_limit(NULL, 1), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_images_open(NULL, "a"), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_images_read(NULL, 0, 1, &value), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_images_count(NULL), -1);
    ck_assert_int_eq(dlc_images_class_count(NULL), -1);
    ck_assert_int_eq(dlc_images_channels(NULL), -1);
    ck_assert_int_eq(dlc_images_height(NULL), -1);
    ck_assert_int_eq(dlc_images_width(NULL), -1);
    ck_assert_ptr_null(dlc_images_class_name(NULL, 0));
    ck_assert_ptr_null(dlc_images_path(NULL, 0));
    ck_assert_int_eq(dlc_images_label(NULL, 0), -1);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("image");
    TCase *tcase = tcase_create("image");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, pixels_are_those_of_pillow, 0, 2);
    tcase_add_test(tcase, normalization_is_that_of_torchvision);
    tcase_add_test(tcase, headers_that_claim_nonsense);
    tcase_add_test(tcase, files_that_are_no_png);
    tcase_add_loop_test(tcase, every_truncation_is_an_error, 0, 3);
    tcase_add_loop_test(tcase, random_damage_is_survived, 0, 4);
    tcase_add_test(tcase, all_images_have_the_size_of_the_first);
    tcase_add_loop_test(tcase, the_first_failure_is_reported, 0, 2);
    tcase_add_test(tcase, images_are_decoded_once);
    tcase_add_test(tcase, an_image_that_goes_away_is_an_error);
    tcase_add_test(tcase, wrong_use);
    tcase_add_test(tcase, null_handles);
    suite_add_tcase(suite, tcase);
    return suite;
}
