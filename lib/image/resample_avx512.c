/*
 * resample_avx512.c - the resampling kernels for x86 processors with AVX-512, its byte permutations and its dot
 * products of bytes (resample.h); nothing elsewhere.
 *
 * A weight is three digits, each a signed byte; a dot product takes four taps of sixteen outputs at once.
 */
#include "resample.h"

#include <stddef.h>

#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#define AVX512        __attribute__((target("avx512f,avx512bw,avx512vbmi,avx512vnni")))
#define AVX512_INLINE AVX512 static inline __attribute__((always_inline))

#define DIGITS     3
#define DIGIT_BITS 8

/* Outputs, in bytes of the row, that are made at once; and bytes of the source that these may be made of. */
#define STEP   16
#define WINDOW 64

AVX512_INLINE __m512i load(const void *at) {
    return _mm512_loadu_si512(at);
}

/* Digit by digit from the lowest: what a weight is the sum of, by powers of 2^8. */
static void split(int32_t weight, int8_t digits[DIGITS]) {
    for (int digit = 0; digit < DIGITS; digit++) {
        const int32_t low = (weight & 255) - ((weight & 128) << 1);
        digits[digit] = (int8_t)low;
        weight = (weight - low) / (1 << DIGIT_BITS);
    }
}

/* Sums by digit; the lowest starts from a half. */
typedef struct digit_sums {
    __m512i low, middle, high;
} digit_sums;

AVX512_INLINE digit_sums start_sums(void) {
    return (digit_sums){_mm512_set1_epi32(DLC_RESAMPLE_HALF), _mm512_setzero_si512(), _mm512_setzero_si512()};
}

AVX512_INLINE __m512i finish_sums(digit_sums sums) {
    const __m512i upper = _mm512_add_epi32(_mm512_slli_epi32(sums.high, DIGIT_BITS), sums.middle);
    return _mm512_srai_epi32(_mm512_add_epi32(_mm512_slli_epi32(upper, DIGIT_BITS), sums.low), DLC_RESAMPLE_BITS);
}

/* ---- Across ---- */

/* What the outputs of a step are made of; as many quads follow as the taps have fours. Vectors are aligned. */
typedef struct step {
    uint8_t places[WINDOW]; /* in the window: of each output four taps */
    int64_t start;          /* byte of the source row where the first quad's window begins */
    unsigned char filling[WINDOW - sizeof(int64_t)];
} step;

typedef struct quad {
    int8_t digits[DIGITS][WINDOW]; /* of the four taps of each output */
} quad;

static int64_t step_count(const dlc_taps *taps, int32_t channels) {
    return (taps->count * channels + STEP - 1) / STEP;
}

static int64_t step_size(const dlc_taps *taps) {
    return (int64_t)sizeof(step) + taps->width / 4 * (int64_t)sizeof(quad);
}

static int64_t step_start(const dlc_taps *taps, int32_t channels, int64_t number) {
    return taps->starts[number * STEP / channels] * channels;
}

/* 1 if every step's outputs are made of one window: the image does not become smaller by more than a factor of three or
 * so. Those that do are left to AVX2, as nearly all of their time is the decoder's. */
static int fits(const dlc_taps *taps, int32_t channels) {
    for (int64_t number = 0; number < step_count(taps, channels); number++) {
        const int64_t last = (number + 1) * STEP / channels;
        const int64_t end = taps->starts[last < taps->count ? last : taps->count - 1] * channels + 4 * channels;
        if (end - step_start(taps, channels, number) > WINDOW)
            return 0;
    }
    return 1;
}

/* What a layout begins with, at the first aligned place. */
typedef struct heading {
    int64_t fits;
    unsigned char filling[WINDOW - sizeof(int64_t)];
} heading;

static void *aligned(const void *layout) {
    return (void *)(((uintptr_t)layout + WINDOW - 1) / WINDOW * WINDOW);
}

static int64_t layout_size(const dlc_taps *taps, int32_t channels) {
    const int64_t rest = fits(taps, channels) ? step_count(taps, channels) * step_size(taps)
                                              : dlc_resample_avx2()->layout_size(taps, channels);
    return WINDOW + (int64_t)sizeof(heading) + rest;
}

static void lay_out_output(const dlc_taps *taps, int32_t channels, int64_t output, step *of) {
    const int64_t pixel = output / channels, in_step = output % STEP;
    quad *quads = (quad *)(of + 1);
    for (int64_t i = 0; i < taps->width; i++) {
        if (i < 4)
            of->places[4 * in_step + i] =
                (uint8_t)((taps->starts[pixel] + i) * channels + output % channels - of->start);
        int8_t digits[DIGITS];
        split(taps->weights[pixel * taps->width + i], digits);
        for (int digit = 0; digit < DIGITS; digit++)
            quads[i / 4].digits[digit][4 * in_step + i % 4] = digits[digit];
    }
}

static void lay_out(const dlc_taps *taps, int32_t channels, void *layout) {
    heading *top = aligned(layout);
    top->fits = fits(taps, channels);
    if (!top->fits) {
        dlc_resample_avx2()->lay_out(taps, channels, top + 1);
        return;
    }
    unsigned char *steps = (unsigned char *)(top + 1);
    memset(steps, 0, (size_t)(step_count(taps, channels) * step_size(taps)));
    for (int64_t output = 0; output < taps->count * channels; output++) {
        step *of = (step *)(steps + output / STEP * step_size(taps));
        of->start = step_start(taps, channels, output / STEP);
        lay_out_output(taps, channels, output, of);
    }
}

