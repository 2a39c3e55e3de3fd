/*
 * response_fuzz.c - the input is a program of calls of dlc_response: pieces of logits of any bits, with any shapes,
 * strides, targets and masks. Buffers are exactly as large as the arguments say, and losses are held against the
 * definition, computed in long double.
 */
#include "fuzz.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 8, TOKENS_MAX = 6, VOCABULARY_MAX = 40, STRIDE_MAX = 300 };

typedef struct world {
    fuzz_input input;
    dlc_response *response;
    int32_t dtype;
    int64_t vocabulary;
    int32_t empty;
    /* The batch, and what it should come to. */
    int64_t rows; /* 0: none */
    long double sums[ROWS_MAX];
    int64_t counts[ROWS_MAX];
} world;

/* A number, cut down where it would be a promise of memory that is not there; absurd ones stay. */
static int64_t take_number(world *w, int64_t usual, int64_t most) {
    const int64_t number = fuzz_number(&w->input, usual);
    return number > most && number < INT64_C(1) << 48 ? most : number;
}

/* ---- The twin ---- */

static long double value_of(int32_t dtype, const unsigned char *at) {
    uint32_t bits = 0;
    float value = 0;
    if (dtype == DLC_DTYPE_F32) {
        memcpy(&value, at, sizeof value);
        return value;
    }
    bits = at[0] | (uint32_t)at[1] << 8;
    if (dtype == DLC_DTYPE_BF16) {
        bits <<= 16;
        memcpy(&value, &bits, sizeof value);
        return value;
    }
    const int exponent = (int)(bits >> 10 & 31U), fraction = (int)(bits & 1023U);
    const long double sign = bits >> 15 ? -1 : 1;
    if (exponent == 31)
        return fraction ? NAN : sign * INFINITY;
    return sign * (exponent ? ldexpl(1024 + fraction, exponent - 25) : ldexpl(fraction, -24));
}

/* -log softmax(logits)[target]. */
static long double loss_of(const world *w, const unsigned char *logits, int64_t target) {
    const int64_t size = dlc_dtype_size(w->dtype);
    long double most = -INFINITY, sum = 0;
    for (int64_t i = 0; i < w->vocabulary; i++)
        most = fmaxl(most, value_of(w->dtype, logits + i * size));
    for (int64_t i = 0; i < w->vocabulary; i++)
        sum += expl(value_of(w->dtype, logits + i * size) - most);
    return (most - value_of(w->dtype, logits + target * size)) + logl(sum);
}

/* ---- Calls ---- */

static void set_logits(world *w) {
    static const int32_t dtypes[] = {DLC_DTYPE_F32, DLC_DTYPE_F16, DLC_DTYPE_BF16, DLC_DTYPE_F32, DLC_DTYPE_F64, -1};
    const int32_t dtype = dtypes[fuzz_choice(&w->input, sizeof dtypes / sizeof dtypes[0])];
    const int64_t vocabulary = take_number(w, 9, VOCABULARY_MAX);
    if (fuzz_status(dlc_response_set_logits(w->response, dtype, vocabulary), dlc_response_message(w->response)) !=
        DLC_OK)
        return;
    w->dtype = dtype;
    w->vocabulary = vocabulary;
}

static void set_option(world *w) {
    const int32_t value = (int32_t)fuzz_number(&w->input, 2);
    if (fuzz_byte(&w->input) & 1) {
        if (fuzz_status(dlc_response_set_empty(w->response, value), dlc_response_message(w->response)) == DLC_OK)
            w->empty = value;
    } else if (value <= 4) {
        fuzz_status(dlc_response_set_threads(w->response, value), dlc_response_message(w->response));
    }
}

static void begin(world *w) {
    const int64_t rows = take_number(w, 4, ROWS_MAX);
    const dlc_status status = fuzz_status(dlc_response_begin(w->response, rows), dlc_response_message(w->response));
    fuzz_check(status != DLC_OK || (rows >= 1 && rows <= ROWS_MAX));
    if (status == DLC_OK || status == DLC_ERROR_MEMORY)
        w->rows = status == DLC_OK ? rows : 0;
    if (status == DLC_OK)
        for (int i = 0; i < ROWS_MAX; i++) {
            w->sums[i] = 0;
            w->counts[i] = 0;
        }
}

