/* observe.c - softmax, and the observations made of it (observe.h). */
#include "observe.h"

#include "dlc/score.h"

#include <float.h>
#include <math.h>
#include <stddef.h>

void dlc_logits_from_distances(const dlc_kernels *kernels, double *values, int64_t classes) {
    const int64_t padded = dlc_pad(classes, DLC_LANES);
    for (int64_t c = classes; c < padded; c++)
        values[c] = 1;
    kernels->logits(values, padded);
}

static int64_t largest(const double *logits, int64_t classes) {
    int64_t best = 0;
    for (int64_t c = 1; c < classes; c++)
        if (logits[c] > logits[best])
            best = c;
    return best;
}

dlc_outcome dlc_outcome_of(const dlc_kernels *kernels, double *logits, int64_t classes, int64_t label) {
    const int64_t top = largest(logits, classes);
    const double top_logit = logits[top];
    dlc_outcome outcome = {
        .label = label, .classes = classes, .top = top, .gap = top_logit - logits[label], .exps = logits};
    const int64_t padded = dlc_pad(classes, DLC_LANES);
    for (int64_t c = classes; c < padded; c++)
        logits[c] = -INFINITY;
    logits[top] = -INFINITY;
    outcome.others = kernels->exponentials(logits, padded, top_logit);
    logits[top] = 1;
    return outcome;
}

static double loss(const dlc_outcome *outcome) {
    return outcome->gap + log1p(outcome->others);
}

static double correct(const dlc_outcome *outcome) {
    return outcome->top == outcome->label ? 1 : 0;
}

static double confidence(const dlc_outcome *outcome) {
    return outcome->exps[outcome->label] / (1 + outcome->others);
}

static double margin(const dlc_outcome *outcome) {
    double rival = 0;
    for (int64_t c = 0; c < outcome->classes; c++)
        if (c != outcome->label && outcome->exps[c] > rival)
            rival = outcome->exps[c];
    return (outcome->exps[outcome->label] - rival) / (1 + outcome->others);
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

float dlc_observation_round(double value) {
    return value < (double)FLT_MAX ? (float)value : FLT_MAX;
}
