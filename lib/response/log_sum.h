/*
 * log_sum.h - the inner loops over the logits of one token, once for each instruction set: widen to float, find the
 * largest, add up exponentials.
 *
 * They take floats at any address, a multiple of DLC_LOG_SUM_LANES of them. The sum has that many lanes, element i in
 * lane i % DLC_LOG_SUM_LANES: each adds in ascending order, in double, and the lanes are added as a fixed tree. Nothing
 * is fused. So every instruction set gives the same bits. Used by token.c.
 */
#ifndef DLC_LIB_RESPONSE_LOG_SUM_H
#define DLC_LIB_RESPONSE_LOG_SUM_H

#include <stdint.h>

#define DLC_LOG_SUM_LANES 16

typedef struct dlc_log_sum_kernels {
    /* out[i] = the number that the 16 bits of element i stand for, exactly. */
    void (*widen_f16)(const void *values, int64_t count, float *out);
    void (*widen_bf16)(const void *values, int64_t count, float *out);
    /* The largest, in *top: -INFINITY where all are. Returns 0 where a NaN or +INFINITY is among them (*top means
     * nothing then), else 1. */
    int (*top)(const void *values, int64_t count, float *top);
    /*
     * The sum of exp(values[i] - top). values[i] <= top, -INFINITY allowed; top is finite. The difference and its
     * exponential are float32, and 0 below 1.7e-38; that of 0 is 1.
     */
    double (*sum)(const void *values, int64_t count, float top);
} dlc_log_sum_kernels;

/* The kernels that this machine can run: number `index` (from 0, the fastest first), or NULL beyond the last. */
const dlc_log_sum_kernels *dlc_log_sum_kernels_at(int32_t index);

#endif
