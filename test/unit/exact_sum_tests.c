/*
 * exact_sum_tests.c - the exact sums against integers of 512 bits that count 2^-149, added and compared the plain way.
 */
#include "support.h"

#include "score/exact_sum.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

/* ---- The twin: two's complement integers ---- */

#define WORDS 16

typedef struct big {
    uint32_t word[WORDS];
} big;

/* a += value * 2^shift */
static void big_add(big *a, int64_t value, int shift) {
    big moved;
    for (int i = 0; i < WORDS; i++)
        moved.word[i] = value < 0 ? UINT32_MAX : 0;
    for (int bit = 0; bit < WORDS * 32; bit++) {
        const int from = bit - shift;
        const uint32_t set = from < 0 ? 0 : (uint32_t)((uint64_t)value >> (from < 63 ? from : 63) & 1);
        moved.word[bit / 32] = (moved.word[bit / 32] & ~(UINT32_C(1) << bit % 32)) | set << bit % 32;
    }
    uint64_t carry = 0;
    for (int i = 0; i < WORDS; i++) {
        carry += (uint64_t)a->word[i] + moved.word[i];
        a->word[i] = (uint32_t)carry;
        carry >>= 32;
    }
}

static int big_negative(const big *a) {
    return a->word[WORDS - 1] >> 31 != 0;
}

static void big_absolute(big *a) {
    if (!big_negative(a))
        return;
    for (int i = 0; i < WORDS; i++)
        a->word[i] = ~a->word[i];
    big_add(a, 1, 0);
}

/* Of two that are not negative. */
static int big_compare(const big *a, const big *b) {
    for (int i = WORDS - 1; i >= 0; i--)
        if (a->word[i] != b->word[i])
            return a->word[i] < b->word[i] ? -1 : 1;
    return 0;
}

/* A finite value as mantissa * 2^shift, counted in 2^-149. */
static int64_t take_apart(float value, int *shift) {
    int exponent;
    const double mantissa = frexp((double)value, &exponent);
    *shift = exponent - 24 + 149;
    int64_t whole = (int64_t)(mantissa * 16777216.0);
    while (*shift < 0) {
        ck_assert_int_eq(whole % 2, 0);
        whole /= 2;
        (*shift)++;
    }
    return whole;
}

static void big_add_float(big *a, float value, int64_t times) {
    int shift = 0;
    const int64_t mantissa = value == 0 ? 0 : take_apart(value, &shift);
    big_add(a, mantissa * times, shift);
}

/* |sum - candidate * n| */
static big distance(const big *sum, float candidate, int64_t n) {
    big difference = *sum;
    big_add_float(&difference, candidate, -n);
    big_absolute(&difference);
    return difference;
}

/* `mean` is the float32 nearest to sum / n, with an even last bit where two are as near. */
static void check_mean(const big *sum, int64_t n, float mean) {
    ck_assert_msg(isfinite(mean), "mean is not finite");
    uint32_t bits;
    memcpy(&bits, &mean, sizeof bits);
    const big own = distance(sum, mean, n);
    const float neighbours[2] = {nextafterf(mean, -INFINITY), nextafterf(mean, INFINITY)};
    for (int i = 0; i < 2; i++) {
        if (!isfinite(neighbours[i]))
            continue;
        const big other = distance(sum, neighbours[i], n);
        const int order = big_compare(&own, &other);
        ck_assert_msg(order < 0 || (order == 0 && bits % 2 == 0), "%a is not the nearest to the sum / %lld", mean,
                      (long long)n);
    }
}

/* ---- One sum at a time ---- */

static dlc_allocator plain(void) {
    return dlc_allocator_or_default(NULL);
}

static float mean_of(const float *values, int64_t count, int64_t n) {
    const dlc_allocator allocator = plain();
    dlc_exact_sums sums;
    ck_assert(dlc_exact_sums_start(&sums, &allocator, 1, 1));
    for (int64_t i = 0; i < count; i++)
        dlc_exact_sums_add(&sums, 0, 0, &values[i]);
    double mean;
    dlc_exact_sums_mean(&sums, 0, n, &mean);
    dlc_exact_sums_stop(&sums, &allocator);
    ck_assert((double)(float)mean == mean);
    return (float)mean;
}

