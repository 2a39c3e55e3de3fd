/*
 * checkpoint_failure_tests.c - checkpoints that cannot be written or read: the run stops with the weights as they were
 * (G1), the checkpoint before it stays whole (G4), and the same handle goes on once the trouble is over. Callbacks that
 * fail at every call, files, every failed allocation (G6), memory.
 */
#include "files.h"
#include "toy_run.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define message(run) dlc_run_message(run)

static const toy_options kind = {.keep_curves = 1, .starts_masked = 1};

/* ---- Callbacks that fail ---- */

static int64_t calls_of_write(const store *s) {
    return s->steps[0] + s->steps[1] + s->steps[2] + s->steps[3];
}

START_TEST(g1_g4_g5_a_write_that_fails_stops_the_run) {
    static const int64_t outcomes[] = {-1, 0, 2};
    static const char *const steps[] = {"BEGIN", "DATA", "COMMIT"};
    const toy_results reference = toy_reference(&kind);
    for (int64_t at = 0;; at++) {
        store *s = store_create();
        toy *t = toy_create_stored(&kind, s);
        s->fail_write = at;
        s->fail_with = outcomes[_i];
        const dlc_status status = toy_execute(t, s);
        if (status == DLC_OK) {
            ck_assert_int_gt(at, 100);
            toy_free(t);
            store_free(s);
            break;
        }
        /* One DATA is enough for a state as small as this. */
        char text[100];
        snprintf(text, sizeof text, "the checkpoint's write callback failed at step %s", steps[at % 3]);
        ck_assert_int_eq(status, DLC_ERROR_CALLBACK);
        ck_assert_str_eq(message(t->run), text);
        ck_assert_int_eq(s->steps[DLC_CHECKPOINT_ABORT], at % 3 > 0);
        ck_assert_int_eq(s->is_open, 0);
        ck_assert_int_eq(s->commit_count, at / 3);
        ck_assert_int_eq(calls_of_write(s), at + 1 + (at % 3 > 0));
        ck_assert_int_eq(dlc_score_visited_count(t->score), 0);
        /* The same handle goes on from the one before. */
        s->fail_write = -1;
        ck_ok(toy_execute(t, s), message(t->run));
        ck_assert_int_eq(dlc_run_resumed_pass(t->run), at < 3 ? -1 : (at / 3 - 1) / 6);
        ck_assert_int_eq(dlc_run_resumed_samples(t->run), at < 3 ? -1 : (at / 3 - 1) % 6 * TOY_BATCH);
        const toy_results results = toy_results_of(t);
        toy_assert_same(&results, &reference);
        toy_free(t);
        store_free(s);
    }
}
END_TEST

/* An ABORT that fails changes nothing. */
START_TEST(the_outcome_of_abort_is_not_asked_for) {
    store *s = store_create();
    toy *t = toy_create_stored(&kind, s);
    s->fail_write = 4;
    s->fail_with = -1;
    ck_fails(toy_execute(t, s), DLC_ERROR_CALLBACK, message(t->run), "step DATA");
    ck_assert_int_eq(s->steps[DLC_CHECKPOINT_ABORT], 1);
    s->fail_write = 7; /* BEGIN is 6; then ABORT */
    ck_fails(toy_execute(t, s), DLC_ERROR_CALLBACK, message(t->run), "step DATA");
    toy_free(t);
    store_free(s);
}
END_TEST

/* Who cancels counts on the checkpoint: its failure is told. After another error that error is. */
START_TEST(a_last_checkpoint_that_fails) {
    static const struct {
        toy_stop stop;
        dlc_status status;
        const char *part;
    } stops[] = {
        {TOY_CANCEL, DLC_ERROR_CALLBACK, "the checkpoint's write callback failed at step"},
        {TOY_PROGRESS, DLC_ERROR_CALLBACK, "the checkpoint's write callback failed at step"},
        {TOY_RAISE, DLC_ERROR_CALLBACK, "the forward callback failed at level"},
        {TOY_NAN, DLC_ERROR_DATA, "is NaN"},
    };
    for (int64_t step = 3; step < 6; step++) { /* the first three are of the checkpoint before the first batch */
        store *s = store_create();
        toy *t = toy_create_stored(&kind, s);
        ck_ok(dlc_run_set_checkpoint_interval(t->run, INFINITY), message(t->run));
        t->stop = stops[_i].stop;
        t->stop_at = 3;
        s->fail_write = step;
        s->fail_with = -1;
        ck_fails(toy_execute(t, s), stops[_i].status, message(t->run), stops[_i].part);
        ck_assert_int_eq(s->commit_count, 1);
        toy_free(t);
        store_free(s);
    }
}
END_TEST

