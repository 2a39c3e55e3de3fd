/*
 * jpeg.h - one JPEG file -> rows of grey or RGB pixels. For decode.c; the only code that knows libjpeg.
 *
 * Pixels are what Pillow's Image.open(path).convert("L") or convert("RGB") gives with the same libjpeg: the accurate
 * DCT, fancy upsampling, CMYK and YCCK taken as inverted. Orientation and colour profiles do not matter. One deliberate
 * difference: where libjpeg warns that data are missing or mean nothing, and goes on with grey, the file is broken.
 *
 * Any thread; distinct calls share nothing. libjpeg's own memory does not come from our allocator: it cannot.
 */
#ifndef DLC_LIB_JPEG_H
#define DLC_LIB_JPEG_H

#include "../file/input_file.h"
#include "transform.h"

/* Decodes an open file into the transform. Errors: DLC_ERROR_IO, DLC_ERROR_FORMAT, DLC_ERROR_UNSUPPORTED,
 * DLC_ERROR_MEMORY, and those of dlc_transform_begin(). */
dlc_status dlc_jpeg_decode(const dlc_input_file *file, dlc_transform *transform, dlc_error *error);

#endif
