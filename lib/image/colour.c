/* colour.c - see colour.h. */
#include "colour.h"

void dlc_colour_grey_from_rgb(const uint8_t *rgb, int64_t count, uint8_t *out) {
    for (int64_t i = 0; i < count; i++)
        out[i] = dlc_colour_luma(rgb[3 * i], rgb[3 * i + 1], rgb[3 * i + 2]);
}

void dlc_colour_rgb_from_grey(const uint8_t *grey, int64_t count, uint8_t *out) {
    for (int64_t i = 0; i < count; i++)
        out[3 * i] = out[3 * i + 1] = out[3 * i + 2] = grey[i];
}

/* a * b / 255, rounded, for bytes. */
static uint32_t multiply(uint32_t a, uint32_t b) {
    const uint32_t product = a * b + 128;
    return ((product >> 8) + product) >> 8;
}

/* What is left of the light that black lets through, after each of the other inks has taken its share of it. */
void dlc_colour_rgb_from_cmyk(const uint8_t *cmyk, int64_t count, uint8_t *out) {
    for (int64_t i = 0; i < count; i++) {
        const uint32_t light = cmyk[4 * i + 3];
        for (int64_t c = 0; c < 3; c++)
            out[3 * i + c] = (uint8_t)(light - multiply(255U - cmyk[4 * i + c], light));
    }
}
