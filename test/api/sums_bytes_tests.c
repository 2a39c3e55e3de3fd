/*
 * sums_bytes_tests.c - class sums as they travel: their bytes worked out by hand, every kind of damage with its
 * message, counters that overflow, calls at the wrong time. The checksum here is the test's own, so that bytes may be
 * wrong and yet consistent.
 */
#include "support.h"

#include <float.h>
#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define message(score) dlc_score_message(score)

enum { SAMPLES = 5, CLASSES = 3, DIM = 2 };
enum { COUNTS = 48, SUMS = COUNTS + CLASSES * 8, CLASS = 44 * DIM, BYTES = SUMS + CLASSES * CLASS };

static const int64_t labels[SAMPLES] = {0, 1, 2, 2, 1};
static const float features[SAMPLES * DIM] = {1, -1, 0, 0x1p-149F, 0.5F, FLT_MAX, 0.25F, FLT_MAX, 0, 0x1p-149F};

static dlc_score *with_settings(void) {
    dlc_score *score;
    ck_ok(dlc_score_create(NULL, &score), "create");
    ck_ok(dlc_score_set_samples(score, SAMPLES, labels, CLASSES), message(score));
    ck_ok(dlc_score_set_head(score, DLC_HEAD_CENTROID, DIM), message(score));
    ck_ok(dlc_score_set_levels(score, 1), message(score));
    return score;
}

static dlc_score *with_features(void) {
    dlc_score *score = with_settings();
    ck_ok(dlc_score_add_features(score, 0, NULL, SAMPLES, features, DIM), message(score));
    return score;
}

static void put(unsigned char *at, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; i++)
        at[i] = (unsigned char)(value >> 8 * i);
}

static uint64_t get(const unsigned char *at, int bytes) {
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++)
        value |= (uint64_t)at[i] << 8 * i;
    return value;
}

/* XXH3, 128 bits, of all bytes but the checksum's own, as xxhsum writes it. */
static void seal(unsigned char *sums, int64_t bytes) {
    unsigned char rest[1024];
    ck_assert_int_le(bytes, (int64_t)sizeof rest);
    memcpy(rest, sums, 32);
    memcpy(rest + 32, sums + COUNTS, (size_t)(bytes - COUNTS));
    XXH128_canonical_t checksum;
    XXH128_canonicalFromHash(&checksum, XXH3_128bits(rest, (size_t)(bytes - 16)));
    memcpy(sums + 32, checksum.digest, 16);
}

/* Limb `limb` of a feature of a class; the highest, 9, has 64 bits. */
static unsigned char *limb_at(unsigned char *sums, int c, int feature, int limb) {
    unsigned char *of_class = sums + SUMS + c * CLASS;
    return limb < 9 ? of_class + (limb * DIM + feature) * 4 : of_class + 9 * DIM * 4 + feature * 8;
}

/* The sums of `features`, as integers that count 2^-149. */
static void expected_sums(unsigned char *sums) {
    memset(sums, 0, BYTES);
    memcpy(sums, "DLC sums", 8);
    put(sums + 8, 1, 8);
    put(sums + 16, CLASSES, 8);
    put(sums + 24, DIM, 8);
    put(sums + COUNTS, 1, 8);
    put(sums + COUNTS + 8, 2, 8);
    put(sums + COUNTS + 16, 2, 8);
    /* Class 0: 1 is 2^149, bit 21 of limb 4; -1 has the same lower limbs from 2^32, and ones above. */
    put(limb_at(sums, 0, 0, 4), UINT64_C(1) << 21, 4);
    put(limb_at(sums, 0, 1, 4), (UINT64_C(1) << 32) - (UINT64_C(1) << 21), 4);
    for (int limb = 5; limb < 9; limb++)
        put(limb_at(sums, 0, 1, limb), UINT32_MAX, 4);
    put(limb_at(sums, 0, 1, 9), UINT64_MAX, 8);
    /* Class 1: 0, and twice the smallest. */
    put(limb_at(sums, 1, 1, 0), 2, 4);
    /* Class 2: 0.75 is 2^148 + 2^147; twice the largest, (2^24 - 1) * 2^254: bits 254 to 277, from bit 30 of limb 7. */
    put(limb_at(sums, 2, 0, 4), UINT64_C(3) << 19, 4);
    put(limb_at(sums, 2, 1, 7), UINT64_C(3) << 30, 4);
    put(limb_at(sums, 2, 1, 8), (UINT64_C(1) << 22) - 1, 4);
    seal(sums, BYTES);
}

