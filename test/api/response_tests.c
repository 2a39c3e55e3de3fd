/*
 * response_tests.c - dlc_response against a twin in long double, over dtypes, layouts, masks, pieces and threads; and
 * what it refuses, with its message.
 */
#include "support.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define message(response) dlc_response_message(response)

/* ---- Numbers of 16 bits, from the definitions of the formats ---- */

static float from_f16(uint16_t bits) {
    const int exponent = bits >> 10 & 31, mantissa = bits & 1023;
    const float sign = bits >> 15 ? -1.0F : 1.0F;
    if (exponent == 31)
        return mantissa == 0 ? sign * INFINITY : NAN;
    return sign * (exponent == 0 ? ldexpf((float)mantissa, -24) : ldexpf((float)(1024 + mantissa), exponent - 25));
}

static float from_bf16(uint16_t bits) {
    const uint32_t word = (uint32_t)bits << 16;
    float value;
    memcpy(&value, &word, sizeof value);
    return value;
}

static uint16_t half_bits(const void *at) {
    uint16_t bits;
    memcpy(&bits, at, sizeof bits);
    return bits;
}

static float logit_at(int32_t dtype, const unsigned char *logits, int64_t element) {
    float value;
    if (dtype == DLC_DTYPE_F16)
        return from_f16(half_bits(logits + element * 2));
    if (dtype == DLC_DTYPE_BF16)
        return from_bf16(half_bits(logits + element * 2));
    memcpy(&value, logits + element * 4, sizeof value);
    return value;
}

/* ---- A batch of random logits ---- */

typedef struct batch {
    int32_t dtype;
    int64_t size, rows, tokens, vocabulary;
    int64_t row_stride, token_stride;
    unsigned char *block;  /* to free */
    unsigned char *logits; /* at an odd address */
    int64_t *targets;      /* [rows, tokens] */
    uint8_t *mask;         /* [rows, tokens] */
} batch;

/* float32: -20 to 10, evenly. The others: -20 to 20, every number of the format as likely as any other. */
static void put_logit(const batch *b, int64_t element, uint64_t *seed) {
    const double drawn = test_uniform(seed) * 30 - 20;
    if (b->dtype == DLC_DTYPE_F32) {
        const float value = (float)drawn;
        memcpy(b->logits + element * 4, &value, sizeof value);
        return;
    }
    const uint16_t magnitude = (uint16_t)(test_uniform(seed) * (b->dtype == DLC_DTYPE_F16 ? 0x4D00 : 0x41A0));
    const uint16_t bits = (uint16_t)(magnitude | (drawn < 0 ? 0x8000U : 0U));
    memcpy(b->logits + element * 2, &bits, sizeof bits);
}

/* time_major: [tokens, rows, vocabulary] with gaps, else [rows, tokens, vocabulary]. */
static batch make(int32_t dtype, int64_t rows, int64_t tokens, int64_t vocabulary, int time_major) {
    batch b = {.dtype = dtype, .size = dlc_dtype_size(dtype), .rows = rows, .tokens = tokens, .vocabulary = vocabulary};
    b.token_stride = time_major ? rows * (vocabulary + 3) : vocabulary;
    b.row_stride = time_major ? vocabulary + 3 : tokens * vocabulary;
    const int64_t elements = rows * tokens * (vocabulary + 3);
    b.block = malloc((size_t)(elements * b.size) + 1);
    b.targets = malloc((size_t)(rows * tokens) * sizeof *b.targets);
    b.mask = malloc((size_t)(rows * tokens));
    ck_assert(b.block && b.targets && b.mask);
    b.logits = b.block + 1;
    uint64_t seed = (uint64_t)(vocabulary + 7 * dtype);
    for (int64_t i = 0; i < elements; i++)
        put_logit(&b, i, &seed);
    for (int64_t i = 0; i < rows * tokens; i++) {
        b.mask[i] = test_uniform(&seed) < 0.6 || i % tokens == tokens - 1;
        b.targets[i] = b.mask[i] ? (int64_t)(test_uniform(&seed) * (double)vocabulary) : DLC_RESPONSE_IGNORE;
    }
    return b;
}

static void drop(batch *b) {
    free(b->block);
    free(b->targets);
    free(b->mask);
}

