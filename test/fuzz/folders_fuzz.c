/*
 * folders_fuzz.c - the input describes a data set's folder step by step: files, folders, links, FIFOs, sockets and
 * links to devices, under names that any bytes make up. dlc_images opens it; what it lists must be there, in order, and
 * of the right kind.
 */
#define _XOPEN_SOURCE 700 /* mknodat() */
#include "fuzz.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH_MAX 24
#define STEPS_MAX 200

/* ---- Making the folder ---- */

/* Two by two pixels, and one by two. */
static const unsigned char square[] = {
    0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x00, 0x00, 0x00, 0x0D, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00,
    0x00, 0x02, 0x00, 0x00, 0x00, 0x02, 0x01, 0x00, 0x00, 0x00, 0x00, 0x5A, 0xCD, 0x30, 0x89, 0x00, 0x00, 0x00,
    0x0F, 0x49, 0x44, 0x41, 0x54, 0x78, 0x01, 0x01, 0x04, 0x00, 0xFB, 0xFF, 0x00, 0x80, 0x00, 0x40, 0x01, 0xC4,
    0x00, 0xC1, 0x07, 0xDB, 0x42, 0x4E, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82,
};
static const unsigned char narrow[] = {
    0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x00, 0x00, 0x00, 0x0D, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00,
    0x00, 0x01, 0x00, 0x00, 0x00, 0x02, 0x01, 0x00, 0x00, 0x00, 0x00, 0xB1, 0xFA, 0x8B, 0x8A, 0x00, 0x00, 0x00,
    0x0F, 0x49, 0x44, 0x41, 0x54, 0x78, 0x01, 0x01, 0x04, 0x00, 0xFB, 0xFF, 0x00, 0x80, 0x00, 0x00, 0x01, 0x84,
    0x00, 0x81, 0x59, 0x6E, 0xD6, 0x57, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82,
};

static const struct {
    const void *bytes;
    size_t size;
} contents[] = {
    {square, sizeof square},
    {square, sizeof square},
    {square, sizeof square},
    {narrow, sizeof narrow},
    {square, 50},
    {"GIF89a", 6},
    {"", 0},
    {"\xFF\xD8\xFF\xE0", 4},
};

static const char *const names[] = {
    "a",    "b",       "c",      "1.png", "2.PNG", "3.jpg",          "4.jpeg",       "5.webp",  "x.txt",
    ".png", ".hidden", "x.Tiff", "png",   " .png", "two\nlines.png", "\xFF\xFE.png", "\x1B[2J", "\xC3\xA4.png",
    "-",    "%s%n.png"};

static const char *const targets[] = {
    ".",  "..",         "../..",      "../a",      "../b",         "a",
    "b",  "1.png",      "../a/1.png", "/dev/null", "/dev/zero",    "/proc/self/status",
    "no", "two\nlines", "self",       "/dev/tty",  "../../b/../a", "/proc/version"};

/* A name from the table, or made of bytes of the input. Never ".", ".." or with a slash. */
static void take_name(fuzz_input *input, char name[256]) {
    const int choice = fuzz_byte(input);
    const size_t count = sizeof names / sizeof names[0];
    if (choice < 200) {
        strcpy(name, names[(size_t)choice % count]);
        return;
    }
    const int length = choice < 205 ? 255 : choice % 16 + 1;
    for (int i = 0; i < length; i++) {
        const char c = (char)fuzz_byte(input);
        name[i] = c == '\0' || c == '/' ? 'n' : c;
    }
    name[length] = '\0';
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        name[0] = 'n';
    /* An image's name more often than chance would have it. */
    if (choice % 2 == 0 && length > 4)
        memcpy(name + length - 4, ".png", 4);
}

static void put_file(int folder, const char *name, int content) {
    const int descriptor = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (descriptor < 0)
        return;
    fuzz_check(write(descriptor, contents[content].bytes, contents[content].size) == (ssize_t)contents[content].size);
    close(descriptor);
}

