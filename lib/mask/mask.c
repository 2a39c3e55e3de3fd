/*
 * mask.c - the handle of dlc/mask.h: registry of tensors, options, what can be read out of it. It never reads or writes
 * a weight; plan.c and apply.c do.
 */
#include "mask_internal.h"

#include "access.h"
#include "due.h"
#include "snapshot.h"
#include "weights.h"

#include <string.h>

/* More would not be exact as double, which the schedules are computed in. */
#define WEIGHTS_MAX (INT64_C(1) << 53)

dlc_status dlc_mask_create(const dlc_allocator *allocator, dlc_mask **out) {
    if (!out)
        return DLC_ERROR_ARGUMENT;
    *out = NULL;
    const dlc_allocator used = dlc_allocator_or_default(allocator);
    dlc_mask *mask = dlc_allocate_zeroed(&used, 1, sizeof *mask);
    if (!mask)
        return DLC_ERROR_MEMORY;
    mask->allocator = used;
    mask->criterion = DLC_CRITERION_L1;
    mask->seed = 1;
    mask->threads = 1;
    mask->schedule = (dlc_schedule){.kind = DLC_SCHEDULE_GEOMETRIC, .levels = 50, .first = 0.02};
    mask->current = -1;
    *out = mask;
    return DLC_OK;
}

void dlc_mask_free(dlc_mask *mask) {
    if (!mask)
        return;
    const dlc_allocator allocator = mask->allocator;
    for (int64_t i = 0; i < mask->tensor_count; i++)
        dlc_release(&allocator, mask->tensors[i].name);
    dlc_release(&allocator, mask->tensors);
    dlc_schedule_clear(&mask->schedule, &allocator);
    dlc_release(&allocator, mask->cuts);
    dlc_snapshot_release(mask);
    dlc_due_end(mask);
    dlc_release(&allocator, mask);
}

const char *dlc_mask_message(const dlc_mask *mask) {
    return mask ? mask->error.text : "the handle is NULL";
}

/* ---- Checks ---- */

dlc_status dlc_mask_check_no_plan(dlc_mask *mask) {
    if (!mask)
        return DLC_ERROR_ARGUMENT;
    return mask->cuts ? dlc_fail(&mask->error, DLC_ERROR_STATE, "the plan was made already") : DLC_OK;
}

dlc_status dlc_mask_check_plan(dlc_mask *mask) {
    if (!mask)
        return DLC_ERROR_ARGUMENT;
    return mask->cuts ? DLC_OK : dlc_fail(&mask->error, DLC_ERROR_STATE, "there is no plan yet");
}

dlc_status dlc_mask_check_level(dlc_mask *mask, int64_t level) {
    if (level < 0 || level >= mask->schedule.levels)
        return dlc_fail(&mask->error, DLC_ERROR_ARGUMENT, "level %lld is not one of the %lld levels", (long long)level,
                        (long long)mask->schedule.levels);
    return DLC_OK;
}

dlc_status dlc_mask_check_tensor(dlc_mask *mask, int64_t tensor) {
    if (tensor < 0 || tensor >= mask->tensor_count)
        return dlc_fail(&mask->error, DLC_ERROR_ARGUMENT, "tensor %lld is not one of the %lld tensors",
                        (long long)tensor, (long long)mask->tensor_count);
    return DLC_OK;
}

/* ---- Tensors ---- */

int64_t dlc_mask_find_overlap(const dlc_mask *mask, const void *data, int64_t bytes) {
    const uintptr_t start = (uintptr_t)data, end = start + (uintptr_t)bytes;
    for (int64_t i = 0; i < mask->tensor_count; i++) {
        const dlc_mask_tensor *other = &mask->tensors[i];
        const uintptr_t other_start = (uintptr_t)other->data;
        const uintptr_t other_end = other_start + (uintptr_t)(other->count * dlc_dtype_size(other->dtype));
        /* Empty buffers share nothing. */
        if (start < other_end && other_start < end && start < end && other_start < other_end)
            return i;
    }
    return -1;
}

