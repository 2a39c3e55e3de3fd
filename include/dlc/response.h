/*
 * dlc/response.h - logits of a causal language model -> the loss of each sample, as head loss of dlc/score.h takes it.
 *
 * The loss of a sample is the mean negative log-likelihood of its response tokens,
 *
 *     1 / n * sum over its n response tokens of -log softmax(logits)[target]
 *
 * Samples are called rows here: the rows of one batch. The way of a batch:
 *
 *     once: dlc_response_create, dlc_response_set_logits
 *     dlc_response_begin: the number of rows
 *     dlc_response_add: a piece, some tokens of some rows; as often as needed
 *     dlc_response_get_losses: a float32 a row, which may go straight into the output of a dlc_forward_callback
 *
 * Logits are read where they lie, once, and never copied as a whole: a batch of a few hundred tokens at a vocabulary of
 * 150,000 is large enough as it is.
 *
 * The rules:
 *
 *   Shift. targets[t] is what logits[t] predict. The logits of a causal model at position t predict the token at t + 1,
 *   so the usual shift is one of pointers and lengths, not of data. With logits [rows, T, V], ids and mask [rows, T],
 *   all contiguous and of the same positions:
 *
 *       dlc_response_add(response, 0, rows, T - 1, logits, T * V, V, ids + 1, T, mask + 1, T);
 *
 *   Response. mask[t] says whether targets[t] is a token of the response, 1, or not, 0: prompt, padding, whatever the
 *   model is not to be asked for. The end token of a response usually counts; that is the caller's to decide. Without a
 *   mask every token counts whose target is not DLC_RESPONSE_IGNORE, the way many data collators mark labels.
 *
 *   Padding. What does not count is never looked at: ids there may be anything, logits NaN.
 *
 *   Turns. Where a sample has several turns, the tokens of all assistant turns count, each alike: one mean over them
 *   all, not a mean of means.
 *
 *   Empty responses. A row without a response token (cut off behind a long prompt, say) has no loss:
 *   dlc_response_set_empty().
 *
 *   Pieces. A row may come in pieces, as from a model with a cache of keys and values that sees a few hundred tokens at
 *   a time, or a batch in groups of rows. The pieces of a row, given in order of its tokens, make the same bits as the
 *   row given whole.
 *
 *   What cannot be used. Among logits that count: -infinity is legal (a masked part of the vocabulary) but not for the
 *   target, NaN and +infinity are not. A target that counts must lie in the vocabulary. Each is an error that names row
 *   and token.
 *
 * Numbers. The largest logit is taken off first, so that nothing overflows. Exponentials are float32 and the library's
 * own, their sum is double in one fixed order, and so is the sum over the tokens: threads and the processor's
 * instruction set do not change a bit (exp() and log() of the C library have a small part in it). The loss of a token
 * is within 5e-6 of itself where it is above 1e-6.
 *
 * Source: the loss of the second half of arXiv 2402.05356, instruction tuning.
 */
#ifndef DLC_RESPONSE_H
#define DLC_RESPONSE_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dlc_response dlc_response;

/* A target that does not count, where there is no mask. */
#define DLC_RESPONSE_IGNORE (-100)

/* What becomes of a row without a response token. */
#define DLC_EMPTY_ERROR 0
#define DLC_EMPTY_ZERO  1

/*
 * dlc_response_create() - a handle with empty responses an error and one thread; the logits are still to be described.
 * allocator: NULL: malloc(). Copied. Errors: DLC_ERROR_ARGUMENT, DLC_ERROR_MEMORY. Since 1.0.
 */
DLC_API dlc_status dlc_response_create(const dlc_allocator *allocator, dlc_response **out);

/* dlc_response_free() - frees the handle. Accepts NULL. Since 1.0. */
DLC_API void dlc_response_free(dlc_response *response);

/* dlc_response_message() - what the last failed call said; borrowed until the next call. Since 1.0. */
DLC_API const char *dlc_response_message(const dlc_response *response);

/* ---- Settings: at any time, for the calls to come ---- */

