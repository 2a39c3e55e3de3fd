/* flexrand_twin.c - see flexrand_twin.h. */
#include "flexrand_twin.h"

#include "support.h"

#include <math.h>
#include <stdlib.h>

enum { SHUFFLE = 2, COIN = 3, SIZE_TIES = 4, OFFSET = 5 };

typedef struct twin_class {
    int64_t label;
    int64_t size;
    uint64_t key;
    double offset;
} twin_class;

uint64_t twin_philox(uint64_t seed, uint32_t stream, uint64_t position) {
    uint32_t counter[4] = {(uint32_t)position, (uint32_t)(position >> 32), stream, 0};
    uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    for (int i = 0; i < 10; i++) {
        const uint64_t a = (uint64_t)counter[0] * 0xD2511F53U;
        const uint64_t b = (uint64_t)counter[2] * 0xCD9E8D57U;
        const uint32_t next[4] = {(uint32_t)(b >> 32) ^ counter[1] ^ key[0], (uint32_t)b,
                                  (uint32_t)(a >> 32) ^ counter[3] ^ key[1], (uint32_t)a};
        memcpy(counter, next, sizeof counter);
        key[0] += 0x9E3779B9U;
        key[1] += 0xBB67AE85U;
    }
    return (uint64_t)counter[1] << 32 | counter[0];
}

#define COMPARE(a, b)                                                                                                  \
    do {                                                                                                               \
        if ((a) != (b))                                                                                                \
            return (a) < (b) ? -1 : 1;                                                                                 \
    } while (0)

static int by_label_score_id(const void *left, const void *right) {
    const twin_pick *a = left, *b = right;
    COMPARE(a->label, b->label);
    COMPARE(a->score, b->score);
    COMPARE(a->id, b->id);
    return 0;
}

static int by_descending_score_id(const void *left, const void *right) {
    const twin_pick *a = left, *b = right;
    COMPARE(b->score, a->score);
    COMPARE(a->id, b->id);
    return 0;
}

static int by_key_id(const void *left, const void *right) {
    const twin_pick *a = left, *b = right;
    COMPARE(a->key, b->key);
    COMPARE(a->id, b->id);
    return 0;
}

static int by_time_label(const void *left, const void *right) {
    const twin_pick *a = left, *b = right;
    COMPARE(b->granted, a->granted);
    COMPARE(a->time, b->time);
    COMPARE(a->label, b->label);
    return 0;
}

static int by_size_key(const void *left, const void *right) {
    const twin_class *a = left, *b = right;
    COMPARE(a->size, b->size);
    COMPARE(a->key, b->key);
    COMPARE(a->label, b->label);
    return 0;
}

/* Puts the picks of a class, sorted by (score, id), in the order in which they are picked. */
static void order_class(twin_pick *picks, int64_t n, int64_t cut, const twin_options *options) {
    if (options->method == DLC_METHOD_HARD)
        qsort(picks, (size_t)n, sizeof *picks, by_descending_score_id);
    if (options->method == DLC_METHOD_RANDOM)
        qsort(picks, (size_t)n, sizeof *picks, by_key_id);
    if (options->method != DLC_METHOD_FLEXRAND)
        return;
    twin_pick *shuffled = malloc((size_t)n * sizeof *shuffled);
    ck_assert_ptr_nonnull(shuffled);
    memcpy(shuffled, picks, (size_t)n * sizeof *shuffled);
    qsort(shuffled, (size_t)cut, sizeof *shuffled, by_key_id);
    qsort(shuffled + cut, (size_t)(n - cut), sizeof *shuffled, by_key_id);
    int64_t easy = 0, hard = cut;
    int hard_next = (int)(twin_philox(options->seed, COIN, (uint64_t)picks[0].label) & 1);
    for (int64_t i = 0; i < n; i++) {
        if (easy == cut)
            hard_next = 1;
        if (hard == n)
            hard_next = 0;
        picks[i] = hard_next ? shuffled[hard++] : shuffled[easy++];
        hard_next = !hard_next;
    }
    free(shuffled);
}

static int64_t class_size(const twin_pick *picks, int64_t start, int64_t count) {
    int64_t n = 1;
    while (start + n < count && picks[start + n].label == picks[start].label)
        n++;
    return n;
}

/* u of every class, by its place in order of size. */
static twin_class *list_classes(const twin_pick *picks, int64_t count, uint64_t seed, int64_t *classes) {
    twin_class *list = malloc((size_t)count * sizeof *list);
    ck_assert_ptr_nonnull(list);
    *classes = 0;
    for (int64_t start = 0; start < count; start += list[*classes - 1].size) {
        const uint64_t key = twin_philox(seed, SIZE_TIES, (uint64_t)picks[start].label);
        list[(*classes)++] = (twin_class){picks[start].label, class_size(picks, start, count), key, 0};
    }
    qsort(list, (size_t)*classes, sizeof *list, by_size_key);
    const double shared = (double)(twin_philox(seed, OFFSET, 0) >> 11) / 9007199254740992.0;
    for (int64_t r = 0; r < *classes; r++)
        list[r].offset = fmod(shared + (double)r * 0.6180339887498949, 1.0);
    return list;
}

static double offset_of(const twin_class *list, int64_t label) {
    while (list->label != label)
        list++;
    return list->offset;
}

void twin_pick_order(const twin_samples *samples, const twin_options *options, twin_pick *picks) {
    const int64_t count = samples->count;
    for (int64_t i = 0; i < count; i++) {
        const int64_t id = samples->ids ? samples->ids[i] : i;
        picks[i] = (twin_pick){.index = i, .label = samples->labels[i], .score = samples->scores[i], .id = id};
        picks[i].key = twin_philox(options->seed, SHUFFLE, (uint64_t)id);
    }
    qsort(picks, (size_t)count, sizeof *picks, by_label_score_id);
    int64_t classes = 0;
    twin_class *list = list_classes(picks, count, options->seed, &classes);
    for (int64_t start = 0; start < count;) {
        const int64_t n = class_size(picks, start, count);
        const int64_t cut = (int64_t)rint(options->gamma * (double)n);
        const double u = offset_of(list, picks[start].label);
        for (int64_t i = 0; i < n; i++)
            picks[start + i].interval = i < cut ? DLC_INTERVAL_EASY : DLC_INTERVAL_HARD;
        order_class(picks + start, n, cut, options);
        for (int64_t j = 0; j < n; j++) {
            picks[start + j].time = ((double)j + u) / (double)n;
            picks[start + j].granted = j < options->floor;
        }
        start += n;
    }
    qsort(picks, (size_t)count, sizeof *picks, by_time_label);
    free(list);
}