static unsigned char *token_at(const batch *b, int64_t row, int64_t token) {
    return b->logits + (row * b->row_stride + token * b->token_stride) * b->size;
}

/* The definition, in long double. */
static long double twin(const batch *b, int64_t row) {
    long double sum = 0;
    int64_t count = 0;
    for (int64_t t = 0; t < b->tokens; t++) {
        if (!b->mask[row * b->tokens + t])
            continue;
        const unsigned char *logits = token_at(b, row, t);
        long double top = -INFINITY, total = 0;
        for (int64_t v = 0; v < b->vocabulary; v++)
            top = fmaxl(top, (long double)logit_at(b->dtype, logits, v));
        for (int64_t v = 0; v < b->vocabulary; v++)
            total += expl((long double)logit_at(b->dtype, logits, v) - top);
        sum += logl(total) + top - (long double)logit_at(b->dtype, logits, b->targets[row * b->tokens + t]);
        count++;
    }
    return count > 0 ? sum / (long double)count : 0;
}

static dlc_response *created(const dlc_allocator *allocator, int32_t dtype, int64_t vocabulary) {
    dlc_response *response;
    ck_ok(dlc_response_create(allocator, &response), "create");
    ck_assert_str_eq(message(response), "");
    ck_ok(dlc_response_set_logits(response, dtype, vocabulary), message(response));
    return response;
}

/* Tokens `token` to token + tokens - 1 of rows `first` to first + rows - 1. */
static dlc_status add(dlc_response *response, const batch *b, int64_t first, int64_t rows, int64_t token,
                      int64_t tokens) {
    const int64_t at = first * b->tokens + token;
    return dlc_response_add(response, first, rows, tokens, token_at(b, first, token), b->row_stride, b->token_stride,
                            b->targets + at, b->tokens, b->mask + at, b->tokens);
}

static void losses_of(dlc_response *response, const batch *b, float *losses, int64_t *tokens) {
    ck_ok(dlc_response_begin(response, b->rows), message(response));
    ck_ok(add(response, b, 0, b->rows, 0, b->tokens), message(response));
    ck_ok(dlc_response_get_losses(response, losses, tokens), message(response));
}

/* ---- Values ---- */

static const int32_t dtypes[] = {DLC_DTYPE_F32, DLC_DTYPE_F16, DLC_DTYPE_BF16};
static const int64_t vocabularies[] = {1, 2, 15, 16, 17, 256, 2047, 2048, 2063, 4099, 150000};

START_TEST(the_definition_in_long_double) {
    enum { ROWS = 3, TOKENS = 4 };
    const int32_t dtype = dtypes[_i % 3];
    for (size_t v = 0; v < sizeof vocabularies / sizeof *vocabularies; v++)
        for (int time_major = 0; time_major < 2; time_major++) {
            batch b = make(dtype, ROWS, TOKENS, vocabularies[v], time_major);
            dlc_response *response = created(NULL, dtype, b.vocabulary);
            float losses[ROWS];
            int64_t tokens[ROWS];
            losses_of(response, &b, losses, tokens);
            for (int64_t row = 0; row < ROWS; row++) {
                const double expected = (double)twin(&b, row);
                ck_assert_msg(fabs((double)losses[row] - expected) <= 1e-6 * expected + 1e-7, "%s, %d: %.9g, not %.9g",
                              dlc_dtype_name(dtype), (int)b.vocabulary, (double)losses[row], expected);
                int64_t counted = 0;
                for (int64_t t = 0; t < TOKENS; t++)
                    counted += b.mask[row * TOKENS + t];
                ck_assert_int_eq(tokens[row], counted);
            }
            dlc_response_free(response);
            drop(&b);
        }
}
END_TEST

/* One token of a vocabulary of three. */
static float loss_of_three(float a, float b, float c, int64_t target) {
    const float logits[] = {a, b, c};
    const uint8_t mask = 1;
    float loss = -1;
    dlc_response *response = created(NULL, DLC_DTYPE_F32, 3);
    ck_ok(dlc_response_begin(response, 1), message(response));
    ck_ok(dlc_response_add(response, 0, 1, 1, logits, 0, 0, &target, 0, &mask, 0), message(response));
    ck_ok(dlc_response_get_losses(response, &loss, NULL), message(response));
    dlc_response_free(response);
    return loss;
}

