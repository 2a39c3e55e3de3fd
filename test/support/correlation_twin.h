/*
 * correlation_twin.h - the rank correlation within classes from its definition: every rank is counted by comparing a
 * sample with every other.
 */
#ifndef DLC_TEST_CORRELATION_TWIN_H
#define DLC_TEST_CORRELATION_TWIN_H

#include <stdint.h>

/* Of two rankings by score; labels NULL: one class. NaN where there is none. */
double correlation_twin(const float *one, const float *two, const int64_t *labels, int64_t samples);

#endif