static const struct {
    const char *what;
    float values[8];
    int64_t count;
    int64_t n;
    float mean;
} known[] = {
    {"nothing", {0}, 0, 1, 0.0F},
    {"cancellation down to the smallest", {1e38F, 0x1p-149F, -1e38F}, 3, 1, 0x1p-149F},
    {"cancellation to zero", {FLT_MAX, 1.0F, -FLT_MAX, -1.0F}, 4, 4, 0.0F},
    {"the largest stays the largest", {FLT_MAX, FLT_MAX, FLT_MAX, FLT_MAX}, 4, 4, FLT_MAX},
    {"negative", {-FLT_MAX, -FLT_MAX}, 2, 2, -FLT_MAX},
    {"minus zero", {-0.0F, -0.0F}, 2, 2, 0.0F},
    {"half of the smallest, to even", {0x1p-149F}, 1, 2, 0.0F},
    {"minus half of the smallest, to even and plus zero", {-0x1p-149F}, 1, 2, 0.0F},
    {"one and a half of the smallest, to even", {0x3p-149F}, 1, 2, 0x2p-149F},
    {"more than half of the smallest", {0x1p-149F, 0x1p-149F}, 2, 3, 0x1p-149F},
    {"from denormal up to the smallest normal", {0x1.fffffcp-127F, 0x1.fffffcp-127F, 0x1p-149F}, 3, 2, 0x1p-126F},
    {"tie of normal numbers, to even below", {1.0F, 0x1p-24F}, 2, 1, 1.0F},
    {"tie of normal numbers, to even above", {0x1.000002p0F, 0x1p-24F}, 2, 1, 0x1.000004p0F},
    {"a trace above the tie", {1.0F, 0x1p-24F, 0x1p-149F}, 3, 1, 0x1.000002p0F},
    {"a trace below the tie", {0x1.000002p0F, 0x1p-24F, -0x1p-149F}, 3, 1, 0x1.000002p0F},
    {"rounding carries into the exponent", {0x1.fffffep0F, 0x1p-24F}, 2, 1, 2.0F},
    {"a third", {1.0F}, 1, 3, 0x1.555556p-2F},
    {"a very large count", {FLT_MAX}, 1, INT64_C(1) << 62, FLT_MAX * 0x1p-62F},
};

START_TEST(known_means) {
    const float mean = mean_of(known[_i].values, known[_i].count, known[_i].n);
    ck_assert_msg(memcmp(&mean, &known[_i].mean, sizeof mean) == 0, "%s: %a, not %a", known[_i].what, mean,
                  known[_i].mean);
}
END_TEST

/* Past what a limb holds without passing carries on, many times over. */
START_TEST(many_values_of_one_kind) {
    const float values[] = {FLT_MAX, -FLT_MAX, 0x1p-149F, -0x1p-149F, 0x1.fffffep-96F, -0x1.fffffep-95F, 1.0F / 3};
    const int64_t count = 100000;
    float *row = malloc((size_t)count * sizeof *row);
    for (int64_t i = 0; i < count; i++)
        row[i] = values[_i];
    ck_assert(mean_of(row, count, count) == values[_i]);
    free(row);
}
END_TEST

/* ---- Random values ---- */

/* Any finite float32, every exponent as likely; about a tenth take back an earlier one. */
static void random_values(float *values, int64_t count, uint64_t seed) {
    for (int64_t i = 0; i < count; i++) {
        const uint32_t bits = (uint32_t)(test_uniform(&seed) * 4294967296.0);
        memcpy(&values[i], &bits, sizeof bits);
        if (!isfinite(values[i]))
            values[i] = 0;
        if (i > 0 && test_uniform(&seed) < 0.1)
            values[i] = -values[(int64_t)(test_uniform(&seed) * (double)i)];
    }
}

