/*
 * images.c - the dlc_images handle (dlc/image.h): settings, what is known of an open folder, and batches: 8-bit pixels
 * from load.c, given out as normalised float32.
 */
#include "handle.h"

#include "../base/parallel.h"

#include <math.h>
#include <string.h>

/* ---- Settings ---- */

static void set_channels(dlc_images *images, int32_t channels) {
    images->options.channels = channels;
    images->normalization = (dlc_normalization){channels, {0.0F, 0.0F, 0.0F}, {1.0F, 1.0F, 1.0F}};
}

dlc_status dlc_images_create(const dlc_allocator *allocator, dlc_images **out) {
    if (!out)
        return DLC_ERROR_ARGUMENT;
    const dlc_allocator own = dlc_allocator_or_default(allocator);
    *out = dlc_allocate_zeroed(&own, 1, sizeof **out);
    if (!*out)
        return DLC_ERROR_MEMORY;
    (*out)->allocator = own;
    (*out)->threads = 1;
    set_channels(*out, 3);
    return DLC_OK;
}

void dlc_images_free(dlc_images *images) {
    if (!images)
        return;
    dlc_images_drop(images);
    const dlc_allocator allocator = images->allocator;
    dlc_release(&allocator, images->cache_folder);
    dlc_release(&allocator, images);
}

const char *dlc_images_message(const dlc_images *images) {
    return images ? images->error.text : "the handle is NULL";
}

/* What images are turned into cannot change while some are decoded already. */
static dlc_status check_closed(dlc_images *images, const char *what) {
    if (!images)
        return DLC_ERROR_ARGUMENT;
    if (images->directory)
        return dlc_fail(&images->error, DLC_ERROR_STATE, "%s cannot change while a folder is open", what);
    return DLC_OK;
}

dlc_status dlc_images_set_channels(dlc_images *images, int32_t channels) {
    DLC_TRY(check_closed(images, "channels"));
    if (channels != 1 && channels != 3)
        return dlc_fail(&images->error, DLC_ERROR_ARGUMENT, "channels is %d, not 1 or 3", (int)channels);
    set_channels(images, channels);
    return DLC_OK;
}

static dlc_status set_side(dlc_images *images, const char *what, int64_t side, int64_t *out) {
    if (side < 0 || side > DLC_IMAGES_SIDE_MAX)
        return dlc_fail(&images->error, DLC_ERROR_ARGUMENT, "%s is %lld, not in 0 to %d", what, (long long)side,
                        DLC_IMAGES_SIDE_MAX);
    *out = side;
    return DLC_OK;
}

dlc_status dlc_images_set_size(dlc_images *images, int64_t side) {
    DLC_TRY(check_closed(images, "size"));
    return set_side(images, "size", side, &images->options.size);
}

dlc_status dlc_images_set_crop(dlc_images *images, int64_t side) {
    DLC_TRY(check_closed(images, "crop"));
    return set_side(images, "crop", side, &images->options.crop);
}

dlc_status dlc_images_set_interpolation(dlc_images *images, int32_t interpolation) {
    DLC_TRY(check_closed(images, "interpolation"));
    if (interpolation != DLC_INTERPOLATION_BILINEAR && interpolation != DLC_INTERPOLATION_BICUBIC)
        return dlc_fail(&images->error, DLC_ERROR_ARGUMENT, "interpolation is %d, not bilinear (0) or bicubic (1)",
                        (int)interpolation);
    images->options.interpolation = interpolation;
    return DLC_OK;
}

dlc_status dlc_images_set_normalization(dlc_images *images, const float *mean, const float *deviation) {
    if (!images)
        return DLC_ERROR_ARGUMENT;
    if (!mean || !deviation)
        return dlc_fail(&images->error, DLC_ERROR_ARGUMENT, "%s is NULL", mean ? "deviation" : "mean");
    for (int32_t channel = 0; channel < images->options.channels; channel++)
        if (!isfinite(mean[channel]) || !isfinite(deviation[channel]) || !(deviation[channel] > 0.0F))
            return dlc_fail(&images->error, DLC_ERROR_ARGUMENT, "mean %g and deviation %g of channel %d cannot be used",
                            (double)mean[channel], (double)deviation[channel], (int)channel);
    for (int32_t channel = 0; channel < images->options.channels; channel++) {
        images->normalization.mean[channel] = mean[channel];
        images->normalization.deviation[channel] = deviation[channel];
    }
    return DLC_OK;
}

dlc_status dlc_images_set_threads(dlc_images *images, int32_t threads) {
    if (!images)
        return DLC_ERROR_ARGUMENT;
    if (threads < 0 || threads > DLC_THREADS_MAX)
        return dlc_fail(&images->error, DLC_ERROR_ARGUMENT, "threads is %d, not in 0 to %d", (int)threads,
                        DLC_THREADS_MAX);
    images->threads = dlc_threads_resolve(threads);
    return DLC_OK;
}

