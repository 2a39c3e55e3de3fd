/* toy_run.c - see toy_run.h. */
#include "toy_run.h"

#include <math.h>
#include <stdlib.h>

/* ---- Checkpoints in memory ---- */

static blob copy_of(const unsigned char *bytes, int64_t size) {
    blob copy = {malloc((size_t)size + 1), size};
    ck_assert_ptr_nonnull(copy.bytes);
    if (size > 0)
        memcpy(copy.bytes, bytes, (size_t)size);
    return copy;
}

store *store_create(void) {
    store *s = calloc(1, sizeof *s);
    ck_assert_ptr_nonnull(s);
    s->fail_write = s->fail_read = -1;
    return s;
}

void store_free(store *s) {
    for (int64_t i = 0; i < s->commit_count && s->keeps_all; i++)
        free(s->commits[i].bytes);
    free(s->last.bytes);
    free(s->pending.bytes);
    free(s);
}

void store_put(store *s, const unsigned char *bytes, int64_t size) {
    free(s->last.bytes);
    s->last = copy_of(bytes, size);
}

static void append(blob *to, const void *data, int64_t size) {
    to->bytes = realloc(to->bytes, (size_t)(to->size + size));
    ck_assert_ptr_nonnull(to->bytes);
    memcpy(to->bytes + to->size, data, (size_t)size);
    to->size += size;
}

void store_write(void *user, int32_t step, const void *data, int64_t size, int32_t *done) {
    store *s = user;
    int64_t call = 0;
    ck_assert(step >= DLC_CHECKPOINT_BEGIN && step <= DLC_CHECKPOINT_ABORT);
    for (int i = 0; i < 4; i++)
        call += s->steps[i];
    s->steps[step]++;
    ck_assert_int_eq(*done, -1);
    ck_assert_int_eq(s->is_open, step != DLC_CHECKPOINT_BEGIN);
    ck_assert(step == DLC_CHECKPOINT_DATA ? data != NULL && size > 0 : data == NULL && size == 0);
    if (call == s->fail_write) {
        *done = (int32_t)s->fail_with;
        return;
    }
    if (step == DLC_CHECKPOINT_DATA)
        append(&s->pending, data, size);
    if (step == DLC_CHECKPOINT_COMMIT) {
        free(s->last.bytes);
        s->last = s->pending;
        if (s->keeps_all) {
            ck_assert_int_lt(s->commit_count, STORE_COMMITS_MAX);
            s->commits[s->commit_count] = copy_of(s->last.bytes, s->last.size);
        }
        s->commit_count++;
    }
    if (step == DLC_CHECKPOINT_ABORT)
        free(s->pending.bytes);
    if (step != DLC_CHECKPOINT_DATA)
        s->pending = (blob){0};
    s->is_open = step == DLC_CHECKPOINT_BEGIN || step == DLC_CHECKPOINT_DATA;
    *done = 1;
}

void store_read(void *user, void *data, int64_t size, int64_t *read) {
    store *s = user;
    ck_assert_int_eq(*read, -1);
    ck_assert_int_gt(size, 0);
    const int64_t call = s->reads++, rest = s->last.size - s->read_at;
    const int64_t count = size < rest ? size : rest;
    if (count > 0)
        memcpy(data, s->last.bytes + s->read_at, (size_t)count);
    s->read_at += count;
    *read = count;
    if (call == s->fail_read)
        *read = s->fail_with == -1 ? -1 : size + s->fail_with;
}

/* ---- Runs ---- */

static void forward(void *user, int64_t level, int64_t first, int64_t rows, float *out, int64_t *rows_written) {
    toy *t = user;
    const int64_t call = t->calls++;
    (void)level;
    t->rows += rows;
    for (int64_t r = 0; r < rows; r++)
        for (int64_t d = 0; d < t->width; d++) {
            float sum = 0;
            for (int i = 0; i < TOY_INPUTS; i++)
                sum += t->x[(first + r) * TOY_INPUTS + i] * t->weights[d * TOY_INPUTS + i];
            out[r * t->width + d] = t->options.head == DLC_HEAD_LOSS ? sum * sum : sum;
        }
    *rows_written = rows;
    if (call != t->stop_at)
        return;
    if (t->stop == TOY_CANCEL)
        dlc_run_cancel(t->run);
    if (t->stop == TOY_RAISE)
        *rows_written = -1;
    if (t->stop == TOY_NAN)
        out[0] = NAN;
}

static void report(void *user, int64_t pass, int64_t passes, int64_t samples_done, int64_t samples, int32_t *go_on) {
    toy *t = user;
    ck_assert(pass >= 0 && pass < passes && passes >= TOY_LEVELS && passes <= TOY_LEVELS + 1);
    ck_assert(samples_done > 0 && samples_done <= samples && samples == t->samples);
    if (t->reports++ != t->stop_at || t->stop != TOY_PROGRESS)
        *go_on = 1;
}

