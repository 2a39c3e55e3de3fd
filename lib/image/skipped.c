/* skipped.c - see skipped.h. */
#include "skipped.h"

#include <stdlib.h>
#include <string.h>

int dlc_skipped_add(dlc_skipped *skipped, const dlc_allocator *allocator, const char *path, const char *reason) {
    void *files = skipped->files;
    const int has_room = dlc_allocate_room(allocator, &files, skipped->count, &skipped->room, sizeof *skipped->files);
    skipped->files = files;
    char *own_path = has_room ? dlc_allocate_string(allocator, path) : NULL;
    char *own_reason = own_path ? dlc_allocate_string(allocator, reason) : NULL;
    if (!own_reason) {
        dlc_release(allocator, own_path);
        return 0;
    }
    skipped->files[skipped->count++] = (dlc_skipped_file){own_path, own_reason};
    return 1;
}

static int compare(const void *left, const void *right) {
    const dlc_skipped_file *a = left, *b = right;
    return strcmp(a->path, b->path);
}

void dlc_skipped_sort(dlc_skipped *skipped) {
    if (skipped->count > 1)
        qsort(skipped->files, (size_t)skipped->count, sizeof *skipped->files, compare);
}

void dlc_skipped_free(dlc_skipped *skipped, const dlc_allocator *allocator) {
    for (int64_t i = 0; i < skipped->count; i++) {
        dlc_release(allocator, skipped->files[i].path);
        dlc_release(allocator, skipped->files[i].reason);
    }
    dlc_release(allocator, skipped->files);
    *skipped = (dlc_skipped){0};
}
