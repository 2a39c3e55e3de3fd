/*
 * handle.h - what a dlc_images handle holds, and how a sample's pixels are come by. For images.c (settings, what is
 * asked of an open folder), open.c (opening) and load.c (decoding).
 */
#ifndef DLC_LIB_IMAGE_HANDLE_H
#define DLC_LIB_IMAGE_HANDLE_H

#include "dlc/image.h"

#include "../base/error.h"
#include "cache.h"
#include "folders.h"
#include "normalize.h"
#include "transform.h"

struct dlc_images {
    dlc_allocator allocator;
    dlc_error error;
    /* Settings: */
    dlc_transform_options options;
    int32_t threads;
    int32_t skip_broken;
    int64_t memory_limit;
    char *cache_folder; /* NULL: /tmp */
    dlc_normalization normalization;
    /* The open folder: */
    char *directory; /* NULL where none is open */
    dlc_folders folders;
    int64_t height, width; /* 0 until the first image is decoded */
    dlc_cache cache;
    char **broken; /* while all images are decoded to leave out the broken ones: why, or NULL for each that is sound */
};

/* Drops the open folder, if one is. */
void dlc_images_drop(dlc_images *images);

/* Bytes of an image's pixels. */
int64_t dlc_images_size(const dlc_images *images);

/* ---- load.c ---- */

/* Decodes a sample to transform->pixels, whose size becomes the handle's where it has none yet. The transform is all
 * bytes 0 before the first image that it is used for, but for the pixels, if there is room for them. Distinct samples
 * may be decoded at once, by transforms of their own, where the handle has a size. */
dlc_status dlc_images_decode(dlc_images *images, int64_t sample, dlc_transform *transform, dlc_error *error);

/* Frees a transform and its pixels. */
void dlc_images_end_decoding(dlc_images *images, dlc_transform *transform);

/* Whether an image that fails so is broken, rather than the system that reads it or its place among the others. */
int dlc_images_is_broken(dlc_status status);

/* Notes that a sample is broken; the message is about it and may name it. Returns 0 where there is no memory. */
int dlc_images_note_broken(dlc_images *images, int64_t sample, const dlc_error *error);

/* Is given the pixels of sample first + row, which it only borrows. */
typedef void (*dlc_images_use)(void *context, int64_t row, const uint8_t *pixels);

/*
 * Calls `use`, unless NULL, for each of the samples first to first + rows - 1, which are decoded and cached if they are
 * not; on all threads. Where several fail, the error is that of the first; use() is not called for some others then.
 * While images->broken is there, samples that are broken are noted in it and are no failure.
 */
dlc_status dlc_images_each(dlc_images *images, int64_t first, int64_t rows, dlc_images_use use, void *context);

#endif
