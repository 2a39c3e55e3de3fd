/*
 * checkpoint_refusal_tests.c - a checkpoint of another run is refused in words that say what differs; a damaged one is
 * known as that, at whatever byte; and nothing of either is used, nor are they written over.
 */
#include "toy_run.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define message(run) dlc_run_message(run)

/* ---- Other runs ---- */

/* The run whose checkpoint is offered to all others. */
static const toy_options base = {.keep_curves = 1, .starts_masked = 1, .criterion = DLC_CRITERION_RANDOM};

/* More than is kept as it is. */
#define FILES "many bytes that stand for a list of files, more bytes than sixty-four of them"

static void add(toy *t, const char *name, const char *text) {
    ck_ok(dlc_run_add_fingerprint(t->run, name, text, (int64_t)strlen(text)), message(t->run));
}

static void data(toy *t) {
    add(t, "images", FILES);
    add(t, "transform", "crop 24");
}

/* A checkpoint half way. The caller frees it. */
static store *made_by(const toy_options *options, void (*change)(toy *t)) {
    store *s = store_create();
    toy *t = toy_create_stored(options, s);
    if (change)
        change(t);
    t->stop_at = 15;
    ck_assert_int_eq(toy_execute(t, s), DLC_ERROR_CANCELLED);
    toy_free(t);
    return s;
}

static void one_weight(toy *t) {
    t->weights[7] = -t->weights[7];
    t->saved_weights[7] = t->weights[7];
}

static void one_other_weight(toy *t) {
    t->saved_others[6] = ++t->others[6];
}

static void one_more_tensor(toy *t) {
    static float more[3] = {1, 2, 3};
    ck_ok(dlc_mask_add_tensor(t->mask, "more", DLC_DTYPE_F32, more, 3, 0), dlc_mask_message(t->mask));
}

/* A mask of its own in the place of the toy's. */
static void with_mask(toy *t, const char *first, const char *second, int32_t dtype, int32_t maskable, int swapped) {
    dlc_mask_free(t->mask);
    ck_ok(dlc_mask_create(NULL, &t->mask), "mask");
    for (int i = 0; i < 2; i++)
        ck_ok(i == swapped ? dlc_mask_add_tensor(t->mask, first, DLC_DTYPE_F32, t->weights, TOY_WIDTH * TOY_INPUTS, 1)
                           : dlc_mask_add_tensor(t->mask, second, dtype, t->others, 7, maskable),
              dlc_mask_message(t->mask));
    ck_ok(dlc_mask_set_linear(t->mask, 0.1, 0.9, TOY_LEVELS), dlc_mask_message(t->mask));
    ck_ok(dlc_mask_set_criterion(t->mask, DLC_CRITERION_RANDOM), dlc_mask_message(t->mask));
    ck_ok(dlc_run_set_mask(t->run, t->mask), message(t->run));
}

static void another_name(toy *t) {
    with_mask(t, "fc1", "others", DLC_DTYPE_F16, 0, 0);
}

static void another_dtype(toy *t) {
    with_mask(t, "weights", "others", DLC_DTYPE_BF16, 0, 0);
}

static void another_maskable(toy *t) {
    with_mask(t, "weights", "others", DLC_DTYPE_F16, 1, 0);
}

static void another_order(toy *t) {
    with_mask(t, "weights", "others", DLC_DTYPE_F16, 0, 1);
}

static void another_seed(toy *t) {
    ck_ok(dlc_mask_set_seed(t->mask, UINT64_MAX), dlc_mask_message(t->mask));
}

static void more_levels(toy *t) {
    ck_ok(dlc_mask_set_linear(t->mask, 0.1, 0.9, 7), dlc_mask_message(t->mask));
}

static void another_schedule(toy *t) {
    ck_ok(dlc_mask_set_linear(t->mask, 0.1, 0.8, TOY_LEVELS), dlc_mask_message(t->mask));
}

static void fewer_samples(toy *t) {
    ck_ok(dlc_score_set_samples(t->score, TOY_SAMPLES - 1, t->labels, TOY_CLASSES), dlc_score_message(t->score));
}

