/*
 * images.c - the dlc_images handle (dlc/image.h): class folders (folders.c) of PNG images (png.c), kept as 8-bit pixels
 * and given out as normalised float32 batches. Decodes each image once, when it is first asked for.
 */
#include "dlc/image.h"

#include "../base/allocator.h"
#include "../base/error.h"
#include "../base/parallel.h"
#include "folders.h"
#include "png.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

#define CHANNELS_MAX 3

/* Below this many values a batch that is decoded already is not worth starting threads for. */
#define PARALLEL_MIN (1 << 18)

struct dlc_images {
    dlc_allocator allocator;
    dlc_error error;
    int32_t channels;
    int32_t threads;
    int64_t memory_limit;
    float values[CHANNELS_MAX][256]; /* what a pixel of each channel becomes */
    char *directory;                 /* NULL where none is open */
    dlc_folders folders;
    int64_t height, width;
    uint8_t **pixels; /* per sample uint8[channels, height, width], or NULL where it was not decoded yet */
};

/* ---- Settings ---- */

/* In float32, step by step, as torchvision's ToTensor and Normalize do it. */
static void set_values(dlc_images *images, int32_t channel, float mean, float deviation) {
    for (int value = 0; value < 256; value++)
        images->values[channel][value] = ((float)value / 255.0F - mean) / deviation;
}

