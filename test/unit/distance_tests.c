/* distance_tests.c - every distance kernel that this machine can run, against plain loops. */
#include "support.h"

#include "score/distance.h"

#include <math.h>
#include <stdlib.h>

/* The order that distance.h states, written out. */
static double in_lanes(const double *z, const double *mu, int64_t width) {
    double lane[DLC_DISTANCE_LANES] = {0};
    for (int64_t f = 0; f < width; f++)
        lane[f % DLC_DISTANCE_LANES] += (z[f] - mu[f]) * (z[f] - mu[f]);
    const double even = (lane[0] + lane[4]) + (lane[2] + lane[6]);
    const double odd = (lane[1] + lane[5]) + (lane[3] + lane[7]);
    return even + odd;
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

static void check_kernel(dlc_distance_kernel kernel, int64_t rows, int64_t classes, int64_t width) {
    double *z = malloc((size_t)(rows * width) * sizeof *z);
    double *mu = malloc((size_t)(classes * width) * sizeof *mu);
    double *out = malloc((size_t)(rows * classes) * sizeof *out);
    fill(z, rows * width, 1);
    fill(mu, classes * width, 2);
    kernel(z, rows, mu, classes, width, out);
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < classes; c++) {
            const double *row = z + r * width;
            const double *centroid = mu + c * width;
            const double expected = in_lanes(row, centroid, width);
            ck_assert(memcmp(&out[r * classes + c], &expected, sizeof expected) == 0);
            const long double exact = precisely(row, centroid, width);
            ck_assert(fabsl((long double)expected - exact) <= 1e-15L * (long double)(8 + width / 8) * exact);
        }
    free(z);
    free(mu);
    free(out);
}

START_TEST(every_kernel_has_the_stated_order) {
    int32_t kernels = 0;
    for (dlc_distance_kernel kernel; (kernel = dlc_distance_kernel_at(kernels)) != NULL; kernels++)
        for (int64_t rows = 4; rows <= 12; rows += 4)
            for (int64_t classes = 2; classes <= 6; classes += 2)
                for (int64_t width = 8; width <= 1000; width = width * 2 + 8)
                    check_kernel(kernel, rows, classes, width);
    ck_assert_int_ge(kernels, 1);
    ck_assert(dlc_distance_kernel_at(-1) == NULL);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("distance");
    TCase *kernels = tcase_create("kernels");
    tcase_set_timeout(kernels, 60);
    tcase_add_test(kernels, every_kernel_has_the_stated_order);
    suite_add_tcase(suite, kernels);
    return suite;
}
