/* load.c - samples' pixels from the cache or the decoders, on all threads (handle.h). */
#include "handle.h"

#include "../base/parallel.h"
#include "decode.h"

#include <string.h>

/* Below this many values a batch that is in memory already is not worth starting threads for. */
#define PARALLEL_MIN (1 << 18)

dlc_status dlc_images_decode(dlc_images *images, int64_t sample, dlc_transform *transform, dlc_error *error) {
    char *path = dlc_path_join(&images->allocator, images->directory, images->folders.samples[sample].path);
    if (!path)
        return dlc_fail_memory(error, "the path of an image");
    transform->allocator = &images->allocator;
    transform->options = images->options;
    transform->height = images->height;
    transform->width = images->width;
    const dlc_status status = dlc_decode_file(path, transform, error);
    if (status == DLC_OK && images->height == 0) {
        images->height = transform->height;
        images->width = transform->width;
    }
    /* Room that was made for an image which does not count may not be enough for the next. */
    if (images->height == 0) {
        dlc_release(&images->allocator, transform->pixels);
        transform->pixels = NULL;
    }
    dlc_release(&images->allocator, path);
    return status;
}

void dlc_images_end_decoding(dlc_images *images, dlc_transform *transform) {
    dlc_release(&images->allocator, transform->pixels);
    dlc_transform_free(transform);
}

int dlc_images_is_broken(dlc_status status) {
    return status == DLC_ERROR_FORMAT || status == DLC_ERROR_UNSUPPORTED;
}

/* Messages begin "DIRECTORY/PATH is " or "DIRECTORY/PATH has "; the reason is what follows. One of a very long path may
 * have lost its middle: then it is the reason as it stands. */
static const char *reason_of(const char *message, size_t path) {
    const char *rest = path < strlen(message) ? message + path : "";
    if (strncmp(rest, " is ", 4) == 0)
        return rest + 4;
    return strncmp(rest, " has ", 5) == 0 ? rest + 1 : message;
}

int dlc_images_note_broken(dlc_images *images, int64_t sample, const dlc_error *error) {
    const size_t path = strlen(images->directory) + 1 + strlen(images->folders.samples[sample].path);
    images->broken[sample] = dlc_allocate_string(&images->allocator, reason_of(error->text, path));
    return images->broken[sample] != NULL;
}

/* ---- Batches ---- */

typedef struct dlc_batch {
    dlc_images *images;
    int64_t first;
    dlc_images_use use;
    void *context;
    dlc_transform *transforms; /* by thread, their pixels the room for an image's */
    pthread_mutex_t lock;      /* of what follows: the failure of the lowest-numbered sample, whichever comes first */
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

static void note_failure(dlc_batch *batch, int64_t sample, dlc_status status, const dlc_error *error) {
    pthread_mutex_lock(&batch->lock);
    if (sample < batch->failed) {
        batch->failed = sample;
        batch->status = status;
        batch->error = *error;
    }
    pthread_mutex_unlock(&batch->lock);
}

/* A sample's pixels, in the cache or in the transform. */
static dlc_status load(dlc_images *images, int64_t sample, dlc_transform *transform, const uint8_t **pixels,
                       dlc_error *error) {
    if (dlc_cache_has_in_memory(&images->cache, sample))
        return dlc_cache_get(&images->cache, sample, NULL, pixels, error);
    if (!transform->pixels)
        transform->pixels = dlc_allocate(&images->allocator, dlc_images_size(images), 1);
    if (!transform->pixels)
        return dlc_fail_memory(error, "the pixels of an image");
    if (dlc_cache_has(&images->cache, sample))
        return dlc_cache_get(&images->cache, sample, transform->pixels, pixels, error);
    DLC_TRY(dlc_images_decode(images, sample, transform, error));
    *pixels = transform->pixels;
    return dlc_cache_put(&images->cache, sample, *pixels, error);
}

/* Samples beyond one that failed are left alone; those below it are still tried, and may take its place, so that the
 * answer does not depend on the threads. */
static void load_row(void *context, int64_t row, int32_t thread) {
    dlc_batch *batch = context;
    dlc_images *images = batch->images;
    const int64_t sample = batch->first + row;
    if ((images->broken && images->broken[sample]) || is_failed_before(batch, sample))
        return;
    dlc_error error;
    const uint8_t *pixels = NULL;
    dlc_status status = load(images, sample, &batch->transforms[thread], &pixels, &error);
    if (status == DLC_OK && batch->use)
        batch->use(batch->context, row, pixels);
    if (images->broken && dlc_images_is_broken(status))
        status = dlc_images_note_broken(images, sample, &error) ? DLC_OK
                                                                : dlc_fail_memory(&error, "the list of broken images");
    if (status != DLC_OK)
        note_failure(batch, sample, status, &error);
}

static int is_quick(const dlc_images *images, int64_t first, int64_t rows) {
    for (int64_t row = 0; row < rows; row++)
        if (!dlc_cache_has_in_memory(&images->cache, first + row))
            return 0;
    return rows < PARALLEL_MIN / dlc_images_size(images);
}

dlc_status dlc_images_each(dlc_images *images, int64_t first, int64_t rows, dlc_images_use use, void *context) {
    const int32_t threads = is_quick(images, first, rows) ? 1 : images->threads;
    dlc_batch batch = {.images = images,
                       .first = first,
                       .use = use,
                       .context = context,
                       .transforms = dlc_allocate_zeroed(&images->allocator, threads, sizeof *batch.transforms),
                       .lock = PTHREAD_MUTEX_INITIALIZER,
                       .failed = INT64_MAX,
                       .status = DLC_OK};
    if (!batch.transforms)
        return dlc_fail_memory(&images->error, "the pixels of an image");
    dlc_parallel(threads, rows, load_row, &batch);
    for (int32_t thread = 0; thread < threads; thread++)
        dlc_images_end_decoding(images, &batch.transforms[thread]);
    dlc_release(&images->allocator, batch.transforms);
    pthread_mutex_destroy(&batch.lock);
    if (batch.status != DLC_OK)
        images->error = batch.error;
    return batch.status;
}
