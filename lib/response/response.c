/*
 * response.c - the public face of the module (dlc/response.h): handle, settings, and the sums of a batch. What one
 * token costs is token.c's.
 */
#include "dlc/response.h"

#include "base/allocator.h"
#include "base/error.h"
#include "base/parallel.h"
#include "response/token.h"

#include <float.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stddef.h>

#define VOCABULARY_MAX INT64_C(16777216)

/* Elements that rows, and tokens, may lie apart in all: their offsets together, in bytes, stay within 63 bits. */
#define EXTENT_MAX (INT64_C(1) << 59)

/* Logits that a thread takes at a time, and that are worth starting one for. */
#define TASK_LOGITS   INT64_C(65536)
#define THREAD_LOGITS INT64_C(262144)

struct dlc_response {
    dlc_allocator allocator;
    dlc_error error;
    dlc_logits logits; /* vocabulary 0: not described yet */
    int32_t empty;
    int32_t threads; /* resolved */

    int64_t rows; /* of the batch; 0: none */
    int64_t rows_capacity;
    double *sums;    /* [rows], of the losses of a row's tokens, in order */
    int64_t *counts; /* [rows], of those tokens */

    double *losses; /* of the tokens of a piece; what does not count is not set */
    int64_t losses_capacity;
};

dlc_status dlc_response_create(const dlc_allocator *allocator, dlc_response **out) {
    if (!out)
        return DLC_ERROR_ARGUMENT;
    *out = NULL;
    const dlc_allocator own = dlc_allocator_or_default(allocator);
    dlc_response *response = dlc_allocate_zeroed(&own, 1, sizeof *response);
    if (!response)
        return DLC_ERROR_MEMORY;
    response->allocator = own;
    response->logits.kernels = dlc_log_sum_kernels_at(0);
    response->empty = DLC_EMPTY_ERROR;
    response->threads = 1;
    *out = response;
    return DLC_OK;
}

void dlc_response_free(dlc_response *response) {
    if (!response)
        return;
    const dlc_allocator own = response->allocator;
    dlc_release(&own, response->sums);
    dlc_release(&own, response->counts);
    dlc_release(&own, response->losses);
    dlc_release(&own, response);
}

const char *dlc_response_message(const dlc_response *response) {
    return response ? response->error.text : "the handle is NULL";
}

/* ---- Settings ---- */

dlc_status dlc_response_set_logits(dlc_response *response, int32_t dtype, int64_t vocabulary) {
    if (!response)
        return DLC_ERROR_ARGUMENT;
    if (dtype != DLC_DTYPE_F32 && dtype != DLC_DTYPE_F16 && dtype != DLC_DTYPE_BF16)
        return dlc_fail(&response->error, DLC_ERROR_ARGUMENT, "dtype %" PRId32 " (%s) is none of logits", dtype,
                        dlc_dtype_name(dtype));
    if (vocabulary < 1 || vocabulary > VOCABULARY_MAX)
        return dlc_fail(&response->error, DLC_ERROR_ARGUMENT, "vocabulary %" PRId64 " is not in 1..%" PRId64,
                        vocabulary, VOCABULARY_MAX);
    response->logits.dtype = dtype;
    response->logits.size = dlc_dtype_size(dtype);
    response->logits.vocabulary = vocabulary;
    return DLC_OK;
}

dlc_status dlc_response_set_empty(dlc_response *response, int32_t empty) {
    if (!response)
        return DLC_ERROR_ARGUMENT;
    if (empty != DLC_EMPTY_ERROR && empty != DLC_EMPTY_ZERO)
        return dlc_fail(&response->error, DLC_ERROR_ARGUMENT, "empty %" PRId32 " is unknown", empty);
    response->empty = empty;
    return DLC_OK;
}

dlc_status dlc_response_set_threads(dlc_response *response, int32_t threads) {
    if (!response)
        return DLC_ERROR_ARGUMENT;
    if (threads < 0 || threads > DLC_THREADS_MAX)
        return dlc_fail(&response->error, DLC_ERROR_ARGUMENT, "threads %" PRId32 " is not in 0..%d", threads,
                        DLC_THREADS_MAX);
    response->threads = dlc_threads_resolve(threads);
    return DLC_OK;
}

/* ---- A batch ---- */

static void release_rows(dlc_response *response) {
    dlc_release(&response->allocator, response->sums);
    dlc_release(&response->allocator, response->counts);
    response->sums = NULL;
    response->counts = NULL;
    response->rows_capacity = 0;
}

dlc_status dlc_response_begin(dlc_response *response, int64_t rows) {
    if (!response)
        return DLC_ERROR_ARGUMENT;
    if (rows < 1)
        return dlc_fail(&response->error, DLC_ERROR_ARGUMENT, "rows %" PRId64 " is not 1 or more", rows);
    response->rows = 0;
    if (rows > response->rows_capacity) {
        release_rows(response);
        response->sums = dlc_allocate(&response->allocator, rows, sizeof *response->sums);
        response->counts = dlc_allocate(&response->allocator, rows, sizeof *response->counts);
        if (!response->sums || !response->counts) {
            release_rows(response);
            return dlc_fail_memory(&response->error, "the sums of a batch");
        }
        response->rows_capacity = rows;
    }
    for (int64_t row = 0; row < rows; row++) {
        response->sums[row] = 0;
        response->counts[row] = 0;
    }
    response->rows = rows;
    return DLC_OK;
}

