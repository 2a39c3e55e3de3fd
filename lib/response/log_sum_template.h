/*
 * log_sum_template.h - the kernels' bodies, included by log_sum.c once for each instruction set with
 *   SET      its name
 *   VECTOR   floats in a register: 16, 8 or 4
 *   TARGET   the attribute that allows the instruction set
 *   WIDEN    makes DOUBLES of HALF
 * The lanes are the same sixteen for any VECTOR: a smaller register takes them in several groups.
 */
#define FLOATS     DLC_JOIN(floats_, SET)
#define HALF       DLC_JOIN(half_, SET)
#define DOUBLES    DLC_JOIN(doubles_, SET)
#define WORDS      DLC_JOIN(words_, SET)
#define INTEGERS   DLC_JOIN(integers_, SET)
#define SHORTS     DLC_JOIN(shorts_, SET)
#define WIDEN_F16  DLC_JOIN(widen_f16_, SET)
#define WIDEN_BF16 DLC_JOIN(widen_bf16_, SET)
#define TOP        DLC_JOIN(top_, SET)
#define SUM        DLC_JOIN(sum_, SET)

typedef float FLOATS __attribute__((vector_size(VECTOR * 4), aligned(1), may_alias));
typedef float HALF __attribute__((vector_size(VECTOR * 2), aligned(1), may_alias));
typedef double DOUBLES __attribute__((vector_size(VECTOR * 4), aligned(1), may_alias));
typedef uint32_t WORDS __attribute__((vector_size(VECTOR * 4), aligned(1), may_alias));
typedef int32_t INTEGERS __attribute__((vector_size(VECTOR * 4), aligned(1), may_alias));
typedef uint16_t SHORTS __attribute__((vector_size(VECTOR * 2), aligned(1), may_alias));

/* Bits alone, but for subnormal numbers: the host may have the processor take those of binary32 for 0. */
TARGET static void WIDEN_F16(const void *values, int64_t count, float *out) {
    const char *from = values;
    for (int64_t i = 0; i < count; i += VECTOR) {
        const WORDS bits = __builtin_convertvector(*(const SHORTS *)(from + 2 * i), WORDS);
        const WORDS magnitude = bits & F16_MAGNITUDE;
        WORDS normal = (magnitude << MORE_MANTISSA) + MORE_EXPONENT;
        normal += (WORDS)(magnitude >= F16_INFINITY) & MORE_EXPONENT;
        const FLOATS subnormal = __builtin_convertvector((INTEGERS)magnitude, FLOATS) * F16_STEP;
        const WORDS is_subnormal = (WORDS)(magnitude < F16_NORMAL);
        const WORDS sign = (bits & ~F16_MAGNITUDE) << 16;
        *(WORDS *)(out + i) = ((WORDS)subnormal & is_subnormal) | (normal & ~is_subnormal) | sign;
    }
}

TARGET static void WIDEN_BF16(const void *values, int64_t count, float *out) {
    const char *from = values;
    for (int64_t i = 0; i < count; i += VECTOR)
        *(WORDS *)(out + i) = __builtin_convertvector(*(const SHORTS *)(from + 2 * i), WORDS) << 16;
}

TARGET static int TOP(const void *values, int64_t count, float *top) {
    const char *from = values;
    FLOATS largest = (FLOATS){0} - INFINITY;
    WORDS usable = ~(WORDS){0};
    for (int64_t i = 0; i < count; i += VECTOR) {
        const FLOATS x = *(const FLOATS *)(from + 4 * i);
        usable &= (WORDS)(x < INFINITY); /* NaN is not */
        const WORDS larger = (WORDS)(x > largest);
        largest = (FLOATS)(((WORDS)x & larger) | ((WORDS)largest & ~larger));
    }
    uint32_t all_usable = ~UINT32_C(0);
    *top = -INFINITY;
    for (int i = 0; i < VECTOR; i++) {
        all_usable &= usable[i];
        *top = largest[i] > *top ? largest[i] : *top;
    }
    return all_usable != 0;
}

/* What is too small becomes 0 at the end; until then it may be anything, NaN too. */
TARGET static double SUM(const void *values, int64_t count, float top) {
    const char *from = values;
    double lanes[DLC_LOG_SUM_LANES];
    for (int64_t group = 0; group < DLC_LOG_SUM_LANES; group += VECTOR) {
        DOUBLES low = {0}, high = {0};
        for (int64_t i = group; i < count; i += DLC_LOG_SUM_LANES) {
            const FLOATS x = *(const FLOATS *)(from + 4 * i) - top;
            const WORDS large_enough = (WORDS)(x > EXP_SMALLEST);
            const FLOATS y = x * LOG2_E;
            const FLOATS shifted = y + ROUNDER;
            const FLOATS r = y - (shifted - ROUNDER);
            const FLOATS r2 = r * r;
            const FLOATS upper = P6 * r2 + (P5 * r + P4);
            FLOATS power = (upper * r2 + (P3 * r + P2)) * r2 + (P1 * r + 1);
            power = (FLOATS)(((WORDS)power + ((WORDS)shifted << MANTISSA_BITS)) & large_enough);
            HALF halves[2];
            memcpy(halves, &power, sizeof halves);
            low += WIDEN(halves[0]);
            high += WIDEN(halves[1]);
        }
        memcpy(lanes + group, &low, sizeof low);
        memcpy(lanes + group + VECTOR / 2, &high, sizeof high);
    }
    return add_lanes(lanes);
}

static const dlc_log_sum_kernels DLC_JOIN(kernels_, SET) = {WIDEN_F16, WIDEN_BF16, TOP, SUM};

#undef FLOATS
#undef HALF
#undef DOUBLES
#undef WORDS
#undef INTEGERS
#undef SHORTS
#undef WIDEN_F16
#undef WIDEN_BF16
#undef TOP
#undef SUM
#undef SET
#undef VECTOR
#undef TARGET
#undef WIDEN