START_TEST(the_bytes_are_the_documented_ones) {
    unsigned char sums[BYTES + 1], expected[BYTES];
    int64_t bytes = 0;
    dlc_score *score = with_features();
    ck_ok(dlc_score_sums_size(score, &bytes), message(score));
    ck_assert_int_eq(bytes, BYTES);
    expected_sums(expected);
    for (int shift = 0; shift < 2; shift++) {
        memset(sums, 0xAA, sizeof sums);
        ck_ok(dlc_score_export_sums(score, sums + shift, BYTES), message(score));
        ck_assert_mem_eq(sums + shift, expected, BYTES);
        ck_assert_uint_eq(sums[shift == 0 ? BYTES : 0], 0xAA);
    }
    dlc_score_free(score);
}
END_TEST

/* Only what came so far counts. */
START_TEST(a_pass_half_way) {
    unsigned char sums[BYTES], rest[BYTES], expected[BYTES];
    dlc_score *score = with_settings();
    ck_fails(dlc_score_export_sums(score, sums, BYTES), DLC_ERROR_STATE, message(score), "no features were added");
    ck_fails(dlc_score_import_sums(score, sums, BYTES), DLC_ERROR_STATE, message(score), "no features were added");
    ck_ok(dlc_score_add_features(score, 0, (const int64_t[]){3, 0}, 2, features + 3, DIM), message(score));
    ck_ok(dlc_score_export_sums(score, sums, BYTES), message(score));
    ck_assert_uint_eq(get(sums + COUNTS, 8), 1);
    ck_assert_uint_eq(get(sums + COUNTS + 8, 8), 0);
    ck_assert_uint_eq(get(sums + COUNTS + 16, 8), 1);
    ck_fails(dlc_score_import_sums(score, sums, BYTES), DLC_ERROR_DATA, message(score),
             "the features of sample 1 never came (nor 2 others)");
    dlc_score_free(score);
    /* The first two and the last three make the whole. */
    score = with_settings();
    ck_ok(dlc_score_add_features(score, 0, NULL, 2, features, DIM), message(score));
    ck_ok(dlc_score_export_sums(score, sums, BYTES), message(score));
    ck_ok(dlc_score_reset(score), message(score));
    ck_ok(dlc_score_add_features(score, 2, NULL, 3, features + 2 * DIM, DIM), message(score));
    ck_ok(dlc_score_export_sums(score, rest, BYTES), message(score));
    ck_assert_int_eq(dlc_score_merge_sums(rest, sums, BYTES), DLC_OK);
    expected_sums(expected);
    ck_assert_mem_eq(rest, expected, BYTES);
    dlc_score_free(score);
}
END_TEST

/* ---- Damage ---- */

/* The scorer takes no part of it, and goes on as if nothing had been. */
static void refused(dlc_score *score, const unsigned char *sums, int64_t bytes, dlc_status status, const char *part) {
    unsigned char before[BYTES], after[BYTES];
    ck_ok(dlc_score_export_sums(score, before, BYTES), message(score));
    ck_fails(dlc_score_import_sums(score, sums, bytes), status, message(score), part);
    ck_ok(dlc_score_export_sums(score, after, BYTES), message(score));
    ck_assert_mem_eq(before, after, BYTES);
}

static void not_merged(const unsigned char *damaged, const unsigned char *good, int64_t bytes, dlc_status status) {
    unsigned char into[BYTES];
    memcpy(into, good, BYTES);
    ck_assert_int_eq(dlc_score_merge_sums(into, damaged, bytes), status);
    ck_assert_mem_eq(into, good, BYTES);
    memcpy(into, damaged, BYTES);
    ck_assert_int_eq(dlc_score_merge_sums(into, good, bytes), status);
    ck_assert_mem_eq(into, damaged, BYTES);
}

static unsigned char *sums_of_shape(int64_t classes, int64_t width, int64_t *bytes) {
    static const float zeros[2 * 10];
    dlc_score *score = with_settings();
    ck_ok(dlc_score_set_samples(score, SAMPLES, labels, classes), message(score));
    ck_ok(dlc_score_set_head(score, DLC_HEAD_CENTROID, width), message(score));
    ck_ok(dlc_score_sums_size(score, bytes), message(score));
    unsigned char *sums = malloc((size_t)*bytes);
    ck_assert_ptr_nonnull(sums);
    ck_ok(dlc_score_add_features(score, 0, NULL, 2, zeros, width), message(score));
    ck_ok(dlc_score_export_sums(score, sums, *bytes), message(score));
    dlc_score_free(score);
    return sums;
}

