/* order.c - magnitude bits, their widening, and random keys (order.h). */
#include "order.h"

#include "../base/philox.h"
#include "dlc/mask.h"

#include <string.h>

int32_t dlc_order_join(int32_t a, int32_t b) {
    if (a == b || a == DLC_DTYPE_OTHER)
        return b;
    return a == DLC_DTYPE_F64 || b == DLC_DTYPE_F64 ? DLC_DTYPE_F64 : DLC_DTYPE_F32;
}

static int32_t magnitude_bits(int32_t dtype) {
    return (int32_t)dlc_dtype_size(dtype) * 8 - 1;
}

dlc_order dlc_order_make(int32_t criterion, int32_t dtype, uint64_t seed) {
    return (dlc_order){.criterion = criterion,
                       .dtype = dtype,
                       .bits = criterion == DLC_CRITERION_RANDOM ? 32 : magnitude_bits(dtype),
                       .seed = seed};
}

/* ---- Widening. A denormal becomes normal: its integer mantissa, converted exactly, with the exponent put right. ----
 */

static inline uint32_t widen_bf16(uint32_t magnitude) {
    return magnitude << 16;
}

static inline uint32_t widen_f16(uint32_t magnitude) {
    const float mantissa = (float)(int32_t)(magnitude & 0x3FFU);
    uint32_t bits;
    memcpy(&bits, &mantissa, sizeof bits);
    const uint32_t denormal = magnitude != 0 ? bits - (UINT32_C(24) << 23) : 0;
    return magnitude < 0x400U ? denormal : (magnitude << 13) + (UINT32_C(112) << 23);
}

static inline uint64_t widen_f32(uint32_t magnitude) {
    const double mantissa = (double)(int32_t)(magnitude & 0x7FFFFFU);
    uint64_t bits;
    memcpy(&bits, &mantissa, sizeof bits);
    const uint64_t denormal = magnitude != 0 ? bits - (UINT64_C(149) << 52) : 0;
    return magnitude < 0x800000U ? denormal : ((uint64_t)magnitude << 29) + (UINT64_C(896) << 52);
}

/* ---- Keys ---- */

static void read_magnitudes(int32_t dtype, const unsigned char *data, int64_t count, uint64_t *keys) {
    switch (dlc_dtype_size(dtype)) {
    case 2:
        for (int64_t i = 0; i < count; i++) {
            uint16_t bits;
            memcpy(&bits, data + 2 * i, 2);
            keys[i] = bits & 0x7FFFU;
        }
        break;
    case 4:
        for (int64_t i = 0; i < count; i++) {
            uint32_t bits;
            memcpy(&bits, data + 4 * i, 4);
            keys[i] = bits & 0x7FFFFFFFU;
        }
        break;
    default:
        for (int64_t i = 0; i < count; i++) {
            uint64_t bits;
            memcpy(&bits, data + 8 * i, 8);
            keys[i] = bits & INT64_MAX;
        }
    }
}

/* Magnitudes of one dtype to those of another that holds it. */
static void widen(int32_t from, int32_t to, int64_t count, uint64_t *keys) {
    if (from == to)
        return;
    if (from == DLC_DTYPE_BF16)
        for (int64_t i = 0; i < count; i++)
            keys[i] = widen_bf16((uint32_t)keys[i]);
    else if (from == DLC_DTYPE_F16)
        for (int64_t i = 0; i < count; i++)
            keys[i] = widen_f16((uint32_t)keys[i]);
    if (to == DLC_DTYPE_F64)
        for (int64_t i = 0; i < count; i++)
            keys[i] = widen_f32((uint32_t)keys[i]);
}

/* Four keys come from one block of the generator. */
static void draw(uint64_t seed, int64_t position, int64_t count, uint64_t *keys) {
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    uint64_t at = (uint64_t)position;
    const uint64_t end = at + (uint64_t)count;
    while (at < end) {
        const uint64_t block = at / 4;
        const uint32_t counter[4] = {(uint32_t)block, (uint32_t)(block >> 32), DLC_STREAM_MASK, 0};
        uint32_t out[4];
        dlc_philox_block(counter, key, out);
        do {
            *keys++ = out[at % 4];
            at++;
        } while (at % 4 != 0 && at < end);
    }
}

