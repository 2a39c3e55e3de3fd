/* kernels.c - the kernels for each instruction set, and the choice among them (kernels.h). */
#include "kernels.h"

#include <math.h>
#include <stddef.h>

#define DLC_JOIN_(a, b) a##b
#define DLC_JOIN(a, b)  DLC_JOIN_(a, b)

static double add_lanes(const double lane[DLC_LANES]) {
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

#define SMALLEST_SQUARED_DISTANCE 1e-12

/* exp(x) = 2^n exp(r) with n = round(x / ln 2), |r| <= ln 2 / 2, and exp(r) by its Taylor series. */
#define EXP_SMALLEST (-707.0)
#define LOG2_E       0x1.71547652b82fep0
#define LN2_HIGH     0x1.62e42feep-1 /* 33 bits: n times it is exact */
#define LN2_LOW      0x1.a39ef35793c76p-33
#define EXP_TERMS    14

static const double exp_term[EXP_TERMS] = {
    1.0,          1.0,           1.0 / 2,       1.0 / 6,        1.0 / 24,        1.0 / 120,        1.0 / 720,
    1.0 / 5040.0, 1.0 / 40320.0, 1.0 / 362880., 1.0 / 3628800., 1.0 / 39916800., 1.0 / 479001600., 1.0 / 6227020800.,
};

/* A sum with this number has the nearest integer in its lowest bits. */
#define ROUNDER       0x1.8p52
#define MANTISSA_BITS 52

#if defined(__x86_64__)
#include <immintrin.h>

#define SET            avx512
#define VECTOR         8
#define TARGET         __attribute__((target("avx512f")))
#define FUSED(A, B, C) (DOUBLES) _mm512_fmsub_pd((__m512d)(A), (__m512d)(B), (__m512d)(C))
#include "kernels_template.h"

#define SET            avx2
#define VECTOR         4
#define TARGET         __attribute__((target("avx2,fma")))
#define FUSED(A, B, C) (DOUBLES) _mm256_fmsub_pd((__m256d)(A), (__m256d)(B), (__m256d)(C))
#include "kernels_template.h"
#endif

#define SET    baseline
#define VECTOR 2
#define TARGET
#include "kernels_template.h"

const dlc_kernels *dlc_kernels_at(int32_t index) {
    const dlc_kernels *usable[4] = {NULL};
    int32_t count = 0;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f"))
        usable[count++] = &kernels_avx512;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        usable[count++] = &kernels_avx2;
#endif
    usable[count++] = &kernels_baseline;
    return index >= 0 && index < count ? usable[index] : NULL;
}