static void another_label(toy *t) {
    t->labels[22] = 0;
    ck_ok(dlc_score_set_samples(t->score, TOY_SAMPLES, t->labels, TOY_CLASSES), dlc_score_message(t->score));
}

static void more_classes(toy *t) {
    ck_ok(dlc_score_set_samples(t->score, TOY_SAMPLES, t->labels, 4), dlc_score_message(t->score));
}

static void another_width(toy *t) {
    ck_ok(dlc_score_set_head(t->score, DLC_HEAD_CENTROID, t->width = 4), dlc_score_message(t->score));
}

static void another_range(toy *t) {
    ck_ok(dlc_score_set_range(t->score, 100), dlc_score_message(t->score));
}

static void no_exchange(void *user, void *own, int64_t bytes, int32_t *done) {
    (void)user;
    (void)own;
    (void)bytes;
    *done = 1;
}

static void with_exchange(toy *t) {
    ck_ok(dlc_run_set_exchange(t->run, no_exchange, NULL), message(t->run));
}

static void another_centroid(toy *t) {
    float centroids[TOY_CLASSES * TOY_WIDTH];
    memcpy(centroids, t->x, sizeof centroids);
    centroids[TOY_CLASSES * TOY_WIDTH - 1] += 1;
    ck_ok(dlc_score_set_centroids(t->score, centroids), dlc_score_message(t->score));
}

static void another_threshold(toy *t) {
    ck_ok(dlc_run_set_auto(t->run, 0.99), message(t->run));
}

static void other_data(toy *t) {
    add(t, "images", FILES "!");
    add(t, "transform", "crop 24");
}

static void other_text(toy *t) {
    add(t, "images", FILES);
    add(t, "transform", "crop 32");
}

static void less_data(toy *t) {
    add(t, "images", FILES);
}

static void data_in_another_place(toy *t) {
    add(t, "transform", "crop 24");
}

static const toy_options automatic = {.keep_curves = 1, .auto_spearman = 0.9};
static const toy_options all_levels = {.keep_curves = 1};
static const toy_options by_size = {.keep_curves = 1, .starts_masked = 1};
static const toy_options sums = {.starts_masked = 1, .criterion = DLC_CRITERION_RANDOM};
static const toy_options margins = {
    .keep_curves = 1, .starts_masked = 1, .criterion = DLC_CRITERION_RANDOM, .observation = DLC_OBSERVE_MARGIN};
static const toy_options logits = {
    .keep_curves = 1, .starts_masked = 1, .criterion = DLC_CRITERION_RANDOM, .head = DLC_HEAD_LOGITS};
static const toy_options losses = {
    .keep_curves = 1, .starts_masked = 1, .criterion = DLC_CRITERION_RANDOM, .head = DLC_HEAD_LOSS};
static const toy_options given = {
    .keep_curves = 1, .starts_masked = 1, .criterion = DLC_CRITERION_RANDOM, .given_centroids = 1};

