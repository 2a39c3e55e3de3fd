/*
 * dlc/run.h - the whole scoring run: for every level mask, call the model for every batch, observe.
 *
 * A run borrows a dlc_mask (weights, schedule) and a dlc_score (samples, labels, head), which the caller has set up,
 * and a forward callback. Afterwards scores and curves are in the dlc_score, and the weights are as they were:
 *
 *     GUARANTEE G1. After every return of dlc_run_execute() - success, error, cancel, out of memory - the weights are
 * bit for bit what they were before the call.
 *
 * With head centroid and no centroids set, an unmasked pass comes first. Where level 0 is unmasked too (the published
 * schedule), its features are kept for that level if the memory limit allows, and computed a second time if not; else
 * the pass is extra and not part of the curve.
 *
 * Many machines (dlc_run_set_exchange). Each runs a part of the data set: dlc_score_set_range() says which, and the
 * exchange callback makes one sum of the class sums of all runs, by whatever network there is. Scores and curves are
 * then those of one run over the whole data set, bit for bit, as long as the model's outputs are the same.
 *
 * Automatic levels (dlc_run_set_auto). Forward passes are the whole cost of a run, and neighbouring levels say nearly
 * the same. So levels are visited round by round until the ranking of the samples stands still:
 *
 *   Levels. Round 0 visits level 0 and the last one, every further round the level in the middle, (a + b) / 2 rounded
 *   down, of every two visited neighbours a < b with a level between them, in ascending order. Of 50 levels 2, 3, 5, 9,
 *   17, 33, 50 are visited then.
 *
 *   The end. After every round the scores are estimated from the levels visited so far (dlc_score_get_estimate), and
 *   their ranking is compared with that of the round before by a rank correlation within classes. The run ends once
 *   that has reached the threshold, or once every level was visited: then the scores are those of a run without
 *   automatic levels, bit for bit.
 *
 *   The correlation. In every class of n >= 2 samples each sample gets its rank r among them by score, 1 to n, equal
 *   scores the mean of their ranks; x = (r - (n + 1) / 2) / n from this round, y from the one before. It is
 *
 *       sum(x y) / sqrt(sum(x x) sum(y y))
 *
 *   over the samples of all these classes: Spearman's coefficient, with a class's weight nearly its share of the
 *   samples. Without labels (head loss) all samples are one class. Where no class has two samples, or all ranks are
 *   tied, there is none (NaN), and every level is visited.
 *
 * Checkpoints (dlc_run_set_checkpoint_file, dlc_run_set_checkpoint). A run of days is not lost with its process:
 *
 *     GUARANTEE G5. A run that was stopped at any moment, killed even, goes on from its checkpoint to the scores and
 * curves of a run that was never stopped, bit for bit. A checkpoint of another run, or a damaged one, is refused, and
 * nothing in it is used.
 *
 *   When. A checkpoint is written before the first batch, so that a place which cannot be written is found before the
 *   work and not after it; after every pass; inside a pass whenever some time has gone by
 *   (dlc_run_set_checkpoint_interval); and when the run is stopped, by dlc_run_cancel(), the progress callback or an
 *   error of the model: then with every batch that was finished. Each replaces the one before in one step. One that
 *   cannot be written stops the run with that error, the weights put back as ever and the checkpoint before it intact.
 *
 *   What. The sums of the unmasked pass or its centroids, the observations so far, the rounds of automatic levels, and
 *   how far the run is: about as many bytes as the score holds. No weights, no names of samples, no features: those
 *   that would have been kept for level 0 are computed again. Bytes are moved as they are made, without a second copy.
 *
 *   Going on. dlc_run_execute() asks for a checkpoint first, and continues the one it finds (dlc_run_resumed_pass).
 *   Batch size, threads, memory limit and interval may be others than before, and so may the machine, as long as the
 *   model's outputs do not depend on them. Everything else that scores depend on must be the same: samples and their
 *   range, classes, labels, head, width, given centroids, observation, kept curves; the registered tensors, masked or
 *   not, with every byte of them; criterion, seed (of criterion random), schedule, the threshold of automatic levels,
 *   whether there is an exchange. What only the caller knows, the data for one, dlc_run_add_fingerprint() adds. The
 *   message of a refusal says what differs: "run.ckpt is of a run that differs in the seed: 1, not 2".
 *
 *   Afterwards. The checkpoint stays after success, and holds the results: a dlc_run_execute() that finds it is done
 *   without a call of the model. Remove it once the results are stored.
 *
 * Callbacks. Inside one, every function that changes the run or executes it is refused (DLC_ERROR_STATE), all but
 * dlc_run_cancel(). Its mask and its score must not be changed there either: that is not detected.
 */
