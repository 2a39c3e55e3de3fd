/*
 * image_options_tests.c - the settings of dlc_images: what they refuse, resizing and cropping against a twin
 * (resize_twin.h), broken images that are left out, and pixels that are kept in a temporary file.
 */
#include "files.h"
#include "png_file.h"
#include "resize_twin.h"
#include "support.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static dlc_images *images;

static void setup(void) {
    temp_folder_make();
    temp_subfolder("data/a");
    temp_subfolder("cache");
    ck_ok(dlc_images_create(NULL, &images), "create");
}

static void teardown(void) {
    dlc_images_free(images);
    temp_folder_remove();
}

/* Fixtures for tests that look at how much memory is taken; by one thread. */
static counting_allocator memory;
static dlc_allocator *allocator;

static void setup_counting(void) {
    setup();
    dlc_images_free(images);
    memory = (counting_allocator){0};
    allocator = counting_allocator_start(&memory);
    ck_ok(dlc_images_create(allocator, &images), "create");
}

static void teardown_counting(void) {
    teardown();
    dlc_allocator_free(allocator);
    ck_assert_int_eq(memory.held, 0);
}

static const char *message(void) {
    return dlc_images_message(images);
}

static dlc_status open_data(void) {
    return dlc_images_open(images, temp_path("data"));
}

static void put_broken(const char *path) {
    write_bytes(temp_path(path), "broken", 6);
}

static uint8_t *room_for(int64_t bytes) {
    uint8_t *room = malloc((size_t)bytes);
    ck_assert_ptr_nonnull(room);
    return room;
}

/* Puts an image of random pixels at a path below the temporary folder; the caller frees them. */
static uint8_t *put_image(const char *path, int64_t height, int64_t width, int32_t channels) {
    static uint64_t seed = 8;
    uint8_t *pixels = room_for(height * width * channels);
    for (int64_t i = 0; i < height * width * channels; i++)
        pixels[i] = (uint8_t)(test_uniform(&seed) * 256);
    png_write(temp_path(path), pixels, height, width, channels);
    return pixels;
}

/* The open folder's sample has these pixels. */
static void check_pixels(int64_t sample, const uint8_t *expected) {
    const int64_t width = dlc_images_width(images), channels = dlc_images_channels(images);
    const int64_t size = dlc_images_height(images) * width * channels;
    uint8_t *pixels = room_for(size);
    ck_ok(dlc_images_read_pixels(images, sample, pixels), message());
    int64_t i = 0;
    while (i < size && pixels[i] == expected[i])
        i++;
    ck_assert_msg(i == size, "%s: row %lld, column %lld, channel %lld is %d, not %d", dlc_images_path(images, sample),
                  (long long)(i / channels / width), (long long)(i / channels % width), (long long)(i % channels),
                  pixels[i % size], expected[i % size]);
    free(pixels);
}

/* ---- What is refused ---- */

