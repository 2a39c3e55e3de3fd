/*
 * png_file.h - PNG files of pixels that a test chooses, written without libpng.
 */
#ifndef DLC_TEST_PNG_FILE_H
#define DLC_TEST_PNG_FILE_H

#include <stddef.h>
#include <stdint.h>

/* The checksum at the end of a chunk, of its type and its data. */
uint32_t png_crc(const unsigned char *bytes, size_t size);

/* Puts a number as PNG files have it, the highest of its four bytes first. */
void png_put_number(unsigned char *at, uint32_t value);

/* Writes uint8[height, width, channels], 1 (grey) or 3 (RGB) channels of 8 bits, not compressed. */
void png_write(const char *path, const uint8_t *pixels, int64_t height, int64_t width, int32_t channels);

#endif