static void shuffle(float *values, int64_t count, uint64_t seed) {
    for (int64_t i = count - 1; i > 0; i--) {
        const int64_t j = (int64_t)(test_uniform(&seed) * (double)(i + 1));
        const float kept = values[i];
        values[i] = values[j];
        values[j] = kept;
    }
}

START_TEST(random_means_are_the_nearest) {
    enum { COUNT = 700 };
    float values[COUNT];
    for (uint64_t round = 0; round < 60; round++) {
        random_values(values, COUNT, round);
        /* Every second round within a few exponents, so that many digits of the quotient matter. */
        for (int i = 0; i < COUNT && round % 2 == 1; i++)
            values[i] = ldexpf(frexpf(values[i], &(int){0}), (int)round - 149 + i % 5);
        const int64_t count = 1 + (int64_t)round * 11;
        const int64_t n = round % 3 == 0 ? count : count + (int64_t)(round * round * 7919);
        big sum = {{0}};
        for (int64_t i = 0; i < count; i++)
            big_add_float(&sum, values[i], 1);
        check_mean(&sum, n, mean_of(values, count, n));
    }
}
END_TEST

enum { GROUPS = 3, WIDTH = DLC_EXACT_BLOCK * 2 + 5, ROWS = 900 };

/* Sums of rows first..end-1 of a table whose row r belongs to group r % GROUPS. */
static void sum_rows(dlc_exact_sums *sums, const float *table, const int *order, int first, int end) {
    const dlc_allocator allocator = plain();
    ck_assert(dlc_exact_sums_start(sums, &allocator, GROUPS, WIDTH));
    for (int64_t block = sums->blocks - 1; block >= 0; block--)
        for (int i = first; i < end; i++)
            dlc_exact_sums_add(sums, order[i] % GROUPS, block, table + (int64_t)order[i] * WIDTH);
    for (int g = 0; g < GROUPS; g++)
        dlc_exact_sums_settle(sums, g);
}

/* Settled digits are the same whatever the order, and however the rows are split and merged. */
START_TEST(order_and_split_do_not_matter) {
    const dlc_allocator allocator = plain();
    const size_t digits = (size_t)GROUPS * DLC_EXACT_LIMBS * WIDTH;
    float *table = malloc(sizeof(float) * ROWS * WIDTH);
    random_values(table, (int64_t)ROWS * WIDTH, 5);
    int order[ROWS];
    for (int i = 0; i < ROWS; i++)
        order[i] = i;
    dlc_exact_sums whole;
    sum_rows(&whole, table, order, 0, ROWS);
    for (int i = 0; i < ROWS; i++)
        order[i] = (i * 7 + 3) % ROWS;
    for (int split = 0; split <= ROWS; split += 299) {
        dlc_exact_sums parts[2];
        sum_rows(&parts[0], table, order, 0, split);
        sum_rows(&parts[1], table, order, split, ROWS);
        for (size_t i = 0; i < digits; i++)
            parts[0].digits[i] += parts[1].digits[i];
        memset(parts[0].pending, 1, (size_t)(GROUPS * parts[0].blocks));
        for (int g = 0; g < GROUPS; g++)
            dlc_exact_sums_settle(&parts[0], g);
        ck_assert(memcmp(parts[0].digits, whole.digits, digits * sizeof *whole.digits) == 0);
        dlc_exact_sums_stop(&parts[0], &allocator);
        dlc_exact_sums_stop(&parts[1], &allocator);
    }
    for (int g = 0; g < GROUPS; g++) {
        double means[WIDTH];
        dlc_exact_sums_mean(&whole, g, ROWS / GROUPS, means);
        for (int f = 0; f < WIDTH; f += 17) {
            big sum = {{0}};
            for (int r = g; r < ROWS; r += GROUPS)
                big_add_float(&sum, table[(int64_t)r * WIDTH + f], 1);
            check_mean(&sum, ROWS / GROUPS, (float)means[f]);
        }
    }
    dlc_exact_sums_stop(&whole, &allocator);
    free(table);
}
END_TEST