/* A refused value changes nothing: what was set before is what images are turned into. */
START_TEST(wrong_values_are_named_and_change_nothing) {
    uint8_t *pixels = put_image("data/a/1.png", 9, 7, 3);
    uint8_t *expected = resize_twin(pixels, 9, 7, 3, DLC_INTERPOLATION_BICUBIC, 6, 5);
    put_broken("data/a/2.png");
    ck_ok(dlc_images_set_size(images, 5), message());
    ck_ok(dlc_images_set_crop(images, 3), message());
    ck_ok(dlc_images_set_interpolation(images, DLC_INTERPOLATION_BICUBIC), message());
    ck_ok(dlc_images_set_skip_broken(images, 1), message());
    ck_fails(dlc_images_set_size(images, -1), DLC_ERROR_ARGUMENT, message(), "size is -1, not in 0 to 65535");
    ck_fails(dlc_images_set_size(images, DLC_IMAGES_SIDE_MAX + 1), DLC_ERROR_ARGUMENT, message(), "size is 65536, not");
    ck_fails(dlc_images_set_size(images, INT64_MAX), DLC_ERROR_ARGUMENT, message(), "size is 9223372036854775807, not");
    ck_fails(dlc_images_set_crop(images, -1), DLC_ERROR_ARGUMENT, message(), "crop is -1, not in 0 to 65535");
    ck_fails(dlc_images_set_crop(images, DLC_IMAGES_SIDE_MAX + 1), DLC_ERROR_ARGUMENT, message(), "crop is 65536, not");
    ck_fails(dlc_images_set_crop(images, INT64_MIN), DLC_ERROR_ARGUMENT, message(),
             "crop is -9223372036854775808, not");
    ck_fails(dlc_images_set_interpolation(images, -1), DLC_ERROR_ARGUMENT, message(),
             "interpolation is -1, not bilinear (0) or bicubic (1)");
    ck_fails(dlc_images_set_interpolation(images, 2), DLC_ERROR_ARGUMENT, message(), "interpolation is 2, not");
    ck_fails(dlc_images_set_skip_broken(images, -1), DLC_ERROR_ARGUMENT, message(), "skip is -1, not 0 or 1");
    ck_fails(dlc_images_set_skip_broken(images, 2), DLC_ERROR_ARGUMENT, message(), "skip is 2, not 0 or 1");
    ck_ok(open_data(), message());
    ck_assert_int_eq(dlc_images_count(images), 1);
    ck_assert_int_eq(dlc_images_height(images), 3);
    ck_assert_int_eq(dlc_images_width(images), 3);
    uint8_t middle[3 * 3 * 3];
    for (size_t y = 0; y < 3; y++) /* spare rows: 3, and half of that to even: 2 */
        memcpy(middle + y * 9, expected + ((y + 2) * 5 + 1) * 3, 9);
    check_pixels(0, middle);
    free(pixels);
    free(expected);
}
END_TEST

START_TEST(the_largest_side_may_be_asked_for) {
    ck_ok(dlc_images_set_size(images, DLC_IMAGES_SIDE_MAX), message());
    ck_ok(dlc_images_set_crop(images, DLC_IMAGES_SIDE_MAX), message());
    uint8_t *pixels = put_image("data/a/1.png", 2, 3, 3);
    ck_ok(dlc_images_set_size(images, 0), message());
    ck_ok(dlc_images_set_crop(images, 0), message());
    ck_ok(open_data(), message());
    check_pixels(0, pixels);
    free(pixels);
}
END_TEST

START_TEST(pixels_do_not_change_while_a_folder_is_open) {
    uint8_t *pixels = put_image("data/a/1.png", 5, 4, 3);
    ck_ok(open_data(), message());
    ck_fails(dlc_images_set_size(images, 2), DLC_ERROR_STATE, message(), "size cannot change while a folder is open");
    ck_fails(dlc_images_set_crop(images, 2), DLC_ERROR_STATE, message(), "crop cannot change while a folder is open");
    ck_fails(dlc_images_set_interpolation(images, DLC_INTERPOLATION_BICUBIC), DLC_ERROR_STATE, message(),
             "interpolation cannot change while a folder is open");
    ck_assert_int_eq(dlc_images_height(images), 5);
    check_pixels(0, pixels);
    /* One that cannot be opened drops the one before. */
    ck_fails(dlc_images_open(images, temp_path("none")), DLC_ERROR_IO, message(), "none: No such file");
    ck_ok(dlc_images_set_crop(images, 4), message());
    ck_ok(open_data(), message());
    check_pixels(0, pixels); /* half a row is spare: rounded to even, from the first */
    free(pixels);
}
END_TEST

START_TEST(pixels_of_no_sample) {
    uint8_t *pixels = put_image("data/a/1.png", 5, 4, 3), out[5 * 4 * 3];
    ck_fails(dlc_images_read_pixels(images, 0, out), DLC_ERROR_STATE, message(), "no folder is open");
    ck_ok(open_data(), message());
    ck_fails(dlc_images_read_pixels(images, -1, out), DLC_ERROR_ARGUMENT, message(),
             "samples -1 to -1 + 1 are not among the 1");
    ck_fails(dlc_images_read_pixels(images, 1, out), DLC_ERROR_ARGUMENT, message(), "are not among the 1 of");
    ck_fails(dlc_images_read_pixels(images, 0, NULL), DLC_ERROR_ARGUMENT, message(), "out is NULL");
    ck_assert_ptr_null(dlc_images_skipped_path(images, 0));
    ck_assert_ptr_null(dlc_images_skipped_reason(images, -1));
    check_pixels(0, pixels);
    free(pixels);
}
END_TEST

