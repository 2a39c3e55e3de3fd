/* due.c - steps of levels and magnitudes, and masking by what is due (due.h). */
#include "due.h"

#include "weights.h"

#include <string.h>

/* Step numbers: 0 is before any level, STEPS_LAST the deepest level there can be, NEVER after all. */
#define STEPS_LAST 254
#define NEVER      255

/* Levels that mask more have no smaller number. */
static uint8_t step_of(const dlc_mask *mask, int64_t level) {
    return (uint8_t)(1 + mask->cuts[level].masked * (STEPS_LAST - 1) / mask->weights);
}

/* ---- By magnitude ---- */

static int has_maskable(const dlc_mask *mask, int32_t dtype) {
    for (int64_t i = 0; i < mask->tensor_count; i++)
        if (mask->tensors[i].dtype == dtype && mask->tensors[i].maskable_count > 0)
            return 1;
    return 0;
}

/* The first step at which a weight of such a magnitude may be masked. */
static void make_steps(const dlc_mask *mask, int32_t dtype, uint8_t *steps) {
    memset(steps, NEVER, DLC_STEPS);
    for (int64_t level = 0; level < mask->schedule.levels; level++) {
        if (mask->cuts[level].masked == 0)
            continue;
        const int64_t limit = dlc_order_native_limit(&mask->order, dtype, (int64_t)mask->cuts[level].key);
        uint8_t *largest = &steps[dlc_weights_step_index(dlc_dtype_size(dtype), (uint64_t)limit)];
        const uint8_t step = step_of(mask, level);
        *largest = step < *largest ? step : *largest;
    }
    for (int64_t i = DLC_STEPS - 2; i >= 0; i--)
        steps[i] = steps[i] < steps[i + 1] ? steps[i] : steps[i + 1];
}

/* ---- Start and end ---- */

static int is_of_use(const dlc_mask *mask) {
    return mask->criterion == DLC_CRITERION_L1 && dlc_weights_loops_at(0)->mask_lines;
}

static dlc_status allocate(dlc_mask *mask) {
    dlc_due *due = &mask->due;
    due->lines = dlc_allocate_zeroed(&mask->allocator, mask->lines, 1);
    if (!due->lines)
        return DLC_ERROR_MEMORY;
    for (int32_t dtype = 0; dtype < DLC_WEIGHT_DTYPES; dtype++) {
        if (!has_maskable(mask, dtype))
            continue;
        due->steps[dtype] = dlc_allocate(&mask->allocator, DLC_STEPS, 1);
        if (!due->steps[dtype])
            return DLC_ERROR_MEMORY;
        make_steps(mask, dtype, due->steps[dtype]);
    }
    return DLC_OK;
}

dlc_status dlc_due_start(dlc_mask *mask) {
    if (!is_of_use(mask) || allocate(mask) == DLC_OK)
        return DLC_OK;
    dlc_due_end(mask);
    return dlc_fail_memory(&mask->error, "which weights a level masks");
}

void dlc_due_end(dlc_mask *mask) {
    dlc_release(&mask->allocator, mask->due.lines);
    for (int32_t dtype = 0; dtype < DLC_WEIGHT_DTYPES; dtype++)
        dlc_release(&mask->allocator, mask->due.steps[dtype]);
    mask->due = (dlc_due){0};
}

int64_t dlc_due_memory(const dlc_mask *mask) {
    int64_t tables = 0;
    for (int32_t dtype = 0; dtype < DLC_WEIGHT_DTYPES; dtype++)
        tables += has_maskable(mask, dtype);
    const int64_t lines = mask->lines > 0 ? mask->lines : 1; /* as dlc_allocate() has it */
    return is_of_use(mask) ? lines + tables * DLC_STEPS : 0;
}

/* ---- Masking ---- */

/* Weights of a chunk before the first whole cache line; the same for every chunk of a tensor. */
static int64_t count_before_lines(const dlc_chunk *chunk, int64_t size) {
    const int64_t bytes = (int64_t)(-(uintptr_t)chunk->data % DLC_LINE);
    return bytes % size == 0 && bytes < chunk->count * size ? bytes / size : 0;
}

int dlc_due_mask(const dlc_mask *mask, const dlc_chunk *chunk, int64_t level) {
    int64_t alike = chunk->count;
    const int64_t limit = dlc_cut_limit(&mask->cuts[level], chunk->position, &alike);
    if (!mask->due.lines || alike < chunk->count)
        return 0;
    const dlc_weights_loops *loops = dlc_weights_loops_at(0);
    const int32_t dtype = chunk->tensor->dtype;
    const int64_t size = dlc_dtype_size(dtype), before = count_before_lines(chunk, size);
    const int64_t lines = (chunk->count - before) * size / DLC_LINE, behind = before + lines * DLC_LINE / size;
    const int64_t native_limit = dlc_order_native_limit(&mask->order, dtype, limit);
    loops->mask(size, chunk->data, before, native_limit);
    loops->mask_lines(size, chunk->data + before * size, lines, native_limit, mask->due.steps[dtype],
                      step_of(mask, level), mask->due.lines + chunk->line);
    loops->mask(size, chunk->data + behind * size, chunk->count - behind, native_limit);
    return 1;
}

void dlc_due_forget(const dlc_mask *mask, const dlc_chunk *chunk) {
    const int64_t bytes = chunk->count * dlc_dtype_size(chunk->tensor->dtype);
    if (mask->due.lines)
        memset(mask->due.lines + chunk->line, 0, (size_t)(bytes / DLC_LINE));
}