static dlc_status check_new_tensor(dlc_mask *mask, const char *name, int32_t dtype, const void *data, int64_t count,
                                   int32_t maskable) {
    dlc_error *error = &mask->error;
    if (!name)
        return dlc_fail(error, DLC_ERROR_ARGUMENT, "name is NULL");
    if (dtype < DLC_DTYPE_F32 || dtype > DLC_DTYPE_F64)
        return dlc_fail(error, DLC_ERROR_ARGUMENT, "dtype %d of tensor '%s' is not one of weights", (int)dtype, name);
    if (maskable != 0 && maskable != 1)
        return dlc_fail(error, DLC_ERROR_ARGUMENT, "maskable %d of tensor '%s' is not 0 or 1", (int)maskable, name);
    if (count < 0)
        return dlc_fail(error, DLC_ERROR_ARGUMENT, "count %lld of tensor '%s' is negative", (long long)count, name);
    if (!data && count > 0)
        return dlc_fail(error, DLC_ERROR_ARGUMENT, "data of tensor '%s' is NULL", name);
    const int64_t size = dlc_dtype_size(dtype);
    if (count > PTRDIFF_MAX / size || (uintptr_t)data > UINTPTR_MAX - (uintptr_t)(count * size) ||
        count > WEIGHTS_MAX - mask->weights)
        return dlc_fail(error, DLC_ERROR_ARGUMENT, "count %lld of tensor '%s' is too large", (long long)count, name);
    const size_t length = strlen(name);
    for (int64_t i = 0; i < mask->tensor_count; i++)
        if (mask->tensors[i].name_length == length && memcmp(mask->tensors[i].name, name, length) == 0)
            return dlc_fail(error, DLC_ERROR_ARGUMENT, "there are two tensors '%s'", name);
    const int64_t other = dlc_mask_find_overlap(mask, data, count * size);
    if (other >= 0)
        return dlc_fail(error, DLC_ERROR_ARGUMENT, "the buffers of tensors '%s' and '%s' overlap",
                        mask->tensors[other].name, name);
    return DLC_OK;
}

static int64_t divide_up(int64_t count, int64_t unit) {
    return count / unit + (count % unit != 0);
}

dlc_status dlc_mask_add_tensor(dlc_mask *mask, const char *name, int32_t dtype, void *data, int64_t count,
                               int32_t maskable) {
    DLC_TRY(dlc_mask_check_no_plan(mask));
    DLC_TRY(check_new_tensor(mask, name, dtype, data, count, maskable));
    void *tensors = mask->tensors;
    const int room = dlc_allocate_room(&mask->allocator, &tensors, mask->tensor_count, &mask->tensor_capacity,
                                       sizeof(dlc_mask_tensor));
    mask->tensors = tensors;
    char *copy = room ? dlc_allocate_string(&mask->allocator, name) : NULL;
    if (!copy)
        return dlc_fail_memory(&mask->error, "the list of tensors");
    dlc_mask_tensor *tensor = &mask->tensors[mask->tensor_count];
    *tensor = (dlc_mask_tensor){.name = copy,
                                .name_length = strlen(copy),
                                .data = data,
                                .count = count,
                                .maskable_count = maskable ? count : 0,
                                .dtype = dtype,
                                .position = mask->weights,
                                .first_chunk = mask->chunks,
                                .first_word = mask->words,
                                .first_line = mask->lines};
    mask->tensor_count++;
    mask->weights += tensor->maskable_count;
    mask->chunks += dlc_mask_tensor_chunks(tensor);
    mask->words += divide_up(tensor->maskable_count, 64);
    mask->lines += tensor->maskable_count * dlc_dtype_size(dtype) / DLC_LINE;
    return DLC_OK;
}