/* ---- Resizing and cropping ---- */

/* What torchvision's Resize(size) makes of the longer side: the product divided, without its fraction. */
static int64_t resized(int64_t side, int64_t shorter, int64_t size) {
    return size == 0 ? side : side == shorter ? size : size * side / shorter;
}

/* Where CenterCrop(crop) begins: int(round(spare / 2)), half to even; below 0 where the image is padded, by the half of
 * what is missing that is not larger. */
static int64_t crop_start(int64_t side, int64_t crop) {
    if (side < crop)
        return -((crop - side) / 2);
    const int64_t spare = side - crop, half = spare / 2;
    return spare % 2 == 1 && half % 2 == 1 ? half + 1 : half;
}

/* The pixels one by one, zeros beyond the image. */
static uint8_t *cropped_twin(const uint8_t *pixels, int64_t height, int64_t width, int32_t channels, int64_t crop) {
    uint8_t *out = room_for(crop * crop * channels);
    const int64_t top = crop_start(height, crop), left = crop_start(width, crop);
    memset(out, 0, (size_t)(crop * crop * channels));
    for (int64_t y = top; y < top + crop; y++)
        for (int64_t x = left; x < left + crop; x++)
            if (y >= 0 && y < height && x >= 0 && x < width)
                memcpy(out + ((y - top) * crop + x - left) * channels, pixels + (y * width + x) * channels,
                       (size_t)channels);
    return out;
}

static void check_transform(int64_t height, int64_t width, int32_t channels, int32_t interpolation, int64_t size,
                            int64_t crop) {
    const int64_t shorter = height < width ? height : width;
    const int64_t new_height = resized(height, shorter, size), new_width = resized(width, shorter, size);
    uint8_t *pixels = put_image("data/a/1.png", height, width, channels);
    uint8_t *whole = resize_twin(pixels, height, width, channels, interpolation, new_height, new_width);
    uint8_t *middle = crop > 0 ? cropped_twin(whole, new_height, new_width, channels, crop) : NULL;
    ck_fails(dlc_images_open(images, temp_path("none")), DLC_ERROR_IO, message(), "none"); /* closes the last one */
    ck_ok(dlc_images_set_channels(images, channels), message());
    ck_ok(dlc_images_set_interpolation(images, interpolation), message());
    ck_ok(dlc_images_set_size(images, size), message());
    ck_ok(dlc_images_set_crop(images, crop), message());
    ck_ok(open_data(), message());
    ck_assert_int_eq(dlc_images_height(images), crop > 0 ? crop : new_height);
    ck_assert_int_eq(dlc_images_width(images), crop > 0 ? crop : new_width);
    check_pixels(0, middle ? middle : whole);
    free(pixels);
    free(whole);
    free(middle);
}

/* Smaller and larger, padded on one side and on all, with and without a crop; as they are where `size` is the shorter
 * side. */
START_TEST(resized_and_cropped_as_the_twin_does) {
    static const int64_t sizes[] = {0, 1, 4, 9, 10, 31}, crops[] = {0, 1, 6, 9, 12, 13, 40};
    static const int64_t sides[][2] = {{9, 23}, {23, 9}, {1, 1}, {1, 14}, {10, 10}};
    for (size_t shape = 0; shape < sizeof sides / sizeof sides[0]; shape++)
        for (size_t size = 0; size < sizeof sizes / sizeof sizes[0]; size++)
            for (size_t crop = 0; crop < sizeof crops / sizeof crops[0]; crop++)
                check_transform(sides[shape][0], sides[shape][1], (size + crop) % 2 ? 1 : 3, _i, sizes[size],
                                crops[crop]);
}
END_TEST

