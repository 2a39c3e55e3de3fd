/*
 * plan.c - dlc_mask_plan(): the cut of every level by radix selection, for all levels at once.
 *
 * A level that masks K weights is a target of rank K: its cut is the K-th smallest key. Every read of the weights
 * (tally.h) finds the next digit of all targets' keys. Where only some of the weights with that very key are masked,
 * one more read finds the position up to which they are. Nothing is sorted but the targets, and no weight is kept or
 * written. Called by the caller of the library, and by run.
 */
#include "mask_internal.h"
#include "tally.h"

typedef struct dlc_target {
    int64_t masked; /* K, what the level is found by again */
    uint64_t key;   /* as far as it is known: prefix_bits of it */
    int64_t rank;   /* among the keys that start like that, from 1 */
    int64_t equal;  /* in the end: weights with that very key */
    int64_t position;
} dlc_target;

typedef struct dlc_planner {
    dlc_mask *mask;
    dlc_target *targets; /* ascending, each K once, 0 left out */
    int64_t count;
    dlc_tally tally;
} dlc_planner;

/* ---- Targets ---- */

/* Shell sort: in place, and fast on what is sorted already, as most schedules are. */
static void sort_targets(dlc_target *targets, int64_t count) {
    int64_t gap = 1;
    while (gap < count / 3)
        gap = 3 * gap + 1;
    for (; gap > 0; gap /= 3)
        for (int64_t i = gap; i < count; i++) {
            const dlc_target moved = targets[i];
            int64_t at = i;
            for (; at >= gap && targets[at - gap].masked > moved.masked; at -= gap)
                targets[at] = targets[at - gap];
            targets[at] = moved;
        }
}

/* Targets of the cuts' counts. */
static void collect_targets(dlc_planner *planner, const dlc_cut *cuts, int64_t levels) {
    for (int64_t level = 0; level < levels; level++)
        planner->targets[level] = (dlc_target){.masked = cuts[level].masked, .rank = cuts[level].masked};
    sort_targets(planner->targets, levels);
    planner->count = 0;
    for (int64_t i = 0; i < levels; i++) {
        const dlc_target target = planner->targets[i];
        if (target.masked > 0 && (planner->count == 0 || planner->targets[planner->count - 1].masked < target.masked))
            planner->targets[planner->count++] = target;
    }
}

static const dlc_target *find_target(const dlc_planner *planner, int64_t masked) {
    int64_t low = 0, high = planner->count;
    while (high - low > 1) {
        const int64_t middle = low + (high - low) / 2;
        if (planner->targets[middle].masked <= masked)
            low = middle;
        else
            high = middle;
    }
    return &planner->targets[low];
}

/* ---- Digits ---- */

/*
 * The next digit of targets that share a prefix: `counts` has how many keys have which digit. Their ranks ascend, so
 * one walk over the digits serves all.
 */
static void find_digits(dlc_target *targets, int64_t count, const int64_t *counts, int32_t bits) {
    const int64_t last = (INT64_C(1) << bits) - 1;
    int64_t digit = 0, below = 0;
    for (int64_t i = 0; i < count; i++) {
        while (digit < last && below + counts[digit] < targets[i].rank)
            below += counts[digit++];
        targets[i].key = targets[i].key << bits | (uint64_t)digit;
        targets[i].rank -= below;
        targets[i].equal = counts[digit];
    }
}

/* Targets from `first` on that share their key so far. */
static int64_t same_key(const dlc_planner *planner, int64_t first) {
    int64_t end = first + 1;
    while (end < planner->count && planner->targets[end].key == planner->targets[first].key)
        end++;
    return end - first;
}

/* One read of the weights for as many prefixes as fit, until all targets have a digit more. */
static void read_digits(dlc_planner *planner, int32_t bits) {
    dlc_tally *tally = &planner->tally;
    int64_t next = 0;
    while (next < planner->count) {
        const int64_t first = next;
        for (tally->slots = 0; next < planner->count && tally->slots < tally->slots_max; tally->slots++) {
            tally->prefixes[tally->slots] = planner->targets[next].key;
            next += same_key(planner, next);
        }
        dlc_tally_digits(tally, bits);
        int64_t at = first;
        for (int64_t slot = 0; slot < tally->slots; slot++) {
            const int64_t shared = same_key(planner, at);
            find_digits(planner->targets + at, shared, tally->counts + (slot << bits), bits);
            at += shared;
        }
    }
    tally->prefix_bits += bits;
}

/* ---- Positions ---- */

/* The position after the target's last masked weight among those of its very key, in the segment that the counts name.
 */
static int64_t find_position(const dlc_tally *tally, int64_t slot, int64_t rank) {
    const dlc_mask *mask = tally->mask;
    const uint64_t key = tally->prefixes[slot];
    int64_t segment = 0;
    for (; segment + 1 < tally->segments && tally->counts[segment * tally->slots + slot] < rank; segment++)
        rank -= tally->counts[segment * tally->slots + slot];
    for (int64_t i = segment * tally->segment_chunks; i < mask->chunks; i++) {
        const dlc_chunk chunk = dlc_mask_chunk(mask, i);
        const int64_t size = dlc_dtype_size(chunk.tensor->dtype);
        for (int64_t at = 0; at < chunk.count; at += DLC_PIECE) {
            uint64_t keys[DLC_PIECE];
            const int64_t count = chunk.count - at < DLC_PIECE ? chunk.count - at : DLC_PIECE;
            dlc_order_keys(&mask->order, chunk.tensor->dtype, chunk.data + at * size, chunk.position + at, count, keys);
            for (int64_t j = 0; j < count; j++)
                if (keys[j] == key && --rank == 0)
                    return chunk.position + at + j + 1;
        }
    }
    return mask->weights;
}

