/* tally.c - the counting reads behind the plan (tally.h). */
#include "tally.h"

#include <stdatomic.h>
#include <string.h>

/* A first digit of 18 bits parts 32-bit floats finely enough that few weights are looked at twice. */
#define TOP_BITS 18

/* More threads would only bring more histograms: reading is bound by memory well before. */
#define THREADS_MAX 16

/* The slots of a group share this much memory, within limits. */
#define COUNTS_BYTES (INT64_C(64) << 20)
#define SLOTS_MIN    16
#define SLOTS_MAX    1024

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* Everything but the allocations. */
static dlc_tally lay_out(const dlc_mask *mask, int32_t bits, int64_t targets) {
    dlc_tally tally = {.mask = mask};
    const int64_t useful = smaller(mask->chunks, THREADS_MAX);
    tally.threads = useful < 1 ? 1 : (int32_t)smaller(dlc_threads_resolve(mask->threads), useful);
    tally.top_bits = bits < TOP_BITS ? bits : TOP_BITS;
    /* What is left of 63 bits is split in three, of 32 and fewer taken whole. */
    tally.digit_bits = bits > 32 ? (bits - TOP_BITS) / 3 : bits - tally.top_bits;
    const int64_t width = INT64_C(1) << tally.digit_bits;
    const int64_t affordable = COUNTS_BYTES / (tally.threads * width * (int64_t)sizeof *tally.counts);
    const int64_t most = affordable < SLOTS_MIN ? SLOTS_MIN : smaller(affordable, SLOTS_MAX);
    tally.slots_max = smaller(targets, most);
    const int64_t top = INT64_C(1) << tally.top_bits, further = tally.slots_max * width;
    tally.counts_max = (top > further ? top : further) * tally.threads;
    return tally;
}

static int64_t firsts_count(const dlc_tally *tally) {
    return INT64_C(1) << tally->top_bits;
}

int64_t dlc_tally_memory(const dlc_mask *mask, int32_t bits, int64_t targets) {
    const dlc_tally tally = lay_out(mask, bits, targets);
    return tally.counts_max * (int64_t)sizeof *tally.counts + firsts_count(&tally) * (int64_t)sizeof *tally.firsts +
           tally.slots_max * (int64_t)(sizeof *tally.ends + sizeof *tally.prefixes);
}

dlc_status dlc_tally_start(const dlc_mask *mask, int64_t targets, dlc_error *error, dlc_tally *out) {
    dlc_tally tally = lay_out(mask, mask->order.bits, targets);
    tally.counts = dlc_allocate(&mask->allocator, tally.counts_max, sizeof *tally.counts);
    tally.firsts = dlc_allocate(&mask->allocator, firsts_count(&tally), sizeof *tally.firsts);
    tally.ends = dlc_allocate(&mask->allocator, tally.slots_max, sizeof *tally.ends);
    tally.prefixes = dlc_allocate(&mask->allocator, tally.slots_max, sizeof *tally.prefixes);
    *out = tally;
    if (tally.counts && tally.firsts && tally.ends && tally.prefixes)
        return DLC_OK;
    dlc_tally_end(out);
    return dlc_fail_memory(error, "the histograms of the plan");
}

void dlc_tally_end(dlc_tally *tally) {
    const dlc_allocator *allocator = &tally->mask->allocator;
    dlc_release(allocator, tally->counts);
    dlc_release(allocator, tally->firsts);
    dlc_release(allocator, tally->ends);
    dlc_release(allocator, tally->prefixes);
}

/* ---- Histograms: every thread counts on its own, then they are added up ---- */

static void clear_counts(dlc_tally *tally, int64_t count) {
    memset(tally->counts, 0, (size_t)count * sizeof *tally->counts);
}

static void add_up_threads(dlc_tally *tally, int64_t width) {
    for (int32_t thread = 1; thread < tally->threads; thread++) {
        const int64_t *from = tally->counts + thread * width;
        for (int64_t i = 0; i < width; i++)
            tally->counts[i] += from[i];
    }
}

/* How far ahead of its use a key is fetched, in bytes: while counts are waited for, the processor does not look far
 * enough ahead by itself. A third less time. */
#define AHEAD 2048

/* Written once for any size of keys; called with a constant, the size is folded in. Unrolled it is half again as fast.
 */
