/* command_world.c - see command_world.h. */
#define _GNU_SOURCE /* memfd_create() */
#include "command_world.h"

#include "fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of the sanitizers' run time, where there is one. */
__attribute__((weak)) void __sanitizer_set_report_fd(void *descriptor);

/* ---- What is in the folder ---- */

enum { LEVELS = 3, SAMPLES = 6, DIM = 2, CLASSES = 2 };

typedef struct tensor {
    const char *name;
    const char *shape;
    int count;
} tensor;

/* A ResNet of one block, as timm names it. */
static const tensor tensors[] = {
    {"conv1.weight", "2,1,3,3", 18},
    {"bn1.weight", "2", 2},
    {"bn1.bias", "2", 2},
    {"bn1.running_mean", "2", 2},
    {"bn1.running_var", "2", 2},
    {"layer1.0.conv1.weight", "2,2,3,3", 36},
    {"layer1.0.bn1.weight", "2", 2},
    {"layer1.0.bn1.bias", "2", 2},
    {"layer1.0.bn1.running_mean", "2", 2},
    {"layer1.0.bn1.running_var", "2", 2},
    {"layer1.0.conv2.weight", "2,2,3,3", 36},
    {"layer1.0.bn2.weight", "2", 2},
    {"layer1.0.bn2.bias", "2", 2},
    {"layer1.0.bn2.running_mean", "2", 2},
    {"layer1.0.bn2.running_var", "2", 2},
};

static void make_weights(void) {
    char bytes[8192] = {0};
    int length = snprintf(bytes + 8, 4096, "{"), end = 0;
    for (size_t i = 0; i < sizeof tensors / sizeof tensors[0]; i++) {
        length += snprintf(bytes + 8 + length, (size_t)(4096 - length),
                           "%s\"%s\":{\"dtype\":\"F32\",\"shape\":[%s],\"data_offsets\":[%d,%d]}", i > 0 ? "," : "",
                           tensors[i].name, tensors[i].shape, end, end + 4 * tensors[i].count);
        end += 4 * tensors[i].count;
    }
    length += snprintf(bytes + 8 + length, (size_t)(4096 - length), "}");
    bytes[0] = (char)(length & 0xFF);
    bytes[1] = (char)(length >> 8);
    for (int i = 0; i < end / 4; i++) {
        const float value = (float)(i * 37 % 19 + 1) / 16.0F;
        memcpy(bytes + 8 + length + 4 * i, &value, sizeof value);
    }
    fuzz_put("w.safetensors", bytes, (size_t)(8 + length + end));
}

static void write_array(const char *path, int32_t dtype, int64_t rank, const int64_t *dims, const void *data) {
    dlc_npy *npy = NULL;
    fuzz_check(dlc_npy_create(NULL, &npy) == DLC_OK);
    fuzz_check(dlc_npy_write(npy, path, dtype, rank, dims, data) == DLC_OK);
    dlc_npy_free(npy);
}

static void make_arrays(void) {
    float values[LEVELS * SAMPLES * DIM];
    int64_t integers[SAMPLES];
    const int64_t dims[] = {LEVELS, SAMPLES, DIM}, means[] = {CLASSES, DIM};
    for (int i = 0; i < LEVELS * SAMPLES * DIM; i++)
        values[i] = (float)(i * 29 % 17) / 4.0F;
    write_array("f.npy", DLC_DTYPE_F32, 3, dims, values);
    write_array("l.npy", DLC_DTYPE_F32, 2, dims, values);
    write_array("s.npy", DLC_DTYPE_F32, 1, dims + 1, values);
    write_array("m.npy", DLC_DTYPE_F32, 2, means, values);
    for (int i = 0; i < SAMPLES; i++)
        integers[i] = i % CLASSES;
    write_array("y.npy", DLC_DTYPE_I64, 1, dims + 1, integers);
    for (int i = 0; i < SAMPLES; i++)
        integers[i] = 100 - i;
    write_array("id.npy", DLC_DTYPE_I64, 1, dims + 1, integers);
    for (int i = 0; i < 2; i++)
        integers[i] = 1 - i;
    write_array("i.npy", DLC_DTYPE_I64, 1, (const int64_t[]){2}, integers);
}

