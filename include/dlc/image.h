/*
 * dlc/image.h - class folders of images -> float32 batches, NCHW.
 *
 * DIR/<class>/<any depth>/<file>: every folder directly in DIR is a class; classes are numbered in the order of their
 * names, samples run class by class, in a class by folder, in a folder by name (bytes compared, whole paths of
 * folders), which is the order of torchvision's ImageFolder. Files are listed by their extension in upper or lower
 * case: .png, .jpg and .jpeg; what they are - PNG or JPEG - is told by their first bytes. The other extensions that
 * ImageFolder lists (.ppm, .bmp, .pgm, .tif, .tiff, .webp) are refused rather than passed over, so that no part of a
 * data set goes missing unseen. Other files and files beside the class folders are passed over and listed, see
 * dlc_images_skipped_count(); names that start with a dot are passed over. Symbolic links are followed; one that leads
 * back to a folder that contains it is an error, and so are links that lead to one folder in more than 100 ways inside
 * a class, a line break in a path, and an image that is not a regular file.
 *
 * Pixels are those of Pillow and torchvision, byte for byte but for two things stated below: an image is decoded,
 * converted (dlc_images_set_channels()), resized (dlc_images_set_size()) and cropped (dlc_images_set_crop()) as
 * Image.convert(), Resize() and CenterCrop() do it on 8-bit images. EXIF orientation and colour profiles are ignored
 * as there. All images must come to one size, that of the first, which a crop makes sure of.
 *
 * Every image is decoded once, by all threads, when a batch asks for it first, and kept as 8-bit pixels: in memory as
 * far as the limit allows, the rest in a temporary file. Beyond that limit a thread needs, while it decodes, the pixels
 * of one image after the crop, some hundred KB, and a few rows of the image in its file; for a progressive JPEG or an
 * interlaced PNG all of it, up to 6 bytes a pixel. (libjpeg has an allocator of its own.)
 *
 * Broken images - no PNG or JPEG, cut off, damaged, of more than 100 scans, or of more than 178,956,970 pixels, where
 * Pillow suspects a decompression bomb - are an error that names the file, or left out and listed:
 * dlc_images_set_skip_broken(). A JPEG of which libjpeg says that data are missing or mean nothing is broken even where
 * Pillow would fill up with grey: the first of the two differences. Extra bytes, which many cameras leave behind, do no
 * harm.
 */
#ifndef DLC_IMAGE_H
#define DLC_IMAGE_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dlc_images dlc_images;

/* How dlc_images_set_size() resizes. The values are part of the ABI. */
#define DLC_INTERPOLATION_BILINEAR 0
#define DLC_INTERPOLATION_BICUBIC  1

/* The largest side that can be asked for. */
#define DLC_IMAGES_SIDE_MAX 65535

/* dlc_images_create() - a handle for 3 channels, values pixel / 255, no resizing, no crop, one thread; no folder open.
 * allocator: NULL: malloc(). Copied. Errors: DLC_ERROR_ARGUMENT, DLC_ERROR_MEMORY, DLC_ERROR_UNSUPPORTED (a build
 * without this module; dlc_images_message(NULL) says so). Since 1.0. */
DLC_API dlc_status dlc_images_create(const dlc_allocator *allocator, dlc_images **out);

/* dlc_images_free() - frees the handle and all pixels. Accepts NULL. Since 1.0. */
DLC_API void dlc_images_free(dlc_images *images);

/* dlc_images_message() - what the last failed call said; borrowed, see dlc/base.h. Since 1.0. */
DLC_API const char *dlc_images_message(const dlc_images *images);

/* ---- What images are turned into ---- */

/* dlc_images_set_channels() - what images are turned into: channels is 1 (grey) or 3 (RGB, default), as Pillow's
 * convert("L") and convert("RGB") do: alpha and transparency are dropped, CMYK is taken as Adobe writes it, inverted.
 * (Of 16-bit grey the upper 8 bits count, where Pillow clips, which turns an X-ray white: the second difference.) Not
 * while a folder is open. Sets the normalization back. Errors: DLC_ERROR_ARGUMENT, DLC_ERROR_STATE. Since 1.0. */
DLC_API dlc_status dlc_images_set_channels(dlc_images *images, int32_t channels);

/* dlc_images_set_size() - images are resized so that the shorter side becomes `side`, the longer one
 * side * longer / shorter without its fraction, as torchvision's Resize(side); 1 to DLC_IMAGES_SIDE_MAX, or 0
 * (default): as they are. Filtered by Pillow's Image.resize() (antialiasing; two passes in fixed point). Not while a
 * folder is open. Errors: DLC_ERROR_ARGUMENT, DLC_ERROR_STATE. Since 1.0. */
DLC_API dlc_status dlc_images_set_size(dlc_images *images, int64_t side);

/* dlc_images_set_interpolation() - the filter of that. interpolation: DLC_INTERPOLATION_BILINEAR (default) or
 * DLC_INTERPOLATION_BICUBIC. Not while a folder is open. Errors: DLC_ERROR_ARGUMENT, DLC_ERROR_STATE. Since 1.0. */
DLC_API dlc_status dlc_images_set_interpolation(dlc_images *images, int32_t interpolation);

/* dlc_images_set_crop() - after resizing, the middle `side` x `side` pixels are taken, as torchvision's
 * CenterCrop(side); what lies beyond a smaller image is 0. 1 to DLC_IMAGES_SIDE_MAX, or 0 (default): no crop. Only what
 * the crop needs is computed. Not while a folder is open. Errors: DLC_ERROR_ARGUMENT, DLC_ERROR_STATE. Since 1.0. */
DLC_API dlc_status dlc_images_set_crop(dlc_images *images, int64_t side);

