/*
 * image_folders_tests.c - which files dlc_images_open() takes for samples, and in which order: torchvision's own list
 * (test/golden/files/folder_order.txt, made by test/peer/make_files.py), links, strange files and names.
 */
#include "files.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static dlc_images *images;
static unsigned char *png;
static size_t png_size;

static void setup(void) {
    temp_folder_make();
    png = read_bytes("test/golden/files/png/chunks/solid.png", &png_size);
    ck_ok(dlc_images_create(NULL, &images), "create");
}

static void teardown(void) {
    dlc_images_free(images);
    free(png);
    temp_folder_remove();
}

static const char *message(void) {
    return dlc_images_message(images);
}

/* Puts an image at a path below the temporary folder, with the folders that it needs. */
static void put(const char *path) {
    char folder[1024];
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path) : 0, path);
    if (slash)
        temp_subfolder(folder);
    write_bytes(temp_path(path), png, png_size);
}

static dlc_status open_data(const char *name) {
    return dlc_images_open(images, temp_path(name));
}

START_TEST(order_is_that_of_torchvision) {
    enum { MAX = 1000 };
    const char *lines[MAX];
    size_t size = 0;
    int count = 0;
    char *text = (char *)read_bytes("test/golden/files/folder_order.txt", &size);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
        lines[count++] = line;
    ck_assert_int_gt(count, 500);
    /* 7 does not divide the count, so that this meets every line, and in no order that helps. */
    ck_assert_int_ne(count % 7, 0);
    for (int i = 0; i < count; i++)
        put(strchr(lines[i * 7 % count], ' ') + 1);
    ck_ok(open_data(""), message());
    ck_assert_int_eq(dlc_images_count(images), count);
    for (int i = 0; i < count; i++) {
        ck_assert_str_eq(dlc_images_path(images, i), strchr(lines[i], ' ') + 1);
        const int64_t label = strtoll(lines[i], NULL, 10);
        ck_assert_int_eq(dlc_images_label(images, i), label);
        const char *name = dlc_images_class_name(images, label);
        ck_assert_int_eq(strncmp(name, dlc_images_path(images, i), strlen(name)), 0);
    }
    ck_assert_int_eq(dlc_images_class_count(images), dlc_images_label(images, count - 1) + 1);
    free(text);
}
END_TEST

START_TEST(passes_over_what_is_no_image) {
    put("data/b/1.png");
    put("data/a/2.png");
    put("data/beside.png");
    put("data/beside.jpg");
    put("data/.hidden/1.png");
    put("data/a/.hidden.png");
    put("data/a/.deep/1.png");
    put("data/a/png");
    put("data/a/1.png.txt");
    put("data/a/1.npy");
    put("data/a/line\nbreak.txt");
    ck_assert_int_eq(mkfifo(temp_path("data/a/pipe"), 0666), 0);
    ck_assert_int_eq(mkfifo(temp_path("data/pipe.png"), 0666), 0);
    ck_assert_int_eq(symlink("nowhere", temp_path("data/a/nowhere")), 0);
    ck_assert_int_eq(symlink("self", temp_path("data/self")), 0);
    temp_subfolder("data/a/empty");
    ck_ok(open_data("data"), message());
    ck_assert_int_eq(dlc_images_count(images), 2);
    ck_assert_int_eq(dlc_images_class_count(images), 2);
    ck_assert_str_eq(dlc_images_path(images, 0), "a/2.png");
    ck_assert_str_eq(dlc_images_path(images, 1), "b/1.png");
}
END_TEST

START_TEST(follows_links) {
    put("elsewhere/deep/1.png");
    put("data/a/2.png");
    ck_assert_int_eq(symlink("../elsewhere", temp_path("data/b")), 0);
    ck_assert_int_eq(symlink("../b/deep", temp_path("data/a/again")), 0);
    ck_assert_int_eq(symlink("2.png", temp_path("data/a/3.png")), 0);
    ck_ok(open_data("data"), message());
    const char *const expected[] = {"a/2.png", "a/3.png", "a/again/1.png", "b/deep/1.png"};
    ck_assert_int_eq(dlc_images_count(images), 4);
    for (int64_t i = 0; i < 4; i++)
        ck_assert_str_eq(dlc_images_path(images, i), expected[i]);
    float pixels[3 * 11 * 13];
    ck_ok(dlc_images_read(images, 3, 1, pixels), message());
}
END_TEST

