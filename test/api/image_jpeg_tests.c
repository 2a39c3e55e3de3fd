/*
 * image_jpeg_tests.c - JPEG images, resized and cropped, against what Pillow and torchvision made of the same files
 * (test/golden/files, made by test/peer/make_files.py), and kinds of JPEG that cannot be read.
 */
#include "files.h"
#include "support.h"

#include <stdlib.h>

#define GOLDEN "test/golden/files/jpeg"

/* As in make_files.py. */
enum { CROP = 16, TRANSFORMS = 5, IMAGES = 6 };

static const struct {
    int64_t size;
    int32_t interpolation;
} transforms[TRANSFORMS] = {{0, DLC_INTERPOLATION_BILINEAR},
                            {17, DLC_INTERPOLATION_BILINEAR},
                            {37, DLC_INTERPOLATION_BICUBIC},
                            {10, DLC_INTERPOLATION_BICUBIC},
                            {13, DLC_INTERPOLATION_BILINEAR}};

static dlc_images *images;

static void setup(void) {
    temp_folder_make();
    temp_subfolder("data/a");
    ck_ok(dlc_images_create(NULL, &images), "create");
}

static void teardown(void) {
    dlc_images_free(images);
    temp_folder_remove();
}

static const char *message(void) {
    return dlc_images_message(images);
}

static dlc_status open_data(void) {
    return dlc_images_open(images, temp_path("data"));
}

/* ---- Pixels ---- */

/* Images that are seven times as wide as the crop, whose columns beside it are not decoded where that can be done:
 * colour with and without subsampling, progressive, CMYK, grey; turned into grey and into RGB. */
START_TEST(pixels_are_those_of_pillow_and_torchvision) {
    const int32_t channels = _i == 0 ? 1 : 3;
    const int64_t size = (int64_t)CROP * CROP * channels;
    int64_t values = 0;
    uint8_t *expected = golden_array("files", channels == 1 ? "jpeg_grey.npy" : "jpeg_rgb.npy", "|u1", &values);
    ck_assert_int_eq(values, TRANSFORMS * IMAGES * size);
    ck_ok(dlc_images_set_channels(images, channels), message());
    ck_ok(dlc_images_set_crop(images, CROP), message());
    for (int t = 0; t < TRANSFORMS; t++) {
        ck_ok(dlc_images_set_size(images, transforms[t].size), message());
        ck_ok(dlc_images_set_interpolation(images, transforms[t].interpolation), message());
        ck_ok(dlc_images_open(images, GOLDEN), message());
        ck_assert_int_eq(dlc_images_count(images), IMAGES);
        for (int64_t image = 0; image < IMAGES; image++) {
            uint8_t pixels[CROP * CROP * 3];
            const uint8_t *golden = expected + (t * IMAGES + image) * size;
            ck_ok(dlc_images_read_pixels(images, image, pixels), message());
            for (int64_t i = 0; i < size; i++)
                ck_assert_msg(pixels[i] == golden[i], "%s, size %d: value %d is %d, not %d",
                              dlc_images_path(images, image), (int)transforms[t].size, (int)i, pixels[i], golden[i]);
        }
        ck_fails(dlc_images_open(images, "none"), DLC_ERROR_IO, message(), "none"); /* closes it */
    }
    free(expected);
}
END_TEST

/* The bytes, as a file, are the first golden image, as it is cropped first. */
static void check_first_image(const unsigned char *bytes, size_t size) {
    int64_t values = 0;
    uint8_t *expected = golden_array("files", "jpeg_rgb.npy", "|u1", &values), pixels[CROP * CROP * 3];
    write_bytes(temp_path("data/a/1.jpg"), bytes, size);
    ck_ok(open_data(), message());
    ck_ok(dlc_images_read_pixels(images, 0, pixels), message());
    ck_assert_int_eq(memcmp(pixels, expected, sizeof pixels), 0);
    free(expected);
}

/* Comments of the largest size, of bytes that would mean the end elsewhere, over the ends of what is read at a time. */
START_TEST(comments_change_no_pixel) {
    enum { COMMENTS = 12, COMMENT = 2 + 65535 };
    size_t size = 0;
    unsigned char *bytes = read_bytes(GOLDEN "/colour/rgb420.jpg", &size);
    unsigned char *longer = malloc(size + COMMENTS * COMMENT);
    ck_assert_ptr_nonnull(longer);
    memcpy(longer, bytes, 2);
    for (int i = 0; i < COMMENTS; i++) {
        unsigned char *comment = longer + 2 + i * COMMENT;
        memset(comment, 0xD9, COMMENT);
        for (int at = 0; at < COMMENT; at += 2)
            comment[at] = 0xFF;
        memcpy(comment, "\xFF\xFE\xFF\xFF", 4);
    }
    memcpy(longer + 2 + COMMENTS * COMMENT, bytes + 2, size - 2);
    ck_ok(dlc_images_set_crop(images, CROP), message());
    check_first_image(longer, size + COMMENTS * COMMENT);
    free(bytes);
    free(longer);
}
END_TEST

/* A golden file's bytes with others put in at a place. The caller frees them. */
static unsigned char *with_bytes_at(const unsigned char *bytes, size_t size, size_t at, size_t count) {
    unsigned char *longer = malloc(size + count);
    ck_assert_ptr_nonnull(longer);
    memcpy(longer, bytes, at);
    memset(longer + at, 0x5A, count);
    memcpy(longer + at + count, bytes + at, size - at);
    return longer;
}

