/*
 * mask_internal.h - the handle of dlc/mask.h as the files of lib/mask share it, and how they walk over the weights.
 *
 * All maskable weights form one sequence, tensor by tensor in order of registration; a weight's place in it is its
 * position. Work is split into chunks of consecutive weights of one tensor, numbered in the same order.
 */
#ifndef DLC_LIB_MASK_INTERNAL_H
#define DLC_LIB_MASK_INTERNAL_H

#include "../base/allocator.h"
#include "../base/error.h"
#include "../base/parallel.h"
#include "dlc/mask.h"
#include "order.h"
#include "schedule.h"

#include <stddef.h>

/* Weights of a chunk; a multiple of 64, so that no two chunks share a word of bits. Large enough to be worth a task,
 * small enough that its weights are still in the cache when a second loop reads them. */
#define DLC_CHUNK 65536

/* Weights whose keys are worked on at a time, in a buffer on the stack; a multiple of 64. */
#define DLC_PIECE 512

typedef struct dlc_mask_tensor {
    char *name;
    size_t name_length;
    unsigned char *data;
    int64_t count;
    int64_t maskable_count; /* count, or 0 where the tensor is not maskable */
    int32_t dtype;
    int64_t position;    /* of its first weight */
    int64_t first_chunk; /* chunks of the tensors before it */
    int64_t first_word;  /* of its bits, in units of 64 weights */
    int64_t first_line;  /* of its weights, in whole units of DLC_LINE bytes */
} dlc_mask_tensor;

/* What a level masks: every key below `key`, and of those equal to it the ones at positions below `position`. */
typedef struct dlc_cut {
    int64_t masked;
    uint64_t key;
    int64_t position;
} dlc_cut;

/* The values that the deepest level masks, held while a level is applied; see snapshot.h. */
typedef struct dlc_snapshot {
    uint64_t *bits;        /* bit i of a tensor's words: weight i is in the snapshot */
    int64_t *offsets;      /* by chunk: where its values start */
    unsigned char *values; /* in a chunk in order of position, each of its dtype's size */
} dlc_snapshot;

/* Dtypes of weights are smaller numbers. */
#define DLC_WEIGHT_DTYPES (DLC_DTYPE_F64 + 1)

/* When weights are to be masked, by line; see due.h. */
typedef struct dlc_due {
    uint8_t *lines;                    /* NULL where there are none */
    uint8_t *steps[DLC_WEIGHT_DTYPES]; /* by dlc_weights_step_index(); NULL for a dtype that no maskable tensor has */
} dlc_due;

struct dlc_mask {
    dlc_allocator allocator;
    dlc_error error;

    dlc_mask_tensor *tensors;
    int64_t tensor_count;
    int64_t tensor_capacity;
    int64_t weights; /* maskable ones, P */
    int64_t chunks;
    int64_t words;
    int64_t lines;

    int32_t criterion;
    uint64_t seed;
    int32_t threads; /* as set; dlc_threads_resolve() */
    dlc_schedule schedule;

    dlc_order order; /* made by the plan */
    dlc_cut *cuts;   /* by level; NULL before the plan */
    int64_t current; /* the level applied, -1 for none */
    dlc_snapshot snapshot;
    dlc_due due;
};

typedef struct dlc_chunk {
    const dlc_mask_tensor *tensor;
    unsigned char *data;
    int64_t index; /* of its first weight in the tensor */
    int64_t count;
    int64_t position;
    int64_t word; /* of its first weight's bit */
    int64_t line; /* of its first byte among the bytes of `due` */
} dlc_chunk;

/* Chunk number `chunk` of 0 .. mask->chunks - 1. */
dlc_chunk dlc_mask_chunk(const dlc_mask *mask, int64_t chunk);

/* Chunks of a tensor. */
int64_t dlc_mask_tensor_chunks(const dlc_mask_tensor *tensor);

/*
 * The weights at `position` and after it, at most *count, that a cut treats alike: those with keys up to the returned
 * limit are masked (-1: none is), and *count becomes their number.
 */
int64_t dlc_cut_limit(const dlc_cut *cut, int64_t position, int64_t *count);

/* Checks of what the caller passes, with their messages. */
dlc_status dlc_mask_check_no_plan(dlc_mask *mask);
dlc_status dlc_mask_check_plan(dlc_mask *mask);
dlc_status dlc_mask_check_level(dlc_mask *mask, int64_t level);
dlc_status dlc_mask_check_tensor(dlc_mask *mask, int64_t tensor);

/* The tensor whose buffer shares bytes with [data, data + bytes), or -1. */
int64_t dlc_mask_find_overlap(const dlc_mask *mask, const void *data, int64_t bytes);

/* Bytes that the plan holds while it runs, beside what it leaves behind (plan.c). */
int64_t dlc_plan_memory(const dlc_mask *mask);

#endif