static void set_channels(dlc_images *images, int32_t channels) {
    images->channels = channels;
    for (int32_t channel = 0; channel < channels; channel++)
        set_values(images, channel, 0.0F, 1.0F);
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

static void drop(dlc_images *images) {
    for (int64_t sample = 0; images->pixels && sample < images->folders.sample_count; sample++)
        dlc_release(&images->allocator, images->pixels[sample]);
    dlc_release(&images->allocator, images->pixels);
    images->pixels = NULL;
    dlc_folders_free(&images->folders);
    dlc_release(&images->allocator, images->directory);
    images->directory = NULL;
    images->height = images->width = 0;
}

void dlc_images_free(dlc_images *images) {
    if (!images)
        return;
    drop(images);
    const dlc_allocator allocator = images->allocator;
    dlc_release(&allocator, images);
}

const char *dlc_images_message(const dlc_images *images) {
    return images ? images->error.text : "no handle";
}

dlc_status dlc_images_set_channels(dlc_images *images, int32_t channels) {
    if (!images)
        return DLC_ERROR_ARGUMENT;
    if (images->directory)
        return dlc_fail(&images->error, DLC_ERROR_STATE, "channels cannot change while a folder is open");
    if (channels != 1 && channels != 3)
        return dlc_fail(&images->error, DLC_ERROR_ARGUMENT, "channels is %d, not 1 or 3", (int)channels);
    set_channels(images, channels);
    return DLC_OK;
}

dlc_status dlc_images_set_normalization(dlc_images *images, const float *mean, const float *deviation) {
    if (!images)
        return DLC_ERROR_ARGUMENT;
    if (!mean || !deviation)
        return dlc_fail(&images->error, DLC_ERROR_ARGUMENT, "%s is NULL", mean ? "deviation" : "mean");
    for (int32_t channel = 0; channel < images->channels; channel++)
        if (!isfinite(mean[channel]) || !isfinite(deviation[channel]) || !(deviation[channel] > 0.0F))
            return dlc_fail(&images->error, DLC_ERROR_ARGUMENT, "mean %g and deviation %g of channel %d cannot be used",
                            (double)mean[channel], (double)deviation[channel], (int)channel);
    for (int32_t channel = 0; channel < images->channels; channel++)
        set_values(images, channel, mean[channel], deviation[channel]);
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

/* ---- Decoding ---- */

static int64_t image_size(const dlc_images *images) {
    return images->channels * images->height * images->width;
}

/* Decodes a sample and keeps it. May be called for distinct samples at once. */
static dlc_status decode(dlc_images *images, int64_t sample, dlc_error *error) {
    const dlc_allocator *allocator = &images->allocator;
    char *path = dlc_path_join(allocator, images->directory, images->folders.samples[sample].path);
    uint8_t *pixels = dlc_allocate(allocator, image_size(images), 1);
    const dlc_status status =
        path && pixels ? dlc_png_decode(allocator, path, images->channels, images->height, images->width, pixels, error)
                       : dlc_fail_memory(error, "the pixels of an image");
    dlc_release(allocator, path);
    if (status == DLC_OK)
        images->pixels[sample] = pixels;
    else
        dlc_release(allocator, pixels);
    return status;
}

/* ---- Opening ---- */

static dlc_status learn_size(dlc_images *images) {
    char *path = dlc_path_join(&images->allocator, images->directory, images->folders.samples[0].path);
    if (!path)
        return dlc_fail_memory(&images->error, "the path of an image");
    const dlc_status status = dlc_png_size(&images->allocator, path, &images->height, &images->width, &images->error);
    dlc_release(&images->allocator, path);
    return status;
}

static dlc_status check_limit(dlc_images *images) {
    const int64_t size = image_size(images), count = images->folders.sample_count;
    if (images->memory_limit > 0 && size > images->memory_limit / count)
        return dlc_fail(&images->error, DLC_ERROR_LIMIT,
                        "the pixels of %lld images take %lld bytes each, all together more than the limit of %lld",
                        (long long)count, (long long)size, (long long)images->memory_limit);
    return DLC_OK;
}

/* What was allocated when this fails is for drop(). */
static dlc_status open_folder(dlc_images *images, const char *directory) {
    images->directory = dlc_allocate_string(&images->allocator, directory);
    if (!images->directory)
        return dlc_fail_memory(&images->error, "the path of a folder");
    DLC_TRY(dlc_folders_list(&images->folders, &images->allocator, images->directory, &images->error));
    DLC_TRY(learn_size(images));
    DLC_TRY(check_limit(images));
    images->pixels = dlc_allocate_zeroed(&images->allocator, images->folders.sample_count, sizeof *images->pixels);
    if (!images->pixels)
        return dlc_fail_memory(&images->error, "the list of images");
    return decode(images, 0, &images->error);
}

dlc_status dlc_images_open(dlc_images *images, const char *directory) {
    if (!images)
        return DLC_ERROR_ARGUMENT;
    drop(images);
    if (!directory)
        return dlc_fail(&images->error, DLC_ERROR_ARGUMENT, "directory is NULL");
    const dlc_status status = open_folder(images, directory);
    if (status != DLC_OK)
        drop(images);
    return status;
}

int64_t dlc_images_count(const dlc_images *images) {
    return images ? images->folders.sample_count : -1;
}

int64_t dlc_images_class_count(const dlc_images *images) {
    return images ? images->folders.class_count : -1;
}

int32_t dlc_images_channels(const dlc_images *images) {
    return images ? images->channels : -1;
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

/* ---- Reading ---- */

typedef struct dlc_batch {
    dlc_images *images;
    int64_t first;
    float *out;
    pthread_mutex_t lock; /* of what follows: the failure of the lowest-numbered sample, whichever comes first */
    int64_t failed;
    dlc_status status;
    dlc_error error;
} dlc_batch;

static int is_failed_before(dlc_batch *batch, int64_t sample) {
    pthread_mutex_lock(&batch->lock);
    const int before = batch->failed < sample;
    pthread_mutex_unlock(&batch->lock);
    return before;
}

/* Decodes the sample if need be. Samples beyond one that failed are left alone; those below it are still tried, and
 * may take its place, so that the answer does not depend on the threads. */
static int make_ready(dlc_batch *batch, int64_t sample) {
    if (batch->images->pixels[sample])
        return 1;
    if (is_failed_before(batch, sample))
        return 0;
    dlc_error error;
    const dlc_status status = decode(batch->images, sample, &error);
    if (status == DLC_OK)
        return 1;
    pthread_mutex_lock(&batch->lock);
    if (sample < batch->failed) {
        batch->failed = sample;
        batch->status = status;
        batch->error = error;
    }
    pthread_mutex_unlock(&batch->lock);
    return 0;
}

static void read_row(void *context, int64_t row, int32_t thread) {
    (void)thread;
    dlc_batch *batch = context;
    const dlc_images *images = batch->images;
    if (!make_ready(batch, batch->first + row))
        return;
    const int64_t plane = images->height * images->width;
    const uint8_t *pixels = images->pixels[batch->first + row];
    float *out = batch->out + row * image_size(images);
    for (int32_t channel = 0; channel < images->channels; channel++)
        for (int64_t i = 0; i < plane; i++)
            *out++ = images->values[channel][*pixels++];
}

static int is_quick(const dlc_images *images, int64_t first, int64_t rows) {
    for (int64_t row = 0; row < rows; row++)
        if (!images->pixels[first + row])
            return 0;
    return rows < PARALLEL_MIN / image_size(images);
}

dlc_status dlc_images_read(dlc_images *images, int64_t first, int64_t rows, float *out) {
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
    dlc_batch batch = {.images = images,
                       .first = first,
                       .out = out,
                       .lock = PTHREAD_MUTEX_INITIALIZER,
                       .failed = INT64_MAX,
                       .status = DLC_OK};
    dlc_parallel(is_quick(images, first, rows) ? 1 : images->threads, rows, read_row, &batch);
    pthread_mutex_destroy(&batch.lock);
    if (batch.status != DLC_OK)
        images->error = batch.error;
    return batch.status;
}
