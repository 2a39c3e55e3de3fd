/* open.c - dlc_images_open(): lists the folder, decodes the first image or all, leaves out the broken ones. */
#include "handle.h"

void dlc_images_drop(dlc_images *images) {
    for (int64_t sample = 0; images->broken && sample < images->folders.sample_count; sample++)
        dlc_release(&images->allocator, images->broken[sample]);
    dlc_release(&images->allocator, images->broken);
    images->broken = NULL;
    dlc_cache_close(&images->cache);
    dlc_folders_free(&images->folders);
    dlc_release(&images->allocator, images->directory);
    images->directory = NULL;
    images->height = images->width = 0;
}

/* ---- Leaving out ---- */

/* The samples that are sound close up; the others go to the list of files skipped. */
static dlc_status leave_out_broken(dlc_images *images) {
    dlc_folders *folders = &images->folders;
    for (int64_t i = 0; i < folders->sample_count; i++)
        if (images->broken[i] &&
            !dlc_skipped_add(&folders->skipped, &images->allocator, folders->samples[i].path, images->broken[i]))
            return dlc_fail_memory(&images->error, "the list of broken images");
    int64_t kept = 0;
    for (int64_t i = 0; i < folders->sample_count; i++) {
        if (!images->broken[i]) {
            dlc_cache_renumber(&images->cache, i, kept);
            folders->samples[kept++] = folders->samples[i];
            continue;
        }
        dlc_release(&images->allocator, folders->samples[i].path);
        dlc_release(&images->allocator, images->broken[i]);
    }
    folders->sample_count = kept;
    dlc_release(&images->allocator, images->broken);
    images->broken = NULL;
    return DLC_OK;
}

static dlc_status check_classes(dlc_images *images) {
    const dlc_folders *folders = &images->folders;
    int64_t sample = 0;
    for (int64_t label = 0; label < folders->class_count; label++) {
        const int64_t first = sample;
        while (sample < folders->sample_count && folders->samples[sample].label == label)
            sample++;
        if (sample == first)
            return dlc_fail(&images->error, DLC_ERROR_DATA, "class folder %s/%s holds no sound image",
                            images->directory, folders->classes[label]);
    }
    return DLC_OK;
}

/* ---- Opening ---- */

static dlc_status fill_cache(dlc_images *images, int64_t first, const uint8_t *pixels) {
    const char *folder = images->cache_folder ? images->cache_folder : "/tmp";
    DLC_TRY(dlc_cache_open(&images->cache, &images->allocator, images->folders.sample_count, dlc_images_size(images),
                           images->memory_limit, folder, &images->error));
    return dlc_cache_put(&images->cache, first, pixels, &images->error);
}

/* Decodes the first image, which says what size all have; of the sound ones, where broken ones are left out. */
static dlc_status decode_first(dlc_images *images) {
    const int64_t count = images->folders.sample_count;
    dlc_transform transform = {0};
    dlc_status status = DLC_OK;
    int64_t first = 0;
    for (; first < count; first++) {
        status = dlc_images_decode(images, first, &transform, &images->error);
        if (!images->broken || !dlc_images_is_broken(status))
            break;
        if (!dlc_images_note_broken(images, first, &images->error)) {
            status = dlc_fail_memory(&images->error, "the list of broken images");
            break;
        }
    }
    if (status == DLC_OK)
        status = fill_cache(images, first, transform.pixels);
    else if (first == count)
        status = dlc_fail(&images->error, DLC_ERROR_DATA, "class folder %s/%s holds no sound image", images->directory,
                          images->folders.classes[0]);
    dlc_images_end_decoding(images, &transform);
    return status;
}

static dlc_status decode_all(dlc_images *images) {
    const int64_t count = images->folders.sample_count;
    images->broken = dlc_allocate_zeroed(&images->allocator, count, sizeof *images->broken);
    if (!images->broken)
        return dlc_fail_memory(&images->error, "the list of broken images");
    DLC_TRY(decode_first(images));
    DLC_TRY(dlc_images_each(images, 0, count, NULL, NULL));
    DLC_TRY(leave_out_broken(images));
    return check_classes(images);
}

/* What was allocated when this fails is for dlc_images_drop(). */
static dlc_status open_folder(dlc_images *images, const char *directory) {
    images->directory = dlc_allocate_string(&images->allocator, directory);
    if (!images->directory)
        return dlc_fail_memory(&images->error, "the path of a folder");
    DLC_TRY(
        dlc_folders_list(&images->folders, &images->allocator, images->directory, images->skip_broken, &images->error));
    DLC_TRY(images->skip_broken ? decode_all(images) : decode_first(images));
    dlc_skipped_sort(&images->folders.skipped);
    return DLC_OK;
}

dlc_status dlc_images_open(dlc_images *images, const char *directory) {
    if (!images)
        return DLC_ERROR_ARGUMENT;
    dlc_images_drop(images);
    if (!directory)
        return dlc_fail(&images->error, DLC_ERROR_ARGUMENT, "directory is NULL");
    const dlc_status status = open_folder(images, directory);
    if (status != DLC_OK)
        dlc_images_drop(images);
    return status;
}
