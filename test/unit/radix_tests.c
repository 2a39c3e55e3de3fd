/* radix_tests.c - the sort against qsort(): order, stability, and the first few of many. */
#include "base/radix.h"

#include "support.h"

#include <stdlib.h>

enum { MOST = 3000 };

/* The bits of the keys that are left: all, few, at either end, skewed, none. */
static const uint64_t masks[] = {UINT64_MAX, 0xFF,          UINT64_C(0xFF) << 56, UINT64_C(0x8000000000000001),
                                 0x3,        0x7FF00000000, UINT64_C(0xF0F0F0F0), 0};

static int by_key_value(const void *left, const void *right) {
    const dlc_radix_item *a = left, *b = right;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return (a->value > b->value) - (a->value < b->value);
}

/* Values number the items, so that qsort() by (key, value) is the stable order. `power` squares the keys' uniform
 * numbers, which crowds them at the low end. */
static void make_items(dlc_radix_item *items, int64_t count, uint64_t mask, int power, uint64_t state) {
    for (int64_t i = 0; i < count; i++) {
        double uniform = test_uniform(&state);
        for (int p = 0; p < power; p++)
            uniform *= uniform;
        const uint64_t low = (uint64_t)(test_uniform(&state) * 4294967296.0);
        items[i].key = ((uint64_t)(uniform * 4294967296.0) << 32 | low) & mask;
        items[i].value = (uint32_t)i;
        items[i].tag = (int32_t)-i;
    }
}

START_TEST(first_wanted_are_in_stable_order) {
    static const int64_t counts[] = {0, 1, 2, 24, 25, 600, MOST};
    dlc_radix_item *items = malloc(MOST * sizeof *items);
    dlc_radix_item *scratch = malloc(MOST * sizeof *scratch);
    dlc_radix_item *expected = malloc(MOST * sizeof *expected);
    ck_assert(items && scratch && expected);
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++)
        for (int power = 0; power < 4; power++)
            for (int64_t wanted = 0; wanted <= counts[c]; wanted += counts[c] == MOST ? MOST / 20 : 1) {
                const int64_t count = counts[c];
                make_items(items, count, masks[_i], power, (uint64_t)(wanted + 1));
                make_items(expected, count, masks[_i], power, (uint64_t)(wanted + 1));
                qsort(expected, (size_t)count, sizeof *expected, by_key_value);
                dlc_radix_sort(items, scratch, count, wanted);
                int64_t same = 0;
                while (same < wanted && items[same].key == expected[same].key &&
                       items[same].value == expected[same].value && items[same].tag == expected[same].tag)
                    same++;
                ck_assert_msg(same == wanted, "%d of %d: item %d is another", (int)wanted, (int)count, (int)same);
                /* None is lost. */
                qsort(items, (size_t)count, sizeof *items, by_key_value);
                for (int64_t i = 0; i < count; i++)
                    if (items[i].value != expected[i].value)
                        ck_abort_msg("an item is lost");
            }
    free(items);
    free(scratch);
    free(expected);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("radix");
    TCase *sort = tcase_create("sort");
    tcase_set_timeout(sort, 60);
    tcase_add_loop_test(sort, first_wanted_are_in_stable_order, 0, (int)(sizeof masks / sizeof masks[0]));
    suite_add_tcase(suite, sort);
    return suite;
}
