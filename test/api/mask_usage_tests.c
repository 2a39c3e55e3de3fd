/*
 * mask_usage_tests.c - dlc/mask.h as a contract: schedules, wrong use and its messages, memory
 * estimate. What masks look like is in mask_tests.c.
 */
#include "support.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define message(mask) dlc_mask_message(mask)

static dlc_mask *new_mask(void) {
    dlc_mask *mask = NULL;
    ck_ok(dlc_mask_create(NULL, &mask), "create");
    return mask;
}

static void add_floats(dlc_mask *mask, const char *name, float *weights, int64_t count) {
    ck_ok(dlc_mask_add_tensor(mask, name, DLC_DTYPE_F32, weights, count, 1), message(mask));
}

/* `count` different weights, in no order. */
static float *make_weights(int64_t count) {
    float *weights = malloc((size_t)count * sizeof *weights);
    uint64_t state = 1;
    for (int64_t i = 0; i < count; i++)
        weights[i] = (float)(test_uniform(&state) - 0.5);
    return weights;
}

/* ---- Schedules ---- */

enum { WEIGHTS = 10001 };

static int64_t masked_at(dlc_mask *mask, int64_t level) {
    int64_t kept;
    ck_ok(dlc_mask_get_level(mask, level, &kept, NULL, NULL), message(mask));
    return WEIGHTS - kept;
}

/* nearbyint() rounds half to even by default. */
static int64_t round_even(double value) {
    return (int64_t)nearbyint(value);
}

static dlc_mask *planned(float *weights, dlc_mask *mask) {
    add_floats(mask, "w", weights, WEIGHTS);
    ck_ok(dlc_mask_plan(mask), message(mask));
    return mask;
}

START_TEST(published_schedule_is_the_default) {
    float *weights = make_weights(WEIGHTS);
    dlc_mask *mask = planned(weights, new_mask());
    ck_assert_int_eq(dlc_mask_level_count(mask), 50);
    int64_t masked = 0;
    for (int64_t level = 0; level < 50; level++) {
        ck_assert_int_eq(masked_at(mask, level), masked);
        masked += round_even(0.02 * (double)(WEIGHTS - masked));
    }
    dlc_mask_free(mask);
    free(weights);
}
END_TEST

START_TEST(halves_round_to_even) {
    /* 0.5 of 10001 and of 5001, 2501 ..., and shares whose product ends in one half exactly. */
    float *weights = make_weights(WEIGHTS);
    dlc_mask *mask = new_mask();
    ck_ok(dlc_mask_set_geometric(mask, 0.5, 4), message(mask));
    planned(weights, mask);
    const int64_t expected[] = {0, 5000, 7500, 8750};
    for (int64_t level = 0; level < 4; level++)
        ck_assert_int_eq(masked_at(mask, level), expected[level]);
    dlc_mask_free(mask);
    free(weights);
}
END_TEST

START_TEST(linear_and_list) {
    float *weights = make_weights(WEIGHTS);
    dlc_mask *mask = new_mask();
    ck_ok(dlc_mask_set_linear(mask, 0.02, 0.98, 49), message(mask));
    planned(weights, mask);
    for (int64_t level = 0; level < 49; level++)
        ck_assert_int_eq(masked_at(mask, level), round_even((0.02 + (double)level * (0.98 - 0.02) / 48) * WEIGHTS));
    dlc_mask_free(mask);

    mask = new_mask();
    ck_ok(dlc_mask_set_linear(mask, 0.25, 0.75, 1), message(mask));
    planned(weights, mask);
    ck_assert_int_eq(masked_at(mask, 0), 2500);
    dlc_mask_free(mask);

    mask = new_mask();
    const double shares[] = {0.5, 0, 1, 0.5, 1e-300};
    ck_ok(dlc_mask_set_list(mask, shares, 5), message(mask));
    planned(weights, mask);
    for (int64_t level = 0; level < 5; level++)
        ck_assert_int_eq(masked_at(mask, level), round_even(shares[level] * WEIGHTS));
    dlc_mask_free(mask);
    free(weights);
}
END_TEST