static int close_to(float value, double expected) {
    return fabs((double)value - expected) <= 5e-6 * expected;
}

START_TEST(extreme_logits) {
    ck_assert(close_to(loss_of_three(0, 0, 0, 1), log(3)));
    ck_assert(close_to(loss_of_three(1e30F, 1e30F, 1e30F, 2), log(3)));
    ck_assert(loss_of_three(-1e38F, -1e38F, 3e38F, 0) == FLT_MAX);
    ck_assert(loss_of_three(-3e38F, 0, 3e38F, 2) == 0);
    ck_assert(loss_of_three(-3e38F, 0, 3e38F, 0) == FLT_MAX);
    ck_assert(close_to(loss_of_three(-3e38F, 0, 0, 0), 3e38));
    ck_assert(close_to(loss_of_three(-1e38F, 0, -INFINITY, 0), 1e38));
    ck_assert(close_to(loss_of_three(-INFINITY, 0, 0, 2), log(2)));
    ck_assert(loss_of_three(-INFINITY, -INFINITY, -7, 2) == 0);
    ck_assert(close_to(loss_of_three(-10, 0, -INFINITY, 1), log1p(exp(-10))));
    ck_assert(close_to(loss_of_three(-13, 0, -13, 1), log1p(2 * exp(-13))));
    ck_assert(close_to(loss_of_three(13, 0, 13, 1), 13 + log(2)));
    ck_assert(close_to(loss_of_three(FLT_TRUE_MIN, 0, -FLT_TRUE_MIN, 0), log(3)));
}
END_TEST

/* The largest logit comes last, first, or in between: the sum so far must shrink. Once more with most of the vocabulary
 * masked. */
START_TEST(the_largest_anywhere) {
    enum { VOCABULARY = 10000 };
    float *logits = malloc(VOCABULARY * sizeof *logits);
    const int64_t places[] = {0, 1, 2047, 2048, 5000, 9983, 9984, 9999};
    for (size_t p = 0; p < sizeof places / sizeof *places; p++) {
        for (int64_t v = 0; v < VOCABULARY; v++)
            logits[v] = (float)v * 1e-4F;
        logits[places[p]] = 12;
        batch b = {.dtype = DLC_DTYPE_F32, .size = 4, .rows = 1, .tokens = 1, .vocabulary = VOCABULARY};
        int64_t target = 77;
        uint8_t mask = 1;
        b.logits = (unsigned char *)logits;
        b.targets = &target;
        b.mask = &mask;
        float loss;
        dlc_response *response = created(NULL, DLC_DTYPE_F32, VOCABULARY);
        losses_of(response, &b, &loss, NULL);
        ck_assert(close_to(loss, (double)twin(&b, 0)));
        for (int64_t v = 0; v < VOCABULARY; v++)
            if (v != places[p] && v != target && v % 5000 < 4990)
                logits[v] = -INFINITY;
        losses_of(response, &b, &loss, NULL);
        ck_assert(close_to(loss, (double)twin(&b, 0)));
        dlc_response_free(response);
    }
    free(logits);
}
END_TEST

/* ---- What counts ---- */

START_TEST(what_does_not_count_is_never_looked_at) {
    for (int i = 0; i < 3; i++) {
        batch b = make(dtypes[i], 4, 6, 40, 0);
        dlc_response *response = created(NULL, b.dtype, b.vocabulary);
        float clean[4], dirty[4], unmasked[4];
        losses_of(response, &b, clean, NULL);
        for (int64_t place = 0; place < 24; place++)
            if (!b.mask[place]) {
                memset(b.logits + place * b.vocabulary * b.size, 0xFF, (size_t)(b.vocabulary * b.size)); /* NaN */
                b.targets[place] = place % 2 ? INT64_MAX : INT64_MIN;
            } else {
                b.mask[place] = (uint8_t)(1 + place * 10);
            }
        losses_of(response, &b, dirty, NULL);
        ck_assert(memcmp(clean, dirty, sizeof clean) == 0);

        /* Without a mask DLC_RESPONSE_IGNORE says the same. */
        for (int64_t place = 0; place < 24; place++)
            if (!b.mask[place])
                b.targets[place] = DLC_RESPONSE_IGNORE;
        ck_ok(dlc_response_begin(response, 4), message(response));
        ck_ok(dlc_response_add(response, 0, 4, 6, b.logits, b.row_stride, b.token_stride, b.targets, 6, NULL, 0),
              message(response));
        ck_ok(dlc_response_get_losses(response, unmasked, NULL), message(response));
        ck_assert(memcmp(clean, unmasked, sizeof clean) == 0);
        dlc_response_free(response);
        drop(&b);
    }
}
END_TEST