AVX512_INLINE void make_step(const step *of, int64_t quads, int32_t channels, const uint8_t *row, uint8_t *out) {
    const quad *weights = (const quad *)(of + 1);
    const __m512i places = load(of->places);
    digit_sums sums = start_sums();
    for (int64_t i = 0; i < quads; i++) {
        const __m512i taps = _mm512_permutexvar_epi8(places, load(row + of->start + 4 * i * channels));
        sums.low = _mm512_dpbusd_epi32(sums.low, taps, load(weights[i].digits[0]));
        sums.middle = _mm512_dpbusd_epi32(sums.middle, taps, load(weights[i].digits[1]));
        sums.high = _mm512_dpbusd_epi32(sums.high, taps, load(weights[i].digits[2]));
    }
    const __m512i values = _mm512_max_epi32(finish_sums(sums), _mm512_setzero_si512());
    _mm_storeu_si128((__m128i_u *)out, _mm512_cvtusepi32_epi8(values));
}

AVX512 static void across(const dlc_taps *taps, const void *layout, int32_t channels, const uint8_t *row,
                          uint8_t *out) {
    const heading *top = aligned(layout);
    if (!top->fits) {
        dlc_resample_avx2()->across(taps, top + 1, channels, row, out);
        return;
    }
    const unsigned char *steps = (const unsigned char *)(top + 1);
    const int64_t count = step_count(taps, channels), size = step_size(taps), quads = taps->width / 4;
    for (int64_t i = 0; i < count; i++)
        if (quads == 1)
            make_step((const step *)(steps + i * size), 1, channels, row, out + i * STEP);
        else
            make_step((const step *)(steps + i * size), quads, channels, row, out + i * STEP);
}

/* ---- Down ---- */

/* Of a byte each of four rows: the bytes of one column side by side. Of each 16 columns, four are in every vector. */
typedef struct columns {
    __m512i fours[4];
} columns;

AVX512_INLINE columns turn(const __m512i rows[4]) {
    const __m512i low01 = _mm512_unpacklo_epi8(rows[0], rows[1]), high01 = _mm512_unpackhi_epi8(rows[0], rows[1]);
    const __m512i low23 = _mm512_unpacklo_epi8(rows[2], rows[3]), high23 = _mm512_unpackhi_epi8(rows[2], rows[3]);
    return (columns){{_mm512_unpacklo_epi16(low01, low23), _mm512_unpackhi_epi16(low01, low23),
                      _mm512_unpacklo_epi16(high01, high23), _mm512_unpackhi_epi16(high01, high23)}};
}

/* Taps that there is room for. Where there are more, nearly all of the time is the decoder's, and AVX2 will do. */
#define FOURS_MAX 16

/* Weights by four, a byte each, digit by digit. */
typedef struct weight_digits {
    int32_t fours[FOURS_MAX][DIGITS];
} weight_digits;

static weight_digits split_all(const int32_t *weights, int64_t count) {
    weight_digits made;
    int8_t bytes[FOURS_MAX][DIGITS][4] = {{{0}}};
    for (int64_t i = 0; i < count; i++) {
        int8_t digits[DIGITS];
        split(weights[i], digits);
        for (int digit = 0; digit < DIGITS; digit++)
            bytes[i / 4][digit][i % 4] = digits[digit];
    }
    memcpy(made.fours, bytes, sizeof made.fours);
    return made;
}

/* WINDOW columns, of which those in `seen` are read and written. */
AVX512_INLINE void make_columns(const uint8_t *const *rows, const weight_digits *weights, int64_t count, int64_t at,
                                __mmask64 seen, uint8_t *out) {
    digit_sums sums[4] = {start_sums(), start_sums(), start_sums(), start_sums()};
    for (int64_t first = 0; first < count; first += 4) {
        __m512i four[4];
        for (int64_t i = 0; i < 4; i++)
            four[i] = first + i < count ? _mm512_maskz_loadu_epi8(seen, rows[first + i] + at) : _mm512_setzero_si512();
        const columns turned = turn(four);
        const int32_t *digits = weights->fours[first / 4];
        for (int i = 0; i < 4; i++) {
            sums[i].low = _mm512_dpbusd_epi32(sums[i].low, turned.fours[i], _mm512_set1_epi32(digits[0]));
            sums[i].middle = _mm512_dpbusd_epi32(sums[i].middle, turned.fours[i], _mm512_set1_epi32(digits[1]));
            sums[i].high = _mm512_dpbusd_epi32(sums[i].high, turned.fours[i], _mm512_set1_epi32(digits[2]));
        }
    }
    /* The packing clips, first to 16 bits, then to 0 to 255, and undoes the turning. */
    const __m512i first = _mm512_packs_epi32(finish_sums(sums[0]), finish_sums(sums[1]));
    const __m512i second = _mm512_packs_epi32(finish_sums(sums[2]), finish_sums(sums[3]));
    _mm512_mask_storeu_epi8(out + at, seen, _mm512_packus_epi16(first, second));
}

AVX512 static void down(const uint8_t *const *rows, const int32_t *weights, int64_t count, int64_t bytes,
                        uint8_t *out) {
    if (count > 4 * FOURS_MAX) {
        dlc_resample_avx2()->down(rows, weights, count, bytes, out);
        return;
    }
    const weight_digits digits = split_all(weights, count);
    int64_t at = 0;
    for (; at + WINDOW <= bytes; at += WINDOW)
        make_columns(rows, &digits, count, at, ~(__mmask64)0, out);
    if (at < bytes)
        make_columns(rows, &digits, count, at, ((__mmask64)1 << (bytes - at)) - 1, out);
}

static const dlc_resample_kernel kernel = {layout_size, lay_out, across, down};

const dlc_resample_kernel *dlc_resample_avx512(void) {
    const int usable = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                       __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vnni");
    return usable && dlc_resample_avx2() ? &kernel : NULL;
}

#else

const dlc_resample_kernel *dlc_resample_avx512(void) {
    return NULL;
}

#endif
