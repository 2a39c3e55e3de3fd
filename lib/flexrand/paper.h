/*
 * paper.h - budget paper: the published rounding, class by class, whatever the total comes to.
 */
#ifndef DLC_LIB_PAPER_H
#define DLC_LIB_PAPER_H

#include "flexrand/selection.h"

/*
 * Fills an empty selection; the picks of each class are easy before hard, in the order drawn. keep: in (0, 1]. On
 * failure the caller releases what is in it: DLC_ERROR_DATA (an interval smaller than its share), DLC_ERROR_ARGUMENT (a
 * total of 0), DLC_ERROR_MEMORY.
 */
dlc_status dlc_paper_select(dlc_selection *selection, const dlc_classes *classes, const dlc_flexrand_options *options,
                            double keep, const dlc_allocator *allocator, dlc_error *error);

#endif
