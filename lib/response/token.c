/* token.c - see token.h. */
#include "token.h"

#include "dlc/base.h"

#include <math.h>
#include <string.h>

/* Logits taken at a time: 8 KB as floats. */
#define BLOCK INT64_C(2048)

static void widen(const dlc_logits *kind, const char *from, int64_t count, float *out) {
    if (kind->dtype == DLC_DTYPE_F16)
        kind->kernels->widen_f16(from, count, out);
    else if (kind->dtype == DLC_DTYPE_BF16)
        kind->kernels->widen_bf16(from, count, out);
    else
        memcpy(out, from, (size_t)count * sizeof *out);
}

/* A part of a token's logits as the kernels take them, filled up with what adds nothing. */
typedef struct dlc_part {
    const void *floats;
    int64_t count;
    float room[BLOCK]; /* for all but whole lanes of float32, which stay where they are */
} dlc_part;

/* The next part, from entry `done` on; returns how many entries it has. */
static int64_t take_part(const dlc_logits *kind, const char *logits, int64_t done, dlc_part *part) {
    const char *from = logits + done * kind->size;
    const int64_t rest = kind->vocabulary - done;
    part->floats = part->room;
    if (rest < DLC_LOG_SUM_LANES) {
        char last[DLC_LOG_SUM_LANES * sizeof(float)] = {0};
        memcpy(last, from, (size_t)(rest * kind->size));
        widen(kind, last, DLC_LOG_SUM_LANES, part->room);
        for (int64_t i = rest; i < DLC_LOG_SUM_LANES; i++)
            part->room[i] = -INFINITY;
        part->count = DLC_LOG_SUM_LANES;
        return rest;
    }
    part->count = rest < BLOCK ? rest - rest % DLC_LOG_SUM_LANES : BLOCK;
    if (kind->dtype == DLC_DTYPE_F32)
        part->floats = from;
    else
        widen(kind, from, part->count, part->room);
    return part->count;
}

float dlc_token_logit(const dlc_logits *kind, const void *logits, int64_t entry) {
    char element[DLC_LOG_SUM_LANES * sizeof(float)] = {0};
    float values[DLC_LOG_SUM_LANES];
    memcpy(element, (const char *)logits + entry * kind->size, (size_t)kind->size);
    widen(kind, element, DLC_LOG_SUM_LANES, values);
    return values[0];
}

/* The sum is kept relative to the largest logit so far: a larger one, of which a token sees a few, shrinks it. */
int dlc_token_loss(const dlc_logits *kind, const void *logits, int64_t target, double *loss) {
    float top = -INFINITY;
    double sum = 0;
    for (int64_t done = 0; done < kind->vocabulary;) {
        dlc_part part;
        done += take_part(kind, logits, done, &part);
        float part_top;
        if (!kind->kernels->top(part.floats, part.count, &part_top))
            return 0;
        if (part_top == -INFINITY)
            continue;
        if (part_top > top) {
            sum *= exp((double)top - (double)part_top);
            top = part_top;
        }
        sum += kind->kernels->sum(part.floats, part.count, top);
    }
    const float own = dlc_token_logit(kind, logits, target);
    if (own == -INFINITY)
        return 0;
    *loss = (double)top - (double)own + log(sum);
    return 1;
}

int64_t dlc_token_find_unusable(const dlc_logits *kind, const void *logits) {
    for (int64_t entry = 0; entry < kind->vocabulary; entry++)
        if (!(dlc_token_logit(kind, logits, entry) < INFINITY))
            return entry;
    return -1;
}
