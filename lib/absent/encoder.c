/*
 * encoder.c - dlc/encoder.h in a build without that module (make WITH_ENCODER=0): there is no handle to be had, and
 * every other function answers as the module itself answers a NULL handle. Every build thus exports the same functions.
 */
#include "dlc/encoder.h"

#include <stddef.h>

/* Nothing here looks at what it is given. */
#pragma GCC diagnostic ignored "-Wunused-parameter"

dlc_status dlc_encoder_create(const dlc_allocator *allocator, dlc_encoder **out) {
    if (!out)
        return DLC_ERROR_ARGUMENT;
    *out = NULL;
    return DLC_ERROR_UNSUPPORTED;
}

void dlc_encoder_free(dlc_encoder *encoder) {
}

const char *dlc_encoder_message(const dlc_encoder *encoder) {
    return "this build of libdlc has no encoder module";
}

dlc_status dlc_encoder_set_threads(dlc_encoder *encoder, int32_t threads) {
    return DLC_ERROR_ARGUMENT;
}

dlc_status dlc_encoder_set_pooling(dlc_encoder *encoder, int32_t pooling) {
    return DLC_ERROR_ARGUMENT;
}

dlc_status dlc_encoder_load(dlc_encoder *encoder, dlc_safetensors *weights) {
    return DLC_ERROR_ARGUMENT;
}

const char *dlc_encoder_architecture(const dlc_encoder *encoder) {
    return NULL;
}

int32_t dlc_encoder_channels(const dlc_encoder *encoder) {
    return -1;
}

int64_t dlc_encoder_dim(const dlc_encoder *encoder) {
    return -1;
}

int64_t dlc_encoder_block(const dlc_encoder *encoder) {
    return -1;
}

int64_t dlc_encoder_image_size(const dlc_encoder *encoder) {
    return -1;
}

int64_t dlc_encoder_published_size(const dlc_encoder *encoder) {
    return -1;
}

dlc_status dlc_encoder_forward(dlc_encoder *encoder, const float *images, int64_t first, int64_t rows, int64_t height,
                               int64_t width, float *features) {
    return DLC_ERROR_ARGUMENT;
}