static const struct {
    const char *text;
    int64_t levels;
    double shares[4]; /* of the first levels, masked */
} good_specs[] = {
    {"geometric:0.02x50", 50, {0, 0.02, 0.0396, 0.058808}},
    {"geometric:0.5x3", 3, {0, 0.5, 0.75}},
    {"linear:0.02-0.98x49", 49, {0.02, 0.04, 0.06, 0.08}},
    {"linear:1-0x3", 3, {1, 0.5, 0}},
    {"list:0,0.1,0.5", 3, {0, 0.1, 0.5}},
    {"list:0000.1000", 1, {0.1}},
    {"list:0.333333333333333333", 1, {1.0 / 3}},
};

static void check_spec(int i) {
    /* So many weights that a share is seen to seven digits. */
    enum { MANY = 4000000 };
    static uint16_t weights[MANY];
    for (int64_t w = 0; w < MANY; w++)
        weights[w] = (uint16_t)(w % 0x7C00);
    dlc_mask *mask = new_mask();
    ck_ok(dlc_mask_set_schedule(mask, good_specs[i].text), message(mask));
    ck_assert_int_eq(dlc_mask_level_count(mask), good_specs[i].levels);
    ck_ok(dlc_mask_add_tensor(mask, "w", DLC_DTYPE_F16, weights, MANY, 1), message(mask));
    ck_ok(dlc_mask_plan(mask), message(mask));
    for (int64_t level = 0; level < 4 && level < good_specs[i].levels; level++) {
        int64_t kept;
        ck_ok(dlc_mask_get_level(mask, level, &kept, NULL, NULL), message(mask));
        ck_assert_int_le(llabs(MANY - kept - (int64_t)(good_specs[i].shares[level] * MANY + 0.5)), 1);
    }
    dlc_mask_free(mask);
}

START_TEST(specs) {
    check_spec(_i);
}
END_TEST

START_TEST(specs_do_not_depend_on_the_locale) {
    static const char *const commas[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "nl_NL.UTF-8", "de_DE", "fr_FR"};
    const char *found = NULL;
    for (size_t i = 0; !found && i < sizeof commas / sizeof commas[0]; i++)
        found = setlocale(LC_ALL, commas[i]);
    /* Where no such locale is installed, this tests what `specs` tests. */
    if (found)
        ck_assert_str_eq(localeconv()->decimal_point, ",");
    check_spec(_i);
    setlocale(LC_ALL, "C");
}
END_TEST

static const struct {
    const char *text;
    const char *part;
} bad_specs[] = {
    {"", "not of the form"},
    {"geometric", "not of the form geometric:..., linear:... or list:..."},
    {"cubic:0.1x3", "schedule \"cubic:0.1x3\""},
    {"geometric:0.02", "not of the form geometric:AMOUNTxLEVELS"},
    {"geometric:0.02x", "AMOUNTxLEVELS"},
    {"geometric:0.02x50 ", "AMOUNTxLEVELS"},
    {"geometric: 0.02x50", "AMOUNTxLEVELS"},
    {"geometric:0,02x50", "AMOUNTxLEVELS"},
    {"geometric:.02x50", "AMOUNTxLEVELS"},
    {"geometric:0.x50", "AMOUNTxLEVELS"},
    {"geometric:0.0.2x50", "AMOUNTxLEVELS"},
    {"geometric:2e-2x50", "AMOUNTxLEVELS"},
    {"geometric:nanx50", "AMOUNTxLEVELS"},
    {"geometric:0.02x-5", "AMOUNTxLEVELS"},
    {"geometric:0x50", "amount 0 is not in (0, 1)"},
    {"geometric:1x50", "amount 1 is not in (0, 1): schedule \"geometric:1x50\""},
    {"geometric:0.02x0", "0 levels are not 1 to 1000000"},
    {"geometric:0.02x1000001", "1000001 levels"},
    {"geometric:0.02x99999999999999999999999", "1000001 levels"},
    {"geometric:0.0200000000000000001x5", "AMOUNTxLEVELS"},
    {"geometric:1234567890123456789x5", "AMOUNTxLEVELS"},
    {"linear:0.02x49", "not of the form linear:FIRST-LASTxLEVELS"},
    {"linear:-0.1-0.5x3", "FIRST-LASTxLEVELS"},
    {"linear:1.5-0.5x3", "first share 1.5 is not in [0, 1]"},
    {"linear:0.5-2x3", "last share 2 is not in [0, 1]"},
    {"list:", "not of the form list:SHARE,SHARE,..."},
    {"list:0.1,", "SHARE,SHARE"},
    {"list:0.1,,0.2", "SHARE,SHARE"},
    {"list:18014398509481984", "1.80144e+16"},
    {"list:0.1;0.2", "SHARE,SHARE"},
    {"list:0,0.1,1.01", "share 1.01 of level 2 is not in [0, 1]"},
};

