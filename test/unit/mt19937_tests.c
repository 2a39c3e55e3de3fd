/*
 * mt19937_tests.c - the numpy generator against published outputs (the 10000th from seed 5489 is in the C++ standard)
 * and against what NumPy 1.24 gives: RandomState(seed).randint(0, 2**32, dtype=uint32), RandomState(seed).permutation.
 */
#include "flexrand/mt19937.h"

#include "support.h"

static const struct {
    uint32_t seed;
    uint32_t outputs[4];
    uint32_t permutation[10];
    uint32_t of_1000[6]; /* start of permutation(1000), from a fresh seed ... */
    uint32_t of_7[7];    /* ... and permutation(7) after it */
} numpy[] = {
    {0,
     {2357136044, 2546248239, 3071714933, 3626093760},
     {2, 8, 4, 9, 1, 6, 7, 3, 0, 5},
     {993, 859, 298, 553, 672, 971},
     {2, 1, 5, 6, 4, 3, 0}},
    {1,
     {1791095845, 4282876139, 3093770124, 4005303368},
     {2, 9, 6, 4, 0, 3, 1, 7, 8, 5},
     {507, 818, 452, 368, 242, 929},
     {4, 0, 5, 1, 3, 6, 2}},
    {42,
     {1608637542, 3421126067, 4083286876, 787846414},
     {8, 1, 5, 0, 7, 2, 9, 4, 3, 6},
     {521, 737, 740, 660, 411, 678},
     {0, 2, 5, 6, 4, 1, 3}},
    {4294967295,
     {419326371, 479346978, 3918654476, 2416749639},
     {6, 9, 5, 1, 8, 0, 7, 4, 2, 3},
     {94, 405, 819, 632, 217, 169},
     {1, 0, 2, 3, 4, 6, 5}},
};

START_TEST(published_outputs_of_seed_5489) {
    static const struct {
        int position;
        uint32_t output;
    } known[] = {{0, 3499211612},   {1, 581869302},    {2, 3890346734},   {3, 3586334585},   {4, 545404204},
                 {623, 4020325887}, {624, 4178893912}, {999, 1341017984}, {9999, 4123659995}};
    dlc_mt19937 generator;
    dlc_mt19937_seed(&generator, 5489);
    int position = 0;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        for (; position < known[i].position; position++)
            dlc_mt19937_next(&generator);
        ck_assert_uint_eq(dlc_mt19937_next(&generator), known[i].output);
        position++;
    }
}
END_TEST

START_TEST(numpy_outputs) {
    dlc_mt19937 generator;
    dlc_mt19937_seed(&generator, numpy[_i].seed);
    for (int i = 0; i < 4; i++)
        ck_assert_uint_eq(dlc_mt19937_next(&generator), numpy[_i].outputs[i]);
}
END_TEST

START_TEST(numpy_permutations) {
    dlc_mt19937 generator;
    uint32_t out[1000];
    dlc_mt19937_seed(&generator, numpy[_i].seed);
    dlc_mt19937_permutation(&generator, out, 10);
    ck_assert_mem_eq(out, numpy[_i].permutation, sizeof numpy[_i].permutation);

    dlc_mt19937_seed(&generator, numpy[_i].seed);
    dlc_mt19937_permutation(&generator, out, 1000);
    ck_assert_mem_eq(out, numpy[_i].of_1000, sizeof numpy[_i].of_1000);
    dlc_mt19937_permutation(&generator, out, 0); /* draws nothing, ... */
    dlc_mt19937_permutation(&generator, out, 1); /* ... nor does this */
    dlc_mt19937_permutation(&generator, out, 7);
    ck_assert_mem_eq(out, numpy[_i].of_7, sizeof numpy[_i].of_7);
}
END_TEST

Suite *tests(void) {
    const int seeds = (int)(sizeof numpy / sizeof numpy[0]);
    Suite *suite = suite_create("mt19937");
    TCase *stream = tcase_create("stream");
    tcase_add_test(stream, published_outputs_of_seed_5489);
    tcase_add_loop_test(stream, numpy_outputs, 0, seeds);
    tcase_add_loop_test(stream, numpy_permutations, 0, seeds);
    suite_add_tcase(suite, stream);
    return suite;
}
