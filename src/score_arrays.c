/*
 * score_arrays.c - `dlc score --features` and `dlc score --losses`: what some engine recorded in .npy files, scored.
 *
 * The files are read in slices, so that they may be larger than memory; features of the first level are read twice
 * where the centroids come from them.
 */
#include "arrays.h"
#include "message.h"
#include "outputs.h"
#include "paths.h"
#include "progress.h"
#include "score_options.h"

#include <stdlib.h>

/* Floats read at once. */
enum { SLICE = 1 << 22 };

/* What is scored: an array of `levels` slabs, each of samples * width floats. */
typedef struct recording {
    const char *path;
    dlc_npy *npy;
    int64_t levels;
    int64_t samples;
    int64_t width;
    float *slice;
    int64_t slice_rows;
} recording;

typedef dlc_status (*row_taker)(dlc_score *score, int64_t first, const int64_t *samples, int64_t rows,
                                const float *data, int64_t stride);

/* Hands one level's rows to `take`. */
static int feed(const recording *from, int64_t level, dlc_score *score, row_taker take) {
    for (int64_t first = 0; first < from->samples; first += from->slice_rows) {
        const int64_t rest = from->samples - first, rows = rest < from->slice_rows ? rest : from->slice_rows;
        const int64_t start = (level * from->samples + first) * from->width;
        if (dlc_npy_read(from->npy, start, rows * from->width, from->slice) != DLC_OK)
            return failed("%s", dlc_npy_message(from->npy));
        if (take(score, first, NULL, rows, from->slice, from->width) != DLC_OK)
            return failed("%s: %s", from->path, dlc_score_message(score));
    }
    return EXIT_DONE;
}

static int feed_levels(const recording *from, dlc_score *score, int quiet) {
    progress_line line = progress_start(quiet);
    int status = EXIT_DONE;
    for (int64_t level = 0; level < from->levels && status == EXIT_DONE; level++) {
        progress_show(&line, level, from->levels, 0, from->samples);
        if (dlc_score_begin_level(score, level) != DLC_OK)
            status = failed("%s: %s", from->path, dlc_score_message(score));
        if (status == EXIT_DONE)
            status = feed(from, level, score, dlc_score_observe);
        if (status == EXIT_DONE && dlc_score_end_level(score) != DLC_OK)
            status = failed("%s: %s", from->path, dlc_score_message(score));
    }
    progress_end(&line);
    return status;
}

static int write_results(const recording *from, dlc_score *score, const char *scores_path, const char *curves_path) {
    const int64_t dims[2] = {from->levels, from->samples};
    float *data = malloc((size_t)(curves_path ? dims[0] * dims[1] : dims[1]) * sizeof *data);
    if (!data)
        return failed("%s: out of memory", scores_path);
    int status = EXIT_DONE;
    if (dlc_score_get_scores(score, data) != DLC_OK)
        status = failed("%s: %s", from->path, dlc_score_message(score));
    else
        status = array_write(scores_path, DLC_DTYPE_F32, 1, dims + 1, data);
    if (status == EXIT_DONE && curves_path) {
        if (dlc_score_get_curves(score, data) != DLC_OK)
            status = failed("%s: %s", from->path, dlc_score_message(score));
        else
            status = array_write(curves_path, DLC_DTYPE_F32, 2, dims, data);
    }
    free(data);
    return status;
}

/* Scores a recording for which the score has samples, head and observation, and writes the outputs. */
static int score_recording(const score_options *options, recording *from, dlc_score *score) {
    if (dlc_score_set_levels(score, from->levels) != DLC_OK ||
        dlc_score_set_keep_curves(score, options->curves != NULL) != DLC_OK ||
        dlc_score_set_threads(score, (int32_t)options->threads) != DLC_OK)
        return failed("%s: %s", from->path, dlc_score_message(score));
    from->slice_rows = from->width < SLICE ? SLICE / from->width : 1;
    if (from->slice_rows > from->samples)
        from->slice_rows = from->samples;
    from->slice = malloc((size_t)(from->slice_rows * from->width) * sizeof *from->slice);
    if (!from->slice)
        return failed("%s: out of memory", from->path);

    output_set outputs = {0};
    const char *scores_path = NULL, *curves_path = NULL;
    int status = outputs_add(&outputs, options->out, &scores_path);
    if (status == EXIT_DONE && options->curves)
        status = outputs_add(&outputs, options->curves, &curves_path);
    if (status == EXIT_DONE && !dlc_score_has_centroids(score)) {
        status = feed(from, 0, score, dlc_score_add_features);
        if (status == EXIT_DONE && dlc_score_finish_centroids(score) != DLC_OK)
            status = failed("%s: %s", options->labels, dlc_score_message(score));
    }
    if (status == EXIT_DONE)
        status = feed_levels(from, score, options->quiet);
    if (status == EXIT_DONE)
        status = write_results(from, score, scores_path, curves_path);
    if (status == EXIT_DONE)
        status = outputs_commit(&outputs);
    outputs_discard(&outputs);
    free(from->slice);
    return status;
}

