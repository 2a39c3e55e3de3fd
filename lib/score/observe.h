/*
 * observe.h - what is recorded of a sample at a level, from its logits. A new observation is one function and one line
 * of the table in observe.c. Used by levels.c; knows nothing of batches and levels.
 */
#ifndef DLC_LIB_OBSERVE_H
#define DLC_LIB_OBSERVE_H

#include <stdint.h>

typedef struct dlc_observation {
    /* From finite logits[classes] and the label. */
    double (*record)(const double *logits, int64_t classes, int64_t label);
    /* Score = offset + sign * mean of the curve, such that high is hard. */
    double offset;
    double sign;
} dlc_observation;

/* The observation DLC_OBSERVE_*, or NULL where there is none. */
const dlc_observation *dlc_observation_find(int32_t observation);

/* Where the largest logit is; ties go to the lower class. */
int64_t dlc_largest(const double *logits, int64_t classes);

/* Turns squared distances into logits, 1 / sqrt(max(d^2, 1e-12)), in place. */
void dlc_logits_from_distances(double *values, int64_t count);

/* An observation as curves hold it: the nearest float32, or the largest one for what lies beyond. */
float dlc_observation_round(double value);

#endif
