/*
 * memory_estimate_tests.c - dlc_run_memory_estimate() against what a run really holds: never below it, and at most a
 * tenth above, whatever the largest piece is. (The estimates of mask and score alone: mask_usage_tests.c,
 * score_memory_tests.c.)
 */
#include "files.h"
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct shape {
    const char *largest;
    int64_t samples, classes, width, weights, levels, batch;
    int32_t dtype, head, keep_curves, criterion, threads;
    double automatic;
    int starts_masked, no_room, checkpoint, exchange;
} shape;

static const shape shapes[] = {
    {"the plan", 1000, 10, 8, 500000, 3, 64, DLC_DTYPE_F32, .threads = 2},
    {"the values of the masked weights", 500, 10, 8, 4000000, 3, 64, DLC_DTYPE_F32, .threads = 1},
    {"the same of bfloat16", 500, 10, 8, 8000000, 3, 64, DLC_DTYPE_BF16, .threads = 1},
    {"the same of float64", 500, 10, 8, 2500000, 3, 64, DLC_DTYPE_F64, .threads = 1},
    {"masked weights in random order", 500, 10, 8, 4000000, 3, 64, DLC_DTYPE_F32, .criterion = DLC_CRITERION_RANDOM,
     .threads = 1},
    {"kept features", 10000, 10, 256, 1000, 3, 64, DLC_DTYPE_F32, .threads = 1},
    {"no room for those", 10000, 10, 256, 1000, 3, 64, DLC_DTYPE_F32, .threads = 1, .no_room = 1},
    {"no features to keep", 10000, 10, 256, 1000, 3, 64, DLC_DTYPE_F32, .threads = 1, .starts_masked = 1},
    {"class sums", 4000, 1000, 128, 1000, 2, 64, DLC_DTYPE_F32, .threads = 2, .starts_masked = 1},
    {"class sums that are exchanged", 4000, 1000, 128, 1000, 2, 64, DLC_DTYPE_F32, .threads = 2, .starts_masked = 1,
     .exchange = 1},
    {"class sums of one number", 20000, 20000, 1, 1000, 1, 4096, DLC_DTYPE_F32, .starts_masked = 1, .threads = 1},
    {"curves", 100000, 10, 10, 1000, 20, 4096, DLC_DTYPE_F32, .head = DLC_HEAD_LOGITS, .keep_curves = 1, .threads = 1},
    {"running sums", 500000, 1, 1, 1000, 2, 65536, DLC_DTYPE_F32, .head = DLC_HEAD_LOSS, .threads = 1},
    {"the ranking of automatic levels", 150000, 10, 10, 1000, 3, 16384, DLC_DTYPE_F32, .head = DLC_HEAD_LOGITS,
     .keep_curves = 1, .automatic = 1, .threads = 1},
    {"one batch", 5000, 10, 512, 1000, 2, 5000, DLC_DTYPE_F32, .threads = 2, .starts_masked = 1},
    {"a batch of logits", 1500, 1500, 1500, 1000, 2, 1500, DLC_DTYPE_F32, .head = DLC_HEAD_LOGITS, .threads = 4},
    {"a checkpoint", 50000, 10, 10, 100, 30, 64, DLC_DTYPE_F32, .threads = 1, .keep_curves = 1, .checkpoint = 1,
     .starts_masked = 1},
};

static void forward(void *user, int64_t level, int64_t first, int64_t rows, float *out, int64_t *rows_written) {
    const shape *of = user;
    uint64_t state = (uint64_t)(first + level + 7);
    for (int64_t i = 0; i < rows * of->width; i++) {
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407U;
        out[i] = (float)(state >> 40) / 65536;
    }
    *rows_written = rows;
}

/* One part is all there is. */
static void exchange(void *user, void *sums, int64_t bytes, int32_t *done) {
    (void)user;
    ck_assert(sums != NULL && bytes > 0);
    *done = 1;
}