START_TEST(g5_a_read_that_fails_stops_the_run) {
    static const struct {
        int64_t outcome; /* beyond what was asked for; -1: left as it was */
        const char *part;
    } outcomes[] = {
        {-1, "the checkpoint's read callback failed"},
        {1, "the checkpoint's read callback read 131073 of 131072 bytes"},
        {-131074, "the checkpoint's read callback read -2 of 131072 bytes"},
        {INT64_MAX - 131072, "the checkpoint's read callback read 9223372036854775807 of 131072 bytes"},
    };
    store *s = store_create();
    toy *t = toy_create_stored(&kind, s);
    ck_ok(toy_execute(t, s), message(t->run));
    /* Two calls read it: the second finds the end. */
    const int64_t begun = s->steps[DLC_CHECKPOINT_BEGIN];
    s->reads = 0;
    s->fail_read = 0;
    s->fail_with = outcomes[_i].outcome;
    ck_fails(toy_execute(t, s), DLC_ERROR_CALLBACK, message(t->run), outcomes[_i].part);
    ck_assert_int_eq(t->calls, 0);
    ck_assert_int_eq(s->steps[DLC_CHECKPOINT_BEGIN], begun);
    s->fail_read = -1;
    ck_ok(toy_execute(t, s), message(t->run));
    ck_assert_int_eq(t->calls, 0);
    toy_free(t);
    store_free(s);
}
END_TEST

/* Fewer bytes than asked for are the last: nothing is read after them. */
START_TEST(nothing_is_read_after_the_end) {
    store *s = store_create();
    toy *t = toy_create_stored(&kind, s);
    ck_ok(toy_execute(t, s), message(t->run));
    ck_assert_int_eq(s->reads, 1);
    ck_ok(toy_execute(t, s), message(t->run));
    ck_assert_int_eq(s->reads, 2);
    toy_free(t);
    store_free(s);
}
END_TEST

/* ---- Files ---- */

static toy *toy_with_file(const char *path) {
    toy *t = toy_create(&kind, NULL);
    ck_ok(dlc_run_set_checkpoint_file(t->run, path), message(t->run));
    ck_ok(dlc_run_set_checkpoint_interval(t->run, 0), message(t->run));
    return t;
}

START_TEST(g5_a_file_goes_on_to_the_same_bits) {
    const toy_results reference = toy_reference(&kind);
    store none = {.fail_write = -1};
    for (int64_t at = 0; at < 40; at += 3) {
        char path[1024];
        snprintf(path, sizeof path, "%s", temp_path("run.ckpt"));
        toy *t = toy_with_file(path);
        memset(path, 'x', 5); /* it was copied */
        t->stop_at = at;
        ck_assert_int_eq(toy_execute(t, &none), DLC_ERROR_CANCELLED);
        ck_assert_int_eq(temp_entries(""), 1);
        toy_free(t);
        t = toy_with_file(temp_path("run.ckpt"));
        ck_ok(toy_execute(t, &none), message(t->run));
        ck_assert_int_eq(dlc_run_resumed_pass(t->run), (at + 1) / 6);
        ck_assert_int_eq(dlc_run_resumed_samples(t->run), (at + 1) % 6 * TOY_BATCH);
        const toy_results results = toy_results_of(t);
        toy_assert_same(&results, &reference);
        toy_free(t);
        ck_assert_int_eq(temp_entries(""), 1);
        ck_assert_int_eq(unlink(temp_path("run.ckpt")), 0);
    }
}
END_TEST

/* What cannot be a checkpoint file is found before the model is called. */
START_TEST(files_that_cannot_be) {
    static const struct {
        const char *name;
        dlc_status status;
        const char *part;
    } files[] = {
        {"none/run.ckpt", DLC_ERROR_IO, "cannot write"},     {"folder", DLC_ERROR_IO, "folder: it is a folder"},
        {"pipe", DLC_ERROR_IO, "pipe: it is not a regular"}, {"empty", DLC_ERROR_FORMAT, "empty is empty"},
        {"text", DLC_ERROR_FORMAT, "text is no checkpoint"}, {"text/run.ckpt", DLC_ERROR_IO, "Not a directory"},
    };
    store none = {.fail_write = -1};
    temp_subfolder("folder");
    ck_assert_int_eq(mkfifo(temp_path("pipe"), 0666), 0);
    write_bytes(temp_path("empty"), "", 0);
    write_bytes(temp_path("text"), "these are no numbers, and none of them is a checkpoint", 54);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        toy *t = toy_with_file(temp_path(files[i].name));
        ck_fails(toy_execute(t, &none), files[i].status, message(t->run), files[i].part);
        ck_assert_int_eq(t->calls, 0);
        toy_free(t);
    }
    ck_assert_int_eq(temp_entries(""), 4);
    ck_assert_int_eq(temp_entries("folder"), 0);
}
END_TEST