static inline void count_keys(int64_t size, dlc_keys keys, int64_t count, int32_t shift, int64_t *counts) {
    const int64_t line = 64 / size;
    int64_t i = 0;
    for (; i + line <= count; i += line) {
        __builtin_prefetch((const void *)((uintptr_t)keys.data + (uintptr_t)(i * size + AHEAD)));
#pragma GCC unroll 32
        for (int64_t j = 0; j < line; j++)
            counts[dlc_keys_at(keys, size, i + j) >> shift]++;
    }
    for (; i < count; i++)
        counts[dlc_keys_at(keys, size, i) >> shift]++;
}

static void count_first_digits(dlc_keys keys, int64_t count, int32_t shift, int64_t *counts) {
    switch (keys.size) {
    case 2:
        count_keys(2, keys, count, shift, counts);
        break;
    case 4:
        count_keys(4, keys, count, shift, counts);
        break;
    default:
        count_keys(8, keys, count, shift, counts);
    }
}

typedef struct top_read {
    const dlc_tally *tally;
    _Atomic int64_t not_finite; /* the lowest position, INT64_MAX for none */
} top_read;

static void find_not_finite(top_read *read, const dlc_chunk *chunk, int64_t at, int64_t count) {
    const int32_t dtype = chunk->tensor->dtype;
    const int64_t found = dlc_order_find_not_finite(dtype, chunk->data + at * dlc_dtype_size(dtype), count);
    int64_t seen = atomic_load(&read->not_finite);
    while (found >= 0 && chunk->position + at + found < seen &&
           !atomic_compare_exchange_weak(&read->not_finite, &seen, chunk->position + at + found))
        ;
}

static void find_not_finite_in_chunk(void *context, int64_t task, int32_t thread) {
    (void)thread;
    top_read *read = context;
    const dlc_chunk chunk = dlc_mask_chunk(read->tally->mask, task);
    find_not_finite(read, &chunk, 0, chunk.count);
}

static void count_top(void *context, int64_t task, int32_t thread) {
    top_read *read = context;
    const dlc_order *order = &read->tally->mask->order;
    const dlc_chunk chunk = dlc_mask_chunk(read->tally->mask, task);
    const int32_t dtype = chunk.tensor->dtype;
    int64_t *counts = read->tally->counts + ((int64_t)thread << read->tally->top_bits);
    for (int64_t at = 0; at < chunk.count; at += DLC_PIECE) {
        uint64_t room[DLC_PIECE];
        const unsigned char *data = chunk.data + at * dlc_dtype_size(dtype);
        const int64_t count = smaller(chunk.count - at, DLC_PIECE);
        const dlc_keys keys = dlc_order_look(order, dtype, data, chunk.position + at, count, room);
        count_first_digits(keys, count, order->bits - read->tally->top_bits, counts);
        /* Keys that are the weights' own bits show it in their first digits. */
        if (keys.data != data)
            find_not_finite(read, &chunk, at, count);
    }
}

/* 1 if any key's first digit is that of infinity or above. */
static int counts_infinity(const dlc_tally *tally) {
    const dlc_order *order = &tally->mask->order;
    if (order->criterion == DLC_CRITERION_RANDOM)
        return 0;
    int64_t digit = (int64_t)(dlc_order_infinity(order) >> (order->bits - tally->top_bits));
    while (digit < INT64_C(1) << tally->top_bits && tally->counts[digit] == 0)
        digit++;
    return digit < INT64_C(1) << tally->top_bits;
}

void dlc_tally_top(dlc_tally *tally, int64_t *not_finite) {
    const int64_t width = INT64_C(1) << tally->top_bits, chunks = tally->mask->chunks;
    clear_counts(tally, width * tally->threads);
    top_read read = {.tally = tally, .not_finite = INT64_MAX};
    dlc_parallel(tally->threads, chunks, count_top, &read);
    add_up_threads(tally, width);
    if (counts_infinity(tally))
        dlc_parallel(tally->threads, chunks, find_not_finite_in_chunk, &read);
    const int64_t position = atomic_load(&read.not_finite);
    *not_finite = position < INT64_MAX ? position : -1;
}

/* ---- Keys that start with the prefix of a slot ---- */

