/*
 * score_loop.c - the score module alone, in a loop of your own: your program masks, prunes or otherwise weakens its
 * model level by level, and tells libdlc what the model says of each batch, in whatever order its data loader brings
 * them. Here the loader shuffles, and the model's answers were recorded in a file by another engine.
 *
 *     cc score_loop.c $(pkg-config --cflags --libs libdlc) -o score_loop
 *     ./score_loop FEATURES.npy LABELS.npy SCORES.npy
 *
 * FEATURES: float32 [levels, samples, dim], level 0 of the unmasked model. LABELS: integers [samples]. SCORES is
 * written.
 */
#include <dlc/dlc.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 32 };

static void check(dlc_status status, const char *message) {
    if (status == DLC_OK)
        return;
    fprintf(stderr, "%s: %s\n", dlc_status_name(status), message);
    exit(EXIT_FAILURE);
}

static void *memory(int64_t count, size_t size) {
    void *block = calloc((size_t)count + 1, size);
    if (!block)
        exit(EXIT_FAILURE);
    return block;
}

/* ---- In place of a data loader and an engine ---- */

typedef struct engine {
    dlc_npy *features;
    int64_t samples;
    int64_t dim;
} engine;

/* The samples in a random order, another one every time. */
static void shuffle(int64_t *order, int64_t samples) {
    for (int64_t i = samples - 1; i > 0; i--) {
        const int64_t j = rand() % (i + 1), swapped = order[i];
        order[i] = order[j];
        order[j] = swapped;
    }
}

/* The features of some samples with the model weakened as it is at this level; float32[rows, dim]. */
static void features_of(const engine *e, int64_t level, const int64_t *samples, int64_t rows, float *out) {
    for (int64_t r = 0; r < rows; r++)
        check(dlc_npy_read(e->features, (level * e->samples + samples[r]) * e->dim, e->dim, out + r * e->dim),
              dlc_npy_message(e->features));
}

/* ---- The program ---- */

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: score_loop FEATURES.npy LABELS.npy SCORES.npy\n");
        return 2;
    }
    dlc_npy *features = NULL, *file = NULL;
    dlc_score *score = NULL;
    check(dlc_npy_create(NULL, &features), "features");
    check(dlc_npy_create(NULL, &file), "file");
    check(dlc_score_create(NULL, &score), "score");
    check(dlc_npy_open(features, argv[1]), dlc_npy_message(features));
    check(dlc_npy_open(file, argv[2]), dlc_npy_message(file));
    if (dlc_npy_rank(features) != 3 || dlc_npy_dtype(features) != DLC_DTYPE_F32 ||
        dlc_npy_dim(features, 1) != dlc_npy_count(file)) {
        fprintf(stderr, "%s: not float32 [levels, samples, dim] with a label for every sample\n", argv[1]);
        return EXIT_FAILURE;
    }
    const int64_t levels = dlc_npy_dim(features, 0);
    const engine e = {features, dlc_npy_dim(features, 1), dlc_npy_dim(features, 2)};
    int64_t *labels = memory(e.samples, sizeof *labels), *order = memory(e.samples, sizeof *order), classes = 0;
    float *batch = memory(BATCH * e.dim, sizeof *batch), *scores = memory(e.samples, sizeof *scores);
    check(dlc_npy_read_int64(file, 0, e.samples, labels), dlc_npy_message(file));
    for (int64_t i = 0; i < e.samples; i++) {
        order[i] = i;
        classes = labels[i] >= classes ? labels[i] + 1 : classes;
    }
    check(dlc_score_set_samples(score, e.samples, labels, classes), dlc_score_message(score));
    check(dlc_score_set_head(score, DLC_HEAD_CENTROID, e.dim), dlc_score_message(score));
    check(dlc_score_set_levels(score, levels), dlc_score_message(score));

    /* Once over the data with the unmasked model: the class means. */
    for (int64_t first = 0; first < e.samples; first += BATCH) {
        const int64_t rows = e.samples - first < BATCH ? e.samples - first : BATCH;
        features_of(&e, 0, order + first, rows, batch);
        check(dlc_score_add_features(score, 0, order + first, rows, batch, e.dim), dlc_score_message(score));
    }
    check(dlc_score_finish_centroids(score), dlc_score_message(score));

    /* Once over the data at every level. Every sample comes exactly once; one that is missing or comes twice is named.
     */
    for (int64_t level = 0; level < levels; level++) {
        shuffle(order, e.samples);
        check(dlc_score_begin_level(score, level), dlc_score_message(score));
        for (int64_t first = 0; first < e.samples; first += BATCH) {
            const int64_t rows = e.samples - first < BATCH ? e.samples - first : BATCH;
            features_of(&e, level, order + first, rows, batch);
            check(dlc_score_observe(score, 0, order + first, rows, batch, e.dim), dlc_score_message(score));
        }
        check(dlc_score_end_level(score), dlc_score_message(score));
    }
    check(dlc_score_get_scores(score, scores), dlc_score_message(score));
    check(dlc_npy_write(file, argv[3], DLC_DTYPE_F32, 1, &e.samples, scores), dlc_npy_message(file));

    free(labels);
    free(order);
    free(batch);
    free(scores);
    dlc_score_free(score);
    dlc_npy_free(file);
    dlc_npy_free(features);
    return EXIT_SUCCESS;
}
