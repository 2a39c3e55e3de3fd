/*
 * mask_tests.c - levels of dlc/mask.h against a twin that sorts all weights by (magnitude as double, tensor, index),
 * and against PyTorch's pruning in test/golden.
 */
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- A model: tensors in buffers of their own, at odd addresses where asked ---- */

enum { TENSORS_MAX = 8 };

typedef struct test_tensor {
    int32_t dtype;
    int64_t count;
    int32_t maskable;
    size_t bytes;
    unsigned char *block; /* what was allocated */
    unsigned char *data;  /* where the weights are: block + 1 for an unaligned one */
    unsigned char *original;
} test_tensor;

/* Where a maskable weight comes in the order of masking. */
typedef struct place {
    double magnitude;
    int64_t tensor;
    int64_t index;
} place;

typedef struct model {
    int64_t tensors;
    test_tensor tensor[TENSORS_MAX];
    int64_t weights;
    place *order;
} model;

/* Fills one weight. */
typedef void (*filler)(int32_t dtype, unsigned char *weight, uint64_t *state);

static void store_real(int32_t dtype, unsigned char *weight, double value) {
    const float single = (float)value;
    uint32_t bits;
    memcpy(&bits, &single, 4);
    if (dtype == DLC_DTYPE_F64)
        memcpy(weight, &value, 8);
    else if (dtype == DLC_DTYPE_F32)
        memcpy(weight, &single, 4);
    else if (dtype == DLC_DTYPE_BF16)
        memcpy(weight, (unsigned char *)&bits + 2, 2);
    else { /* truncated towards zero; small enough for binary16 */
        const double magnitude = fabs(value);
        const uint16_t sign = value < 0 ? 0x8000 : 0;
        int exponent = 0;
        uint16_t half;
        if (magnitude < 0x1p-14)
            half = (uint16_t)(magnitude * 0x1p24);
        else {
            const double fraction = frexp(magnitude, &exponent);
            half = (uint16_t)(((exponent + 14) << 10) + (int)(fraction * 2048) - 1024);
        }
        half = (uint16_t)(half | sign);
        memcpy(weight, &half, 2);
    }
}

static void fill_smooth(int32_t dtype, unsigned char *weight, uint64_t *state) {
    double sum = 0;
    for (int i = 0; i < 6; i++)
        sum += test_uniform(state);
    store_real(dtype, weight, (sum - 3) * 0.03);
}

/* Few values, so that every threshold has ties; zeros of both signs and denormals among them. */
static void fill_ties(int32_t dtype, unsigned char *weight, uint64_t *state) {
    static const double values[] = {0, -0.0, 0.5, -0.5, 0.25, 1, -1, 0x1p-20, -0x1p-20, 0x1p-24};
    const int pick = (int)(test_uniform(state) * 12);
    const size_t size = (size_t)dlc_dtype_size(dtype);
    if (pick < 10)
        store_real(dtype, weight, values[pick]);
    else { /* the smallest denormal, of either sign */
        memset(weight, 0, size);
        weight[0] = 1;
        weight[size - 1] = pick == 11 ? 0x80 : 0;
    }
    if (pick == 1) {
        memset(weight, 0, size);
        weight[size - 1] = 0x80;
    }
}

/* Any bits but NaN and infinity: the whole range of exponents. */
static void fill_bits(int32_t dtype, unsigned char *weight, uint64_t *state) {
    const size_t size = (size_t)dlc_dtype_size(dtype);
    for (size_t i = 0; i < size; i++)
        weight[i] = (unsigned char)(test_uniform(state) * 256);
    const unsigned exponent_low = dtype == DLC_DTYPE_F16 ? 0x04 : 0; /* a bit of the exponent is 0: finite */
    if (exponent_low)
        weight[1] = (unsigned char)(weight[1] & ~exponent_low);
    else
        weight[size - 1] = (unsigned char)(weight[size - 1] & ~0x10U);
}

static void fill_constant(int32_t dtype, unsigned char *weight, uint64_t *state) {
    (void)state;
    store_real(dtype, weight, -0.375);
}