static const struct {
    const toy_options *of; /* the checkpoint's run, and what was changed about it; NULL: nothing */
    void (*made_with)(toy *t);
    const toy_options *is; /* the run that it is offered to */
    void (*offered_to)(toy *t);
    const char *difference;
} differences[] = {
    {&base, NULL, &base, one_weight, "tensor 'weights'"},
    {&base, NULL, &base, one_other_weight, "tensor 'others'"},
    {&base, NULL, &base, one_more_tensor, "the number of tensors: 2, not 3"},
    {&base, one_more_tensor, &base, NULL, "the number of tensors: 3, not 2"},
    {&base, NULL, &base, another_name, "tensor 'weights', in the place of tensor 'fc1'"},
    {&base, NULL, &base, another_dtype, "tensor 'others'"},
    {&base, NULL, &base, another_maskable, "tensor 'others'"},
    {&base, NULL, &base, another_order, "tensor 'weights', in the place of tensor 'others'"},
    {&base, NULL, &by_size, NULL, "the criterion: random, not l1"},
    {&base, NULL, &base, another_seed, "the seed: 1, not 18446744073709551615"},
    {&base, NULL, &base, more_levels, "the number of levels: 6, not 7"},
    {&base, NULL, &base, another_schedule, "the schedule"},
    {&base, NULL, &base, fewer_samples, "the number of samples: 23, not 22"},
    {&base, NULL, &base, another_range, "the first sample: 0, not 100"},
    {&base, NULL, &base, with_exchange, "the exchange of class sums: none, not one"},
    {&base, NULL, &base, another_label, "the labels"},
    {&base, NULL, &base, more_classes, "the number of classes: 3, not 4"},
    {&base, NULL, &logits, NULL, "the head: centroid, not logits"},
    {&base, NULL, &losses, NULL, "the number of classes: 3, not 0"},
    {&base, NULL, &base, another_width, "the width of the head: 5, not 4"},
    {&base, NULL, &sums, NULL, "the curves: kept, not summed"},
    {&base, NULL, &margins, NULL, "the observation: loss, not margin"},
    {&base, NULL, &given, NULL, "the given centroids"},
    {&given, NULL, &base, NULL, "the given centroids"},
    {&given, NULL, &given, another_centroid, "the given centroids"},
    {&automatic, NULL, &all_levels, NULL, "the threshold of automatic levels: 0.9, not none"},
    {&automatic, NULL, &automatic, another_threshold, "the threshold of automatic levels: 0.9, not 0.99"},
    {&base, NULL, &base, data, "'images', which it has not"},
    {&base, data, &base, NULL, "'images', which this one has not"},
    {&base, data, &base, other_data, "'images'"},
    {&base, data, &base, other_text, "'transform': crop 24, not crop 32"},
    {&base, data, &base, less_data, "'transform', which this one has not"},
    {&base, less_data, &base, data, "'transform', which it has not"},
    {&base, data, &base, data_in_another_place, "'images', in the place of 'transform'"},
};
enum { DIFFERENCES = sizeof differences / sizeof differences[0] };

/* The run fails so, before it does anything to its score or its checkpoint. */
static void assert_refused(toy *t, store *s, dlc_status status, const char *text) {
    const int64_t begun = s->steps[DLC_CHECKPOINT_BEGIN];
    ck_fails(toy_execute(t, s), status, message(t->run), text);
    ck_assert_int_eq(t->calls, 0);
    ck_assert_int_eq(dlc_score_visited_count(t->score), 0);
    ck_assert_int_eq(dlc_run_resumed_pass(t->run), -1);
    ck_assert_int_eq(dlc_run_round_count(t->run), 0);
    ck_assert_int_eq(s->steps[DLC_CHECKPOINT_BEGIN], begun);
}

START_TEST(g5_another_run_is_refused_with_what_differs) {
    store *s = made_by(differences[_i].of, differences[_i].made_with);
    toy *t = toy_create_stored(differences[_i].is, s);
    if (differences[_i].offered_to)
        differences[_i].offered_to(t);
    char whole[300];
    snprintf(whole, sizeof whole, "the checkpoint is of a run that differs in %s", differences[_i].difference);
    assert_refused(t, s, DLC_ERROR_STATE, whole);
    ck_assert_str_eq(message(t->run), whole);
    /* Without the checkpoint the same handle runs. */
    ck_ok(dlc_run_set_checkpoint(t->run, NULL, NULL, NULL), message(t->run));
    if (differences[_i].offered_to != fewer_samples && differences[_i].offered_to != another_range &&
        differences[_i].offered_to != more_classes && differences[_i].offered_to != more_levels)
        ck_ok(toy_execute(t, s), message(t->run));
    toy_free(t);
    store_free(s);
}
END_TEST

/* What scores do not depend on may be other: the seed of criterion l1 too. */
START_TEST(what_does_not_matter_may_differ) {
    store *s = made_by(&by_size, data);
    toy *t = toy_create_stored(&by_size, s);
    data(t);
    ck_ok(dlc_mask_set_seed(t->mask, 99), dlc_mask_message(t->mask));
    ck_ok(dlc_mask_set_threads(t->mask, 3), dlc_mask_message(t->mask));
    ck_ok(dlc_score_set_threads(t->score, 3), dlc_score_message(t->score));
    ck_ok(dlc_run_set_batch(t->run, 5), message(t->run));
    ck_ok(dlc_run_set_checkpoint_interval(t->run, 7), message(t->run));
    /* The same levels, said in another way. */
    ck_ok(dlc_mask_set_schedule(t->mask, "linear:0.1-0.9x6"), dlc_mask_message(t->mask));
    ck_ok(toy_execute(t, s), message(t->run));
    ck_assert_int_eq(dlc_run_resumed_pass(t->run), 2);
    ck_assert_int_eq(dlc_run_resumed_samples(t->run), 16);
    toy_free(t);
    store_free(s);
}
END_TEST

