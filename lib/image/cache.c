/* cache.c - see cache.h. */
#include "cache.h"

#include "../file/system_error.h"
#include "folders.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One call of Linux moves less than 2 GiB. */
#define TRANSFER_MAX (INT64_C(1) << 30)

/* A file without a name, so that nothing is left behind however the process ends. */
static dlc_status make_file(dlc_cache *cache, dlc_error *error) {
    char *path = dlc_path_join(cache->allocator, cache->folder, "libdlc-XXXXXX");
    if (!path)
        return dlc_fail_memory(error, "the path of a file");
    dlc_status status = DLC_OK;
    cache->descriptor = mkstemp(path);
    if (cache->descriptor < 0)
        status = dlc_fail_system(error, "make a temporary file in", cache->folder, errno);
    else if (unlink(path) != 0 || fcntl(cache->descriptor, F_SETFD, FD_CLOEXEC) != 0)
        status = dlc_fail_system(error, "use a temporary file in", cache->folder, errno);
    dlc_release(cache->allocator, path);
    return status;
}

dlc_status dlc_cache_open(dlc_cache *cache, const dlc_allocator *allocator, int64_t count, int64_t image_size,
                          int64_t limit, const char *folder, dlc_error *error) {
    *cache =
        (dlc_cache){.allocator = allocator, .count = count, .image_size = image_size, .limit = limit, .descriptor = -1};
    pthread_mutex_init(&cache->lock, NULL);
    cache->entries = dlc_allocate_zeroed(allocator, count, sizeof *cache->entries);
    cache->folder = dlc_allocate_string(allocator, folder);
    dlc_status status = cache->entries && cache->folder ? DLC_OK : dlc_fail_memory(error, "the list of decoded images");
    if (status == DLC_OK && limit > 0 && image_size > limit / count)
        status = make_file(cache, error);
    if (status != DLC_OK)
        dlc_cache_close(cache);
    return status;
}

int dlc_cache_has(const dlc_cache *cache, int64_t index) {
    return cache->entries[index].pixels != NULL || cache->entries[index].end > 0;
}

int dlc_cache_has_in_memory(const dlc_cache *cache, int64_t index) {
    return cache->entries[index].pixels != NULL;
}

/* ---- The file ---- */

static dlc_status fail_transfer(const dlc_cache *cache, const char *action, int number, dlc_error *error) {
    return dlc_fail_system(error, action, cache->folder, number);
}

static dlc_status write_image(const dlc_cache *cache, int64_t offset, const uint8_t *pixels, dlc_error *error) {
    for (int64_t done = 0; done < cache->image_size;) {
        const int64_t rest = cache->image_size - done;
        const ssize_t now = pwrite(cache->descriptor, pixels + done,
                                   (size_t)(rest < TRANSFER_MAX ? rest : TRANSFER_MAX), (off_t)(offset + done));
        if (now >= 0)
            done += now;
        else if (errno != EINTR)
            return fail_transfer(cache, "write a temporary file in", errno, error);
    }
    return DLC_OK;
}

static dlc_status read_image(const dlc_cache *cache, int64_t offset, uint8_t *pixels, dlc_error *error) {
    for (int64_t done = 0; done < cache->image_size;) {
        const int64_t rest = cache->image_size - done;
        const ssize_t now = pread(cache->descriptor, pixels + done, (size_t)(rest < TRANSFER_MAX ? rest : TRANSFER_MAX),
                                  (off_t)(offset + done));
        if (now > 0)
            done += now;
        else if (now == 0)
            return fail_transfer(cache, "read a temporary file in", EIO, error);
        else if (errno != EINTR)
            return fail_transfer(cache, "read a temporary file in", errno, error);
    }
    return DLC_OK;
}

/* ---- Images ---- */

/* Where the next image goes: 0 for memory, or the end of its place in the file. */
static int64_t take_place(dlc_cache *cache) {
    int64_t end = 0;
    pthread_mutex_lock(&cache->lock);
    if (cache->descriptor < 0 || cache->used <= cache->limit - cache->image_size)
        cache->used += cache->image_size;
    else
        end = cache->file_size += cache->image_size;
    pthread_mutex_unlock(&cache->lock);
    return end;
}

dlc_status dlc_cache_put(dlc_cache *cache, int64_t index, uint8_t **pixels, dlc_error *error) {
    const int64_t end = take_place(cache);
    if (end > 0) {
        DLC_TRY(write_image(cache, end - cache->image_size, *pixels, error));
        cache->entries[index].end = end;
        return DLC_OK;
    }
    cache->entries[index].pixels = *pixels;
    *pixels = NULL;
    return DLC_OK;
}

dlc_status dlc_cache_get(const dlc_cache *cache, int64_t index, const uint8_t **pixels, uint8_t **copy,
                         dlc_error *error) {
    const dlc_cache_entry *entry = &cache->entries[index];
    *copy = NULL;
    *pixels = entry->pixels;
    if (entry->pixels)
        return DLC_OK;
    uint8_t *block = dlc_allocate(cache->allocator, cache->image_size, 1);
    if (!block)
        return dlc_fail_memory(error, "the pixels of an image");
    const dlc_status status = read_image(cache, entry->end - cache->image_size, block, error);
    if (status != DLC_OK) {
        dlc_release(cache->allocator, block);
        return status;
    }
    *pixels = *copy = block;
    return DLC_OK;
}

void dlc_cache_renumber(dlc_cache *cache, int64_t from, int64_t to) {
    if (from == to)
        return;
    cache->entries[to] = cache->entries[from];
    cache->entries[from] = (dlc_cache_entry){0};
}

void dlc_cache_close(dlc_cache *cache) {
    if (!cache->allocator)
        return;
    for (int64_t i = 0; cache->entries && i < cache->count; i++)
        dlc_release(cache->allocator, cache->entries[i].pixels);
    dlc_release(cache->allocator, cache->entries);
    dlc_release(cache->allocator, cache->folder);
    if (cache->descriptor >= 0)
        close(cache->descriptor);
    pthread_mutex_destroy(&cache->lock);
    *cache = (dlc_cache){0};
}
