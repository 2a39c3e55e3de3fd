/*
 * run.c - the driver of a scoring run: for every level mask, forward, observe (dlc/run.h).
 *
 * It stands on the public functions of mask and score (and a look at the score's labels), and owns the one promise that
 * neither can give by itself: whatever happens, the weights are put back (G1).
 */
#include "handle.h"

#include "checkpoint.h"
#include "mask/access.h"
#include "score/access.h"

#include <math.h>
#include <string.h>

/* Without a memory limit, level-0 features are kept up to this size; beyond it one more pass (2 % of a published run)
 * is the better bargain. */
#define KEPT_FEATURES_DEFAULT_LIMIT (INT64_C(1) << 30)

/* Where the rows of a pass go: dlc_score_add_features() or dlc_score_observe(). */
typedef dlc_status (*row_taker)(dlc_score *score, int64_t first, const int64_t *samples, int64_t rows,
                                const float *data, int64_t stride);

dlc_status dlc_run_create(const dlc_allocator *allocator, dlc_run **out) {
    if (!out)
        return DLC_ERROR_ARGUMENT;
    *out = NULL;
    const dlc_allocator own = dlc_allocator_or_default(allocator);
    dlc_run *run = dlc_allocate_zeroed(&own, 1, sizeof *run);
    if (!run)
        return DLC_ERROR_MEMORY;
    run->allocator = own;
    run->batch = 64;
    run->resumed_pass = run->resumed_samples = -1;
    dlc_checkpoint_settings_start(&run->checkpoint);
    atomic_init(&run->cancelled, 0);
    *out = run;
    return DLC_OK;
}

void dlc_run_free(dlc_run *run) {
    if (!run)
        return;
    const dlc_allocator allocator = run->allocator;
    dlc_checkpoint_settings_stop(&run->checkpoint, &allocator);
    dlc_release(&allocator, run);
}

const char *dlc_run_message(const dlc_run *run) {
    return run ? run->error.text : "the handle is NULL";
}

dlc_status dlc_run_set_mask(dlc_run *run, dlc_mask *mask) {
    if (!run)
        return DLC_ERROR_ARGUMENT;
    DLC_TRY(dlc_run_check_idle(run));
    if (!mask)
        return dlc_fail(&run->error, DLC_ERROR_ARGUMENT, "mask is NULL");
    run->mask = mask;
    return DLC_OK;
}

dlc_status dlc_run_set_score(dlc_run *run, dlc_score *score) {
    if (!run)
        return DLC_ERROR_ARGUMENT;
    DLC_TRY(dlc_run_check_idle(run));
    if (!score)
        return dlc_fail(&run->error, DLC_ERROR_ARGUMENT, "score is NULL");
    run->score = score;
    return DLC_OK;
}

dlc_status dlc_run_set_forward(dlc_run *run, dlc_forward_callback forward, void *user) {
    if (!run)
        return DLC_ERROR_ARGUMENT;
    DLC_TRY(dlc_run_check_idle(run));
    if (!forward)
        return dlc_fail(&run->error, DLC_ERROR_ARGUMENT, "the forward callback is NULL");
    run->forward = forward;
    run->forward_user = user;
    return DLC_OK;
}

dlc_status dlc_run_set_progress(dlc_run *run, dlc_progress_callback progress, void *user) {
    if (!run)
        return DLC_ERROR_ARGUMENT;
    DLC_TRY(dlc_run_check_idle(run));
    run->progress = progress;
    run->progress_user = user;
    return DLC_OK;
}

dlc_status dlc_run_set_exchange(dlc_run *run, dlc_exchange_callback exchange, void *user) {
    if (!run)
        return DLC_ERROR_ARGUMENT;
    DLC_TRY(dlc_run_check_idle(run));
    run->exchange = exchange;
    run->exchange_user = user;
    return DLC_OK;
}

