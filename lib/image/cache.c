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

/* Images share blocks of about this size: the system gives out a large one in larger pages. */
#define BLOCK_BYTES (INT64_C(16) << 20)

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

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

static int64_t blocks_max(const dlc_cache *cache) {
    return (cache->memory_count + cache->block_count - 1) / cache->block_count;
}

dlc_status dlc_cache_open(dlc_cache *cache, const dlc_allocator *allocator, int64_t count, int64_t image_size,
                          int64_t limit, const char *folder, dlc_error *error) {
    const int64_t memory_count = limit > 0 ? smaller(count, limit / image_size) : count;
    const int64_t block_count = image_size < BLOCK_BYTES ? smaller(memory_count, BLOCK_BYTES / image_size) : 1;
    *cache = (dlc_cache){.allocator = allocator,
                         .count = count,
                         .image_size = image_size,
                         .memory_count = memory_count,
                         .block_count = block_count > 0 ? block_count : 1,
                         .descriptor = -1};
    pthread_mutex_init(&cache->lock, NULL);
    cache->entries = dlc_allocate_zeroed(allocator, count, sizeof *cache->entries);
    cache->blocks = dlc_allocate_zeroed(allocator, blocks_max(cache), sizeof *cache->blocks);
    cache->folder = dlc_allocate_string(allocator, folder);
    dlc_status status = DLC_OK;
    if (!cache->entries || !cache->blocks || !cache->folder)
        status = dlc_fail_memory(error, "the list of decoded images");
    else if (memory_count < count)
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

/* Where the next image in memory goes; NULL where there is no memory. The lock is held. */
static uint8_t *take_memory(dlc_cache *cache) {
    uint8_t **block = &cache->blocks[cache->used / cache->block_count];
    const int64_t before = cache->used / cache->block_count * cache->block_count;
    if (!*block)
        *block = dlc_allocate(cache->allocator, smaller(cache->block_count, cache->memory_count - before),
                              cache->image_size);
    return *block ? *block + (cache->used++ - before) * cache->image_size : NULL;
}

dlc_status dlc_cache_put(dlc_cache *cache, int64_t index, const uint8_t *pixels, dlc_error *error) {
    uint8_t *place = NULL;
    int64_t end = 0;
    pthread_mutex_lock(&cache->lock);
    const int is_in_memory = cache->used < cache->memory_count;
    if (is_in_memory)
        place = take_memory(cache);
    else
        end = cache->file_size += cache->image_size;
    pthread_mutex_unlock(&cache->lock);
    if (!is_in_memory) {
        DLC_TRY(write_image(cache, end - cache->image_size, pixels, error));
        cache->entries[index].end = end;
        return DLC_OK;
    }
    if (!place)
        return dlc_fail_memory(error, "the pixels of an image");
    memcpy(place, pixels, (size_t)cache->image_size);
    cache->entries[index].pixels = place;
    return DLC_OK;
}

dlc_status dlc_cache_get(const dlc_cache *cache, int64_t index, uint8_t *room, const uint8_t **pixels,
                         dlc_error *error) {
    const dlc_cache_entry *entry = &cache->entries[index];
    *pixels = entry->pixels ? entry->pixels : room;
    return entry->pixels ? DLC_OK : read_image(cache, entry->end - cache->image_size, room, error);
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
    for (int64_t i = 0; cache->blocks && i < blocks_max(cache); i++)
        dlc_release(cache->allocator, cache->blocks[i]);
    dlc_release(cache->allocator, cache->blocks);
    dlc_release(cache->allocator, cache->entries);
    dlc_release(cache->allocator, cache->folder);
    if (cache->descriptor >= 0)
        close(cache->descriptor);
    pthread_mutex_destroy(&cache->lock);
    *cache = (dlc_cache){0};
}