/* Sound sums, but of other classes or another width; the last two take as many bytes. */
START_TEST(sums_of_another_shape_are_not_merged) {
    static const int64_t shapes[][4] = {{3, 2, 4, 2}, {3, 2, 3, 3}, {14, 2, 3, 10}};
    int64_t bytes = 0, other_bytes = 0;
    unsigned char *sums = sums_of_shape(shapes[_i][0], shapes[_i][1], &bytes);
    unsigned char *other = sums_of_shape(shapes[_i][2], shapes[_i][3], &other_bytes);
    unsigned char *before = malloc((size_t)bytes);
    ck_assert_ptr_nonnull(before);
    memcpy(before, sums, (size_t)bytes);
    ck_assert_int_eq(dlc_score_merge_sums(sums, other, bytes), DLC_ERROR_FORMAT);
    ck_assert_mem_eq(sums, before, (size_t)bytes);
    ck_assert_int_eq(dlc_score_merge_sums(other, sums, other_bytes), DLC_ERROR_FORMAT);
    ck_assert_int_eq(dlc_score_merge_sums(sums, before, bytes), DLC_OK);
    free(before);
    free(other);
    free(sums);
}
END_TEST

START_TEST(every_damaged_byte_is_found) {
    unsigned char good[BYTES], damaged[BYTES];
    dlc_score *score = with_features();
    expected_sums(good);
    for (int i = 0; i < BYTES; i++)
        for (unsigned bit = 1; bit < 256; bit <<= 1) {
            memcpy(damaged, good, BYTES);
            damaged[i] = (unsigned char)(damaged[i] ^ bit);
            const dlc_status status = i >= 8 && i < 16 ? DLC_ERROR_UNSUPPORTED : DLC_ERROR_FORMAT;
            refused(score, damaged, BYTES, status, "");
            not_merged(damaged, good, BYTES, status);
        }
    for (int i = 0; i + 8 <= BYTES; i += 4) { /* two words that changed places */
        memcpy(damaged, good, BYTES);
        memcpy(damaged + i, good + i + 4, 4);
        memcpy(damaged + i + 4, good + i, 4);
        if (memcmp(damaged, good, BYTES) == 0)
            continue;
        ck_assert_int_ne(dlc_score_import_sums(score, damaged, BYTES), DLC_OK);
    }
    for (int64_t bytes = -1; bytes < BYTES; bytes++) {
        refused(score, good, bytes, DLC_ERROR_FORMAT, "");
        not_merged(good, good, bytes, DLC_ERROR_FORMAT);
    }
    dlc_score_free(score);
}
END_TEST

START_TEST(what_differs_is_named) {
    unsigned char good[BYTES], other[BYTES + 1000];
    dlc_score *score = with_features();
    expected_sums(good);
    refused(score, good, 47, DLC_ERROR_FORMAT, "47 bytes are too few for class sums");
    refused(score, good, BYTES - 4, DLC_ERROR_FORMAT, "332 bytes cannot be class sums of 3 classes and 2 features");
    refused(score, (const unsigned char *)features, sizeof features, DLC_ERROR_FORMAT, "bytes are too few");
    memset(other, 0, sizeof other);
    refused(score, other, BYTES, DLC_ERROR_FORMAT, "the bytes are not class sums: they do not begin with \"DLC sums\"");
    memcpy(other, good, BYTES);
    put(other + 8, 2, 8);
    seal(other, BYTES);
    refused(score, other, BYTES, DLC_ERROR_UNSUPPORTED, "the class sums are of version 2, not 1");
    memcpy(other, good, BYTES);
    put(other + COUNTS, 4, 8);
    refused(score, other, BYTES, DLC_ERROR_FORMAT, "the class sums are damaged: their checksum");
    /* Sums of another shape: whole, and as many bytes as they should have. */
    memcpy(other, good, COUNTS);
    memset(other + COUNTS, 0, sizeof other - COUNTS);
    put(other + 24, 3, 8);
    seal(other, 48 + 3 * (8 + 3 * 44));
    refused(score, other, 48 + 3 * (8 + 3 * 44), DLC_ERROR_FORMAT,
            "the class sums are of 3 classes and 3 features, not of 3 and 2");
    put(other + 16, 4, 8);
    put(other + 24, 2, 8);
    seal(other, 48 + 4 * (8 + 2 * 44));
    refused(score, other, 48 + 4 * (8 + 2 * 44), DLC_ERROR_FORMAT,
            "the class sums are of 4 classes and 2 features, not of 3 and 2");
    dlc_score_free(score);
}
END_TEST