START_TEST(loops_of_links_end) {
    static const char *const targets[] = {".", "..", "../..", "../b"};
    for (int i = 0; i < 4; i++) {
        put("data/a/deep/1.png");
        put("data/b/1.png");
        unlink(temp_path("data/a/deep/loop"));
        unlink(temp_path("data/b/back"));
        ck_assert_int_eq(symlink(targets[i], temp_path("data/a/deep/loop")), 0);
        if (i == 3) {
            /* a/deep/loop -> a/b, which is not there: nothing to follow. Then over two links. */
            ck_ok(open_data("data"), message());
            unlink(temp_path("data/a/deep/loop"));
            ck_assert_int_eq(symlink("../../b", temp_path("data/a/deep/loop")), 0);
            ck_assert_int_eq(symlink("../a", temp_path("data/b/back")), 0);
        }
        ck_fails(open_data("data"), DLC_ERROR_DATA, message(), "which contains it");
        ck_assert_int_eq(dlc_images_count(images), 0);
    }
}
END_TEST

/* Without loops, but three ways into each of 30 folders inside one another. */
START_TEST(links_do_not_multiply_without_end) {
    char path[256] = "data/a";
    for (int depth = 0; depth < 30; depth++) {
        char link[300];
        strcat(path, "/d");
        temp_subfolder(path);
        for (int i = 0; i < 2; i++) {
            snprintf(link, sizeof link, "%.*s/%d", (int)strlen(path) - 2, path, i);
            ck_assert_int_eq(symlink("d", temp_path(link)), 0);
        }
    }
    strcat(path, "/1.png");
    put(path);
    ck_fails(open_data("data"), DLC_ERROR_DATA, message(), "links lead to this folder in more than 100 ways");
    ck_assert_int_eq(dlc_images_count(images), 0);
}
END_TEST

/* A hundred links to one folder are none too many, and other classes have their own hundred. */
START_TEST(a_folder_may_have_a_hundred_ways) {
    char name[64];
    put("elsewhere/deep/1.png");
    for (int i = 0; i < 200; i++) {
        snprintf(name, sizeof name, "data/%c", i < 100 ? 'a' : 'b');
        temp_subfolder(name);
        snprintf(name, sizeof name, "data/%c/%03d", i < 100 ? 'a' : 'b', i);
        ck_assert_int_eq(symlink("../../elsewhere/deep", temp_path(name)), 0);
    }
    ck_ok(open_data("data"), message());
    ck_assert_int_eq(dlc_images_count(images), 200);
    ck_assert_int_eq(symlink("../../elsewhere/deep", temp_path("data/b/200")), 0);
    ck_fails(open_data("data"), DLC_ERROR_DATA, message(), "data/b/");
}
END_TEST

/* Deeper than there could be open files, and than a stack of frames with a path each. */
START_TEST(depth_does_not_matter) {
    char path[1000];
    size_t length = (size_t)snprintf(path, sizeof path, "data/a");
    for (int depth = 0; depth < 440; depth++)
        length += (size_t)snprintf(path + length, sizeof path - length, "/d");
    snprintf(path + length, sizeof path - length, "/1.png");
    put(path);
    ck_ok(open_data("data"), message());
    ck_assert_int_eq(dlc_images_count(images), 1);
}
END_TEST

/* ---- What is refused ---- */

