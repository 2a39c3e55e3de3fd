/* run_folder.c - see run_folder.h. */
#include "run_folder.h"

#include "input.h"
#include "interrupt.h"
#include "message.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* run.json comes last: where it stands, the rest does. */
static const char *const files[] = {"scores.npy", "curves.npy", "labels.npy", "correct.npy", "samples.txt", "run.json"};
enum { FILES = sizeof files / sizeof files[0] };

/* Names tried before giving up: leftovers of killed processes that had our process id. */
enum { ATTEMPTS = 1000 };

/* Makes folder->temporary, of `size` bytes. Returns 0 or an errno. */
static int make_temporary(const run_folder *folder, size_t size) {
    struct stat there;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        snprintf(folder->temporary, size, "%s.tmp-%ld-%d", folder->path, (long)getpid(), attempt);
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

int run_folder_begin(run_folder *folder, const char *path) {
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    folder->path = strndup(path, length);
    folder->temporary = malloc(length + 48);
    if (!folder->path || !folder->temporary)
        return failed("%s: out of memory", path);
    struct stat there;
    int number = 0;
    if (length == 0)
        number = ENOENT;
    else if (stat(folder->path, &there) == 0 && !S_ISDIR(there.st_mode))
        number = ENOTDIR;
    else
        number = make_temporary(folder, length + 48);
    if (number == 0)
        return EXIT_DONE;
    free(folder->temporary);
    folder->temporary = NULL;
    return failed("%s: %s", path, strerror(number));
}

const char *run_folder_file(const run_folder *folder, const char *name, char *buffer, int size) {
    snprintf(buffer, (size_t)size, "%s/%s", folder->temporary, name);
    return buffer;
}

static int replace_files(const run_folder *folder) {
    char from[4096], to[4096];
    for (int i = 0; i < FILES; i++) {
        snprintf(to, sizeof to, "%s/%s", folder->path, files[i]);
        if (rename(run_folder_file(folder, files[i], from, sizeof from), to) != 0)
            return failed("%s: %s", to, strerror(errno));
    }
    return EXIT_DONE;
}

int run_folder_commit(run_folder *folder) {
    interrupt_hold(NULL);
    if (rename(folder->temporary, folder->path) == 0) {
        interrupt_forgets(folder->temporary);
        free(folder->temporary);
        folder->temporary = NULL;
        return EXIT_DONE;
    }
    if (errno != ENOTEMPTY && errno != EEXIST)
        return failed("%s: %s", folder->path, strerror(errno));
    return replace_files(folder);
}

void run_folder_discard(run_folder *folder) {
    char name[4096];
    if (folder->temporary) {
        for (int i = 0; i < FILES; i++)
            unlink(run_folder_file(folder, files[i], name, sizeof name));
        rmdir(folder->temporary);
        interrupt_forgets(folder->temporary);
    }
    free(folder->temporary);
    free(folder->path);
    *folder = (run_folder){0};
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
