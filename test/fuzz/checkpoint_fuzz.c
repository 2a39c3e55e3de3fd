/*
 * checkpoint_fuzz.c - checkpoints that something has happened to. The input says what kind of run it is, where it is
 * stopped, what is changed in the checkpoint that it leaves - bytes here and there, the length, or all of it - whether
 * the seals are made to fit again, and how the read callback misbehaves. Then the run goes on.
 *
 * An untouched checkpoint leads to the bits of a run that was never stopped (G5). One whose seals do not fit is
 * refused. Whatever is in one whose seals do fit, the weights are what they were (G1), and scores are numbers. And a
 * refusal leaves a run that can start anew.
 */
#include "fuzz.h"

#include "base/hash.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SAMPLES = 5, CLASSES = 2, WIDTH = 2, WEIGHTS = 8, LEVELS = 3, ROOM = 8192, SEAL = 16 };

typedef struct world {
    fuzz_input input;
    dlc_score *score;
    dlc_run *run;
    int calls, stop_at; /* of the forward callback; -1: never */

    uint8_t bytes[ROOM]; /* the last checkpoint */
    size_t size;
    uint8_t pending[ROOM];
    size_t pending_size;
    size_t read_at;
    int read_trouble; /* 0: none */
} world;

static const float own_weights[WEIGHTS] = {0.5F, -0.25F, 2, -3, 0.125F, 1, 0, -0.5F};
static float weights[WEIGHTS];

/* A mask of each schedule, planned once: that takes longer than all the rest. */
static dlc_mask *mask_of(int starts_unmasked) {
    static dlc_mask *masks[2];
    dlc_mask **mask = &masks[starts_unmasked];
    if (*mask)
        return *mask;
    memcpy(weights, own_weights, sizeof weights);
    fuzz_check(dlc_mask_create(NULL, mask) == DLC_OK);
    fuzz_check(dlc_mask_add_tensor(*mask, "w", DLC_DTYPE_F32, weights, WEIGHTS, 1) == DLC_OK);
    fuzz_check(dlc_mask_set_schedule(*mask, starts_unmasked ? "list:0,0.3,0.6" : "list:0.2,0.4,0.6") == DLC_OK);
    fuzz_check(dlc_mask_plan(*mask) == DLC_OK);
    return *mask;
}

/* ---- Callbacks ---- */

static void forward(void *user, int64_t level, int64_t first, int64_t rows, float *out, int64_t *rows_written) {
    world *w = user;
    const int64_t width = dlc_score_width(w->score);
    (void)level;
    if (w->calls++ == w->stop_at)
        return;
    for (int64_t i = 0; i < rows * width; i++)
        out[i] = weights[(first * width + i) % WEIGHTS] * (float)(first + i % 3 + 1) + (float)(i % 2);
    *rows_written = rows;
}

static void write_step(void *user, int32_t step, const void *data, int64_t size, int32_t *done) {
    world *w = user;
    if (step == DLC_CHECKPOINT_BEGIN)
        w->pending_size = 0;
    if (step == DLC_CHECKPOINT_DATA) {
        fuzz_check(size >= 1 && w->pending_size + (size_t)size <= ROOM);
        memcpy(w->pending + w->pending_size, data, (size_t)size);
        w->pending_size += (size_t)size;
    }
    if (step == DLC_CHECKPOINT_COMMIT) {
        memcpy(w->bytes, w->pending, w->pending_size);
        w->size = w->pending_size;
    }
    *done = 1;
}

static void read_some(void *user, void *data, int64_t size, int64_t *read) {
    world *w = user;
    fuzz_check(size >= 1 && *read == -1);
    const size_t rest = w->size - w->read_at;
    size_t count = (size_t)size < rest ? (size_t)size : rest;
    switch (w->read_trouble) {
    case 1:
        return;
    case 2:
        *read = size + 1;
        return;
    case 3:
        *read = INT64_MIN;
        return;
    case 4:
        count /= 2; /* which says that these are the last */
        break;
    default:
        break;
    }
    memcpy(data, w->bytes + w->read_at, count);
    w->read_at += count;
    *read = (int64_t)count;
}

/* ---- The run ---- */

static void make_run(world *w, const dlc_allocator *allocator, int kind) {
    static const int64_t labels[SAMPLES] = {0, 1, 1, 0, 1};
    const int32_t head = kind % 3;
    const int is_auto = kind & 8;
    fuzz_check(dlc_score_create(allocator, &w->score) == DLC_OK && dlc_run_create(allocator, &w->run) == DLC_OK);
    fuzz_check(dlc_score_set_samples(w->score, SAMPLES, head == DLC_HEAD_LOSS ? NULL : labels,
                                     head == DLC_HEAD_LOSS ? 0 : CLASSES) == DLC_OK);
    fuzz_check(dlc_score_set_head(w->score, head, head == DLC_HEAD_LOSS ? 1 : WIDTH) == DLC_OK);
    fuzz_check(dlc_score_set_keep_curves(w->score, is_auto || kind & 16) == DLC_OK);
    fuzz_check(dlc_run_set_mask(w->run, mask_of(kind >> 2 & 1)) == DLC_OK &&
               dlc_run_set_score(w->run, w->score) == DLC_OK);
    fuzz_check(dlc_run_set_forward(w->run, forward, w) == DLC_OK && dlc_run_set_batch(w->run, 2) == DLC_OK);
    fuzz_check(dlc_run_set_auto(w->run, is_auto ? 0.999 : 0) == DLC_OK);
    fuzz_check(dlc_run_set_checkpoint_interval(w->run, 0) == DLC_OK);
}

