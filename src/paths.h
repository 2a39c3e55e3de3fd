/*
 * paths.h - that no output of a command is a file that it reads, nor two of its outputs the same file: a slip of the
 * pen that would cost the data. For every command that writes files; touches none.
 */
#ifndef DLC_SRC_PATHS_H
#define DLC_SRC_PATHS_H

typedef struct flag_path {
    const char *flag; /* "--out" */
    const char *path; /* NULL: not given */
} flag_path;

/* Every output against all inputs and the outputs after it. EXIT_DONE, or EXIT_USAGE after a message. */
int paths_check(const char *command, const flag_path *inputs, int input_count, const flag_path *outputs,
                int output_count);

/* No output is one of the files of the RUN that is read; run: NULL if none is. */
int paths_check_run(const char *command, const char *run, const flag_path *outputs, int output_count);

#endif