static int64_t find_slot(const dlc_tally *tally, uint64_t key) {
    int64_t low = 0, high = tally->slots;
    while (high - low > 1) {
        const int64_t middle = low + (high - low) / 2;
        if (tally->prefixes[middle] <= key)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static int divides_ties(const dlc_target *target) {
    return target->rank < target->equal;
}

typedef struct dlc_position_search {
    const dlc_tally *tally;
    dlc_target *targets;
} dlc_position_search;

static void search_position(void *context, int64_t task, int32_t thread) {
    (void)thread;
    const dlc_position_search *search = context;
    dlc_target *target = &search->targets[task];
    if (divides_ties(target))
        target->position = find_position(search->tally, find_slot(search->tally, target->key), target->rank);
}

/* One read for as many keys as fit, until all targets have their position. */
static void read_positions(dlc_planner *planner) {
    dlc_tally *tally = &planner->tally;
    int64_t next = 0;
    while (next < planner->count) {
        const int64_t first = next;
        for (tally->slots = 0; next < planner->count && tally->slots < tally->slots_max;) {
            const int64_t end = next + same_key(planner, next);
            int divided = 0;
            for (; next < end; next++) {
                planner->targets[next].position = planner->mask->weights;
                divided |= divides_ties(&planner->targets[next]);
            }
            if (divided)
                tally->prefixes[tally->slots++] = planner->targets[end - 1].key;
        }
        if (tally->slots == 0)
            return;
        dlc_tally_segments(tally);
        dlc_position_search search = {tally, planner->targets + first};
        dlc_parallel(tally->threads, next - first, search_position, &search);
    }
}

/* ---- The plan ---- */

static dlc_order make_order(const dlc_mask *mask) {
    int32_t dtype = DLC_DTYPE_OTHER;
    for (int64_t i = 0; i < mask->tensor_count; i++)
        if (mask->tensors[i].maskable_count > 0)
            dtype = dlc_order_join(dtype, mask->tensors[i].dtype);
    return dlc_order_make(mask->criterion, dtype, mask->seed);
}

int64_t dlc_plan_memory(const dlc_mask *mask) {
    if (mask->weights == 0)
        return 0;
    const int64_t levels = mask->schedule.levels;
    return levels * (int64_t)sizeof(dlc_target) + dlc_tally_memory(mask, make_order(mask).bits, levels);
}

static dlc_status fail_not_finite(dlc_mask *mask, int64_t position) {
    const dlc_mask_tensor *tensor = mask->tensors;
    while (position < tensor->position || position >= tensor->position + tensor->maskable_count)
        tensor++;
    const int64_t index = position - tensor->position;
    const int nan = dlc_order_is_nan(tensor->dtype, tensor->data + index * dlc_dtype_size(tensor->dtype));
    return dlc_fail(&mask->error, DLC_ERROR_DATA, "weight %lld of tensor '%s' is %s", (long long)index, tensor->name,
                    nan ? "nan" : "infinite");
}

static dlc_status find_cuts(dlc_planner *planner) {
    dlc_tally *tally = &planner->tally;
    int64_t not_finite;
    dlc_tally_top(tally, &not_finite);
    if (not_finite >= 0)
        return fail_not_finite(planner->mask, not_finite);
    find_digits(planner->targets, planner->count, tally->counts, tally->top_bits);
    tally->prefix_bits = tally->top_bits;
    while (tally->prefix_bits < planner->mask->order.bits)
        read_digits(planner, tally->digit_bits);
    read_positions(planner);
    return DLC_OK;
}

static dlc_status plan_targets(dlc_planner *planner, dlc_cut *cuts, int64_t levels) {
    dlc_mask *mask = planner->mask;
    collect_targets(planner, cuts, levels);
    DLC_TRY(dlc_tally_start(mask, planner->count, &mask->error, &planner->tally));
    const dlc_status status = find_cuts(planner);
    dlc_tally_end(&planner->tally);
    for (int64_t level = 0; status == DLC_OK && level < levels; level++)
        if (cuts[level].masked > 0) {
            const dlc_target *target = find_target(planner, cuts[level].masked);
            cuts[level].key = target->key;
            cuts[level].position = target->position;
        }
    return status;
}

static dlc_status plan_cuts(dlc_mask *mask, dlc_cut *cuts, int64_t levels) {
    int64_t masked = 0;
    for (int64_t level = 0; level < levels; level++) {
        masked = dlc_schedule_masked(&mask->schedule, mask->weights, level, masked);
        cuts[level] = (dlc_cut){.masked = masked};
    }
    dlc_planner planner = {.mask = mask};
    planner.targets = dlc_allocate(&mask->allocator, levels, sizeof *planner.targets);
    if (!planner.targets)
        return dlc_fail_memory(&mask->error, "the levels of the plan");
    const dlc_status status = plan_targets(&planner, cuts, levels);
    dlc_release(&mask->allocator, planner.targets);
    return status;
}

dlc_status dlc_mask_plan(dlc_mask *mask) {
    DLC_TRY(dlc_mask_check_no_plan(mask));
    if (mask->weights == 0)
        return dlc_fail(&mask->error, DLC_ERROR_DATA, "there is no maskable weight");
    const int64_t levels = mask->schedule.levels;
    dlc_cut *cuts = dlc_allocate(&mask->allocator, levels, sizeof *cuts);
    if (!cuts)
        return dlc_fail_memory(&mask->error, "the levels of the plan");
    mask->order = make_order(mask);
    const dlc_status status = plan_cuts(mask, cuts, levels);
    if (status != DLC_OK) {
        dlc_release(&mask->allocator, cuts);
        return status;
    }
    mask->cuts = cuts;
    return DLC_OK;
}
