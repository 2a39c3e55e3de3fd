/*
 * command_world.h - the folder that command_fuzz.c runs dlc in, and what dlc says while it runs.
 */
#ifndef DLC_FUZZ_COMMAND_WORLD_H
#define DLC_FUZZ_COMMAND_WORLD_H

#include <stddef.h>

/* src/main.c, compiled with its main() under this name. */
int dlc_main(int argc, char **argv);

/* Makes the folder, if it is not there yet, and makes it the current one. */
void command_world_enter(void);

/* Back to the folder that was the current one before. */
void command_world_leave(void);

/* Puts a file into the folder, as one of those that are there from now on. */
void command_world_put(const char *path, const void *bytes, size_t size);

/*
 * Runs dlc. Whatever the arguments and files: the exit status is 0, 1 or 2; a failure says why in one line, and leaves
 * the folder as it was, but for a checkpoint; a success says nothing on standard error, and leaves no temporary file.
 * What a success has written is removed, and what it has replaced is made anew.
 */
void command_world_run(int argc, char **argv);

#endif
