/*
 * observe.h - what is recorded of a sample at a level, from its logits. A new observation is one function and one line
 * of the table in observe.c. Used by levels.c; knows nothing of batches and levels.
 */
#ifndef DLC_LIB_SCORE_OBSERVE_H
#define DLC_LIB_SCORE_OBSERVE_H

#include "kernels.h"

/* What the model says of one sample. Exponentials are relative to the largest logit: that class has 1. */
typedef struct dlc_outcome {
    int64_t label;
    int64_t classes;
    int64_t top;        /* the class of the largest logit; ties go to the lower class */
    double gap;         /* its logit less the label's */
    const double *exps; /* [classes] */
    double others;      /* sum of all exps but top's: kept apart from top's 1, it may be far smaller */
} dlc_outcome;

typedef struct dlc_observation {
    double (*record)(const dlc_outcome *outcome);
    /* Score = offset + sign * mean of the curve, such that high is hard. */
    double offset;
    double sign;
} dlc_observation;

/* The observation DLC_OBSERVE_*, or NULL where there is none. */
const dlc_observation *dlc_observation_find(int32_t observation);

/* Turns squared distances into logits, in place. Here as below there is room for `classes` rounded up to DLC_LANES. */
void dlc_logits_from_distances(const dlc_kernels *kernels, double *values, int64_t classes);

/* The outcome of finite logits, which become its exponentials. */
dlc_outcome dlc_outcome_of(const dlc_kernels *kernels, double *logits, int64_t classes, int64_t label);

/* An observation as curves hold it: the nearest float32, or the largest one for what lies beyond. */
float dlc_observation_round(double value);

#endif
