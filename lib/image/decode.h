/*
 * decode.h - an image file of any kind that can be read -> resized and cropped pixels. For images.c and open.c. What
 * the file is, its first bytes tell.
 */
#ifndef DLC_LIB_DECODE_H
#define DLC_LIB_DECODE_H

#include "transform.h"

/* Decodes the file into the transform, whose caller sets what is the caller's to set, and frees it after failure too.
 * Errors: DLC_ERROR_IO, DLC_ERROR_FORMAT, DLC_ERROR_UNSUPPORTED, DLC_ERROR_DATA (not the size that it must have),
 * DLC_ERROR_MEMORY. Messages name the file. */
dlc_status dlc_decode_file(const char *path, dlc_transform *transform, dlc_error *error);

#endif