START_TEST(broken_specs) {
    dlc_mask *mask = new_mask();
    ck_fails(dlc_mask_set_schedule(mask, bad_specs[_i].text), DLC_ERROR_ARGUMENT, message(mask), bad_specs[_i].part);
    ck_assert_ptr_nonnull(strstr(message(mask), bad_specs[_i].text));
    ck_assert_int_eq(dlc_mask_level_count(mask), 50);
    dlc_mask_free(mask);
}
END_TEST

START_TEST(a_million_levels) {
    float *weights = make_weights(WEIGHTS);
    dlc_mask *mask = new_mask();
    ck_ok(dlc_mask_set_linear(mask, 0, 1, 1000000), message(mask));
    ck_ok(dlc_mask_set_threads(mask, 2), message(mask));
    planned(weights, mask);
    for (int64_t level = 0; level < 1000000; level += 997)
        ck_assert_int_eq(masked_at(mask, level), round_even((double)level / 999999 * WEIGHTS));
    dlc_mask_free(mask);
    free(weights);
}
END_TEST

/* ---- Wrong use ---- */

START_TEST(options_out_of_range) {
    dlc_mask *mask = new_mask();
    const double bad_list[] = {0.5, NAN};
    ck_fails(dlc_mask_set_geometric(mask, NAN, 5), DLC_ERROR_ARGUMENT, message(mask), "amount nan");
    ck_fails(dlc_mask_set_geometric(mask, 0.1, -1), DLC_ERROR_ARGUMENT, message(mask), "-1 levels");
    ck_fails(dlc_mask_set_linear(mask, -0.5, 1, 5), DLC_ERROR_ARGUMENT, message(mask), "first share -0.5");
    ck_fails(dlc_mask_set_linear(mask, 0, NAN, 5), DLC_ERROR_ARGUMENT, message(mask), "last share nan");
    ck_fails(dlc_mask_set_list(mask, bad_list, 2), DLC_ERROR_ARGUMENT, message(mask), "share nan of level 1");
    ck_fails(dlc_mask_set_list(mask, NULL, 2), DLC_ERROR_ARGUMENT, message(mask), "shares is NULL");
    ck_fails(dlc_mask_set_list(mask, bad_list, 0), DLC_ERROR_ARGUMENT, message(mask), "0 levels");
    ck_fails(dlc_mask_set_schedule(mask, NULL), DLC_ERROR_ARGUMENT, message(mask), "spec is NULL");
    ck_fails(dlc_mask_set_criterion(mask, 2), DLC_ERROR_ARGUMENT, message(mask), "criterion 2");
    ck_fails(dlc_mask_set_threads(mask, -1), DLC_ERROR_ARGUMENT, message(mask), "-1 threads");
    ck_fails(dlc_mask_set_threads(mask, 1025), DLC_ERROR_ARGUMENT, message(mask), "1025 threads");
    ck_fails(dlc_mask_memory_estimate(mask, NULL), DLC_ERROR_ARGUMENT, message(mask), "bytes is NULL");
    int64_t bytes = -1;
    ck_ok(dlc_mask_memory_estimate(mask, &bytes), message(mask)); /* without a weight there is no plan to make */
    ck_assert_int_lt(bytes, 10000);
    dlc_mask_free(mask);
}
END_TEST

