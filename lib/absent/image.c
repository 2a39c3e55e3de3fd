/*
 * image.c - dlc/image.h in a build without that module (make WITH_IMAGE=0): there is no handle to be had, and every
 * other function answers as the module itself answers a NULL handle. Every build thus exports the same functions.
 */
#include "dlc/image.h"

#include <stddef.h>

/* Nothing here looks at what it is given. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

dlc_status dlc_images_create(const dlc_allocator *allocator, dlc_images **out) {
    if (!out)
        return DLC_ERROR_ARGUMENT;
    *out = NULL;
    return DLC_ERROR_UNSUPPORTED;
}

void dlc_images_free(dlc_images *images) {
}

const char *dlc_images_message(const dlc_images *images) {
    return "this build of libdlc has no image module";
}

dlc_status dlc_images_set_channels(dlc_images *images, int32_t channels) {
    return DLC_ERROR_ARGUMENT;
}

dlc_status dlc_images_set_size(dlc_images *images, int64_t side) {
    return DLC_ERROR_ARGUMENT;
}

dlc_status dlc_images_set_interpolation(dlc_images *images, int32_t interpolation) {
    return DLC_ERROR_ARGUMENT;
}

dlc_status dlc_images_set_crop(dlc_images *images, int64_t side) {
    return DLC_ERROR_ARGUMENT;
}

dlc_status dlc_images_set_normalization(dlc_images *images, const float *mean, const float *deviation) {
    return DLC_ERROR_ARGUMENT;
}

dlc_status dlc_images_set_threads(dlc_images *images, int32_t threads) {
    return DLC_ERROR_ARGUMENT;
}

dlc_status dlc_images_set_memory_limit(dlc_images *images, int64_t bytes) {
    return DLC_ERROR_ARGUMENT;
}

dlc_status dlc_images_set_cache_folder(dlc_images *images, const char *folder) {
    return DLC_ERROR_ARGUMENT;
}

dlc_status dlc_images_set_skip_broken(dlc_images *images, int32_t skip) {
    return DLC_ERROR_ARGUMENT;
}

dlc_status dlc_images_open(dlc_images *images, const char *directory) {
    return DLC_ERROR_ARGUMENT;
}

int64_t dlc_images_count(const dlc_images *images) {
    return -1;
}

int64_t dlc_images_class_count(const dlc_images *images) {
    return -1;
}

int32_t dlc_images_channels(const dlc_images *images) {
    return -1;
}

int64_t dlc_images_height(const dlc_images *images) {
    return -1;
}

int64_t dlc_images_width(const dlc_images *images) {
    return -1;
}

const char *dlc_images_class_name(const dlc_images *images, int64_t class_id) {
    return NULL;
}

const char *dlc_images_path(const dlc_images *images, int64_t sample) {
    return NULL;
}

int64_t dlc_images_label(const dlc_images *images, int64_t sample) {
    return -1;
}

int64_t dlc_images_skipped_count(const dlc_images *images) {
    return -1;
}

const char *dlc_images_skipped_path(const dlc_images *images, int64_t index) {
    return NULL;
}

const char *dlc_images_skipped_reason(const dlc_images *images, int64_t index) {
    return NULL;
}

dlc_status dlc_images_read(dlc_images *images, int64_t first, int64_t rows, float *out) {
    return DLC_ERROR_ARGUMENT;
}

dlc_status dlc_images_read_pixels(dlc_images *images, int64_t sample, uint8_t *out) {
    return DLC_ERROR_ARGUMENT;
}