/* A limit on the size of files stands in for a disk that is full. */
START_TEST(g1_g4_a_full_disk_leaves_the_checkpoint_before) {
    const toy_results reference = toy_reference(&kind);
    store none = {.fail_write = -1};
    void (*old)(int) = signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit;
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
    int failed = 0, left_some = 0;
    for (rlim_t size = 0; size < 4000; size += 130) {
        const struct rlimit small = {size, limit.rlim_max};
        toy *t = toy_with_file(temp_path("run.ckpt"));
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
        const dlc_status status = toy_execute(t, &none);
        ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
        failed += status != DLC_OK;
        if (status != DLC_OK)
            ck_fails(status, DLC_ERROR_IO, message(t->run), "run.ckpt: File too large");
        const int entries = temp_entries("");
        ck_assert_int_le(entries, 1);
        left_some += status != DLC_OK && entries == 1;
        ck_ok(toy_execute(t, &none), message(t->run));
        ck_assert_int_eq(dlc_run_resumed_pass(t->run) >= 0, entries == 1);
        const toy_results results = toy_results_of(t);
        toy_assert_same(&results, &reference);
        toy_free(t);
        ck_assert_int_eq(unlink(temp_path("run.ckpt")), 0);
    }
    signal(SIGXFSZ, old);
    ck_assert_int_gt(failed, 10);
    ck_assert_int_gt(left_some, 3);
}
END_TEST

START_TEST(messages_name_the_file) {
    store none = {.fail_write = -1};
    toy *t = toy_with_file(temp_path("run.ckpt"));
    ck_ok(toy_execute(t, &none), message(t->run));
    toy_free(t);
    t = toy_with_file(temp_path("run.ckpt"));
    ck_ok(dlc_run_add_fingerprint(t->run, "images", "a", 1), message(t->run));
    ck_fails(toy_execute(t, &none), DLC_ERROR_STATE, message(t->run),
             "run.ckpt is of a run that differs in 'images', which it has not");
    size_t size = 0;
    unsigned char *bytes = read_bytes(temp_path("run.ckpt"), &size);
    bytes[size - 1] ^= 1;
    write_bytes(temp_path("run.ckpt"), bytes, size);
    free(bytes);
    toy_free(t);
    t = toy_with_file(temp_path("run.ckpt"));
    ck_fails(toy_execute(t, &none), DLC_ERROR_FORMAT, message(t->run), "run.ckpt is damaged");
    ck_assert_int_eq(unlink(temp_path("run.ckpt")), 0);
    ck_ok(toy_execute(t, &none), message(t->run));
    ck_assert_int_eq(dlc_run_resumed_pass(t->run), -1);
    toy_free(t);
}
END_TEST

/* ---- Memory ---- */

/* Every allocation fails in turn, once or from then on: of a run that starts anew, and of one that goes on. */
START_TEST(g1_g6_every_failed_allocation_is_reported) {
    static const toy_options kinds[] = {{.keep_curves = 1, .auto_spearman = 1}, {.keep_curves = 1}, {.keep_curves = 0}};
    const toy_options *own = &kinds[_i / 4];
    const int from_then_on = _i % 2, goes_on = _i / 2 % 2;
    const toy_results reference = toy_reference(own);
    for (int64_t n = 0;; n++) {
        store none = {.fail_write = -1};
        failing_allocator state = {.fail_at = -1, .from_then_on = from_then_on};
        dlc_allocator *allocator = failing_allocator_start(&state);
        toy *t = toy_create(own, allocator);
        ck_ok(dlc_run_set_checkpoint_file(t->run, temp_path("run.ckpt")), message(t->run));
        ck_ok(dlc_run_add_fingerprint(t->run, "images", "a", 1), message(t->run));
        t->stop_at = n % 7; /* in the unmasked pass too */
        if (goes_on)
            ck_assert_int_eq(toy_execute(t, &none), DLC_ERROR_CANCELLED);
        t->stop_at = -1;
        const int64_t first = state.calls;
        state.fail_at = first + n;
        const dlc_status status = toy_execute(t, &none);
        const int met = state.calls > first + n;
        state.fail_at = -1;
        if (!met)
            ck_assert_int_eq(status, DLC_OK);
        if (status != DLC_OK) /* without room to keep features a run succeeds all the same */
            ck_fails(status, DLC_ERROR_MEMORY, message(t->run), "memory");
        ck_ok(toy_execute(t, &none), message(t->run));
        const toy_results results = toy_results_of(t);
        toy_assert_same(&results, &reference);
        toy_free(t);
        dlc_allocator_free(allocator);
        ck_assert_int_eq(state.live, 0);
        ck_assert_int_eq(temp_entries(""), 1);
        ck_assert_int_eq(unlink(temp_path("run.ckpt")), 0);
        if (!met) {
            ck_assert_int_gt(n, 10);
            return;
        }
    }
}
END_TEST