/* The shift of the header: the same as logits without their last token and targets without their first. */
START_TEST(shift_by_strides) {
    enum { ROWS = 3, TOKENS = 7, VOCABULARY = 11 };
    batch b = make(DLC_DTYPE_F32, ROWS, TOKENS, VOCABULARY, 0);
    int64_t ids[ROWS * TOKENS];
    uint8_t mask[ROWS * TOKENS];
    for (int64_t i = 0; i < ROWS * TOKENS; i++) {
        ids[i] = i * 5 % VOCABULARY;
        mask[i] = i % TOKENS > 2;
    }
    dlc_response *response = created(NULL, DLC_DTYPE_F32, VOCABULARY);
    float losses[ROWS];
    ck_ok(dlc_response_begin(response, ROWS), message(response));
    ck_ok(dlc_response_add(response, 0, ROWS, TOKENS - 1, b.logits, TOKENS * VOCABULARY, VOCABULARY, ids + 1, TOKENS,
                           mask + 1, TOKENS),
          message(response));
    ck_ok(dlc_response_get_losses(response, losses, NULL), message(response));
    for (int64_t row = 0; row < ROWS; row++) { /* position t predicts the id at t + 1 */
        for (int64_t t = 0; t < TOKENS; t++) {
            b.targets[row * TOKENS + t] = t + 1 < TOKENS ? ids[row * TOKENS + t + 1] : 0;
            b.mask[row * TOKENS + t] = t + 1 < TOKENS && t + 1 > 2;
        }
        ck_assert(close_to(losses[row], (double)twin(&b, row)));
    }
    dlc_response_free(response);
    drop(&b);
}
END_TEST

/* ---- Pieces and threads change nothing ---- */

START_TEST(pieces_make_the_same_bits) {
    enum { ROWS = 5, TOKENS = 12 };
    for (int time_major = 0; time_major < 2; time_major++) {
        batch b = make(DLC_DTYPE_BF16, ROWS, TOKENS, 300, time_major);
        dlc_response *response = created(NULL, b.dtype, b.vocabulary);
        float whole[ROWS], pieces[ROWS];
        int64_t whole_tokens[ROWS], tokens[ROWS];
        losses_of(response, &b, whole, whole_tokens);
        for (int64_t length = 1; length <= TOKENS; length += 3) {
            ck_ok(dlc_response_begin(response, ROWS), message(response));
            for (int64_t token = 0; token < TOKENS; token += length) {
                const int64_t some = token + length < TOKENS ? length : TOKENS - token;
                ck_ok(add(response, &b, 3, 2, token, some), message(response));
                ck_ok(add(response, &b, 0, 3, token, some), message(response));
                ck_ok(add(response, &b, 1, 0, token, some), message(response));
                ck_ok(add(response, &b, 0, 3, token, 0), message(response));
            }
            ck_ok(dlc_response_get_losses(response, pieces, tokens), message(response));
            ck_assert(memcmp(whole, pieces, sizeof whole) == 0 && memcmp(whole_tokens, tokens, sizeof tokens) == 0);
        }
        dlc_response_free(response);
        drop(&b);
    }
}
END_TEST

START_TEST(threads_make_the_same_bits) {
    enum { ROWS = 6, TOKENS = 40 };
    for (int i = 0; i < 2; i++) {
        batch b = make(DLC_DTYPE_F16, ROWS, TOKENS, i == 0 ? 20000 : 400, 0);
        dlc_response *response = created(NULL, b.dtype, b.vocabulary);
        float one[ROWS], more[ROWS];
        losses_of(response, &b, one, NULL);
        const int32_t counts[] = {2, 3, 8, 0};
        for (int c = 0; c < 4; c++) {
            ck_ok(dlc_response_set_threads(response, counts[c]), message(response));
            losses_of(response, &b, more, NULL);
            ck_assert(memcmp(one, more, sizeof one) == 0);
        }
        dlc_response_free(response);
        drop(&b);
    }
}
END_TEST

