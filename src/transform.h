/*
 * transform.h - the flags that say how `dlc score --encoder` turns images into the encoder's input, and their defaults.
 *
 * The default is the published transform where the encoder has a published image size S (224 for ResNets with a 7x7
 * stem, a ViT's own): shorter side to S * 256 / 224, centre crop of S, ImageNet's mean and deviation. An encoder
 * without one (a 3x3 stem, made for small images) gets the images as they are, pixel / 255. A crop that is given
 * changes the default size of an encoder that has one, by the same 256 / 224.
 */
#ifndef DLC_SRC_TRANSFORM_H
#define DLC_SRC_TRANSFORM_H

#include <dlc/dlc.h>
#include <jansson.h>

typedef struct transform_options {
    int64_t size; /* -1: the default; 0: off */
    int64_t crop; /* likewise */
    int32_t interpolation;
    int means, deviations; /* numbers given: 0: the default; 1: one for all channels; 3 */
    double mean[3];
    double deviation[3];
} transform_options;

/* Their entries in a command's table of flags. */
enum { TRANSFORM_SIZE = 192, TRANSFORM_CROP, TRANSFORM_MEAN, TRANSFORM_STD, TRANSFORM_INTERPOLATION };
#define TRANSFORM_FLAGS                                                                                                \
    {"size", required_argument, NULL, TRANSFORM_SIZE}, {"crop", required_argument, NULL, TRANSFORM_CROP},              \
        {"mean", required_argument, NULL, TRANSFORM_MEAN}, {"std", required_argument, NULL, TRANSFORM_STD}, {          \
        "interpolation", required_argument, NULL, TRANSFORM_INTERPOLATION                                              \
    }

/* The words of --interpolation, by DLC_INTERPOLATION_*. */
extern const char *const transform_interpolations[];

/* All defaults. */
transform_options transform_default(void);

/* Stores one of the flags above; leaves all others alone. EXIT_DONE, or EXIT_USAGE after a message. */
int transform_take(transform_options *transform, int flag, const char *value);

/* Once all flags are taken: those that need each other. EXIT_DONE, or EXIT_USAGE after a message. */
int transform_check(const transform_options *transform);

/* Puts the defaults of this encoder in place of what was not given. EXIT_DONE, or EXIT_USAGE after a message. */
int transform_complete(transform_options *transform, const dlc_encoder *encoder);

/* Sets a completed transform on images that are not open yet. EXIT_DONE, or EXIT_FAILED after a message. */
int transform_set(const transform_options *transform, const dlc_encoder *encoder, dlc_images *images);

/* A completed transform as JSON; a new reference, NULL where memory is short. */
json_t *transform_json(const transform_options *transform, int32_t channels);

#endif