dlc_status dlc_images_set_memory_limit(dlc_images *images, int64_t bytes) {
    if (!images)
        return DLC_ERROR_ARGUMENT;
    if (bytes < 0)
        return dlc_fail(&images->error, DLC_ERROR_ARGUMENT, "memory limit is %lld", (long long)bytes);
    images->memory_limit = bytes;
    return DLC_OK;
}

dlc_status dlc_images_set_cache_folder(dlc_images *images, const char *folder) {
    if (!images)
        return DLC_ERROR_ARGUMENT;
    char *copy = folder ? dlc_allocate_string(&images->allocator, folder) : NULL;
    if (folder && !copy)
        return dlc_fail_memory(&images->error, "the path of a folder");
    dlc_release(&images->allocator, images->cache_folder);
    images->cache_folder = copy;
    return DLC_OK;
}

dlc_status dlc_images_set_skip_broken(dlc_images *images, int32_t skip) {
    if (!images)
        return DLC_ERROR_ARGUMENT;
    if (skip != 0 && skip != 1)
        return dlc_fail(&images->error, DLC_ERROR_ARGUMENT, "skip is %d, not 0 or 1", (int)skip);
    images->skip_broken = skip;
    return DLC_OK;
}

/* ---- The open folder ---- */

int64_t dlc_images_size(const dlc_images *images) {
    return images->options.channels * images->height * images->width;
}

int64_t dlc_images_count(const dlc_images *images) {
    return images ? images->folders.sample_count : -1;
}

int64_t dlc_images_class_count(const dlc_images *images) {
    return images ? images->folders.class_count : -1;
}

int32_t dlc_images_channels(const dlc_images *images) {
    return images ? images->options.channels : -1;
}

int64_t dlc_images_height(const dlc_images *images) {
    return images ? images->height : -1;
}

int64_t dlc_images_width(const dlc_images *images) {
    return images ? images->width : -1;
}

const char *dlc_images_class_name(const dlc_images *images, int64_t class_id) {
    return class_id >= 0 && class_id < dlc_images_class_count(images) ? images->folders.classes[class_id] : NULL;
}

const char *dlc_images_path(const dlc_images *images, int64_t sample) {
    return sample >= 0 && sample < dlc_images_count(images) ? images->folders.samples[sample].path : NULL;
}

int64_t dlc_images_label(const dlc_images *images, int64_t sample) {
    return sample >= 0 && sample < dlc_images_count(images) ? images->folders.samples[sample].label : -1;
}

int64_t dlc_images_skipped_count(const dlc_images *images) {
    return images ? images->folders.skipped.count : -1;
}

static const dlc_skipped_file *skipped_file(const dlc_images *images, int64_t index) {
    return index >= 0 && index < dlc_images_skipped_count(images) ? &images->folders.skipped.files[index] : NULL;
}

const char *dlc_images_skipped_path(const dlc_images *images, int64_t index) {
    const dlc_skipped_file *file = skipped_file(images, index);
    return file ? file->path : NULL;
}

const char *dlc_images_skipped_reason(const dlc_images *images, int64_t index) {
    const dlc_skipped_file *file = skipped_file(images, index);
    return file ? file->reason : NULL;
}

/* ---- Reading ---- */

typedef struct dlc_values {
    const dlc_images *images;
    float *out;
} dlc_values;

static void put_values(void *context, int64_t row, const uint8_t *pixels) {
    const dlc_values *batch = context;
    const dlc_images *images = batch->images;
    dlc_normalize_at(0)(&images->normalization, pixels, images->height * images->width,
                        batch->out + row * dlc_images_size(images));
}

typedef struct dlc_pixels {
    const dlc_images *images;
    uint8_t *out;
} dlc_pixels;

static void put_pixels(void *context, int64_t row, const uint8_t *pixels) {
    const dlc_pixels *batch = context;
    (void)row; /* there is one */
    memcpy(batch->out, pixels, (size_t)dlc_images_size(batch->images));
}

static dlc_status check_rows(dlc_images *images, int64_t first, int64_t rows, const void *out) {
    if (!images)
        return DLC_ERROR_ARGUMENT;
    if (!images->directory)
        return dlc_fail(&images->error, DLC_ERROR_STATE, "no folder is open");
    const int64_t count = images->folders.sample_count;
    if (first < 0 || rows < 0 || rows > count || first > count - rows)
        return dlc_fail(&images->error, DLC_ERROR_ARGUMENT, "samples %lld to %lld + %lld are not among the %lld of %s",
                        (long long)first, (long long)first, (long long)rows, (long long)count, images->directory);
    if (!out && rows > 0)
        return dlc_fail(&images->error, DLC_ERROR_ARGUMENT, "out is NULL");
    return DLC_OK;
}

dlc_status dlc_images_read(dlc_images *images, int64_t first, int64_t rows, float *out) {
    DLC_TRY(check_rows(images, first, rows, out));
    return dlc_images_each(images, first, rows, put_values, &(dlc_values){images, out});
}

dlc_status dlc_images_read_pixels(dlc_images *images, int64_t sample, uint8_t *out) {
    DLC_TRY(check_rows(images, sample, 1, out));
    return dlc_images_each(images, sample, 1, put_pixels, &(dlc_pixels){images, out});
}
