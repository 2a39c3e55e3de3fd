/*
 * exact.h - budget exact: the first `total` picks of one pick order over the whole data set.
 */
#ifndef DLC_LIB_EXACT_H
#define DLC_LIB_EXACT_H

#include "flexrand/draw.h"

/*
 * Stores the first `total` picks (1 to all samples), in pick order, in a new array that the caller releases.
 * Errors: DLC_ERROR_ARGUMENT (the floors add up to more than the total), DLC_ERROR_MEMORY.
 */
dlc_status dlc_exact_select(const dlc_classes *classes, const dlc_flexrand_options *options, int64_t total,
                            const dlc_allocator *allocator, dlc_error *error, dlc_pick **picks);

#endif