void dlc_order_keys(const dlc_order *order, int32_t dtype, const unsigned char *data, int64_t position, int64_t count,
                    uint64_t *keys) {
    if (order->criterion == DLC_CRITERION_RANDOM) {
        draw(order->seed, position, count, keys);
        return;
    }
    read_magnitudes(dtype, data, count, keys);
    widen(dtype, order->dtype, count, keys);
}

dlc_keys dlc_order_look(const dlc_order *order, int32_t dtype, const unsigned char *data, int64_t position,
                        int64_t count, uint64_t *room) {
    if (order->criterion == DLC_CRITERION_L1 && order->dtype == dtype)
        return (dlc_keys){data, dlc_dtype_size(dtype), (UINT64_C(1) << magnitude_bits(dtype)) - 1};
    dlc_order_keys(order, dtype, data, position, count, room);
    return (dlc_keys){(const unsigned char *)room, 8, UINT64_MAX};
}

/* ---- One value ---- */

static uint64_t infinity_bits(int32_t dtype) {
    switch (dtype) {
    case DLC_DTYPE_F16:
        return 0x7C00U;
    case DLC_DTYPE_BF16:
        return 0x7F80U;
    case DLC_DTYPE_F32:
        return 0x7F800000U;
    default:
        return UINT64_C(0x7FF0000000000000);
    }
}

uint64_t dlc_order_infinity(const dlc_order *order) {
    return infinity_bits(order->dtype);
}

int64_t dlc_order_native_limit(const dlc_order *order, int32_t dtype, int64_t limit) {
    if (dtype == order->dtype)
        return limit;
    int64_t fits = -1, too_large = (int64_t)infinity_bits(dtype);
    while (too_large - fits > 1) {
        const int64_t middle = fits + (too_large - fits) / 2;
        uint64_t key = (uint64_t)middle;
        widen(dtype, order->dtype, 1, &key);
        if ((int64_t)key <= limit)
            fits = middle;
        else
            too_large = middle;
    }
    return fits;
}

double dlc_order_value(const dlc_order *order, uint64_t key) {
    widen(order->dtype, DLC_DTYPE_F64, 1, &key);
    double value;
    memcpy(&value, &key, sizeof value);
    return value;
}

/* 1 if any magnitude is `infinity` or above: subtracting it from what lies just below sets the sign bit. */
static int any_not_finite(int32_t dtype, const unsigned char *data, int64_t count) {
    const uint64_t largest = infinity_bits(dtype) - 1;
    switch (dlc_dtype_size(dtype)) {
    case 2: {
        uint16_t signs = 0;
        for (int64_t i = 0; i < count; i++) {
            uint16_t bits;
            memcpy(&bits, data + 2 * i, 2);
            signs = (uint16_t)(signs | (uint16_t)((uint16_t)largest - (uint16_t)(bits & 0x7FFFU)));
        }
        return signs >> 15;
    }
    case 4: {
        uint32_t signs = 0;
        for (int64_t i = 0; i < count; i++) {
            uint32_t bits;
            memcpy(&bits, data + 4 * i, 4);
            signs |= (uint32_t)largest - (bits & 0x7FFFFFFFU);
        }
        return (int)(signs >> 31);
    }
    default: {
        uint64_t signs = 0;
        for (int64_t i = 0; i < count; i++) {
            uint64_t bits;
            memcpy(&bits, data + 8 * i, 8);
            signs |= largest - (bits & INT64_MAX);
        }
        return (int)(signs >> 63);
    }
    }
}

int64_t dlc_order_find_not_finite(int32_t dtype, const unsigned char *data, int64_t count) {
    if (!any_not_finite(dtype, data, count))
        return -1;
    const int64_t size = dlc_dtype_size(dtype);
    int64_t index = 0;
    while (index + 1 < count && !any_not_finite(dtype, data + index * size, 1))
        index++;
    return index;
}

int dlc_order_is_nan(int32_t dtype, const unsigned char *data) {
    uint64_t magnitude;
    read_magnitudes(dtype, data, 1, &magnitude);
    return magnitude > infinity_bits(dtype);
}