/* Numbers that an unchecked multiplication would not survive. */
START_TEST(impossible_shapes) {
    static const uint64_t numbers[] = {
        0,
        1,
        2,
        3,
        UINT64_C(1) << 32,
        UINT64_C(1) << 60,
        UINT64_C(1) << 63,
        UINT64_MAX,
        INT64_MAX,
        /* 8 + 44 * width is a multiple of 2^64 nearly */
        UINT64_C(419244183493398901),
    };
    enum { NUMBERS = sizeof numbers / sizeof numbers[0] };
    unsigned char good[BYTES], other[BYTES];
    dlc_score *score = with_features();
    expected_sums(good);
    for (int i = 0; i < NUMBERS * NUMBERS; i++) {
        memcpy(other, good, BYTES);
        put(other + 16, numbers[i / NUMBERS], 8);
        put(other + 24, numbers[i % NUMBERS], 8);
        seal(other, BYTES);
        if (memcmp(other, good, BYTES) == 0)
            continue;
        refused(score, other, BYTES, DLC_ERROR_FORMAT, "");
        not_merged(other, good, BYTES, DLC_ERROR_FORMAT);
    }
    dlc_score_free(score);
}
END_TEST

/* Consistent bytes that no samples can have made. */
START_TEST(impossible_sums) {
    unsigned char good[BYTES], other[BYTES];
    dlc_score *score = with_features();
    expected_sums(good);
    memcpy(other, good, BYTES);
    put(other + COUNTS + 8, UINT64_MAX, 8);
    seal(other, BYTES);
    refused(score, other, BYTES, DLC_ERROR_FORMAT, "-1 samples of class 1 are not in 0..2^62");
    not_merged(other, good, BYTES, DLC_ERROR_FORMAT);
    put(other + COUNTS + 8, (UINT64_C(1) << 62) + 1, 8);
    seal(other, BYTES);
    refused(score, other, BYTES, DLC_ERROR_FORMAT, "4611686018427387905 samples of class 1 are not in 0..2^62");
    not_merged(other, good, BYTES, DLC_ERROR_FORMAT);
    /* A part's own sums: not those of the whole. */
    memcpy(other, good, BYTES);
    put(other + COUNTS + 16, 1, 8);
    seal(other, BYTES);
    refused(score, other, BYTES, DLC_ERROR_DATA,
            "the class sums hold 1 samples of class 2, fewer than the 2 of this part");
    /* One more than twice the largest float32, and the lowest and highest numbers there are. */
    const char *text = "the class sums are damaged: feature 1 of class 2 is more than 2 samples can have";
    memcpy(other, good, BYTES);
    put(limb_at(other, 2, 1, 0), 1, 4);
    seal(other, BYTES);
    refused(score, other, BYTES, DLC_ERROR_FORMAT, text);
    static const uint64_t tops[] = {1, UINT64_MAX, INT64_MAX, UINT64_C(1) << 63, UINT64_C(1) << 52};
    for (int i = 0; i < 5; i++) {
        memcpy(other, good, BYTES);
        put(limb_at(other, 2, 1, 9), tops[i], 8);
        seal(other, BYTES);
        refused(score, other, BYTES, DLC_ERROR_FORMAT, text);
        /* Merging only adds; what it makes is refused as well. */
        ck_assert_int_eq(dlc_score_merge_sums(other, good, BYTES), DLC_OK);
        refused(score, other, BYTES, DLC_ERROR_FORMAT, "can have");
    }
    dlc_score_free(score);
}
END_TEST

/* ---- Counters ---- */

