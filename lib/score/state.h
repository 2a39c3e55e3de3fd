/*
 * state.h - all that a scorer has taken in, to a checkpoint and back. The settings are not part of it: who reads it
 * into a scorer has made sure that they are the same. Used by the run module (run/checkpoint.c).
 */
#ifndef DLC_LIB_SCORE_STATE_H
#define DLC_LIB_SCORE_STATE_H

#include "../base/stream.h"
#include "dlc/score.h"

/*
 * Writes the state, or reads it into a scorer that was just reset, and has samples, head and levels.
 *
 * taken: the samples that came in the pass that is under way (the features, or a level): 0 to *taken - 1, and no
 * others.
 *
 * A state that cannot be is the stream's fault to tell. Errors: DLC_ERROR_MEMORY, reading. After either the scorer must
 * be reset, and before the stream's next seal fitted its results must not be used.
 */
dlc_status dlc_score_state(dlc_score *score, dlc_stream *stream, int64_t *taken);

#endif