dlc_status dlc_run_set_batch(dlc_run *run, int64_t rows) {
    if (!run)
        return DLC_ERROR_ARGUMENT;
    DLC_TRY(dlc_run_check_idle(run));
    if (rows < 1)
        return dlc_fail(&run->error, DLC_ERROR_ARGUMENT, "a batch of %lld rows is not at least 1", (long long)rows);
    run->batch = rows;
    return DLC_OK;
}

dlc_status dlc_run_set_memory_limit(dlc_run *run, int64_t bytes) {
    if (!run)
        return DLC_ERROR_ARGUMENT;
    DLC_TRY(dlc_run_check_idle(run));
    if (bytes < 0)
        return dlc_fail(&run->error, DLC_ERROR_ARGUMENT, "a memory limit of %lld bytes is below 0", (long long)bytes);
    run->memory_limit = bytes;
    return DLC_OK;
}

dlc_status dlc_run_set_auto(dlc_run *run, double spearman) {
    if (!run)
        return DLC_ERROR_ARGUMENT;
    DLC_TRY(dlc_run_check_idle(run));
    if (!(spearman >= 0 && spearman <= 1))
        return dlc_fail(&run->error, DLC_ERROR_ARGUMENT, "a correlation of %g is neither 0 nor in (0, 1]", spearman);
    run->auto_spearman = spearman;
    return DLC_OK;
}

int64_t dlc_run_round_count(const dlc_run *run) {
    return run ? run->round_count : -1;
}

dlc_status dlc_run_get_round(dlc_run *run, int64_t round, int64_t *visited, double *spearman) {
    if (!run)
        return DLC_ERROR_ARGUMENT;
    if (round < 0 || round >= run->round_count)
        return dlc_fail(&run->error, DLC_ERROR_ARGUMENT, "round %lld is not within %lld rounds", (long long)round,
                        (long long)run->round_count);
    if (visited)
        *visited = run->rounds[round].visited;
    if (spearman)
        *spearman = run->rounds[round].spearman;
    return DLC_OK;
}

void dlc_run_cancel(dlc_run *run) {
    if (run)
        atomic_store(&run->cancelled, 1);
}

dlc_status dlc_run_check_idle(dlc_run *run) {
    if (!run->is_executing)
        return DLC_OK;
    return dlc_fail(&run->error, DLC_ERROR_STATE, "a callback must not call back into the run that called it");
}

/* A failure of the mask or the score, said by the run. */
static dlc_status from_mask(dlc_run *run, dlc_status status) {
    return status == DLC_OK ? status : dlc_fail(&run->error, status, "%s", dlc_mask_message(run->mask));
}

dlc_status dlc_run_from_score(dlc_run *run, dlc_status status) {
    return status == DLC_OK ? status : dlc_fail(&run->error, status, "%s", dlc_score_message(run->score));
}

static dlc_status check_is_set(dlc_run *run) {
    if (!run->mask)
        return dlc_fail(&run->error, DLC_ERROR_STATE, "no mask is set");
    if (!run->score)
        return dlc_fail(&run->error, DLC_ERROR_STATE, "no score is set");
    if (dlc_score_sample_count(run->score) < 1 || dlc_score_head(run->score) < 0)
        return dlc_fail(&run->error, DLC_ERROR_STATE, "the score has no samples or no head yet");
    if (run->auto_spearman > 0 && !dlc_score_keeps_curves(run->score))
        return dlc_fail(&run->error, DLC_ERROR_STATE, "automatic levels need a score that keeps curves");
    if (run->auto_spearman > 0 && run->exchange)
        return dlc_fail(
            &run->error, DLC_ERROR_STATE,
            "automatic levels and an exchange do not go together: every run would stop at a level of its own");
    return DLC_OK;
}

static int64_t rows_of_batch(const dlc_run *run) {
    const int64_t samples = dlc_score_sample_count(run->score);
    return run->batch < samples ? run->batch : samples;
}

/* Whether the class sums are made, and not the caller's centroids used; also where a run before has made some. */
static int makes_centroids(const dlc_run *run) {
    return dlc_score_head(run->score) == DLC_HEAD_CENTROID && !dlc_score_given_centroid(run->score, 0);
}

