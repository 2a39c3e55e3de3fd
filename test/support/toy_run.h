/*
 * toy_run.h - a small run of any kind, by one linear layer, with its checkpoints in memory; told to stop or to fail at
 * any call. Used by the tests of checkpoints.
 */
#ifndef DLC_TEST_TOY_RUN_H
#define DLC_TEST_TOY_RUN_H

#include "support.h"

enum { TOY_SAMPLES = 23, TOY_CLASSES = 3, TOY_INPUTS = 6, TOY_WIDTH = 5, TOY_LEVELS = 6, TOY_BATCH = 4 };

/* What a run is; all 0 is head centroid, observation loss, no curves, criterion l1, every level. */
typedef struct toy_options {
    int32_t head, observation, keep_curves, criterion;
    double auto_spearman;
    int starts_masked; /* level 0 masks weights too: the unmasked pass is an extra one */
    int given_centroids;
    int64_t first, count; /* a part of the samples; count 0: all of them */
} toy_options;

/* ---- Checkpoints in memory ---- */

enum { STORE_COMMITS_MAX = 128 };

typedef struct blob {
    unsigned char *bytes;
    int64_t size;
} blob;

typedef struct store {
    blob last;    /* committed */
    blob pending; /* between BEGIN and COMMIT */
    int is_open;
    int64_t read_at;
    blob commits[STORE_COMMITS_MAX]; /* every one, where keeps_all is set */
    int64_t commit_count;
    int keeps_all;
    int64_t steps[4]; /* calls, by DLC_CHECKPOINT_* */
    int64_t reads;
    int64_t fail_write; /* this call of write (from 0) has the outcome fail_with; -1: none */
    int64_t fail_read;  /* likewise; fail_with is added to what was read where it is not -1 */
    int64_t fail_with;
} store;

store *store_create(void);
void store_free(store *s);

/* Makes these bytes the last checkpoint. */
void store_put(store *s, const unsigned char *bytes, int64_t size);

/* The callbacks; user is the store. */
void store_write(void *user, int32_t step, const void *data, int64_t size, int32_t *done);
void store_read(void *user, void *data, int64_t size, int64_t *read);

/* ---- Runs ---- */

typedef enum toy_stop { TOY_CANCEL, TOY_RAISE, TOY_NAN, TOY_PROGRESS } toy_stop;

typedef struct toy {
    toy_options options;
    float x[TOY_SAMPLES * TOY_INPUTS];
    float weights[TOY_WIDTH * TOY_INPUTS];
    uint16_t others[7]; /* of another dtype, and not maskable */
    float saved_weights[TOY_WIDTH * TOY_INPUTS];
    uint16_t saved_others[7];
    int64_t labels[TOY_SAMPLES];
    int64_t samples, width;
    dlc_mask *mask;
    dlc_score *score;
    dlc_run *run;
    int64_t calls, rows; /* of the forward callback */
    int64_t stop_at;     /* the call (or, with TOY_PROGRESS, the report) that stops the run; -1: none */
    toy_stop stop;
    int64_t reports;
} toy;

/* The run with batches of TOY_BATCH; no checkpoint is set. allocator: NULL: malloc(). */
toy *toy_create(const toy_options *options, const dlc_allocator *allocator);

/* Its checkpoints go to `s`, with an interval of 0. */
void toy_store_in(toy *t, store *s);

/* toy_create() and toy_store_in(), with malloc(). */
toy *toy_create_stored(const toy_options *options, store *s);

/* Frees all of it; the weights must be untouched. */
void toy_free(toy *t);
void toy_assert_weights_untouched(const toy *t);

/* dlc_run_execute(), with the store's place of reading put back first; the weights must be untouched. */
dlc_status toy_execute(toy *t, store *s);

/* Everything that comes out of a run. */
typedef struct toy_results {
    float scores[TOY_SAMPLES];
    int64_t visited_count;
    int64_t visited[TOY_LEVELS];
    float curves[TOY_LEVELS * TOY_SAMPLES];
    int32_t correct[TOY_SAMPLES];
    int64_t rounds;
    int64_t round_visited[TOY_LEVELS];
    double round_spearman[TOY_LEVELS];
} toy_results;

toy_results toy_results_of(toy *t);

/* Of a run without a checkpoint. */
toy_results toy_reference(const toy_options *options);

/* The same bits. */
void toy_assert_same(const toy_results *a, const toy_results *b);

#endif