/* ---- A piece ---- */

typedef struct dlc_piece {
    int64_t first, rows, tokens;
    const char *logits;
    int64_t row_stride, token_stride;
    const int64_t *targets;
    int64_t targets_stride;
    const uint8_t *mask;
    int64_t mask_stride;
} dlc_piece;

static int64_t target_of(const dlc_piece *piece, int64_t row, int64_t token) {
    return piece->targets[row * piece->targets_stride + token];
}

static int counts(const dlc_piece *piece, int64_t row, int64_t token) {
    return piece->mask ? piece->mask[row * piece->mask_stride + token] != 0
                       : target_of(piece, row, token) != DLC_RESPONSE_IGNORE;
}

static const char *logits_of(const dlc_logits *kind, const dlc_piece *piece, int64_t row, int64_t token) {
    return piece->logits + (row * piece->row_stride + token * piece->token_stride) * kind->size;
}

/* A stride over `count` steps: at least `least`, and no offset may overflow. */
static dlc_status check_stride(dlc_response *response, const char *name, int64_t stride, int64_t count, int64_t least) {
    if (count <= 1)
        return DLC_OK;
    if (stride < least)
        return dlc_fail(&response->error, DLC_ERROR_ARGUMENT, "%s %" PRId64 " is less than %" PRId64, name, stride,
                        least);
    if (stride > EXTENT_MAX / count)
        return dlc_fail(&response->error, DLC_ERROR_ARGUMENT, "%s %" PRId64 " is too large", name, stride);
    return DLC_OK;
}

static dlc_status check_piece(dlc_response *response, const dlc_piece *piece) {
    const int64_t rows = piece->rows, tokens = piece->tokens, vocabulary = response->logits.vocabulary;
    dlc_error *error = &response->error;
    if (vocabulary == 0)
        return dlc_fail(error, DLC_ERROR_STATE, "the logits are not described yet");
    if (response->rows == 0)
        return dlc_fail(error, DLC_ERROR_STATE, "no batch was begun");
    if (rows < 0 || piece->first < 0 || piece->first > response->rows - rows)
        return dlc_fail(error, DLC_ERROR_ARGUMENT,
                        "%" PRId64 " rows from row %" PRId64 " on are not within the batch of %" PRId64, rows,
                        piece->first, response->rows);
    if (tokens < 0 || (rows > 0 && tokens > EXTENT_MAX / rows))
        return dlc_fail(error, DLC_ERROR_ARGUMENT, "tokens %" PRId64 " is negative or too large", tokens);
    if (rows == 0 || tokens == 0)
        return DLC_OK;
    if (!piece->logits || !piece->targets)
        return dlc_fail(error, DLC_ERROR_ARGUMENT, "%s is NULL", piece->logits ? "targets" : "logits");
    DLC_TRY(check_stride(response, "row stride", piece->row_stride, rows, vocabulary));
    DLC_TRY(check_stride(response, "token stride", piece->token_stride, tokens, vocabulary));
    DLC_TRY(check_stride(response, "targets stride", piece->targets_stride, rows, tokens));
    return piece->mask ? check_stride(response, "mask stride", piece->mask_stride, rows, tokens) : DLC_OK;
}

/* Targets outside the vocabulary; *counted receives the tokens that count. */
static dlc_status check_targets(dlc_response *response, const dlc_piece *piece, int64_t *counted) {
    *counted = 0;
    for (int64_t row = 0; row < piece->rows; row++)
        for (int64_t token = 0; token < piece->tokens; token++) {
            if (!counts(piece, row, token))
                continue;
            const int64_t target = target_of(piece, row, token);
            if (target < 0 || target >= response->logits.vocabulary)
                return dlc_fail(&response->error, DLC_ERROR_DATA,
                                "target %" PRId64 " of row %" PRId64 ", token %" PRId64
                                " is not within the vocabulary of %" PRId64,
                                target, piece->first + row, token, response->logits.vocabulary);
            ++*counted;
        }
    return DLC_OK;
}

static dlc_status require_losses(dlc_response *response, int64_t count) {
    if (count <= response->losses_capacity)
        return DLC_OK;
    dlc_release(&response->allocator, response->losses);
    response->losses_capacity = 0;
    response->losses = dlc_allocate(&response->allocator, count, sizeof *response->losses);
    if (!response->losses)
        return dlc_fail_memory(&response->error, "the losses of the tokens");
    response->losses_capacity = count;
    return DLC_OK;
}

typedef struct dlc_adding {
    dlc_response *response;
    const dlc_piece *piece;
    int64_t task_tokens;
    _Atomic int64_t unusable; /* the lowest place of a token whose logits cannot be used; INT64_MAX: none */
} dlc_adding;

