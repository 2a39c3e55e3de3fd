/*
 * mask_weights_tests.c - the loops of lib/mask/weights.h, those of every instruction set that this machine has, against
 * one weight at a time.
 */
#include "support.h"

#include "mask/weights.h"

/* Of 8 bytes these are more lines than the loops list at a time, 4096. */
enum { COUNT = 4096 * DLC_LINE / 8 + 331 };

static const int64_t sizes[] = {2, 4, 8};

/* Magnitude bits of a weight of `size` bytes, from its bytes (the lowest first, as on every machine that runs this). */
static uint64_t magnitude(const unsigned char *weight, int64_t size) {
    uint64_t bits = 0;
    memcpy(&bits, weight, (size_t)size);
    return bits & ~(UINT64_C(1) << (8 * size - 1));
}

/* Half of the weights are alike in all but their lowest byte, so that limits fall among them; a few are -0. */
static void fill(unsigned char *data, int64_t size, uint64_t *state) {
    for (int64_t i = 0; i < COUNT * size; i += 2) {
        const unsigned two = (unsigned)(test_uniform(state) * 65536);
        data[i] = (unsigned char)two;
        data[i + 1] = (unsigned char)(two >> 8);
    }
    for (int64_t i = 0; i < COUNT; i += 2)
        memset(data + i * size + 1, 0x11, (size_t)size - 1);
    for (int64_t i = 0; i < COUNT; i += 1 + (int64_t)(test_uniform(state) * 200)) {
        memset(data + i * size, 0, (size_t)size);
        data[(i + 1) * size - 1] = 0x80;
    }
}

/* What the loops are given: weights, aligned or not, how many of them, and a limit. */
typedef struct weights_case {
    unsigned char original[COUNT * 8];
    unsigned char room[COUNT * 8 + 1];
    unsigned char *data; /* in room, a copy of the original */
    int64_t size, count, limit;
} weights_case;

static weights_case given;

static void make_case(int64_t size, int round, uint64_t *state) {
    given.size = size;
    fill(given.original, size, state);
    given.count = round % 4 == 0 ? COUNT - round : (int64_t)(test_uniform(state) * (round % 4 == 1 ? 100 : COUNT + 1));
    /* A small limit too, so that most lines of weights stay as they are. */
    const uint64_t picked = magnitude(given.original + (int64_t)(test_uniform(state) * COUNT) * size, size);
    given.limit = round == 0 ? -1 : round == 1 ? 0 : round % 3 == 0 ? (int64_t)(picked >> 6) : (int64_t)picked;
    given.data = given.room + round % 2;
    memcpy(given.data, given.original, (size_t)(COUNT * size));
}

static int is_up_to_limit(int64_t index) {
    return given.limit >= 0 && magnitude(given.original + index * given.size, given.size) <= (uint64_t)given.limit;
}

static const unsigned char zero[8] = {0};

/* 1 if a weight is not as it should be: +0 where it is masked, or as it was. */
static int is_wrong(int64_t index, int is_masked) {
    const unsigned char *expected = is_masked ? zero : given.original + index * given.size;
    return memcmp(given.data + index * given.size, expected, (size_t)given.size) != 0;
}

/* The cases of one instruction set and one size: number `index` of 6. */
static void each_case(int index, void (*check)(const dlc_weights_loops *loops, int round, uint64_t *state)) {
    const dlc_weights_loops *loops = dlc_weights_loops_at(index / 3);
    uint64_t state = (uint64_t)index + 1;
    for (int round = 0; loops && round < 24; round++) {
        make_case(sizes[index % 3], round, &state);
        check(loops, round, &state);
    }
}

static void check_mask(const dlc_weights_loops *loops, int round, uint64_t *state) {
    (void)round;
    (void)state;
    loops->mask(given.size, given.data, given.count, given.limit);
    int64_t wrong = 0;
    for (int64_t i = 0; i < COUNT; i++)
        wrong += is_wrong(i, i < given.count && is_up_to_limit(i));
    ck_assert_int_eq(wrong, 0);
}

START_TEST(every_instruction_set_masks) {
    each_case(_i, check_mask);
}
END_TEST

/* Steps that tell any two indices apart somewhere. */
static uint8_t steps[DLC_STEPS];

static void fill_steps(uint64_t *state) {
    for (int64_t i = 0; i < DLC_STEPS; i++)
        steps[i] = (uint8_t)(test_uniform(state) * 256);
}

/* What a line's step is looked up by: the least magnitude of what is not +0, or the largest number. */
static uint64_t least_left(const unsigned char *line, int64_t size) {
    uint64_t least = (UINT64_C(1) << (8 * size - 1)) - 1;
    for (int64_t i = 0; i < DLC_LINE; i += size) {
        const uint64_t left = magnitude(line + i, size);
        least = memcmp(line + i, zero, (size_t)size) != 0 && left < least ? left : least;
    }
    return least;
}

