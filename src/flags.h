/*
 * flags.h - command lines by getopt_long(), and the values of flags checked.
 *
 * A command declares its flags as struct option, with vals of its own from FLAG_OWN on, and gets each one it was given.
 * Every command takes --quiet and --help.
 */
#ifndef DLC_SRC_FLAGS_H
#define DLC_SRC_FLAGS_H

#include <getopt.h>
#include <stdint.h>

enum { FLAG_QUIET = 1, FLAG_OWN = 256 };

/* The entries that end every table of flags. */
#define FLAGS_COMMON                                                                                                   \
    {"quiet", no_argument, NULL, FLAG_QUIET}, {                                                                        \
        NULL, 0, NULL, 0                                                                                               \
    }

/* Stores one flag's value in a command's options. Returns EXIT_DONE, or EXIT_USAGE after its message. */
typedef int (*flag_taker)(void *options, int flag, const char *value);

/*
 * Goes through argv (argv[0] is the command's name, "score") and hands each flag to take. Nothing but flags may stand
 * there. Returns EXIT_DONE, or EXIT_USAGE after a message that names the word at fault.
 */
int flags_parse(int argc, char **argv, const struct option *table, flag_taker take, void *options);

/* The value of a flag as a number in [least, most]; else EXIT_USAGE after a message that names both. */
int flag_int64(const char *flag, const char *value, int64_t least, int64_t most, int64_t *out);
int flag_uint64(const char *flag, const char *value, uint64_t *out);

/* The value of a flag as a finite number; its range is the library's to judge. */
int flag_double(const char *flag, const char *value, double *out);

/* The value of a flag as a share: above 0, and below 1 or, where one_allowed, at most 1. */
int flag_share(const char *flag, const char *value, int one_allowed, double *out);

/* The place of value among the words of a NULL-terminated list; else EXIT_USAGE after a message that lists them. */
int flag_choice(const char *flag, const char *value, const char *const *words, int32_t *out);

#endif
