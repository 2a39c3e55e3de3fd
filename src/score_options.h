/*
 * score_options.h - what `dlc score` was given, and its three forms: features, losses, images.
 */
#ifndef DLC_SRC_SCORE_OPTIONS_H
#define DLC_SRC_SCORE_OPTIONS_H

#include "masking.h"
#include "transform.h"

typedef struct score_options {
    const char *features, *losses, *labels, *centroids, *out, *curves; /* files in, files out */
    const char *encoder, *images, *out_dir;
    int32_t observation;
    masking_options masking;
    int automatic;    /* --schedule auto: levels of the published schedule until the ranking stands still */
    double agreement; /* the rank correlation at which it does */
    transform_options transform;
    int32_t pooling;
    int skip_broken;
    int64_t threads; /* 0: one per processor */
    int64_t batch;
    int64_t memory_limit;   /* 0: none */
    const char *checkpoint; /* NULL: none */
    int quiet;
} score_options;

/* The words of --observe, by DLC_OBSERVE_*. */
extern const char *const observation_words[];

/* The words of --pool, by DLC_POOLING_*. */
extern const char *const pooling_words[];

/* The three forms. Options are checked; EXIT_DONE, or EXIT_FAILED (EXIT_USAGE for a bad SPEC) after a message. */
int score_features(const score_options *options);
int score_losses(const score_options *options);
int score_images(const score_options *options);

#endif
