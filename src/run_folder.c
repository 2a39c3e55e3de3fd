/* run_folder.c - see run_folder.h. */
#include "run_folder.h"

#include "input.h"
#include "interrupt.h"
#include "message.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

const char *const run_folder_files[RUN_FOLDER_FILES] = {"scores.npy",  "curves.npy",  "labels.npy",
                                                        "correct.npy", "samples.txt", "run.json"};

/* Names tried before giving up: leftovers of killed processes that had our process id. */
enum { ATTEMPTS = 1000 };

/* Room for what a temporary name adds to the path. */
enum { NAME_ROOM = 48 };

/*
 * Makes folder->temporary: inside a RUN that is there, which may be a link or a mounted file system, else beside it.
 * Its name begins with a dot, so that it is no class of an image folder. Returns 0 or an errno.
 */
static int make_temporary(const run_folder *folder, size_t size, int is_inside) {
    const char *slash = strrchr(folder->path, '/');
    const int parent = slash ? (int)(slash - folder->path) + 1 : 0;
    struct stat there;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        if (is_inside)
            snprintf(folder->temporary, size, "%s/.tmp-%ld-%d", folder->path, (long)getpid(), attempt);
        else
            snprintf(folder->temporary, size, "%.*s.%s.tmp-%ld-%d", parent, folder->path, folder->path + parent,
                     (long)getpid(), attempt);
        if (lstat(folder->temporary, &there) == 0)
            continue;
        interrupt_removes(folder->temporary);
        if (mkdir(folder->temporary, 0777) == 0)
            return 0;
        const int number = errno;
        interrupt_forgets(folder->temporary);
        if (number != EEXIST)
            return number;
    }
    return EEXIST;
}

/* What would end the run at its end ends it here: what is no folder, and folders where its files go. */
static int check_place(const char *path, int *is_there) {
    char name[4096];
    struct stat there;
    *is_there = stat(path, &there) == 0;
    const int is_dangling = !*is_there && lstat(path, &there) == 0;
    if (path[0] == '\0' || is_dangling)
        return failed("%s: %s", path, strerror(ENOENT));
    if (!*is_there)
        return EXIT_DONE;
    if (!S_ISDIR(there.st_mode))
        return failed("%s: %s", path, strerror(ENOTDIR));
    for (int i = 0; i < RUN_FOLDER_FILES; i++) {
        snprintf(name, sizeof name, "%s/%s", path, run_folder_files[i]);
        if (lstat(name, &there) == 0 && S_ISDIR(there.st_mode))
            return failed("%s: %s", name, strerror(EISDIR));
    }
    return EXIT_DONE;
}

int run_folder_begin(run_folder *folder, const char *path) {
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    folder->path = strndup(path, length);
    folder->temporary = malloc(length + NAME_ROOM);
    int is_there = 0;
    int status =
        folder->path && folder->temporary ? check_place(folder->path, &is_there) : failed("%s: out of memory", path);
    const int number = status == EXIT_DONE ? make_temporary(folder, length + NAME_ROOM, is_there) : 0;
    if (number != 0)
        status = failed("%s: %s", path, strerror(number));
    if (status != EXIT_DONE) {
        free(folder->temporary);
        folder->temporary = NULL;
    }
    return status;
}

const char *run_folder_file(const run_folder *folder, const char *name, char *buffer, int size) {
    snprintf(buffer, (size_t)size, "%s/%s", folder->temporary, name);
    return buffer;
}

/* The old run.json goes first and the new one comes last: files of two runs never stand beside one. */
static int replace_files(const run_folder *folder) {
    char from[4096], to[4096];
    snprintf(to, sizeof to, "%s/%s", folder->path, run_folder_files[RUN_FOLDER_RECORD]);
    if (unlink(to) != 0 && errno != ENOENT)
        return failed("%s: %s", to, strerror(errno));
    for (int i = 0; i < RUN_FOLDER_FILES; i++) {
        snprintf(to, sizeof to, "%s/%s", folder->path, run_folder_files[i]);
        if (rename(run_folder_file(folder, run_folder_files[i], from, sizeof from), to) != 0)
            return failed("%s: %s", to, strerror(errno));
    }
    return EXIT_DONE;
}

/* One process at a time; file systems without locks do without. */
static int replace_alone(const run_folder *folder) {
    const int descriptor = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor >= 0)
        flock(descriptor, LOCK_EX);
    const int status = replace_files(folder);
    if (descriptor >= 0)
        close(descriptor);
    return status;
}

int run_folder_commit(run_folder *folder) {
    interrupt_hold(NULL);
    struct stat there;
    if (stat(folder->path, &there) == 0)
        return replace_alone(folder);
    if (rename(folder->temporary, folder->path) == 0) {
        interrupt_forgets(folder->temporary);
        free(folder->temporary);
        folder->temporary = NULL;
        return EXIT_DONE;
    }
    /* Another process was faster. */
    if (errno == ENOTEMPTY || errno == EEXIST)
        return replace_alone(folder);
    return failed("%s: %s", folder->path, strerror(errno));
}

void run_folder_discard(run_folder *folder) {
    char name[4096];
    if (folder->temporary) {
        for (int i = 0; i < RUN_FOLDER_FILES; i++)
            unlink(run_folder_file(folder, run_folder_files[i], name, sizeof name));
        rmdir(folder->temporary);
        interrupt_forgets(folder->temporary);
    }
    free(folder->temporary);
    free(folder->path);
    *folder = (run_folder){0};
}

int run_folder_check(const char *path) {
    char name[4096];
    struct stat there;
    int found = 0, has_record = 0;
    for (int i = 0; i < RUN_FOLDER_FILES; i++) {
        snprintf(name, sizeof name, "%s/%s", path, run_folder_files[i]);
        has_record = stat(name, &there) == 0;
        found += has_record;
    }
    if (found == RUN_FOLDER_FILES - 1 && !has_record)
        return failed("%s is missing: the run was stopped while its files were put in place; score again", name);
    return EXIT_DONE;
}

static int split_lines(const char *path, char *text, int64_t count, char **paths) {
    int64_t lines = 0;
    for (char *line = text; *line; lines++) {
        char *end = strchr(line, '\n');
        if (!end)
            return failed("%s: the last line has no end", path);
        *end = '\0';
        if (lines < count)
            paths[lines] = line;
        line = end + 1;
    }
    if (lines != count)
        return failed("%s: %lld lines for %lld samples", path, (long long)lines, (long long)count);
    return EXIT_DONE;
}

int run_folder_read_samples(const char *path, int64_t count, char ***paths, char **block) {
    int64_t size = 0;
    *paths = NULL;
    const int status = input_read_text(path, block, &size);
    if (status != EXIT_DONE)
        return status;
    *paths = calloc((size_t)count, sizeof **paths);
    return *paths ? split_lines(path, *block, count, *paths) : failed("%s: out of memory", path);
}
