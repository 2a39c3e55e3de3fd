/* flags.c - see flags.h. */
#include "flags.h"

#include "message.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* getopt_long() takes any beginning of a name that fits only one flag: a script that says --lab would break with the
 * next flag that starts so. */
static int is_abbreviated(const char *word, const struct option *table) {
    if (strncmp(word, "--", 2) != 0 || word[2] == '\0')
        return 0;
    const size_t length = strcspn(word + 2, "=");
    while (table->name && (strlen(table->name) != length || strncmp(table->name, word + 2, length) != 0))
        table++;
    return table->name == NULL;
}

int flags_parse(int argc, char **argv, const struct option *table, flag_taker take, void *options) {
    const char *command = argv[0];
    opterr = 0;
    optind = 1;
    for (;;) {
        const int at = optind;
        if (at < argc && is_abbreviated(argv[at], table))
            return wrong_usage("%s: unknown flag %s", command, argv[at]);
        const int flag = getopt_long(argc, argv, "+:", table, NULL);
        if (flag == -1)
            break;
        if (flag == ':')
            return wrong_usage("%s: %s needs a value", command, argv[at]);
        if (flag == '?')
            return wrong_usage("%s: unknown flag %s", command, argv[at]);
        const int status = take(options, flag, optarg);
        if (status != EXIT_DONE)
            return status;
    }
    if (optind < argc)
        return wrong_usage("%s: '%s' is not expected here", command, argv[optind]);
    return EXIT_DONE;
}

int flag_int64(const char *flag, const char *value, int64_t least, int64_t most, int64_t *out) {
    char *end = NULL;
    errno = 0;
    const long long number = strtoll(value, &end, 10);
    if (end == value || *end != '\0' || errno != 0 || number < least || number > most)
        return wrong_usage("%s %s: not a whole number from %lld to %lld", flag, value, (long long)least,
                           (long long)most);
    *out = number;
    return EXIT_DONE;
}

int flag_uint64(const char *flag, const char *value, uint64_t *out) {
    char *end = NULL;
    errno = 0;
    const unsigned long long number = strtoull(value, &end, 10);
    if (!isdigit((unsigned char)value[0]) || *end != '\0' || errno != 0)
        return wrong_usage("%s %s: not a whole number from 0 to 18446744073709551615", flag, value);
    *out = number;
    return EXIT_DONE;
}

int flag_double(const char *flag, const char *value, double *out) {
    char *end = NULL;
    const double number = strtod(value, &end);
    if (end == value || *end != '\0' || !isfinite(number))
        return wrong_usage("%s %s: not a number", flag, value);
    *out = number;
    return EXIT_DONE;
}

int flag_share(const char *flag, const char *value, int one_allowed, double *out) {
    const int status = flag_double(flag, value, out);
    if (status == EXIT_DONE && !(*out > 0 && (*out < 1 || (one_allowed && *out == 1))))
        return wrong_usage("%s %s: not above 0 and %s 1", flag, value, one_allowed ? "at most" : "below");
    return status;
}

int flag_choice(const char *flag, const char *value, const char *const *words, int32_t *out) {
    char list[256] = "";
    for (int32_t i = 0; words[i]; i++) {
        if (strcmp(words[i], value) == 0) {
            *out = i;
            return EXIT_DONE;
        }
        const size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s", i == 0 ? "" : ", ", words[i]);
    }
    return wrong_usage("%s %s: not one of %s", flag, value, list);
}