START_TEST(tensors_refused) {
    dlc_mask *mask = new_mask();
    float weights[100] = {0};
    const int32_t f32 = DLC_DTYPE_F32;
    ck_ok(dlc_mask_add_tensor(mask, "embed", f32, weights, 50, 0), message(mask));
    ck_ok(dlc_mask_add_tensor(mask, "empty", f32, weights + 10, 0, 1), message(mask));
    ck_ok(dlc_mask_add_tensor(mask, "nothing", f32, NULL, 0, 1), message(mask));
#define refused(part, ...) ck_fails(dlc_mask_add_tensor(mask, __VA_ARGS__), DLC_ERROR_ARGUMENT, message(mask), part)
    refused("name is NULL", NULL, f32, weights + 50, 1, 1);
    refused("dtype 0 of tensor 'x'", "x", DLC_DTYPE_OTHER, weights + 50, 1, 1);
    refused("dtype 5 of tensor 'x'", "x", DLC_DTYPE_I64, weights + 50, 1, 1);
    refused("maskable 2 of tensor 'x'", "x", f32, weights + 50, 1, 2);
    refused("count -1 of tensor 'x' is negative", "x", f32, weights + 50, -1, 1);
    refused("data of tensor 'x' is NULL", "x", f32, NULL, 1, 1);
    refused("of tensor 'x' is too large", "x", f32, weights + 50, INT64_MAX / 4, 1);
    refused("of tensor 'x' is too large", "x", f32, weights + 50, INT64_MAX, 1);
    refused("there are two tensors 'embed'", "embed", f32, weights + 50, 1, 1);
    refused("there are two tensors 'empty'", "empty", f32, weights + 50, 1, 1);
    refused("the buffers of tensors 'embed' and 'head' overlap", "head", f32, weights, 50, 1);
    refused("'embed' and 'head' overlap", "head", f32, weights + 49, 51, 1);
    refused("'embed' and 'head' overlap", "head", DLC_DTYPE_F16, (char *)weights + 199, 1, 1);
#undef refused
    ck_assert_int_eq(dlc_mask_tensor_count(mask), 3);
    ck_assert_int_eq(dlc_mask_weight_count(mask), 0);
    ck_fails(dlc_mask_plan(mask), DLC_ERROR_DATA, message(mask), "there is no maskable weight");
    ck_ok(dlc_mask_add_tensor(mask, "head", f32, weights + 50, 50, 1), message(mask));
    ck_assert_int_eq(dlc_mask_weight_count(mask), 50);
    /* One that encloses another. */
    ck_fails(dlc_mask_add_tensor(mask, "all", DLC_DTYPE_BF16, weights, 200, 1), DLC_ERROR_ARGUMENT, message(mask),
             "'embed' and 'all' overlap");
    ck_ok(dlc_mask_plan(mask), message(mask));
    dlc_mask_free(mask);
}
END_TEST

START_TEST(calls_out_of_order) {
    float weights[10] = {1, 2, 3}, other[1] = {0}, out[10];
    int64_t ties;
    dlc_mask *mask = new_mask();
    add_floats(mask, "w", weights, 10);
#define no_plan(call) ck_fails(call, DLC_ERROR_STATE, message(mask), "there is no plan yet")
    no_plan(dlc_mask_apply(mask, 0));
    no_plan(dlc_mask_copy(mask, 0, 0, out));
    no_plan(dlc_mask_get_level(mask, 0, NULL, NULL, NULL));
    no_plan(dlc_mask_get_ties(mask, 0, 0, &ties));
#undef no_plan
    ck_ok(dlc_mask_restore(mask), message(mask));
    ck_assert_str_eq(dlc_mask_message(mask), "there is no plan yet");
    ck_ok(dlc_mask_plan(mask), message(mask));
#define too_late(call) ck_fails(call, DLC_ERROR_STATE, message(mask), "the plan was made already")
    too_late(dlc_mask_plan(mask));
    too_late(dlc_mask_add_tensor(mask, "late", DLC_DTYPE_F32, other, 1, 1));
    too_late(dlc_mask_set_criterion(mask, DLC_CRITERION_L1));
    too_late(dlc_mask_set_seed(mask, 2));
    too_late(dlc_mask_set_geometric(mask, 0.5, 2));
    too_late(dlc_mask_set_linear(mask, 0, 1, 2));
    too_late(dlc_mask_set_list(mask, (const double[]){0}, 1));
    too_late(dlc_mask_set_schedule(mask, "list:0"));
#undef too_late
    ck_ok(dlc_mask_set_threads(mask, 2), message(mask));
    for (int64_t level = -1; level <= 50; level += 51) {
        char part[64];
        snprintf(part, sizeof part, "level %d is not one of the 50 levels", (int)level);
        ck_fails(dlc_mask_apply(mask, level), DLC_ERROR_ARGUMENT, message(mask), part);
        ck_fails(dlc_mask_copy(mask, level, 0, out), DLC_ERROR_ARGUMENT, message(mask), part);
        ck_fails(dlc_mask_get_level(mask, level, NULL, NULL, NULL), DLC_ERROR_ARGUMENT, message(mask), part);
        ck_fails(dlc_mask_get_ties(mask, level, 0, &ties), DLC_ERROR_ARGUMENT, message(mask), part);
    }
    for (int64_t tensor = -1; tensor <= 1; tensor += 2) {
        ck_fails(dlc_mask_copy(mask, 0, tensor, out), DLC_ERROR_ARGUMENT, message(mask), "is not one of the 1 tensors");
        ck_fails(dlc_mask_get_ties(mask, 0, tensor, &ties), DLC_ERROR_ARGUMENT, message(mask), "of the 1 tensors");
    }
    ck_fails(dlc_mask_get_ties(mask, 0, 0, NULL), DLC_ERROR_ARGUMENT, message(mask), "ties is NULL");
    ck_fails(dlc_mask_copy(mask, 0, 0, NULL), DLC_ERROR_ARGUMENT, message(mask), "out is NULL");
    ck_fails(dlc_mask_copy(mask, 0, 0, weights + 9), DLC_ERROR_ARGUMENT, message(mask), "buffer of tensor 'w'");
    ck_assert_int_eq(dlc_mask_current_level(mask), -1);
    dlc_mask_free(mask);
}
END_TEST

