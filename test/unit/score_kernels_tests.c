/* score_kernels_tests.c - the kernels of every instruction set that this machine can run, against plain loops. */
#include "support.h"

#include "score/kernels.h"

#include <math.h>
#include <stdlib.h>

static double add_up(const double lane[DLC_LANES]) {
    const double even = (lane[0] + lane[4]) + (lane[2] + lane[6]);
    const double odd = (lane[1] + lane[5]) + (lane[3] + lane[7]);
    return even + odd;
}

static int same_bits(double a, double b) {
    return memcmp(&a, &b, sizeof a) == 0;
}

/* ---- Distances ---- */

/* The order that kernels.h states, written out. */
static double in_lanes(const double *z, const double *mu, int64_t width) {
    double lane[DLC_LANES] = {0};
    for (int64_t f = 0; f < width; f++)
        lane[f % DLC_LANES] += (z[f] - mu[f]) * (z[f] - mu[f]);
    return add_up(lane);
}

static long double precisely(const double *z, const double *mu, int64_t width) {
    long double sum = 0;
    for (int64_t f = 0; f < width; f++) {
        const long double difference = (long double)z[f] - (long double)mu[f];
        sum += difference * difference;
    }
    return sum;
}

static void fill(double *values, int64_t count, uint64_t seed) {
    for (int64_t i = 0; i < count; i++)
        values[i] = (double)(float)ldexp(test_uniform(&seed) - 0.5, (int)(test_uniform(&seed) * 40) - 20);
}

static void check_distances(const dlc_kernels *kernels, int64_t rows, int64_t classes, int64_t width) {
    const int64_t stride = classes + 3;
    double *z = malloc((size_t)(rows * width) * sizeof *z);
    double *mu = malloc((size_t)(classes * width) * sizeof *mu);
    double *out = malloc((size_t)(rows * stride) * sizeof *out);
    fill(z, rows * width, 1);
    fill(mu, classes * width, 2);
    kernels->distances(z, rows, mu, classes, width, out, stride);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < classes; c++) {
            const double expected = in_lanes(z + r * width, mu + c * width, width);
            ck_assert(same_bits(out[r * stride + c], expected));
            const long double exact = precisely(z + r * width, mu + c * width, width);
            ck_assert(fabsl((long double)expected - exact) <= 1e-15L * (long double)(8 + width / 8) * exact);
        }
    free(z);
    free(mu);
    free(out);
}

START_TEST(distances_in_the_stated_order) {
    int32_t sets = 0;
    for (const dlc_kernels *kernels; (kernels = dlc_kernels_at(sets)) != NULL; sets++)
        for (int64_t rows = 4; rows <= 12; rows += 4)
            for (int64_t classes = 2; classes <= 6; classes += 2)
                for (int64_t width = 8; width <= 1000; width = width * 2 + 8)
                    check_distances(kernels, rows, classes, width);
    ck_assert_int_ge(sets, 1);
    ck_assert_ptr_null(dlc_kernels_at(-1));
}
END_TEST

/* ---- Logits ---- */

START_TEST(logits_rounded_as_written) {
    double before[64] = {0, 1e-12, 0x1.19799812dea11p-40, 1e-300, 1e300, 4, 0x1p-1074, 1e-11};
    uint64_t seed = 4;
    for (int i = 8; i < 64; i++)
        before[i] = ldexp(test_uniform(&seed), (int)(test_uniform(&seed) * 80) - 60);
    for (int32_t set = 0; dlc_kernels_at(set); set++) {
        double values[64];
        memcpy(values, before, sizeof values);
        dlc_kernels_at(set)->logits(values, 64);
        for (int i = 0; i < 64; i++)
            ck_assert(same_bits(values[i], 1 / sqrt(fmax(before[i], 1e-12))));
    }
}
END_TEST

/* ---- Exponentials ---- */

enum { COUNT = 8000 };

static void fill_exponents(double values[COUNT], double top) {
    uint64_t seed = 9;
    for (int i = 0; i < COUNT; i++)
        values[i] = top - ldexp(test_uniform(&seed), (int)(test_uniform(&seed) * 80) - 66);
    values[0] = top;
    values[1] = -INFINITY;
    values[2] = -3e38;
}

START_TEST(exponentials_against_long_double) {
    static const double tops[] = {0, 1e6, -3.25, 1e-300};
    const double top = tops[_i];
    double before[COUNT];
    double first[COUNT];
    fill_exponents(before, top);
    double sum = 0;
    for (int32_t set = 0; dlc_kernels_at(set); set++) {
        double values[COUNT];
        double lane[DLC_LANES] = {0};
        memcpy(values, before, sizeof values);
        const double own_sum = dlc_kernels_at(set)->exponentials(values, COUNT, top);
        for (int i = 0; i < COUNT; i++) {
            const long double exact = expl((long double)(before[i] - top));
            ck_assert_msg(exact < 1e-306L ? (double)exact - values[i] < 1e-306 && values[i] >= 0
                                          : fabsl((long double)values[i] - exact) <= 4e-16L * exact,
                          "exp(%a) is not %a", before[i] - top, values[i]);
            lane[i % DLC_LANES] += values[i];
        }
        ck_assert(values[0] == 1 && values[1] == 0 && values[2] == 0);
        ck_assert(same_bits(own_sum, add_up(lane)));
        if (set == 0) {
            memcpy(first, values, sizeof first);
            sum = own_sum;
        }
        ck_assert(memcmp(values, first, sizeof first) == 0 && same_bits(sum, own_sum));
    }
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("score_kernels");
    TCase *kernels = tcase_create("kernels");
    tcase_set_timeout(kernels, 60);
    tcase_add_test(kernels, distances_in_the_stated_order);
    tcase_add_test(kernels, logits_rounded_as_written);
    tcase_add_loop_test(kernels, exponentials_against_long_double, 0, 4);
    suite_add_tcase(suite, kernels);
    return suite;
}
