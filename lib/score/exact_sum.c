/* exact_sum.c - fixed-point accumulators for float32 (exact_sum.h). Integer arithmetic alone: no floating-point mode of
 * the host matters. */
#include "exact_sum.h"

#include <string.h>

#define LIMB_BITS    32
#define LIMB_MASK    UINT32_C(0xFFFFFFFF)
#define TOP          (DLC_EXACT_LIMBS - 1)
#define MANTISSA     23
#define HIDDEN_BIT   (UINT32_C(1) << MANTISSA)
#define EXPONENT_MAX 0xFFU

/* A value adds less than 2^55 to a limb (24 bits, moved up by at most 31), and a settled limb is below 2^32: 255 values
 * and the carries between them stay below 2^63. */
#define PENDING_MAX 255

int dlc_exact_sums_start(dlc_exact_sums *sums, const dlc_allocator *allocator, int64_t groups, int64_t width) {
    const int64_t blocks = (width + DLC_EXACT_BLOCK - 1) / DLC_EXACT_BLOCK;
    *sums = (dlc_exact_sums){
        .groups = groups,
        .width = width,
        .blocks = blocks,
        .digits = dlc_allocate_zeroed(allocator, groups * width, DLC_EXACT_LIMBS * (int64_t)sizeof(int64_t)),
        .pending = dlc_allocate_zeroed(allocator, blocks, groups),
    };
    if (sums->digits && sums->pending)
        return 1;
    dlc_exact_sums_stop(sums, allocator);
    return 0;
}

void dlc_exact_sums_stop(dlc_exact_sums *sums, const dlc_allocator *allocator) {
    dlc_release(allocator, sums->digits);
    dlc_release(allocator, sums->pending);
    *sums = (dlc_exact_sums){0};
}

int64_t dlc_exact_sums_bytes(int64_t groups, int64_t width) {
    const int64_t blocks = (width + DLC_EXACT_BLOCK - 1) / DLC_EXACT_BLOCK;
    return groups * (width * DLC_EXACT_LIMBS * (int64_t)sizeof(int64_t) + blocks);
}

int64_t *dlc_exact_sums_digits(const dlc_exact_sums *sums, int64_t group) {
    return sums->digits + group * DLC_EXACT_LIMBS * sums->width;
}

static int64_t block_end(const dlc_exact_sums *sums, int64_t block) {
    const int64_t end = (block + 1) * DLC_EXACT_BLOCK;
    return end < sums->width ? end : sums->width;
}

static uint8_t *pending_of(dlc_exact_sums *sums, int64_t group, int64_t block) {
    return &sums->pending[block * sums->groups + group];
}

static void settle_block(dlc_exact_sums *sums, int64_t group, int64_t block) {
    uint8_t *pending = pending_of(sums, group, block);
    if (*pending == 0)
        return;
    *pending = 0;
    const int64_t end = block_end(sums, block);
    for (int limb = 0; limb < TOP; limb++) {
        int64_t *digits = dlc_exact_sums_digits(sums, group) + limb * sums->width;
        for (int64_t f = block * DLC_EXACT_BLOCK; f < end; f++) {
            const int64_t digit = (int64_t)((uint64_t)digits[f] & LIMB_MASK);
            digits[f + sums->width] += (digits[f] - digit) / (INT64_C(1) << LIMB_BITS);
            digits[f] = digit;
        }
    }
}

void dlc_exact_sums_settle(dlc_exact_sums *sums, int64_t group) {
    for (int64_t block = 0; block < sums->blocks; block++)
        settle_block(sums, group, block);
}

void dlc_exact_sums_add(dlc_exact_sums *sums, int64_t group, int64_t block, const float *row) {
    uint8_t *pending = pending_of(sums, group, block);
    if (*pending == PENDING_MAX)
        settle_block(sums, group, block);
    (*pending)++;
    int64_t *digits = dlc_exact_sums_digits(sums, group);
    const int64_t end = block_end(sums, block);
    for (int64_t f = block * DLC_EXACT_BLOCK; f < end; f++) {
        uint32_t bits;
        memcpy(&bits, &row[f], sizeof bits);
        const uint32_t exponent = bits >> MANTISSA & EXPONENT_MAX;
        const uint32_t normal = exponent != 0;
        const int64_t mantissa = (int64_t)((bits & (HIDDEN_BIT - 1)) | normal << MANTISSA);
        /* Denormals share the place of the smallest normal numbers. */
        const uint32_t place = exponent - normal;
        const int64_t magnitude = mantissa << (place % LIMB_BITS);
        const int64_t sign = -(int64_t)(bits >> 31);
        digits[(int64_t)(place / LIMB_BITS) * sums->width + f] += (magnitude ^ sign) - sign;
    }
}

/* ---- Division ---- */

/* The size of a settled sum; returns 1 where the sum is negative, else 0. */
static uint32_t magnitude_of(const int64_t *digits, int64_t stride, uint64_t size[DLC_EXACT_LIMBS]) {
    const int negative = digits[TOP * stride] < 0;
    int64_t borrow = 0;
    for (int limb = 0; limb < TOP; limb++) {
        const int64_t digit = (negative ? -digits[limb * stride] : digits[limb * stride]) - borrow;
        size[limb] = (uint64_t)digit & LIMB_MASK;
        borrow = digit < 0;
    }
    size[TOP] = (uint64_t)((negative ? -digits[TOP * stride] : digits[TOP * stride]) - borrow);
    return (uint32_t)negative;
}

