/*
 * mask_pick_tests.c - the loops of lib/mask/pick.h, those of every instruction set that this machine has, against one
 * key at a time.
 */
#include "support.h"

#include "mask/pick.h"

enum { COUNT = 3 * 512 + 77, DIGIT_BITS = 18, DIGITS = 3000 };

static uint64_t digits[DIGITS]; /* those that are wanted */
static uint16_t wanted[1 << DIGIT_BITS];
static unsigned char data[COUNT * 8];

/* Bits of a key of `size` bytes: all but the sign, as those of weights. */
static int32_t key_bits(int64_t size) {
    return (int32_t)(8 * size - 1);
}

static dlc_picker want(int64_t count, int32_t bits, uint64_t *state) {
    memset(wanted, 0, sizeof wanted);
    dlc_picker picker = {.wanted = wanted, .shift = bits > DIGIT_BITS ? bits - DIGIT_BITS : 0};
    for (int64_t i = 0; i < count; i++) {
        digits[i] = (uint64_t)(test_uniform(state) * (double)(UINT64_C(1) << (bits - picker.shift)));
        wanted[digits[i]] = 1;
        dlc_pick_want(&picker, digits[i]);
    }
    return picker;
}

/* Of any bits, but one in `rarity` starts like a wanted key. */
static void fill(int64_t size, int64_t count, int64_t rarity, int32_t shift, uint64_t *state) {
    for (int64_t i = 0; i < COUNT; i++) {
        uint64_t bits = 0;
        for (int byte = 0; byte < 8; byte++)
            bits = bits << 8 | (uint64_t)(test_uniform(state) * 256);
        const uint64_t others = ~(((UINT64_C(1) << key_bits(size)) - 1) >> shift << shift);
        if ((int64_t)(test_uniform(state) * (double)rarity) == 0)
            bits = digits[(int64_t)(test_uniform(state) * (double)count)] << shift | (bits & others);
        memcpy(data + i * size, &bits, (size_t)size);
    }
}

static void check(dlc_pick_loop pick, int64_t size, int64_t count_wanted, int64_t rarity, uint64_t *state) {
    const int32_t bits = key_bits(size);
    const dlc_picker picker = want(count_wanted, bits, state);
    fill(size, count_wanted, rarity, picker.shift, state);
    const int64_t count = test_uniform(state) < 0.3 ? COUNT : (int64_t)(test_uniform(state) * COUNT);
    const dlc_keys keys = {data, size, (UINT64_C(1) << bits) - 1};
    uint64_t picked[COUNT + 1];
    picked[count] = 7;
    const int64_t found = pick(&picker, keys, count, picked);
    int64_t expected = 0;
    for (int64_t i = 0; i < count; i++) {
        uint64_t key = 0;
        memcpy(&key, data + i * size, (size_t)size);
        key &= keys.bits;
        if (wanted[key >> picker.shift]) {
            ck_assert_int_lt(expected, found);
            ck_assert_uint_eq(picked[expected++], key);
        }
    }
    ck_assert_int_eq(found, expected);
    ck_assert_uint_eq(picked[count], 7);
}

/* From few digits, as a plan looks for, to so many that no sieve tells them from the others. */
START_TEST(every_instruction_set_picks_what_is_wanted) {
    const dlc_pick_loop pick = dlc_pick_loop_at(_i / 3);
    if (!pick)
        return;
    const int64_t size = (int64_t[]){2, 4, 8}[_i % 3];
    uint64_t state = (uint64_t)_i + 1;
    for (int64_t count = 1; count <= DIGITS; count *= 4)
        for (int64_t rarity = 1; rarity < 3000; rarity *= 9)
            for (int round = 0; round < 4; round++)
                check(pick, size, count, rarity, &state);
}
END_TEST

START_TEST(the_last_set_is_the_plain_one) {
    ck_assert(!dlc_pick_loop_at(-1));
    ck_assert(!dlc_pick_loop_at(2));
    ck_assert(dlc_pick_loop_at(dlc_pick_avx2() ? 1 : 0) == dlc_pick_plain);
    ck_assert(!dlc_pick_avx2() || dlc_pick_loop_at(0) == dlc_pick_avx2());
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("mask pick");
    TCase *loops = tcase_create("loops");
    tcase_set_timeout(loops, 60);
    tcase_add_loop_test(loops, every_instruction_set_picks_what_is_wanted, 0, 6);
    tcase_add_test(loops, the_last_set_is_the_plain_one);
    suite_add_tcase(suite, loops);
    return suite;
}