/* Doubled again and again the means stay, up to 2^62 samples of the class that has most. */
START_TEST(counters_do_not_overflow) {
    unsigned char sums[BYTES], before[BYTES];
    float centroids[CLASSES * DIM];
    dlc_score *score = with_features();
    ck_ok(dlc_score_export_sums(score, sums, BYTES), message(score));
    for (int doubling = 0; doubling < 61; doubling++) {
        memcpy(before, sums, BYTES);
        ck_assert_int_eq(dlc_score_merge_sums(sums, before, BYTES), DLC_OK);
    }
    ck_assert_uint_eq(get(sums + COUNTS + 16, 8), UINT64_C(1) << 62);
    memcpy(before, sums, BYTES);
    ck_assert_int_eq(dlc_score_merge_sums(sums, before, BYTES), DLC_ERROR_DATA);
    ck_assert_mem_eq(sums, before, BYTES);
    expected_sums(before);
    ck_assert_int_eq(dlc_score_merge_sums(sums, before, BYTES), DLC_ERROR_DATA);
    ck_ok(dlc_score_import_sums(score, sums, BYTES), message(score));
    ck_ok(dlc_score_finish_centroids(score), message(score));
    ck_ok(dlc_score_get_centroids(score, centroids), message(score));
    const float means[CLASSES * DIM] = {1, -1, 0, 0x1p-149F, 0.375F, FLT_MAX};
    ck_assert_mem_eq(centroids, means, sizeof means);
    dlc_score_free(score);
}
END_TEST

/* Random sums of both signs and any size, by long addition with the test's own carry. */
START_TEST(merging_is_addition) {
    unsigned char left[BYTES], right[BYTES], sum[BYTES], swapped[BYTES];
    uint64_t seed = 12;
    expected_sums(left);
    for (int round = 0; round < 2000; round++) {
        memcpy(right, left, BYTES);
        for (int i = SUMS; i < BYTES; i++) {
            const double kind = test_uniform(&seed);
            left[i] = kind < 0.3 ? 0xFF : kind < 0.5 ? 0 : (unsigned char)(test_uniform(&seed) * 256);
            right[i] = (unsigned char)(test_uniform(&seed) * 256);
        }
        seal(left, BYTES);
        seal(right, BYTES);
        memcpy(sum, left, BYTES);
        memcpy(swapped, right, BYTES);
        ck_assert_int_eq(dlc_score_merge_sums(sum, right, BYTES), DLC_OK);
        ck_assert_int_eq(dlc_score_merge_sums(swapped, left, BYTES), DLC_OK);
        ck_assert_mem_eq(sum, swapped, BYTES);
        for (int c = 0; c < CLASSES; c++) {
            ck_assert_uint_eq(get(sum + COUNTS + c * 8, 8), 2 * get(left + COUNTS + c * 8, 8));
            for (int f = 0; f < DIM; f++) {
                unsigned carry = 0;
                for (int limb = 0; limb < 10; limb++)
                    for (int byte = 0; byte < (limb < 9 ? 4 : 8); byte++) {
                        carry += limb_at(left, c, f, limb)[byte] + (unsigned)limb_at(right, c, f, limb)[byte];
                        ck_assert_uint_eq(limb_at(sum, c, f, limb)[byte], carry & 255);
                        carry >>= 8;
                    }
            }
        }
        memcpy(left + COUNTS, right + COUNTS, CLASSES * 8);
    }
}
END_TEST

/* ---- At the wrong time ---- */

START_TEST(imported_sums_take_the_place_of_the_own) {
    unsigned char sums[BYTES], total[BYTES];
    float centroids[CLASSES * DIM];
    dlc_score *score = with_features();
    ck_ok(dlc_score_export_sums(score, sums, BYTES), message(score));
    memcpy(total, sums, BYTES);
    ck_assert_int_eq(dlc_score_merge_sums(total, sums, BYTES), DLC_OK);
    ck_ok(dlc_score_import_sums(score, total, BYTES), message(score));
    ck_fails(dlc_score_add_features(score, 0, NULL, 1, features, DIM), DLC_ERROR_DATA, message(score), "second time");
    ck_ok(dlc_score_import_sums(score, sums, BYTES), message(score));
    ck_ok(dlc_score_import_sums(score, total, BYTES), message(score));
    /* After a reset they are forgotten, and class 2 has two samples again. */
    ck_ok(dlc_score_reset(score), message(score));
    ck_ok(dlc_score_add_features(score, 0, NULL, SAMPLES, features, DIM), message(score));
    ck_ok(dlc_score_export_sums(score, total, BYTES), message(score));
    ck_assert_mem_eq(total, sums, BYTES);
    ck_ok(dlc_score_finish_centroids(score), message(score));
    ck_ok(dlc_score_get_centroids(score, centroids), message(score));
    ck_assert(centroids[4] == 0.375F);
    ck_fails(dlc_score_export_sums(score, sums, BYTES), DLC_ERROR_STATE, message(score),
             "the centroids are final already");
    ck_fails(dlc_score_import_sums(score, sums, BYTES), DLC_ERROR_STATE, message(score),
             "the centroids are final already");
    dlc_score_free(score);
}
END_TEST

