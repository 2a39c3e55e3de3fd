/* snapshot.c - takes and gives back the values that a level masks (snapshot.h). */
#include "snapshot.h"

#include "weights.h"

#include <stdatomic.h>
#include <string.h>

/* The value behind the last one is read, though not used: see dlc_weights_put_back(). */
#define SLACK 8

/* ---- Which weights ---- */

static int64_t deepest_level(const dlc_mask *mask) {
    int64_t deepest = 0;
    for (int64_t level = 1; level < mask->schedule.levels; level++)
        if (mask->cuts[level].masked > mask->cuts[deepest].masked)
            deepest = level;
    return deepest;
}

typedef struct snapshot_job {
    dlc_mask *mask;
    const dlc_cut *cut; /* of the deepest level */
    int64_t capacity;   /* bytes of values that there is room for */
    _Atomic int64_t used;
    _Atomic int64_t saved; /* weights */
} snapshot_job;

/* Marks `count` weights of a chunk, DLC_PIECE at most, from number `at` on: those with keys up to `limit`. */
static int64_t mark_alike(const snapshot_job *job, const dlc_chunk *chunk, int64_t at, int64_t count, int64_t limit,
                          uint64_t *bits) {
    const dlc_mask *mask = job->mask;
    const dlc_weights_loops *loops = dlc_weights_loops_at(0);
    const int32_t dtype = chunk->tensor->dtype;
    const int64_t size = dlc_dtype_size(dtype);
    const unsigned char *data = chunk->data + at * size;
    if (mask->criterion == DLC_CRITERION_L1)
        return loops->mark(size, data, count, dlc_order_native_limit(&mask->order, dtype, limit), bits);
    uint64_t keys[DLC_PIECE];
    dlc_order_keys(&mask->order, dtype, data, chunk->position + at, count, keys);
    return loops->mark(8, (const unsigned char *)keys, count, limit, bits);
}

/* Sets the bits of a chunk; returns how many are 1. */
static int64_t mark_chunk(const snapshot_job *job, const dlc_chunk *chunk, uint64_t *bits) {
    int64_t marked = 0, alike;
    for (int64_t at = 0; at < chunk->count; at += alike) {
        const int64_t in_word = at % 64; /* not 0 only where the cut's position has divided a word */
        const int64_t most = in_word ? 64 - in_word : DLC_PIECE;
        alike = chunk->count - at < most ? chunk->count - at : most;
        const int64_t limit = dlc_cut_limit(job->cut, chunk->position + at, &alike);
        uint64_t word;
        marked += mark_alike(job, chunk, at, alike, limit, in_word ? &word : bits + at / 64);
        if (in_word)
            bits[at / 64] |= word << in_word;
    }
    return marked;
}

/* ---- Their values ---- */

/* Chunks take their place among the values as they come. */
static void save_chunk(void *context, int64_t task, int32_t thread) {
    (void)thread;
    snapshot_job *job = context;
    dlc_snapshot *snapshot = &job->mask->snapshot;
    const dlc_chunk chunk = dlc_mask_chunk(job->mask, task);
    const int64_t size = dlc_dtype_size(chunk.tensor->dtype);
    uint64_t *bits = snapshot->bits + chunk.word;
    const int64_t marked = mark_chunk(job, &chunk, bits);
    snapshot->offsets[task] = atomic_fetch_add(&job->used, marked * size);
    atomic_fetch_add(&job->saved, marked);
    if (snapshot->offsets[task] > job->capacity - marked * size)
        return; /* the weights changed: see save() */
    dlc_weights_loops_at(0)->save(size, chunk.data, bits, chunk.count, snapshot->values + snapshot->offsets[task]);
}

/* Bytes of `masked` values, at worst: with dtypes of several sizes, all of the largest ones. */
static int64_t values_memory(const dlc_mask *mask, int64_t masked) {
    int64_t bytes = 0;
    for (int64_t size = 8; size >= 2; size /= 2) {
        int64_t weights = 0;
        for (int64_t i = 0; i < mask->tensor_count; i++)
            if (dlc_dtype_size(mask->tensors[i].dtype) == size)
                weights += mask->tensors[i].maskable_count;
        const int64_t taken = weights < masked ? weights : masked;
        bytes += taken * size;
        masked -= taken;
    }
    return bytes;
}

static dlc_status save(dlc_mask *mask) {
    dlc_snapshot *snapshot = &mask->snapshot;
    const dlc_cut *cut = &mask->cuts[deepest_level(mask)];
    snapshot_job job = {.mask = mask, .cut = cut, .capacity = values_memory(mask, cut->masked)};
    snapshot->bits = dlc_allocate(&mask->allocator, mask->words, sizeof *snapshot->bits);
    snapshot->offsets = dlc_allocate(&mask->allocator, mask->chunks, sizeof *snapshot->offsets);
    snapshot->values = dlc_allocate(&mask->allocator, job.capacity + SLACK, 1);
    if (!snapshot->bits || !snapshot->offsets || !snapshot->values)
        return dlc_fail_memory(&mask->error, "the values that are masked");
    dlc_parallel(dlc_threads_resolve(mask->threads), mask->chunks, save_chunk, &job);
    const int64_t saved = atomic_load(&job.saved);
    if (saved != cut->masked)
        return dlc_fail(&mask->error, DLC_ERROR_STATE,
                        "the weights are not those that the plan was made of: its deepest level would mask %lld of "
                        "them, not %lld",
                        (long long)saved, (long long)cut->masked);
    memset(snapshot->values + atomic_load(&job.used), 0, SLACK);
    return DLC_OK;
}

dlc_status dlc_snapshot_take(dlc_mask *mask) {
    const dlc_status status = save(mask);
    if (status != DLC_OK)
        dlc_snapshot_release(mask);
    return status;
}

const unsigned char *dlc_snapshot_put_back(const dlc_mask *mask, const dlc_chunk *chunk, int64_t first, int64_t count,
                                           const unsigned char *values, unsigned char *data) {
    const dlc_snapshot *snapshot = &mask->snapshot;
    const dlc_mask_tensor *tensor = chunk->tensor;
    const int64_t size = dlc_dtype_size(tensor->dtype);
    if (!values)
        values = snapshot->values + snapshot->offsets[tensor->first_chunk + chunk->index / DLC_CHUNK];
    return values + size * dlc_weights_put_back(size, data, snapshot->bits + chunk->word + first / 64, count, values);
}

void dlc_snapshot_release(dlc_mask *mask) {
    dlc_release(&mask->allocator, mask->snapshot.bits);
    dlc_release(&mask->allocator, mask->snapshot.offsets);
    dlc_release(&mask->allocator, mask->snapshot.values);
    mask->snapshot = (dlc_snapshot){0};
}

int64_t dlc_snapshot_memory(const dlc_mask *mask) {
    int64_t deepest = 0, masked = 0;
    for (int64_t level = 0; level < mask->schedule.levels; level++) {
        masked = dlc_schedule_masked(&mask->schedule, mask->weights, level, masked);
        deepest = masked > deepest ? masked : deepest;
    }
    return mask->words * 8 + mask->chunks * 8 + values_memory(mask, deepest) + SLACK;
}
