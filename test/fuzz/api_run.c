/* api_run.c - steps of dlc_run (api_fuzz.h): a run over whatever mask and score there are, with a model that goes wrong
 * in every way at any call. */
#include "api_fuzz.h"

#include <math.h>
#include <string.h>

enum { SOUND, SILENT, SHORT, LONG, NOT_A_NUMBER, CANCELS, ABSURD, STOPS, NOT_WRITTEN, TROUBLES };

static void forward(void *user, int64_t level, int64_t first, int64_t rows, float *out, int64_t *rows_written) {
    api *world = user;
    const int64_t width = dlc_score_width(world->score);
    fuzz_check(rows >= 1 && first >= 0 && level >= -1);
    fuzz_check(*rows_written == -1);
    for (int64_t i = 0; i < rows * width; i++) {
        fuzz_check(isnan(out[i]));
        out[i] = (float)((first * width + i) * 7919 % 31) + (float)(level & 3);
    }
    *rows_written = rows;
    if (world->calls++ < world->trouble_after)
        return;
    switch (world->trouble) {
    case SILENT:
        *rows_written = -1;
        break;
    case SHORT:
        (*rows_written)--;
        break;
    case LONG:
        (*rows_written)++;
        break;
    case NOT_A_NUMBER:
        out[rows * width - 1] = NAN;
        break;
    case CANCELS:
        dlc_run_cancel(world->run);
        break;
    case ABSURD:
        *rows_written = INT64_MIN;
        break;
    default:
        break;
    }
}

static void progress(void *user, int64_t pass, int64_t passes, int64_t samples_done, int64_t samples, int32_t *go_on) {
    const api *world = user;
    fuzz_check(pass >= 0 && pass < passes);
    fuzz_check(samples_done > 0 && samples_done <= samples);
    fuzz_check(*go_on == -1);
    if (world->trouble != STOPS || world->calls <= world->trouble_after)
        *go_on = 1;
}

/* This part is the whole. */
static void exchange(void *user, void *sums, int64_t bytes, int32_t *done) {
    const api *world = user;
    fuzz_check(sums && bytes > 0 && *done == -1);
    if (world->trouble != STOPS)
        *done = 1;
}

static void write_checkpoint(void *user, int32_t step, const void *data, int64_t size, int32_t *done) {
    api *world = user;
    fuzz_check(*done == -1 && (step == DLC_CHECKPOINT_DATA ? size >= 1 && data : size == 0 && !data));
    if (world->trouble == NOT_WRITTEN && world->calls >= world->trouble_after)
        return;
    if (step == DLC_CHECKPOINT_BEGIN)
        world->next_size = 0;
    if (step == DLC_CHECKPOINT_DATA) {
        if (size > (int64_t)sizeof world->next - world->next_size)
            return;
        memcpy(world->next + world->next_size, data, (size_t)size);
        world->next_size += size;
    }
    if (step == DLC_CHECKPOINT_COMMIT) {
        memcpy(world->checkpoint, world->next, (size_t)world->next_size);
        world->checkpoint_size = world->next_size;
    }
    *done = 1;
}

static void read_checkpoint(void *user, void *data, int64_t size, int64_t *read) {
    api *world = user;
    const int64_t rest = world->checkpoint_size - world->read_at;
    *read = size < rest ? size : rest;
    memcpy(data, world->checkpoint + world->read_at, (size_t)*read);
    world->read_at += *read;
}

static dlc_status set_checkpoint(api *world) {
    const int kind = fuzz_byte(&world->input);
    if (kind & 1)
        world->checkpoint_size = 0;
    if (kind & 2)
        return dlc_run_set_checkpoint(world->run, NULL, kind & 4 ? read_checkpoint : NULL, world);
    const dlc_status status = dlc_run_set_checkpoint_interval(world->run, api_share(world));
    return status == DLC_OK ? dlc_run_set_checkpoint(world->run, write_checkpoint, read_checkpoint, world) : status;
}

static dlc_status add_fingerprint(api *world) {
    static const char *const names[] = {"files", "transform", "", NULL, "\xFF\n"};
    const char *name = names[fuzz_choice(&world->input, sizeof names / sizeof names[0])];
    const int64_t size = fuzz_number(&world->input, 16);
    return dlc_run_add_fingerprint(world->run, name, world->integers, size > 16 ? 16 : size);
}

static int has_run(api *world) {
    if (!api_has_mask(world) || !api_has_score(world))
        return 0;
    if (world->run)
        return 1;
    if (fuzz_status(dlc_run_create(world->allocator, &world->run), "none") != DLC_OK)
        return 0;
    fuzz_check(dlc_run_set_mask(world->run, world->mask) == DLC_OK);
    fuzz_check(dlc_run_set_score(world->run, world->score) == DLC_OK);
    fuzz_check(dlc_run_set_forward(world->run, forward, world) == DLC_OK);
    return 1;
}

/* Weights as before, whatever comes of it; and after success every score is there. */
static void execute(api *world) {
    uint8_t before[API_WEIGHTS];
    memcpy(before, world->weights, sizeof before);
    world->calls = 0;
    world->read_at = 0;
    world->trouble = fuzz_choice(&world->input, TROUBLES);
    world->trouble_after = fuzz_byte(&world->input);
    fuzz_check(dlc_run_set_progress(world->run, fuzz_byte(&world->input) & 1 ? progress : NULL, world) == DLC_OK);
    const dlc_status status = fuzz_status(dlc_run_execute(world->run), dlc_run_message(world->run));
    fuzz_check(memcmp(before, world->weights, sizeof before) == 0);
    float scores[API_SAMPLES];
    if (dlc_score_sample_count(world->score) > API_SAMPLES)
        return;
    if (status == DLC_OK) {
        fuzz_check(dlc_score_get_scores(world->score, scores) == DLC_OK);
        fuzz_check(dlc_score_visited_count(world->score) >= 1);
    } else if (world->calls > 0) {
        fuzz_check(dlc_score_get_scores(world->score, scores) == DLC_ERROR_STATE);
        fuzz_check(dlc_run_round_count(world->run) == 0);
    }
}

void api_run_step(api *world) {
    if (!has_run(world))
        return;
    dlc_run *run = world->run;
    dlc_status status = DLC_OK;
    int64_t number = 0;
    double spearman = 0;
    switch (fuzz_choice(&world->input, 16)) {
    case 0:
        dlc_run_free(run);
        world->run = NULL;
        return;
    case 1:
        status = dlc_run_set_batch(run, fuzz_number(&world->input, 9));
        break;
    case 2:
        number = fuzz_number(&world->input, 100);
        status = dlc_run_set_memory_limit(run, number > 0 && number < 100 ? number * 2000 : number);
        break;
    case 3:
        status = dlc_run_set_auto(run, api_share(world));
        break;
    case 4:
        status = dlc_run_memory_estimate(run, &number);
        fuzz_check(status != DLC_OK || number > 0);
        break;
    case 5:
        status = dlc_run_get_round(run, fuzz_number(&world->input, 4), &number, &spearman);
        fuzz_check(status != DLC_OK || number >= 1);
        break;
    case 6:
        dlc_run_cancel(run);
        return;
    case 10:
        status = dlc_run_set_exchange(run, fuzz_byte(&world->input) & 1 ? exchange : NULL, world);
        break;
    case 11:
    case 12:
        status = set_checkpoint(world);
        break;
    case 13:
        status = add_fingerprint(world);
        break;
    default:
        execute(world);
        return;
    }
    fuzz_status(status, dlc_run_message(run));
}