/* A class that no part has stays an error. */
START_TEST(a_class_without_samples) {
    unsigned char sums[BYTES];
    const int64_t two[] = {0, 2};
    dlc_score *score = with_settings();
    ck_ok(dlc_score_set_samples(score, 2, two, CLASSES), message(score));
    ck_ok(dlc_score_add_features(score, 0, NULL, 2, features, DIM), message(score));
    ck_ok(dlc_score_export_sums(score, sums, BYTES), message(score));
    ck_ok(dlc_score_import_sums(score, sums, BYTES), message(score));
    ck_fails(dlc_score_finish_centroids(score), DLC_ERROR_DATA, message(score), "class 1 has no sample");
    expected_sums(sums);
    ck_ok(dlc_score_import_sums(score, sums, BYTES), message(score));
    ck_ok(dlc_score_finish_centroids(score), message(score));
    dlc_score_free(score);
}
END_TEST

START_TEST(wrong_calls) {
    unsigned char sums[BYTES] = {0};
    int64_t bytes = 0;
    dlc_score *score;
    ck_assert_int_eq(dlc_score_sums_size(NULL, &bytes), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_score_export_sums(NULL, sums, BYTES), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_score_import_sums(NULL, sums, BYTES), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_score_merge_sums(NULL, sums, BYTES), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_score_merge_sums(sums, NULL, BYTES), DLC_ERROR_ARGUMENT);
    ck_ok(dlc_score_create(NULL, &score), "create");
    ck_fails(dlc_score_sums_size(score, &bytes), DLC_ERROR_STATE, message(score), "the samples are not set");
    ck_ok(dlc_score_set_samples(score, SAMPLES, labels, CLASSES), message(score));
    ck_fails(dlc_score_sums_size(score, &bytes), DLC_ERROR_STATE, message(score), "the head is not set");
    ck_ok(dlc_score_set_head(score, DLC_HEAD_LOGITS, CLASSES), message(score));
    ck_fails(dlc_score_sums_size(score, &bytes), DLC_ERROR_STATE, message(score), "only head centroid");
    ck_fails(dlc_score_export_sums(score, sums, BYTES), DLC_ERROR_STATE, message(score), "only head centroid");
    ck_fails(dlc_score_import_sums(score, sums, BYTES), DLC_ERROR_STATE, message(score), "only head centroid");
    dlc_score_free(score);
    score = with_features();
    ck_fails(dlc_score_sums_size(score, NULL), DLC_ERROR_ARGUMENT, message(score), "bytes is NULL");
    ck_fails(dlc_score_export_sums(score, NULL, BYTES), DLC_ERROR_ARGUMENT, message(score), "sums is NULL");
    ck_fails(dlc_score_export_sums(score, sums, BYTES - 1), DLC_ERROR_ARGUMENT, message(score),
             "bytes 335 is not the size of the sums, 336");
    ck_fails(dlc_score_import_sums(score, NULL, BYTES), DLC_ERROR_ARGUMENT, message(score), "sums is NULL");
    dlc_score_free(score);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("sums_bytes");
    TCase *bytes = tcase_create("bytes");
    tcase_set_timeout(bytes, 120);
    tcase_add_test(bytes, the_bytes_are_the_documented_ones);
    tcase_add_test(bytes, a_pass_half_way);
    tcase_add_test(bytes, every_damaged_byte_is_found);
    tcase_add_loop_test(bytes, sums_of_another_shape_are_not_merged, 0, 3);
    tcase_add_test(bytes, what_differs_is_named);
    tcase_add_test(bytes, impossible_shapes);
    tcase_add_test(bytes, impossible_sums);
    tcase_add_test(bytes, counters_do_not_overflow);
    tcase_add_test(bytes, merging_is_addition);
    tcase_add_test(bytes, imported_sums_take_the_place_of_the_own);
    tcase_add_test(bytes, a_class_without_samples);
    tcase_add_test(bytes, wrong_calls);
    suite_add_tcase(suite, bytes);
    return suite;
}
