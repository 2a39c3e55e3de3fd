/* paths.c - see paths.h. */
#include "paths.h"

#include "message.h"
#include "run_folder.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int is_same(const struct stat *left, const struct stat *right) {
    return left->st_dev == right->st_dev && left->st_ino == right->st_ino;
}

/* The folder that holds the path's last name. False: there is none. */
static int find_folder(const char *path, struct stat *folder) {
    char name[PATH_MAX];
    const char *slash = strrchr(path, '/');
    const int length = slash ? (int)(slash - path) + 1 : 0;
    return (size_t)length + 2 <= sizeof name && snprintf(name, sizeof name, "%.*s.", length, path) > 0 &&
           stat(name, folder) == 0;
}

static const char *last_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Also of files that are not there yet. */
static int same_file(const char *left, const char *right) {
    struct stat a, b;
    if (!left || !right)
        return 0;
    if (stat(left, &a) == 0 && stat(right, &b) == 0)
        return is_same(&a, &b);
    return strcmp(last_name(left), last_name(right)) == 0 && find_folder(left, &a) && find_folder(right, &b) &&
           is_same(&a, &b);
}

int paths_check(const char *command, const flag_path *inputs, int input_count, const flag_path *outputs,
                int output_count) {
    for (int out = 0; out < output_count; out++) {
        for (int in = 0; in < input_count; in++)
            if (same_file(outputs[out].path, inputs[in].path))
                return wrong_usage("%s: %s is the file that %s reads", command, outputs[out].flag, inputs[in].flag);
        for (int other = out + 1; other < output_count; other++)
            if (same_file(outputs[out].path, outputs[other].path))
                return wrong_usage("%s: %s and %s are the same file", command, outputs[out].flag, outputs[other].flag);
    }
    return EXIT_DONE;
}

int paths_check_run(const char *command, const char *run, const flag_path *outputs, int output_count) {
    char name[PATH_MAX];
    for (int i = 0; run && i < RUN_FOLDER_FILES; i++) {
        snprintf(name, sizeof name, "%s/%s", run, run_folder_files[i]);
        for (int out = 0; out < output_count; out++)
            if (same_file(outputs[out].path, name))
                return wrong_usage("%s: %s is %s of the run that is read", command, outputs[out].flag,
                                   run_folder_files[i]);
    }
    return EXIT_DONE;
}
