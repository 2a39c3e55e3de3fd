/*
 * checkpointing.h - `dlc score --checkpoint FILE`: what a checkpoint is tied to, beside what libdlc knows by itself
 * (dlc/run.h: weights, schedule, criterion, labels, ...). Two runs that agree in all of it give the same scores.
 *
 *     encoder          all tensors of the file, the ones that are never masked too
 *     images           for every sample its path, relative to the folder, its size and the time of its last change
 *     --size, --crop, --interpolation, --mean, --std, --pool      as they are used, given or not
 *     OpenBLAS         its version and the processor that it computes for, since features are the same bits on one BLAS
 *                      alone
 *
 * The time of the last change stands for an image's content, as it does for make and rsync: reading all files again
 * would cost a pass over a data set that may not fit the page cache, and a size alone misses images that were swapped.
 * So a folder that is moved goes on, and so does one that is copied with its times (cp -a); one copied without them is
 * another data set. What was skipped need not be named: it shows in the list of those that were not.
 */
#ifndef DLC_SRC_CHECKPOINTING_H
#define DLC_SRC_CHECKPOINTING_H

#include "score_options.h"

/* Sets the checkpoint that the options name, and all of that. EXIT_DONE, or EXIT_FAILED after a message. */
int checkpointing_set(dlc_run *run, const score_options *options, const dlc_safetensors *weights,
                      const dlc_encoder *encoder, const dlc_images *images);

#endif