/* ---- Refusals ---- */

START_TEST(null_handles) {
    float loss;
    ck_assert_int_eq(dlc_response_create(NULL, NULL), DLC_ERROR_ARGUMENT);
    dlc_response_free(NULL);
    ck_assert_str_eq(dlc_response_message(NULL), "the handle is NULL");
    ck_assert_int_eq(dlc_response_set_logits(NULL, DLC_DTYPE_F32, 1), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_response_set_empty(NULL, DLC_EMPTY_ZERO), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_response_set_threads(NULL, 1), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_response_begin(NULL, 1), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_response_add(NULL, 0, 0, 0, NULL, 0, 0, NULL, 0, NULL, 0), DLC_ERROR_ARGUMENT);
    ck_assert_int_eq(dlc_response_get_losses(NULL, &loss, NULL), DLC_ERROR_ARGUMENT);
}
END_TEST

START_TEST(wrong_settings) {
    dlc_response *response = created(NULL, DLC_DTYPE_F32, 5);
    ck_fails(dlc_response_set_logits(response, DLC_DTYPE_F64, 5), DLC_ERROR_ARGUMENT, message(response),
             "dtype 4 (float64) is none of logits");
    ck_fails(dlc_response_set_logits(response, 99, 5), DLC_ERROR_ARGUMENT, message(response), "dtype 99");
    ck_fails(dlc_response_set_logits(response, DLC_DTYPE_F32, 0), DLC_ERROR_ARGUMENT, message(response),
             "vocabulary 0 is not in 1..16777216");
    ck_fails(dlc_response_set_logits(response, DLC_DTYPE_F32, 16777217), DLC_ERROR_ARGUMENT, message(response),
             "16777217");
    ck_fails(dlc_response_set_empty(response, 2), DLC_ERROR_ARGUMENT, message(response), "empty 2 is unknown");
    ck_fails(dlc_response_set_threads(response, -1), DLC_ERROR_ARGUMENT, message(response), "threads -1");
    ck_fails(dlc_response_set_threads(response, 1025), DLC_ERROR_ARGUMENT, message(response), "threads 1025");
    dlc_response_free(response);
}
END_TEST

START_TEST(wrong_order_of_calls) {
    const float logits[2] = {0};
    const int64_t target = 0;
    float loss;
    dlc_response *response;
    ck_ok(dlc_response_create(NULL, &response), "create");
    ck_fails(dlc_response_get_losses(response, &loss, NULL), DLC_ERROR_STATE, message(response), "no batch was begun");
    ck_ok(dlc_response_begin(response, 1), message(response));
    ck_fails(dlc_response_add(response, 0, 1, 1, logits, 2, 2, &target, 1, NULL, 0), DLC_ERROR_STATE, message(response),
             "the logits are not described yet");
    dlc_response_free(response);
    response = created(NULL, DLC_DTYPE_F32, 2);
    ck_fails(dlc_response_add(response, 0, 1, 1, logits, 2, 2, &target, 1, NULL, 0), DLC_ERROR_STATE, message(response),
             "no batch was begun");
    dlc_response_free(response);
}
END_TEST

