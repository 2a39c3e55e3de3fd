/*
 * atomic_write_tests.c - GUARANTEE G4: what dlc_npy_write() and dlc_safetensors_save() write appears whole or not at
 * all.
 */
#include "files.h"
#include "support.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* 16 KiB, written in one way or the other. */
static dlc_npy *npy;
static dlc_safetensors *weights;
static const float data[4096];
static const int64_t dims[] = {4096};

static void setup(void) {
    temp_folder_make();
    ck_ok(dlc_npy_create(NULL, &npy), "create");
    ck_ok(dlc_safetensors_create(NULL, &weights), "create");
    write_safetensors(temp_path("source"), "{\"a\":{\"dtype\":\"F32\",\"shape\":[4096],\"data_offsets\":[0,16384]}}",
                      16384);
    ck_ok(dlc_safetensors_open(weights, temp_path("source")), dlc_safetensors_message(weights));
    ck_assert_int_eq(unlink(temp_path("source")), 0);
}

static void teardown(void) {
    dlc_npy_free(npy);
    dlc_safetensors_free(weights);
    temp_folder_remove();
}

/* Writes by the first kind of file or the second; the tests are looped over both. */
static dlc_status write_by(int kind, const char *path) {
    return kind == 0 ? dlc_npy_write(npy, path, DLC_DTYPE_F32, 1, dims, data) : dlc_safetensors_save(weights, path);
}

static const char *message_of(int kind) {
    return kind == 0 ? dlc_npy_message(npy) : dlc_safetensors_message(weights);
}

#define KINDS 2

static int holds(const char *path, const char *text) {
    size_t size = 0;
    unsigned char *bytes = read_bytes(path, &size);
    const int same = size == strlen(text) && memcmp(bytes, text, size) == 0;
    free(bytes);
    return same;
}

START_TEST(writes_regular_files_only) {
    static const struct {
        const char *path; /* in the temporary folder, unless it starts with a slash */
        const char *part;
    } targets[] = {
        {"none/a", "none/a: No such file"},
        {"", "it is a folder"},
        {"folder", "folder: it is a folder"},
        {"file/a", "Not a directory"},
        {"folder/none/", "No such file"},
        {"pipe", "pipe: it is not a regular file"},
        {"/dev/null", "cannot write /dev/null: it is not a regular file"},
    };
    write_bytes(temp_path("file"), "x", 1);
    temp_subfolder("folder");
    ck_assert_int_eq(mkfifo(temp_path("pipe"), 0666), 0);
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        const char *path = targets[i].path[0] == '/' ? targets[i].path : temp_path(targets[i].path);
        ck_fails(write_by(_i, path), DLC_ERROR_IO, message_of(_i), targets[i].part);
    }
    ck_fails(write_by(_i, ""), DLC_ERROR_IO, message_of(_i), "No such file");
    ck_assert_int_eq(temp_entries(""), 3);
    ck_assert_int_eq(temp_entries("folder"), 0);
}
END_TEST

/* A limit on the size of files stands in for a disk that is full. */
START_TEST(a_failed_write_leaves_the_old_file) {
    struct rlimit limit, small;
    write_bytes(temp_path("a"), "the old one", 11);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    void (*old)(int) = signal(SIGXFSZ, SIG_IGN);
    for (rlim_t size = 0; size < 16384; size += 1000) {
        small = limit;
        small.rlim_cur = size;
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
        const dlc_status status = write_by(_i, temp_path("a"));
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
        ck_fails(status, DLC_ERROR_IO, message_of(_i), "a: File too large");
        ck_assert(holds(temp_path("a"), "the old one"));
        ck_assert_int_eq(temp_entries(""), 1);
    }
    signal(SIGXFSZ, old);
    ck_ok(write_by(_i, temp_path("a")), message_of(_i));
    ck_assert(!holds(temp_path("a"), "the old one"));
    ck_assert_int_eq(temp_entries(""), 1);
}
END_TEST

