/* report_thumbs.c - see report_thumbs.h. */
#include "report_thumbs.h"

#include "message.h"

#include <png.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- The run's samples in the folder as it is now ---- */

typedef struct known_path {
    const char *path;
    int64_t sample; /* -1: a file that the run skipped */
} known_path;

static int by_path(const void *a, const void *b) {
    const known_path *x = a, *y = b;
    return strcmp(x->path, y->path);
}

static int is_unchanged(const report_thumbs *thumbs, const report_data *data) {
    if (dlc_images_count(thumbs->images) != data->samples)
        return 0;
    for (int64_t i = 0; i < data->samples; i++)
        if (strcmp(data->paths[i], dlc_images_path(thumbs->images, i)) != 0)
            return 0;
    return 1;
}

static int match_changed(report_thumbs *thumbs, const report_data *data) {
    const size_t skipped = json_array_size(data->record.skipped), count = (size_t)data->samples + skipped;
    known_path *known = malloc(count * sizeof *known);
    if (!known)
        return failed("%s: out of memory", data->run);
    for (int64_t i = 0; i < data->samples; i++)
        known[i] = (known_path){data->paths[i], i};
    for (size_t i = 0; i < skipped; i++) {
        const char *path = "", *reason = NULL;
        report_record_skipped(&data->record, i, &path, &reason);
        known[(size_t)data->samples + i] = (known_path){path, -1};
    }
    qsort(known, count, sizeof *known, by_path);
    thumbs->gone = data->samples;
    for (int64_t place = 0; place < dlc_images_count(thumbs->images); place++) {
        const known_path wanted = {dlc_images_path(thumbs->images, place), -1};
        const known_path *found = bsearch(&wanted, known, count, sizeof *known, by_path);
        if (found && found->sample >= 0 && thumbs->places[found->sample] < 0) {
            thumbs->places[found->sample] = place;
            thumbs->gone--;
        }
        thumbs->added += !found;
    }
    free(known);
    return EXIT_DONE;
}

static int match(report_thumbs *thumbs, const report_data *data) {
    thumbs->places = malloc((size_t)data->samples * sizeof *thumbs->places);
    if (!thumbs->places)
        return failed("%s: out of memory", data->run);
    const int unchanged = is_unchanged(thumbs, data);
    for (int64_t i = 0; i < data->samples; i++)
        thumbs->places[i] = unchanged ? i : -1;
    return unchanged ? EXIT_DONE : match_changed(thumbs, data);
}

/* ---- Pixels ---- */

static int64_t pixels_per_image(const report_thumbs *thumbs) {
    const dlc_images *images = thumbs->images;
    return dlc_images_channels(images) * dlc_images_height(images) * dlc_images_width(images);
}

int report_thumbs_open(report_thumbs *thumbs, const report_data *data) {
    if (!data->record.folder) {
        snprintf(thumbs->problem, sizeof thumbs->problem, "run.json does not name the folder of the images");
        return EXIT_DONE;
    }
    if (dlc_images_create(NULL, &thumbs->images) != DLC_OK)
        return failed("%s: out of memory", data->run);
    dlc_images_set_channels(thumbs->images, data->record.channels == 1 ? 1 : 3);
    if (dlc_images_open(thumbs->images, data->record.folder) != DLC_OK) {
        snprintf(thumbs->problem, sizeof thumbs->problem, "%s", dlc_images_message(thumbs->images));
        dlc_images_free(thumbs->images);
        thumbs->images = NULL;
        return EXIT_DONE;
    }
    thumbs->pixels = malloc((size_t)pixels_per_image(thumbs) * (sizeof(float) + 1));
    return thumbs->pixels ? match(thumbs, data) : failed("%s: out of memory", data->run);
}

void report_thumbs_free(report_thumbs *thumbs) {
    dlc_images_free(thumbs->images);
    free(thumbs->places);
    free(thumbs->pixels);
}

/* [height, width, channels] of 8 bits. */
static const unsigned char *read_pixels(report_thumbs *thumbs, int64_t place) {
    const int64_t size = pixels_per_image(thumbs), channels = dlc_images_channels(thumbs->images);
    const int64_t area = size / channels;
    float *planes = (float *)(void *)thumbs->pixels;
    unsigned char *bytes = thumbs->pixels + (size_t)size * sizeof *planes;
    if (dlc_images_read(thumbs->images, place, 1, planes) != DLC_OK)
        return NULL;
    for (int64_t i = 0; i < size; i++)
        bytes[(i % area) * channels + i / area] = (unsigned char)lrintf(planes[i] * 255);
    return bytes;
}

unsigned char *report_thumbnail(report_thumbs *thumbs, int64_t sample, size_t *size, int64_t *width) {
    const int64_t place = thumbs->images ? thumbs->places[sample] : -1;
    const unsigned char *pixels = place >= 0 ? read_pixels(thumbs, place) : NULL;
    if (!pixels)
        return NULL;
    *width = dlc_images_width(thumbs->images);
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = (png_uint_32)*width,
                       .height = (png_uint_32)dlc_images_height(thumbs->images),
                       .format = dlc_images_channels(thumbs->images) == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB};
    png_alloc_size_t room = PNG_IMAGE_PNG_SIZE_MAX(image);
    unsigned char *png = malloc(room);
    if (png && !png_image_write_to_memory(&image, png, &room, 0, pixels, 0, NULL)) {
        free(png);
        png = NULL;
    }
    *size = room;
    return png;
}
