/*
 * normalize_tests.c - pixels turned into floats by every instruction set that this machine can run, against one float32
 * step after the other.
 */
#include "support.h"

#include "image/normalize.h"

#include <stdlib.h>

enum { GUARDS = 16, GUARD = 0xA5 };

static const dlc_normalization normalizations[] = {
    {1, {0.0F}, {1.0F}},
    {3, {0.0F, 0.0F, 0.0F}, {1.0F, 1.0F, 1.0F}},
    {1, {0.2860F}, {0.3530F}},
    {3, {0.485F, 0.456F, 0.406F}, {0.229F, 0.224F, 0.225F}},
    {3, {-3e30F, 1e-30F, 7.0F}, {1e30F, 1e-30F, 255.0F}},
};

enum { NORMALIZATIONS = sizeof normalizations / sizeof normalizations[0] };

/* Every step is stored, so that none is done with more digits than a float32 has. */
static float in_steps(uint8_t pixel, float mean, float deviation) {
    volatile float value = pixel;
    value = value / 255.0F;
    value = value - mean;
    value = value / deviation;
    return value;
}

/* Blocks of their exact sizes; the floats behind the planes stay as they are. */
static void check(dlc_normalize normalize, const dlc_normalization *n, const uint8_t *pixels, int64_t count) {
    const int64_t bytes = count * n->channels;
    uint8_t *copy = malloc((size_t)bytes + 1);
    float *out = malloc((size_t)(bytes + GUARDS) * sizeof *out);
    ck_assert(copy && out);
    memcpy(copy, pixels, (size_t)bytes);
    memset(out, GUARD, (size_t)(bytes + GUARDS) * sizeof *out);
    normalize(n, copy, count, out);
    int64_t wrong = 0, beyond = 0;
    for (int64_t i = 0; i < bytes; i++) {
        const int64_t channel = i % n->channels;
        const float expected = in_steps(pixels[i], n->mean[channel], n->deviation[channel]);
        wrong += memcmp(&out[channel * count + i / n->channels], &expected, sizeof expected) != 0;
    }
    const unsigned char *behind = (const unsigned char *)(out + bytes);
    for (size_t i = 0; i < GUARDS * sizeof *out; i++)
        beyond += behind[i] != GUARD;
    ck_assert_msg(wrong == 0, "%lld of %lld values of %d channels, mean %g", (long long)wrong, (long long)bytes,
                  n->channels, (double)n->mean[0]);
    ck_assert_int_eq(beyond, 0);
    free(copy);
    free(out);
}

static void each_set(const uint8_t *pixels, int64_t count) {
    dlc_normalize normalize;
    for (int32_t set = 0; (normalize = dlc_normalize_at(set)) != NULL; set++)
        for (int n = 0; n < NORMALIZATIONS; n++)
            check(normalize, &normalizations[n], pixels, count);
}

START_TEST(every_pixel_value_in_every_channel) {
    uint8_t pixels[3 * 256];
    /* 3 and 256 have no divisor in common: in steps of 1 every value meets every channel. */
    for (int i = 0; i < 3 * 256; i++)
        pixels[i] = (uint8_t)i;
    each_set(pixels, 256);
}
END_TEST

START_TEST(every_count) {
    uint8_t pixels[3 * 70];
    uint64_t seed = 2;
    for (int i = 0; i < 3 * 70; i++)
        pixels[i] = (uint8_t)(test_uniform(&seed) * 256);
    for (int64_t count = 0; count <= 70; count++)
        each_set(pixels, count);
}
END_TEST

START_TEST(there_is_a_first_and_a_last) {
    int32_t sets = 0;
    while (dlc_normalize_at(sets))
        sets++;
    ck_assert_int_ge(sets, 1);
    ck_assert(dlc_normalize_at(-1) == NULL && dlc_normalize_at(sets + 1) == NULL);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("normalize");
    TCase *tcase = tcase_create("normalize");
    tcase_add_test(tcase, every_pixel_value_in_every_channel);
    tcase_add_test(tcase, every_count);
    tcase_add_test(tcase, there_is_a_first_and_a_last);
    suite_add_tcase(suite, tcase);
    return suite;
}
