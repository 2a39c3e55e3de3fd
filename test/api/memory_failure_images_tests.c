/*
 * memory_failure_images_tests.c - GUARANTEE G6 for class folders of images: every allocation fails in turn (trial.h),
 * libpng's included; those of libjpeg are its own.
 */
#include "files.h"
#include "trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SIDE = 6, VALUES = 3 * SIDE * SIDE };

static void copy_file(const char *from, const char *to) {
    size_t size = 0;
    unsigned char *bytes = read_bytes(from, &size);
    write_bytes(temp_path(to), bytes, size);
    free(bytes);
}

/* Two classes, folders in one of them, every kind of decoder, a file that is broken and one that is no image. */
static void setup(void) {
    temp_folder_make();
    temp_subfolder("data/cats/old/older");
    temp_subfolder("data/dogs");
    copy_file("test/golden/files/png/palette/palette4_interlaced.png", "data/cats/1.png");
    copy_file("test/golden/files/png/colour/rgb16.png", "data/cats/old/2.png");
    copy_file("test/fuzz/corpus/jpeg/seed_rgb", "data/cats/old/older/3.jpg");
    copy_file("test/fuzz/corpus/jpeg/seed_progressive_grey", "data/dogs/4.jpeg");
    copy_file("test/golden/files/png/grey/grey08.png", "data/dogs/5.png");
    write_bytes(temp_path("data/dogs/6.png"), "no image", 8);
    write_bytes(temp_path("data/notes.txt"), "text", 4);
}

static void free_images(void *images) {
    dlc_images_free(images);
}

static dlc_images *images_of(trial *t, int32_t skip_broken, int64_t memory_limit) {
    dlc_images *images = NULL;
    attempt_create(t, dlc_images_create(t->allocator, &images), images, free_images);
    ck_ok(dlc_images_set_size(images, SIDE + 1), dlc_images_message(images));
    ck_ok(dlc_images_set_crop(images, SIDE), dlc_images_message(images));
    ck_ok(dlc_images_set_skip_broken(images, skip_broken), dlc_images_message(images));
    ck_ok(dlc_images_set_memory_limit(images, memory_limit), dlc_images_message(images));
    return images;
}

static void read_all(trial *t, dlc_images *images, int64_t count) {
    float pixels[VALUES];
    for (int64_t i = 0; i < count; i++) {
        attempt(t, dlc_images_read(images, i, 1, pixels), dlc_images_message(images));
        trial_result(t, pixels, sizeof pixels);
        trial_result(t, dlc_images_path(images, i), 5);
    }
}

static void in_memory(trial *t) {
    dlc_images *images = images_of(t, 0, 0);
    attempt(t, dlc_images_open(images, temp_path("data")), dlc_images_message(images));
    ck_assert_int_eq(dlc_images_count(images), 6);
    read_all(t, images, 5);
}

static void in_a_file(trial *t) {
    float pixels[2 * VALUES];
    /* The first one is broken, as shows in the middle of it. */
    copy_file("test/golden/files/png/colour/rgb16.png", "data/cats/0.png");
    ck_assert_int_eq(truncate(temp_path("data/cats/0.png"), 600), 0);
    dlc_images *images = images_of(t, 1, 1);
    attempt(t, dlc_images_set_cache_folder(images, temp_path("")), dlc_images_message(images));
    attempt(t, dlc_images_set_cache_folder(images, temp_path("data")), dlc_images_message(images));
    attempt(t, dlc_images_open(images, temp_path("data")), dlc_images_message(images));
    ck_assert_int_eq(dlc_images_count(images), 5);
    ck_assert_int_eq(dlc_images_skipped_count(images), 3);
    ck_assert_ptr_nonnull(strstr(dlc_images_skipped_path(images, 0), "0.png"));
    ck_assert_ptr_nonnull(strstr(dlc_images_skipped_path(images, 1), "6.png"));
    attempt(t, dlc_images_read(images, 1, 2, pixels), dlc_images_message(images));
    trial_result(t, pixels, sizeof pixels);
}

static const trial_scenario scenarios[] = {
    {"images in memory", in_memory, 0},
    {"images in a file", in_a_file, 0},
};

START_TEST(g6_every_allocation_fails_in_turn) {
    trial_run(&scenarios[_i / TRIAL_MODES], _i % TRIAL_MODES);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("memory_failure_images");
    TCase *tcase = tcase_create("memory_failure_images");
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, setup, temp_folder_remove);
    tcase_add_loop_test(tcase, g6_every_allocation_fails_in_turn, 0,
                        TRIAL_MODES * (int)(sizeof scenarios / sizeof scenarios[0]));
    suite_add_tcase(suite, tcase);
    return suite;
}
