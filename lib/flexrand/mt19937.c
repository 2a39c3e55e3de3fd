/* mt19937.c - the Mersenne Twister as NumPy's legacy generator uses it (mt19937.h). Called by paper.c. */
#include "flexrand/mt19937.h"

#define MIDDLE 397

void dlc_mt19937_seed(dlc_mt19937 *generator, uint32_t seed) {
    uint32_t *state = generator->state;
    state[0] = seed;
    for (uint32_t i = 1; i < DLC_MT19937_STATE; i++)
        state[i] = UINT32_C(1812433253) * (state[i - 1] ^ state[i - 1] >> 30) + i;
    generator->used = DLC_MT19937_STATE;
}

static uint32_t twist(uint32_t upper, uint32_t lower, uint32_t other) {
    const uint32_t mixed = (upper & UINT32_C(0x80000000)) | (lower & UINT32_C(0x7FFFFFFF));
    return other ^ mixed >> 1 ^ ((UINT32_C(0) - (lower & 1)) & UINT32_C(0x9908B0DF));
}

static void renew(dlc_mt19937 *generator) {
    uint32_t *state = generator->state;
    int i = 0;
    for (; i < DLC_MT19937_STATE - MIDDLE; i++)
        state[i] = twist(state[i], state[i + 1], state[i + MIDDLE]);
    for (; i < DLC_MT19937_STATE - 1; i++)
        state[i] = twist(state[i], state[i + 1], state[i + MIDDLE - DLC_MT19937_STATE]);
    state[i] = twist(state[i], state[0], state[MIDDLE - 1]);
    generator->used = 0;
}

uint32_t dlc_mt19937_next(dlc_mt19937 *generator) {
    if (generator->used == DLC_MT19937_STATE)
        renew(generator);
    uint32_t bits = generator->state[generator->used++];
    bits ^= bits >> 11;
    bits ^= bits << 7 & UINT32_C(0x9D2C5680);
    bits ^= bits << 15 & UINT32_C(0xEFC60000);
    return bits ^ bits >> 18;
}

/* Uniform in 0..max, which is not 0: draws as many bits as max has until the value is not above it. */
static uint32_t draw_to(dlc_mt19937 *generator, uint32_t max) {
    uint32_t mask = max;
    for (int shift = 1; shift < 32; shift *= 2)
        mask |= mask >> shift;
    uint32_t value;
    do
        value = dlc_mt19937_next(generator) & mask;
    while (value > max);
    return value;
}

void dlc_mt19937_permutation(dlc_mt19937 *generator, uint32_t *out, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        out[i] = (uint32_t)i;
    for (int64_t i = count - 1; i > 0; i--) {
        const uint32_t j = draw_to(generator, (uint32_t)i);
        const uint32_t swapped = out[i];
        out[i] = out[j];
        out[j] = swapped;
    }
}
