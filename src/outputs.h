/*
 * outputs.h - the files that a command writes: all appear whole at the end, or none (G4).
 *
 * Each output has a temporary file beside it, made when the output is announced, so that a folder that cannot be
 * written is found before the work and not after it. outputs_commit() renames them all; outputs_discard() removes what
 * is left. A rename that fails, which nothing foretells, leaves the outputs that were renamed before it: whole.
 */
#ifndef DLC_SRC_OUTPUTS_H
#define DLC_SRC_OUTPUTS_H

#include <stdio.h>

enum { OUTPUTS_MOST = 8 };

typedef struct output_set {
    int count;
    struct {
        char *path;
        char *temporary;
    } items[OUTPUTS_MOST];
} output_set;

/* Announces an output; *temporary is where to write it (borrowed). EXIT_DONE, or EXIT_FAILED after a message. */
int outputs_add(output_set *outputs, const char *path, const char **temporary);

/* A stream to a temporary file, an output's or one of a run's folder; NULL after a message. */
FILE *output_open(const char *temporary);

/* Ends the stream: its bytes are on the disk, or EXIT_FAILED after a message - also of a write that failed before. */
int output_close(FILE *file, const char *temporary);

/* Renames every temporary file to its output. EXIT_DONE, or EXIT_FAILED after a message; or, where a signal was noted
 * before (interrupt.h), its exit status. */
int outputs_commit(output_set *outputs);

/* Removes the temporary files that were not committed, and frees the names. */
void outputs_discard(output_set *outputs);

#endif
