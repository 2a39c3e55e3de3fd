/*
 * png.h - one PNG file -> rows of grey or RGB pixels. For decode.c; the only code that knows libpng.
 *
 * Pixels are what Pillow's Image.open(path).convert("L") or convert("RGB") gives: alpha and tRNS are dropped without
 * compositing, colour profiles and gamma do not matter, RGB becomes grey by ITU-R 601-2 in Pillow's fixed point. One
 * deliberate difference: 16-bit grey keeps its upper 8 bits, where Pillow clips at 255 and so turns nearly all white.
 *
 * Any thread; distinct calls share nothing.
 */
#ifndef DLC_LIB_PNG_H
#define DLC_LIB_PNG_H

#include "../file/input_file.h"
#include "transform.h"

/* Decodes an open file into the transform. Errors: DLC_ERROR_IO, DLC_ERROR_FORMAT, DLC_ERROR_MEMORY, and those of
 * dlc_transform_begin(). */
dlc_status dlc_png_decode(const dlc_input_file *file, dlc_transform *transform, dlc_error *error);

#endif
