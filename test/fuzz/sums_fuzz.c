/*
 * sums_fuzz.c - class sums that came over the network. The input says how many classes, features and samples a scorer
 * has, and what is changed in the sums that it exports: bytes here and there, sealed again, or all of them. They are
 * merged and imported: damage is refused and changes nothing, and what is taken makes finite centroids, comes out
 * again as it went in, and adds up in any order.
 */
#include "fuzz.h"

#include "score/sums_format.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CLASSES_MAX = 3, WIDTH_MAX = 4, SAMPLES_MAX = 9 };

typedef struct part {
    dlc_score *score;
    int64_t classes, width, samples, bytes;
    uint8_t *own; /* the sums that it exported */
} part;

static int make_part(part *p, fuzz_input *input, const dlc_allocator *allocator) {
    float features[SAMPLES_MAX * WIDTH_MAX];
    int64_t labels[SAMPLES_MAX];
    p->classes = fuzz_choice(input, CLASSES_MAX) + 1;
    p->width = fuzz_choice(input, WIDTH_MAX) + 1;
    p->samples = fuzz_choice(input, SAMPLES_MAX) + 1;
    const float scale = fuzz_byte(input) & 1 ? 1e38F : 1e-45F;
    for (int i = 0; i < SAMPLES_MAX * WIDTH_MAX; i++)
        features[i] = (float)(i * 7 % 5 - 2) * scale;
    for (int i = 0; i < SAMPLES_MAX; i++)
        labels[i] = i % p->classes;
    if (dlc_score_create(allocator, &p->score) != DLC_OK)
        return 0;
    fuzz_check(dlc_score_set_samples(p->score, p->samples, labels, p->classes) == DLC_OK);
    fuzz_check(dlc_score_set_head(p->score, DLC_HEAD_CENTROID, p->width) == DLC_OK);
    fuzz_check(dlc_score_add_features(p->score, 0, NULL, p->samples, features, p->width) == DLC_OK);
    fuzz_check(dlc_score_sums_size(p->score, &p->bytes) == DLC_OK);
    p->own = malloc((size_t)p->bytes);
    fuzz_check(p->own && dlc_score_export_sums(p->score, p->own, p->bytes) == DLC_OK);
    return 1;
}

/* Sums made of the part's own ones. */
static uint8_t *make_sums(const part *p, fuzz_input *input, int64_t *bytes) {
    const int kind = fuzz_byte(input);
    *bytes = p->bytes;
    uint8_t *sums = malloc((size_t)p->bytes);
    fuzz_check(sums != NULL);
    memcpy(sums, p->own, (size_t)p->bytes);
    if (kind & 1)
        for (int64_t i = 0; i < p->bytes; i++)
            sums[i] = fuzz_byte(input);
    for (int edits = kind >> 4; edits > 0; edits--) {
        const size_t at = (size_t)(fuzz_word(input, 2) % (uint64_t)p->bytes);
        sums[at] = fuzz_byte(input);
    }
    if (kind & 2)
        dlc_sums_seal(sums, p->bytes);
    if (kind & 4)
        *bytes = fuzz_number(input, p->bytes < 128 ? p->bytes : 128);
    if (*bytes > p->bytes)
        *bytes = p->bytes;
    return sums;
}

static void free_part(part *p) {
    free(p->own);
    dlc_score_free(p->score);
}

static void finish(const part *p, float centroids[CLASSES_MAX * WIDTH_MAX]) {
    fuzz_check(dlc_score_finish_centroids(p->score) == DLC_OK);
    fuzz_check(dlc_score_get_centroids(p->score, centroids) == DLC_OK);
}

/* Two parts of the same features have the means of one of them, to the bit. */
static void check_doubling(fuzz_input input, const dlc_allocator *allocator) {
    float once[CLASSES_MAX * WIDTH_MAX], twice[CLASSES_MAX * WIDTH_MAX];
    part p = {0}, q = {0};
    fuzz_input again = input;
    fuzz_check(make_part(&p, &input, allocator) && make_part(&q, &again, allocator));
    fuzz_check(dlc_score_merge_sums(p.own, q.own, p.bytes) == DLC_OK);
    fuzz_check(dlc_score_import_sums(p.score, p.own, p.bytes) == DLC_OK);
    if (p.samples >= p.classes) {
        finish(&p, twice);
        finish(&q, once);
        fuzz_check(memcmp(once, twice, (size_t)(p.classes * p.width) * sizeof *once) == 0);
    }
    free_part(&p);
    free_part(&q);
}

static int is_possible(dlc_status status) {
    return status == DLC_OK || status == DLC_ERROR_FORMAT || status == DLC_ERROR_UNSUPPORTED ||
           status == DLC_ERROR_DATA;
}

static void check_merging(const part *p, const uint8_t *sums, int64_t bytes) {
    const size_t size = (size_t)p->bytes;
    uint8_t *left = malloc(size), *right = malloc(size);
    fuzz_check(left && right);
    memcpy(left, p->own, size);
    memcpy(right, sums, size);
    const dlc_status into = dlc_score_merge_sums(left, sums, bytes), from = dlc_score_merge_sums(right, p->own, bytes);
    fuzz_check(is_possible(into) && (into == DLC_OK) == (from == DLC_OK));
    if (into == DLC_OK)
        fuzz_check(memcmp(left, right, size) == 0);
    else
        fuzz_check(memcmp(left, p->own, size) == 0 && memcmp(right, sums, size) == 0);
    free(left);
    free(right);
}

static void check_importing(const part *p, const uint8_t *sums, int64_t bytes) {
    float centroids[CLASSES_MAX * WIDTH_MAX];
    uint8_t *again = malloc((size_t)p->bytes);
    fuzz_check(again != NULL);
    const dlc_status status = fuzz_status(dlc_score_import_sums(p->score, sums, bytes), dlc_score_message(p->score));
    fuzz_check(is_possible(status));
    fuzz_check(dlc_score_export_sums(p->score, again, p->bytes) == DLC_OK);
    fuzz_check(memcmp(again, status == DLC_OK ? sums : p->own, (size_t)p->bytes) == 0);
    free(again);
    if (fuzz_status(dlc_score_finish_centroids(p->score), dlc_score_message(p->score)) != DLC_OK)
        return;
    fuzz_check(dlc_score_get_centroids(p->score, centroids) == DLC_OK);
    for (int64_t i = 0; i < p->classes * p->width; i++)
        fuzz_check(isfinite(centroids[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fuzz_input input = {data, data + size};
    fuzz_memory memory = {.limit = 1 << 24, .fail_at = -1};
    dlc_allocator *allocator = fuzz_allocator(&memory);
    part p = {0};
    int64_t bytes = 0;
    check_doubling(input, allocator);
    fuzz_check(make_part(&p, &input, allocator));
    uint8_t *sums = make_sums(&p, &input, &bytes);
    check_merging(&p, sums, bytes);
    check_importing(&p, sums, bytes);
    free(sums);
    free_part(&p);
    fuzz_allocator_end(allocator, &memory);
    return 0;
}