/* One after the other on one thread, of equal and other sizes, padded and not. */
START_TEST(images_of_many_sizes_in_one_folder) {
    static const int64_t sides[][2] = {{20, 30}, {20, 30}, {20, 44}, {25, 44}, {30, 20},
                                       {20, 30}, {5, 200}, {9, 9},   {90, 7}};
    enum { IMAGES = sizeof sides / sizeof sides[0], CROP = 12 };
    const int64_t size = _i == 0 ? 0 : 10;
    uint8_t *expected[IMAGES];
    for (int i = 0; i < IMAGES; i++) {
        char path[64];
        snprintf(path, sizeof path, "data/a/%d.png", i);
        const int64_t height = sides[i][0], width = sides[i][1], shorter = height < width ? height : width;
        const int64_t new_height = resized(height, shorter, size), new_width = resized(width, shorter, size);
        uint8_t *pixels = put_image(path, height, width, 3);
        uint8_t *whole = resize_twin(pixels, height, width, 3, DLC_INTERPOLATION_BILINEAR, new_height, new_width);
        expected[i] = cropped_twin(whole, new_height, new_width, 3, CROP);
        free(pixels);
        free(whole);
    }
    ck_ok(dlc_images_set_size(images, size), message());
    ck_ok(dlc_images_set_crop(images, CROP), message());
    ck_ok(open_data(), message());
    static float values[IMAGES][3][CROP][CROP];
    ck_ok(dlc_images_read(images, 0, IMAGES, &values[0][0][0][0]), message());
    for (int i = 0; i < IMAGES; i++) {
        check_pixels(i, expected[i]);
        free(expected[i]);
    }
}
END_TEST

/* A size of 55 makes 181,500,000 pixels of it. */
START_TEST(oblong_images_can_become_too_large) {
    enum { LENGTH = 60000, CROP = 3 };
    uint8_t *pixels = put_image("data/a/1.png", 1, LENGTH, 1);
    ck_ok(dlc_images_set_channels(images, 1), message());
    ck_ok(dlc_images_set_size(images, 55), message());
    ck_fails(open_data(), DLC_ERROR_UNSUPPORTED, message(),
             "data/a/1.png has 3300000 x 55 pixels after resizing, more than 178956970");
    ck_assert_int_lt(memory.peak, 1 << 18);
    png_write(temp_path("data/a/1.png"), pixels, LENGTH, 1, 1);
    ck_fails(open_data(), DLC_ERROR_UNSUPPORTED, message(), "has 55 x 3300000 pixels after resizing, more than");
    uint8_t *sound = put_image("data/a/2.png", 55, 55, 1);
    ck_ok(dlc_images_set_skip_broken(images, 1), message());
    ck_ok(open_data(), message());
    ck_assert_int_eq(dlc_images_skipped_count(images), 1);
    ck_assert_str_eq(dlc_images_skipped_reason(images, 0),
                     "has 55 x 3300000 pixels after resizing, more than 178956970");
    check_pixels(0, sound);
    /* Of its middle alone there are few: there the image is stretched 55 times, the crop within its middle pixels. */
    ck_fails(dlc_images_open(images, temp_path("none")), DLC_ERROR_IO, message(), "none");
    ck_ok(dlc_images_set_crop(images, CROP), message());
    ck_ok(open_data(), message());
    ck_assert_int_eq(dlc_images_count(images), 2);
    ck_assert_int_eq(dlc_images_skipped_count(images), 0);
    uint8_t *near = resize_twin(pixels + LENGTH / 2 - 2, 4, 1, 1, DLC_INTERPOLATION_BILINEAR, 4 * 55, 55);
    uint8_t *middle = cropped_twin(near, 4 * 55, 55, 1, CROP);
    check_pixels(0, middle);
    free(pixels);
    free(sound);
    free(near);
    free(middle);
}
END_TEST

/* ---- Leaving out ---- */

