/*
 * input.h - regular files that a command reads itself; arrays, weights and images are read by libdlc. Never waits: a
 * FIFO or a device in the place of a file is refused.
 */
#ifndef DLC_SRC_INPUT_H
#define DLC_SRC_INPUT_H

#include <stdint.h>

/* The descriptor of the file, which the caller closes, and its size; or -1 after a message. */
int input_open(const char *path, int64_t *size);

/* Bytes read at `offset`, fewer than size only at the end of the file; -1 after a message. */
int64_t input_read(int descriptor, const char *path, int64_t offset, char *buffer, int64_t size);

/* The whole file, with a zero byte after it; the caller frees *text. EXIT_DONE, or EXIT_FAILED after a message. */
int input_read_text(const char *path, char **text, int64_t *size);

#endif