int64_t dlc_mask_tensor_count(const dlc_mask *mask) {
    return mask ? mask->tensor_count : -1;
}

int64_t dlc_mask_tensor_chunks(const dlc_mask_tensor *tensor) {
    return divide_up(tensor->maskable_count, DLC_CHUNK);
}

dlc_chunk dlc_mask_chunk(const dlc_mask *mask, int64_t chunk) {
    /* The last tensor that starts at or before the chunk: tensors without chunks start where the next one does. */
    int64_t low = 0, high = mask->tensor_count;
    while (high - low > 1) {
        const int64_t middle = low + (high - low) / 2;
        if (mask->tensors[middle].first_chunk <= chunk)
            low = middle;
        else
            high = middle;
    }
    const dlc_mask_tensor *tensor = &mask->tensors[low];
    const int64_t index = (chunk - tensor->first_chunk) * DLC_CHUNK;
    const int64_t left = tensor->maskable_count - index;
    return (dlc_chunk){.tensor = tensor,
                       .data = tensor->data + index * dlc_dtype_size(tensor->dtype),
                       .index = index,
                       .count = left < DLC_CHUNK ? left : DLC_CHUNK,
                       .position = tensor->position + index,
                       .word = tensor->first_word + index / 64,
                       .line = tensor->first_line + index * dlc_dtype_size(tensor->dtype) / DLC_LINE};
}

/* ---- Options ---- */

dlc_status dlc_mask_set_criterion(dlc_mask *mask, int32_t criterion) {
    DLC_TRY(dlc_mask_check_no_plan(mask));
    if (criterion != DLC_CRITERION_L1 && criterion != DLC_CRITERION_RANDOM)
        return dlc_fail(&mask->error, DLC_ERROR_ARGUMENT, "criterion %d is unknown", (int)criterion);
    mask->criterion = criterion;
    return DLC_OK;
}

dlc_status dlc_mask_set_seed(dlc_mask *mask, uint64_t seed) {
    DLC_TRY(dlc_mask_check_no_plan(mask));
    mask->seed = seed;
    return DLC_OK;
}

dlc_status dlc_mask_set_threads(dlc_mask *mask, int32_t threads) {
    if (!mask)
        return DLC_ERROR_ARGUMENT;
    if (threads < 0 || threads > DLC_THREADS_MAX)
        return dlc_fail(&mask->error, DLC_ERROR_ARGUMENT, "%d threads are not 0 to %d", (int)threads, DLC_THREADS_MAX);
    mask->threads = threads;
    return DLC_OK;
}

static dlc_status use_schedule(dlc_mask *mask, dlc_status status, const dlc_schedule *made) {
    if (status == DLC_OK) {
        dlc_schedule_clear(&mask->schedule, &mask->allocator);
        mask->schedule = *made;
    }
    return status;
}

dlc_status dlc_mask_set_geometric(dlc_mask *mask, double amount, int64_t levels) {
    DLC_TRY(dlc_mask_check_no_plan(mask));
    dlc_schedule made;
    return use_schedule(mask, dlc_schedule_geometric(&mask->error, amount, levels, &made), &made);
}

dlc_status dlc_mask_set_linear(dlc_mask *mask, double first, double last, int64_t levels) {
    DLC_TRY(dlc_mask_check_no_plan(mask));
    dlc_schedule made;
    return use_schedule(mask, dlc_schedule_linear(&mask->error, first, last, levels, &made), &made);
}

dlc_status dlc_mask_set_list(dlc_mask *mask, const double *shares, int64_t levels) {
    DLC_TRY(dlc_mask_check_no_plan(mask));
    dlc_schedule made;
    return use_schedule(mask, dlc_schedule_list(&mask->error, &mask->allocator, shares, levels, &made), &made);
}

dlc_status dlc_mask_set_schedule(dlc_mask *mask, const char *spec) {
    DLC_TRY(dlc_mask_check_no_plan(mask));
    dlc_schedule made;
    return use_schedule(mask, dlc_schedule_parse(&mask->error, &mask->allocator, spec, &made), &made);
}

