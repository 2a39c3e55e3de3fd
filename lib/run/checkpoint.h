/*
 * checkpoint.h - how far a run is, written whole (GUARANTEE G5) and taken up again. Used by run.c; what the bytes are
 * is told in checkpoint.c. Without a checkpoint set all of it does nothing.
 */
#ifndef DLC_LIB_RUN_CHECKPOINT_H
#define DLC_LIB_RUN_CHECKPOINT_H

#include "handle.h"

/* Settings of a new run; and frees what they hold. */
void dlc_checkpoint_settings_start(dlc_checkpoint_settings *settings);
void dlc_checkpoint_settings_stop(dlc_checkpoint_settings *settings, const dlc_allocator *allocator);

/* Bytes that a run holds for its checkpoints. */
int64_t dlc_checkpoint_bytes(const dlc_run *run);

/*
 * Reads the checkpoint, if there is one, into the score, the run's rounds and the execution: a score that was reset, a
 * mask that is planned and not applied. Says in run->resumed_pass and now->taken what it found.
 */
dlc_status dlc_checkpoint_open(dlc_run *run, dlc_execution *now);

/* Writes one. */
dlc_status dlc_checkpoint_save(dlc_run *run, dlc_execution *now);

/* The same if the interval is over. */
dlc_status dlc_checkpoint_save_in_time(dlc_run *run, dlc_execution *now);

/* The last one of a run that `status` stopped, which is what it returns unless that was a cancel and this fails. */
dlc_status dlc_checkpoint_save_at_stop(dlc_run *run, dlc_execution *now, dlc_status status);

/* Frees what an execution holds for its checkpoints. */
void dlc_checkpoint_close(dlc_run *run, dlc_execution *now);

#endif