typedef struct piece {
    int64_t first, rows, tokens;
    int64_t row_stride, token_stride, targets_stride, mask_stride;
    unsigned char *logits;
    int64_t *targets;
    uint8_t *mask;
} piece;

/* Elements from the first to the last of a row of rows; 0 for none. */
static int64_t extent(int64_t rows, int64_t stride, int64_t inner) {
    if (rows < 1 || inner < 1)
        return 0;
    return (rows > 1 && stride > 0 ? (rows - 1) * stride : 0) + inner;
}

static void fill(world *w, piece *p) {
    const int64_t size = w->dtype ? dlc_dtype_size(w->dtype) : 4;
    const int64_t logits = extent(p->rows, p->row_stride, extent(p->tokens, p->token_stride, w->vocabulary));
    const int64_t targets = extent(p->rows, p->targets_stride, p->tokens);
    const int64_t mask = extent(p->rows, p->mask_stride, p->tokens);
    const int kind = fuzz_byte(&w->input);
    p->logits = malloc((size_t)(logits * size) + (logits == 0));
    p->targets = malloc((size_t)targets * sizeof *p->targets + (targets == 0));
    p->mask = kind & 1 ? malloc((size_t)mask + (mask == 0)) : NULL;
    fuzz_check(p->logits && p->targets && (p->mask || !(kind & 1)));
    /* Every byte at random is mostly no number worth looking at. */
    for (int64_t i = 0; i < logits * size; i++)
        p->logits[i] = kind & 2 ? fuzz_byte(&w->input) : (uint8_t)(i % size == size - 1 ? 0x3C + i % 5 : i * 37);
    for (int64_t i = 0; i < targets; i++)
        p->targets[i] = kind & 4                 ? fuzz_number(&w->input, w->vocabulary)
                        : kind & 8 && i % 3 == 1 ? DLC_RESPONSE_IGNORE
                                                 : 0;
    for (int64_t i = 0; p->mask && i < mask; i++)
        p->mask[i] = fuzz_byte(&w->input) & 3U;
}

/* The place of a token's logits, or NULL for one that does not count. */
static const unsigned char *counted(const world *w, const piece *p, int64_t row, int64_t token, int64_t *target) {
    const int64_t r = p->rows > 1 ? row : 0, t = p->tokens > 1 ? token : 0;
    *target = p->targets[r * (r > 0 ? p->targets_stride : 0) + t];
    if (p->mask ? !p->mask[r * (r > 0 ? p->mask_stride : 0) + t] : *target == DLC_RESPONSE_IGNORE)
        return NULL;
    return p->logits + (r * (r > 0 ? p->row_stride : 0) + t * (t > 0 ? p->token_stride : 0)) * dlc_dtype_size(w->dtype);
}

/* Whether the definition has a number for it: the target is there and not impossible, no logit is NaN or +infinity. */
static int is_usable(const world *w, const unsigned char *logits, int64_t target) {
    for (int64_t i = 0; i < w->vocabulary; i++)
        if (!(value_of(w->dtype, logits + i * dlc_dtype_size(w->dtype)) < INFINITY))
            return 0;
    return target >= 0 && target < w->vocabulary &&
           value_of(w->dtype, logits + target * dlc_dtype_size(w->dtype)) > -INFINITY;
}

/* What the library took adds to the sums; what it refused for its values must hold one that cannot be used. */
static void take_piece(world *w, const piece *p, int is_taken) {
    int unusable = 0;
    int64_t target = 0;
    for (int64_t r = 0; r < p->rows; r++)
        for (int64_t t = 0; t < p->tokens; t++) {
            const unsigned char *logits = counted(w, p, r, t, &target);
            if (!logits)
                continue;
            unusable += !is_usable(w, logits, target);
            if (is_taken && unusable == 0) {
                w->sums[p->first + r] += loss_of(w, logits, target);
                w->counts[p->first + r]++;
            }
        }
    fuzz_check(is_taken == (unusable == 0));
}