START_TEST(null_handle) {
    ck_assert_int_eq(dlc_mask_create(NULL, NULL), DLC_ERROR_ARGUMENT);
    dlc_mask_free(NULL);
    ck_assert_ptr_nonnull(dlc_mask_message(NULL));
    const dlc_status statuses[] = {
        dlc_mask_add_tensor(NULL, "w", DLC_DTYPE_F32, NULL, 0, 1),
        dlc_mask_set_criterion(NULL, 0),
        dlc_mask_set_seed(NULL, 0),
        dlc_mask_set_threads(NULL, 1),
        dlc_mask_set_geometric(NULL, 0.5, 1),
        dlc_mask_set_linear(NULL, 0, 1, 2),
        dlc_mask_set_list(NULL, NULL, 0),
        dlc_mask_set_schedule(NULL, "list:0"),
        dlc_mask_plan(NULL),
        dlc_mask_get_level(NULL, 0, NULL, NULL, NULL),
        dlc_mask_get_ties(NULL, 0, 0, NULL),
        dlc_mask_memory_estimate(NULL, NULL),
        dlc_mask_apply(NULL, 0),
        dlc_mask_restore(NULL),
        dlc_mask_copy(NULL, 0, 0, NULL),
    };
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        ck_assert_int_eq(statuses[i], DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_mask_tensor_count(NULL), -1);
    ck_assert_int_eq(dlc_mask_level_count(NULL), -1);
    ck_assert_int_eq(dlc_mask_weight_count(NULL), -1);
    ck_assert_int_eq(dlc_mask_current_level(NULL), -1);
}
END_TEST

/* ---- NaN and infinity (G8) ---- */

static const struct {
    int32_t dtype;
    unsigned char bits[8];
    const char *what;
} not_finite[] = {
    {DLC_DTYPE_F32, {0, 0, 0xC0, 0x7F}, "nan"},
    {DLC_DTYPE_F32, {0, 0, 0x80, 0xFF}, "infinite"},
    {DLC_DTYPE_F16, {1, 0x7C}, "nan"},
    {DLC_DTYPE_F16, {0, 0x7C}, "infinite"},
    {DLC_DTYPE_BF16, {0x81, 0xFF}, "nan"},
    {DLC_DTYPE_BF16, {0x80, 0x7F}, "infinite"},
    {DLC_DTYPE_F64, {1, 0, 0, 0, 0, 0, 0xF0, 0x7F}, "nan"},
    {DLC_DTYPE_F64, {0, 0, 0, 0, 0, 0, 0xF0, 0xFF}, "infinite"},
};