/* Long names are cut, not believed: a tensor's name counts to its last byte. */
START_TEST(long_names_of_tensors_count_whole) {
    char names[2][400];
    for (int i = 0; i < 2; i++) {
        memset(names[i], 'a', sizeof names[i]);
        names[i][399] = '\0';
    }
    names[1][398] = 'b';
    store *s = store_create();
    toy *t = toy_create_stored(&base, s);
    with_mask(t, names[0], "others", DLC_DTYPE_F16, 0, 0);
    ck_ok(toy_execute(t, s), message(t->run));
    with_mask(t, names[1], "others", DLC_DTYPE_F16, 0, 0);
    assert_refused(t, s, DLC_ERROR_STATE, "differs in tensor 'aaa");
    with_mask(t, names[0], "others", DLC_DTYPE_F16, 0, 0);
    ck_ok(toy_execute(t, s), message(t->run));
    ck_assert_int_eq(t->calls, 0);
    toy_free(t);
    store_free(s);
}
END_TEST

/* Weights larger than a piece of the fingerprint, read by several threads: any byte of them counts. */
START_TEST(every_byte_of_large_weights_counts) {
    enum { COUNT = 3 << 20 };
    static float weights[COUNT];
    static const int64_t places[] = {0, 1 << 20, (1 << 20) - 1, 2 << 20, COUNT - 1};
    for (int64_t i = 0; i < COUNT; i++)
        weights[i] = (float)(i % 1000);
    store *s = store_create();
    toy *t = toy_create_stored(&base, s);
    dlc_mask_free(t->mask);
    ck_ok(dlc_mask_create(NULL, &t->mask), "mask");
    ck_ok(dlc_mask_add_tensor(t->mask, "large", DLC_DTYPE_F32, weights, COUNT - 1, 1), dlc_mask_message(t->mask));
    ck_ok(dlc_mask_add_tensor(t->mask, "small", DLC_DTYPE_F32, weights + COUNT - 1, 1, 1), dlc_mask_message(t->mask));
    ck_ok(dlc_mask_set_linear(t->mask, 0.1, 0.9, TOY_LEVELS), dlc_mask_message(t->mask));
    ck_ok(dlc_run_set_mask(t->run, t->mask), message(t->run));
    ck_ok(toy_execute(t, s), message(t->run));
    for (int32_t threads = 1; threads <= 4; threads += 3) {
        ck_ok(dlc_mask_set_threads(t->mask, threads), dlc_mask_message(t->mask));
        for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
            weights[places[i]] += 0.5F;
            assert_refused(t, s, DLC_ERROR_STATE, i == 4 ? "tensor 'small'" : "tensor 'large'");
            weights[places[i]] -= 0.5F;
        }
        ck_ok(toy_execute(t, s), message(t->run));
        ck_assert_int_eq(t->calls, 0);
    }
    toy_free(t);
    store_free(s);
}
END_TEST

/* ---- Damage ---- */

static const toy_options damaged_kinds[] = {
    {.keep_curves = 1}, {.keep_curves = 1, .auto_spearman = 1}, {.head = DLC_HEAD_LOSS}, {.keep_curves = 0}};
static const int64_t damaged_at[] = {2, 15, 15, 9};
enum { DAMAGED_KINDS = 4 };

static store *damaged(int kind) {
    store *s = store_create();
    toy *t = toy_create_stored(&damaged_kinds[kind], s);
    t->stop_at = damaged_at[kind];
    ck_assert_int_eq(toy_execute(t, s), DLC_ERROR_CANCELLED);
    toy_free(t);
    return s;
}