START_TEST(other_images_are_not_passed_over) {
    static const char *const names[] = {"x.ppm", "x.bmp", "x.PGM", "x.tif", "x.Tiff", "x.webp"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[64];
        snprintf(path, sizeof path, "data/a/deep/%s", names[i]);
        put("data/a/1.png");
        put(path);
        ck_fails(open_data("data"), DLC_ERROR_UNSUPPORTED, message(), path);
        ck_assert_ptr_nonnull(strstr(message(), "is of a kind that cannot be read: only PNG and JPEG can"));
        ck_assert_int_eq(unlink(temp_path(path)), 0);
    }
    ck_ok(open_data("data"), message());
}
END_TEST

START_TEST(classes_need_images) {
    ck_fails(open_data("none"), DLC_ERROR_IO, message(), "none: No such file");
    ck_fails(open_data(""), DLC_ERROR_DATA, message(), "holds no class folder");
    put("data/1.png");
    ck_fails(open_data("data"), DLC_ERROR_DATA, message(), "data holds no class folder");
    ck_fails(open_data("data/1.png"), DLC_ERROR_IO, message(), "1.png: Not a directory");
    put("data/b/1.png");
    temp_subfolder("data/a/deep");
    put("data/a/notes.txt");
    ck_fails(open_data("data"), DLC_ERROR_DATA, message(), "data/a holds no image");
    put("data/a/deep/1.png");
    temp_subfolder("data/c");
    ck_fails(open_data("data"), DLC_ERROR_DATA, message(), "data/c holds no image");
    ck_assert_int_eq(rmdir(temp_path("data/c")), 0);
    ck_ok(open_data("data"), message());
    ck_fails(dlc_images_open(images, ""), DLC_ERROR_IO, message(), "No such file");
}
END_TEST

START_TEST(an_image_is_a_regular_file) {
    put("data/a/1.png");
    ck_assert_int_eq(mkfifo(temp_path("data/a/2.png"), 0666), 0);
    ck_fails(open_data("data"), DLC_ERROR_IO, message(), "data/a/2.png: it is not a regular file");
    ck_assert_int_eq(unlink(temp_path("data/a/2.png")), 0);
    ck_assert_int_eq(symlink("/dev/zero", temp_path("data/a/2.png")), 0);
    ck_fails(open_data("data"), DLC_ERROR_IO, message(), "data/a/2.png: it is not a regular file");
    ck_assert_int_eq(unlink(temp_path("data/a/2.png")), 0);
    ck_assert_int_eq(symlink("nowhere", temp_path("data/a/2.png")), 0);
    ck_fails(open_data("data"), DLC_ERROR_IO, message(), "data/a/2.png: No such file");
    ck_assert_int_eq(unlink(temp_path("data/a/2.png")), 0);
    ck_ok(open_data("data"), message());
}
END_TEST

START_TEST(line_breaks_are_refused) {
    put("data/a/two\nlines.png");
    ck_fails(open_data("data"), DLC_ERROR_DATA, message(), "data/a/two?lines.png: there is a line break in the name");
    ck_assert_int_eq(unlink(temp_path("data/a/two\nlines.png")), 0);
    put("data/a/deep\n/1.png");
    ck_fails(open_data("data"), DLC_ERROR_DATA, message(), "data/a/deep?: there is a line break");
    put("data2/a\n/1.png");
    ck_fails(open_data("data2"), DLC_ERROR_DATA, message(), "data2/a?: there is a line break");
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("image_folders");
    TCase *tcase = tcase_create("image_folders");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, order_is_that_of_torchvision);
    tcase_add_test(tcase, passes_over_what_is_no_image);
    tcase_add_test(tcase, follows_links);
    tcase_add_test(tcase, loops_of_links_end);
    tcase_add_test(tcase, links_do_not_multiply_without_end);
    tcase_add_test(tcase, a_folder_may_have_a_hundred_ways);
    tcase_add_test(tcase, depth_does_not_matter);
    tcase_add_test(tcase, other_images_are_not_passed_over);
    tcase_add_test(tcase, classes_need_images);
    tcase_add_test(tcase, an_image_is_a_regular_file);
    tcase_add_test(tcase, line_breaks_are_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