START_TEST(a_class_needs_a_sound_image) {
    static const char *const names[] = {"a", "b", "c"};
    ck_ok(dlc_images_set_skip_broken(images, 1), message());
    for (int bad = 0; bad < 3; bad++) {
        char part[64], path[64];
        for (int i = 0; i < 3; i++) {
            snprintf(path, sizeof path, "data/%s", names[i]);
            temp_subfolder(path);
            snprintf(path, sizeof path, "data/%s/1.png", names[i]);
            free(put_image(path, 2, 3, 3));
            snprintf(path, sizeof path, "data/%s/2.png", names[i]);
            put_broken(path);
        }
        ck_ok(open_data(), message());
        ck_assert_int_eq(dlc_images_count(images), 3);
        snprintf(path, sizeof path, "data/%s/1.png", names[bad]);
        put_broken(path);
        snprintf(part, sizeof part, "data/%s holds no sound image", names[bad]);
        ck_fails(open_data(), DLC_ERROR_DATA, message(), part);
        ck_assert_int_eq(dlc_images_count(images), 0);
        ck_assert_int_eq(dlc_images_skipped_count(images), 0);
    }
}
END_TEST

START_TEST(a_folder_needs_a_sound_image) {
    put_broken("data/a/1.png");
    put_broken("data/a/2.jpg");
    temp_subfolder("data/b");
    put_broken("data/b/3.png");
    ck_ok(dlc_images_set_skip_broken(images, 1), message());
    ck_fails(open_data(), DLC_ERROR_DATA, message(), "data/a holds no sound image");
    ck_assert_int_eq(dlc_images_class_count(images), 0);
    /* Without that, the first one says what is wrong with it. */
    ck_ok(dlc_images_set_skip_broken(images, 0), message());
    ck_fails(open_data(), DLC_ERROR_FORMAT, message(), "data/a/1.png is neither a PNG nor a JPEG image");
}
END_TEST

/* The first one's size is known before it turns out to be broken, and does not count. */
START_TEST(the_first_sound_image_says_the_size) {
    free(put_image("data/a/1.png", 10, 11, 3));
    ck_assert_int_eq(truncate(temp_path("data/a/1.png"), 200), 0);
    uint8_t *pixels = put_image("data/a/2.png", 40, 50, 3);
    ck_ok(dlc_images_set_skip_broken(images, 1), message());
    ck_ok(open_data(), message());
    ck_assert_int_eq(dlc_images_count(images), 1);
    ck_assert_int_eq(dlc_images_height(images), 40);
    check_pixels(0, pixels);
    free(pixels);
}
END_TEST

/* A broken one leaves nothing behind for the next of its size. */
START_TEST(a_broken_image_among_others) {
    uint8_t *first = put_image("data/a/1.png", 30, 40, 3), *last = put_image("data/a/3.png", 30, 40, 3);
    free(put_image("data/a/2.png", 30, 40, 3));
    ck_assert_int_eq(truncate(temp_path("data/a/2.png"), 2000), 0);
    uint8_t *resized_first = resize_twin(first, 30, 40, 3, DLC_INTERPOLATION_BILINEAR, 20, 26);
    uint8_t *resized_last = resize_twin(last, 30, 40, 3, DLC_INTERPOLATION_BILINEAR, 20, 26);
    ck_ok(dlc_images_set_size(images, 20), message());
    ck_ok(dlc_images_set_skip_broken(images, 1), message());
    ck_ok(open_data(), message());
    ck_assert_int_eq(dlc_images_count(images), 2);
    check_pixels(0, resized_first);
    check_pixels(1, resized_last);
    free(first);
    free(last);
    free(resized_first);
    free(resized_last);
}
END_TEST

