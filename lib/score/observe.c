/* observe.c - softmax, and the observations made of it (observe.h). */
#include "observe.h"

#include "dlc/score.h"

#include <float.h>
#include <math.h>
#include <stddef.h>

#define SMALLEST_SQUARED_DISTANCE 1e-12

int64_t dlc_largest(const double *logits, int64_t classes) {
    int64_t best = 0;
    for (int64_t c = 1; c < classes; c++)
        if (logits[c] > logits[best])
            best = c;
    return best;
}

/* Sum of exp(logit - logits[top]) over all classes but `top`. Kept apart from top's own 1: it may be far smaller. */
static double sum_of_others(const double *logits, int64_t classes, int64_t top) {
    double sum = 0;
    for (int64_t c = 0; c < classes; c++)
        if (c != top)
            sum += exp(logits[c] - logits[top]);
    return sum;
}

static double loss(const double *logits, int64_t classes, int64_t label) {
    const int64_t top = dlc_largest(logits, classes);
    return (logits[top] - logits[label]) + log1p(sum_of_others(logits, classes, top));
}

static double correct(const double *logits, int64_t classes, int64_t label) {
    return dlc_largest(logits, classes) == label ? 1 : 0;
}

static double confidence(const double *logits, int64_t classes, int64_t label) {
    const int64_t top = dlc_largest(logits, classes);
    return exp(logits[label] - logits[top]) / (1 + sum_of_others(logits, classes, top));
}

static double margin(const double *logits, int64_t classes, int64_t label) {
    const int64_t top = dlc_largest(logits, classes);
    double rival = -INFINITY;
    for (int64_t c = 0; c < classes; c++)
        if (c != label && logits[c] > rival)
            rival = logits[c];
    return (exp(logits[label] - logits[top]) - exp(rival - logits[top])) / (1 + sum_of_others(logits, classes, top));
}

static const dlc_observation table[] = {
    [DLC_OBSERVE_LOSS] = {loss, 0, 1},
    [DLC_OBSERVE_CORRECT] = {correct, 1, -1},
    [DLC_OBSERVE_CONFIDENCE] = {confidence, 1, -1},
    [DLC_OBSERVE_MARGIN] = {margin, 0, -1},
};

const dlc_observation *dlc_observation_find(int32_t observation) {
    const int32_t count = (int32_t)(sizeof table / sizeof table[0]);
    return observation >= 0 && observation < count ? &table[observation] : NULL;
}

void dlc_logits_from_distances(double *values, int64_t count) {
    for (int64_t i = 0; i < count; i++) {
        const double squared = values[i] > SMALLEST_SQUARED_DISTANCE ? values[i] : SMALLEST_SQUARED_DISTANCE;
        values[i] = 1 / sqrt(squared);
    }
}

float dlc_observation_round(double value) {
    return value < (double)FLT_MAX ? (float)value : FLT_MAX;
}
