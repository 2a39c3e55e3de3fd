/* correlation_twin.c - see correlation_twin.h. */
#include "correlation_twin.h"

#include <math.h>
#include <stddef.h>

/* Where sample i's rank lies in its class: (rank - (n + 1) / 2) / n; 0 in a class of one. */
static double place(const float *scores, const int64_t *labels, int64_t samples, int64_t i) {
    double below = 0, equal = 0, size = 0;
    for (int64_t j = 0; j < samples; j++) {
        if (labels && labels[j] != labels[i])
            continue;
        size++;
        below += scores[j] < scores[i];
        equal += scores[j] == scores[i];
    }
    return (below + (equal + 1) / 2 - (size + 1) / 2) / size;
}

double correlation_twin(const float *one, const float *two, const int64_t *labels, int64_t samples) {
    double xx = 0, xy = 0, yy = 0;
    for (int64_t i = 0; i < samples; i++) {
        const double x = place(one, labels, samples, i), y = place(two, labels, samples, i);
        xx += x * x;
        xy += x * y;
        yy += y * y;
    }
    return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : NAN;
}