/* ---- What can be read out ---- */

int64_t dlc_mask_level_count(const dlc_mask *mask) {
    return mask ? mask->schedule.levels : -1;
}

int64_t dlc_mask_weight_count(const dlc_mask *mask) {
    return mask ? mask->weights : -1;
}

int64_t dlc_mask_current_level(const dlc_mask *mask) {
    return mask ? mask->current : -1;
}

dlc_mask_look dlc_mask_look_at(const dlc_mask *mask, int64_t tensor) {
    const dlc_mask_tensor *own = &mask->tensors[tensor];
    return (dlc_mask_look){own->name, own->data, own->count, own->dtype, own->maskable_count > 0};
}

int32_t dlc_mask_criterion(const dlc_mask *mask) {
    return mask->criterion;
}

uint64_t dlc_mask_seed(const dlc_mask *mask) {
    return mask->seed;
}

int32_t dlc_mask_threads(const dlc_mask *mask) {
    return dlc_threads_resolve(mask->threads);
}

static double quiet_nan(void) {
    const uint64_t bits = UINT64_C(0x7FF8000000000000);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

dlc_status dlc_mask_get_level(dlc_mask *mask, int64_t level, int64_t *kept, double *capacity, double *threshold) {
    DLC_TRY(dlc_mask_check_plan(mask));
    DLC_TRY(dlc_mask_check_level(mask, level));
    const dlc_cut *cut = &mask->cuts[level];
    const int64_t left = mask->weights - cut->masked;
    if (kept)
        *kept = left;
    if (capacity)
        *capacity = (double)left / (double)mask->weights;
    if (threshold)
        *threshold = mask->criterion == DLC_CRITERION_RANDOM ? quiet_nan() : dlc_order_value(&mask->order, cut->key);
    return DLC_OK;
}

int64_t dlc_cut_limit(const dlc_cut *cut, int64_t position, int64_t *count) {
    const int64_t equal_masked = cut->position - position;
    if (equal_masked <= 0)
        return (int64_t)cut->key - 1;
    if (*count > equal_masked)
        *count = equal_masked;
    return (int64_t)cut->key;
}

int dlc_mask_is_planned(const dlc_mask *mask) {
    return mask->cuts != NULL;
}

int dlc_mask_starts_unmasked(const dlc_mask *mask) {
    return dlc_schedule_masked(&mask->schedule, mask->weights, 0, 0) == 0;
}

dlc_mask_memory dlc_mask_memory_by_stage(const dlc_mask *mask) {
    int64_t held = (int64_t)sizeof *mask + mask->tensor_capacity * (int64_t)sizeof(dlc_mask_tensor);
    for (int64_t i = 0; i < mask->tensor_count; i++)
        held += (int64_t)mask->tensors[i].name_length + 1;
    if (mask->schedule.shares)
        held += mask->schedule.levels * (int64_t)sizeof(double);
    held += mask->schedule.levels * (int64_t)sizeof(dlc_cut);
    return (dlc_mask_memory){held, held + (mask->cuts ? 0 : dlc_plan_memory(mask)),
                             held + dlc_snapshot_memory(mask) + dlc_due_memory(mask)};
}

dlc_status dlc_mask_memory_estimate(dlc_mask *mask, int64_t *bytes) {
    if (!mask)
        return DLC_ERROR_ARGUMENT;
    if (!bytes)
        return dlc_fail(&mask->error, DLC_ERROR_ARGUMENT, "bytes is NULL");
    /* The plan's scratch is gone before the first level is applied. */
    const dlc_mask_memory by_stage = dlc_mask_memory_by_stage(mask);
    const int64_t plan = by_stage.planned + dlc_plan_memory(mask);
    *bytes = plan > by_stage.applied ? plan : by_stage.applied;
    return DLC_OK;
}