/* dlc_images_set_normalization() - values become (pixel / 255 - mean[c]) / deviation[c]; float[channels] each,
 * deviation positive; copied. In float32, step by step, as torchvision's ToTensor and Normalize. At any time after the
 * channels. Errors: DLC_ERROR_ARGUMENT. Since 1.0. */
DLC_API dlc_status dlc_images_set_normalization(dlc_images *images, const float *mean, const float *deviation);

/* ---- How it is done ---- */

/* dlc_images_set_threads() - threads that decoding may use: 1 (default) to 1024, or 0 for one per online processor.
 * Errors: DLC_ERROR_ARGUMENT. Since 1.0. */
DLC_API dlc_status dlc_images_set_threads(dlc_images *images, int32_t threads);

/* dlc_images_set_memory_limit() - bytes that the pixels kept in memory may take; 0 (default): no limit. What goes
 * beyond is kept in a temporary file. From the next dlc_images_open(). Errors: DLC_ERROR_ARGUMENT. Since 1.0. */
DLC_API dlc_status dlc_images_set_memory_limit(dlc_images *images, int64_t bytes);

/* dlc_images_set_cache_folder() - where that temporary file is made; "/tmp" by default, or for NULL. Copied. Choose a
 * folder on a disk: where /tmp is kept in memory nothing is won. The file has no name (it is unlinked at once), so it
 * is gone with the process at the latest. From the next dlc_images_open(). Errors: DLC_ERROR_MEMORY. Since 1.0. */
DLC_API dlc_status dlc_images_set_cache_folder(dlc_images *images, const char *folder);

/* dlc_images_set_skip_broken() - skip is 1: dlc_images_open() decodes every image, leaves out the broken ones and those
 * of a kind that cannot be read, and lists them (dlc_images_skipped_count()); the numbering closes up. Files that the
 * system refuses to open or read are an error still. 0 (default): a broken image is an error when it is met. From the
 * next dlc_images_open(). Errors: DLC_ERROR_ARGUMENT. Since 1.0. */
DLC_API dlc_status dlc_images_set_skip_broken(dlc_images *images, int32_t skip);

/* ---- A folder ---- */

/*
 * dlc_images_open() - lists the class folders in `directory`, and decodes the first image, whose size all must have;
 * with dlc_images_set_skip_broken(), all images, with all threads. A folder opened before is dropped.
 *
 * Errors: DLC_ERROR_IO (a folder or file cannot be read, the temporary file cannot be made or written), DLC_ERROR_DATA
 * (no classes; a class without an image, or all of whose images are broken; a loop of links, or too many; a line break
 * in a path; an image of another size), DLC_ERROR_FORMAT (the first image is broken), DLC_ERROR_UNSUPPORTED (a kind of
 * image that this build does not read; too many pixels), DLC_ERROR_MEMORY; no folder is open then. Since 1.0.
 */
DLC_API dlc_status dlc_images_open(dlc_images *images, const char *directory);

/* Counts of the open folder; 0 where none is open (the channels: as set). Height and width are those of all images,
 * after resizing and crop. Since 1.0. */
DLC_API int64_t dlc_images_count(const dlc_images *images);
DLC_API int64_t dlc_images_class_count(const dlc_images *images);
DLC_API int32_t dlc_images_channels(const dlc_images *images);
DLC_API int64_t dlc_images_height(const dlc_images *images);
DLC_API int64_t dlc_images_width(const dlc_images *images);

/* dlc_images_class_name() - the name of the folder of class class_id; dlc_images_path() - a sample's path relative to
 * the folder. Borrowed until the folder is dropped; NULL for no such class or sample. Since 1.0. */
DLC_API const char *dlc_images_class_name(const dlc_images *images, int64_t class_id);
DLC_API const char *dlc_images_path(const dlc_images *images, int64_t sample);

/* dlc_images_label() - a sample's class id, or -1. Since 1.0. */
DLC_API int64_t dlc_images_label(const dlc_images *images, int64_t sample);

/* dlc_images_skipped_count() - how many files of the folder are no samples: those of other extensions, those beside the
 * class folders, and the broken ones that were left out. dlc_images_skipped_path() - one of them, relative to the
 * folder, by index in the order of the paths' bytes; dlc_images_skipped_reason() - why, in words that go on from the
 * path: "not an image file", "not in a class folder", "not a sound JPEG image: it is cut off". Borrowed until the
 * folder is dropped; NULL for no such number. Since 1.0. */
DLC_API int64_t dlc_images_skipped_count(const dlc_images *images);
DLC_API const char *dlc_images_skipped_path(const dlc_images *images, int64_t index);
DLC_API const char *dlc_images_skipped_reason(const dlc_images *images, int64_t index);

/* ---- Pixels ---- */

/*
 * dlc_images_read() - samples first to first + rows - 1 as float32[rows, channels, height, width]. Images not met
 * before are decoded and kept. After an error what `out` holds is not defined; where several images fail, the message
 * is about the first, whatever the threads.
 *
 * Errors: DLC_ERROR_STATE (no folder), DLC_ERROR_ARGUMENT, DLC_ERROR_FORMAT (a broken image: named), DLC_ERROR_DATA (an
 * image of another size: named, with both sizes), DLC_ERROR_IO, DLC_ERROR_UNSUPPORTED, DLC_ERROR_MEMORY. Since 1.0.
 */
DLC_API dlc_status dlc_images_read(dlc_images *images, int64_t first, int64_t rows, float *out);

/* dlc_images_read_pixels() - one sample as uint8[height, width, channels], before normalization: for looking at.
 * Decoded if it was not met before. Errors: as dlc_images_read(). Since 1.0. */
DLC_API dlc_status dlc_images_read_pixels(dlc_images *images, int64_t sample, uint8_t *out);

#ifdef __cplusplus
}
#endif
#endif