/* Two by two pixels of one bit each, black and white. */
static const unsigned char image[] = {
    0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x00, 0x00, 0x00, 0x0D, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00,
    0x00, 0x02, 0x00, 0x00, 0x00, 0x02, 0x01, 0x00, 0x00, 0x00, 0x00, 0x5A, 0xCD, 0x30, 0x89, 0x00, 0x00, 0x00,
    0x0F, 0x49, 0x44, 0x41, 0x54, 0x78, 0x01, 0x01, 0x04, 0x00, 0xFB, 0xFF, 0x00, 0x80, 0x00, 0x40, 0x01, 0xC4,
    0x00, 0xC1, 0x07, 0xDB, 0x42, 0x4E, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82,
};

static void make_images(void) {
    static const char *const files[] = {"images/a/1.png", "images/a/2.png", "images/b/1.png", "images/b/2.png"};
    fuzz_check(mkdir("images", 0777) == 0 && mkdir("images/a", 0777) == 0 && mkdir("images/b", 0777) == 0);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        fuzz_put(files[i], image, sizeof image);
}

static void make_run(void) {
    char text[] = "dlc score --encoder w.safetensors --images images --out-dir run --schedule list:0,0.5 --quiet";
    char *argv[16];
    int argc = 0;
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    argv[argc] = NULL;
    fuzz_check(dlc_main(argc, argv) == 0);
}

/* ---- Whether it is as it was ---- */

typedef struct entry {
    char path[512];
    ino_t inode;
    off_t size;
    struct timespec changed;
} entry;

typedef struct listing {
    entry entries[128];
    int count;
} listing;

static listing made;

static int is_entry(const struct dirent *found) {
    return strcmp(found->d_name, ".") != 0 && strcmp(found->d_name, "..") != 0;
}

static void list(listing *out, const char *folder) {
    struct dirent **found = NULL;
    const int count = scandir(folder, &found, is_entry, alphasort);
    fuzz_check(count >= 0);
    for (int i = 0; i < count; i++) {
        struct stat status;
        fuzz_check(out->count < (int)(sizeof out->entries / sizeof out->entries[0]));
        entry *next = &out->entries[out->count++];
        memset(next, 0, sizeof *next);
        snprintf(next->path, sizeof next->path, "%s/%s", folder, found[i]->d_name);
        fuzz_check(lstat(next->path, &status) == 0);
        next->inode = status.st_ino;
        if (S_ISDIR(status.st_mode)) {
            list(out, next->path);
        } else {
            next->size = status.st_size;
            next->changed = status.st_mtim;
        }
        free(found[i]);
    }
    free(found);
}

/* The run folder again, for whoever wants to change files in it; and a JSONL file of as many lines as there are scores.
 */
static void make_others(void) {
    static const char *const files[] = {"scores.npy",  "curves.npy",  "labels.npy",
                                        "correct.npy", "samples.txt", "run.json"};
    static const char lines[] = "{\"a\": 1}\n{\"a\": 2}\r\n\n[]\n5\n\"last\"";
    fuzz_check(mkdir("other", 0777) == 0);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char from[64], to[64];
        size_t size = 0;
        snprintf(from, sizeof from, "run/%s", files[i]);
        snprintf(to, sizeof to, "other/%s", files[i]);
        unsigned char *bytes = fuzz_get(from, &size);
        fuzz_put(to, bytes, size);
        free(bytes);
    }
    fuzz_put("lines.jsonl", lines, sizeof lines - 1);
}

static void make(void) {
    fuzz_check(chdir(fuzz_folder()) == 0);
    make_weights();
    make_arrays();
    make_images();
    make_run();
    make_others();
    made.count = 0;
    list(&made, ".");
}

/* ---- Coming and going ---- */

static int home = -1, before_out = -1, before_errors = -1, now_out = -1, now_errors = -1;