/*
 * dlc_response_set_logits() - what the logits of a token are.
 *
 * dtype: DLC_DTYPE_F32, F16 or BF16. vocabulary: logits of a token, 1 to 16,777,216, contiguous; all of them take part
 * in the softmax. Where the model's output is padded to a round number, decide by this whether the padding does.
 *
 * Errors: DLC_ERROR_ARGUMENT. Since 1.0.
 */
DLC_API dlc_status dlc_response_set_logits(dlc_response *response, int32_t dtype, int64_t vocabulary);

/*
 * dlc_response_set_empty() - what a row without a response token is.
 *
 * empty: DLC_EMPTY_ERROR (default): dlc_response_get_losses() fails and names the row. A run stops in its first level
 * then, before the hours, and the sample can be dropped from the data: best, for it can be of no use in training.
 * DLC_EMPTY_ZERO: its loss is 0. Every other sample is harder, but FlexRand picks easy samples too: look for token
 * counts of 0 and leave such samples out of the selection.
 *
 * Errors: DLC_ERROR_ARGUMENT. Since 1.0.
 */
DLC_API dlc_status dlc_response_set_empty(dlc_response *response, int32_t empty);

/* dlc_response_set_threads() - threads that dlc_response_add() may use: 1 (default) to 1024, or 0 for one per online
 * processor. A call with little to do uses fewer. Results do not depend on it. Errors: DLC_ERROR_ARGUMENT.
 * Since 1.0. */
DLC_API dlc_status dlc_response_set_threads(dlc_response *response, int32_t threads);

/* ---- A batch ---- */

/*
 * dlc_response_begin() - starts a batch: every row is without tokens. What was added before is forgotten.
 *
 * rows: 1 or more. Holds 16 bytes a row until the handle is freed.
 *
 * Errors: DLC_ERROR_ARGUMENT, DLC_ERROR_MEMORY (there is no batch then). Since 1.0.
 */
DLC_API dlc_status dlc_response_begin(dlc_response *response, int64_t rows);

/*
 * dlc_response_add() - adds the response tokens of a piece to the sums of its rows.
 *
 * first, rows: the piece is of rows first to first + rows - 1 of the batch. tokens: of every row, those that do not
 * count included. Both may be 0.
 *
 * logits: token t of the piece's row r starts at logits + r * row_stride + t * token_stride. Strides are in elements of
 * the dtype, at least the vocabulary, or anything where there is one row or one token. So rows may lie outside or
 * inside: for [tokens, rows, V] the row stride is V and the token stride rows * V. The buffer need not be aligned.
 *
 * targets: int64, the target of token t of row r is targets[r * targets_stride + t].
 * mask: uint8, mask[r * mask_stride + t]; 0: the token does not count, anything else: it does. NULL: those count whose
 * target is not DLC_RESPONSE_IGNORE. targets_stride, mask_stride: at least tokens, or anything for one row.
 *
 * All or nothing: after an error the piece counts as not given. Holds 8 bytes for each of rows * tokens until the
 * handle is freed.
 *
 * Errors: DLC_ERROR_STATE (no batch was begun; the logits are not described), DLC_ERROR_ARGUMENT (rows that are not in
 * the batch, a stride, NULL), DLC_ERROR_DATA (a target outside the vocabulary; a logit that cannot be used: names the
 * row of the batch and the token of the piece), DLC_ERROR_MEMORY. Since 1.0.
 */
DLC_API dlc_status dlc_response_add(dlc_response *response, int64_t first, int64_t rows, int64_t tokens,
                                    const void *logits, int64_t row_stride, int64_t token_stride,
                                    const int64_t *targets, int64_t targets_stride, const uint8_t *mask,
                                    int64_t mask_stride);

/*
 * dlc_response_get_losses() - the losses from all pieces so far; more may come.
 *
 * losses: float32[rows]: the mean over the row's response tokens in nats, rounded once; float32's largest value where
 * it is larger. tokens: int64[rows], response tokens of each row; may be NULL.
 *
 * Errors: DLC_ERROR_STATE (no batch was begun), DLC_ERROR_DATA (a row without a response token: named; nothing is
 * written then), DLC_ERROR_ARGUMENT. Since 1.0.
 */
DLC_API dlc_status dlc_response_get_losses(dlc_response *response, float *losses, int64_t *tokens);

#ifdef __cplusplus
}
#endif
#endif