/* Strides from one of several to the next are promises of memory; what is not used may be absurd. */
static void choose_strides(world *w, piece *p) {
    int64_t *const strides[] = {&p->token_stride, &p->row_stride, &p->targets_stride, &p->mask_stride};
    const int is_usual = fuzz_byte(&w->input) & 1;
    const int64_t tokens = p->tokens > 0 ? p->tokens : 0;
    const int64_t usual[] = {w->vocabulary, tokens * w->vocabulary, tokens, tokens};
    for (int i = 0; i < 4; i++) {
        *strides[i] = is_usual ? usual[i] : fuzz_number(&w->input, i == 1 ? 200 : 40);
        if (*strides[i] > STRIDE_MAX && (i == 0 ? p->tokens : p->rows) > 1)
            *strides[i] = STRIDE_MAX;
    }
}

static void add(world *w) {
    piece p = {.first = fuzz_number(&w->input, 2), .rows = take_number(w, 3, ROWS_MAX)};
    p.tokens = take_number(w, 4, TOKENS_MAX);
    if (p.tokens > TOKENS_MAX)
        p.tokens = TOKENS_MAX;
    choose_strides(w, &p);
    const int64_t rows = p.rows;
    if (p.rows > ROWS_MAX) /* never in a batch, so nothing needs to be behind it */
        p.rows = 0;
    fill(w, &p);
    p.rows = rows;
    const dlc_status status =
        fuzz_status(dlc_response_add(w->response, p.first, p.rows, p.tokens, p.logits, p.row_stride, p.token_stride,
                                     p.targets, p.targets_stride, p.mask, p.mask_stride),
                    dlc_response_message(w->response));
    fuzz_check(status != DLC_OK || p.rows == 0 || (p.first >= 0 && p.first + p.rows <= w->rows));
    if (status == DLC_OK || status == DLC_ERROR_DATA)
        take_piece(w, &p, status == DLC_OK);
    free(p.logits);
    free(p.targets);
    free(p.mask);
}

static void check_loss(const world *w, int64_t row, float loss) {
    const long double wanted = w->counts[row] > 0 ? w->sums[row] / (long double)w->counts[row] : 0;
    fuzz_check(w->counts[row] > 0 || w->empty == DLC_EMPTY_ZERO);
    if (wanted > FLT_MAX)
        fuzz_check(loss == FLT_MAX);
    else
        fuzz_check(fabsl(loss - wanted) <= 1e-5L * wanted + 2e-6L);
}

static void get_losses(world *w) {
    const size_t rows = w->rows > 0 ? (size_t)w->rows : 1;
    float *losses = malloc(rows * sizeof *losses);
    int64_t *tokens = malloc(rows * sizeof *tokens);
    fuzz_check(losses && tokens);
    const dlc_status status =
        fuzz_status(dlc_response_get_losses(w->response, losses, tokens), dlc_response_message(w->response));
    fuzz_check(w->rows > 0 || status == DLC_ERROR_STATE);
    for (int64_t row = 0; status == DLC_OK && row < w->rows; row++) {
        fuzz_check(tokens[row] == w->counts[row]);
        check_loss(w, row, losses[row]);
    }
    free(losses);
    free(tokens);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static void (*const calls[])(world * w) = {set_logits, set_option, begin, add, add, add, get_losses};
    world w = {.input = {data, data + size}};
    fuzz_memory memory = {.limit = 1 << 20, .fail_at = fuzz_byte(&w.input) - 128};
    dlc_allocator *allocator = fuzz_allocator(&memory);
    if (fuzz_status(dlc_response_create(allocator, &w.response), "none") == DLC_OK)
        for (int step = 0; step < 60 && w.input.at < w.input.end; step++)
            calls[fuzz_choice(&w.input, sizeof calls / sizeof calls[0])](&w);
    dlc_response_free(w.response);
    fuzz_allocator_end(allocator, &memory);
    return 0;
}
