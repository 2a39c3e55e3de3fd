/*
 * interrupt.h - what Ctrl-C (SIGINT), SIGTERM and a closed terminal (SIGHUP) do to the dlc command.
 *
 * At first a signal ends the process at once: the temporary files that were announced are removed, and a line on
 * standard error says so. Between interrupt_hold() and interrupt_end() it is only noted, and cancels the run
 * that was given: whoever holds it asks interrupt_noted() and ends in order. A second signal kills whatever is held.
 * Signals that are ignored when the command starts (nohup) stay ignored. The exit status is 128 and the signal's
 * number: 130 for SIGINT, 143 for SIGTERM.
 */
#ifndef DLC_SRC_INTERRUPT_H
#define DLC_SRC_INTERRUPT_H

#include <dlc/dlc.h>

/* Begins to watch, and makes a closed pipe or a full quota an error of the write instead of a death: in main(), once.
 */
void interrupt_watch(void);

/* A temporary file, or an empty folder, that is to go with the process; the path is borrowed until it is forgotten. */
void interrupt_removes(const char *path);
void interrupt_forgets(const char *path);

/* From now on a signal is noted. run: cancelled by it; NULL: none. May be called again, with another run. */
void interrupt_hold(dlc_run *run);

/* The command is done: from now on a signal ends the process, as it would any other. */
void interrupt_end(void);

/* 1 if a signal was noted, else 0. */
int interrupt_noted(void);

/* Prints "dlc: interrupted", with how to go on if that is not empty, and returns the exit status. */
int interrupted(const char *how_to_go_on);

#endif
