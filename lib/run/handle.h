/*
 * handle.h - the run behind dlc_run, and one execution of it, shared by the files of this folder:
 *   run.c         settings, and the driver of a run
 *   checkpoint.c  writes how far a run is, and goes on from there
 */
#ifndef DLC_LIB_RUN_HANDLE_H
#define DLC_LIB_RUN_HANDLE_H

#include "dlc/run.h"

#include "agreement.h"
#include "base/allocator.h"
#include "base/error.h"
#include "checkpoint_file.h"
#include "identity.h"

#include <stdatomic.h>

/* Gaps between visited levels halve from round to round: 2^31 levels would not need more. */
#define DLC_ROUNDS_MAX 32

/* A round of automatic levels. */
typedef struct dlc_round {
    int64_t visited;
    double spearman;
} dlc_round;

/* Where checkpoints go. */
typedef struct dlc_checkpoint_settings {
    dlc_checkpoint_write_callback write; /* NULL: there are none */
    dlc_checkpoint_read_callback read;
    void *user;
    char *path; /* the file form: then the callbacks are those of checkpoint_file.h; else NULL */
    dlc_checkpoint_file file;
    double interval;
    dlc_fingerprint *fingerprints;
    int64_t fingerprint_count;
    int64_t fingerprint_room;
} dlc_checkpoint_settings;

struct dlc_run {
    dlc_allocator allocator;
    dlc_error error;
    dlc_mask *mask;
    dlc_score *score;
    dlc_forward_callback forward;
    void *forward_user;
    dlc_progress_callback progress;
    void *progress_user;
    dlc_exchange_callback exchange; /* NULL: the data set is all here */
    void *exchange_user;
    int64_t batch;
    int64_t memory_limit;
    double auto_spearman; /* 0: every level */
    dlc_round rounds[DLC_ROUNDS_MAX];
    int64_t round_count;
    dlc_checkpoint_settings checkpoint;
    int64_t resumed_pass; /* of the last execution; -1: it started anew */
    int64_t resumed_samples;
    int is_executing;
    atomic_int cancelled;
};

/* What one dlc_run_execute() works with. */
typedef struct dlc_execution {
    int64_t samples;
    int64_t first_sample; /* what the score calls its sample 0 */
    int64_t width;
    int64_t levels;
    int64_t pass;
    int64_t passes;
    int64_t taken;       /* samples that the score has of the pass under way */
    int makes_centroids; /* of the features of an unmasked pass */
    int extra_pass;      /* and that pass is no level's */
    float *rows;         /* one batch */
    float *kept;         /* the unmasked features of all samples, to be level 0's; or NULL */
    /* Automatic levels alone: */
    dlc_agreement agreement;
    float *estimate; /* the scores after the last round */
    /* Checkpoints alone: */
    dlc_identity identity;
    void *buffer;
    double written_at; /* seconds */
    int unsaved;       /* there is more to save than the last checkpoint has */
} dlc_execution;

/* DLC_ERROR_STATE inside a callback of dlc_run_execute(). */
dlc_status dlc_run_check_idle(dlc_run *run);

/* A failure of the score, said by the run. */
dlc_status dlc_run_from_score(dlc_run *run, dlc_status status);

#endif