static int exchanges_sums(const dlc_run *run) {
    return run->exchange && makes_centroids(run);
}

static int64_t larger(int64_t a, int64_t b) {
    return a > b ? a : b;
}

/* What a run holds at most. */
typedef struct run_memory {
    int64_t without_kept;
    int64_t with_kept; /* the features of level 0 */
    int64_t kept;      /* of it those features */
} run_memory;

/* Bytes that are there from the first batch to the end, beside mask and score. */
static int64_t held_by_run(const dlc_run *run, int64_t row) {
    const int64_t samples = dlc_score_sample_count(run->score);
    const int64_t ranking =
        run->auto_spearman > 0 ? dlc_agreement_bytes(samples) + samples * (int64_t)sizeof(float) : 0;
    return ranking + rows_of_batch(run) * row + dlc_checkpoint_bytes(run);
}

/*
 * Stage by stage, since the large pieces do not meet: the plan's histograms go before the first batch, the class sums
 * and the features of level 0 before the first level is applied. What a run before has left does not count: it goes.
 */
static dlc_status estimate(dlc_run *run, run_memory *out) {
    dlc_score_memory score = {0};
    int64_t exchanged = 0;
    DLC_TRY(dlc_run_from_score(run, dlc_score_memory_by_stage(run->score, dlc_mask_level_count(run->mask), &score)));
    if (exchanges_sums(run))
        DLC_TRY(dlc_run_from_score(run, dlc_score_sums_size(run->score, &exchanged)));
    const int64_t width = dlc_score_width(run->score), samples = dlc_score_sample_count(run->score);
    const int64_t row = width * (int64_t)sizeof(float);
    if (width > INT64_MAX / 16 / samples)
        return dlc_fail(&run->error, DLC_ERROR_MEMORY, "%lld samples of %lld numbers do not fit any memory",
                        (long long)samples, (long long)width);
    const dlc_mask_memory mask = dlc_mask_memory_by_stage(run->mask);
    const int64_t run_held = held_by_run(run, row);
    const int64_t plan = (int64_t)sizeof *run + mask.plan + score.settings;
    const int64_t sums = (int64_t)sizeof *run + mask.planned + score.sums + run_held +
                         (exchanges_sums(run) ? exchanged + score.imported : 0);
    const int64_t kept_level = (int64_t)sizeof *run + mask.planned + score.first_level + run_held;
    const int64_t levels = (int64_t)sizeof *run + mask.applied + score.levels + run_held;
    out->kept = samples * row;
    out->without_kept = larger(plan, larger(sums, levels));
    out->with_kept = larger(out->without_kept, larger(sums, kept_level) + out->kept);
    if (run->memory_limit > 0 && out->without_kept > run->memory_limit)
        return dlc_fail(&run->error, DLC_ERROR_LIMIT, "the run needs %lld bytes, more than the limit of %lld",
                        (long long)out->without_kept, (long long)run->memory_limit);
    return DLC_OK;
}

/* Whether the features of the pass for centroids are level 0's too, and may stay for it. */
static int may_keep(const dlc_run *run, const run_memory *memory) {
    if (!makes_centroids(run) || !dlc_mask_starts_unmasked(run->mask))
        return 0;
    if (run->memory_limit > 0)
        return memory->with_kept <= run->memory_limit;
    return memory->kept <= KEPT_FEATURES_DEFAULT_LIMIT;
}

dlc_status dlc_run_memory_estimate(dlc_run *run, int64_t *bytes) {
    if (!run)
        return DLC_ERROR_ARGUMENT;
    DLC_TRY(dlc_run_check_idle(run));
    if (!bytes)
        return dlc_fail(&run->error, DLC_ERROR_ARGUMENT, "bytes is NULL");
    DLC_TRY(check_is_set(run));
    run_memory memory = {0};
    DLC_TRY(estimate(run, &memory));
    *bytes = may_keep(run, &memory) ? memory.with_kept : memory.without_kept;
    return DLC_OK;
}

