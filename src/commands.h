/*
 * commands.h - the commands of dlc. Each gets its own argv (argv[0] is its name) and returns the exit status: 0 done, 1
 * failed, 2 wrong usage, after one line on standard error.
 */
#ifndef DLC_SRC_COMMANDS_H
#define DLC_SRC_COMMANDS_H

int command_mask(int argc, char **argv);
int command_score(int argc, char **argv);
int command_select(int argc, char **argv);
int command_report(int argc, char **argv);

#endif