#ifndef DLC_RUN_H
#define DLC_RUN_H

#include "base.h"
#include "mask.h"
#include "score.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dlc_run dlc_run;

/* The usual threshold for dlc_run_set_auto(). */
#define DLC_AUTO_SPEARMAN 0.999

/*
 * The caller's model: computes rows `first` to `first + rows - 1` of the data set with the weights as they are now.
 * (Numbers of the larger data set, where dlc_score_set_range() says that the score holds a part of one.)
 *
 * level: the level that is applied, for information; -1 for an extra unmasked pass.
 * out: float32[rows, width], width as set by dlc_score_set_head(); filled with NaN before the call, so that what is not
 * written is found. rows_written: preset to -1. Set it to rows. Anything else stops the run with DLC_ERROR_CALLBACK.
 */
typedef void (*dlc_forward_callback)(void *user, int64_t level, int64_t first, int64_t rows, float *out,
                                     int64_t *rows_written);

/*
 * Tells how far the run is, after every batch.
 *
 * pass, passes: forward passes over the data set, finished ones and all. With automatic levels passes is an upper
 * bound, every level of the schedule: the run may end long before. samples_done, samples: within the current pass.
 * go_on: preset to -1. Set it to 1 to go on; anything else stops the run with DLC_ERROR_CANCELLED.
 */
typedef void (*dlc_progress_callback)(void *user, int64_t pass, int64_t passes, int64_t samples_done, int64_t samples,
                                      int32_t *go_on);

/*
 * Adds up the class sums of all runs of a data set in parts: replaces the `bytes` bytes at `sums`, this run's
 * (dlc_score_export_sums), by the total over all runs (dlc_score_merge_sums).
 *
 * Called once in a dlc_run_execute(), after the unmasked pass; not at all where there is none: with other heads than
 * centroid, with centroids given, and with those of a checkpoint. done: preset to -1. Set it to 1; anything else stops
 * the run with DLC_ERROR_CALLBACK.
 *
 * Whoever waits here for the other runs should know that a run that fails before never comes: let a failed
 * dlc_run_execute() tell the others (MPI_Abort for one). Nor does one that goes on from a checkpoint with centroids.
 * Runs write one before the exchange and one right after it, so a kill between the two can leave some with and some
 * without: then go on without the checkpoints of those that have them, or start all anew.
 */
typedef void (*dlc_exchange_callback)(void *user, void *sums, int64_t bytes, int32_t *done);

/* dlc_run_create() - a run with batches of 64 and no memory limit. allocator: NULL: malloc(). Copied. Errors:
 * DLC_ERROR_ARGUMENT, DLC_ERROR_MEMORY. Since 1.0. */
DLC_API dlc_status dlc_run_create(const dlc_allocator *allocator, dlc_run **out);

/* dlc_run_free() - frees the run, not the mask and the score it borrowed. Accepts NULL. Since 1.0. */
DLC_API void dlc_run_free(dlc_run *run);

/* dlc_run_message() - what the last failed call said, whichever module it came from; borrowed, see dlc/base.h.
 * Since 1.0. */
DLC_API const char *dlc_run_message(const dlc_run *run);

/* dlc_run_set_mask() - the weights and the schedule. mask: borrowed until the run is freed. Planned by the run if it is
 * not yet. No level may be applied when the run starts. Errors: DLC_ERROR_ARGUMENT. Since 1.0. */
DLC_API dlc_status dlc_run_set_mask(dlc_run *run, dlc_mask *mask);

/* dlc_run_set_score() - where the observations go. score: borrowed until the run is freed. Samples and head must be
 * set; the run sets the number of levels. Errors: DLC_ERROR_ARGUMENT. Since 1.0. */
DLC_API dlc_status dlc_run_set_score(dlc_run *run, dlc_score *score);

/* dlc_run_set_forward() - the model: forward is called with user for every batch. Errors: DLC_ERROR_ARGUMENT.
 * Since 1.0. */
DLC_API dlc_status dlc_run_set_forward(dlc_run *run, dlc_forward_callback forward, void *user);

/* dlc_run_set_progress() - progress reports; NULL for none (default). Errors: DLC_ERROR_ARGUMENT. Since 1.0. */
DLC_API dlc_status dlc_run_set_progress(dlc_run *run, dlc_progress_callback progress, void *user);

