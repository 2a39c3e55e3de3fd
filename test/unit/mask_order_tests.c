/*
 * mask_order_tests.c - order keys of lib/mask/order.h against real numbers made by ldexp(), also where the host flushes
 * denormals; random keys against the generator's blocks; numbers in schedule texts against strtod().
 */
#include "support.h"

#include "base/philox.h"
#include "mask/order.h"
#include "mask/schedule.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

/* ---- Magnitudes ---- */

/* The real number of 16 bits, from their fields. */
static double half_value(int32_t dtype, uint32_t bits) {
    const int mantissa_bits = dtype == DLC_DTYPE_F16 ? 10 : 7, bias = dtype == DLC_DTYPE_F16 ? 15 : 127;
    const int exponent = (int)(bits >> mantissa_bits), mantissa = (int)(bits & ((1U << mantissa_bits) - 1));
    if (exponent == 0)
        return ldexp(mantissa, 1 - bias - mantissa_bits);
    return ldexp((1 << mantissa_bits) + mantissa, exponent - bias - mantissa_bits);
}

static uint64_t key_of(const dlc_order *order, int32_t dtype, const void *weight) {
    uint64_t key;
    dlc_order_keys(order, dtype, weight, 0, 1, &key);
    return key;
}

static const int32_t halves[] = {DLC_DTYPE_F16, DLC_DTYPE_BF16};
static const int32_t orders[] = {0, DLC_DTYPE_F32, DLC_DTYPE_F64}; /* 0: its own */

START_TEST(all_halves) {
    const int32_t dtype = halves[_i / 3];
    const dlc_order order = dlc_order_make(DLC_CRITERION_L1, orders[_i % 3] ? orders[_i % 3] : dtype, 1);
    const uint32_t end = dtype == DLC_DTYPE_F16 ? 0x7C00 : 0x7F80;
    ck_assert_int_eq(order.bits, _i % 3 == 0 ? 15 : _i % 3 == 1 ? 31 : 63);
    for (uint32_t bits = 0; bits < end; bits++) {
        const uint16_t positive = (uint16_t)bits, negative = (uint16_t)(bits | 0x8000U);
        const uint64_t key = key_of(&order, dtype, &positive);
        const double value = dlc_order_value(&order, key), expected = half_value(dtype, bits);
        ck_assert(memcmp(&value, &expected, sizeof value) == 0);
        ck_assert_uint_eq(key_of(&order, dtype, &negative), key);
        /* From a key to the dtype's own limit and back. */
        ck_assert_int_eq(dlc_order_native_limit(&order, dtype, (int64_t)key), bits);
        if (_i % 3 > 0) {
            ck_assert_int_eq(dlc_order_native_limit(&order, dtype, (int64_t)key + 1), bits);
            ck_assert_int_eq(dlc_order_native_limit(&order, dtype, (int64_t)key - 1), (int64_t)bits - 1);
        }
        ck_assert_int_eq(dlc_order_find_not_finite(dtype, (const unsigned char *)&negative, 1), -1);
    }
    for (uint32_t bits = end; bits < 0x8000; bits++) {
        const uint16_t weight = (uint16_t)bits;
        ck_assert_int_eq(dlc_order_find_not_finite(dtype, (const unsigned char *)&weight, 1), 0);
        ck_assert_int_eq(dlc_order_is_nan(dtype, (const unsigned char *)&weight), bits != end);
    }
    ck_assert_int_eq(dlc_order_native_limit(&order, dtype, -1), -1);
}
END_TEST

/* A binary32 number as binary64, also the smallest, by exact means. */
START_TEST(floats_as_doubles) {
    const dlc_order order = dlc_order_make(DLC_CRITERION_L1, DLC_DTYPE_F64, 1);
    uint64_t state = 3;
    for (int i = 0; i < 200000; i++) {
        uint32_t bits = (uint32_t)(test_uniform(&state) * 0x7F800000);
        if (i % 4 == 0)
            bits >>= (int)(test_uniform(&state) * 31);
        const int exponent = (int)(bits >> 23), mantissa = (int)(bits & 0x7FFFFFU);
        const double expected = exponent == 0 ? ldexp(mantissa, -149) : ldexp(0x800000 + mantissa, exponent - 150);
        const double value = dlc_order_value(&order, key_of(&order, DLC_DTYPE_F32, &bits));
        ck_assert(memcmp(&value, &expected, sizeof value) == 0);
    }
}
END_TEST