START_TEST(not_finite_weights) {
    enum { COUNT = 150000, PLACE = 140017 };
    const int64_t size = dlc_dtype_size(not_finite[_i].dtype);
    unsigned char *weights = calloc(COUNT, (size_t)size), whole[2] = {0};
    for (int32_t criterion = 0; criterion <= 1; criterion++) {
        memcpy(weights + PLACE * size, not_finite[_i].bits, (size_t)size);
        memcpy(weights + (PLACE + 3) * size, not_finite[_i].bits, (size_t)size);
        dlc_mask *mask = new_mask();
        ck_ok(dlc_mask_set_threads(mask, 2), message(mask));
        ck_ok(dlc_mask_set_criterion(mask, criterion), message(mask));
        ck_ok(dlc_mask_add_tensor(mask, "stem", DLC_DTYPE_F16, whole, 1, 1), message(mask));
        ck_ok(dlc_mask_add_tensor(mask, "conv1.weight", not_finite[_i].dtype, weights, COUNT, 1), message(mask));
        char expected[80];
        snprintf(expected, sizeof expected, "weight %d of tensor 'conv1.weight' is %s", PLACE, not_finite[_i].what);
        ck_assert_int_eq(dlc_mask_plan(mask), DLC_ERROR_DATA);
        ck_assert_str_eq(message(mask), expected);
        /* Mended, the same handle goes on. */
        memset(weights, 0, (size_t)(COUNT * size));
        ck_ok(dlc_mask_plan(mask), message(mask));
        dlc_mask_free(mask);
    }
    free(weights);
}
END_TEST

START_TEST(not_finite_where_it_does_not_matter) {
    float guarded[] = {NAN, INFINITY}, weights[] = {1, 2};
    dlc_mask *mask = new_mask();
    ck_ok(dlc_mask_add_tensor(mask, "bias", DLC_DTYPE_F32, guarded, 2, 0), message(mask));
    add_floats(mask, "w", weights, 2);
    ck_ok(dlc_mask_plan(mask), message(mask));
    dlc_mask_free(mask);
}
END_TEST

/* ---- Memory ---- */

static const struct {
    int32_t dtype;
    int64_t count;
    const char *schedule;
    int exact; /* the estimate is at most a tenth above */
} sizes[] = {
    {DLC_DTYPE_F32, 12000000, "geometric:0.02x50", 1},  {DLC_DTYPE_F64, 6000000, "linear:0.02-0.98x49", 0},
    {DLC_DTYPE_BF16, 20000000, "geometric:0.02x50", 1}, {DLC_DTYPE_F32, 12000000, "list:0.5,0.9,0.1", 1},
    {DLC_DTYPE_F32, 300, "geometric:0.02x50", 0},       {DLC_DTYPE_F16, 1, "linear:0-1x4000", 0},
    {DLC_DTYPE_F32, 100000, "linear:0-1x4000", 0},
};

START_TEST(estimate_holds) {
    counting_allocator used = {0, 0};
    dlc_allocator *allocator = counting_allocator_start(&used);
    dlc_mask *mask = NULL;
    ck_ok(dlc_mask_create(allocator, &mask), "create");
    dlc_allocator_free(allocator);
    const int64_t size = dlc_dtype_size(sizes[_i].dtype), count = sizes[_i].count;
    unsigned char *weights = malloc((size_t)(count * size));
    uint64_t state = 9;
    for (int64_t i = 0; i < count * size; i++)
        weights[i] = (unsigned char)(state = state * 5 + 3) & (i % size == size - 1 ? 0x2F : 0xFF);
    const int64_t half = count / 2;
    ck_ok(dlc_mask_add_tensor(mask, "a", sizes[_i].dtype, weights, half, 1), message(mask));
    ck_ok(dlc_mask_add_tensor(mask, "b", sizes[_i].dtype, weights + half * size, count - half, 1), message(mask));
    ck_ok(dlc_mask_set_schedule(mask, sizes[_i].schedule), message(mask));
    ck_ok(dlc_mask_set_threads(mask, 2), message(mask));
    int64_t estimate, after;
    ck_ok(dlc_mask_memory_estimate(mask, &estimate), message(mask));
    ck_ok(dlc_mask_plan(mask), message(mask));
    ck_ok(dlc_mask_apply(mask, 1), message(mask));
    ck_ok(dlc_mask_apply(mask, 2), message(mask));
    ck_ok(dlc_mask_memory_estimate(mask, &after), message(mask));
    ck_assert_int_eq(after, estimate);
    ck_assert_int_ge(estimate, used.peak);
    if (sizes[_i].exact)
        ck_assert_int_le(estimate, used.peak + used.peak / 10);
    ck_assert_int_le(estimate, used.peak + used.peak / 10 + (4 << 20));
    ck_ok(dlc_mask_restore(mask), message(mask));
    dlc_mask_free(mask);
    ck_assert_int_eq(used.held, 0);
    free(weights);
}
END_TEST

