/*
 * folders.h - lists the images of a data set laid out as class folders. For images.c. Looks at names and kinds of files
 * only, never into a file.
 *
 * The order is that of torchvision's ImageFolder: classes by name; in a class the folders by their path, each with its
 * files by name; bytes compared. Symbolic links are followed.
 */
#ifndef DLC_LIB_FOLDERS_H
#define DLC_LIB_FOLDERS_H

#include "../base/allocator.h"
#include "../base/error.h"
#include "skipped.h"

typedef struct dlc_folder_sample {
    char *path;            /* relative to the data set's folder */
    int64_t folder_length; /* bytes of it before the last slash */
    int64_t label;
} dlc_folder_sample;

typedef struct dlc_folders {
    const dlc_allocator *allocator;
    char **classes; /* names, sorted */
    int64_t class_count, class_room;
    dlc_folder_sample *samples;
    int64_t sample_count, sample_room;
    dlc_skipped skipped; /* in no order */
} dlc_folders;

/* Lists a folder into *folders, which holds nothing (all bytes 0 will do). allocator is borrowed until the free.
 * skip_others: images of a kind that cannot be read are skipped instead of an error. Errors: as dlc_images_open(), but
 * for the contents of images; *folders holds nothing then. */
dlc_status dlc_folders_list(dlc_folders *folders, const dlc_allocator *allocator, const char *directory,
                            int32_t skip_others, dlc_error *error);

/* Frees what *folders holds, which may be all bytes 0. */
void dlc_folders_free(dlc_folders *folders);

/* "FOLDER/NAME" in a new block, or just NAME where the folder's name is empty; NULL where there is no memory. */
char *dlc_path_join(const dlc_allocator *allocator, const char *folder, const char *name);

#endif
