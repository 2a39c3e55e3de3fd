/*
 * golden_run.h - the golden encoder z = relu(x W1^T) W2^T as a run: mask, score, forward callback, progress. It can be
 * told to fail at a given call. Used by the tests of dlc_run.
 */
#ifndef DLC_TEST_GOLDEN_RUN_H
#define DLC_TEST_GOLDEN_RUN_H

#include "support.h"

enum { INPUTS = 24, HIDDEN = 48, DIM = 16 };

/* What the callback should do at call number `at`, instead of its work. */
typedef enum trouble { NONE, RAISE, SHORT, LONG, NOT_A_NUMBER, CANCEL } trouble;

typedef struct model {
    int64_t samples, classes;
    float *x, *w1, *w2;
    float *saved_w1, *saved_w2;
    int64_t *labels;
    dlc_mask *mask;
    dlc_score *score;
    dlc_run *run;
    int64_t calls;
    int64_t extra_calls; /* with level -1 */
    trouble trouble;
    int64_t at;
    int64_t stop_after_reports; /* progress: -1: never */
    int64_t reports;
    int64_t last_pass, passes;
} model;

/* The run over test/golden/GOLDEN, with the published schedule and kept curves. */
model *model_create(const char *golden, const dlc_allocator *allocator);

/* Frees all of it; the weights must be untouched. */
void model_free(model *m);

void assert_weights_untouched(const model *m);

/* dlc_run_execute() must succeed, and leave the weights untouched. */
void execute(model *m);

/* The scores; the caller frees them with free(). */
float *scores_of(model *m);

#endif
