/*
 * allocator.c - libdlc in a product with a memory budget: what a run will need, asked beforehand; a limit that a run
 * refuses to exceed; an allocator of your own, here one that counts and gives out no more than a budget; and memory
 * that does run out: an error, nothing leaked, weights intact, and the same handles used again.
 *
 *     cc allocator.c $(pkg-config --cflags --libs libdlc) -o allocator && ./allocator
 */
#include <dlc/dlc.h>

#include <inttypes.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- The allocator ---- */

/* Callbacks may come from several threads at once (dlc_mask_set_threads() and the like): the counts are atomic. */
typedef struct budget {
    atomic_llong held;
    atomic_llong peak;
    atomic_llong limit;
} budget;

/* The release callback is not told a block's size, so it is kept in front of the block. */
typedef union block_head {
    int64_t size;
    max_align_t alignment;
} block_head;

static void allocate(void *user, int64_t size, void **result) {
    budget *b = user;
    const long long held = atomic_fetch_add(&b->held, size) + size;
    block_head *head = held <= b->limit ? malloc(sizeof *head + (size_t)size) : NULL;
    if (!head) {
        atomic_fetch_sub(&b->held, size);
        return; /* *result is NULL already */
    }
    long long peak = b->peak;
    while (held > peak && !atomic_compare_exchange_weak(&b->peak, &peak, held))
        continue;
    head->size = size;
    *result = head + 1;
}

static void release(void *user, void *block) {
    budget *b = user;
    block_head *head = (block_head *)block - 1;
    atomic_fetch_sub(&b->held, head->size);
    free(head);
}

/* ---- A model: one layer, plain loops ---- */

enum { SAMPLES = 1000, CLASSES = 4, INPUTS = 64, DIM = 32 };

typedef struct model {
    float inputs[SAMPLES][INPUTS];
    float w[DIM][INPUTS];
    int64_t labels[SAMPLES];
} model;

static void forward(void *user, int64_t level, int64_t first, int64_t rows, float *out, int64_t *rows_written) {
    const model *m = user;
    (void)level;
    for (int64_t i = 0; i < rows * DIM; i++) {
        out[i] = 0;
        for (int j = 0; j < INPUTS; j++)
            out[i] += m->inputs[first + i / DIM][j] * m->w[i % DIM][j];
    }
    *rows_written = rows;
}

static float noise(void) {
    static uint32_t state = 1;
    state = state * 1664525U + 1013904223U;
    return (float)(state >> 8) / 16777216.0F - 0.5F;
}

/* ---- The program ---- */

static void check(dlc_status status, const char *message) {
    if (status == DLC_OK)
        return;
    fprintf(stderr, "%s: %s\n", dlc_status_name(status), message);
    exit(EXIT_FAILURE);
}

static void tell(const char *what, dlc_status status, const dlc_run *run, const budget *b) {
    printf("%s: %s%s%s; %lld bytes held, %lld at most\n", what, dlc_status_name(status), status ? ": " : "",
           status ? dlc_run_message(run) : "", (long long)b->held, (long long)b->peak);
}

int main(void) {
    static model m;
    static float before[DIM][INPUTS];
    static budget b = {0, 0, INT64_MAX};
    for (int i = 0; i < SAMPLES * INPUTS; i++)
        m.inputs[i / INPUTS][i % INPUTS] = noise();
    for (int i = 0; i < DIM * INPUTS; i++)
        m.w[i / INPUTS][i % INPUTS] = before[i / INPUTS][i % INPUTS] = noise();
    for (int i = 0; i < SAMPLES; i++)
        m.labels[i] = i % CLASSES;

    dlc_allocator *allocator = NULL;
    dlc_mask *mask = NULL;
    dlc_score *score = NULL;
    dlc_run *run = NULL;
    check(dlc_allocator_create(allocate, release, &b, &allocator), "allocator");
    check(dlc_mask_create(allocator, &mask), "mask");
    check(dlc_score_create(allocator, &score), "score");
    check(dlc_run_create(allocator, &run), "run");
    dlc_allocator_free(allocator); /* the handles have copied it; `b` must live on */
    check(dlc_mask_add_tensor(mask, "w", DLC_DTYPE_F32, m.w, DIM * INPUTS, 1), dlc_mask_message(mask));
    check(dlc_score_set_samples(score, SAMPLES, m.labels, CLASSES), dlc_score_message(score));
    check(dlc_score_set_head(score, DLC_HEAD_CENTROID, DIM), dlc_score_message(score));
    check(dlc_run_set_mask(run, mask), dlc_run_message(run));
    check(dlc_run_set_score(run, score), dlc_run_message(run));
    check(dlc_run_set_forward(run, forward, &m), dlc_run_message(run));

    /* Ask first. */
    int64_t estimate = 0;
    check(dlc_run_memory_estimate(run, &estimate), dlc_run_message(run));
    printf("estimate: %" PRId64 " bytes\n", estimate);

    /* A limit below it: the run refuses to start. */
    check(dlc_run_set_memory_limit(run, 100000), dlc_run_message(run));
    tell("limit 100000", dlc_run_execute(run), run, &b);
    check(dlc_run_set_memory_limit(run, 0), dlc_run_message(run));

    tell("no limit", dlc_run_execute(run), run, &b);

    /* Memory that runs out. */
    b.limit = 30000;
    tell("budget of 30000", dlc_run_execute(run), run, &b);
    printf("weights %s\n", memcmp(before, m.w, sizeof before) == 0 ? "intact" : "changed");

    /* The same handles, with memory again. */
    b.limit = INT64_MAX;
    tell("no budget", dlc_run_execute(run), run, &b);
    printf("weights %s\n", memcmp(before, m.w, sizeof before) == 0 ? "intact" : "changed");

    dlc_run_free(run);
    dlc_score_free(score);
    dlc_mask_free(mask);
    printf("in the end: %lld bytes held\n", (long long)b.held);
    return EXIT_SUCCESS;
}
