/*
 * folders.c - the walk over class folders (folders.h). Folders wait in a queue instead of on the stack, and one is open
 * at a time, so that neither deep trees nor many folders exhaust anything but memory.
 *
 * Names that start with a dot are passed over at every depth. A link back to a folder that contains it is an error: the
 * walk would have no end. So is a folder that links reach in very many ways (visits.h): it would have none that anyone
 * lives to see.
 */
#include "folders.h"

#include "../file/system_error.h"
#include "visits.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A folder to be read. */
typedef struct dlc_waiting {
    char *path;     /* relative to the data set's folder */
    int64_t parent; /* its number in the queue, or -1 */
    dev_t device;
    ino_t inode;
} dlc_waiting;

typedef struct dlc_walk {
    dlc_folders *folders;
    const dlc_allocator *allocator;
    dlc_error *error;
    const char *directory;
    dlc_waiting *queue;
    int64_t queue_count, queue_room;
    dlc_visits visits; /* of the class that is read */
    int64_t reading;   /* number of the folder that is being read; -1 for the data set's own */
    int64_t label;
    int32_t skip_others;
} dlc_walk;

typedef enum dlc_extension { DLC_EXTENSION_NONE, DLC_EXTENSION_READABLE, DLC_EXTENSION_OTHER_IMAGE } dlc_extension;

/* Ways to one folder inside a class. */
#define WAYS_MAX 100

#define OTHER_IMAGE "of a kind that cannot be read: only PNG and JPEG can"

char *dlc_path_join(const dlc_allocator *allocator, const char *folder, const char *name) {
    const size_t length = strlen(folder), name_size = strlen(name) + 1;
    const size_t slash = length > 0;
    char *path = dlc_allocate(allocator, (int64_t)(length + slash + name_size), 1);
    if (!path)
        return NULL;
    memcpy(path, folder, length);
    if (slash)
        path[length] = '/';
    memcpy(path + length + slash, name, name_size);
    return path;
}

static dlc_status fail_memory(dlc_walk *walk) {
    return dlc_fail_memory(walk->error, "the list of images");
}

/* ---- One entry of a folder ---- */

static int ends_with(const char *name, const char *extension) {
    const size_t length = strlen(name), end = strlen(extension);
    if (length < end)
        return 0;
    for (size_t i = 0; i < end; i++) {
        const char c = name[length - end + i];
        if ((c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c) != extension[i])
            return 0;
    }
    return 1;
}

/* The extensions are those that torchvision takes for images. */
static dlc_extension extension_of(const char *name) {
    static const char *const readable[] = {".png", ".jpg", ".jpeg"};
    static const char *const others[] = {".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp"};
    for (size_t i = 0; i < sizeof readable / sizeof readable[0]; i++)
        if (ends_with(name, readable[i]))
            return DLC_EXTENSION_READABLE;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (ends_with(name, others[i]))
            return DLC_EXTENSION_OTHER_IMAGE;
    return DLC_EXTENSION_NONE;
}

/* Paths are written one a line. */
static dlc_status check_name(dlc_walk *walk, const char *path) {
    if (strchr(path, '\n'))
        return dlc_fail(walk->error, DLC_ERROR_DATA, "%s/%s: there is a line break in the name", walk->directory, path);
    return DLC_OK;
}

static dlc_status check_ways(dlc_walk *walk, const char *path, const struct stat *status) {
    int64_t ways = 0;
    if (walk->reading < 0)
        return DLC_OK;
    if (!dlc_visits_add(&walk->visits, walk->allocator, status->st_dev, status->st_ino, &ways))
        return fail_memory(walk);
    if (ways > WAYS_MAX)
        return dlc_fail(walk->error, DLC_ERROR_DATA, "%s/%s: links lead to this folder in more than %d ways",
                        walk->directory, path, WAYS_MAX);
    return DLC_OK;
}

/* Takes over the path, on failure too. */
static dlc_status add_folder(dlc_walk *walk, char *path, const struct stat *status) {
    dlc_status result = check_name(walk, path);
    for (int64_t i = walk->reading; i >= 0 && result == DLC_OK; i = walk->queue[i].parent)
        if (walk->queue[i].device == status->st_dev && walk->queue[i].inode == status->st_ino)
            result = dlc_fail(walk->error, DLC_ERROR_DATA, "%s/%s leads back to %s, which contains it", walk->directory,
                              path, walk->queue[i].path);
    if (result == DLC_OK)
        result = check_ways(walk, path, status);
    void *queue = walk->queue;
    if (result == DLC_OK &&
        !dlc_allocate_room(walk->allocator, &queue, walk->queue_count, &walk->queue_room, sizeof *walk->queue))
        result = fail_memory(walk);
    walk->queue = queue;
    if (result != DLC_OK) {
        dlc_release(walk->allocator, path);
        return result;
    }
    walk->queue[walk->queue_count++] = (dlc_waiting){path, walk->reading, status->st_dev, status->st_ino};
    return DLC_OK;
}

