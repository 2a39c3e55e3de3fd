/* response_log_sum_tests.c - the kernels of every instruction set that this machine can run, against plain loops. */
#include "support.h"

#include "response/log_sum.h"

#include <math.h>
#include <stdlib.h>

static int same_bits(float a, float b) {
    return memcmp(&a, &b, sizeof a) == 0;
}

/* ---- Widening: all 65536 numbers ---- */

/* From the definition of the format. */
static float f16(unsigned bits) {
    const int exponent = (int)(bits >> 10 & 31U);
    const int mantissa = (int)(bits & 1023U);
    const float sign = bits >> 15 ? -1.0F : 1.0F;
    if (exponent == 31)
        return mantissa == 0 ? sign * INFINITY : NAN;
    return sign * (exponent == 0 ? ldexpf((float)mantissa, -24) : ldexpf((float)(1024 + mantissa), exponent - 25));
}

static float bf16(unsigned bits) {
    const uint32_t word = (uint32_t)bits << 16;
    float value;
    memcpy(&value, &word, sizeof value);
    return value;
}

static void check_all(void (*widen)(const void *, int64_t, float *), float (*expected)(unsigned)) {
    enum { COUNT = 65536 };
    unsigned char *shifted = malloc(2 * COUNT + 1); /* at an odd address */
    float *out = malloc(COUNT * sizeof *out);
    for (unsigned bits = 0; bits < COUNT; bits++) {
        const uint16_t half = (uint16_t)bits;
        memcpy(shifted + 1 + (size_t)2 * bits, &half, 2);
    }
    widen(shifted + 1, COUNT, out);
    for (unsigned bits = 0; bits < COUNT; bits++) {
        const float value = expected(bits);
        ck_assert_msg(isnan(value) ? isnan(out[bits]) : same_bits(out[bits], value), "%04x: %a, not %a", bits,
                      (double)out[bits], (double)value);
    }
    free(shifted);
    free(out);
}

START_TEST(every_half_is_widened_exactly) {
    int32_t sets = 0;
    for (const dlc_log_sum_kernels *kernels; (kernels = dlc_log_sum_kernels_at(sets)) != NULL; sets++) {
        check_all(kernels->widen_f16, f16);
        check_all(kernels->widen_bf16, bf16);
    }
    ck_assert_int_ge(sets, 1);
    ck_assert_ptr_null(dlc_log_sum_kernels_at(-1));
}
END_TEST

/* ---- The largest ---- */

START_TEST(top_in_every_place) {
    float values[64];
    float top;
    for (int32_t set = 0; dlc_log_sum_kernels_at(set); set++)
        for (int place = 0; place < 64; place++) {
            const dlc_log_sum_kernels *kernels = dlc_log_sum_kernels_at(set);
            for (int i = 0; i < 64; i++)
                values[i] = -INFINITY;
            ck_assert(kernels->top(values, 64, &top) && top == -INFINITY);
            values[place] = -3e38F;
            ck_assert(kernels->top(values, 64, &top) && top == -3e38F);
            values[63 - place] = 0x1p-140F;
            ck_assert(kernels->top(values, 64, &top) && top == 0x1p-140F);
            values[place] = INFINITY;
            ck_assert(!kernels->top(values, 64, &top));
            values[place] = NAN;
            ck_assert(!kernels->top(values, 64, &top));
            values[place] = -NAN;
            ck_assert(!kernels->top(values, 64, &top));
        }
}
END_TEST

/* ---- The sum ---- */

static long double precise_sum(const float *values, int64_t count, float top) {
    long double sum = 0;
    for (int64_t i = 0; i < count; i++)
        sum += expl((long double)values[i] - (long double)top);
    return sum;
}

/* One exponential: what the polynomial and its roundings may cost, and the rounding of x log2 e. */
START_TEST(one_exponential) {
    float values[DLC_LOG_SUM_LANES];
    const int steps = 50000;
    for (int32_t set = 0; dlc_log_sum_kernels_at(set); set++)
        for (int step = 0; step <= steps; step++) {
            const float x = -86.9F * (float)step / (float)steps;
            for (int i = 0; i < DLC_LOG_SUM_LANES; i++)
                values[i] = -INFINITY;
            values[step % DLC_LOG_SUM_LANES] = x;
            const double sum = dlc_log_sum_kernels_at(set)->sum(values, DLC_LOG_SUM_LANES, 0);
            const long double exact = expl((long double)x);
            const long double allowed = exact * (2e-7L + 7.3e-8L * fabsl((long double)x));
            ck_assert_msg(fabsl((long double)sum - exact) <= allowed, "exp(%a) is %a", (double)x, sum);
        }
}
END_TEST

START_TEST(what_is_certain_is_exact) {
    float values[DLC_LOG_SUM_LANES];
    for (int32_t set = 0; dlc_log_sum_kernels_at(set); set++) {
        const dlc_log_sum_kernels *kernels = dlc_log_sum_kernels_at(set);
        for (int i = 0; i < DLC_LOG_SUM_LANES; i++)
            values[i] = 3e38F;
        ck_assert(kernels->sum(values, DLC_LOG_SUM_LANES, 3e38F) == DLC_LOG_SUM_LANES);
        for (int i = 1; i < DLC_LOG_SUM_LANES; i++)
            values[i] = i % 2 ? -3e38F : -INFINITY;
        ck_assert(kernels->sum(values, DLC_LOG_SUM_LANES, 3e38F) == 1);
        for (int i = 0; i < DLC_LOG_SUM_LANES; i++)
            values[i] = -87.5F;
        ck_assert(kernels->sum(values, DLC_LOG_SUM_LANES, 0) == 0);
    }
}
END_TEST

/* Every set gives the bits of every other, and the right sum. */
START_TEST(sums_do_not_depend_on_the_set) {
    const int64_t largest = 4096;
    float *values = malloc((size_t)largest * sizeof *values + 1);
    char *shifted = (char *)values + 1;
    uint64_t seed = 5;
    for (int64_t count = DLC_LOG_SUM_LANES; count <= largest; count = count * 2 + DLC_LOG_SUM_LANES * 3) {
        for (int64_t i = 0; i < count; i++)
            values[i] = (float)(test_uniform(&seed) * -40);
        const long double exact = precise_sum(values, count, 0);
        memmove(shifted, values, (size_t)count * sizeof *values); /* at an odd address */
        const double first = dlc_log_sum_kernels_at(0)->sum(shifted, count, 0);
        ck_assert(fabsl((long double)first - exact) <= 3e-7L * exact);
        for (int32_t set = 1; dlc_log_sum_kernels_at(set); set++)
            ck_assert(dlc_log_sum_kernels_at(set)->sum(shifted, count, 0) == first);
    }
    free(values);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("response_log_sum");
    TCase *test_case = tcase_create("kernels");
    tcase_set_timeout(test_case, 60);
    tcase_add_test(test_case, every_half_is_widened_exactly);
    tcase_add_test(test_case, top_in_every_place);
    tcase_add_test(test_case, one_exponential);
    tcase_add_test(test_case, what_is_certain_is_exact);
    tcase_add_test(test_case, sums_do_not_depend_on_the_set);
    suite_add_tcase(suite, test_case);
    return suite;
}
