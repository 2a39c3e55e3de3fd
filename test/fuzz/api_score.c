/* api_score.c - steps of dlc_score (api_fuzz.h). */
#include "api_fuzz.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Handles that grew larger than the arrays here are only looked at. */
#define COUNT_MAX 4096

int api_has_score(api *world) {
    if (world->score)
        return 1;
    const dlc_status status = fuzz_status(dlc_score_create(world->allocator, &world->score), "none");
    fuzz_check((status == DLC_OK) == (world->score != NULL));
    return status == DLC_OK;
}

static dlc_status set_samples(api *world) {
    const int kind = fuzz_byte(&world->input);
    int64_t samples = fuzz_number(&world->input, API_SAMPLES);
    const int64_t classes = kind & 1 ? fuzz_number(&world->input, 8) : 2;
    const int64_t *labels = kind >= 192 ? NULL : world->integers;
    /* Without labels more would do, but only where there is no memory for them: a million samples take their time. */
    if (samples > API_SAMPLES && samples <= (labels ? INT64_C(1000000000000) : 1 << 24))
        samples = API_SAMPLES;
    return dlc_score_set_samples(world->score, samples, labels, labels || kind & 2 ? classes : 0);
}

/* ---- Batches ---- */

typedef dlc_status (*batch_taker)(dlc_score *score, int64_t first, const int64_t *samples, int64_t rows,
                                  const float *data, int64_t stride);

/* The next rows in order, or any. */
static dlc_status give_batch(api *world, batch_taker take) {
    fuzz_input *input = &world->input;
    const int kind = fuzz_byte(input);
    const int64_t width = dlc_score_width(world->score), count = dlc_score_sample_count(world->score);
    int64_t first = fuzz_number(input, API_SAMPLES), rows = fuzz_number(input, API_SAMPLES), samples[API_SAMPLES];
    int64_t stride = kind & 1 ? fuzz_number(input, API_WIDTH) : width;
    if (kind & 2) {
        first = 0;
        rows = count;
    }
    if (rows > API_SAMPLES && (kind & 4 || count > API_SAMPLES))
        rows = API_SAMPLES;
    if (rows > 1 && stride > API_WIDTH)
        stride = API_WIDTH;
    for (int i = 0; i < API_SAMPLES; i++)
        samples[i] = kind & 8 ? API_SAMPLES - 1 - i : fuzz_number(input, API_SAMPLES - 1);
    return take(world->score, first, kind & 4 ? samples : NULL, rows, kind == 255 ? NULL : world->floats, stride);
}

/* ---- Results ---- */

static void get_scores(api *world, dlc_status (*get)(dlc_score *score, float *scores)) {
    const int64_t count = dlc_score_sample_count(world->score);
    if (count > COUNT_MAX)
        return;
    float *scores = malloc((size_t)count * sizeof *scores + 1);
    fuzz_check(scores != NULL);
    if (fuzz_status(get(world->score, scores), dlc_score_message(world->score)) == DLC_OK)
        for (int64_t i = 0; i < count; i++)
            fuzz_check(!isnan(scores[i]));
    free(scores);
}

static void get_curves(api *world) {
    dlc_score *score = world->score;
    const int64_t count = dlc_score_sample_count(score), visited = dlc_score_visited_count(score);
    if (count > COUNT_MAX || visited > COUNT_MAX)
        return;
    float *curves = malloc((size_t)(count * visited) * sizeof *curves + 1);
    int64_t *levels = malloc((size_t)visited * sizeof *levels + 1);
    int32_t *counts = malloc((size_t)count * sizeof *counts + 1);
    fuzz_check(curves && levels && counts);
    fuzz_status(dlc_score_get_curves(score, curves), dlc_score_message(score));
    if (fuzz_status(dlc_score_get_correct_counts(score, counts), dlc_score_message(score)) == DLC_OK)
        for (int64_t i = 0; i < count; i++)
            fuzz_check(counts[i] >= 0 && counts[i] <= visited);
    if (fuzz_status(dlc_score_get_visited(score, levels), dlc_score_message(score)) == DLC_OK)
        for (int64_t i = 1; i < visited; i++)
            fuzz_check(levels[i - 1] < levels[i]);
    free(curves);
    free(levels);
    free(counts);
}

static void get_centroids(api *world) {
    dlc_score *score = world->score;
    const int64_t classes = dlc_score_class_count(score), width = dlc_score_width(score);
    if (classes > COUNT_MAX || width > COUNT_MAX)
        return;
    float *centroids = malloc((size_t)(classes * width) * sizeof *centroids + 1);
    fuzz_check(centroids != NULL);
    if (fuzz_status(dlc_score_get_centroids(score, centroids), dlc_score_message(score)) == DLC_OK)
        for (int64_t i = 0; i < classes * width; i++)
            fuzz_check(isfinite(centroids[i]));
    free(centroids);
}

static dlc_status set_centroids(api *world) {
    if (dlc_score_class_count(world->score) > API_SAMPLES || dlc_score_width(world->score) > API_WIDTH)
        return DLC_OK;
    return dlc_score_set_centroids(world->score, fuzz_byte(&world->input) == 255 ? NULL : world->floats);
}

static dlc_status set_option(api *world) {
    dlc_score *score = world->score;
    const int option = fuzz_choice(&world->input, 6);
    const int64_t value = fuzz_number(&world->input, 3);
    switch (option) {
    case 0:
        return dlc_score_set_observation(score, (int32_t)value);
    case 1:
        return dlc_score_set_levels(score, value);
    case 2:
        return dlc_score_set_keep_curves(score, (int32_t)value);
    case 3: {
        /* Wider rows would do, and take their time. */
        const int64_t width = fuzz_number(&world->input, API_WIDTH);
        return dlc_score_set_head(score, (int32_t)value, width > API_WIDTH && width <= 1 << 24 ? API_WIDTH : width);
    }
    case 4:
        return dlc_score_set_range(score, value);
    default:
        return dlc_score_set_threads(score, value > 4 && value <= 1024 ? 4 : (int32_t)value);
    }
}

void api_score_step(api *world) {
    if (!api_has_score(world))
        return;
    dlc_score *score = world->score;
    dlc_status status = DLC_OK;
    int64_t bytes = 0;
    switch (fuzz_choice(&world->input, 16)) {
    case 0:
        dlc_run_free(world->run);
        world->run = NULL;
        dlc_score_free(score);
        world->score = NULL;
        return;
    case 1:
    case 2:
        status = set_samples(world);
        break;
    case 3:
        status = set_option(world);
        break;
    case 4:
        status = set_centroids(world);
        break;
    case 5:
        status = give_batch(world, dlc_score_add_features);
        break;
    case 6:
        status = dlc_score_finish_centroids(score);
        fuzz_check(status != DLC_OK || dlc_score_has_centroids(score));
        break;
    case 7:
    case 8:
        status = dlc_score_begin_level(score, fuzz_number(&world->input, 3));
        break;
    case 9:
    case 10:
        status = give_batch(world, dlc_score_observe);
        break;
    case 11:
        status = dlc_score_end_level(score);
        break;
    case 12:
        status = fuzz_byte(&world->input) & 1 ? dlc_score_close(score) : dlc_score_reset(score);
        break;
    case 13:
        status = dlc_score_memory_estimate(score, &bytes);
        fuzz_check(status != DLC_OK || bytes > 0);
        break;
    case 14:
        get_scores(world, fuzz_byte(&world->input) & 1 ? dlc_score_get_scores : dlc_score_get_estimate);
        return;
    default:
        get_curves(world);
        get_centroids(world);
        return;
    }
    fuzz_status(status, dlc_score_message(score));
}