START_TEST(estimate_is_near_the_peak) {
    shape of = shapes[_i];
    counting_allocator used = {0, 0};
    dlc_allocator *allocator = counting_allocator_start(&used);
    dlc_mask *mask = NULL;
    dlc_score *score = NULL;
    dlc_run *run = NULL;
    ck_ok(dlc_mask_create(allocator, &mask), "mask");
    ck_ok(dlc_score_create(allocator, &score), "score");
    ck_ok(dlc_run_create(allocator, &run), "run");
    dlc_allocator_free(allocator);

    const int64_t size = dlc_dtype_size(of.dtype);
    unsigned char *weights = malloc((size_t)(of.weights * size));
    int64_t *labels = malloc((size_t)of.samples * sizeof *labels);
    uint64_t state = 9;
    for (int64_t i = 0; i < of.weights * size; i++)
        weights[i] = (unsigned char)((state = state * 5 + 3) >> 8 & (i % size == size - 1 ? 0x2F : 0xFF));
    for (int64_t i = 0; i < of.samples; i++)
        labels[i] = i % of.classes;
    ck_ok(dlc_mask_add_tensor(mask, "weights", of.dtype, weights, of.weights, 1), dlc_mask_message(mask));
    ck_ok(dlc_mask_set_linear(mask, of.starts_masked ? 0.1 : 0, 0.9, of.levels), dlc_mask_message(mask));
    ck_ok(dlc_mask_set_criterion(mask, of.criterion), dlc_mask_message(mask));
    ck_ok(dlc_mask_set_threads(mask, of.threads), dlc_mask_message(mask));
    ck_ok(dlc_score_set_samples(score, of.samples, of.head == DLC_HEAD_LOSS ? NULL : labels,
                                of.head == DLC_HEAD_LOSS ? 0 : of.classes),
          dlc_score_message(score));
    ck_ok(dlc_score_set_head(score, of.head, of.width), dlc_score_message(score));
    ck_ok(dlc_score_set_keep_curves(score, of.keep_curves), dlc_score_message(score));
    ck_ok(dlc_score_set_threads(score, of.threads), dlc_score_message(score));
    ck_ok(dlc_run_set_mask(run, mask), dlc_run_message(run));
    ck_ok(dlc_run_set_score(run, score), dlc_run_message(run));
    ck_ok(dlc_run_set_forward(run, forward, &of), dlc_run_message(run));
    ck_ok(dlc_run_set_batch(run, of.batch), dlc_run_message(run));
    ck_ok(dlc_run_set_auto(run, of.automatic), dlc_run_message(run));
    ck_ok(dlc_run_set_exchange(run, of.exchange ? exchange : NULL, NULL), dlc_run_message(run));
    if (of.checkpoint)
        ck_ok(dlc_run_set_checkpoint_file(run, temp_path("run.ckpt")), dlc_run_message(run));

    int64_t estimate = 0;
    ck_ok(dlc_run_memory_estimate(run, &estimate), dlc_run_message(run));
    if (of.no_room) {
        const int64_t with_room = estimate;
        ck_ok(dlc_run_set_memory_limit(run, with_room - 1), dlc_run_message(run));
        ck_ok(dlc_run_memory_estimate(run, &estimate), dlc_run_message(run));
        ck_assert_int_lt(estimate, with_room / 2);
    }
    ck_ok(dlc_run_execute(run), dlc_run_message(run));
    ck_assert_msg(used.peak <= estimate && (double)estimate <= 1.1 * (double)used.peak,
                  "%s: estimate %lld, peak %lld, %+.1f %%", of.largest, (long long)estimate, (long long)used.peak,
                  100 * ((double)estimate / (double)used.peak - 1));
    printf("%s: %lld bytes, the estimate is %+.2f %% off\n", of.largest, (long long)used.peak,
           100 * ((double)estimate / (double)used.peak - 1));

    /* Within that limit it runs again; a run that would need more does not start. */
    ck_ok(dlc_run_set_memory_limit(run, estimate), dlc_run_message(run));
    unlink(temp_path("run.ckpt"));
    ck_ok(dlc_run_execute(run), dlc_run_message(run));
    ck_ok(dlc_run_set_memory_limit(run, 5000), dlc_run_message(run));
    ck_fails(dlc_run_execute(run), DLC_ERROR_LIMIT, dlc_run_message(run), "more than the limit of");
    dlc_run_free(run);
    dlc_score_free(score);
    dlc_mask_free(mask);
    ck_assert_int_eq(used.held, 0);
    free(weights);
    free(labels);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("memory_estimate");
    TCase *tcase = tcase_create("memory_estimate");
    tcase_set_timeout(tcase, 120);
    tcase_add_checked_fixture(tcase, temp_folder_make, temp_folder_remove);
    tcase_add_loop_test(tcase, estimate_is_near_the_peak, 0, (int)(sizeof shapes / sizeof shapes[0]));
    suite_add_tcase(suite, tcase);
    return suite;
}
