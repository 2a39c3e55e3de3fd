/*
 * memory_failure_files_tests.c - GUARANTEE G6, and G4 with it, for .npy and .safetensors files: every allocation fails
 * in turn (trial.h), and no file is left behind.
 */
#include "files.h"
#include "trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void take_file(trial *t, const char *name) {
    size_t size = 0;
    unsigned char *bytes = read_bytes(temp_path(name), &size);
    trial_result(t, bytes, size);
    free(bytes);
    unlink(temp_path(name));
    ck_assert_int_eq(temp_entries("out"), 0);
}

static void free_npy(void *npy) {
    dlc_npy_free(npy);
    ck_assert_int_eq(temp_entries("out"), 0);
}

static void npy(trial *t) {
    const float values[] = {1, 2, 3, 4, 5, 6};
    const int64_t dims[] = {2, 3};
    float read[12];
    temp_subfolder("out");
    dlc_npy *npy = NULL;
    attempt_create(t, dlc_npy_create(t->allocator, &npy), npy, free_npy);
    attempt(t, dlc_npy_open(npy, "test/golden/files/npy/f4.npy"), dlc_npy_message(npy));
    ck_ok(dlc_npy_read(npy, 0, 12, read), dlc_npy_message(npy));
    trial_result(t, read, sizeof read);
    attempt(t, dlc_npy_write(npy, temp_path("out/new.npy"), DLC_DTYPE_F32, 2, dims, values), dlc_npy_message(npy));
    take_file(t, "out/new.npy");
    ck_ok(dlc_npy_read(npy, 0, 12, read), dlc_npy_message(npy));
}

static void free_safetensors(void *file) {
    dlc_safetensors_free(file);
    ck_assert_int_eq(temp_entries("out"), 0);
}

static void safetensors(trial *t) {
    static const char header[] = "{\"__metadata__\":{\"num_heads\":\"2\"},"
                                 "\"b.weight\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]},"
                                 "\"a.weight\":{\"dtype\":\"BF16\",\"shape\":[4],\"data_offsets\":[24,32]}}";
    temp_subfolder("out");
    write_safetensors(temp_path("in.safetensors"), header, 32);
    dlc_safetensors *file = NULL;
    attempt_create(t, dlc_safetensors_create(t->allocator, &file), file, free_safetensors);
    attempt(t, dlc_safetensors_open(file, temp_path("in.safetensors")), dlc_safetensors_message(file));
    ck_assert_str_eq(dlc_safetensors_metadata(file, "num_heads"), "2");
    ck_assert_int_eq(dlc_safetensors_find(file, "a.weight"), 1);
    trial_guard_bytes(t, dlc_safetensors_data(file, 0), 32);
    attempt(t, dlc_safetensors_save(file, temp_path("out/copy.safetensors")), dlc_safetensors_message(file));
    take_file(t, "out/copy.safetensors");
}

static const trial_scenario scenarios[] = {
    {"npy", npy, 0},
    {"safetensors", safetensors, 0},
};

START_TEST(g4_g6_every_allocation_fails_in_turn) {
    trial_run(&scenarios[_i / TRIAL_MODES], _i % TRIAL_MODES);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("memory_failure_files");
    TCase *tcase = tcase_create("memory_failure_files");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, temp_folder_make, temp_folder_remove);
    tcase_add_loop_test(tcase, g4_g6_every_allocation_fails_in_turn, 0,
                        TRIAL_MODES * (int)(sizeof scenarios / sizeof scenarios[0]));
    suite_add_tcase(suite, tcase);
    return suite;
}