toy *toy_create(const toy_options *options, const dlc_allocator *allocator) {
    toy *t = calloc(1, sizeof *t);
    ck_assert_ptr_nonnull(t);
    t->options = *options;
    uint64_t seed = 5;
    for (int i = 0; i < TOY_SAMPLES * TOY_INPUTS; i++)
        t->x[i] = (float)(test_uniform(&seed) - 0.3);
    for (int i = 0; i < TOY_WIDTH * TOY_INPUTS; i++)
        t->saved_weights[i] = t->weights[i] = (float)(test_uniform(&seed) - 0.5);
    for (int i = 0; i < 7; i++)
        t->saved_others[i] = t->others[i] = (uint16_t)(1000 * i);
    for (int i = 0; i < TOY_SAMPLES; i++)
        t->labels[i] = i % TOY_CLASSES;
    t->width = options->head == DLC_HEAD_CENTROID ? TOY_WIDTH : options->head == DLC_HEAD_LOGITS ? TOY_CLASSES : 1;
    t->samples = options->count > 0 ? options->count : TOY_SAMPLES;
    t->stop_at = -1;
    ck_ok(dlc_mask_create(allocator, &t->mask), "mask");
    ck_ok(dlc_score_create(allocator, &t->score), "score");
    ck_ok(dlc_run_create(allocator, &t->run), "run");
    ck_ok(dlc_mask_add_tensor(t->mask, "weights", DLC_DTYPE_F32, t->weights, TOY_WIDTH * TOY_INPUTS, 1),
          dlc_mask_message(t->mask));
    ck_ok(dlc_mask_add_tensor(t->mask, "others", DLC_DTYPE_F16, t->others, 7, 0), dlc_mask_message(t->mask));
    ck_ok(dlc_mask_set_linear(t->mask, options->starts_masked ? 0.1 : 0, 0.9, TOY_LEVELS), dlc_mask_message(t->mask));
    ck_ok(dlc_mask_set_criterion(t->mask, options->criterion), dlc_mask_message(t->mask));
    const int has_labels = options->head != DLC_HEAD_LOSS;
    ck_ok(dlc_score_set_samples(t->score, t->samples, has_labels ? t->labels + options->first : NULL,
                                has_labels ? TOY_CLASSES : 0),
          dlc_score_message(t->score));
    ck_ok(dlc_score_set_range(t->score, options->first), dlc_score_message(t->score));
    ck_ok(dlc_score_set_head(t->score, options->head, t->width), dlc_score_message(t->score));
    ck_ok(dlc_score_set_observation(t->score, options->observation), dlc_score_message(t->score));
    ck_ok(dlc_score_set_keep_curves(t->score, options->keep_curves), dlc_score_message(t->score));
    if (options->given_centroids)
        ck_ok(dlc_score_set_centroids(t->score, t->x), dlc_score_message(t->score));
    ck_ok(dlc_run_set_mask(t->run, t->mask), dlc_run_message(t->run));
    ck_ok(dlc_run_set_score(t->run, t->score), dlc_run_message(t->run));
    ck_ok(dlc_run_set_forward(t->run, forward, t), dlc_run_message(t->run));
    ck_ok(dlc_run_set_progress(t->run, report, t), dlc_run_message(t->run));
    ck_ok(dlc_run_set_batch(t->run, TOY_BATCH), dlc_run_message(t->run));
    ck_ok(dlc_run_set_auto(t->run, options->auto_spearman), dlc_run_message(t->run));
    return t;
}

void toy_store_in(toy *t, store *s) {
    ck_ok(dlc_run_set_checkpoint(t->run, store_write, store_read, s), dlc_run_message(t->run));
    ck_ok(dlc_run_set_checkpoint_interval(t->run, 0), dlc_run_message(t->run));
}

toy *toy_create_stored(const toy_options *options, store *s) {
    toy *t = toy_create(options, NULL);
    toy_store_in(t, s);
    return t;
}

void toy_assert_weights_untouched(const toy *t) {
    ck_assert_mem_eq(t->weights, t->saved_weights, sizeof t->weights);
    ck_assert_mem_eq(t->others, t->saved_others, sizeof t->others);
}

void toy_free(toy *t) {
    dlc_run_free(t->run);
    dlc_score_free(t->score);
    dlc_mask_free(t->mask);
    toy_assert_weights_untouched(t);
    free(t);
}

dlc_status toy_execute(toy *t, store *s) {
    s->read_at = 0;
    t->calls = t->rows = t->reports = 0;
    const dlc_status status = dlc_run_execute(t->run);
    toy_assert_weights_untouched(t);
    ck_assert_int_eq(dlc_mask_current_level(t->mask), -1);
    ck_assert(!s->is_open || s->fail_write >= 0);
    return status;
}

toy_results toy_results_of(toy *t) {
    toy_results results;
    memset(&results, 0, sizeof results); /* compared as bytes */
    ck_ok(dlc_score_get_scores(t->score, results.scores), dlc_score_message(t->score));
    results.visited_count = dlc_score_visited_count(t->score);
    ck_ok(dlc_score_get_visited(t->score, results.visited), dlc_score_message(t->score));
    if (t->options.keep_curves)
        ck_ok(dlc_score_get_curves(t->score, results.curves), dlc_score_message(t->score));
    if (t->options.keep_curves && t->options.head != DLC_HEAD_LOSS)
        ck_ok(dlc_score_get_correct_counts(t->score, results.correct), dlc_score_message(t->score));
    results.rounds = dlc_run_round_count(t->run);
    for (int64_t round = 0; round < results.rounds; round++)
        ck_ok(dlc_run_get_round(t->run, round, &results.round_visited[round], &results.round_spearman[round]),
              dlc_run_message(t->run));
    return results;
}

toy_results toy_reference(const toy_options *options) {
    toy *t = toy_create(options, NULL);
    ck_ok(dlc_run_execute(t->run), dlc_run_message(t->run));
    const toy_results results = toy_results_of(t);
    toy_free(t);
    return results;
}

void toy_assert_same(const toy_results *a, const toy_results *b) {
    ck_assert_mem_eq(a, b, sizeof *a);
}
