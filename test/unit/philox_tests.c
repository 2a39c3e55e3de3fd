/* philox_tests.c - the generator against the known answers that its authors publish (Random123, kat_vectors). */
#include "base/philox.h"

#include "support.h"

static const struct {
    uint32_t counter[4];
    uint32_t key[2];
    uint32_t expected[4];
} known[] = {
    {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
     {0xffffffff, 0xffffffff},
     {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
     {0xa4093822, 0x299f31d0},
     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
};

START_TEST(known_answers) {
    uint32_t out[4];
    dlc_philox_block(known[_i].counter, known[_i].key, out);
    for (int i = 0; i < 4; i++)
        ck_assert_uint_eq(out[i], known[_i].expected[i]);
}
END_TEST

/* Seed, stream and position each fill words of their own, so that no two uses share a block. */
START_TEST(bits_take_the_words_of_a_block) {
    const uint32_t counter[4] = {0x89abcdef, 0x01234567, DLC_STREAM_SHUFFLE, 0};
    const uint32_t key[2] = {0xfedcba98, 0x76543210};
    uint32_t out[4];
    dlc_philox_block(counter, key, out);
    const uint64_t bits =
        dlc_philox_bits(UINT64_C(0x76543210fedcba98), DLC_STREAM_SHUFFLE, UINT64_C(0x0123456789abcdef));
    ck_assert_uint_eq(bits, (uint64_t)out[1] << 32 | out[0]);
    const double uniform =
        dlc_philox_uniform(UINT64_C(0x76543210fedcba98), DLC_STREAM_SHUFFLE, UINT64_C(0x0123456789abcdef));
    ck_assert_double_eq(uniform, (double)(bits >> 11) / 9007199254740992.0);
}
END_TEST

/* Subsets and masks that were drawn once must come again from every later version. */
START_TEST(stream_numbers_are_pinned) {
    ck_assert_int_eq(DLC_STREAM_MASK, 1);
    ck_assert_int_eq(DLC_STREAM_SHUFFLE, 2);
    ck_assert_int_eq(DLC_STREAM_COIN, 3);
    ck_assert_int_eq(DLC_STREAM_SIZE_TIES, 4);
    ck_assert_int_eq(DLC_STREAM_OFFSET, 5);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("philox");
    TCase *block = tcase_create("block");
    tcase_add_loop_test(block, known_answers, 0, (int)(sizeof known / sizeof known[0]));
    tcase_add_test(block, bits_take_the_words_of_a_block);
    tcase_add_test(block, stream_numbers_are_pinned);
    suite_add_tcase(suite, block);
    return suite;
}