static double real_magnitude(int32_t dtype, const unsigned char *weight) {
    if (dtype == DLC_DTYPE_F64) {
        double value;
        memcpy(&value, weight, 8);
        return fabs(value);
    }
    if (dtype == DLC_DTYPE_F16) {
        const int half = (weight[0] | weight[1] << 8) & 0x7FFF, exponent = half >> 10, mantissa = half & 0x3FF;
        return exponent == 0 ? ldexp(mantissa, -24) : ldexp(1024 + mantissa, exponent - 25);
    }
    float value = 0;
    if (dtype == DLC_DTYPE_F32)
        memcpy(&value, weight, 4);
    else
        memcpy((unsigned char *)&value + 2, weight, 2);
    return fabs((double)value);
}

static int compare_places(const void *a, const void *b) {
    const place *x = a, *y = b;
    if (x->magnitude != y->magnitude)
        return x->magnitude < y->magnitude ? -1 : 1;
    if (x->tensor != y->tensor)
        return x->tensor < y->tensor ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

/* Takes over `weights` as they are in tensor[].data. */
static void model_finish(model *m) {
    m->weights = 0;
    for (int64_t t = 0; t < m->tensors; t++)
        m->weights += m->tensor[t].maskable ? m->tensor[t].count : 0;
    m->order = malloc((size_t)(m->weights + 1) * sizeof *m->order);
    int64_t next = 0;
    for (int64_t t = 0; t < m->tensors; t++) {
        test_tensor *tensor = &m->tensor[t];
        tensor->original = malloc(tensor->bytes + 1);
        memcpy(tensor->original, tensor->data, tensor->bytes);
        for (int64_t i = 0; tensor->maskable && i < tensor->count; i++)
            m->order[next++] =
                (place){real_magnitude(tensor->dtype, tensor->data + i * dlc_dtype_size(tensor->dtype)), t, i};
    }
    qsort(m->order, (size_t)m->weights, sizeof *m->order, compare_places);
}

static test_tensor *model_add(model *m, int32_t dtype, int64_t count, int32_t maskable, int unaligned) {
    test_tensor *tensor = &m->tensor[m->tensors++];
    *tensor = (test_tensor){.dtype = dtype, .count = count, .maskable = maskable};
    tensor->bytes = (size_t)(count * dlc_dtype_size(dtype));
    tensor->block = malloc(tensor->bytes + 1);
    tensor->data = tensor->block + (unaligned ? 1 : 0);
    return tensor;
}

static void model_free(model *m) {
    for (int64_t t = 0; t < m->tensors; t++) {
        free(m->tensor[t].block);
        free(m->tensor[t].original);
    }
    free(m->order);
}

/* A mask over the model, planned. */
static dlc_mask *model_mask(const model *m, const char *schedule, int32_t threads) {
    dlc_mask *mask = NULL;
    ck_ok(dlc_mask_create(NULL, &mask), "create");
    for (int64_t t = 0; t < m->tensors; t++) {
        char name[32];
        snprintf(name, sizeof name, "tensor%d", (int)t);
        ck_ok(dlc_mask_add_tensor(mask, name, m->tensor[t].dtype, m->tensor[t].data, m->tensor[t].count,
                                  m->tensor[t].maskable),
              dlc_mask_message(mask));
    }
    ck_ok(dlc_mask_set_schedule(mask, schedule), dlc_mask_message(mask));
    ck_ok(dlc_mask_set_threads(mask, threads), dlc_mask_message(mask));
    ck_ok(dlc_mask_plan(mask), dlc_mask_message(mask));
    ck_assert_int_eq(dlc_mask_weight_count(mask), m->weights);
    return mask;
}

/* ---- The twin ---- */

/* A tensor as it is with `masked` weights of the model masked. */
static unsigned char *twin_tensor(const model *m, int64_t t, int64_t masked) {
    const test_tensor *tensor = &m->tensor[t];
    const size_t size = (size_t)dlc_dtype_size(tensor->dtype);
    unsigned char *expected = malloc(tensor->bytes + 1);
    memcpy(expected, tensor->original, tensor->bytes);
    for (int64_t k = 0; k < masked; k++)
        if (m->order[k].tensor == t)
            memset(expected + (size_t)m->order[k].index * size, 0, size);
    return expected;
}

static void check_weights(const model *m, int64_t masked) {
    for (int64_t t = 0; t < m->tensors; t++) {
        unsigned char *expected = twin_tensor(m, t, masked);
        ck_assert_msg(memcmp(expected, m->tensor[t].data, m->tensor[t].bytes) == 0, "tensor %d with %lld masked",
                      (int)t, (long long)masked);
        free(expected);
    }
}

static void check_copies(const model *m, dlc_mask *mask, int64_t level, int64_t masked) {
    for (int64_t t = 0; t < m->tensors; t++) {
        unsigned char *expected = twin_tensor(m, t, masked), *copy = malloc(m->tensor[t].bytes + 2);
        ck_ok(dlc_mask_copy(mask, level, t, copy + 1), dlc_mask_message(mask));
        ck_assert_msg(memcmp(expected, copy + 1, m->tensor[t].bytes) == 0, "copy of tensor %d at level %lld", (int)t,
                      (long long)level);
        free(copy);
        free(expected);
    }
}

/* Kept count, capacity, threshold and ties of a level; returns how many it masks. */
static int64_t check_level(const model *m, dlc_mask *mask, int64_t level) {
    int64_t kept;
    double capacity, threshold;
    ck_ok(dlc_mask_get_level(mask, level, &kept, &capacity, &threshold), dlc_mask_message(mask));
    const int64_t masked = m->weights - kept;
    ck_assert_double_eq(capacity, (double)kept / (double)m->weights);
    const double expected = masked > 0 ? m->order[masked - 1].magnitude : 0;
    ck_assert_msg(memcmp(&threshold, &expected, sizeof expected) == 0, "threshold %a of level %lld, not %a", threshold,
                  (long long)level, expected);
    int64_t ties[TENSORS_MAX] = {0};
    for (int64_t k = masked - 1; k >= 0 && m->order[k].magnitude == expected; k--)
        ties[m->order[k].tensor]++;
    for (int64_t t = 0; t < m->tensors; t++) {
        int64_t found;
        ck_ok(dlc_mask_get_ties(mask, level, t, &found), dlc_mask_message(mask));
        ck_assert_int_eq(found, ties[t]);
    }
    return masked;
}

/* Everything that a mask says and does, with levels in ascending, descending and mixed order. */
static void check_mask(const model *m, dlc_mask *mask) {
    const int64_t levels = dlc_mask_level_count(mask);
    int64_t *masked = calloc((size_t)levels, sizeof *masked);
    for (int64_t level = 0; level < levels; level++)
        masked[level] = check_level(m, mask, level);
    check_copies(m, mask, levels / 2, masked[levels / 2]);
    uint64_t state = 5;
    for (int64_t step = 0; step < 3 * levels; step++) {
        const int64_t mixed = (int64_t)(test_uniform(&state) * (double)levels);
        const int64_t level = step < levels ? step : step < 2 * levels ? 2 * levels - 1 - step : mixed;
        ck_ok(dlc_mask_apply(mask, level), dlc_mask_message(mask));
        ck_assert_int_eq(dlc_mask_current_level(mask), level);
        check_weights(m, masked[level]);
        if (step % 3 == 0) {
            check_copies(m, mask, mixed, masked[mixed]);
            check_level(m, mask, mixed);
        }
        if (step % 7 == 6) {
            ck_ok(dlc_mask_restore(mask), dlc_mask_message(mask));
            ck_assert_int_eq(dlc_mask_current_level(mask), -1);
            check_weights(m, 0);
        }
    }
    ck_ok(dlc_mask_restore(mask), dlc_mask_message(mask));
    ck_ok(dlc_mask_restore(mask), dlc_mask_message(mask));
    check_weights(m, 0);
    free(masked);
}

/* ---- Golden masks ---- */

static const struct {
    const char *directory;
    const char *schedule;
} golden[] = {{"a", "geometric:0.02x50"}, {"b", "geometric:0.1x20"}};

START_TEST(golden_levels) {
    const char *directory = golden[_i].directory;
    model m = {0};
    for (int t = 0; t < 2; t++) {
        int64_t count;
        float *weights = golden_array(directory, t == 0 ? "w1.npy" : "w2.npy", "<f4", &count);
        test_tensor *tensor = model_add(&m, DLC_DTYPE_F32, count, 1, 0);
        memcpy(tensor->data, weights, tensor->bytes);
        free(weights);
    }
    model_finish(&m);
    int64_t count;
    int64_t *kept = golden_array(directory, "kept.npy", "<i8", &count);
    dlc_mask *mask = model_mask(&m, golden[_i].schedule, 2);
    ck_assert_int_eq(2 * dlc_mask_level_count(mask), count);
    for (int64_t level = 0; level < count / 2; level++) {
        ck_ok(dlc_mask_apply(mask, level), dlc_mask_message(mask));
        for (int t = 0; t < 2; t++) {
            int64_t left = 0;
            for (int64_t i = 0; i < m.tensor[t].count; i++) {
                float weight;
                memcpy(&weight, m.tensor[t].data + 4 * i, 4);
                left += weight != 0;
            }
            ck_assert_int_eq(left, kept[2 * level + t]);
        }
        check_weights(&m, m.weights - kept[2 * level] - kept[2 * level + 1]);
    }
    ck_ok(dlc_mask_restore(mask), dlc_mask_message(mask));
    check_mask(&m, mask);
    dlc_mask_free(mask);
    free(kept);
    model_free(&m);
}
END_TEST

/* ---- Every dtype and mixture ---- */

static const int32_t mixtures[][4] = {
    {DLC_DTYPE_F32, 0, 0, 0},
    {DLC_DTYPE_F16, 0, 0, 0},
    {DLC_DTYPE_BF16, 0, 0, 0},
    {DLC_DTYPE_F64, 0, 0, 0},
    {DLC_DTYPE_F16, DLC_DTYPE_BF16, 0, 0},
    {DLC_DTYPE_BF16, DLC_DTYPE_F32, DLC_DTYPE_F16, 0},
    {DLC_DTYPE_F32, DLC_DTYPE_F64, 0, 0},
    {DLC_DTYPE_F16, DLC_DTYPE_F64, DLC_DTYPE_BF16, DLC_DTYPE_F32},
};
static const filler fillers[] = {fill_smooth, fill_ties, fill_bits, fill_constant};
enum { MIXTURES = sizeof mixtures / sizeof mixtures[0], FILLERS = sizeof fillers / sizeof fillers[0] };

static const char *const schedules[] = {
    "geometric:0.15x9",
    "linear:0.02-0.98x7",
    "list:1,0,0.5,0.5,0.999,0.001,0.25",
};

static void fill(model *m, filler weight, uint64_t seed) {
    for (int64_t t = 0; t < m->tensors; t++)
        for (int64_t i = 0; i < m->tensor[t].count; i++)
            weight(m->tensor[t].dtype, m->tensor[t].data + i * dlc_dtype_size(m->tensor[t].dtype), &seed);
    model_finish(m);
}

/* Small tensors, of sizes around a word of 64 weights; an empty one and one that is not maskable between them. */
START_TEST(small_models) {
    static const int64_t counts[] = {64, 131, 1, 700};
    const int32_t *dtypes = mixtures[_i / FILLERS];
    model m = {0};
    for (int t = 0; t < 4; t++) {
        const int32_t dtype = dtypes[t] ? dtypes[t] : dtypes[0];
        model_add(&m, dtype, counts[t], 1, t % 2);
        if (t == 0)
            model_add(&m, dtype, 0, 1, 0);
        if (t == 1)
            model_add(&m, dtype, 33, 0, 1);
    }
    fill(&m, fillers[_i % FILLERS], (uint64_t)_i + 1);
    for (int threads = 1; threads <= 4; threads *= 2)
        for (size_t s = 0; s < sizeof schedules / sizeof schedules[0]; s++) {
            dlc_mask *mask = model_mask(&m, schedules[s], threads);
            check_mask(&m, mask);
            dlc_mask_free(mask);
        }
    model_free(&m);
}
END_TEST

/* Tensors of several chunks of work, so that ties are divided in the middle of one. */
START_TEST(large_models) {
    const int32_t *dtypes = mixtures[_i / FILLERS];
    model m = {0};
    for (int t = 0; t < 4 && dtypes[t]; t++)
        model_add(&m, dtypes[t], t == 0 ? 150001 : 70000, 1, t == 1);
    fill(&m, fillers[_i % FILLERS], (uint64_t)_i + 100);
    dlc_mask *mask = model_mask(&m, "list:0.1,0.37,0,0.9,0.37000001", 1 << _i % 3);
    check_mask(&m, mask);
    dlc_mask_free(mask);
    model_free(&m);
}
END_TEST

START_TEST(one_weight) {
    for (size_t d = 0; d < 4; d++) {
        model m = {0};
        model_add(&m, mixtures[d][0], 1, 1, 1);
        fill(&m, fill_smooth, 3);
        dlc_mask *mask = model_mask(&m, "list:0,1,0.5,0.51", 2);
        check_mask(&m, mask);
        dlc_mask_free(mask);
        model_free(&m);
    }
}
END_TEST

/* More levels than the plan looks at in one read, in float32 and float64. */
START_TEST(many_levels) {
    model m = {0};
    model_add(&m, _i == 0 ? DLC_DTYPE_F32 : DLC_DTYPE_F64, 20000, 1, 0);
    fill(&m, fill_bits, 11);
    dlc_mask *mask = model_mask(&m, "linear:1-0x5000", 2);
    for (int64_t level = 0; level < 5000; level++) {
        int64_t kept;
        double threshold;
        ck_ok(dlc_mask_get_level(mask, level, &kept, NULL, &threshold), dlc_mask_message(mask));
        const double expected = kept < m.weights ? m.order[m.weights - kept - 1].magnitude : 0;
        ck_assert_double_eq(threshold, expected);
    }
    dlc_mask_free(mask);
    model_free(&m);
}
END_TEST

/* ---- Random ---- */

/* Which of `count` weights (all 1) a level of criterion random leaves, as bytes of 0 and 1. */
static unsigned char *random_kept(uint64_t seed, int32_t threads, int64_t count, int64_t level) {
    float *weights = malloc((size_t)count * sizeof *weights);
    for (int64_t i = 0; i < count; i++)
        weights[i] = 1;
    dlc_mask *mask = NULL;
    ck_ok(dlc_mask_create(NULL, &mask), "create");
    const int64_t first = count / 3;
    ck_ok(dlc_mask_add_tensor(mask, "first", DLC_DTYPE_F32, weights, first, 1), dlc_mask_message(mask));
    ck_ok(dlc_mask_add_tensor(mask, "rest", DLC_DTYPE_F32, weights + first, count - first, 1), dlc_mask_message(mask));
    ck_ok(dlc_mask_set_criterion(mask, DLC_CRITERION_RANDOM), dlc_mask_message(mask));
    ck_ok(dlc_mask_set_seed(mask, seed), dlc_mask_message(mask));
    ck_ok(dlc_mask_set_threads(mask, threads), dlc_mask_message(mask));
    ck_ok(dlc_mask_set_linear(mask, 0, 1, 11), dlc_mask_message(mask));
    ck_ok(dlc_mask_plan(mask), dlc_mask_message(mask));
    int64_t kept, ties;
    double threshold;
    ck_ok(dlc_mask_get_level(mask, level, &kept, NULL, &threshold), dlc_mask_message(mask));
    ck_assert_double_nan(threshold);
    ck_fails(dlc_mask_get_ties(mask, level, 0, &ties), DLC_ERROR_STATE, dlc_mask_message(mask), "random");
    /* By way of those that mask less, and of one that masks more: the weights come back. */
    for (int64_t before = 0; before < level; before++)
        ck_ok(dlc_mask_apply(mask, before), dlc_mask_message(mask));
    ck_ok(dlc_mask_apply(mask, 9), dlc_mask_message(mask));
    ck_ok(dlc_mask_apply(mask, level), dlc_mask_message(mask));
    unsigned char *flags = malloc((size_t)count);
    int64_t ones = 0;
    for (int64_t i = 0; i < count; i++)
        ones += flags[i] = weights[i] == 1;
    ck_assert_int_eq(ones, kept);
    ck_ok(dlc_mask_restore(mask), dlc_mask_message(mask));
    for (int64_t i = 0; i < count; i++)
        ck_assert(weights[i] == 1);
    dlc_mask_free(mask);
    free(weights);
    return flags;
}

START_TEST(random_is_nested_and_does_not_depend_on_threads) {
    enum { COUNT = 200000 };
    unsigned char *fewer = random_kept(7, 1, COUNT, 6), *more = random_kept(7, 1, COUNT, 3);
    unsigned char *threaded = random_kept(7, 4, COUNT, 6), *other = random_kept(8, 1, COUNT, 6);
    int64_t both = 0, by_eighth[8] = {0};
    for (int64_t i = 0; i < COUNT; i++) {
        ck_assert(more[i] >= fewer[i]);
        both += fewer[i] && other[i];
        by_eighth[i / (COUNT / 8)] += fewer[i];
    }
    ck_assert(memcmp(fewer, threaded, COUNT) == 0);
    /* 40 % are left: 16 % by two independent seeds, 40 % of any part; five standard deviations. */
    ck_assert_int_lt(llabs(both - COUNT * 16 / 100), 540);
    for (int part = 0; part < 8; part++)
        ck_assert_int_lt(llabs(by_eighth[part] - COUNT / 8 * 4 / 10), 390);
    free(fewer);
    free(more);
    free(threaded);
    free(other);
}
END_TEST

/* The order is drawn for positions: weights of any dtype, all 1 here, lose the same ones. */
START_TEST(random_does_not_depend_on_the_dtype) {
    enum { COUNT = 1000 };
    static const struct {
        int32_t dtype;
        uint64_t one;
    } dtypes[] = {{DLC_DTYPE_F16, 0x3C00}, {DLC_DTYPE_BF16, 0x3F80}, {DLC_DTYPE_F64, UINT64_C(0x3FF0000000000000)}};
    const uint64_t zero = 0;
    unsigned char weights[8 * COUNT];
    const size_t size = (size_t)dlc_dtype_size(dtypes[_i].dtype);
    for (size_t i = 0; i < COUNT; i++)
        memcpy(weights + i * size, &dtypes[_i].one, size);
    dlc_mask *mask = NULL;
    ck_ok(dlc_mask_create(NULL, &mask), "create");
    ck_ok(dlc_mask_add_tensor(mask, "all", dtypes[_i].dtype, weights, COUNT, 1), dlc_mask_message(mask));
    ck_ok(dlc_mask_set_criterion(mask, DLC_CRITERION_RANDOM), dlc_mask_message(mask));
    ck_ok(dlc_mask_set_seed(mask, 7), dlc_mask_message(mask));
    ck_ok(dlc_mask_set_linear(mask, 0, 1, 11), dlc_mask_message(mask));
    ck_ok(dlc_mask_plan(mask), dlc_mask_message(mask));
    ck_ok(dlc_mask_apply(mask, 4), dlc_mask_message(mask));
    unsigned char *expected = random_kept(7, 1, COUNT, 4);
    for (size_t i = 0; i < COUNT; i++)
        ck_assert(memcmp(weights + i * size, expected[i] ? &dtypes[_i].one : &zero, size) == 0);
    free(expected);
    dlc_mask_free(mask);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("mask");
    TCase *levels = tcase_create("levels");
    tcase_set_timeout(levels, 120);
    tcase_add_loop_test(levels, golden_levels, 0, 2);
    tcase_add_loop_test(levels, small_models, 0, MIXTURES * FILLERS);
    tcase_add_loop_test(levels, large_models, 0, MIXTURES * FILLERS);
    tcase_add_test(levels, one_weight);
    tcase_add_loop_test(levels, many_levels, 0, 2);
    suite_add_tcase(suite, levels);
    TCase *random = tcase_create("random");
    tcase_set_timeout(random, 60);
    tcase_add_test(random, random_is_nested_and_does_not_depend_on_threads);
    tcase_add_loop_test(random, random_does_not_depend_on_the_dtype, 0, 3);
    suite_add_tcase(suite, random);
    return suite;
}