/* Lines that are due are masked and get their next step; the others keep weights and step. */
static void check_mask_lines(const dlc_weights_loops *loops, int round, uint64_t *state) {
    if (!loops->mask_lines)
        return;
    /* Lines of zeros alone are never due again. */
    memset(given.data, 0, 2 * DLC_LINE);
    memset(given.original, 0, 2 * DLC_LINE);
    fill_steps(state);
    const int64_t lines = given.count * given.size / DLC_LINE;
    static uint8_t due[COUNT * 8 / DLC_LINE + 1], before[sizeof due];
    for (size_t i = 0; i < sizeof due; i++)
        before[i] = due[i] = (uint8_t)(round % 5 == 0 ? 0 : test_uniform(state) * 256);
    const uint8_t step = (uint8_t)(test_uniform(state) * 256);
    loops->mask_lines(given.size, given.data, lines, given.limit, steps, step, due);
    int64_t wrong = 0, wrong_steps = 0;
    for (int64_t line = 0; line < (int64_t)sizeof due; line++) {
        const int is_due = line < lines && before[line] <= step;
        const int64_t first = line * DLC_LINE / given.size;
        for (int64_t i = first; i < first + DLC_LINE / given.size && i < COUNT; i++)
            wrong += is_wrong(i, is_due && is_up_to_limit(i));
        const uint64_t least = is_due ? least_left(given.data + line * DLC_LINE, given.size) : 0;
        wrong_steps += due[line] != (is_due ? steps[dlc_weights_step_index(given.size, least)] : before[line]);
    }
    ck_assert_int_eq(wrong, 0);
    ck_assert_int_eq(wrong_steps, 0);
}

START_TEST(masks_lines_that_are_due) {
    each_case(_i, check_mask_lines);
}
END_TEST

START_TEST(steps_are_looked_up_by_the_top_bits) {
    ck_assert_int_eq(dlc_weights_step_index(2, 0x7FFF), 0x7FFF);
    ck_assert_int_eq(dlc_weights_step_index(4, 0x3F7FFFFF), 0x7EFF);
    ck_assert_int_eq(dlc_weights_step_index(4, 0x7FFFFFFF), DLC_STEPS - 1);
    ck_assert_int_eq(dlc_weights_step_index(8, UINT64_C(0x3FEFFFFFFFFFFFFF)), 0x7FDF);
    ck_assert_int_eq(dlc_weights_step_index(8, INT64_MAX), DLC_STEPS - 1);
}
END_TEST

static void check_mark_and_save(const dlc_weights_loops *loops, int round, uint64_t *state) {
    (void)round;
    (void)state;
    static uint64_t bits[(COUNT + 63) / 64 + 1];
    const int64_t words = (given.count + 63) / 64;
    bits[words] = 7;
    const int64_t marked = loops->mark(given.size, given.data, given.count, given.limit, bits);
    static unsigned char values[COUNT * 8 + 8];
    memset(values, 0x5A, sizeof values);
    ck_assert_int_eq(loops->save(given.size, given.data, bits, given.count, values), marked);
    int64_t expected = 0, wrong = 0;
    for (int64_t i = 0; i < 64 * words; i++) {
        const int is_marked = i < given.count && is_up_to_limit(i);
        wrong += (int)(bits[i / 64] >> i % 64 & 1) != is_marked;
        if (is_marked)
            wrong += memcmp(values + expected++ * given.size, given.original + i * given.size, (size_t)given.size) != 0;
    }
    ck_assert_int_eq(wrong, 0);
    ck_assert_int_eq(marked, expected);
    ck_assert_uint_eq(bits[words], 7);
    for (int64_t i = 0; i < 8; i++)
        ck_assert_int_eq(values[marked * given.size + i], 0x5A);
    /* And put back over what they were masked to. */
    loops->mask(given.size, given.data, given.count, given.limit);
    ck_assert_int_eq(dlc_weights_put_back(given.size, given.data, bits, given.count, values), marked);
    ck_assert(memcmp(given.data, given.original, (size_t)(COUNT * given.size)) == 0);
}

START_TEST(every_instruction_set_marks_and_saves) {
    each_case(_i, check_mark_and_save);
}
END_TEST

START_TEST(the_last_set_is_the_baseline) {
    ck_assert_ptr_nonnull(dlc_weights_loops_at(0));
    ck_assert_ptr_null(dlc_weights_loops_at(-1));
    ck_assert_ptr_null(dlc_weights_loops_at(2));
    ck_assert(!dlc_weights_avx2() || dlc_weights_loops_at(0)->mask_lines);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("mask weights");
    TCase *loops = tcase_create("loops");
    tcase_set_timeout(loops, 60); /* a fraction of a second, but on a busy machine */
    tcase_add_loop_test(loops, every_instruction_set_masks, 0, 6);
    tcase_add_loop_test(loops, masks_lines_that_are_due, 0, 6);
    tcase_add_test(loops, steps_are_looked_up_by_the_top_bits);
    tcase_add_loop_test(loops, every_instruction_set_marks_and_saves, 0, 6);
    tcase_add_test(loops, the_last_set_is_the_baseline);
    suite_add_tcase(suite, loops);
    return suite;
}