START_TEST(joined_dtypes_hold_both) {
    const int32_t f32 = DLC_DTYPE_F32, f16 = DLC_DTYPE_F16, bf16 = DLC_DTYPE_BF16, f64 = DLC_DTYPE_F64;
    const int32_t table[][3] = {{0, f16, f16},    {f16, f16, f16},    {f16, bf16, f32},
                                {bf16, f32, f32}, {f32, f16, f32},    {f64, bf16, f64},
                                {f32, f64, f64},  {bf16, bf16, bf16}, {f16, f64, f64}};
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        ck_assert_int_eq(dlc_order_join(table[i][0], table[i][1]), table[i][2]);
}
END_TEST

#if defined(__SSE2__)
/* The host may have set flush-to-zero and denormals-are-zero. */
START_TEST(flushed_denormals) {
    const dlc_order order = dlc_order_make(DLC_CRITERION_L1, DLC_DTYPE_F64, 1);
    const dlc_order single = dlc_order_make(DLC_CRITERION_L1, DLC_DTYPE_F32, 1);
    uint64_t normal[2048], flushed[2048];
    uint16_t half[2048];
    uint32_t tiny[2048];
    for (uint32_t i = 0; i < 2048; i++) {
        half[i] = (uint16_t)i;
        tiny[i] = i * 4001;
    }
    const unsigned int mode = _mm_getcsr();
    for (int pass = 0; pass < 4; pass++) {
        const dlc_order *used = pass == 0 ? &single : &order;
        const int32_t dtype = pass < 2 ? DLC_DTYPE_F16 : pass == 2 ? DLC_DTYPE_BF16 : DLC_DTYPE_F32;
        const void *data = pass < 3 ? (const void *)half : tiny;
        dlc_order_keys(used, dtype, data, 0, 2048, normal);
        _mm_setcsr(mode | 0x8040U);
        dlc_order_keys(used, dtype, data, 0, 2048, flushed);
        _mm_setcsr(mode);
        ck_assert(memcmp(normal, flushed, sizeof normal) == 0);
        for (int i = 1; i < 2048; i++)
            ck_assert_uint_lt(normal[i - 1], normal[i]);
    }
}
END_TEST
#endif

/* ---- Random ---- */

START_TEST(random_keys_are_the_generators_words) {
    const uint64_t seed = UINT64_C(0x123456789ABCDEF0);
    const dlc_order order = dlc_order_make(DLC_CRITERION_RANDOM, DLC_DTYPE_BF16, seed);
    ck_assert_int_eq(order.bits, 32);
    const uint32_t generator_key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    const int64_t starts[] = {0, 1, 2, 3, 4, 1000003, (INT64_C(1) << 34) - 3};
    for (size_t s = 0; s < sizeof starts / sizeof starts[0]; s++)
        for (int64_t count = 1; count < 12; count++) {
            uint64_t keys[12];
            dlc_order_keys(&order, DLC_DTYPE_BF16, NULL, starts[s], count, keys);
            for (int64_t i = 0; i < count; i++) {
                const uint64_t at = (uint64_t)(starts[s] + i);
                const uint32_t counter[4] = {(uint32_t)(at / 4), (uint32_t)(at / 4 >> 32), DLC_STREAM_MASK, 0};
                uint32_t words[4];
                dlc_philox_block(counter, generator_key, words);
                ck_assert_uint_eq(keys[i], words[at % 4]);
            }
        }
}
END_TEST

