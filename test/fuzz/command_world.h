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

/* From now on standard output and standard error go to files in memory. */
void command_world_listen(void);

/* They are back where they were; returns what came on standard error. Valid until the next call. */
const char *command_world_heard(size_t *size);

/* The files must be as they were; where something may have been written, what is new is removed and what was replaced
 * is made anew, but no temporary file may be left. */
void command_world_check(int may_have_written);

#endif
