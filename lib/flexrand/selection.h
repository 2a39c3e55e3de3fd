/*
 * selection.h - what a selection consists of, made by exact.c or paper.c, and the two orders in which it can be read.
 */
#ifndef DLC_LIB_SELECTION_H
#define DLC_LIB_SELECTION_H

#include "flexrand/classes.h"

#include <string.h>

/* What the caller has set (dlc/flexrand.h). */
typedef struct dlc_flexrand_options {
    int32_t method;
    int32_t budget;
    int32_t rng;
    double gamma;
    uint64_t seed;
    int64_t floor;
} dlc_flexrand_options;

typedef struct dlc_selection {
    int64_t count;
    uint32_t *places; /* [count], class by class, the picks of each class in order; NULL: no selection */
    int64_t *counts;  /* [classes], picks of each */
    double *offsets;  /* [classes], u of each class, from which the times of its picks come; NULL with budget paper */
    int64_t floor;    /* picks of each class that come before all others */
    double gamma;
} dlc_selection;

/* When the j-th pick (from 0) of a class of n comes: (j + u) / n. Ascends with j. */
static inline double dlc_selection_time(const dlc_classes *classes, const double *offsets, int64_t c, int64_t j) {
    return ((double)j + offsets[c]) / (double)dlc_classes_size(classes, c);
}

/* A time as a key of a sort: times are not negative, so that their bits sort as they do. */
static inline uint64_t dlc_selection_time_key(const dlc_classes *classes, const double *offsets, int64_t c, int64_t j) {
    const double time = dlc_selection_time(classes, offsets, c, j);
    uint64_t key;
    memcpy(&key, &time, sizeof key);
    return key;
}

/* The size of a class's easy interval: round(gamma * n). */
int64_t dlc_selection_cut(const dlc_classes *classes, double gamma, int64_t c);

/* Copies out ascending indices; intervals may be NULL. Errors: DLC_ERROR_MEMORY. */
dlc_status dlc_selection_by_index(const dlc_selection *selection, const dlc_classes *classes,
                                  const dlc_allocator *allocator, dlc_error *error, int64_t *indices,
                                  int32_t *intervals);

/* The same in pick order. */
dlc_status dlc_selection_by_pick(const dlc_selection *selection, const dlc_classes *classes,
                                 const dlc_allocator *allocator, dlc_error *error, int64_t *indices,
                                 int32_t *intervals);

/* Gives the arrays back; *selection is empty then. */
void dlc_selection_release(dlc_selection *selection, const dlc_allocator *allocator);

#endif