/* Which weights criterion random masks: those with the smallest keys, equal keys by position. */
START_TEST(random_masks_the_smallest_keys) {
    enum { COUNT = 100000, MASKED = 37000 };
    static float weights[COUNT];
    static uint64_t keys[COUNT];
    const dlc_order order = dlc_order_make(DLC_CRITERION_RANDOM, DLC_DTYPE_F32, 77);
    dlc_order_keys(&order, DLC_DTYPE_F32, NULL, 0, COUNT, keys);
    for (int64_t i = 0; i < COUNT; i++)
        weights[i] = 1;
    dlc_mask *mask = NULL;
    ck_ok(dlc_mask_create(NULL, &mask), "create");
    ck_ok(dlc_mask_add_tensor(mask, "w", DLC_DTYPE_F32, weights, COUNT, 1), dlc_mask_message(mask));
    ck_ok(dlc_mask_set_criterion(mask, DLC_CRITERION_RANDOM), dlc_mask_message(mask));
    ck_ok(dlc_mask_set_seed(mask, 77), dlc_mask_message(mask));
    ck_ok(dlc_mask_set_list(mask, (const double[]){0.37}, 1), dlc_mask_message(mask));
    ck_ok(dlc_mask_plan(mask), dlc_mask_message(mask));
    ck_ok(dlc_mask_apply(mask, 0), dlc_mask_message(mask));
    uint64_t largest_masked = 0, smallest_kept = UINT64_MAX;
    int64_t masked = 0;
    for (int64_t i = 0; i < COUNT; i++) {
        masked += weights[i] == 0;
        if (weights[i] == 0 && keys[i] > largest_masked)
            largest_masked = keys[i];
        if (weights[i] != 0 && keys[i] < smallest_kept)
            smallest_kept = keys[i];
    }
    ck_assert_int_eq(masked, MASKED);
    ck_assert_uint_le(largest_masked, smallest_kept);
    dlc_mask_free(mask);
}
END_TEST

/* ---- Numbers in schedule texts ---- */

START_TEST(numbers_are_the_nearest_doubles) {
    static const char *const fixed[] = {"0",
                                        "1",
                                        "0.02",
                                        "0.1",
                                        "0.3",
                                        "0.999999999999999999",
                                        "0.000000000000000001",
                                        "0.500000000000000055",
                                        "0.500000000000000056",
                                        "0.30000000000000004",
                                        "0.020000000000000018",
                                        "0.125",
                                        "1.000000"};
    const dlc_allocator allocator = dlc_allocator_or_default(NULL);
    uint64_t state = 21;
    for (int i = 0; i < 100000; i++) {
        char spec[64] = "list:", *number = spec + 5;
        if (i < (int)(sizeof fixed / sizeof fixed[0]))
            strcpy(number, fixed[i]);
        else
            snprintf(number, 32, "%.*f", (int)(test_uniform(&state) * 19), test_uniform(&state));
        dlc_error error;
        dlc_schedule schedule;
        ck_ok(dlc_schedule_parse(&error, &allocator, spec, &schedule), error.text);
        ck_assert_msg(schedule.shares[0] == strtod(number, NULL), "%s: %a", number, schedule.shares[0]);
        dlc_schedule_clear(&schedule, &allocator);
    }
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("mask order");
    TCase *magnitudes = tcase_create("magnitudes");
    tcase_set_timeout(magnitudes, 60);
    tcase_add_loop_test(magnitudes, all_halves, 0, 6);
    tcase_add_test(magnitudes, floats_as_doubles);
    tcase_add_test(magnitudes, joined_dtypes_hold_both);
#if defined(__SSE2__)
    tcase_add_test(magnitudes, flushed_denormals);
#endif
    suite_add_tcase(suite, magnitudes);
    TCase *random = tcase_create("random");
    tcase_set_timeout(random, 60);
    tcase_add_test(random, random_keys_are_the_generators_words);
    tcase_add_test(random, random_masks_the_smallest_keys);
    suite_add_tcase(suite, random);
    TCase *numbers = tcase_create("numbers");
    tcase_set_timeout(numbers, 60);
    tcase_add_test(numbers, numbers_are_the_nearest_doubles);
    suite_add_tcase(suite, numbers);
    return suite;
}