/* Takes over the path, on failure too. */
static dlc_status add_sample(dlc_walk *walk, char *path) {
    dlc_folders *folders = walk->folders;
    dlc_status result = check_name(walk, path);
    void *samples = folders->samples;
    if (result == DLC_OK && !dlc_allocate_room(walk->allocator, &samples, folders->sample_count, &folders->sample_room,
                                               sizeof *folders->samples))
        result = fail_memory(walk);
    folders->samples = samples;
    if (result != DLC_OK) {
        dlc_release(walk->allocator, path);
        return result;
    }
    folders->samples[folders->sample_count++] = (dlc_folder_sample){path, strrchr(path, '/') - path, walk->label};
    return DLC_OK;
}

static dlc_status skip(dlc_walk *walk, const char *path, const char *reason) {
    return dlc_skipped_add(&walk->folders->skipped, walk->allocator, path, reason) ? DLC_OK : fail_memory(walk);
}

/* Takes over the path. full: the same, with the data set's folder. */
static dlc_status sort_out(dlc_walk *walk, char *path, const char *full) {
    const int at_top = walk->reading < 0;
    const dlc_extension extension = extension_of(path);
    const int is_image = !at_top && extension != DLC_EXTENSION_NONE;
    struct stat status;
    dlc_status result = DLC_OK;
    const int number = stat(full, &status) == 0 ? 0 : errno;
    if (number == 0 && S_ISDIR(status.st_mode))
        return add_folder(walk, path, &status);
    /* A link to nowhere matters only where it stands for an image. */
    if (number != 0 && (is_image || (number != ENOENT && number != ELOOP)))
        result = dlc_fail_system(walk->error, "open", full, number);
    else if (!is_image)
        result = skip(walk, path, at_top ? "not in a class folder" : "not an image file");
    else if (!S_ISREG(status.st_mode))
        result = dlc_fail(walk->error, DLC_ERROR_IO, "cannot open %s: it is not a regular file", full);
    else if (extension == DLC_EXTENSION_OTHER_IMAGE && walk->skip_others)
        result = skip(walk, path, OTHER_IMAGE);
    else
        return add_sample(walk, path);
    dlc_release(walk->allocator, path);
    return result;
}

/* ---- Folders ---- */

static dlc_status take_entry(dlc_walk *walk, const char *folder, const char *name) {
    char *path = dlc_path_join(walk->allocator, folder, name);
    if (!path)
        return fail_memory(walk);
    char *full = dlc_path_join(walk->allocator, walk->directory, path);
    if (!full) {
        dlc_release(walk->allocator, path);
        return fail_memory(walk);
    }
    const dlc_status result = sort_out(walk, path, full);
    dlc_release(walk->allocator, full);
    return result;
}

/* Reads the folder: images to the samples, folders to the queue. */
static dlc_status read_folder(dlc_walk *walk, const char *folder) {
    char *full = walk->reading < 0 ? dlc_allocate_string(walk->allocator, walk->directory)
                                   : dlc_path_join(walk->allocator, walk->directory, folder);
    if (!full)
        return fail_memory(walk);
    DIR *stream = opendir(full);
    dlc_status result = stream ? DLC_OK : dlc_fail_system(walk->error, "open", full, errno);
    while (stream && result == DLC_OK) {
        errno = 0;
        const struct dirent *entry = readdir(stream);
        if (!entry) {
            if (errno != 0)
                result = dlc_fail_system(walk->error, "read", full, errno);
            break;
        }
        if (entry->d_name[0] != '.')
            result = take_entry(walk, folder, entry->d_name);
    }
    if (stream)
        closedir(stream);
    dlc_release(walk->allocator, full);
    return result;
}

static void empty_queue(dlc_walk *walk, int64_t from) {
    while (walk->queue_count > from)
        dlc_release(walk->allocator, walk->queue[--walk->queue_count].path);
}