/*
 * dlc_run_set_exchange() - this run is over one part of a data set. exchange: NULL (default): over the whole.
 *
 * The sums to exchange are held only while it is called (dlc_score_sums_size). It does not go together with automatic
 * levels, where every run would stop at a level of its own: dlc_run_execute() refuses that. Run one part with automatic
 * levels first, then all of them with the levels that it visited (dlc_mask_set_list).
 *
 * Errors: DLC_ERROR_ARGUMENT (NULL). Since 1.0.
 */
DLC_API dlc_status dlc_run_set_exchange(dlc_run *run, dlc_exchange_callback exchange, void *user);

/* dlc_run_set_batch() - rows asked for in one forward call, at least 1 (the last batch of a pass may be smaller).
 * Scores do not depend on it as long as the model's outputs do not. Errors: DLC_ERROR_ARGUMENT. Since 1.0. */
DLC_API dlc_status dlc_run_set_batch(dlc_run *run, int64_t rows);

/* dlc_run_set_memory_limit() - bytes that libdlc may hold for this run: mask, score, batch, sums to exchange and kept
 * features together; 0 (default): no limit. A run that needs more refuses to start (DLC_ERROR_LIMIT). Since 1.0. */
DLC_API dlc_status dlc_run_set_memory_limit(dlc_run *run, int64_t bytes);

/*
 * dlc_run_set_auto() - automatic levels, as told above.
 *
 * spearman: the threshold of the rank correlation, in (0, 1]; DLC_AUTO_SPEARMAN is the usual one. 0 (default): every
 * level of the schedule, in order. The score must keep curves (dlc_score_set_keep_curves); it is closed at the end
 * (dlc_score_close), and tells which levels were visited (dlc_score_get_visited).
 *
 * Errors: DLC_ERROR_ARGUMENT. Since 1.0.
 */
DLC_API dlc_status dlc_run_set_auto(dlc_run *run, double spearman);

/* ---- Checkpoints, as told above ---- */

/*
 * dlc_run_set_checkpoint_file() - the run keeps a checkpoint in this file, written whole beside it, synced and renamed
 * (GUARANTEE G4 of dlc/file.h). In the place of dlc_run_set_checkpoint(), if that was called.
 *
 * path: copied; NULL: no checkpoint (default). A file that is not there is a run that starts anew. One file belongs to
 * one run at a time.
 * Errors: DLC_ERROR_ARGUMENT (an empty path), DLC_ERROR_MEMORY. Since 1.0.
 */
DLC_API dlc_status dlc_run_set_checkpoint_file(dlc_run *run, const char *path);

/* The steps of writing a checkpoint. The values are part of the ABI. */
#define DLC_CHECKPOINT_BEGIN  0 /* a new one begins; the one before must stay until COMMIT */
#define DLC_CHECKPOINT_DATA   1 /* its next `size` bytes, 1 or more */
#define DLC_CHECKPOINT_COMMIT 2 /* it is whole: make it last, in the place of the one before, and in one step */
#define DLC_CHECKPOINT_ABORT  3 /* DATA or COMMIT failed: forget it, keep the one before; no outcome is asked for */

/*
 * Writes a checkpoint, step by step, where there is no file system.
 * step: DLC_CHECKPOINT_*. data, size: with DATA; else NULL and 0. done: preset to -1. Set it to 1; anything else stops
 * the run with DLC_ERROR_CALLBACK.
 */
typedef void (*dlc_checkpoint_write_callback)(void *user, int32_t step, const void *data, int64_t size, int32_t *done);

/*
 * Reads the last checkpoint, from its first byte on: every call goes on where the call before ended. What a
 * dlc_run_execute() before has read does not count: put the place back to the start before each.
 *
 * data: room for `size` bytes, 1 or more. read: preset to -1. Set it to the bytes that were read: fewer than `size` are
 * the last, and 0 at the first call says that there is no checkpoint. Anything else stops the run with
 * DLC_ERROR_CALLBACK.
 */
typedef void (*dlc_checkpoint_read_callback)(void *user, void *data, int64_t size, int64_t *read);

/*
 * dlc_run_set_checkpoint() - the run keeps a checkpoint by the caller's two functions, write and read. In the place of
 * dlc_run_set_checkpoint_file(), if that was called. Both NULL: no checkpoint (default). Errors: DLC_ERROR_ARGUMENT
 * (one of the two is NULL). Since 1.0.
 */
DLC_API dlc_status dlc_run_set_checkpoint(dlc_run *run, dlc_checkpoint_write_callback write,
                                          dlc_checkpoint_read_callback read, void *user);

