/*
 * mask_weights_tests.c - the loops of lib/mask/weights.h, those of every instruction set that this machine has, against
 * one weight at a time.
 */
#include "support.h"

#include "mask/weights.h"

enum { COUNT = 331 };

static const int64_t sizes[] = {2, 4, 8};

/* Magnitude bits of a weight of `size` bytes, from its bytes (the lowest first, as on every machine that runs this). */
static uint64_t magnitude(const unsigned char *weight, int64_t size) {
    uint64_t bits = 0;
    memcpy(&bits, weight, (size_t)size);
    return bits & ~(UINT64_C(1) << (8 * size - 1));
}

/* Half of the weights are alike in all but their lowest byte, so that limits fall among them. */
static void fill(unsigned char *data, int64_t size, uint64_t *state) {
    for (int64_t i = 0; i < COUNT * size; i++)
        data[i] = (unsigned char)(test_uniform(state) * 256);
    for (int64_t i = 0; i < COUNT; i += 2)
        memset(data + i * size + 1, 0x11, (size_t)size - 1);
}

START_TEST(every_instruction_set_masks_and_flags) {
    const dlc_weights_loops *loops = dlc_weights_loops_at(_i / 3);
    if (!loops)
        return;
    const int64_t size = sizes[_i % 3];
    uint64_t state = (uint64_t)_i + 1;
    for (int round = 0; round < 200; round++) {
        unsigned char original[COUNT * 8], masked[COUNT * 8 + 1], flags[COUNT + 1];
        fill(original, size, &state);
        const int64_t count = (int64_t)(test_uniform(&state) * (COUNT + 1));
        const uint64_t picked = magnitude(original + (int64_t)(test_uniform(&state) * COUNT) * size, size);
        const int64_t limit = round == 0 ? -1 : round == 1 ? 0 : (int64_t)picked;
        unsigned char *data = masked + round % 2; /* aligned or not */
        memcpy(data, original, (size_t)(COUNT * size));
        flags[count] = 7;
        loops->flag(size, data, count, limit, flags);
        loops->mask(size, data, count, limit);
        for (int64_t i = 0; i < COUNT; i++) {
            const unsigned char *weight = original + i * size;
            const int is_masked = i < count && limit >= 0 && magnitude(weight, size) <= (uint64_t)limit;
            static const unsigned char zero[8] = {0};
            ck_assert(memcmp(data + i * size, is_masked ? zero : weight, (size_t)size) == 0);
            if (i < count)
                ck_assert_int_eq(flags[i], is_masked);
        }
        ck_assert_int_eq(flags[count], 7);
    }
}
END_TEST

START_TEST(the_last_set_is_the_baseline) {
    ck_assert_ptr_nonnull(dlc_weights_loops_at(0));
    ck_assert_ptr_null(dlc_weights_loops_at(-1));
    ck_assert_ptr_null(dlc_weights_loops_at(2));
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("mask weights");
    TCase *loops = tcase_create("loops");
    tcase_set_timeout(loops, 60); /* a fraction of a second, but on a busy machine */
    tcase_add_loop_test(loops, every_instruction_set_masks_and_flags, 0, 6);
    tcase_add_test(loops, the_last_set_is_the_baseline);
    suite_add_tcase(suite, loops);
    return suite;
}
