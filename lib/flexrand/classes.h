/*
 * classes.h - the samples grouped by label and sorted by (score, id) inside each class: what every selection draws
 * from. Built once per set of samples.
 *
 * A "place" is a position in that order; class c has the places starts[c] to starts[c + 1] - 1, easiest first.
 */
#ifndef DLC_LIB_CLASSES_H
#define DLC_LIB_CLASSES_H

#include "base/allocator.h"
#include "base/error.h"

/* Samples are numbered in 32 bits, which halves what a sample costs. */
#define DLC_CLASSES_SAMPLES_MAX INT64_C(4294967295)

typedef struct dlc_classes {
    int64_t samples;
    int64_t count;   /* classes with at least one sample */
    int64_t largest; /* samples of the largest class */
    int64_t *labels; /* [count], ascending */
    int64_t *starts; /* [count + 1] */
    uint32_t *order; /* [samples], the sample (index) at each place */
    uint8_t *ties;   /* a bit for each place: its score is that of the place before, in the same class */
    int64_t *ids;    /* [samples], by place; NULL: the id is the index */
} dlc_classes;

/*
 * Groups and sorts. labels may be NULL (one class, 0), and ids. On failure *classes is empty, with nothing to release:
 * DLC_ERROR_DATA (a negative label, a NaN score, an id twice), DLC_ERROR_MEMORY. samples: 1 to DLC_CLASSES_SAMPLES_MAX.
 */
dlc_status dlc_classes_build(dlc_classes *classes, const dlc_allocator *allocator, dlc_error *error, int64_t samples,
                             const int64_t *labels, const float *scores, const int64_t *ids);

/* Gives the arrays back; *classes is empty then. */
void dlc_classes_release(dlc_classes *classes, const dlc_allocator *allocator);

static inline int64_t dlc_classes_size(const dlc_classes *classes, int64_t c) {
    return classes->starts[c + 1] - classes->starts[c];
}

static inline int dlc_classes_tied(const dlc_classes *classes, int64_t place) {
    return classes->ties[place / 8] >> place % 8 & 1;
}

static inline int64_t dlc_classes_id(const dlc_classes *classes, int64_t place) {
    return classes->ids ? classes->ids[place] : (int64_t)classes->order[place];
}

#endif
