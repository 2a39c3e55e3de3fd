/* image_input.c - see image_input.h. */
#include "image_input.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Sides that are asked for: none, one pixel, less and more than the images have. */
static int64_t choose_side(fuzz_input *choices) {
    static const int64_t sides[] = {0, 0, 0, 1, 2, 7, 8, 9, 31, 64, 100, 65535};
    return sides[fuzz_choice(choices, sizeof sides / sizeof sides[0])];
}

static void choose_transform(dlc_images *images, fuzz_input *choices) {
    const int options = fuzz_byte(choices);
    fuzz_check(dlc_images_set_channels(images, options & 1 ? 1 : 3) == DLC_OK);
    fuzz_check(dlc_images_set_interpolation(images, options & 2 ? DLC_INTERPOLATION_BICUBIC
                                                                : DLC_INTERPOLATION_BILINEAR) == DLC_OK);
    fuzz_check(dlc_images_set_skip_broken(images, options >> 2 & 1) == DLC_OK);
    fuzz_check(dlc_images_set_memory_limit(images, options & 8 ? 1 : 0) == DLC_OK);
    fuzz_status(dlc_images_set_cache_folder(images, fuzz_folder()), dlc_images_message(images));
    fuzz_check(dlc_images_set_size(images, choose_side(choices)) == DLC_OK);
    fuzz_check(dlc_images_set_crop(images, choose_side(choices)) == DLC_OK);
}

/* Values are pixel / 255, planes one after the other. */
static void check_values(const float *values, const uint8_t *pixels, int64_t plane, int32_t channels) {
    for (int64_t i = 0; i < plane; i++)
        for (int32_t channel = 0; channel < channels; channel++)
            fuzz_check(values[channel * plane + i] == (float)pixels[i * channels + channel] / 255.0F);
}

static void read_images(dlc_images *images) {
    const int64_t count = dlc_images_count(images), plane = dlc_images_height(images) * dlc_images_width(images);
    const int32_t channels = dlc_images_channels(images);
    fuzz_check(count >= 1 && plane >= 1);
    /* Huge images have been decoded by now; what is left to do for them is of no interest. */
    if (plane > 1 << 20)
        return;
    float *values = malloc((size_t)(count * plane * channels) * sizeof *values);
    uint8_t *pixels = malloc((size_t)(plane * channels));
    fuzz_check(values != NULL && pixels != NULL);
    if (fuzz_status(dlc_images_read(images, 0, count, values), dlc_images_message(images)) == DLC_OK)
        for (int64_t sample = 0; sample < count; sample++) {
            if (fuzz_status(dlc_images_read_pixels(images, sample, pixels), dlc_images_message(images)) == DLC_OK)
                check_values(values + sample * plane * channels, pixels, plane, channels);
        }
    free(values);
    free(pixels);
}

void image_input_run(const uint8_t *bytes, size_t size, fuzz_input choices) {
    fuzz_memory memory = {.limit = INT64_C(1) << 30, .fail_at = -1};
    const int fails = fuzz_byte(&choices);
    if (fails > 0xC0)
        memory.fail_at = fails - 0xC1;
    dlc_allocator *allocator = fuzz_allocator(&memory);
    dlc_images *images = NULL;
    mkdir(fuzz_path("images"), 0777);
    mkdir(fuzz_path("images/a"), 0777);
    fuzz_put(fuzz_path("images/a/1.png"), bytes, size);
    fuzz_put(fuzz_path("images/a/2.jpg"), bytes, size);
    if (fuzz_status(dlc_images_create(allocator, &images), "none") == DLC_OK) {
        choose_transform(images, &choices);
        if (fuzz_status(dlc_images_open(images, fuzz_path("images")), dlc_images_message(images)) == DLC_OK)
            read_images(images);
        else
            fuzz_check(dlc_images_count(images) == 0);
    }
    dlc_images_free(images);
    fuzz_allocator_end(allocator, &memory);
}