/* Wrong use that cannot go unnoticed: more weights than there is room for, or fewer than were counted. */
START_TEST(weights_that_are_not_those_of_the_plan) {
    enum { COUNT = 200000 };
    float *weights = make_weights(COUNT), *planned = malloc(COUNT * sizeof *weights),
          *changed = malloc(COUNT * sizeof *weights);
    ck_assert(planned && changed);
    memcpy(planned, weights, COUNT * sizeof *weights);
    dlc_mask *mask = new_mask();
    add_floats(mask, "w", weights, COUNT);
    ck_ok(dlc_mask_set_schedule(mask, "list:0.1,0.3,0.2"), message(mask));
    ck_ok(dlc_mask_set_threads(mask, 2), message(mask));
    ck_ok(dlc_mask_plan(mask), message(mask));
    ck_ok(dlc_mask_apply(mask, 0), message(mask));
    ck_ok(dlc_mask_restore(mask), message(mask));
    for (int more = 0; more < 2; more++) {
        for (int64_t i = 0; i < COUNT; i++)
            weights[i] = more ? 0 : 1e9F;
        memcpy(changed, weights, COUNT * sizeof *weights);
        ck_fails(dlc_mask_apply(mask, 2), DLC_ERROR_STATE, message(mask),
                 more ? "plan was made of: its deepest level would mask 200000 of them, not 60000"
                      : "plan was made of: its deepest level would mask 0 of them, not 60000");
        ck_assert_int_eq(dlc_mask_current_level(mask), -1);
        ck_assert(memcmp(weights, changed, COUNT * sizeof *weights) == 0);
    }
    memcpy(weights, planned, COUNT * sizeof *weights);
    ck_ok(dlc_mask_apply(mask, 2), message(mask));
    ck_ok(dlc_mask_restore(mask), message(mask));
    ck_assert(memcmp(weights, planned, COUNT * sizeof *weights) == 0);
    dlc_mask_free(mask);
    free(weights);
    free(planned);
    free(changed);
}
END_TEST

/* What a level was saved with is freed with the handle, and the buffers may be gone by then. */
START_TEST(free_while_a_level_is_applied) {
    float *weights = make_weights(1000);
    dlc_mask *mask = new_mask();
    add_floats(mask, "w", weights, 1000);
    ck_ok(dlc_mask_plan(mask), message(mask));
    ck_ok(dlc_mask_apply(mask, 30), message(mask));
    free(weights);
    dlc_mask_free(mask);
}
END_TEST

#define COUNT_OF(table) (int)(sizeof table / sizeof table[0])

Suite *tests(void) {
    Suite *suite = suite_create("mask usage");
    TCase *schedules = tcase_create("schedules");
    tcase_set_timeout(schedules, 60);
    tcase_add_test(schedules, published_schedule_is_the_default);
    tcase_add_test(schedules, halves_round_to_even);
    tcase_add_test(schedules, linear_and_list);
    tcase_add_loop_test(schedules, specs, 0, COUNT_OF(good_specs));
    tcase_add_loop_test(schedules, specs_do_not_depend_on_the_locale, 0, COUNT_OF(good_specs));
    tcase_add_loop_test(schedules, broken_specs, 0, COUNT_OF(bad_specs));
    tcase_add_test(schedules, a_million_levels);
    suite_add_tcase(suite, schedules);
    TCase *wrong = tcase_create("wrong use");
    tcase_set_timeout(wrong, 60);
    tcase_add_test(wrong, options_out_of_range);
    tcase_add_test(wrong, tensors_refused);
    tcase_add_test(wrong, calls_out_of_order);
    tcase_add_test(wrong, null_handle);
    tcase_add_loop_test(wrong, not_finite_weights, 0, COUNT_OF(not_finite));
    tcase_add_test(wrong, not_finite_where_it_does_not_matter);
    suite_add_tcase(suite, wrong);
    TCase *memory = tcase_create("memory");
    tcase_set_timeout(memory, 60);
    tcase_add_loop_test(memory, estimate_holds, 0, COUNT_OF(sizes));
    tcase_add_test(memory, weights_that_are_not_those_of_the_plan);
    tcase_add_test(memory, free_while_a_level_is_applied);
    suite_add_tcase(suite, memory);
    return suite;
}