/* ---- Classes ---- */

static int compare_classes(const void *left, const void *right) {
    const dlc_waiting *a = left, *b = right;
    return strcmp(a->path, b->path);
}

static int compare_samples(const void *left, const void *right) {
    const dlc_folder_sample *a = left, *b = right;
    const int64_t shorter = a->folder_length < b->folder_length ? a->folder_length : b->folder_length;
    const int order = memcmp(a->path, b->path, (size_t)shorter);
    if (order != 0)
        return order;
    if (a->folder_length != b->folder_length)
        return a->folder_length < b->folder_length ? -1 : 1;
    return strcmp(a->path + a->folder_length, b->path + b->folder_length);
}

/* Sorts what was found in the class folder: images, at least one, that this build can read. */
static dlc_status finish_class(dlc_walk *walk, int64_t first) {
    const dlc_folders *folders = walk->folders;
    const int64_t count = folders->sample_count - first;
    if (count == 0)
        return dlc_fail(walk->error, DLC_ERROR_DATA, "class folder %s/%s holds no image", walk->directory,
                        folders->classes[walk->label]);
    dlc_folder_sample *samples = folders->samples + first;
    qsort(samples, (size_t)count, sizeof *samples, compare_samples);
    for (int64_t i = 0; i < count; i++)
        if (extension_of(samples[i].path) != DLC_EXTENSION_READABLE)
            return dlc_fail(walk->error, DLC_ERROR_UNSUPPORTED, "%s/%s is " OTHER_IMAGE, walk->directory,
                            samples[i].path);
    return DLC_OK;
}

/* Lists the class whose folder is at the given place of the queue. */
static dlc_status list_class(dlc_walk *walk, int64_t place) {
    dlc_folders *folders = walk->folders;
    const int64_t first = folders->sample_count, classes_end = walk->queue_count;
    void *classes = folders->classes;
    const int room = dlc_allocate_room(walk->allocator, &classes, folders->class_count, &folders->class_room,
                                       sizeof *folders->classes);
    folders->classes = classes;
    char *name = room ? dlc_allocate_string(walk->allocator, walk->queue[place].path) : NULL;
    if (!name)
        return fail_memory(walk);
    walk->label = folders->class_count;
    folders->classes[folders->class_count++] = name;
    walk->reading = place;
    DLC_TRY(read_folder(walk, walk->queue[place].path));
    for (walk->reading = classes_end; walk->reading < walk->queue_count; walk->reading++)
        DLC_TRY(read_folder(walk, walk->queue[walk->reading].path));
    empty_queue(walk, classes_end);
    dlc_visits_free(&walk->visits, walk->allocator);
    return finish_class(walk, first);
}

static dlc_status list_classes(dlc_walk *walk) {
    walk->reading = -1;
    DLC_TRY(read_folder(walk, ""));
    if (walk->queue_count == 0)
        return dlc_fail(walk->error, DLC_ERROR_DATA, "%s holds no class folder", walk->directory);
    const int64_t count = walk->queue_count;
    qsort(walk->queue, (size_t)count, sizeof *walk->queue, compare_classes);
    for (int64_t i = 0; i < count; i++)
        DLC_TRY(list_class(walk, i));
    return DLC_OK;
}

dlc_status dlc_folders_list(dlc_folders *folders, const dlc_allocator *allocator, const char *directory,
                            int32_t skip_others, dlc_error *error) {
    *folders = (dlc_folders){.allocator = allocator};
    dlc_walk walk = {
        .folders = folders, .allocator = allocator, .error = error, .directory = directory, .skip_others = skip_others};
    const dlc_status result = list_classes(&walk);
    empty_queue(&walk, 0);
    dlc_visits_free(&walk.visits, allocator);
    dlc_release(allocator, walk.queue);
    if (result != DLC_OK)
        dlc_folders_free(folders);
    return result;
}

void dlc_folders_free(dlc_folders *folders) {
    for (int64_t i = 0; i < folders->sample_count; i++)
        dlc_release(folders->allocator, folders->samples[i].path);
    for (int64_t i = 0; i < folders->class_count; i++)
        dlc_release(folders->allocator, folders->classes[i]);
    if (folders->allocator) {
        dlc_skipped_free(&folders->skipped, folders->allocator);
        dlc_release(folders->allocator, folders->samples);
        dlc_release(folders->allocator, folders->classes);
    }
    *folders = (dlc_folders){0};
}
