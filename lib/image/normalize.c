/* normalize.c - see normalize.h. Divisions are nothing to a vector unit; looking 256 values up was twice as slow. */
#include "normalize.h"

#include <stddef.h>

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* One plane; called with a constant, the step is folded in. */
ALWAYS_INLINE void put_plane(const uint8_t *pixels, int64_t count, int64_t step, float mean, float deviation,
                             float *restrict out) {
    for (int64_t i = 0; i < count; i++)
        out[i] = ((float)pixels[i * step] / 255.0F - mean) / deviation;
}

ALWAYS_INLINE void put_planes(const dlc_normalization *normalization, const uint8_t *pixels, int64_t count,
                              float *out) {
    const float *mean = normalization->mean, *deviation = normalization->deviation;
    if (normalization->channels == 1)
        put_plane(pixels, count, 1, mean[0], deviation[0], out);
    else
        for (int64_t channel = 0; channel < 3; channel++)
            put_plane(pixels + channel, count, 3, mean[channel], deviation[channel], out + channel * count);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void avx2(const dlc_normalization *normalization, const uint8_t *pixels,
                                                 int64_t count, float *out) {
    put_planes(normalization, pixels, count, out);
}
#endif

static void baseline(const dlc_normalization *normalization, const uint8_t *pixels, int64_t count, float *out) {
    put_planes(normalization, pixels, count, out);
}

dlc_normalize dlc_normalize_at(int32_t index) {
    dlc_normalize usable[3] = {NULL};
    int32_t count = 0;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2"))
        usable[count++] = avx2;
#endif
    usable[count++] = baseline;
    return index >= 0 && index < count ? usable[index] : NULL;
}
