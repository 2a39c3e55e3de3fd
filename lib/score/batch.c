/* batch.c - checks a batch and keeps track of the samples that came (batch.h). Records nothing. */
#include "batch.h"

#include "../base/parallel.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/* ---- Shape ---- */

static dlc_status check_shape(dlc_score *score, const dlc_batch *batch) {
    const int64_t samples = score->settings.samples;
    const int64_t width = score->settings.width;
    if (batch->rows < 0)
        return dlc_fail(&score->error, DLC_ERROR_ARGUMENT, "rows %" PRId64 " is negative", batch->rows);
    if (!batch->data && batch->rows > 0)
        return dlc_fail(&score->error, DLC_ERROR_ARGUMENT, "data is NULL");
    if (batch->rows > 1 && batch->stride < width)
        return dlc_fail(&score->error, DLC_ERROR_ARGUMENT, "stride %" PRId64 " is below the width %" PRId64,
                        batch->stride, width);
    if (batch->samples)
        return DLC_OK;
    const int64_t end = batch->origin + samples;
    if (batch->first < batch->origin || batch->first > end || batch->rows > end - batch->first)
        return dlc_fail(&score->error, DLC_ERROR_ARGUMENT,
                        "%" PRId64 " rows from sample %" PRId64 " on are not within samples %" PRId64 " to %" PRId64,
                        batch->rows, batch->first, batch->origin, end - 1);
    return DLC_OK;
}

/* ---- Samples that were seen ---- */

static uint64_t seen_bit(int64_t sample) {
    return UINT64_C(1) << (sample % 64);
}

static int64_t seen_words(const dlc_score *score) {
    return dlc_score_seen_bytes(score->settings.samples) / (int64_t)sizeof *score->seen;
}

static void unmark(dlc_score *score, const dlc_batch *batch, int64_t rows) {
    for (int64_t row = 0; row < rows; row++) {
        const int64_t sample = dlc_batch_sample(batch, row);
        score->seen[sample / 64] &= ~seen_bit(sample);
    }
}

static dlc_status fail_twice(dlc_score *score, int64_t number) {
    if (score->level == DLC_NO_LEVEL)
        return dlc_fail(&score->error, DLC_ERROR_DATA, "the features of sample %" PRId64 " come a second time", number);
    return dlc_fail(&score->error, DLC_ERROR_DATA, "sample %" PRId64 " is observed a second time at level %" PRId64,
                    number, score->level);
}

static dlc_status mark(dlc_score *score, const dlc_batch *batch) {
    const int64_t end = batch->origin + score->settings.samples;
    for (int64_t row = 0; row < batch->rows; row++) {
        const int64_t number = dlc_batch_number(batch, row);
        if (number < batch->origin || number >= end) {
            unmark(score, batch, row);
            return dlc_fail(&score->error, DLC_ERROR_ARGUMENT,
                            "sample %" PRId64 " of row %" PRId64 " is not within samples %" PRId64 " to %" PRId64,
                            number, row, batch->origin, end - 1);
        }
        const int64_t sample = dlc_batch_sample(batch, row);
        uint64_t *word = &score->seen[sample / 64];
        if (*word & seen_bit(sample)) {
            unmark(score, batch, row);
            return fail_twice(score, number);
        }
        *word |= seen_bit(sample);
    }
    return DLC_OK;
}

dlc_status dlc_batch_all_seen(dlc_score *score) {
    const int64_t samples = score->settings.samples;
    int64_t missing = 0;
    int64_t first = 0;
    for (int64_t word = 0; word < seen_words(score); word++) {
        const int64_t count = samples - word * 64 < 64 ? samples - word * 64 : 64;
        const uint64_t all = count == 64 ? UINT64_MAX : (UINT64_C(1) << count) - 1;
        for (uint64_t rest = all & ~score->seen[word]; rest != 0; rest &= rest - 1) {
            if (missing++ > 0)
                continue;
            first = word * 64;
            while (score->seen[word] & seen_bit(first))
                first++;
        }
    }
    if (missing == 0)
        return DLC_OK;
    first += score->settings.first;
    char more[64] = "";
    if (missing > 1)
        snprintf(more, sizeof more, " (nor %" PRId64 " others)", missing - 1);
    if (score->level == DLC_NO_LEVEL)
        return dlc_fail(&score->error, DLC_ERROR_DATA, "the features of sample %" PRId64 " never came%s", first, more);
    return dlc_fail(&score->error, DLC_ERROR_DATA, "sample %" PRId64 " was not observed at level %" PRId64 "%s", first,
                    score->level, more);
}

