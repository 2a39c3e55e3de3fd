/* snapshot.c - takes and gives back the values that a level masks (snapshot.h). */
#include "snapshot.h"

#include "weights.h"

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

/* Eight bytes of 0 or 1 to eight bits, the first byte's lowest: the factor moves each to a place of its own in the top
 * byte. */
static uint64_t pack_flags(const unsigned char flags[8]) {
    uint64_t bytes = 0;
    for (int i = 0; i < 8; i++)
        bytes |= (uint64_t)flags[i] << 8 * i;
    return bytes * UINT64_C(0x0102040810204080) >> 56;
}

typedef struct mark {
    dlc_mask *mask;
    const dlc_cut *cut;
} mark;

/* Sets the bits of a chunk, and offsets[chunk + 1] to the bytes of its values. */
static void mark_chunk(void *context, int64_t task, int32_t thread) {
    (void)thread;
    const mark *job = context;
    dlc_mask *mask = job->mask;
    const dlc_chunk chunk = dlc_mask_chunk(mask, task);
    const int64_t size = dlc_dtype_size(chunk.tensor->dtype);
    int64_t marked = 0;
    for (int64_t at = 0; at < chunk.count; at += DLC_PIECE) {
        uint64_t keys[DLC_PIECE];
        unsigned char flags[DLC_PIECE] = {0};
        const int64_t count = chunk.count - at < DLC_PIECE ? chunk.count - at : DLC_PIECE;
        dlc_order_keys(&mask->order, chunk.tensor->dtype, chunk.data + at * size, chunk.position + at, count, keys);
        int64_t alike;
        for (int64_t first = 0; first < count; first += alike) {
            alike = count - first;
            const int64_t limit = dlc_cut_limit(job->cut, chunk.position + at + first, &alike);
            for (int64_t i = first; i < first + alike; i++) {
                flags[i] = (int64_t)keys[i] <= limit;
                marked += flags[i];
            }
        }
        uint64_t *words = mask->snapshot.bits + chunk.word + at / 64;
        for (int64_t word = 0; 64 * word < count; word++) {
            words[word] = 0;
            for (int64_t byte = 0; byte < 8; byte++)
                words[word] |= pack_flags(flags + 64 * word + 8 * byte) << 8 * byte;
        }
    }
    mask->snapshot.offsets[task + 1] = marked * size;
}

/* ---- Their values ---- */

static void save_chunk(void *context, int64_t task, int32_t thread) {
    (void)thread;
    const dlc_mask *mask = context;
    const dlc_snapshot *snapshot = &mask->snapshot;
    const dlc_chunk chunk = dlc_mask_chunk(mask, task);
    dlc_weights_save(dlc_dtype_size(chunk.tensor->dtype), chunk.data, snapshot->bits + chunk.word, chunk.count,
                     snapshot->values + snapshot->offsets[task]);
}

static dlc_status save(dlc_mask *mask) {
    dlc_snapshot *snapshot = &mask->snapshot;
    snapshot->bits = dlc_allocate(&mask->allocator, mask->words, sizeof *snapshot->bits);
    snapshot->offsets = dlc_allocate(&mask->allocator, mask->chunks + 1, sizeof *snapshot->offsets);
    if (!snapshot->bits || !snapshot->offsets)
        return DLC_ERROR_MEMORY;
    const int32_t threads = dlc_threads_resolve(mask->threads);
    mark job = {mask, &mask->cuts[deepest_level(mask)]};
    dlc_parallel(threads, mask->chunks, mark_chunk, &job);
    snapshot->offsets[0] = 0;
    for (int64_t chunk = 0; chunk < mask->chunks; chunk++)
        snapshot->offsets[chunk + 1] += snapshot->offsets[chunk];
    const int64_t bytes = snapshot->offsets[mask->chunks];
    snapshot->values = dlc_allocate(&mask->allocator, bytes + SLACK, 1);
    if (!snapshot->values)
        return DLC_ERROR_MEMORY;
    for (int64_t i = 0; i < SLACK; i++)
        snapshot->values[bytes + i] = 0;
    dlc_parallel(threads, mask->chunks, save_chunk, mask);
    return DLC_OK;
}

dlc_status dlc_snapshot_take(dlc_mask *mask) {
    if (save(mask) == DLC_OK)
        return DLC_OK;
    dlc_snapshot_release(mask);
    return dlc_fail_memory(&mask->error, "the values that are masked");
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
    int64_t bytes = mask->words * 8 + (mask->chunks + 1) * 8 + SLACK;
    /* Which dtypes the masked weights are of is not known yet: at worst the largest. */
    for (int64_t size = 8; size >= 2; size /= 2) {
        int64_t weights = 0;
        for (int64_t i = 0; i < mask->tensor_count; i++)
            if (dlc_dtype_size(mask->tensors[i].dtype) == size)
                weights += mask->tensors[i].maskable_count;
        const int64_t taken = weights < deepest ? weights : deepest;
        bytes += taken * size;
        deepest -= taken;
    }
    return bytes;
}