START_TEST(g5_damage_at_any_byte_is_found) {
    static const unsigned char flips[] = {0x01, 0x80, 0xFF};
    store *s = damaged(_i);
    toy *t = toy_create_stored(&damaged_kinds[_i], s);
    ck_assert_int_gt(s->last.size, 500);
    for (int64_t i = 0; i < s->last.size; i++)
        for (size_t f = 0; f < sizeof flips; f++) {
            s->last.bytes[i] ^= flips[f];
            assert_refused(t, s, DLC_ERROR_FORMAT, "damaged");
            s->last.bytes[i] ^= flips[f];
        }
    ck_ok(toy_execute(t, s), message(t->run));
    ck_assert_int_ge(dlc_run_resumed_pass(t->run), 0);
    toy_free(t);
    store_free(s);
}
END_TEST

START_TEST(g5_a_checkpoint_cut_off_anywhere_is_found) {
    store *s = damaged(_i);
    toy *t = toy_create_stored(&damaged_kinds[_i], s);
    unsigned char *whole = malloc((size_t)s->last.size + 5);
    const int64_t size = s->last.size;
    ck_assert_ptr_nonnull(whole);
    memcpy(whole, s->last.bytes, (size_t)size);
    memset(whole + size, 0, 5);
    for (int64_t cut = 1; cut < size + 5; cut++) {
        if (cut == size)
            continue;
        store_put(s, whole, cut);
        assert_refused(t, s, DLC_ERROR_FORMAT, "damaged");
    }
    store_put(s, whole, size);
    ck_ok(toy_execute(t, s), message(t->run));
    free(whole);
    toy_free(t);
    store_free(s);
}
END_TEST

START_TEST(other_bytes_are_no_checkpoint) {
    static unsigned char bytes[300000];
    uint64_t seed = 3;
    store *s = store_create();
    toy *t = toy_create_stored(&base, s);
    static const int64_t sizes[] = {1, 8, 31, 32, 131071, 131072, 131073, 300000};
    for (int kind = 0; kind < 3; kind++)
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            for (int64_t b = 0; b < sizes[i]; b++)
                bytes[b] = kind == 0 ? 0 : kind == 1 ? 0xFF : (unsigned char)(256 * test_uniform(&seed));
            store_put(s, bytes, sizes[i]);
            assert_refused(t, s, DLC_ERROR_FORMAT, "is no checkpoint");
        }
    toy_free(t);
    store_free(s);
}
END_TEST

/* ---- Well sealed, but not true ---- */

/* A seal is the hash of what is before it, in the order of bytes in which xxhsum prints it. */
static XXH128_canonical_t seal_at(const unsigned char *bytes, int64_t place) {
    XXH128_canonical_t seal;
    XXH128_canonicalFromHash(&seal, XXH3_128bits(bytes, (size_t)place));
    return seal;
}

/* The places of the seals of a sound checkpoint. */
static int find_seals(const blob *whole, int64_t places[8]) {
    int count = 0;
    for (int64_t place = 0; place + 16 <= whole->size; place++) {
        const XXH128_canonical_t seal = seal_at(whole->bytes, place);
        if (memcmp(seal.digest, whole->bytes + place, 16) == 0)
            places[count++] = place;
    }
    return count;
}

static void seal_anew(const blob *whole, const int64_t *places, int count) {
    for (int i = 0; i < count; i++) {
        const XXH128_canonical_t seal = seal_at(whole->bytes, places[i]);
        memcpy(whole->bytes + places[i], seal.digest, 16);
    }
}

START_TEST(a_later_version_is_known_as_that) {
    int64_t places[8];
    store *s = damaged(0);
    const int count = find_seals(&s->last, places);
    ck_assert_int_eq(count, 3);
    ck_assert_int_eq(places[0], 16);
    ck_assert_int_eq(places[2], s->last.size - 16);
    ck_assert_mem_eq(s->last.bytes,
                     "\x89"
                     "DLCrun\n\1\0\0\0\0\0\0\0",
                     16);
    toy *t = toy_create_stored(&damaged_kinds[0], s);
    s->last.bytes[8] = 2;
    seal_anew(&s->last, places, count);
    assert_refused(t, s, DLC_ERROR_UNSUPPORTED, "the checkpoint is a checkpoint of version 2, this libdlc knows 1");
    s->last.bytes[8] = 1;
    seal_anew(&s->last, places, count);
    ck_ok(toy_execute(t, s), message(t->run));
    toy_free(t);
    store_free(s);
}
END_TEST

