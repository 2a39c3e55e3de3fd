/* pick.c - what is wanted, and the loop in plain C (pick.h). */
#include "pick.h"

#include <stddef.h>

static void add(dlc_byte_set *set, uint64_t value) {
    set->words[value / 32 % 8] |= UINT32_C(1) << value % 32;
}

void dlc_pick_want(dlc_picker *picker, uint64_t digit) {
    add(&picker->low, digit);
    add(&picker->mixed, dlc_pick_mix(digit));
}

/* Written once for any size of keys; called with a constant, the size is folded in. Unrolled it is half again as fast.
 */
static inline int64_t pick_keys(const dlc_picker *picker, int64_t size, dlc_keys keys, int64_t count,
                                uint64_t *picked) {
    const uint16_t *wanted = picker->wanted;
    const int32_t shift = picker->shift;
    int64_t found = 0;
#pragma GCC unroll 8
    for (int64_t i = 0; i < count; i++) {
        const uint64_t key = dlc_keys_at(keys, size, i);
        picked[found] = key; /* no branch to mispredict */
        found += wanted[key >> shift] != 0;
    }
    return found;
}

int64_t dlc_pick_plain(const dlc_picker *picker, dlc_keys keys, int64_t count, uint64_t *picked) {
    switch (keys.size) {
    case 2:
        return pick_keys(picker, 2, keys, count, picked);
    case 4:
        return pick_keys(picker, 4, keys, count, picked);
    default:
        return pick_keys(picker, 8, keys, count, picked);
    }
}

dlc_pick_loop dlc_pick_loop_at(int32_t index) {
    dlc_pick_loop usable[3] = {NULL};
    int32_t count = 0;
    if (dlc_pick_avx2())
        usable[count++] = dlc_pick_avx2();
    usable[count++] = dlc_pick_plain;
    return index >= 0 && index < count ? usable[index] : NULL;
}
