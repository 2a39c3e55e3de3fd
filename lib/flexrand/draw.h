/*
 * draw.h - in which order the samples of one class are picked: the part of a selection that both budgets share.
 */
#ifndef DLC_LIB_DRAW_H
#define DLC_LIB_DRAW_H

#include "base/radix.h"
#include "flexrand/selection.h"

typedef struct dlc_draw {
    const dlc_classes *classes;
    const dlc_flexrand_options *options;
    dlc_radix_room room; /* for the largest class */
} dlc_draw;

/* Gets room for the largest class. Borrows classes and options. On failure there is nothing to release. */
dlc_status dlc_draw_start(dlc_draw *draw, const dlc_classes *classes, const dlc_flexrand_options *options,
                          const dlc_allocator *allocator, dlc_error *error);

void dlc_draw_release(const dlc_draw *draw, const dlc_allocator *allocator);

/*
 * Shuffles the places first..first+size-1 by Philox(seed, sample id); the first `wanted` places of the shuffle are left
 * in items[0..wanted-1].value; items is a part of the room. (Two ids whose 64 bits are the same stay in the order of
 * their places.)
 */
void dlc_draw_shuffle(dlc_radix_item *items, const dlc_draw *draw, int64_t first, int64_t size, int64_t wanted);

/* The places of the first `wanted` picks of class c by the method, in order. */
void dlc_draw_class(const dlc_draw *draw, int64_t c, int64_t wanted, uint32_t *places);

#endif
