/* transform.c - see transform.h. */
#include "transform.h"

#include "flags.h"
#include "json_text.h"
#include "message.h"

#include <stdlib.h>

/* ImageNet's, as published with the models; a grey encoder gets the mean of the three. */
static const double imagenet_mean[3] = {0.485, 0.456, 0.406};
static const double imagenet_deviation[3] = {0.229, 0.224, 0.225};
#define IMAGENET_GREY_MEAN      0.449
#define IMAGENET_GREY_DEVIATION 0.226

/* By DLC_INTERPOLATION_*. */
const char *const transform_interpolations[] = {"bilinear", "bicubic", NULL};

transform_options transform_default(void) {
    return (transform_options){.size = -1, .crop = -1, .interpolation = DLC_INTERPOLATION_BILINEAR};
}

/* One number, or three with commas between them. */
static int take_values(const char *flag, const char *value, int *count, double out[3]) {
    const char *at = value;
    int read = 0;
    while (read < 3) {
        char *end = NULL;
        out[read] = strtod(at, &end);
        if (end == at)
            break;
        read++;
        at = end;
        if (*at != ',')
            break;
        at++;
    }
    if (*at != '\0' || at == value || at[-1] == ',' || (read != 1 && read != 3))
        return wrong_usage("%s %s: not one number, or three with commas between them", flag, value);
    *count = read;
    return EXIT_DONE;
}

int transform_take(transform_options *transform, int flag, const char *value) {
    switch (flag) {
    case TRANSFORM_SIZE:
        return flag_int64("--size", value, 0, DLC_IMAGES_SIDE_MAX, &transform->size);
    case TRANSFORM_CROP:
        return flag_int64("--crop", value, 0, DLC_IMAGES_SIDE_MAX, &transform->crop);
    case TRANSFORM_MEAN:
        return take_values("--mean", value, &transform->means, transform->mean);
    case TRANSFORM_STD:
        return take_values("--std", value, &transform->deviations, transform->deviation);
    case TRANSFORM_INTERPOLATION:
        return flag_choice("--interpolation", value, transform_interpolations, &transform->interpolation);
    default:
        return EXIT_DONE;
    }
}

static void complete_values(transform_options *transform, int32_t channels, int published) {
    for (int c = 0; c < 3; c++) {
        if (transform->means == 1) {
            transform->mean[c] = transform->mean[0];
            transform->deviation[c] = transform->deviation[0];
        } else if (transform->means == 0) {
            const int grey = channels == 1;
            transform->mean[c] = !published ? 0 : grey ? IMAGENET_GREY_MEAN : imagenet_mean[c];
            transform->deviation[c] = !published ? 1 : grey ? IMAGENET_GREY_DEVIATION : imagenet_deviation[c];
        }
    }
}

int transform_check(const transform_options *transform) {
    if (transform->means != transform->deviations)
        return wrong_usage("--mean and --std go together, and have as many numbers as each other");
    for (int c = 0; c < transform->deviations; c++)
        if (!(transform->deviation[c] > 0))
            return wrong_usage("--std has %g, which is not above 0", transform->deviation[c]);
    return EXIT_DONE;
}

int transform_complete(transform_options *transform, const dlc_encoder *encoder) {
    const int32_t channels = dlc_encoder_channels(encoder);
    const int64_t published = dlc_encoder_published_size(encoder);
    if (transform->means == 3 && channels != 3)
        return wrong_usage("--mean and --std have three numbers, the encoder's images one channel");
    if (transform->crop < 0)
        transform->crop = published;
    if (transform->size < 0)
        transform->size = published > 0 ? transform->crop * 256 / 224 : 0;
    if (transform->size > DLC_IMAGES_SIDE_MAX)
        return wrong_usage("--crop %lld needs --size: its default is then %lld, above %d", (long long)transform->crop,
                           (long long)transform->size, DLC_IMAGES_SIDE_MAX);
    complete_values(transform, channels, published > 0);
    return EXIT_DONE;
}

int transform_set(const transform_options *transform, const dlc_encoder *encoder, dlc_images *images) {
    float mean[3], deviation[3];
    for (int c = 0; c < 3; c++) {
        mean[c] = (float)transform->mean[c];
        deviation[c] = (float)transform->deviation[c];
    }
    if (dlc_images_set_channels(images, dlc_encoder_channels(encoder)) != DLC_OK ||
        dlc_images_set_size(images, transform->size) != DLC_OK ||
        dlc_images_set_crop(images, transform->crop) != DLC_OK ||
        dlc_images_set_interpolation(images, transform->interpolation) != DLC_OK ||
        dlc_images_set_normalization(images, mean, deviation) != DLC_OK)
        return failed("%s", dlc_images_message(images));
    return EXIT_DONE;
}

static json_t *values(const double numbers[3], int32_t channels) {
    json_t *list = json_array();
    for (int32_t c = 0; c < channels; c++)
        list = json_list_add(list, json_real(numbers[c]));
    return list;
}

json_t *transform_json(const transform_options *transform, int32_t channels) {
    return json_pack("{s:I, s:I, s:s, s:o, s:o}", "size", (json_int_t)transform->size, "crop",
                     (json_int_t)transform->crop, "interpolation", transform_interpolations[transform->interpolation],
                     "mean", values(transform->mean, channels), "std", values(transform->deviation, channels));
}