/* A reader that opened the old file keeps it: it was replaced, not written over. */
START_TEST(replaces_instead_of_writing_over) {
    char text[16] = "";
    write_bytes(temp_path("a"), "the old one", 11);
    FILE *reader = fopen(temp_path("a"), "rb");
    ck_assert_ptr_nonnull(reader);
    ck_assert_int_eq(symlink("a", temp_path("link")), 0);
    ck_ok(write_by(_i, temp_path("a")), message_of(_i));
    ck_assert_uint_eq(fread(text, 1, 15, reader), 11);
    ck_assert_str_eq(text, "the old one");
    fclose(reader);
    struct stat status;
    ck_ok(write_by(_i, temp_path("link")), message_of(_i));
    ck_assert_int_eq(lstat(temp_path("link"), &status), 0);
    ck_assert(S_ISREG(status.st_mode));
}
END_TEST

/* At whatever moment the process is killed, the name holds one of the two files whole. */
START_TEST(a_killed_process_leaves_a_whole_file) {
    ck_ok(write_by(_i, temp_path("new")), message_of(_i));
    for (int round = 0; round < 40; round++) {
        write_bytes(temp_path("a"), "the old one", 11);
        const pid_t child = fork();
        ck_assert_int_ge(child, 0);
        if (child == 0) {
            alarm(30);
            for (;;)
                write_by(_i, temp_path("a"));
        }
        const struct timespec moment = {0, round * 100000};
        nanosleep(&moment, NULL);
        ck_assert_int_eq(kill(child, SIGKILL), 0);
        ck_assert_int_eq(waitpid(child, NULL, 0), child);
        ck_assert(holds(temp_path("a"), "the old one") || same_bytes(temp_path("a"), temp_path("new")));
    }
}
END_TEST

START_TEST(new_files_have_the_usual_permissions) {
    struct stat status;
    const mode_t old = umask(027);
    ck_ok(write_by(_i, temp_path("a")), message_of(_i));
    umask(old);
    ck_assert_int_eq(stat(temp_path("a"), &status), 0);
    ck_assert_uint_eq(status.st_mode & 0777, 0640);
}
END_TEST

START_TEST(names_may_be_as_long_as_the_system_takes) {
    char name[257];
    memset(name, 'n', 256);
    name[256] = '\0';
    ck_fails(write_by(_i, temp_path(name)), DLC_ERROR_IO, message_of(_i), "too long");
    ck_assert_int_eq(temp_entries(""), 0);
    name[255] = '\0';
    ck_ok(write_by(_i, temp_path(name)), message_of(_i));
    ck_assert_int_eq(temp_entries(""), 1);
}
END_TEST

/* A temporary file that a killed process of our number left does not get in the way. */
START_TEST(leftovers_are_left_alone) {
    char name[64];
    snprintf(name, sizeof name, ".dlc-%ld-0.tmp", (long)getpid());
    write_bytes(temp_path(name), "mine", 4);
    ck_ok(write_by(_i, temp_path("a")), message_of(_i));
    ck_assert(holds(temp_path(name), "mine"));
    ck_assert_int_eq(temp_entries(""), 2);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("atomic_write");
    TCase *tcase = tcase_create("atomic_write");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, writes_regular_files_only, 0, KINDS);
    tcase_add_loop_test(tcase, a_failed_write_leaves_the_old_file, 0, KINDS);
    tcase_add_loop_test(tcase, replaces_instead_of_writing_over, 0, KINDS);
    tcase_add_loop_test(tcase, a_killed_process_leaves_a_whole_file, 0, KINDS);
    tcase_add_loop_test(tcase, new_files_have_the_usual_permissions, 0, KINDS);
    tcase_add_loop_test(tcase, names_may_be_as_long_as_the_system_takes, 0, KINDS);
    tcase_add_loop_test(tcase, leftovers_are_left_alone, 0, KINDS);
    suite_add_tcase(suite, tcase);
    return suite;
}