/* Behind the end, before it, and between two segments. */
START_TEST(extra_bytes_do_no_harm) {
    enum { EXTRA = 999 };
    size_t size = 0;
    unsigned char *bytes = read_bytes(GOLDEN "/colour/rgb420.jpg", &size);
    const size_t places[] = {size, size - 2, 2 + 2 + bytes[4] * 256U + bytes[5]};
    ck_ok(dlc_images_set_crop(images, CROP), message());
    for (int i = 0; i < 3; i++) {
        unsigned char *longer = with_bytes_at(bytes, size, places[i], EXTRA);
        check_first_image(longer, size + EXTRA);
        free(longer);
    }
    free(bytes);
}
END_TEST

/* ---- Broken files ---- */

static void check_broken(const unsigned char *bytes, size_t size, const char *reason) {
    write_bytes(temp_path("data/a/1.jpg"), bytes, size);
    ck_fails(open_data(), DLC_ERROR_FORMAT, message(), "data/a/1.jpg is not a sound JPEG image: ");
    ck_assert_msg(strstr(message(), reason) != NULL, "%s", message());
}

/* Pillow fills up with grey what lacks before the marker of the end. */
START_TEST(missing_data_are_an_error_even_where_the_end_is_there) {
    size_t size = 0;
    unsigned char *bytes = read_bytes(GOLDEN "/colour/rgb444.jpg", &size);
    const size_t half = size - 500;
    ck_assert_int_ne(bytes[half - 1], 0xFF);
    memcpy(bytes + half, "\xFF\xD9", 2);
    check_broken(bytes, half + 2, "premature end of data segment");
    free(bytes);
}
END_TEST

/* Of the markers between which the rows can be decoded on their own, one is another than it should be. */
START_TEST(restart_markers_out_of_turn_are_an_error) {
    size_t size = 0, at = 0;
    unsigned char *bytes = read_bytes("test/fuzz/corpus/jpeg/seed_restarts", &size);
    while (bytes[at] != 0xFF || bytes[at + 1] != 0xD1)
        at++;
    bytes[at + 1] = 0xD4;
    check_broken(bytes, size, "marker");
    bytes[at + 1] = 0xD1;
    write_bytes(temp_path("data/a/1.jpg"), bytes, size);
    ck_ok(open_data(), message());
    free(bytes);
}
END_TEST

/* ---- Kinds that cannot be read ---- */

/* The place of the frame's header, whose precision is 4 bytes behind it and whose components are 9. */
static size_t find_frame(const unsigned char *bytes) {
    size_t at = 2;
    while (bytes[at + 1] < 0xC0 || bytes[at + 1] > 0xC2)
        at += 2 + bytes[at + 2] * 256U + bytes[at + 3];
    return at;
}

/* Left out with the reason where broken images are, an error without; the image beside it is read. */
static void check_unsupported(const unsigned char *bytes, size_t size, const char *reason) {
    write_bytes(temp_path("data/a/1.jpg"), bytes, size);
    ck_ok(dlc_images_set_skip_broken(images, 0), message());
    ck_fails(open_data(), DLC_ERROR_UNSUPPORTED, message(),
             "data/a/1.jpg is a JPEG image of a kind that cannot be read: ");
    ck_assert_msg(strstr(message(), reason) != NULL, "%s", message());
    ck_ok(dlc_images_set_skip_broken(images, 1), message());
    ck_ok(open_data(), message());
    ck_assert_str_eq(dlc_images_path(images, 0), "a/2.jpg");
    ck_assert_ptr_nonnull(strstr(dlc_images_skipped_reason(images, 0), reason));
}

START_TEST(kinds_that_cannot_be_read) {
    size_t size = 0;
    unsigned char *bytes = read_bytes(GOLDEN "/other/grey.jpg", &size);
    write_bytes(temp_path("data/a/2.jpg"), bytes, size);
    const size_t frame = find_frame(bytes), end = frame + 2 + bytes[frame + 3];
    ck_assert_int_eq(bytes[frame + 4], 8);
    bytes[frame + 4] = 12;
    check_unsupported(bytes, size, "12");
    bytes[frame + 4] = 8;
    bytes[frame + 1] = 0xC3; /* lossless */
    check_unsupported(bytes, size, "0xc3");
    bytes[frame + 1] = 0xC0;
    /* A second component, which no scan brings. */
    unsigned char *two = malloc(size + 3);
    ck_assert_ptr_nonnull(two);
    memcpy(two, bytes, end);
    memcpy(two + end, "\x02\x11\x00", 3);
    memcpy(two + end + 3, bytes + end, size - end);
    two[frame + 3] = (unsigned char)(two[frame + 3] + 3);
    two[frame + 9] = 2;
    check_unsupported(two, size + 3, "2 components");
    free(two);
    free(bytes);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("image_jpeg");
    TCase *tcase = tcase_create("image_jpeg");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, pixels_are_those_of_pillow_and_torchvision, 0, 2);
    tcase_add_test(tcase, comments_change_no_pixel);
    tcase_add_test(tcase, extra_bytes_do_no_harm);
    tcase_add_test(tcase, missing_data_are_an_error_even_where_the_end_is_there);
    tcase_add_test(tcase, restart_markers_out_of_turn_are_an_error);
    tcase_add_test(tcase, kinds_that_cannot_be_read);
    suite_add_tcase(suite, tcase);
    return suite;
}
