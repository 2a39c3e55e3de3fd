/*
 * message.h - the one line on standard error that a failed command leaves, and the exit status that goes with it. A
 * line stays one whatever names hold: control characters become '?'.
 */
#ifndef DLC_SRC_MESSAGE_H
#define DLC_SRC_MESSAGE_H

/* Exit statuses of the dlc command. */
enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* Prints "dlc: ..." and returns EXIT_FAILED: the work could not be done. */
int failed(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints "dlc: ... (see 'dlc help')" and returns EXIT_USAGE: the command line is wrong. */
int wrong_usage(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints a name that a file brought on standard output, as part of a line. */
void print_name(const char *name);

#endif
