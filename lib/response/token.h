/*
 * token.h - the negative log-likelihood of one token from its logits, read once in blocks that stay in the first-level
 * cache. Used by response.c.
 */
#ifndef DLC_LIB_RESPONSE_TOKEN_H
#define DLC_LIB_RESPONSE_TOKEN_H

#include "log_sum.h"

/* What the logits of a token are. */
typedef struct dlc_logits {
    int32_t dtype; /* DLC_DTYPE_F32, F16 or BF16 */
    int64_t size;  /* of an element, in bytes */
    int64_t vocabulary;
    const dlc_log_sum_kernels *kernels;
} dlc_logits;

/*
 * *loss = -log softmax(logits)[target], target within the vocabulary. Returns 0 where the logits cannot be used - a NaN
 * or +infinity anywhere, -infinity for the target - else 1.
 */
int dlc_token_loss(const dlc_logits *kind, const void *logits, int64_t target, double *loss);

/* The logit of one vocabulary entry. */
float dlc_token_logit(const dlc_logits *kind, const void *logits, int64_t entry);

/* The lowest entry with a NaN or +infinity; -1 where there is none. */
int64_t dlc_token_find_unusable(const dlc_logits *kind, const void *logits);

#endif