/* Rows of samples first..first + rows - 1 from the model, into out. */
static dlc_status call_forward(dlc_run *run, const dlc_execution *now, int64_t level, int64_t first, int64_t rows,
                               float *out) {
    if (atomic_load(&run->cancelled))
        return dlc_fail(&run->error, DLC_ERROR_CANCELLED, "cancelled before samples %lld to %lld of pass %lld of %lld",
                        (long long)first, (long long)(first + rows - 1), (long long)now->pass + 1,
                        (long long)now->passes);
    for (int64_t i = 0; i < rows * now->width; i++)
        out[i] = NAN;
    int64_t written = -1;
    run->forward(run->forward_user, level, first, rows, out, &written);
    if (written == rows)
        return DLC_OK;
    return dlc_fail(&run->error, DLC_ERROR_CALLBACK,
                    written == -1 ? "the forward callback failed at level %lld, samples %lld to %lld"
                                  : "the forward callback at level %lld, samples %lld to %lld, wrote %lld rows",
                    (long long)level, (long long)first, (long long)(first + rows - 1), (long long)written);
}

static dlc_status report_progress(dlc_run *run, const dlc_execution *now, int64_t samples_done) {
    if (!run->progress)
        return DLC_OK;
    int32_t go_on = -1;
    run->progress(run->progress_user, now->pass, now->passes, samples_done, now->samples, &go_on);
    if (go_on == 1)
        return DLC_OK;
    return dlc_fail(&run->error, DLC_ERROR_CANCELLED, "stopped by the progress callback after %lld of %lld passes",
                    (long long)now->pass, (long long)now->passes);
}

/* The rest of a forward pass over all samples; each batch goes to `take`. keep: where the rows of all samples are to
 * stay, or NULL. */
static dlc_status forward_pass(dlc_run *run, dlc_execution *now, int64_t level, row_taker take, float *keep) {
    while (now->taken < now->samples) {
        const int64_t first = now->taken;
        const int64_t rows = now->samples - first < run->batch ? now->samples - first : run->batch;
        const int64_t number = now->first_sample + first;
        float *out = keep ? keep + first * now->width : now->rows;
        DLC_TRY(call_forward(run, now, level, number, rows, out));
        DLC_TRY(dlc_run_from_score(run, take(run->score, number, NULL, rows, out, now->width)));
        now->taken += rows;
        now->unsaved = 1;
        DLC_TRY(report_progress(run, now, now->taken));
        if (now->taken < now->samples)
            DLC_TRY(dlc_checkpoint_save_in_time(run, now));
    }
    return DLC_OK;
}

/* The score has all of a pass. */
static void end_pass(dlc_execution *now) {
    now->pass++;
    now->taken = 0;
    now->unsaved = 1;
}

static dlc_status call_exchange(dlc_run *run, void *sums, int64_t bytes) {
    DLC_TRY(dlc_run_from_score(run, dlc_score_export_sums(run->score, sums, bytes)));
    int32_t done = -1;
    run->exchange(run->exchange_user, sums, bytes, &done);
    if (done != 1)
        return dlc_fail(&run->error, DLC_ERROR_CALLBACK, "the exchange callback failed");
    return dlc_run_from_score(run, dlc_score_import_sums(run->score, sums, bytes));
}

/* In place of this run's class sums come those of all runs. */
static dlc_status exchange_sums(dlc_run *run) {
    int64_t bytes = 0;
    DLC_TRY(dlc_run_from_score(run, dlc_score_sums_size(run->score, &bytes)));
    void *sums = dlc_allocate(&run->allocator, bytes, 1);
    if (!sums)
        return dlc_fail_memory(&run->error, "the class sums to exchange");
    const dlc_status status = call_exchange(run, sums, bytes);
    dlc_release(&run->allocator, sums);
    return status;
}

/* Centroids from the features of an unmasked pass. Where these are kept, level 0 follows at once, and the checkpoint
 * after it. An exchange has one before it, since the sums of all runs must never be saved as this one's. */
