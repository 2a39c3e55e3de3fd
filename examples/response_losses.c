/*
 * response_losses.c - from the logits of a language model to the loss of each sample: what a forward callback of head
 * loss does with a batch of instructions. Prints the response tokens and the loss of each sample.
 *
 *     cc response_losses.c $(pkg-config --cflags --libs libdlc) -o response_losses && ./response_losses
 *
 * A real program has a causal model and a tokenizer where this one makes logits up.
 */
#include <dlc/dlc.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { SAMPLES = 4, TOKENS = 12, VOCABULARY = 50 };

/*
 * Token ids of four samples, padded on the right with 0, and which of them belong to a response: one turn, two turns, a
 * longer one, and a sample whose response was cut off behind its prompt.
 */
static const int64_t ids[SAMPLES][TOKENS] = {
    {7, 3, 22, 41, 9, 1, 0, 0, 0, 0, 0, 0},
    {7, 30, 12, 1, 7, 5, 18, 33, 1, 0, 0, 0},
    {7, 8, 44, 13, 27, 19, 2, 36, 11, 40, 6, 1},
    {7, 21, 15, 48, 4, 10, 29, 16, 35, 24, 42, 38},
};
static const uint8_t response[SAMPLES][TOKENS] = {
    {0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0},
    {0, 0, 1, 1, 0, 0, 1, 1, 1, 0, 0, 0},
    {0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1},
    {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
};

/* In place of a model: logits [SAMPLES, TOKENS, VOCABULARY] from -4 to 4. */
static void make_up(float *logits) {
    uint32_t state = 1;
    for (int i = 0; i < SAMPLES * TOKENS * VOCABULARY; i++) {
        state = state * 1664525U + 1013904223U;
        logits[i] = 8.0F * ((float)(state >> 8) / 16777216.0F - 0.5F);
    }
}

static void check(dlc_status status, const char *message) {
    if (status == DLC_OK)
        return;
    fprintf(stderr, "%s: %s\n", dlc_status_name(status), message);
    exit(EXIT_FAILURE);
}

int main(void) {
    static float logits[SAMPLES * TOKENS * VOCABULARY];
    float losses[SAMPLES];
    int64_t counts[SAMPLES];
    make_up(logits);

    /* Once for a run. */
    dlc_response *losses_of = NULL;
    check(dlc_response_create(NULL, &losses_of), "response");
    check(dlc_response_set_logits(losses_of, DLC_DTYPE_F32, VOCABULARY), dlc_response_message(losses_of));
    check(dlc_response_set_empty(losses_of, DLC_EMPTY_ZERO), dlc_response_message(losses_of));

    /* For every batch. The logits at one position predict the token at the next: so ids and mask start one later. */
    check(dlc_response_begin(losses_of, SAMPLES), dlc_response_message(losses_of));
    check(dlc_response_add(losses_of, 0, SAMPLES, TOKENS - 1, logits, TOKENS * VOCABULARY, VOCABULARY, &ids[0][1],
                           TOKENS, &response[0][1], TOKENS),
          dlc_response_message(losses_of));
    check(dlc_response_get_losses(losses_of, losses, counts), dlc_response_message(losses_of));

    for (int i = 0; i < SAMPLES; i++)
        printf("%" PRId64 "\t%.9g\n", counts[i], (double)losses[i]);
    dlc_response_free(losses_of);
    return EXIT_SUCCESS;
}
