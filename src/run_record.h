/*
 * run_record.h - RUN/run.json: what was scored with what, what was seen, and where the time went; enough to repeat the
 * run.
 */
#ifndef DLC_SRC_RUN_RECORD_H
#define DLC_SRC_RUN_RECORD_H

#include "score_options.h"

/* Seconds of each part of a run, in the order of the run. */
typedef struct run_timings {
    double read_weights, plan_masks, list_images, decode_images, forward_passes, mask_and_score;
} run_timings;

/* What the record speaks of; all borrowed. */
typedef struct run_record {
    const score_options *options;
    const dlc_safetensors *weights;
    const dlc_encoder *encoder;
    const dlc_images *images;
    dlc_mask *mask;
    dlc_score *score;
    dlc_run *run;
    run_timings timings;
} run_record;

/* Writes the record. EXIT_DONE, or EXIT_FAILED after a message. */
int run_record_write(const run_record *record, const char *path);

#endif
