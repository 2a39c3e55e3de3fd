/*
 * resize_twin.h - resizing of 8-bit images with antialiasing from its definition (dlc/image.h: Pillow's
 * Image.resize()): every pixel of the input is weighed for every pixel of the output.
 */
#ifndef DLC_TEST_RESIZE_TWIN_H
#define DLC_TEST_RESIZE_TWIN_H

#include <stdint.h>

/* int32[output, input]: what each pixel of an axis is made of, in units of 2^-22. The caller frees it. */
int32_t *resize_twin_weights(int32_t interpolation, int64_t input, int64_t output);

/* One pixel of `count` that lie `step` bytes apart. */
uint8_t resize_twin_pixel(const int32_t *weights, const uint8_t *pixels, int64_t count, int64_t step);

/* uint8[height, width, channels] -> uint8[new_height, new_width, channels], across and then down. The caller frees it.
 */
uint8_t *resize_twin(const uint8_t *pixels, int64_t height, int64_t width, int32_t channels, int32_t interpolation,
                     int64_t new_height, int64_t new_width);

#endif