/* Whoever makes seals of their own can change numbers, but neither crash a run nor make it touch what it should not.
 * Every number that says how much is to come is checked. */
START_TEST(g7_false_but_sealed_bytes_do_no_harm) {
    static const uint64_t values[] = {0, 1, 2, 255, INT64_MAX, UINT64_MAX, UINT64_C(1) << 63, UINT64_C(1) << 40};
    int64_t places[8], refused = 0, taken = 0;
    store *s = damaged(_i);
    unsigned char *whole = malloc((size_t)s->last.size);
    const int64_t size = s->last.size;
    ck_assert_ptr_nonnull(whole);
    memcpy(whole, s->last.bytes, (size_t)size);
    const int count = find_seals(&s->last, places);
    toy *t = toy_create_stored(&damaged_kinds[_i], s);
    for (int64_t at = 16; at + 8 <= size; at++)
        for (size_t v = 0; v < sizeof values / sizeof values[0]; v++) {
            store_put(s, whole, size);
            for (int byte = 0; byte < 8; byte++)
                s->last.bytes[at + byte] = (unsigned char)(values[v] >> 8 * byte);
            seal_anew(&s->last, places, count);
            const dlc_status status = toy_execute(t, s);
            ck_assert(status == DLC_OK || status == DLC_ERROR_FORMAT || status == DLC_ERROR_STATE);
            refused += status != DLC_OK;
            taken += status == DLC_OK;
        }
    ck_assert_int_gt(refused, 100);
    ck_assert_int_gt(taken, 100);
    free(whole);
    toy_free(t);
    store_free(s);
}
END_TEST

/* Sums of features that so many samples cannot have, whatever they are, would make centroids beyond all floats. */
START_TEST(impossible_sums_are_damage) {
    int64_t places[8] = {0};
    store *s = damaged(0);
    const int count = find_seals(&s->last, places);
    /* Behind the identity: four integers, then nine limbs of 4 bytes for every feature, then the highest of 8. */
    unsigned char *highest = s->last.bytes + places[1] + 16 + 4 * 8 + 9 * 4 * TOY_WIDTH;
    ck_assert(highest[0] == 0 || highest[0] == 0xFF);
    toy *t = toy_create_stored(&damaged_kinds[0], s);
    const unsigned char was = highest[7];
    highest[7] = 0x40;
    seal_anew(&s->last, places, count);
    assert_refused(t, s, DLC_ERROR_FORMAT, "the checkpoint is damaged");
    highest[7] = was;
    seal_anew(&s->last, places, count);
    ck_ok(toy_execute(t, s), message(t->run));
    ck_assert_int_eq(dlc_run_resumed_samples(t->run), 3 * TOY_BATCH);
    toy_free(t);
    store_free(s);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("checkpoint_refusal");
    TCase *cases = tcase_create("checkpoint_refusal");
    tcase_set_timeout(cases, 300);
    tcase_add_loop_test(cases, g5_another_run_is_refused_with_what_differs, 0, DIFFERENCES);
    tcase_add_test(cases, what_does_not_matter_may_differ);
    tcase_add_test(cases, long_names_of_tensors_count_whole);
    tcase_add_test(cases, every_byte_of_large_weights_counts);
    tcase_add_loop_test(cases, g5_damage_at_any_byte_is_found, 0, DAMAGED_KINDS);
    tcase_add_loop_test(cases, g5_a_checkpoint_cut_off_anywhere_is_found, 0, DAMAGED_KINDS);
    tcase_add_test(cases, other_bytes_are_no_checkpoint);
    tcase_add_test(cases, a_later_version_is_known_as_that);
    tcase_add_test(cases, impossible_sums_are_damage);
    tcase_add_loop_test(cases, g7_false_but_sealed_bytes_do_no_harm, 0, DAMAGED_KINDS);
    suite_add_tcase(suite, cases);
    return suite;
}