static dlc_status make_centroids(dlc_run *run, dlc_execution *now) {
    DLC_TRY(forward_pass(run, now, now->kept ? 0 : -1, dlc_score_add_features, now->kept));
    if (run->exchange) {
        DLC_TRY(dlc_checkpoint_save(run, now));
        DLC_TRY(exchange_sums(run));
    }
    DLC_TRY(dlc_run_from_score(run, dlc_score_finish_centroids(run->score)));
    if (now->kept) {
        now->taken = 0;
        return DLC_OK;
    }
    end_pass(now);
    return dlc_checkpoint_save(run, now);
}

/* A level, or the rest of it. */
static dlc_status score_level(dlc_run *run, dlc_execution *now, int64_t level) {
    if (dlc_score_level_is_done(run->score, level))
        return DLC_OK;
    if (dlc_score_level_under_way(run->score) != level)
        DLC_TRY(dlc_run_from_score(run, dlc_score_begin_level(run->score, level)));
    if (level == 0 && now->kept) {
        DLC_TRY(dlc_run_from_score(
            run, dlc_score_observe(run->score, now->first_sample, NULL, now->samples, now->kept, now->width)));
        dlc_release(&run->allocator, now->kept);
        now->kept = NULL;
    } else {
        DLC_TRY(from_mask(run, dlc_mask_apply(run->mask, level)));
        DLC_TRY(forward_pass(run, now, level, dlc_score_observe, NULL));
    }
    DLC_TRY(dlc_run_from_score(run, dlc_score_end_level(run->score)));
    end_pass(now);
    return dlc_checkpoint_save(run, now);
}

/* ---- Automatic levels ---- */

/* Visits the levels of a round between two that were visited before it: those that halve the gap for the `halvings`-th
 * time, in ascending order. */
static dlc_status halve(dlc_run *run, dlc_execution *now, int64_t low, int64_t high, int64_t halvings) {
    if (high - low < 2)
        return DLC_OK;
    const int64_t middle = low + (high - low) / 2;
    if (halvings == 1)
        return score_level(run, now, middle);
    DLC_TRY(halve(run, now, low, middle, halvings - 1));
    return halve(run, now, middle, high, halvings - 1);
}

static dlc_status score_round(dlc_run *run, dlc_execution *now, int64_t round) {
    const int64_t last = now->levels - 1;
    if (round > 0)
        return halve(run, now, 0, last, round);
    DLC_TRY(score_level(run, now, 0));
    return last > 0 ? score_level(run, now, last) : DLC_OK;
}

/* Round after round, until the ranking stands still or no level is left. */
static dlc_status score_levels_until_settled(dlc_run *run, dlc_execution *now) {
    dlc_round round = {0, NAN};
    if (run->round_count > 0) { /* of a checkpoint */
        round = run->rounds[run->round_count - 1];
        dlc_agreement_next(&now->agreement, now->estimate);
    }
    while (round.visited < now->levels && !(round.spearman >= run->auto_spearman)) {
        DLC_TRY(score_round(run, now, run->round_count));
        DLC_TRY(dlc_run_from_score(run, dlc_score_get_estimate(run->score, now->estimate)));
        round.visited = dlc_score_visited_count(run->score);
        round.spearman = dlc_agreement_next(&now->agreement, now->estimate);
        run->rounds[run->round_count++] = round;
    }
    return dlc_run_from_score(run, dlc_score_close(run->score));
}

static dlc_status allocate_ranking(dlc_run *run, dlc_execution *now) {
    now->estimate = dlc_allocate(&run->allocator, now->samples, sizeof *now->estimate);
    if (!now->estimate ||
        !dlc_agreement_start(&now->agreement, &run->allocator, now->samples, dlc_score_labels(run->score)))
        return dlc_fail_memory(&run->error, "the ranking of the samples");
    return DLC_OK;
}

/* ---- The run ---- */

