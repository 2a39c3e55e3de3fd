/*
 * dlc/image.h - class folders of images -> float32 batches, NCHW.
 *
 * DIR/<class>/<any depth>/<file>: every folder directly in DIR is a class; classes are numbered in the order of their
 * names, samples run class by class, in a class by folder, in a folder by name (bytes compared, whole paths of
 * folders), which is the order of torchvision's ImageFolder. Images are told by their extension in upper or lower case.
 * This build reads .png; .jpg, .jpeg, .ppm, .bmp, .pgm, .tif, .tiff and .webp are refused rather than passed over, so
 * that no part of a data set goes missing unseen. Other files, files beside the class folders and everything whose name
 * starts with a dot is passed over. Symbolic links are followed; one that leads back to a folder that contains it is an
 * error, and so is a line break in a path, and an image that is not a regular file.
 *
 * Every image is decoded once and kept as 8-bit pixels; batches are made from those. Pixels are Pillow's, see
 * dlc_images_set_channels(). All images must have one size, that of the first.
 */
#ifndef DLC_IMAGE_H
#define DLC_IMAGE_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dlc_images dlc_images;

/* dlc_images_create() - a handle for 3 channels, values pixel / 255, one thread; no folder open. allocator: NULL:
 * malloc(). Copied. Errors: DLC_ERROR_ARGUMENT, DLC_ERROR_MEMORY. Since 1.0. */
DLC_API dlc_status dlc_images_create(const dlc_allocator *allocator, dlc_images **out);

/* dlc_images_free() - frees the handle and all pixels. Accepts NULL. Since 1.0. */
DLC_API void dlc_images_free(dlc_images *images);

/* dlc_images_message() - what the last failed call said; borrowed until the next call. Since 1.0. */
DLC_API const char *dlc_images_message(const dlc_images *images);

/* dlc_images_set_channels() - 1 (grey) or 3 (RGB, default): what images are turned into, as Pillow's convert("L") and
 * convert("RGB") do: alpha and transparency are dropped, colour profiles do not matter. (Of 16-bit grey the upper 8
 * bits count, where Pillow clips.) Not while a folder is open. Sets the normalization back. Errors: DLC_ERROR_ARGUMENT,
 * DLC_ERROR_STATE. Since 1.0. */
DLC_API dlc_status dlc_images_set_channels(dlc_images *images, int32_t channels);

/* dlc_images_set_normalization() - values become (pixel / 255 - mean[c]) / deviation[c]; float[channels] each,
 * deviation positive; copied. In float32, step by step, as torchvision's ToTensor and Normalize. At any time after the
 * channels. Errors: DLC_ERROR_ARGUMENT. Since 1.0. */
DLC_API dlc_status dlc_images_set_normalization(dlc_images *images, const float *mean, const float *deviation);

/* dlc_images_set_threads() - threads that decoding may use: 1 (default) to 1024, or 0 for one per online processor.
 * Since 1.0. */
DLC_API dlc_status dlc_images_set_threads(dlc_images *images, int32_t threads);

/* dlc_images_set_memory_limit() - bytes that the pixels of all images may take, count * channels * height * width; 0
 * (default): no limit. More: DLC_ERROR_LIMIT from the next dlc_images_open(). Errors: DLC_ERROR_ARGUMENT. Since 1.0. */
DLC_API dlc_status dlc_images_set_memory_limit(dlc_images *images, int64_t bytes);

/*
 * dlc_images_open() - lists the class folders, and decodes the first image, whose size all must have. A folder opened
 * before is dropped.
 *
 * Errors: DLC_ERROR_IO (a folder or file cannot be read), DLC_ERROR_DATA (no classes; a class without an image; a loop
 * of links; a line break in a path), DLC_ERROR_FORMAT (the first image is broken), DLC_ERROR_UNSUPPORTED (a kind of
 * image that this build does not read; more than 2^31 pixels), DLC_ERROR_LIMIT, DLC_ERROR_MEMORY; no folder is open
 * then. Since 1.0.
 */
DLC_API dlc_status dlc_images_open(dlc_images *images, const char *directory);

/* Counts of the open folder; 0 where none is open (the channels: as set). Since 1.0. */
DLC_API int64_t dlc_images_count(const dlc_images *images);
DLC_API int64_t dlc_images_class_count(const dlc_images *images);
DLC_API int32_t dlc_images_channels(const dlc_images *images);
DLC_API int64_t dlc_images_height(const dlc_images *images);
DLC_API int64_t dlc_images_width(const dlc_images *images);

/* dlc_images_class_name() - the name of a class's folder; dlc_images_path() - a sample's path relative to the folder.
 * Borrowed until the folder is dropped; NULL for no such class or sample. Since 1.0. */
DLC_API const char *dlc_images_class_name(const dlc_images *images, int64_t class_id);
DLC_API const char *dlc_images_path(const dlc_images *images, int64_t sample);

/* dlc_images_label() - a sample's class id, or -1. Since 1.0. */
DLC_API int64_t dlc_images_label(const dlc_images *images, int64_t sample);

/*
 * dlc_images_read() - samples first to first + rows - 1 as float32[rows, channels, height, width]. Images not met
 * before are decoded and kept. After an error what `out` holds is not defined; where several images fail, the message
 * is about the first, whatever the threads.
 *
 * Errors: DLC_ERROR_STATE (no folder), DLC_ERROR_ARGUMENT, DLC_ERROR_FORMAT (a broken image: named), DLC_ERROR_DATA (an
 * image of another size: named, with both sizes), DLC_ERROR_IO, DLC_ERROR_UNSUPPORTED, DLC_ERROR_MEMORY. Since 1.0.
 */
DLC_API dlc_status dlc_images_read(dlc_images *images, int64_t first, int64_t rows, float *out);

#ifdef __cplusplus
}
#endif
#endif