/* Kinds that cannot be read are left out like broken images; one of another size is an error all the same. */
START_TEST(what_is_left_out_and_what_is_not) {
    uint8_t *pixels = put_image("data/a/2.png", 2, 3, 3);
    put_broken("data/a/1.webp");
    put_broken("data/a/3.BMP");
    put_broken("data/a/1.png");
    ck_ok(dlc_images_set_skip_broken(images, 1), message());
    ck_ok(open_data(), message());
    static const char *const skipped[][2] = {
        {"a/1.png", "neither a PNG nor a JPEG image"},
        {"a/1.webp", "of a kind that cannot be read: only PNG and JPEG can"},
        {"a/3.BMP", "of a kind that cannot be read: only PNG and JPEG can"},
    };
    ck_assert_int_eq(dlc_images_skipped_count(images), 3);
    for (int64_t i = 0; i < 3; i++) {
        ck_assert_str_eq(dlc_images_skipped_path(images, i), skipped[i][0]);
        ck_assert_str_eq(dlc_images_skipped_reason(images, i), skipped[i][1]);
    }
    ck_assert_int_eq(dlc_images_count(images), 1);
    check_pixels(0, pixels);
    free(put_image("data/a/4.png", 3, 3, 3));
    ck_fails(open_data(), DLC_ERROR_DATA, message(), "data/a/4.png has 3 x 3 pixels, the first image 3 x 2");
    free(put_image("data/a/4.png", 2, 4, 3));
    ck_fails(open_data(), DLC_ERROR_DATA, message(), "data/a/4.png has 4 x 2 pixels, the first image 3 x 2");
    ck_assert_int_eq(dlc_images_skipped_count(images), 0);
    free(pixels);
}
END_TEST

/* ---- Pixels in a temporary file ---- */

enum { COUNT = 13, BROKEN = 5, SIDE = 6, SIZE = 3 * SIDE * SIDE };

static uint8_t *expected[COUNT];

static void put_images(void) {
    char path[64];
    for (int i = 0; i < COUNT; i++) {
        snprintf(path, sizeof path, "data/a/%02d.png", i);
        expected[i] = put_image(path, SIDE, SIDE, 3);
    }
    ck_ok(dlc_images_set_cache_folder(images, temp_path("cache")), message());
}

/* One behind every third of them. */
static void put_broken_images(void) {
    char path[64];
    for (int i = 0; i < BROKEN; i++) {
        snprintf(path, sizeof path, "data/a/%02d.png.jpg", 3 * i);
        put_broken(path);
    }
    ck_ok(dlc_images_set_skip_broken(images, 1), message());
}

static void free_expected(void) {
    for (int i = 0; i < COUNT; i++)
        free(expected[i]);
}

static void decode_all(void) {
    float values[COUNT * SIZE];
    ck_ok(dlc_images_read(images, 0, COUNT, values), message());
}

/* In no order that helps. */
static void check_all_pixels(void) {
    ck_assert_int_eq(dlc_images_count(images), COUNT);
    for (int64_t i = 0; i < COUNT; i++)
        check_pixels(i * 5 % COUNT, expected[i * 5 % COUNT]);
}

/* The number of this process's open file that has no name any more and was made in a folder that is called so, or -1.
 */
static int nameless_file(const char *folder) {
    char link[64], target[512], part[64];
    snprintf(part, sizeof part, "/%s/libdlc-", folder);
    for (int number = 0; number < 1024; number++) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", number);
        const ssize_t length = readlink(link, target, sizeof target - 1);
        target[length > 0 ? length : 0] = '\0';
        if (strstr(target, part) && strstr(target, " (deleted)"))
            return number;
    }
    return -1;
}

/* A file is there where the limit is too low for all, and has no name. */
START_TEST(pixels_are_the_same_from_memory_and_from_a_file) {
    const int64_t files = _i % 2 ? COUNT + BROKEN : COUNT;
    const int64_t limits[] = {0, 1, SIZE - 1, SIZE, 3 * SIZE, COUNT * SIZE - 1, files * SIZE, INT64_MAX};
    put_images();
    if (_i % 2)
        put_broken_images();
    ck_ok(dlc_images_set_threads(images, 1 + _i / 2), message());
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        ck_ok(dlc_images_set_memory_limit(images, limits[i]), message());
        ck_ok(open_data(), message());
        ck_assert_int_eq(dlc_images_skipped_count(images), files - COUNT);
        const int has_file = limits[i] > 0 && limits[i] < COUNT * SIZE;
        ck_assert_int_eq(nameless_file("cache") >= 0, has_file);
        ck_assert_int_eq(temp_entries("cache"), 0);
        decode_all();
        /* From here on the images are not needed. */
        ck_assert_int_eq(rename(temp_path("data"), temp_path("away")), 0);
        check_all_pixels();
        ck_assert_int_eq(rename(temp_path("away"), temp_path("data")), 0);
    }
    ck_ok(dlc_images_set_memory_limit(images, 1), message());
    ck_ok(open_data(), message());
    dlc_images_free(images);
    ck_assert_int_eq(nameless_file("cache"), -1);
    ck_ok(dlc_images_create(NULL, &images), "create");
    free_expected();
}
END_TEST

