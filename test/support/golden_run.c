/* golden_run.c - see golden_run.h. */
#include "golden_run.h"

#include <math.h>
#include <stdlib.h>

static void forward(void *user, int64_t level, int64_t first, int64_t rows, float *out, int64_t *rows_written) {
    model *m = user;
    const int64_t call = m->calls++;
    m->extra_calls += level == -1;
    ck_assert_int_eq(*rows_written, -1);
    ck_assert(isnan(out[0]) && isnan(out[rows * DIM - 1]));
    for (int64_t r = 0; r < rows; r++) {
        float hidden[HIDDEN];
        for (int h = 0; h < HIDDEN; h++) {
            float sum = 0;
            for (int i = 0; i < INPUTS; i++)
                sum += m->x[(first + r) * INPUTS + i] * m->w1[h * INPUTS + i];
            hidden[h] = sum > 0 ? sum : 0;
        }
        for (int d = 0; d < DIM; d++) {
            float sum = 0;
            for (int h = 0; h < HIDDEN; h++)
                sum += hidden[h] * m->w2[d * HIDDEN + h];
            out[r * DIM + d] = sum;
        }
    }
    *rows_written = rows;
    if (call != m->at)
        return;
    if (m->trouble == RAISE)
        *rows_written = -1;
    if (m->trouble == SHORT)
        *rows_written = rows - 1;
    if (m->trouble == LONG)
        *rows_written = rows + 1;
    if (m->trouble == NOT_A_NUMBER)
        out[rows * DIM - 1] = NAN;
    if (m->trouble == CANCEL)
        dlc_run_cancel(m->run);
}

static void report(void *user, int64_t pass, int64_t passes, int64_t samples_done, int64_t samples, int32_t *go_on) {
    model *m = user;
    ck_assert_int_eq(*go_on, -1);
    ck_assert(samples_done > 0 && samples_done <= samples && samples == m->samples);
    ck_assert(pass >= m->last_pass && pass < passes);
    m->last_pass = pass;
    m->passes = passes;
    if (m->reports++ != m->stop_after_reports)
        *go_on = 1;
}

static float *copy_of(const float *values, int64_t count) {
    float *copy = malloc((size_t)count * sizeof *copy);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, values, (size_t)count * sizeof *copy);
    return copy;
}

model *model_create(const char *golden, const dlc_allocator *allocator) {
    model *m = calloc(1, sizeof *m);
    ck_assert_ptr_nonnull(m);
    int64_t count = 0;
    m->x = golden_array(golden, "x.npy", "<f4", &count);
    m->w1 = golden_array(golden, "w1.npy", "<f4", &count);
    m->w2 = golden_array(golden, "w2.npy", "<f4", &count);
    m->saved_w1 = copy_of(m->w1, HIDDEN * INPUTS);
    m->saved_w2 = copy_of(m->w2, DIM * HIDDEN);
    m->labels = golden_array(golden, "labels.npy", "<i8", &m->samples);
    for (int64_t i = 0; i < m->samples; i++)
        m->classes = m->labels[i] >= m->classes ? m->labels[i] + 1 : m->classes;
    m->at = m->stop_after_reports = -1;
    ck_ok(dlc_mask_create(allocator, &m->mask), "mask");
    ck_ok(dlc_score_create(allocator, &m->score), "score");
    ck_ok(dlc_run_create(allocator, &m->run), "run");
    ck_ok(dlc_mask_add_tensor(m->mask, "w1", DLC_DTYPE_F32, m->w1, HIDDEN * INPUTS, 1), dlc_mask_message(m->mask));
    ck_ok(dlc_mask_add_tensor(m->mask, "w2", DLC_DTYPE_F32, m->w2, DIM * HIDDEN, 1), dlc_mask_message(m->mask));
    ck_ok(dlc_score_set_samples(m->score, m->samples, m->labels, m->classes), dlc_score_message(m->score));
    ck_ok(dlc_score_set_head(m->score, DLC_HEAD_CENTROID, DIM), dlc_score_message(m->score));
    ck_ok(dlc_score_set_keep_curves(m->score, 1), dlc_score_message(m->score));
    ck_ok(dlc_run_set_mask(m->run, m->mask), dlc_run_message(m->run));
    ck_ok(dlc_run_set_score(m->run, m->score), dlc_run_message(m->run));
    ck_ok(dlc_run_set_forward(m->run, forward, m), dlc_run_message(m->run));
    ck_ok(dlc_run_set_progress(m->run, report, m), dlc_run_message(m->run));
    return m;
}

void assert_weights_untouched(const model *m) {
    ck_assert_mem_eq(m->w1, m->saved_w1, HIDDEN * INPUTS * sizeof *m->w1);
    ck_assert_mem_eq(m->w2, m->saved_w2, DIM * HIDDEN * sizeof *m->w2);
}

void model_free(model *m) {
    dlc_run_free(m->run);
    dlc_score_free(m->score);
    dlc_mask_free(m->mask);
    assert_weights_untouched(m);
    free(m->x);
    free(m->w1);
    free(m->w2);
    free(m->saved_w1);
    free(m->saved_w2);
    free(m->labels);
    free(m);
}

void execute(model *m) {
    m->calls = m->extra_calls = m->reports = m->last_pass = 0;
    ck_ok(dlc_run_execute(m->run), dlc_run_message(m->run));
    assert_weights_untouched(m);
}

float *scores_of(model *m) {
    float *scores = calloc((size_t)m->samples, sizeof *scores);
    ck_assert_ptr_nonnull(scores);
    ck_ok(dlc_score_get_scores(m->score, scores), dlc_score_message(m->score));
    return scores;
}