/* Places count the tokens of a piece row by row. Those behind one that cannot be used need no look any more. */
static void add_tokens(void *context, int64_t task, int32_t thread) {
    (void)thread;
    dlc_adding *adding = context;
    const dlc_piece *piece = adding->piece;
    const dlc_logits *kind = &adding->response->logits;
    const int64_t rest = piece->rows * piece->tokens - task * adding->task_tokens;
    const int64_t place_end = task * adding->task_tokens + (rest < adding->task_tokens ? rest : adding->task_tokens);
    for (int64_t place = task * adding->task_tokens; place < place_end; place++) {
        const int64_t row = place / piece->tokens, token = place % piece->tokens;
        if (!counts(piece, row, token))
            continue;
        int64_t lowest = atomic_load(&adding->unusable);
        if (place > lowest)
            return;
        if (dlc_token_loss(kind, logits_of(kind, piece, row, token), target_of(piece, row, token),
                           &adding->response->losses[place]))
            continue;
        while (place < lowest && !atomic_compare_exchange_weak(&adding->unusable, &lowest, place))
            ;
        return;
    }
}

static dlc_status fail_unusable(dlc_response *response, const dlc_piece *piece, int64_t place) {
    const int64_t row = place / piece->tokens, token = place % piece->tokens;
    const char *logits = logits_of(&response->logits, piece, row, token);
    const int64_t entry = dlc_token_find_unusable(&response->logits, logits);
    if (entry < 0)
        return dlc_fail(&response->error, DLC_ERROR_DATA,
                        "the logit of the target (%" PRId64 ") of row %" PRId64 ", token %" PRId64 " is -infinity",
                        target_of(piece, row, token), piece->first + row, token);
    const float logit = dlc_token_logit(&response->logits, logits, entry);
    return dlc_fail(&response->error, DLC_ERROR_DATA, "logit %" PRId64 " of row %" PRId64 ", token %" PRId64 " is %s",
                    entry, piece->first + row, token, logit > 0 ? "infinity" : "NaN");
}

/* One token after the other, so that pieces leave the same bits as a whole row. */
static void add_up(dlc_response *response, const dlc_piece *piece) {
    for (int64_t row = 0; row < piece->rows; row++)
        for (int64_t token = 0; token < piece->tokens; token++)
            if (counts(piece, row, token)) {
                response->sums[piece->first + row] += response->losses[row * piece->tokens + token];
                response->counts[piece->first + row]++;
            }
}

dlc_status dlc_response_add(dlc_response *response, int64_t first, int64_t rows, int64_t tokens, const void *logits,
                            int64_t row_stride, int64_t token_stride, const int64_t *targets, int64_t targets_stride,
                            const uint8_t *mask, int64_t mask_stride) {
    if (!response)
        return DLC_ERROR_ARGUMENT;
    const dlc_piece piece = {first,        rows,    tokens,         logits, row_stride,
                             token_stride, targets, targets_stride, mask,   mask_stride};
    int64_t counted;
    DLC_TRY(check_piece(response, &piece));
    DLC_TRY(check_targets(response, &piece, &counted));
    if (counted == 0)
        return DLC_OK;
    DLC_TRY(require_losses(response, rows * tokens));

    const int64_t vocabulary = response->logits.vocabulary;
    const double worth = (double)counted * (double)vocabulary / (double)THREAD_LOGITS;
    const int32_t threads = worth < 2 ? 1 : worth < response->threads ? (int32_t)worth : response->threads;
    dlc_adding adding = {response, &piece, vocabulary < TASK_LOGITS ? TASK_LOGITS / vocabulary : 1, INT64_MAX};
    dlc_parallel(threads, (rows * tokens - 1) / adding.task_tokens + 1, add_tokens, &adding);
    const int64_t unusable = atomic_load(&adding.unusable);
    if (unusable < INT64_MAX)
        return fail_unusable(response, &piece, unusable);
    add_up(response, &piece);
    return DLC_OK;
}

dlc_status dlc_response_get_losses(dlc_response *response, float *losses, int64_t *tokens) {
    if (!response)
        return DLC_ERROR_ARGUMENT;
    if (response->rows == 0)
        return dlc_fail(&response->error, DLC_ERROR_STATE, "no batch was begun");
    if (!losses)
        return dlc_fail(&response->error, DLC_ERROR_ARGUMENT, "losses is NULL");
    for (int64_t row = 0; response->empty == DLC_EMPTY_ERROR && row < response->rows; row++)
        if (response->counts[row] == 0)
            return dlc_fail(&response->error, DLC_ERROR_DATA, "row %" PRId64 " has no response token", row);
    for (int64_t row = 0; row < response->rows; row++) {
        const int64_t count = response->counts[row];
        const double mean = count > 0 ? response->sums[row] / (double)count : 0;
        losses[row] = mean < (double)FLT_MAX ? (float)mean : FLT_MAX;
        if (tokens)
            tokens[row] = count;
    }
    return DLC_OK;
}
