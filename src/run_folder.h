/*
 * run_folder.h - RUN: what `dlc score --images` leaves and `dlc select --run` reads.
 *
 *     RUN/scores.npy    float32 [samples]
 *     RUN/curves.npy    float32 [levels visited, samples]
 *     RUN/labels.npy    int64 [samples]
 *     RUN/correct.npy   int32 [samples], at how many of them the nearest centroid was the label's
 *     RUN/samples.txt   the path of each sample, relative to the image folder, one a line
 *     RUN/run.json      what was done with what
 *
 * It is built in a temporary folder, made before the work starts so that what cannot be written is found then. A new
 * RUN appears at once, when it is complete. Where RUN is there already its six files are replaced one by one, and
 * run.json is missing meanwhile: the other five without it are not believed.
 */
#ifndef DLC_SRC_RUN_FOLDER_H
#define DLC_SRC_RUN_FOLDER_H

#include <stdint.h>

/* The names of its files. run.json comes last: where it stands, the rest does. */
enum { RUN_FOLDER_FILES = 6, RUN_FOLDER_RECORD = RUN_FOLDER_FILES - 1 };
extern const char *const run_folder_files[RUN_FOLDER_FILES];

typedef struct run_folder {
    char *path;
    char *temporary; /* NULL: nothing to remove */
} run_folder;

/* Makes the temporary folder. EXIT_DONE, or EXIT_FAILED after a message. */
int run_folder_begin(run_folder *folder, const char *path);

/* The name of a file in the temporary folder, in buffer. */
const char *run_folder_file(const run_folder *folder, const char *name, char *buffer, int size);

/* Puts the folder, or its files, in place. EXIT_DONE, or EXIT_FAILED after a message. */
int run_folder_commit(run_folder *folder);

/* Removes the temporary folder if it is still there, and frees the names. */
void run_folder_discard(run_folder *folder);

/* Whether RUN may be believed; that its files are there is for those to find who read them. EXIT_DONE, or EXIT_FAILED
 * after a message. */
int run_folder_check(const char *path);

/*
 * The lines of samples.txt: count paths that point into one block. The caller frees *paths and *block. EXIT_DONE, or
 * EXIT_FAILED after a message.
 */
int run_folder_read_samples(const char *path, int64_t count, char ***paths, char **block);

#endif