static dlc_status execute(world *w, int stop_at) {
    w->calls = 0;
    w->stop_at = stop_at;
    w->read_at = 0;
    const dlc_status status = fuzz_status(dlc_run_execute(w->run), dlc_run_message(w->run));
    fuzz_check(memcmp(weights, own_weights, sizeof weights) == 0);
    return status;
}

static void get_scores(world *w, float scores[SAMPLES]) {
    fuzz_check(dlc_score_get_scores(w->score, scores) == DLC_OK);
    for (int i = 0; i < SAMPLES; i++)
        fuzz_check(!isnan(scores[i]));
}

/* ---- What happens to a checkpoint ---- */

/* Where the seals are; returns how many. */
static int find_seals(const world *w, size_t seals[8]) {
    int count = 0;
    dlc_hash hash;
    dlc_hash_begin(&hash);
    for (size_t at = 0; at + SEAL <= w->size && count < 8; at++) {
        const dlc_digest digest = dlc_hash_digest(&hash);
        if (memcmp(digest.bytes, w->bytes + at, SEAL) == 0)
            seals[count++] = at;
        dlc_hash_add(&hash, w->bytes + at, 1);
    }
    return count;
}

/* Returns whether the seals fit. */
static int damage(world *w) {
    fuzz_input *input = &w->input;
    size_t seals[8];
    const int count = find_seals(w, seals), kind = fuzz_byte(input);
    fuzz_check(count == 3 && seals[2] + SEAL == w->size);
    for (int edits = kind >> 4; edits > 0; edits--) {
        const size_t at = (size_t)(fuzz_word(input, 2) % w->size);
        const int how = fuzz_choice(input, 4), value = fuzz_byte(input);
        if (how == 0)
            w->bytes[at] = (uint8_t)value;
        else if (how == 1)
            w->bytes[at] ^= (uint8_t)(1 << value % 8);
        else
            for (size_t i = at; i < at + (size_t)(how == 2 ? 8 : 4) && i < w->size; i++)
                w->bytes[i] = (uint8_t)(value < 128 ? value : fuzz_byte(input));
    }
    if (kind & 1)
        for (int i = 0; i < count; i++)
            memcpy(w->bytes + seals[i], dlc_hash_of(w->bytes, (int64_t)seals[i]).bytes, SEAL);
    if (kind & 2)
        w->size = (size_t)(fuzz_word(input, 2) % (w->size + 40));
    if (kind & 4)
        for (w->size = 0; input->at < input->end && w->size < ROOM;)
            w->bytes[w->size++] = fuzz_byte(input);
    return kind & 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static world w;
    static uint8_t untouched[ROOM];
    float expected[SAMPLES], scores[SAMPLES];
    fuzz_memory memory = {.limit = 64 << 20, .fail_at = -1};
    dlc_allocator *allocator = fuzz_allocator(&memory);
    memset(&w, 0, sizeof w);
    w.input = (fuzz_input){data, data + size};
    make_run(&w, allocator, fuzz_byte(&w.input));
    fuzz_check(execute(&w, -1) == DLC_OK);
    get_scores(&w, expected);

    fuzz_check(dlc_run_set_checkpoint(w.run, write_step, read_some, &w) == DLC_OK);
    w.size = 0;
    execute(&w, fuzz_byte(&w.input) % 16);
    const size_t whole = w.size;
    memcpy(untouched, w.bytes, whole);
    const int is_sealed = damage(&w);
    const int is_same = w.size == whole && memcmp(untouched, w.bytes, whole) == 0;
    const int is_none = w.size == 0;
    w.read_trouble = fuzz_byte(&w.input);
    const dlc_status status = execute(&w, -1);
    if (w.read_trouble >= 1 && w.read_trouble <= 3)
        fuzz_check(status == DLC_ERROR_CALLBACK);
    else if (w.read_trouble != 4)
        fuzz_check(is_same || is_none ? status == DLC_OK
                                      : is_sealed || status == DLC_ERROR_FORMAT || status == DLC_ERROR_UNSUPPORTED);
    if (status == DLC_OK)
        get_scores(&w, scores);
    if (status == DLC_OK && (is_same || is_none) && w.read_trouble != 4)
        fuzz_check(memcmp(scores, expected, sizeof scores) == 0);

    fuzz_check(dlc_run_set_checkpoint(w.run, NULL, NULL, NULL) == DLC_OK);
    fuzz_check(execute(&w, -1) == DLC_OK);
    get_scores(&w, scores);
    fuzz_check(memcmp(scores, expected, sizeof scores) == 0);
    dlc_run_free(w.run);
    dlc_score_free(w.score);
    fuzz_allocator_end(allocator, &memory);
    return 0;
}