int dlc_batch_is_seen(const dlc_score *score, int64_t sample) {
    return (score->seen[sample / 64] & seen_bit(sample)) != 0;
}

void dlc_batch_forget_seen(dlc_score *score) {
    if (score->seen)
        memset(score->seen, 0, (size_t)dlc_score_seen_bytes(score->settings.samples));
}

/* ---- NaN and infinity ---- */

/* Rows of one task. */
#define CHECK_ROWS 1024

typedef struct dlc_check {
    const dlc_batch *batch;
    int64_t width;
    _Atomic int64_t first_bad_row; /* batch->rows where there is none */
} dlc_check;

/* No early exit: the loop vectorises, and nearly every row is good. */
static int all_finite(const float *values, int64_t count) {
    int finite = 1;
    for (int64_t i = 0; i < count; i++)
        finite &= dlc_is_finite(values[i]);
    return finite;
}

static void check_rows(void *context, int64_t task, int32_t thread) {
    (void)thread;
    dlc_check *check = context;
    int64_t row = task * CHECK_ROWS;
    const int64_t end = row + CHECK_ROWS < check->batch->rows ? row + CHECK_ROWS : check->batch->rows;
    while (row < end && all_finite(dlc_batch_row(check->batch, row), check->width))
        row++;
    if (row == end)
        return;
    int64_t lowest = atomic_load(&check->first_bad_row);
    while (row < lowest && !atomic_compare_exchange_weak(&check->first_bad_row, &lowest, row))
        ;
}

static dlc_status fail_not_finite(dlc_score *score, const dlc_batch *batch, int64_t row) {
    const float *values = dlc_batch_row(batch, row);
    int64_t place = 0;
    while (dlc_is_finite(values[place]))
        place++;
    const char *what = dlc_not_finite_text(values[place]);
    const int64_t sample = dlc_batch_number(batch, row);
    if (score->level == DLC_NO_LEVEL)
        return dlc_fail(&score->error, DLC_ERROR_DATA, "feature %" PRId64 " of sample %" PRId64 " is %s", place, sample,
                        what);
    if (score->settings.head == DLC_HEAD_LOSS)
        return dlc_fail(&score->error, DLC_ERROR_DATA, "the loss of sample %" PRId64 " at level %" PRId64 " is %s",
                        sample, score->level, what);
    return dlc_fail(&score->error, DLC_ERROR_DATA, "%s %" PRId64 " of sample %" PRId64 " at level %" PRId64 " is %s",
                    score->settings.head == DLC_HEAD_CENTROID ? "feature" : "logit", place, sample, score->level, what);
}

static dlc_status check_values(dlc_score *score, const dlc_batch *batch) {
    dlc_check check = {.batch = batch, .width = score->settings.width, .first_bad_row = batch->rows};
    const double nanoseconds = 0.2 * (double)batch->rows * (double)check.width;
    dlc_parallel(dlc_score_threads_for(score, nanoseconds), (batch->rows + CHECK_ROWS - 1) / CHECK_ROWS, check_rows,
                 &check);
    const int64_t row = atomic_load(&check.first_bad_row);
    return row == batch->rows ? DLC_OK : fail_not_finite(score, batch, row);
}

dlc_status dlc_batch_accept(dlc_score *score, const dlc_batch *batch) {
    DLC_TRY(check_shape(score, batch));
    DLC_TRY(mark(score, batch));
    const dlc_status status = check_values(score, batch);
    if (status != DLC_OK)
        unmark(score, batch, batch->rows);
    return status;
}