START_TEST(permutations_of_one_sum) {
    float values[1000];
    random_values(values, 1000, 77);
    const float mean = mean_of(values, 1000, 1000);
    for (uint64_t round = 0; round < 20; round++) {
        shuffle(values, 1000, round);
        const float again = mean_of(values, 1000, 1000);
        ck_assert(memcmp(&again, &mean, sizeof mean) == 0);
    }
}
END_TEST

/* n times the largest float32 is possible, one count of 2^-149 more is not; by the twin. */
START_TEST(possible_sums_end_at_n_times_the_largest) {
    static const int64_t counts[] = {
        0,
        1,
        2,
        3,
        255,
        256,
        65537,
        INT64_C(1) << 32,
        (INT64_C(1) << 32) + 1,
        INT64_C(999999999999),
        INT64_C(1) << 61,
        (INT64_C(1) << 62) - 1,
        INT64_C(1) << 62,
    };
    const int64_t n = counts[_i];
    for (int sign = -1; sign <= 1; sign += 2)
        for (int beyond = -1; beyond <= 1; beyond++) {
            if (n == 0 && beyond < 0)
                continue;
            big sum = {{0}};
            for (int bit = 0; bit < 63; bit++)
                if (n >> bit & 1)
                    big_add(&sum, sign * (INT64_C(0xFFFFFF) << bit % 32), 253 + bit / 32 * 32);
            big_add(&sum, sign * beyond, 0);
            int64_t digits[DLC_EXACT_LIMBS];
            for (int limb = 0; limb < DLC_EXACT_LIMBS; limb++)
                digits[limb] = sum.word[limb];
            const uint64_t top = sum.word[DLC_EXACT_LIMBS - 1] | (uint64_t)sum.word[DLC_EXACT_LIMBS] << 32;
            memcpy(&digits[DLC_EXACT_LIMBS - 1], &top, sizeof top);
            ck_assert_msg(dlc_exact_sum_is_possible(digits, n) == (beyond <= 0), "%lld values, %d, %d", (long long)n,
                          sign, beyond);
        }
}
END_TEST

START_TEST(sums_far_from_possible) {
    int64_t digits[DLC_EXACT_LIMBS] = {0};
    ck_assert_int_eq(dlc_exact_sum_is_possible(digits, 0), 1);
    ck_assert_int_eq(dlc_exact_sum_is_possible(digits, INT64_C(1) << 62), 1);
    digits[DLC_EXACT_LIMBS - 1] = INT64_MIN;
    ck_assert_int_eq(dlc_exact_sum_is_possible(digits, INT64_C(1) << 62), 0);
    digits[DLC_EXACT_LIMBS - 1] = INT64_MAX;
    ck_assert_int_eq(dlc_exact_sum_is_possible(digits, INT64_C(1) << 62), 0);
    digits[DLC_EXACT_LIMBS - 1] = -1;
    ck_assert_int_eq(dlc_exact_sum_is_possible(digits, 0), 0);
}
END_TEST

/* 1000 classes of 2048 features in less than 100 bytes a sum. */
START_TEST(memory_of_a_sum) {
    ck_assert_int_lt(dlc_exact_sums_bytes(1000, 2048), INT64_C(100) * 1000 * 2048);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("exact_sum");
    TCase *sums = tcase_create("sums");
    tcase_set_timeout(sums, 60);
    tcase_add_loop_test(sums, known_means, 0, (int)(sizeof known / sizeof known[0]));
    tcase_add_loop_test(sums, many_values_of_one_kind, 0, 7);
    tcase_add_test(sums, random_means_are_the_nearest);
    tcase_add_test(sums, order_and_split_do_not_matter);
    tcase_add_test(sums, permutations_of_one_sum);
    tcase_add_loop_test(sums, possible_sums_end_at_n_times_the_largest, 0, 13);
    tcase_add_test(sums, sums_far_from_possible);
    tcase_add_test(sums, memory_of_a_sum);
    suite_add_tcase(suite, sums);
    return suite;
}