static dlc_status score_levels(dlc_run *run, dlc_execution *now) {
    if (!dlc_score_has_centroids(run->score))
        DLC_TRY(make_centroids(run, now));
    if (run->auto_spearman > 0)
        return score_levels_until_settled(run, now);
    for (int64_t level = 0; level < now->levels; level++)
        DLC_TRY(score_level(run, now, level));
    return DLC_OK;
}

static dlc_status plan_if_needed(dlc_run *run) {
    return dlc_mask_is_planned(run->mask) ? DLC_OK : from_mask(run, dlc_mask_plan(run->mask));
}

/* All that is needed beside mask and score; and what a checkpoint says. */
static dlc_status prepare(dlc_run *run, dlc_execution *now) {
    run_memory memory = {0};
    DLC_TRY(estimate(run, &memory));
    DLC_TRY(plan_if_needed(run));
    if (run->auto_spearman > 0)
        DLC_TRY(allocate_ranking(run, now));
    now->makes_centroids = !dlc_score_has_centroids(run->score);
    DLC_TRY(dlc_checkpoint_open(run, now));

    /* Of a pass that was begun before the features are not all there to keep. */
    const int is_new = !dlc_score_has_centroids(run->score) && now->taken == 0;
    if (is_new && may_keep(run, &memory))
        now->kept = dlc_allocate(&run->allocator, now->samples * now->width, sizeof(float));
    if (is_new)
        now->extra_pass = !now->kept;
    now->rows = dlc_allocate(&run->allocator, rows_of_batch(run) * now->width, sizeof(float));
    if (!now->rows)
        return dlc_fail_memory(&run->error, "a batch");
    now->passes = now->levels + now->extra_pass;
    return run->resumed_pass < 0 ? dlc_checkpoint_save(run, now) : DLC_OK;
}

/* Everything but putting things back. */
static dlc_status execute(dlc_run *run, dlc_execution *now) {
    now->samples = dlc_score_sample_count(run->score);
    now->first_sample = dlc_score_first_sample(run->score);
    now->width = dlc_score_width(run->score);
    now->levels = dlc_mask_level_count(run->mask);
    DLC_TRY(dlc_run_from_score(run, dlc_score_reset(run->score)));
    DLC_TRY(dlc_run_from_score(run, dlc_score_set_levels(run->score, now->levels)));
    DLC_TRY(prepare(run, now));
    const dlc_status status = score_levels(run, now);
    return status == DLC_OK ? status : dlc_checkpoint_save_at_stop(run, now, status);
}

static dlc_status check_can_execute(dlc_run *run) {
    DLC_TRY(check_is_set(run));
    if (!run->forward)
        return dlc_fail(&run->error, DLC_ERROR_STATE, "no forward callback is set");
    if (dlc_mask_current_level(run->mask) >= 0)
        return dlc_fail(&run->error, DLC_ERROR_STATE, "level %lld of the mask is applied: restore it first",
                        (long long)dlc_mask_current_level(run->mask));
    return DLC_OK;
}

static dlc_status execute_and_put_back(dlc_run *run) {
    dlc_execution now = {0};
    run->is_executing = 1;
    const dlc_status status = execute(run, &now);
    run->is_executing = 0;
    dlc_mask_restore(run->mask);
    dlc_release(&run->allocator, now.rows);
    dlc_release(&run->allocator, now.kept);
    dlc_release(&run->allocator, now.estimate);
    dlc_agreement_stop(&now.agreement, &run->allocator);
    dlc_checkpoint_close(run, &now);
    atomic_store(&run->cancelled, 0);
    return status;
}

dlc_status dlc_run_execute(dlc_run *run) {
    if (!run)
        return DLC_ERROR_ARGUMENT;
    DLC_TRY(dlc_run_check_idle(run));
    run->round_count = 0;
    run->resumed_pass = run->resumed_samples = -1;
    dlc_status status = check_can_execute(run);
    if (status == DLC_OK)
        status = execute_and_put_back(run);
    if (status != DLC_OK) {
        dlc_score_reset(run->score);
        run->round_count = 0;
    }
    return status;
}