START_TEST(wrong_shapes) {
    enum { ROWS = 3, TOKENS = 4, VOCABULARY = 5 };
    batch b = make(DLC_DTYPE_F32, ROWS, TOKENS, VOCABULARY, 0);
    dlc_response *response = created(NULL, DLC_DTYPE_F32, VOCABULARY);
    float losses[ROWS], before[ROWS];
    losses_of(response, &b, before, NULL);
    const struct {
        int64_t first, rows, tokens, row_stride, token_stride, targets_stride, mask_stride;
        const char *part;
    } cases[] = {
        {-1, 1, 4, 20, 5, 4, 4, "1 rows from row -1 on are not within the batch of 3"},
        {0, 4, 4, 20, 5, 4, 4, "4 rows from row 0 on"},
        {3, 1, 4, 20, 5, 4, 4, "1 rows from row 3 on"},
        {0, -1, 4, 20, 5, 4, 4, "-1 rows"},
        {INT64_MAX, 3, 4, 20, 5, 4, 4, "from row 9223372036854775807"},
        {0, 3, -1, 20, 5, 4, 4, "tokens -1 is negative or too large"},
        {0, 3, INT64_MAX, 20, 5, 4, 4, "tokens 9223372036854775807 is negative or too large"},
        {0, 3, 4, 4, 5, 4, 4, "row stride 4 is less than 5"},
        {0, 3, 4, INT64_MAX, 5, 4, 4, "row stride 9223372036854775807 is too large"},
        {0, 3, 4, 20, 4, 4, 4, "token stride 4 is less than 5"},
        {0, 3, 4, 20, INT64_MIN, 4, 4, "token stride -9223372036854775808"},
        {0, 3, 4, 20, 5, 3, 4, "targets stride 3 is less than 4"},
        {0, 3, 4, 20, 5, 4, 3, "mask stride 3 is less than 4"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_fails(dlc_response_add(response, cases[i].first, cases[i].rows, cases[i].tokens, b.logits,
                                  cases[i].row_stride, cases[i].token_stride, b.targets, cases[i].targets_stride,
                                  b.mask, cases[i].mask_stride),
                 DLC_ERROR_ARGUMENT, message(response), cases[i].part);
    ck_fails(dlc_response_add(response, 0, 3, 4, NULL, 20, 5, b.targets, 4, b.mask, 4), DLC_ERROR_ARGUMENT,
             message(response), "logits is NULL");
    ck_fails(dlc_response_add(response, 0, 3, 4, b.logits, 20, 5, NULL, 4, b.mask, 4), DLC_ERROR_ARGUMENT,
             message(response), "targets is NULL");
    ck_fails(dlc_response_get_losses(response, NULL, NULL), DLC_ERROR_ARGUMENT, message(response), "losses is NULL");
    ck_fails(dlc_response_begin(response, 0), DLC_ERROR_ARGUMENT, message(response), "rows 0 is not 1 or more");

    /* None of that has changed the batch. */
    ck_ok(dlc_response_get_losses(response, losses, NULL), message(response));
    ck_assert(memcmp(losses, before, sizeof losses) == 0);
    dlc_response_free(response);
    drop(&b);
}
END_TEST

/* A bad logit or target is named, and the piece it came in counts as not given. */
START_TEST(data_that_cannot_be_used) {
    enum { ROWS = 4, TOKENS = 5, VOCABULARY = 70 };
    const uint32_t nan32 = 0x7FC00000, negative_nan32 = 0xFF800001, infinity32 = 0x7F800000;
    const uint16_t nan16 = 0x7E01, infinity16 = 0x7C00, nan_bf16 = 0xFFC0, infinity_bf16 = 0x7F80;
    const struct {
        int32_t dtype;
        const void *bits;
        const char *name;
    } cases[] = {
        {DLC_DTYPE_F32, &nan32, "NaN"},
        {DLC_DTYPE_F32, &negative_nan32, "NaN"},
        {DLC_DTYPE_F32, &infinity32, "infinity"},
        {DLC_DTYPE_F16, &nan16, "NaN"},
        {DLC_DTYPE_F16, &infinity16, "infinity"},
        {DLC_DTYPE_BF16, &nan_bf16, "NaN"},
        {DLC_DTYPE_BF16, &infinity_bf16, "infinity"},
    };
    char expected[128];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        batch b = make(cases[i].dtype, ROWS, TOKENS, VOCABULARY, 0);
        memset(b.mask, 1, ROWS * TOKENS);
        for (int64_t place = 0; place < ROWS * TOKENS; place++)
            b.targets[place] = 3;
        dlc_response *response = created(NULL, b.dtype, VOCABULARY);
        float losses[2];
        ck_ok(dlc_response_set_threads(response, 4), message(response));
        ck_ok(dlc_response_set_empty(response, DLC_EMPTY_ZERO), message(response));
        ck_ok(dlc_response_begin(response, 2), message(response));
        for (int64_t entry = 0; entry < VOCABULARY; entry += 23) {
            /* Two tokens of the piece, rows 2 and 3 of the data, are at fault: the first is named. */
            unsigned char saved[2][4];
            unsigned char *at[] = {token_at(&b, 2, 4) + entry * b.size, token_at(&b, 3, 0)};
            for (int k = 0; k < 2; k++) {
                memcpy(saved[k], at[k], (size_t)b.size);
                memcpy(at[k], cases[i].bits, (size_t)b.size);
            }
            snprintf(expected, sizeof expected, "logit %d of row 0, token 4 is %s", (int)entry, cases[i].name);
            ck_fails(dlc_response_add(response, 0, 2, TOKENS, token_at(&b, 2, 0), b.row_stride, b.token_stride,
                                      b.targets, TOKENS, NULL, 0),
                     DLC_ERROR_DATA, message(response), expected);
            for (int k = 0; k < 2; k++)
                memcpy(at[k], saved[k], (size_t)b.size);
        }
        int64_t tokens[2];
        ck_ok(dlc_response_get_losses(response, losses, tokens), message(response));
        ck_assert(losses[0] == 0 && tokens[0] == 0 && tokens[1] == 0);
        dlc_response_free(response);
        drop(&b);
    }
}
END_TEST

/* Whichever thread finds its token's fault first, the first token is named. */
START_TEST(first_of_several_faults) {
    enum { TOKENS = 4, VOCABULARY = 1000000 };
    batch b = make(DLC_DTYPE_F32, 1, TOKENS, VOCABULARY, 0);
    memset(b.mask, 1, TOKENS);
    memset(b.targets, 0, TOKENS * sizeof *b.targets);
    dlc_response *response = created(NULL, DLC_DTYPE_F32, VOCABULARY);
    ck_ok(dlc_response_set_threads(response, TOKENS), message(response));
    for (int repeat = 0; repeat < 60; repeat++) {
        for (int64_t t = 0; t < TOKENS; t++) {
            const float nothing = 0, fault = NAN;
            const int64_t early = VOCABULARY / 2 * 4, late = VOCABULARY * 4 - 4;
            const int is_early = (t + repeat) % 2 == 1;
            memcpy(token_at(&b, 0, t) + (is_early ? late : early), &nothing, sizeof nothing);
            memcpy(token_at(&b, 0, t) + (is_early ? early : late), &fault, sizeof fault);
        }
        ck_ok(dlc_response_begin(response, 1), message(response));
        ck_fails(add(response, &b, 0, 1, 0, TOKENS), DLC_ERROR_DATA, message(response),
                 repeat % 2 ? "logit 500000 of row 0, token 0 is NaN" : "logit 999999 of row 0, token 0 is NaN");
    }
    dlc_response_free(response);
    drop(&b);
}
END_TEST

START_TEST(targets_that_cannot_be_used) {
    enum { TOKENS = 3, VOCABULARY = 20 };
    batch b = make(DLC_DTYPE_F32, 2, TOKENS, VOCABULARY, 0);
    memset(b.mask, 1, (size_t)2 * TOKENS);
    memset(b.targets, 0, (size_t)2 * TOKENS * sizeof *b.targets);
    dlc_response *response = created(NULL, DLC_DTYPE_F32, VOCABULARY);
    ck_ok(dlc_response_begin(response, 2), message(response));
    b.targets[4] = 20;
    ck_fails(add(response, &b, 0, 2, 0, TOKENS), DLC_ERROR_DATA, message(response),
             "target 20 of row 1, token 1 is not within the vocabulary of 20");
    b.targets[4] = -1;
    ck_fails(add(response, &b, 0, 2, 0, TOKENS), DLC_ERROR_DATA, message(response), "target -1 of row 1, token 1");
    b.targets[4] = DLC_RESPONSE_IGNORE; /* the mask says that it counts */
    ck_fails(add(response, &b, 0, 2, 0, TOKENS), DLC_ERROR_DATA, message(response), "target -100 of row 1, token 1");
    b.targets[4] = 7;
    const float none = -INFINITY;
    memcpy(token_at(&b, 1, 1) + 7 * sizeof none, &none, sizeof none);
    ck_fails(add(response, &b, 0, 2, 0, TOKENS), DLC_ERROR_DATA, message(response),
             "the logit of the target (7) of row 1, token 1 is -infinity");
    b.targets[4] = 6; /* legal for any other */
    ck_ok(add(response, &b, 0, 2, 0, TOKENS), message(response));
    dlc_response_free(response);
    drop(&b);
}
END_TEST

START_TEST(empty_responses) {
    enum { ROWS = 3, TOKENS = 2 };
    batch b = make(DLC_DTYPE_F32, ROWS, TOKENS, 9, 0);
    b.mask[2] = b.mask[3] = 0;
    dlc_response *response = created(NULL, DLC_DTYPE_F32, 9);
    float losses[ROWS] = {-1, -1, -1};
    int64_t tokens[ROWS];
    ck_ok(dlc_response_begin(response, ROWS), message(response));
    ck_ok(add(response, &b, 0, ROWS, 0, TOKENS), message(response));
    ck_fails(dlc_response_get_losses(response, losses, tokens), DLC_ERROR_DATA, message(response),
             "row 1 has no response token");
    ck_assert(losses[0] == -1 && losses[2] == -1);
    ck_ok(dlc_response_set_empty(response, DLC_EMPTY_ZERO), message(response));
    ck_ok(dlc_response_get_losses(response, losses, tokens), message(response));
    ck_assert(losses[0] > 0 && losses[1] == 0 && losses[2] > 0);
    ck_assert_int_eq(tokens[1], 0);
    dlc_response_free(response);
    drop(&b);
}
END_TEST

/* Losses go into a scorer without labels, as in a run. */
START_TEST(into_a_scorer) {
    enum { ROWS = 4, TOKENS = 3, LEVELS = 2 };
    dlc_score *score;
    ck_ok(dlc_score_create(NULL, &score), "create");
    ck_ok(dlc_score_set_samples(score, ROWS, NULL, 0), dlc_score_message(score));
    ck_ok(dlc_score_set_head(score, DLC_HEAD_LOSS, 1), dlc_score_message(score));
    ck_ok(dlc_score_set_levels(score, LEVELS), dlc_score_message(score));
    long double expected[ROWS] = {0};
    dlc_response *response = created(NULL, DLC_DTYPE_F16, 33);
    for (int64_t level = 0; level < LEVELS; level++) {
        batch b = make(DLC_DTYPE_F16, ROWS, TOKENS, 33, (int)level);
        float losses[ROWS];
        losses_of(response, &b, losses, NULL);
        ck_ok(dlc_score_begin_level(score, level), dlc_score_message(score));
        ck_ok(dlc_score_observe(score, 0, NULL, ROWS, losses, 1), dlc_score_message(score));
        ck_ok(dlc_score_end_level(score), dlc_score_message(score));
        for (int64_t row = 0; row < ROWS; row++)
            expected[row] += twin(&b, row) / LEVELS;
        drop(&b);
    }
    float scores[ROWS];
    ck_ok(dlc_score_get_scores(score, scores), dlc_score_message(score));
    for (int64_t row = 0; row < ROWS; row++)
        ck_assert(close_to(scores[row], (double)expected[row]));
    dlc_response_free(response);
    dlc_score_free(score);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("response");
    TCase *values = tcase_create("values");
    tcase_set_timeout(values, 120);
    tcase_add_loop_test(values, the_definition_in_long_double, 0, 3);
    tcase_add_test(values, extreme_logits);
    tcase_add_test(values, the_largest_anywhere);
    tcase_add_test(values, what_does_not_count_is_never_looked_at);
    tcase_add_test(values, shift_by_strides);
    tcase_add_test(values, pieces_make_the_same_bits);
    tcase_add_test(values, threads_make_the_same_bits);
    tcase_add_test(values, into_a_scorer);
    suite_add_tcase(suite, values);
    TCase *refusals = tcase_create("refusals");
    tcase_set_timeout(refusals, 60);
    tcase_add_test(refusals, null_handles);
    tcase_add_test(refusals, wrong_settings);
    tcase_add_test(refusals, wrong_order_of_calls);
    tcase_add_test(refusals, wrong_shapes);
    tcase_add_test(refusals, data_that_cannot_be_used);
    tcase_add_test(refusals, first_of_several_faults);
    tcase_add_test(refusals, targets_that_cannot_be_used);
    tcase_add_test(refusals, empty_responses);
    suite_add_tcase(suite, refusals);
    return suite;
}