/* Steps that cannot be made - the name is taken - are passed over. */
static void make_tree(fuzz_input *input, int top) {
    int folders[DEPTH_MAX] = {top}, depth = 0;
    for (int step = 0; step < STEPS_MAX && input->at < input->end; step++) {
        char name[256];
        const int kind = fuzz_choice(input, 16);
        if (kind == 0) {
            if (depth > 0)
                close(folders[depth--]);
            continue;
        }
        take_name(input, name);
        if (kind <= 4 && depth + 1 < DEPTH_MAX && mkdirat(folders[depth], name, 0777) == 0) {
            const int inner = openat(folders[depth], name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
            fuzz_check(inner >= 0);
            folders[++depth] = inner;
        } else if (kind <= 10) {
            put_file(folders[depth], name, fuzz_choice(input, sizeof contents / sizeof contents[0]));
        } else if (kind <= 13) {
            (void)!symlinkat(targets[fuzz_choice(input, sizeof targets / sizeof targets[0])], folders[depth], name);
        } else if (kind == 14) {
            (void)mkfifoat(folders[depth], name, 0666);
        } else {
            (void)mknodat(folders[depth], name, S_IFSOCK | 0666, 0);
        }
    }
    while (depth > 0)
        close(folders[depth--]);
}

/* ---- What is listed ---- */

static int is_below(const char *path, const char *folder) {
    const size_t length = strlen(folder);
    return strncmp(path, folder, length) == 0 && path[length] == '/';
}

static int has_extension(const char *path) {
    const char *dot = strrchr(path, '.');
    return dot && (strcasecmp(dot, ".png") == 0 || strcasecmp(dot, ".jpg") == 0 || strcasecmp(dot, ".jpeg") == 0);
}

static void check_samples(const dlc_images *images, int top) {
    const int64_t count = dlc_images_count(images), classes = dlc_images_class_count(images);
    int64_t label = 0;
    for (int64_t i = 0; i + 1 < classes; i++)
        fuzz_check(strcmp(dlc_images_class_name(images, i), dlc_images_class_name(images, i + 1)) < 0);
    fuzz_check(dlc_images_label(images, 0) == 0 && dlc_images_label(images, count - 1) == classes - 1);
    for (int64_t sample = 0; sample < count; sample++) {
        struct stat status;
        const char *path = dlc_images_path(images, sample);
        fuzz_check(strchr(path, '\n') == NULL);
        fuzz_check(has_extension(path));
        fuzz_check(fstatat(top, path, &status, 0) == 0 && S_ISREG(status.st_mode));
        fuzz_check(dlc_images_label(images, sample) == label || dlc_images_label(images, sample) == label + 1);
        label = dlc_images_label(images, sample);
        fuzz_check(is_below(path, dlc_images_class_name(images, label)));
    }
}

static void check_skipped(const dlc_images *images, int top) {
    const int64_t count = dlc_images_skipped_count(images);
    for (int64_t i = 0; i < count; i++) {
        struct stat status;
        fuzz_check(fstatat(top, dlc_images_skipped_path(images, i), &status, AT_SYMLINK_NOFOLLOW) == 0);
        fuzz_check(*dlc_images_skipped_reason(images, i) != '\0');
        if (i > 0)
            fuzz_check(strcmp(dlc_images_skipped_path(images, i - 1), dlc_images_skipped_path(images, i)) < 0);
    }
    fuzz_check(dlc_images_skipped_path(images, count) == NULL && dlc_images_skipped_reason(images, -1) == NULL);
}

static void check_pixels(dlc_images *images, int all_sound) {
    const int64_t count = dlc_images_count(images);
    float *values = malloc((size_t)(count * dlc_images_height(images) * dlc_images_width(images) * 3) * sizeof *values);
    fuzz_check(values != NULL);
    const dlc_status status = fuzz_status(dlc_images_read(images, 0, count, values), dlc_images_message(images));
    fuzz_check(status == DLC_OK || !all_sound);
    free(values);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_input input = {data, data + size};
    fuzz_memory memory = {.limit = 64 << 20, .fail_at = -1};
    dlc_allocator *allocator = fuzz_allocator(&memory);
    dlc_images *images = NULL;
    const int options = fuzz_byte(&input);
    fuzz_clear();
    fuzz_check(mkdir(fuzz_path("data"), 0777) == 0);
    const int top = open(fuzz_path("data"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    fuzz_check(top >= 0);
    make_tree(&input, top);
    fuzz_check(dlc_images_create(allocator, &images) == DLC_OK);
    fuzz_check(dlc_images_set_skip_broken(images, options & 1) == DLC_OK);
    fuzz_check(dlc_images_set_crop(images, options & 2 ? 2 : 0) == DLC_OK);
    if (fuzz_status(dlc_images_open(images, fuzz_path("data")), dlc_images_message(images)) == DLC_OK) {
        check_samples(images, top);
        check_skipped(images, top);
        check_pixels(images, options & 1);
    } else {
        fuzz_check(dlc_images_count(images) == 0 && dlc_images_class_count(images) == 0);
        fuzz_check(dlc_images_skipped_count(images) == 0);
    }
    close(top);
    dlc_images_free(images);
    fuzz_allocator_end(allocator, &memory);
    return 0;
}
