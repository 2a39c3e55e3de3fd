/*
 * paper.h - budget paper: the published rounding, class by class, whatever the total comes to.
 */
#ifndef DLC_LIB_PAPER_H
#define DLC_LIB_PAPER_H

#include "flexrand/draw.h"

/*
 * Stores the picks, class by class, easy before hard, in the order drawn, in a new array that the caller releases.
 * keep: in (0, 1]. Errors: DLC_ERROR_DATA (an interval smaller than its share), DLC_ERROR_ARGUMENT (a total of 0),
 * DLC_ERROR_MEMORY.
 */
dlc_status dlc_paper_select(const dlc_classes *classes, const dlc_flexrand_options *options, double keep,
                            const dlc_allocator *allocator, dlc_error *error, dlc_pick **picks, int64_t *count);

#endif
