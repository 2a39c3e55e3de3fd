/*
 * colour.h - rows of one kind of pixel -> rows of another, as Pillow's Image.convert() turns them. For the decoders.
 */
#ifndef DLC_LIB_COLOUR_H
#define DLC_LIB_COLOUR_H

#include <stdint.h>

/* Grey from RGB by ITU-R 601-2: 0.299 R + 0.587 G + 0.114 B in units of 2^-16, rounded. */
static inline uint8_t dlc_colour_luma(uint32_t red, uint32_t green, uint32_t blue) {
    return (uint8_t)((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16);
}

/* uint8[count, 3] -> uint8[count]. */
void dlc_colour_grey_from_rgb(const uint8_t *rgb, int64_t count, uint8_t *out);

/* uint8[count] -> uint8[count, 3]. */
void dlc_colour_rgb_from_grey(const uint8_t *grey, int64_t count, uint8_t *out);

/* uint8[count, 4], inverted as Adobe writes it (255: no ink) -> uint8[count, 3]. out may be cmyk. */
void dlc_colour_rgb_from_cmyk(const uint8_t *cmyk, int64_t count, uint8_t *out);

#endif