/* The classes that labels 0..C-1 speak of, at least one: labels out of all range are for dlc_score_set_samples() to
 * name. */
static int64_t classes_named(const int64_t *labels, int64_t count) {
    int64_t largest = 0;
    for (int64_t i = 0; i < count; i++)
        largest = labels[i] > largest ? labels[i] : largest;
    return largest < INT64_MAX ? largest + 1 : largest;
}

/* The labels. classes: 0: as many as they name. */
static int set_samples(const score_options *options, const recording *from, int64_t classes, dlc_score *score) {
    int64_t *labels = NULL, count = 0;
    int status = array_load_int64(options->labels, "[samples]", &labels, &count);
    if (status != EXIT_DONE)
        return status;
    if (classes == 0)
        classes = classes_named(labels, count);
    if (count != from->samples)
        status = failed("%s has %lld labels, %s %lld samples", options->labels, (long long)count, from->path,
                        (long long)from->samples);
    else if (dlc_score_set_samples(score, count, labels, classes) != DLC_OK)
        status = failed("%s: %s", options->labels, dlc_score_message(score));
    free(labels);
    return status;
}

/* The caller's centroids, which also say how many classes there are. */
static int load_centroids(const score_options *options, const recording *from, float **centroids, int64_t *classes) {
    int64_t dims[2] = {0};
    const int status = array_load_float(options->centroids, 2, "[classes, dim]", centroids, dims);
    if (status != EXIT_DONE)
        return status;
    *classes = dims[0];
    if (dims[1] != from->width)
        return failed("%s has centroids of %lld numbers, %s features of %lld", options->centroids, (long long)dims[1],
                      from->path, (long long)from->width);
    return EXIT_DONE;
}

static int prepare_features(const score_options *options, const recording *from, dlc_score *score) {
    float *centroids = NULL;
    int64_t classes = 0;
    int status = options->centroids ? load_centroids(options, from, &centroids, &classes) : EXIT_DONE;
    if (status == EXIT_DONE)
        status = set_samples(options, from, classes, score);
    if (status == EXIT_DONE && (dlc_score_set_head(score, DLC_HEAD_CENTROID, from->width) != DLC_OK ||
                                dlc_score_set_observation(score, options->observation) != DLC_OK))
        status = failed("%s: %s", from->path, dlc_score_message(score));
    if (status == EXIT_DONE && centroids && dlc_score_set_centroids(score, centroids) != DLC_OK)
        status = failed("%s: %s", options->centroids, dlc_score_message(score));
    free(centroids);
    return status;
}

static int check_paths(const score_options *options) {
    const flag_path inputs[] = {{"--features", options->features},
                                {"--losses", options->losses},
                                {"--labels", options->labels},
                                {"--centroids", options->centroids}};
    const flag_path outputs[] = {{"--out", options->out}, {"--curves", options->curves}};
    return paths_check("score", inputs, sizeof inputs / sizeof inputs[0], outputs, sizeof outputs / sizeof outputs[0]);
}

int score_features(const score_options *options) {
    recording from = {.path = options->features};
    int status = check_paths(options);
    if (status == EXIT_DONE)
        status = array_open(options->features, DLC_DTYPE_F32, 3, "[levels, samples, dim]", &from.npy);
    if (status != EXIT_DONE)
        return status;
    from.levels = dlc_npy_dim(from.npy, 0);
    from.samples = dlc_npy_dim(from.npy, 1);
    from.width = dlc_npy_dim(from.npy, 2);
    dlc_score *score = NULL;
    if (dlc_score_create(NULL, &score) != DLC_OK)
        status = failed("%s: out of memory", options->features);
    if (status == EXIT_DONE)
        status = prepare_features(options, &from, score);
    if (status == EXIT_DONE)
        status = score_recording(options, &from, score);
    dlc_score_free(score);
    dlc_npy_free(from.npy);
    return status;
}

int score_losses(const score_options *options) {
    recording from = {.path = options->losses, .width = 1};
    int status = check_paths(options);
    if (status == EXIT_DONE)
        status = array_open(options->losses, DLC_DTYPE_F32, 2, "[levels, samples]", &from.npy);
    if (status != EXIT_DONE)
        return status;
    from.levels = dlc_npy_dim(from.npy, 0);
    from.samples = dlc_npy_dim(from.npy, 1);
    dlc_score *score = NULL;
    if (dlc_score_create(NULL, &score) != DLC_OK)
        status = failed("%s: out of memory", options->losses);
    if (status == EXIT_DONE && (dlc_score_set_samples(score, from.samples, NULL, 0) != DLC_OK ||
                                dlc_score_set_head(score, DLC_HEAD_LOSS, 1) != DLC_OK))
        status = failed("%s: %s", options->losses, dlc_score_message(score));
    if (status == EXIT_DONE)
        status = score_recording(options, &from, score);
    dlc_score_free(score);
    dlc_npy_free(from.npy);
    return status;
}
