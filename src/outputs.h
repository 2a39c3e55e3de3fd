/*
 * outputs.h - the files that a command writes: all appear whole at the end, or none (G4).
 *
 * Each output has a temporary file beside it, made when the output is announced, so that a folder that cannot be
 * written is found before the work and not after it. outputs_commit() renames them all; outputs_discard() removes what
 * is left.
 */
#ifndef DLC_SRC_OUTPUTS_H
#define DLC_SRC_OUTPUTS_H

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

/* Renames every temporary file to its output. EXIT_DONE, or EXIT_FAILED after a message; or, where a signal was noted
 * before (interrupt.h), its exit status. */
int outputs_commit(output_set *outputs);

/* Removes the temporary files that were not committed, and frees the names. */
void outputs_discard(output_set *outputs);

#endif