START_TEST(g6_settings_that_get_no_memory_change_nothing) {
    store none = {.fail_write = -1};
    failing_allocator state = {.fail_at = -1};
    dlc_allocator *allocator = failing_allocator_start(&state);
    toy *t = toy_create(&kind, allocator);
    ck_ok(dlc_run_set_checkpoint_file(t->run, temp_path("a")), message(t->run));
    state.fail_at = state.calls;
    ck_fails(dlc_run_set_checkpoint_file(t->run, temp_path("b")), DLC_ERROR_MEMORY, message(t->run), "memory");
    for (int i = 0; i < 2; i++) { /* the list, and the name */
        state.fail_at = state.calls + i;
        ck_fails(dlc_run_add_fingerprint(t->run, "x", "a", 1), DLC_ERROR_MEMORY, message(t->run), "memory");
    }
    ck_ok(dlc_run_add_fingerprint(t->run, "x", "a", 1), message(t->run));
    ck_ok(toy_execute(t, &none), message(t->run));
    ck_assert_int_eq(temp_entries(""), 1);
    ck_assert_int_eq(access(temp_path("a"), F_OK), 0);
    toy_free(t);
    dlc_allocator_free(allocator);
    ck_assert_int_eq(state.live, 0);
}
END_TEST

/* The estimate counts checkpoints, and no second copy of the state is made for them. */
START_TEST(memory_is_counted) {
    for (int goes_on = 0; goes_on < 2; goes_on++) {
        store none = {.fail_write = -1};
        counting_allocator state = {0};
        dlc_allocator *allocator = counting_allocator_start(&state);
        toy *t = toy_create(&kind, allocator);
        int64_t with = 0, without = 0;
        ck_ok(dlc_mask_plan(t->mask), dlc_mask_message(t->mask)); /* its histograms are more than all the rest */
        ck_ok(dlc_run_memory_estimate(t->run, &without), message(t->run));
        ck_ok(dlc_run_set_checkpoint_file(t->run, temp_path("run.ckpt")), message(t->run));
        ck_ok(dlc_run_set_checkpoint_interval(t->run, 0), message(t->run));
        ck_ok(dlc_run_memory_estimate(t->run, &with), message(t->run));
        ck_assert_int_gt(with, without + 131072);
        ck_assert_int_lt(with, without + 131072 + 10000);
        t->stop_at = goes_on ? -1 : 20;
        state.peak = state.held;
        ck_assert_int_eq(toy_execute(t, &none), goes_on ? DLC_OK : DLC_ERROR_CANCELLED);
        ck_assert_int_le(state.peak, with + 10000); /* handles */
        ck_ok(dlc_run_set_memory_limit(t->run, without), message(t->run));
        ck_fails(toy_execute(t, &none), DLC_ERROR_LIMIT, message(t->run), "more than the limit");
        toy_free(t);
        dlc_allocator_free(allocator);
        ck_assert_int_eq(state.held, 0);
    }
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("checkpoint_failure");
    TCase *callbacks = tcase_create("callbacks");
    tcase_set_timeout(callbacks, 300);
    tcase_add_loop_test(callbacks, g1_g4_g5_a_write_that_fails_stops_the_run, 0, 3);
    tcase_add_test(callbacks, the_outcome_of_abort_is_not_asked_for);
    tcase_add_loop_test(callbacks, a_last_checkpoint_that_fails, 0, 4);
    tcase_add_loop_test(callbacks, g5_a_read_that_fails_stops_the_run, 0, 4);
    tcase_add_test(callbacks, nothing_is_read_after_the_end);
    suite_add_tcase(suite, callbacks);
    TCase *files = tcase_create("files");
    tcase_set_timeout(files, 300);
    tcase_add_checked_fixture(files, temp_folder_make, temp_folder_remove);
    tcase_add_test(files, g5_a_file_goes_on_to_the_same_bits);
    tcase_add_test(files, files_that_cannot_be);
    tcase_add_test(files, g1_g4_a_full_disk_leaves_the_checkpoint_before);
    tcase_add_test(files, messages_name_the_file);
    tcase_add_loop_test(files, g1_g6_every_failed_allocation_is_reported, 0, 12);
    tcase_add_test(files, g6_settings_that_get_no_memory_change_nothing);
    tcase_add_test(files, memory_is_counted);
    suite_add_tcase(suite, files);
    return suite;
}
