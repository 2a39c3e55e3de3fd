/*
 * apply.c - weights as they are at a level: in place (dlc_mask_apply, dlc_mask_restore), into a second buffer
 * (dlc_mask_copy), and how many ties a tensor gives up (dlc_mask_get_ties). With due.c the only file that writes the
 * caller's weights; nothing can fail once it has begun to. Called by the caller of the library, and by run.
 */
#include "due.h"
#include "mask_internal.h"
#include "snapshot.h"
#include "weights.h"

#include <stdatomic.h>
#include <string.h>

/* Masks a chunk's weights at `data`. What they were must still be there, but for those that the cut masks anyway. */
static void mask_chunk(const dlc_mask *mask, const dlc_chunk *chunk, const dlc_cut *cut, unsigned char *data) {
    const int32_t dtype = chunk->tensor->dtype;
    const int64_t size = dlc_dtype_size(dtype);
    const dlc_weights_loops *loops = dlc_weights_loops_at(0);
    int64_t alike;
    for (int64_t at = 0; at < chunk->count; at += alike) {
        const int64_t position = chunk->position + at;
        alike = chunk->count - at;
        if (mask->criterion == DLC_CRITERION_L1) {
            const int64_t limit = dlc_cut_limit(cut, position, &alike);
            loops->mask(size, data + at * size, alike, dlc_order_native_limit(&mask->order, dtype, limit));
        } else {
            uint64_t keys[DLC_PIECE];
            alike = alike < DLC_PIECE ? alike : DLC_PIECE;
            const int64_t limit = dlc_cut_limit(cut, position, &alike);
            dlc_order_keys(&mask->order, dtype, NULL, position, alike, keys);
            dlc_weights_mask_by_keys(size, data + at * size, keys, alike, limit);
        }
    }
}

/* ---- In place ---- */

typedef struct dlc_move {
    const dlc_mask *mask;
    int64_t level; /* -1: back to the caller's own weights */
    int put_back;  /* the level masks less than what is applied */
} dlc_move;

static void move_chunk(void *context, int64_t task, int32_t thread) {
    (void)thread;
    const dlc_move *move = context;
    const dlc_mask *mask = move->mask;
    const dlc_chunk chunk = dlc_mask_chunk(mask, task);
    if (move->put_back) {
        dlc_snapshot_put_back(mask, &chunk, 0, chunk.count, NULL, chunk.data);
        dlc_due_forget(mask, &chunk);
    }
    if (move->level >= 0 && !dlc_due_mask(mask, &chunk, move->level))
        mask_chunk(mask, &chunk, &mask->cuts[move->level], chunk.data);
}

static void move_weights(dlc_mask *mask, int64_t level, int put_back) {
    dlc_move move = {mask, level, put_back};
    dlc_parallel(dlc_threads_resolve(mask->threads), mask->chunks, move_chunk, &move);
}

/* What is held while a level is applied. */
static dlc_status take_hold(dlc_mask *mask) {
    DLC_TRY(dlc_due_start(mask));
    const dlc_status status = dlc_snapshot_take(mask);
    if (status != DLC_OK)
        dlc_due_end(mask);
    return status;
}

dlc_status dlc_mask_apply(dlc_mask *mask, int64_t level) {
    DLC_TRY(dlc_mask_check_plan(mask));
    DLC_TRY(dlc_mask_check_level(mask, level));
    if (mask->current < 0)
        DLC_TRY(take_hold(mask));
    const int64_t masked = mask->cuts[level].masked;
    const int64_t masked_now = mask->current < 0 ? 0 : mask->cuts[mask->current].masked;
    if (masked != masked_now)
        move_weights(mask, level, masked < masked_now);
    mask->current = level;
    return DLC_OK;
}

dlc_status dlc_mask_restore(dlc_mask *mask) {
    if (!mask)
        return DLC_ERROR_ARGUMENT;
    if (mask->current < 0)
        return DLC_OK;
    if (mask->cuts[mask->current].masked > 0)
        move_weights(mask, -1, 1);
    dlc_snapshot_release(mask);
    dlc_due_end(mask);
    mask->current = -1;
    return DLC_OK;
}

/* ---- Into a second buffer ---- */

typedef struct dlc_copy {
    const dlc_mask *mask;
    const dlc_mask_tensor *tensor;
    const dlc_cut *cut;
    unsigned char *out;
} dlc_copy;

