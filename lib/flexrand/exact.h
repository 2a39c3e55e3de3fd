/*
 * exact.h - budget exact: the first `total` picks of one pick order over the whole data set.
 */
#ifndef DLC_LIB_EXACT_H
#define DLC_LIB_EXACT_H

#include "flexrand/selection.h"

/*
 * Fills an empty selection with the first `total` picks (1 to all samples). On failure the caller releases what is in
 * it: DLC_ERROR_ARGUMENT (the floors add up to more than the total), DLC_ERROR_MEMORY.
 */
dlc_status dlc_exact_select(dlc_selection *selection, const dlc_classes *classes, const dlc_flexrand_options *options,
                            int64_t total, const dlc_allocator *allocator, dlc_error *error);

#endif