static void index_slots(dlc_tally *tally) {
    const int32_t shift = tally->prefix_bits - tally->top_bits;
    memset(tally->firsts, 0, (size_t)firsts_count(tally) * sizeof *tally->firsts);
    tally->picker = (dlc_picker){.wanted = tally->firsts, .shift = tally->mask->order.bits - tally->top_bits};
    for (int64_t slot = tally->slots - 1; slot >= 0; slot--) {
        const uint64_t digit = tally->prefixes[slot] >> shift;
        dlc_pick_want(&tally->picker, digit);
        uint16_t *first = &tally->firsts[digit];
        tally->ends[slot] = *first ? tally->ends[*first - 1] : (uint16_t)(slot + 1);
        *first = (uint16_t)(slot + 1);
    }
}

/* Adds a chunk to counts[slot << digit_bits | digit]. With no digit bits, only the slot counts. */
static void count_slots(const dlc_tally *tally, const dlc_chunk *chunk, int32_t digit_bits, int64_t *counts) {
    const dlc_order *order = &tally->mask->order;
    const int32_t dtype = chunk->tensor->dtype;
    const int64_t size = dlc_dtype_size(dtype);
    const dlc_pick_loop pick = dlc_pick_loop_at(0);
    const int32_t prefix_shift = order->bits - tally->prefix_bits;
    const int32_t digit_shift = prefix_shift - digit_bits;
    const uint64_t digit_mask = (UINT64_C(1) << digit_bits) - 1;
    for (int64_t at = 0; at < chunk->count; at += DLC_PIECE) {
        uint64_t room[DLC_PIECE], picked[DLC_PIECE];
        const int64_t count = smaller(chunk->count - at, DLC_PIECE);
        const dlc_keys keys = dlc_order_look(order, dtype, chunk->data + at * size, chunk->position + at, count, room);
        const int64_t found = pick(&tally->picker, keys, count, picked);
        for (int64_t i = 0; i < found; i++) {
            const uint64_t prefix = picked[i] >> prefix_shift;
            int64_t slot = tally->firsts[picked[i] >> tally->picker.shift] - 1, end = tally->ends[slot];
            while (end - slot > 1) {
                const int64_t middle = (slot + end) / 2;
                if (tally->prefixes[middle] <= prefix)
                    slot = middle;
                else
                    end = middle;
            }
            if (tally->prefixes[slot] == prefix)
                counts[(slot << digit_bits) + (int64_t)(picked[i] >> digit_shift & digit_mask)]++;
        }
    }
}

typedef struct digit_read {
    const dlc_tally *tally;
    int32_t bits;
} digit_read;

static void count_digits(void *context, int64_t task, int32_t thread) {
    const digit_read *read = context;
    const dlc_tally *tally = read->tally;
    const dlc_chunk chunk = dlc_mask_chunk(tally->mask, task);
    count_slots(tally, &chunk, read->bits, tally->counts + thread * (tally->slots << read->bits));
}

void dlc_tally_digits(dlc_tally *tally, int32_t bits) {
    const int64_t width = tally->slots << bits;
    index_slots(tally);
    clear_counts(tally, width * tally->threads);
    digit_read read = {tally, bits};
    dlc_parallel(tally->threads, tally->mask->chunks, count_digits, &read);
    add_up_threads(tally, width);
}

static void count_segment(void *context, int64_t segment, int32_t thread) {
    (void)thread;
    const dlc_tally *tally = context;
    const int64_t first = segment * tally->segment_chunks;
    const int64_t end = first + smaller(tally->segment_chunks, tally->mask->chunks - first);
    for (int64_t i = first; i < end; i++) {
        const dlc_chunk chunk = dlc_mask_chunk(tally->mask, i);
        count_slots(tally, &chunk, 0, tally->counts + segment * tally->slots);
    }
}

void dlc_tally_segments(dlc_tally *tally) {
    const int64_t chunks = tally->mask->chunks, most = tally->counts_max / tally->slots;
    tally->segment_chunks = chunks / most + (chunks % most != 0);
    tally->segments = chunks / tally->segment_chunks + (chunks % tally->segment_chunks != 0);
    index_slots(tally);
    clear_counts(tally, tally->segments * tally->slots);
    dlc_parallel(tally->threads, tally->segments, count_segment, tally);
}