/* Bytes that are held when all images are decoded. */
static int64_t held_with_limit(int64_t limit) {
    ck_ok(dlc_images_set_memory_limit(images, limit), message());
    ck_ok(open_data(), message());
    check_all_pixels();
    return memory.held;
}

START_TEST(the_memory_limit_is_kept_and_used) {
    put_images();
    /* The setting before is the smaller one, so that a folder that is not dropped would show. */
    const int64_t without = held_with_limit(1);
    for (int64_t kept = 1; kept <= COUNT; kept += 3) {
        const int64_t pixels = held_with_limit(kept * SIZE + SIZE - 1) - without;
        ck_assert_int_ge(pixels, kept * SIZE);
        ck_assert_int_le(pixels, kept * SIZE + 2 * (int64_t)sizeof(void *));
    }
    free_expected();
}
END_TEST

/* Memory is taken in blocks of 16 MB: for several blocks, of which the last is smaller, and for images that are larger
 * than that, with and without one in the file; small images with much of nothing around them. */
START_TEST(images_that_fill_blocks_of_memory) {
    static const struct {
        int64_t images, side, kept;
    } cases[] = {{7, 1000, 7}, {7, 1000, 6}, {3, 2400, 3}, {3, 2400, 2}};
    const int64_t side = cases[_i].side, size = side * side * 3;
    uint8_t *pixels[7];
    char path[64];
    ck_ok(dlc_images_set_crop(images, side), message());
    ck_ok(dlc_images_set_memory_limit(images, cases[_i].kept * size), message());
    ck_ok(dlc_images_set_cache_folder(images, temp_path("cache")), message());
    for (int i = 0; i < cases[_i].images; i++) {
        snprintf(path, sizeof path, "data/a/%d.png", i);
        pixels[i] = put_image(path, SIDE, SIDE, 3);
    }
    ck_ok(open_data(), message());
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < cases[_i].images; i++) {
            uint8_t *padded = cropped_twin(pixels[i], SIDE, SIDE, 3, side);
            check_pixels(i, padded);
            free(padded);
        }
    ck_assert_int_eq(nameless_file("cache") >= 0, cases[_i].kept < cases[_i].images);
    ck_assert_int_lt(memory.held, cases[_i].kept * size + (1 << 16));
    for (int i = 0; i < cases[_i].images; i++)
        free(pixels[i]);
}
END_TEST

START_TEST(a_cache_folder_that_is_not_there) {
    char folder[256];
    put_images();
    snprintf(folder, sizeof folder, "%s", temp_path("none"));
    ck_ok(dlc_images_set_cache_folder(images, folder), message());
    folder[0] = '\0'; /* it was copied */
    ck_ok(open_data(), message());
    check_all_pixels();
    /* From the next opening on. */
    ck_ok(dlc_images_set_memory_limit(images, SIZE), message());
    check_all_pixels();
    for (int32_t skip = 0; skip < 2; skip++) {
        ck_ok(dlc_images_set_skip_broken(images, skip), message());
        ck_fails(open_data(), DLC_ERROR_IO, message(), "cannot make a temporary file in ");
        ck_assert_msg(strstr(message(), "/none: No such file or directory") != NULL, "%s", message());
        ck_assert_int_eq(dlc_images_count(images), 0);
    }
    ck_ok(dlc_images_set_cache_folder(images, NULL), message());
    ck_ok(open_data(), message());
    ck_assert_int_ge(nameless_file("tmp"), 0);
    check_all_pixels();
    /* An open folder's file stays where it is. */
    ck_ok(dlc_images_set_cache_folder(images, temp_path("none")), message());
    check_all_pixels();
    free_expected();
}
END_TEST

