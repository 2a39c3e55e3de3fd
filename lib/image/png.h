/*
 * png.h - one PNG file -> 8-bit pixels, grey or RGB. For images.c; the only code that knows libpng.
 *
 * Pixels are what Pillow's Image.open(path).convert("L") or convert("RGB") gives: alpha and tRNS are dropped without
 * compositing, colour profiles and gamma do not matter, RGB becomes grey by ITU-R 601-2 in Pillow's fixed point. One
 * deliberate difference: 16-bit grey keeps its upper 8 bits, where Pillow clips at 255 and so turns nearly all white.
 *
 * Any thread; distinct calls share nothing.
 */
#ifndef DLC_LIB_PNG_H
#define DLC_LIB_PNG_H

#include "../base/allocator.h"
#include "../base/error.h"

/* The size that the header claims, after a check that the file is long enough to hold it. Errors: DLC_ERROR_IO,
 * DLC_ERROR_FORMAT, DLC_ERROR_UNSUPPORTED (more than 2^31 pixels), DLC_ERROR_MEMORY. */
dlc_status dlc_png_size(const dlc_allocator *allocator, const char *path, int64_t *height, int64_t *width,
                        dlc_error *error);

/* Decodes a file that must be of this size. channels: 1 or 3. pixels: uint8[channels, height, width]; partly written
 * after an error. Errors: as above, and DLC_ERROR_DATA (another size). */
dlc_status dlc_png_decode(const dlc_allocator *allocator, const char *path, int32_t channels, int64_t height,
                          int64_t width, uint8_t *pixels, dlc_error *error);

#endif