void command_world_enter(void) {
    if (home >= 0) {
        fuzz_check(chdir(fuzz_folder()) == 0);
        return;
    }
    home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    before_out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    before_errors = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    now_out = memfd_create("out", MFD_CLOEXEC);
    now_errors = memfd_create("errors", MFD_CLOEXEC);
    fuzz_check(home >= 0 && before_out >= 0 && before_errors >= 0 && now_out >= 0 && now_errors >= 0);
    /* What a sanitizer says must not end up in memory. */
    if (__sanitizer_set_report_fd)
        __sanitizer_set_report_fd((void *)(intptr_t)before_errors);
    make();
}

void command_world_leave(void) {
    fuzz_check(fchdir(home) == 0);
}

static void listen(void) {
    fflush(stdout);
    fflush(stderr);
    fuzz_check(ftruncate(now_out, 0) == 0 && lseek(now_out, 0, SEEK_SET) == 0);
    fuzz_check(ftruncate(now_errors, 0) == 0 && lseek(now_errors, 0, SEEK_SET) == 0);
    fuzz_check(dup2(now_out, STDOUT_FILENO) >= 0 && dup2(now_errors, STDERR_FILENO) >= 0);
}

static const char *stop_listening(size_t *size) {
    static char text[8192];
    fflush(stdout);
    fflush(stderr);
    fuzz_check(dup2(before_out, STDOUT_FILENO) >= 0 && dup2(before_errors, STDERR_FILENO) >= 0);
    const ssize_t got = pread(now_errors, text, sizeof text, 0);
    fuzz_check(got >= 0);
    *size = (size_t)got;
    return text;
}

static void renew(void) {
    fuzz_clear();
    make();
}

static int is_same(const entry *a, const entry *b) {
    return memcmp(a, b, sizeof *a) == 0;
}

/* Removes what is new in the folder. Returns 0 where something that was there is no longer as it was. */
static int remove_new(const listing *now) {
    int kept = 0;
    for (int i = 0; i < now->count; i++)
        kept += kept < made.count && is_same(&now->entries[i], &made.entries[kept]);
    for (int i = 0, known = 0; kept == made.count && i < now->count; i++)
        if (known < made.count && is_same(&now->entries[i], &made.entries[known]))
            known++;
        else if (access(now->entries[i].path, F_OK) == 0)
            fuzz_remove(now->entries[i].path);
    return kept == made.count;
}

static void check_folder(int may_have_written) {
    static listing now;
    char command[32], library[32];
    now.count = 0;
    list(&now, ".");
    if (now.count == made.count && memcmp(now.entries, made.entries, (size_t)now.count * sizeof now.entries[0]) == 0)
        return;
    fuzz_check(may_have_written);
    snprintf(command, sizeof command, ".tmp-%ld", (long)getpid());
    snprintf(library, sizeof library, "/.dlc-%ld-", (long)getpid());
    for (int i = 0; i < now.count; i++)
        fuzz_check(strstr(now.entries[i].path, command) == NULL && strstr(now.entries[i].path, library) == NULL);
    if (!remove_new(&now))
        renew();
}

void command_world_put(const char *path, const void *bytes, size_t size) {
    fuzz_put(path, bytes, size);
    made.count = 0;
    list(&made, ".");
}

/* ---- Running ---- */

/* A command is run once in its process, so it need not leave getopt's state clean. */
static void reset_getopt(void) {
    static char name[] = "dlc";
    char *const argv[] = {name, NULL};
    optind = 0;
    getopt_long(1, argv, "+:", NULL, NULL);
}

static void check_failure(const char *said, size_t size) {
    fuzz_check(size > 6 && memcmp(said, "dlc: ", 5) == 0);
    fuzz_check(memchr(said, '\n', size) == said + size - 1);
}

/* A run that fails keeps its checkpoint. */
static int keeps_checkpoint(int argc, char **argv) {
    int keeps = 0;
    for (int i = 1; i < argc; i++)
        keeps |= strncmp(argv[i], "--ch", 4) == 0;
    return keeps;
}

void command_world_run(int argc, char **argv) {
    size_t said = 0;
    reset_getopt();
    listen();
    const int status = dlc_main(argc, argv);
    const char *errors = stop_listening(&said);
    fuzz_check(status >= 0 && status <= 2);
    if (status == 0)
        fuzz_check(said == 0);
    else
        check_failure(errors, said);
    check_folder(status == 0 || keeps_checkpoint(argc, argv));
}