/* Files may not grow beyond some bytes, which stands in for a disk that is full. */
static void limit_file_size(rlim_t bytes) {
    struct rlimit limit;
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(a_temporary_file_that_cannot_be_written) {
    put_images();
    ck_assert(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
    ck_ok(dlc_images_set_memory_limit(images, SIZE), message());
    ck_ok(open_data(), message());
    check_pixels(5, expected[5]);
    uint8_t out[SIZE];
    limit_file_size(SIZE + SIZE / 2); /* the second one in the file is cut off */
    const dlc_status reading = dlc_images_read_pixels(images, 7, out);
    limit_file_size(RLIM_INFINITY);
    ck_fails(reading, DLC_ERROR_IO, message(), "cannot write a temporary file in ");
    ck_assert_msg(strstr(message(), "/cache: File too large") != NULL, "%s", message());
    check_all_pixels();
    /* Leaving out broken images, which writes all, is no way to leave out one that cannot be written. */
    ck_ok(dlc_images_set_skip_broken(images, 1), message());
    limit_file_size(3 * SIZE + SIZE / 2);
    const dlc_status opening = open_data();
    limit_file_size(RLIM_INFINITY);
    ck_fails(opening, DLC_ERROR_IO, message(), "/cache: File too large");
    ck_assert_int_eq(dlc_images_count(images), 0);
    ck_ok(open_data(), message());
    check_all_pixels();
    free_expected();
}
END_TEST

START_TEST(a_temporary_file_that_is_cut_off) {
    put_images();
    uint8_t out[SIZE];
    ck_ok(dlc_images_set_memory_limit(images, SIZE), message());
    ck_ok(open_data(), message());
    decode_all();
    const int file = nameless_file("cache");
    ck_assert_int_eq(ftruncate(file, (COUNT - 1) * SIZE - 1), 0);
    ck_fails(dlc_images_read_pixels(images, COUNT - 1, out), DLC_ERROR_IO, message(),
             "cannot read a temporary file in ");
    ck_assert_msg(strstr(message(), "/cache: Input/output error") != NULL, "%s", message());
    for (int64_t i = 0; i < COUNT - 1; i++)
        check_pixels(i, expected[i]);
    ck_ok(open_data(), message());
    check_all_pixels();
    free_expected();
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("image_options");
    TCase *tcase = tcase_create("image_options");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, wrong_values_are_named_and_change_nothing);
    tcase_add_test(tcase, the_largest_side_may_be_asked_for);
    tcase_add_test(tcase, pixels_do_not_change_while_a_folder_is_open);
    tcase_add_test(tcase, pixels_of_no_sample);
    tcase_add_loop_test(tcase, images_of_many_sizes_in_one_folder, 0, 2);
    tcase_add_loop_test(tcase, resized_and_cropped_as_the_twin_does, DLC_INTERPOLATION_BILINEAR,
                        DLC_INTERPOLATION_BICUBIC + 1);
    tcase_add_test(tcase, a_class_needs_a_sound_image);
    tcase_add_test(tcase, a_folder_needs_a_sound_image);
    tcase_add_test(tcase, the_first_sound_image_says_the_size);
    tcase_add_test(tcase, a_broken_image_among_others);
    tcase_add_test(tcase, what_is_left_out_and_what_is_not);
    tcase_add_loop_test(tcase, pixels_are_the_same_from_memory_and_from_a_file, 0, 6);
    tcase_add_test(tcase, a_cache_folder_that_is_not_there);
    tcase_add_test(tcase, a_temporary_file_that_cannot_be_written);
    tcase_add_test(tcase, a_temporary_file_that_is_cut_off);
    suite_add_tcase(suite, tcase);
    TCase *counting = tcase_create("image_options_memory");
    tcase_set_timeout(counting, 60);
    tcase_add_checked_fixture(counting, setup_counting, teardown_counting);
    tcase_add_test(counting, oblong_images_can_become_too_large);
    tcase_add_test(counting, the_memory_limit_is_kept_and_used);
    tcase_add_loop_test(counting, images_that_fill_blocks_of_memory, 0, 4);
    suite_add_tcase(suite, counting);
    return suite;
}
