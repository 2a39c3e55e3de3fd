/* log_sum.c - the kernels for each instruction set, and the choice among them (log_sum.h). */
#include "log_sum.h"

#include <math.h>
#include <stddef.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define DLC_JOIN_(a, b) a##b
#define DLC_JOIN(a, b)  DLC_JOIN_(a, b)

static double add_lanes(double lane[DLC_LOG_SUM_LANES]) {
    for (int width = DLC_LOG_SUM_LANES / 2; width > 0; width /= 2)
        for (int i = 0; i < width; i++)
            lane[i] += lane[i + width];
    return lane[0];
}

/* exp(x) = 2^n 2^r with n + r = x log2 e, n whole. */
#define EXP_SMALLEST (-87.0F) /* 2^n is still normal */
#define LOG2_E       0x1.715476p0F

/* 2^r = 1 + r P1 + ... + r^6 P6 to 1.6e-8 for |r| <= 1/2: the polynomial of the least largest relative error among
 * those that are 1 at 0. */
#define P1 0x1.62e43p-1F
#define P2 0x1.ebfbdcp-3F
#define P3 0x1.c6aee8p-5F
#define P4 0x1.3b2d4cp-7F
#define P5 0x1.5f3e52p-10F
#define P6 0x1.41fbbcp-13F

/* A sum with this number has the nearest integer in its lowest bits. */
#define ROUNDER       0x1.8p23F
#define MANTISSA_BITS 23

/* binary16, and how to make binary32 of it. */
#define F16_MAGNITUDE 0x7FFFU
#define F16_INFINITY  0x7C00U
#define F16_NORMAL    0x0400U  /* magnitude of the smallest normal number */
#define F16_STEP      0x1p-24F /* between subnormal numbers */
#define MORE_MANTISSA 13
#define MORE_EXPONENT (112U << MANTISSA_BITS)

/* WIDEN: a register of half as many floats becomes one of doubles; compilers do not find the instruction for it. */
#if defined(__x86_64__)
#define SET         avx512
#define VECTOR      16
#define TARGET      __attribute__((target("avx512f")))
#define WIDEN(half) ((DOUBLES)_mm512_cvtps_pd((__m256)(half)))
#include "log_sum_template.h"

#define SET         avx2
#define VECTOR      8
#define TARGET      __attribute__((target("avx2")))
#define WIDEN(half) ((DOUBLES)_mm256_cvtps_pd((__m128)(half)))
#include "log_sum_template.h"
#endif

#define SET    baseline
#define VECTOR 4
#define TARGET
#define WIDEN(half) __builtin_convertvector(half, DOUBLES)
#include "log_sum_template.h"

const dlc_log_sum_kernels *dlc_log_sum_kernels_at(int32_t index) {
    const dlc_log_sum_kernels *usable[4] = {NULL};
    int32_t count = 0;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f"))
        usable[count++] = &kernels_avx512;
    if (__builtin_cpu_supports("avx2"))
        usable[count++] = &kernels_avx2;
#endif
    usable[count++] = &kernels_baseline;
    return index >= 0 && index < count ? usable[index] : NULL;
}