static void copy_chunk(void *context, int64_t task, int32_t thread) {
    (void)thread;
    const dlc_copy *copy = context;
    const dlc_chunk chunk = dlc_mask_chunk(copy->mask, copy->tensor->first_chunk + task);
    const int64_t size = dlc_dtype_size(chunk.tensor->dtype);
    unsigned char *out = copy->out + chunk.index * size;
    memcpy(out, chunk.data, (size_t)(chunk.count * size));
    if (copy->mask->current >= 0)
        dlc_snapshot_put_back(copy->mask, &chunk, 0, chunk.count, NULL, out);
    mask_chunk(copy->mask, &chunk, copy->cut, out);
}

dlc_status dlc_mask_copy(dlc_mask *mask, int64_t level, int64_t tensor, void *out) {
    DLC_TRY(dlc_mask_check_plan(mask));
    DLC_TRY(dlc_mask_check_level(mask, level));
    DLC_TRY(dlc_mask_check_tensor(mask, tensor));
    const dlc_mask_tensor *from = &mask->tensors[tensor];
    const int64_t bytes = from->count * dlc_dtype_size(from->dtype);
    if (bytes == 0)
        return DLC_OK;
    if (!out)
        return dlc_fail(&mask->error, DLC_ERROR_ARGUMENT, "out is NULL");
    const int64_t overlap = dlc_mask_find_overlap(mask, out, bytes);
    if (overlap >= 0)
        return dlc_fail(&mask->error, DLC_ERROR_ARGUMENT, "out overlaps the buffer of tensor '%s'",
                        mask->tensors[overlap].name);
    if (from->maskable_count == 0) {
        memcpy(out, from->data, (size_t)bytes);
        return DLC_OK;
    }
    dlc_copy copy = {mask, from, &mask->cuts[level], out};
    dlc_parallel(dlc_threads_resolve(mask->threads), dlc_mask_tensor_chunks(from), copy_chunk, &copy);
    return DLC_OK;
}

/* ---- Ties ---- */

typedef struct dlc_ties {
    const dlc_mask *mask;
    const dlc_mask_tensor *tensor;
    const dlc_cut *cut;
    _Atomic int64_t count;
} dlc_ties;

static void count_ties(void *context, int64_t task, int32_t thread) {
    (void)thread;
    dlc_ties *ties = context;
    const dlc_mask *mask = ties->mask;
    const dlc_chunk chunk = dlc_mask_chunk(mask, ties->tensor->first_chunk + task);
    const int64_t size = dlc_dtype_size(chunk.tensor->dtype);
    const unsigned char *values = NULL;
    int64_t equal = 0;
    for (int64_t at = 0; at < chunk.count; at += DLC_PIECE) {
        unsigned char data[DLC_PIECE * 8];
        uint64_t keys[DLC_PIECE];
        const int64_t position = chunk.position + at;
        const int64_t count = chunk.count - at < DLC_PIECE ? chunk.count - at : DLC_PIECE;
        memcpy(data, chunk.data + at * size, (size_t)(count * size));
        if (mask->current >= 0)
            values = dlc_snapshot_put_back(mask, &chunk, at, count, values, data);
        dlc_order_keys(&mask->order, chunk.tensor->dtype, data, position, count, keys);
        for (int64_t i = 0; i < count && position + i < ties->cut->position; i++)
            equal += keys[i] == ties->cut->key;
    }
    atomic_fetch_add(&ties->count, equal);
}

dlc_status dlc_mask_get_ties(dlc_mask *mask, int64_t level, int64_t tensor, int64_t *ties) {
    DLC_TRY(dlc_mask_check_plan(mask));
    DLC_TRY(dlc_mask_check_level(mask, level));
    DLC_TRY(dlc_mask_check_tensor(mask, tensor));
    if (!ties)
        return dlc_fail(&mask->error, DLC_ERROR_ARGUMENT, "ties is NULL");
    if (mask->criterion == DLC_CRITERION_RANDOM)
        return dlc_fail(&mask->error, DLC_ERROR_STATE, "criterion random has no ties");
    dlc_ties job = {.mask = mask, .tensor = &mask->tensors[tensor], .cut = &mask->cuts[level]};
    if (job.cut->position > job.tensor->position)
        dlc_parallel(dlc_threads_resolve(mask->threads), dlc_mask_tensor_chunks(job.tensor), count_ties, &job);
    *ties = atomic_load(&job.count);
    return DLC_OK;
}