/*
 * dlc_run_set_checkpoint_interval() - inside a pass a checkpoint is written after the first batch that ends so many
 * seconds, or more, after the checkpoint before. 60 by default; 0: after every batch; infinity: never inside a pass.
 * Errors: DLC_ERROR_ARGUMENT (NaN, or below 0). Since 1.0.
 */
DLC_API dlc_status dlc_run_set_checkpoint_interval(dlc_run *run, double seconds);

/*
 * dlc_run_add_fingerprint() - something that this run's results depend on and that libdlc does not see: the list of
 * files, the transform, the tokenizer. A checkpoint that was made with other bytes under this name, or without it, is
 * of another run. Only a hash of 128 bits is kept, but up to 64 bytes of printable ASCII as they are: a refusal shows
 * them.
 *
 * name: 1 to 255 bytes; copied. No two fingerprints may share a name. data: `size` bytes, 0 or more; NULL for none.
 * Errors: DLC_ERROR_ARGUMENT, DLC_ERROR_MEMORY. Since 1.0.
 */
DLC_API dlc_status dlc_run_add_fingerprint(dlc_run *run, const char *name, const void *data, int64_t size);

/*
 * dlc_run_resumed_pass(), dlc_run_resumed_samples() - where the last dlc_run_execute() went on from a checkpoint: the
 * passes that were finished, as the progress callback counts them, and the samples of the next one that were done. -1
 * where it started anew. Kept after an error; not to be asked inside a callback. Since 1.0.
 */
DLC_API int64_t dlc_run_resumed_pass(const dlc_run *run);
DLC_API int64_t dlc_run_resumed_samples(const dlc_run *run);

/* ---- The run ---- */

/*
 * dlc_run_memory_estimate() - bytes that libdlc will hold at most for this run within its limit, the mask's and the
 * score's included; with automatic levels as if every level were visited. What a run before has left in the score does
 * not count, and stays. Errors: DLC_ERROR_STATE (mask or score not set, automatic levels without kept curves),
 * DLC_ERROR_LIMIT. Since 1.0.
 */
DLC_API dlc_status dlc_run_memory_estimate(dlc_run *run, int64_t *bytes);

/*
 * dlc_run_execute() - does the run, or the rest of the one that its checkpoint is of. May be called again: the score
 * starts anew, or with the checkpoint.
 *
 * Errors: DLC_ERROR_STATE (something is not set, or a level is applied; automatic levels without kept curves, or with
 * an exchange; the checkpoint is of another run: says in what), DLC_ERROR_CALLBACK (the model failed: names level and
 * batch; or the exchange did, or a checkpoint callback), DLC_ERROR_CANCELLED, DLC_ERROR_DATA, DLC_ERROR_LIMIT,
 * DLC_ERROR_MEMORY: from mask and score, with their message; DLC_ERROR_IO (the checkpoint file cannot be read or
 * written), DLC_ERROR_FORMAT (the checkpoint is damaged, or none), DLC_ERROR_UNSUPPORTED (it is of a later version of
 * libdlc). After an error the score holds no results. A checkpoint that cannot be written when the run is cancelled is
 * the error reported, since the caller counts on it; after any other error the first one is. Since 1.0.
 */
DLC_API dlc_status dlc_run_execute(dlc_run *run);

/* dlc_run_round_count() - rounds of the last dlc_run_execute(); 0 without automatic levels, and after an error.
 * Since 1.0. */
DLC_API int64_t dlc_run_round_count(const dlc_run *run);

/*
 * dlc_run_get_round() - what a round (from 0) came to. Each out pointer may be NULL.
 * visited: levels visited when it ended. spearman: the correlation with the round before; NaN in round 0, and where
 * there is none. Errors: DLC_ERROR_ARGUMENT (no such round). Since 1.0.
 */
DLC_API dlc_status dlc_run_get_round(dlc_run *run, int64_t round, int64_t *visited, double *spearman);

/*
 * dlc_run_cancel() - makes the dlc_run_execute() that is under way, or the next one, return DLC_ERROR_CANCELLED after
 * the current batch. Where no batch is left to do - the last one is under way, or the checkpoint is of a complete run -
 * the run succeeds instead, and the cancel is over with it. An exchange that is due after the current batch is made
 * first, since the other machines wait for it. The one function that any thread (and any callback, and a signal handler)
 * may call at any time while the run exists. Since 1.0.
 */
DLC_API void dlc_run_cancel(dlc_run *run);

#ifdef __cplusplus
}
#endif
#endif
