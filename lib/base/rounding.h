/* rounding.h - the one rounding of the method: half to even, in double. */
#ifndef DLC_LIB_ROUNDING_H
#define DLC_LIB_ROUNDING_H

#include <stdint.h>

/* round(value) half to even, whatever rounding mode the host has set. value: finite, 0 <= value < 2^62. */
static inline int64_t dlc_round_half_even(double value) {
    int64_t whole = (int64_t)value;
    const double rest = value - (double)whole;
    if (rest > 0.5 || (rest == 0.5 && whole % 2 != 0))
        whole++;
    return whole;
}

#endif