/* Adds value * 2^shift to the limb of that place and the one above it; value is below 2^32, and the shift not at the
 * top. */
static void add_shifted(uint64_t size[DLC_EXACT_LIMBS], uint64_t value, int shift) {
    const uint64_t moved = value << shift % LIMB_BITS;
    size[shift / LIMB_BITS] += moved & LIMB_MASK;
    size[shift / LIMB_BITS + 1] += moved >> LIMB_BITS;
}

int dlc_exact_sum_is_possible(const int64_t digits[DLC_EXACT_LIMBS], int64_t n) {
    const int64_t top_max = INT64_C(1) << 52; /* 2^62 of the largest stay below it */
    if (digits[TOP] < -top_max || digits[TOP] > top_max)
        return 0;
    uint64_t size[DLC_EXACT_LIMBS];
    uint64_t most[DLC_EXACT_LIMBS] = {0};
    /* The largest float32 is 2^24 - 1 at the highest place, 2^253. */
    const int place = (int)EXPONENT_MAX - 2;
    const uint64_t mantissa = 2 * HIDDEN_BIT - 1;
    const uint64_t low = ((uint64_t)n & LIMB_MASK) * mantissa, high = ((uint64_t)n >> LIMB_BITS) * mantissa;
    add_shifted(most, low & LIMB_MASK, place);
    add_shifted(most, low >> LIMB_BITS, place + LIMB_BITS);
    add_shifted(most, high & LIMB_MASK, place + LIMB_BITS);
    most[TOP] += (high >> LIMB_BITS) << place % LIMB_BITS;
    for (int limb = 0; limb < TOP; limb++) {
        most[limb + 1] += most[limb] >> LIMB_BITS;
        most[limb] &= LIMB_MASK;
    }
    magnitude_of(digits, 1, size);
    int limb = TOP;
    while (limb > 0 && size[limb] == most[limb])
        limb--;
    return size[limb] <= most[limb];
}

static int limb_of(int position) {
    return position / LIMB_BITS < TOP ? position / LIMB_BITS : TOP;
}

static uint64_t bit_at(const uint64_t size[DLC_EXACT_LIMBS], int position) {
    const int limb = limb_of(position);
    return size[limb] >> (position - limb * LIMB_BITS) & 1;
}

/* The highest bit that is set, or -1. */
static int highest_bit(const uint64_t size[DLC_EXACT_LIMBS]) {
    int limb = TOP;
    while (limb >= 0 && size[limb] == 0)
        limb--;
    if (limb < 0)
        return -1;
    int position = limb * LIMB_BITS;
    for (uint64_t rest = size[limb] >> 1; rest != 0; rest >>= 1)
        position++;
    return position;
}

static int any_bit_below(const uint64_t size[DLC_EXACT_LIMBS], int position) {
    if (position <= 0)
        return 0;
    const int last = limb_of(position);
    uint64_t any = size[last] & ((UINT64_C(1) << (position - last * LIMB_BITS)) - 1);
    for (int limb = 0; limb < last; limb++)
        any |= size[limb];
    return any != 0;
}

/*
 * Long division, bit by bit from the top, until the quotient has the 24 bits of a float32 and one more to round by. A
 * small quotient ends at the bit worth half of 2^-149, which is where denormals are rounded.
 */
static float quotient(const int64_t *digits, int64_t stride, uint64_t n) {
    uint64_t size[DLC_EXACT_LIMBS];
    const uint32_t negative = magnitude_of(digits, stride, size);
    int position = highest_bit(size);
    if (position < 0)
        return 0.0F;
    uint32_t result = 0;
    uint64_t remainder = 0;
    for (;; position--) {
        remainder = remainder * 2 + (position >= 0 ? bit_at(size, position) : 0);
        result *= 2;
        if (remainder >= n) {
            remainder -= n;
            result++;
        }
        if (result >= HIDDEN_BIT * 2 || position < 0)
            break;
    }
    const uint32_t half = result & 1;
    const int above_half = remainder != 0 || any_bit_below(size, position);
    result /= 2;
    if (half && (above_half || result % 2 != 0))
        result++;
    /* The last bit of `result` is worth 2^(position + 1 - 149): added to the shifted exponent, a hidden bit (and a
     * carry of the rounding) counts the exponent up by itself. */
    const uint32_t sign = result != 0 ? negative << 31 : 0;
    const uint32_t bits = sign | (((uint32_t)(position + 1) << MANTISSA) + result);
    float rounded;
    memcpy(&rounded, &bits, sizeof rounded);
    return rounded;
}

void dlc_exact_sums_mean(dlc_exact_sums *sums, int64_t group, int64_t n, double *out) {
    dlc_exact_sums_settle(sums, group);
    for (int64_t f = 0; f < sums->width; f++)
        out[f] = (double)quotient(dlc_exact_sums_digits(sums, group) + f, sums->width, (uint64_t)n);
}
