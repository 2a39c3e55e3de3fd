/* report_thumbs.c - see report_thumbs.h. */
#include "report_thumbs.h"

#include "message.h"

#if WITH_IMAGE
#include <png.h>
#endif

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Pixels on a side of a thumbnail at most. */
enum { SIDE = 96 };

/* Images are made no larger than this before the crop, whatever the record says. */
enum { SIZE_MOST = 8 * SIDE };

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

/* ---- Pictures ---- */

static int is_within(int64_t side) {
    return side > 0 && side <= SIDE;
}

/* What the encoder saw where that is no larger than a thumbnail; else the same, made smaller. Sizes that a record makes
 * up come to no more than the two constants above. */
static void set_transform(dlc_images *images, const report_record *record) {
    int64_t size = record->size, crop = record->crop;
    const int is_small = is_within(record->height) && is_within(record->width) && size <= SIZE_MOST && crop <= SIDE &&
                         (crop > 0 || size <= SIDE);
    if (!is_small) {
        size = size > 0 && crop > 0 ? (SIDE * size + crop / 2) / crop : SIDE;
        size = size < 1 ? 1 : size > SIZE_MOST ? SIZE_MOST : size;
        crop = SIDE;
    }
    dlc_images_set_channels(images, record->channels == 1 ? 1 : 3);
    dlc_images_set_size(images, size);
    dlc_images_set_crop(images, crop);
    dlc_images_set_threads(images, 0);
}

/* Broken images are looked for, and every image decoded for it, only where the run skipped some. */
static int open_folder(dlc_images *images, const report_record *record) {
    if (dlc_images_open(images, record->folder) == DLC_OK)
        return 1;
    if (json_array_size(record->skipped) == 0)
        return 0;
    dlc_images_set_skip_broken(images, 1);
    return dlc_images_open(images, record->folder) == DLC_OK;
}

int report_thumbs_open(report_thumbs *thumbs, const report_data *data) {
    if (!data->record.folder) {
        snprintf(thumbs->problem, sizeof thumbs->problem, "run.json does not name the folder of the images");
        return EXIT_DONE;
    }
    dlc_images *images = NULL;
    const dlc_status created = dlc_images_create(NULL, &images);
    if (created == DLC_ERROR_UNSUPPORTED) {
        snprintf(thumbs->problem, sizeof thumbs->problem, "%s", dlc_images_message(NULL));
        return EXIT_DONE;
    }
    if (created != DLC_OK)
        return failed("%s: out of memory", data->run);
    set_transform(images, &data->record);
    if (!open_folder(images, &data->record)) {
        snprintf(thumbs->problem, sizeof thumbs->problem, "%s", dlc_images_message(images));
        dlc_images_free(images);
        return EXIT_DONE;
    }
    thumbs->images = images;
    const int64_t pixels = dlc_images_height(images) * dlc_images_width(images) * dlc_images_channels(images);
    thumbs->pixels = malloc((size_t)pixels);
    return thumbs->pixels ? match(thumbs, data) : failed("%s: out of memory", data->run);
}

void report_thumbs_free(report_thumbs *thumbs) {
    dlc_images_free(thumbs->images);
    free(thumbs->places);
    free(thumbs->pixels);
}

/* NULL where memory is short, and in a command that is built without the image module and so without libpng. */
static unsigned char *encode_png(const report_thumbs *thumbs, size_t *size) {
#if WITH_IMAGE
    png_image image = {.version = PNG_IMAGE_VERSION,
                       .width = (png_uint_32)dlc_images_width(thumbs->images),
                       .height = (png_uint_32)dlc_images_height(thumbs->images),
                       .format = dlc_images_channels(thumbs->images) == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB};
    png_alloc_size_t room = PNG_IMAGE_PNG_SIZE_MAX(image);
    unsigned char *png = malloc(room);
    if (png && !png_image_write_to_memory(&image, png, &room, 0, thumbs->pixels, 0, NULL)) {
        free(png);
        png = NULL;
    }
    *size = room;
    return png;
#else
    (void)thumbs;
    *size = 0;
    return NULL;
#endif
}

unsigned char *report_thumbnail(report_thumbs *thumbs, int64_t sample, size_t *size, int64_t *width) {
    const int64_t place = thumbs->images ? thumbs->places[sample] : -1;
    if (place < 0 || dlc_images_read_pixels(thumbs->images, place, thumbs->pixels) != DLC_OK)
        return NULL;
    *width = dlc_images_width(thumbs->images);
    return encode_png(thumbs, size);
}
